namespace MailSanitizer.Content.Identification;

/// <content>The rows. Columns: id; bases; media types; extensions. Grouped by family; <c>+</c> before the id means passive.</content>
public static partial class FormatTable
{
    private const string Table = """
        [document]
        doc; ole2; application/msword application/x-msword application/vnd.ms-word; doc dot wiz
        docx; ooxml; application/vnd.openxmlformats-officedocument.wordprocessingml.document; docx
        docm; ooxml; application/vnd.ms-word.document.macroenabled.12; docm
        dotx; ooxml; application/vnd.openxmlformats-officedocument.wordprocessingml.template; dotx
        dotm; ooxml; application/vnd.ms-word.template.macroenabled.12; dotm
        flat-opc; xml; ; 
        word-xml; xml; ;
        rtf; ; application/rtf text/rtf text/richtext application/x-rtf; rtf
        odt; odf; application/vnd.oasis.opendocument.text; odt
        ott; odf; application/vnd.oasis.opendocument.text-template; ott
        odm; odf; application/vnd.oasis.opendocument.text-master; odm oth
        fodt; xml; application/vnd.oasis.opendocument.text-flat-xml; fodt
        sxw; zip; application/vnd.sun.xml.writer; sxw stw
        pdf; ; application/pdf application/x-pdf application/acrobat text/pdf; pdf fdf
        xfdf; xml; application/vnd.adobe.xfdf; xfdf
        xps; opc; application/vnd.ms-xpsdocument application/oxps; xps oxps
        epub; zip; application/epub+zip; epub
        hwp; ole2; application/x-hwp application/haansofthwp application/vnd.hancom.hwp; hwp hwt
        hwpx; zip; application/hwp+zip application/vnd.hancom.hwpx; hwpx
        jtd; ole2; application/x-ichitaro; jtd jtt jttc jtdc jfw
        docuworks; ; application/vnd.fujixerox.docuworks application/vnd.fujifilm.fb.docuworks; xdw xbd xct
        ps; ; application/postscript; ps eps ai
        djvu; ; image/vnd.djvu; djvu djv
        mobi; ; application/x-mobipocket-ebook; mobi azw azw3 prc
        wri; ; application/x-mswrite; wri
        wpd; ; application/vnd.wordperfect application/wordperfect; wpd
        pub; ole2; application/x-mspublisher application/vnd.ms-publisher; pub
        one; ; application/onenote application/msonenote; one onetoc2 onepkg
        pages; zip; application/vnd.apple.pages application/x-iwork-pages-sffpages; pages
        tex; text; application/x-tex application/x-latex text/x-tex; tex latex sty cls

        [spreadsheet]
        xls; ole2; application/vnd.ms-excel application/msexcel application/x-msexcel application/excel; xls xlt xlm xla xlw xlb
        xlsx; ooxml; application/vnd.openxmlformats-officedocument.spreadsheetml.sheet; xlsx
        xlsm; ooxml; application/vnd.ms-excel.sheet.macroenabled.12; xlsm
        xlsb; ooxml; application/vnd.ms-excel.sheet.binary.macroenabled.12; xlsb
        xltx; ooxml; application/vnd.openxmlformats-officedocument.spreadsheetml.template; xltx
        xltm; ooxml; application/vnd.ms-excel.template.macroenabled.12; xltm
        biff; ; ; 
        spreadsheet-xml; xml; ;
        ods; odf; application/vnd.oasis.opendocument.spreadsheet; ods
        ots; odf; application/vnd.oasis.opendocument.spreadsheet-template; ots
        fods; xml; application/vnd.oasis.opendocument.spreadsheet-flat-xml; fods
        sxc; zip; application/vnd.sun.xml.calc; sxc stc
        numbers; zip; application/vnd.apple.numbers application/x-iwork-numbers-sffnumbers; numbers
        csv; text; text/csv application/csv text/x-csv text/comma-separated-values; csv
        tsv; text; text/tab-separated-values; tsv tab
        dif; text; text/x-dif; dif
        wk; ; application/vnd.lotus-1-2-3; wk1 wk3 wk4 wks 123

        [presentation]
        ppt; ole2; application/vnd.ms-powerpoint application/mspowerpoint application/powerpoint application/x-mspowerpoint; ppt pps pot
        pptx; ooxml; application/vnd.openxmlformats-officedocument.presentationml.presentation; pptx
        pptm; ooxml; application/vnd.ms-powerpoint.presentation.macroenabled.12; pptm
        ppsx; ooxml; application/vnd.openxmlformats-officedocument.presentationml.slideshow; ppsx
        ppsm; ooxml; application/vnd.ms-powerpoint.slideshow.macroenabled.12; ppsm
        potx; ooxml; application/vnd.openxmlformats-officedocument.presentationml.template; potx
        potm; ooxml; application/vnd.ms-powerpoint.template.macroenabled.12; potm
        sldx; ooxml; application/vnd.openxmlformats-officedocument.presentationml.slide; sldx
        sldm; ooxml; application/vnd.ms-powerpoint.slide.macroenabled.12; sldm
        thmx; ooxml; application/vnd.ms-officetheme; thmx
        odp; odf; application/vnd.oasis.opendocument.presentation; odp
        otp; odf; application/vnd.oasis.opendocument.presentation-template; otp
        fodp; xml; application/vnd.oasis.opendocument.presentation-flat-xml; fodp
        sxi; zip; application/vnd.sun.xml.impress; sxi sti
        keynote; zip; application/vnd.apple.keynote application/x-iwork-keynote-sffkey; keynote

        [drawing]
        vsd; ole2; application/vnd.visio application/x-visio; vsd vss vst vsw
        vsdx; ooxml; application/vnd.ms-visio.drawing; vsdx
        vsdm; ooxml; application/vnd.ms-visio.drawing.macroenabled.12; vsdm
        vstx; ooxml; application/vnd.ms-visio.template; vstx
        vstm; ooxml; application/vnd.ms-visio.template.macroenabled.12; vstm
        vssx; ooxml; application/vnd.ms-visio.stencil; vssx
        vssm; ooxml; application/vnd.ms-visio.stencil.macroenabled.12; vssm
        vdx; xml; application/vnd.visio2003; vdx vsx vtx
        odg; odf; application/vnd.oasis.opendocument.graphics; odg
        otg; odf; application/vnd.oasis.opendocument.graphics-template; otg
        odc-chart; odf; application/vnd.oasis.opendocument.chart; 
        odf-formula; odf; application/vnd.oasis.opendocument.formula; odf
        fodg; xml; application/vnd.oasis.opendocument.graphics-flat-xml; fodg
        sxd; zip; application/vnd.sun.xml.draw; sxd std
        dwg; ; image/vnd.dwg application/acad application/x-autocad; dwg dwt dws
        dxf; text; image/vnd.dxf; dxf
        dwf; ; model/vnd.dwf; dwf dwfx
        jww; ; ; jww jwc
        emf; ; image/emf image/x-emf; emf
        wmf; ; image/wmf image/x-wmf application/x-msmetafile; wmf
        mpp; ole2; application/vnd.ms-project; mpp mpt

        [text]
        +txt; text; text/plain; txt text log asc nfo lst
        +md; text; text/markdown; md markdown
        +json; text; application/json text/json; json geojson
        +jsonl; text; application/x-ndjson application/jsonl; jsonl ndjson
        +yaml; text; application/yaml application/x-yaml text/yaml; yaml yml
        +ini; text; ; ini cfg conf properties toml
        +source; text; text/x-c text/x-csrc text/x-c++src text/x-java-source text/x-csharp; c h cc cpp hpp cs java go rs kt swift sql scss less ts tsx jsx vue f90 pas asm
        +diff; text; text/x-diff text/x-patch; diff patch
        +srt; text; application/x-subrip text/vtt; srt vtt
        +dsn; text; message/delivery-status message/global-delivery-status message/disposition-notification message/feedback-report text/rfc822-headers message/global-headers; 
        +enriched; text; text/enriched; 
        +bib; text; text/x-bibtex; bib
        +po; text; text/x-po; po pot
        text; ; ; 

        [web]
        html; text; text/html; html htm shtml shtm
        xhtml; xml html; application/xhtml+xml; xhtml xht
        amp-html; html; text/x-amp-html; 
        mht; text; multipart/related application/x-mimearchive; mht mhtml
        css; text; text/css; css
        svg; xml; image/svg+xml; svg
        svgz; gz; image/svg+xml-compressed; svgz
        xml; text; text/xml application/xml; xml rdf rss atom xsd plist kml gpx
        xsl; xml; application/xslt+xml text/xsl; xsl xslt
        dtd; text; application/xml-dtd; dtd ent
        mathml; xml; application/mathml+xml; mml

        [image]
        +png; ; image/png image/x-png image/apng; png apng
        +jpeg; ; image/jpeg image/jpg image/pjpeg image/x-citrix-jpeg; jpg jpeg jpe jfif
        +gif; ; image/gif; gif
        +bmp; ; image/bmp image/x-bmp image/x-ms-bmp; bmp dib
        +tiff; ; image/tiff; tif tiff
        +webp; ; image/webp; webp
        +ico; ; image/x-icon image/vnd.microsoft.icon; ico cur
        +heic; ; image/heic image/heif image/heic-sequence; heic heif hif
        +avif; ; image/avif; avif
        +jp2; ; image/jp2 image/jpx image/jpm; jp2 jpx j2k jpf
        +jxl; ; image/jxl; jxl
        +jxr; ; image/jxr image/vnd.ms-photo; jxr wdp hdp
        +psd; ; image/vnd.adobe.photoshop application/x-photoshop image/x-psd; psd psb
        +pcx; ; image/x-pcx image/vnd.zbrush.pcx; pcx
        +tga; ; image/x-tga image/x-targa; tga
        +pnm; ; image/x-portable-anymap image/x-portable-pixmap image/x-portable-graymap image/x-portable-bitmap; pnm ppm pgm pbm
        +xbm; text; image/x-xbitmap image/x-xbm; xbm
        +xpm; text; image/x-xpixmap; xpm
        +dicom; ; application/dicom; dcm dicom
        +hdr; ; image/vnd.radiance; hdr
        +exr; ; image/x-exr; exr
        +raf; ; ; raf
        +cr3; ; image/x-canon-cr3; cr3
        +xcf; ; image/x-xcf; xcf

        [audio]
        +mp3; ; audio/mpeg audio/mp3 audio/x-mp3 audio/mpeg3; mp3 mp2 mpga
        +wav; ; audio/wav audio/x-wav audio/wave audio/vnd.wave; wav
        +flac; ; audio/flac audio/x-flac; flac
        +ogg; ; audio/ogg application/ogg video/ogg audio/opus; ogg oga ogv opus spx
        +aac; ; audio/aac audio/x-aac audio/aacp; aac adts
        +m4a; ; audio/mp4 audio/x-m4a; m4a m4b
        +amr; ; audio/amr audio/amr-wb; amr awb
        +midi; ; audio/midi audio/x-midi; mid midi
        +aiff; ; audio/aiff audio/x-aiff; aif aiff aifc
        +au; ; audio/basic; au snd
        +ape; ; audio/x-ape; ape
        +wv; ; audio/x-wavpack; wv
        +caf; ; audio/x-caf; caf

        [video]
        +mp4; ; video/mp4 video/x-m4v; mp4 m4v
        +mov; ; video/quicktime; mov qt
        +3gp; ; video/3gpp video/3gpp2 audio/3gpp; 3gp 3g2 3gpp
        +avi; ; video/x-msvideo video/avi video/msvideo; avi
        +mkv; ; video/x-matroska video/webm audio/webm audio/x-matroska; mkv webm mka
        +flv; ; video/x-flv; flv
        +mpeg; ; video/mpeg; mpg mpeg mpe m2v vob
        +mpegts; ; video/mp2t; m2ts mts
        asf; ; video/x-ms-wmv audio/x-ms-wma video/x-ms-asf; wmv wma asf
        rm; ; application/vnd.rn-realmedia audio/x-pn-realaudio; rm rmvb ra

        [archive]
        zip; ; application/zip application/x-zip-compressed application/x-zip application/zip-compressed multipart/x-zip; zip zipx
        7z; ; application/x-7z-compressed; 7z
        rar; ; application/vnd.rar application/x-rar-compressed application/x-rar; rar
        tar; ; application/x-tar application/x-gtar application/x-ustar; tar
        gz; ; application/gzip application/x-gzip application/gzip-compressed; gz tgz taz
        bz2; ; application/x-bzip2 application/x-bzip; bz2 tbz tbz2 bz
        xz; ; application/x-xz; xz txz
        lzma; ; application/x-lzma; lzma tlz
        zst; ; application/zstd application/x-zstd; zst tzst zstd
        lz; ; application/x-lzip application/lzip; lz
        lz4; ; application/x-lz4; lz4
        br; ; application/x-brotli; br
        z; ; application/x-compress; z
        lzh; ; application/x-lzh application/x-lzh-compressed application/x-lha application/x-lharc; lzh lha lzs
        cab; ; application/vnd.ms-cab-compressed application/x-cab; cab
        arj; ; application/x-arj application/x-arj-compressed; arj
        ace; ; application/x-ace application/x-ace-compressed; ace
        arc; ; application/x-arc application/x-freearc; arc
        zoo; ; application/x-zoo; zoo
        cpio; ; application/x-cpio; cpio
        ar; ; application/x-archive; ar a lib
        shar; text; application/x-shar; shar
        uue; text; text/x-uuencode application/x-uuencode; uu uue
        xxe; text; ; xxe
        yenc; text; text/x-yenc; yenc ync
        binhex; text; application/mac-binhex40 application/binhex; hqx
        macbinary; ; application/x-macbinary application/macbinary; macbin
        applesingle; ; application/applefile; 
        appledouble; ; ; 
        stuffit; ; application/x-stuffit application/x-sit; sit sitx
        alz; ; application/x-alz; alz
        egg; ; application/x-egg; egg
        dgca; ; ; dgc gca
        lrz; ; application/x-lrzip; lrz
        snappy; ; application/x-snappy-framed; sz
        xar; ; application/x-xar; xar

        [package]
        ooxml; opc; ; 
        opc; zip; ; 
        odf; zip; ; 
        ole2; ; application/x-ole-storage application/vnd.ms-office application/x-cfb; 
        riff; ; ; 
        iso-media; ; ; 

        [disk-image]
        iso; ; application/x-iso9660-image application/x-cd-image; iso img
        udf; ; ; udf
        vhd; ; application/x-vhd application/x-virtualbox-vhd; vhd
        vhdx; ; application/x-virtualbox-vhdx; vhdx avhdx
        vmdk; ; application/x-vmdk application/x-virtualbox-vmdk; vmdk
        vdi; ; application/x-virtualbox-vdi; vdi
        qcow2; ; application/x-qemu-disk; qcow2 qcow
        wim; ; application/x-ms-wim; wim swm esd
        dmg; ; application/x-apple-diskimage; dmg
        nrg; ; ; nrg
        mdf; ; ; mdf mds
        cue; text; application/x-cue; cue
        bin-image; ; ;
        daa; ; ; daa
        fat-image; ; ; ima vfd flp
        squashfs; ; ; squashfs sqfs
        ext-image; ; ; ext2 ext3 ext4

        [message]
        eml; text; message/rfc822 message/global message/news; eml emlx nws
        mbox; text; application/mbox; mbox mbx
        msg; ole2; application/vnd.ms-outlook; msg oft
        tnef; ; application/ms-tnef application/vnd.ms-tnef; tnef
        pst; ; application/vnd.ms-outlook-pst; pst ost
        dbx; ; ; dbx
        p7m; ; application/pkcs7-mime application/x-pkcs7-mime; p7m p7c p7z
        pgp-message; ; application/pgp-encrypted application/pgp; pgp gpg

        [crypto]
        +p7s; ; application/pkcs7-signature application/x-pkcs7-signature; p7s
        +pgp-signature; ; application/pgp-signature; sig
        +pgp-key; ; application/pgp-keys; 
        +cert; ; application/x-x509-ca-cert application/pkix-cert application/x-x509-user-cert application/x-pem-file application/pkix-crl; cer crt der pem crl
        p7b; ; application/x-pkcs7-certificates; p7b spc
        pfx; ; application/x-pkcs12; pfx p12
        jks; ; application/x-java-keystore; jks
        kdbx; ; ; kdbx kdb

        [calendar]
        ics; text; text/calendar application/ics; ics ifb vcs
        vcf; text; text/vcard text/x-vcard text/directory; vcf vcard

        [font]
        ttf; ; font/ttf font/sfnt application/x-font-ttf application/font-sfnt; ttf
        otf; ; font/otf application/x-font-otf application/vnd.ms-opentype; otf
        ttc; ; font/collection; ttc otc
        woff; ; font/woff application/font-woff; woff
        woff2; ; font/woff2; woff2
        eot; ; application/vnd.ms-fontobject; eot
        pfb; ; application/x-font-type1; pfb pfm
        fon; ; ; fon

        [program]
        exe; ; application/x-msdownload application/x-dosexec application/vnd.microsoft.portable-executable application/x-msdos-program application/exe; exe
        dll; exe; ; dll ocx ax drv
        scr; exe; ; scr
        cpl; exe; ; cpl
        sys; exe; ; sys
        efi; exe; ; efi
        com; ; ; com
        pif; ; ; pif
        mui; exe; ; mui
        elf; ; application/x-executable application/x-elf application/x-sharedlib application/x-object; elf so o ko axf
        macho; ; application/x-mach-binary; dylib bundle macho
        java-class; ; application/java-vm application/x-java-applet; class
        jar; zip; application/java-archive application/x-java-archive; jar war ear
        dex; ; application/x-dex; dex odex
        apk; zip; application/vnd.android.package-archive; apk apkm xapk aab
        ipa; zip; application/x-ios-app; ipa
        wasm; ; application/wasm; wasm
        swf; ; application/x-shockwave-flash application/vnd.adobe.flash.movie; swf
        xap; zip; application/x-silverlight-app; xap
        air; zip; application/vnd.adobe.air-application-installer-package+zip; air
        xpi; zip; application/x-xpinstall; xpi
        crx; ; application/x-chrome-extension; crx
        vsix; opc; application/vsix; vsix
        nupkg; opc; ; nupkg
        gadget; ; application/x-windows-gadget; gadget
        pyc; ; application/x-python-code; pyc pyo
        pyd; exe; ; pyd
        xll; exe; application/vnd.ms-excel.addin; xll wll
        llvm-bitcode; ; ; bc
        coff; ; ; 
        ne; ; ; 
        lua-bytecode; ; ; luac
        appimage; elf; application/vnd.appimage application/x-appimage; appimage
        msstyles; exe; ; msstyles

        [installer]
        msi; ole2; application/x-msi application/x-ms-installer; msi
        msp; ole2; application/x-ms-patch; msp
        mst; ole2; ; mst
        msm; ole2; ; msm
        msix; zip; application/msix application/vnd.ms-appx; msix msixbundle
        appx; zip; application/appx; appx appxbundle
        appinstaller; xml; application/appinstaller; appinstaller
        application; xml; application/x-ms-application; application
        msu; ; ; msu
        diagcab; cab; ; diagcab
        deb; ar; application/vnd.debian.binary-package application/x-debian-package; deb udeb
        rpm; ; application/x-rpm application/x-redhat-package-manager; rpm
        pkg; xar; application/vnd.apple.installer+xml; pkg mpkg
        flatpak; ; application/vnd.flatpak; flatpak flatpakref
        snap; squashfs; ; snap

        [script]
        js; text; text/javascript application/javascript application/x-javascript application/ecmascript text/ecmascript; js mjs cjs
        jse; ; text/jscript.encode; jse
        vbs; text; text/vbscript application/x-vbs; vbs vb bas
        vbe; ; text/vbscript.encode; vbe
        wsf; text; application/x-wsf; wsf
        wsh; text; ; wsh
        wsc; xml; text/scriptlet; wsc sct
        htc; text; text/x-component; htc
        msh; text; ; msh msh1 msh2
        mshxml; xml; ; mshxml msh1xml msh2xml
        hta; html; application/hta; hta
        ps1; text; application/x-powershell text/x-powershell; ps1 psm1 psd1 ps2 pssc cdxml
        ps1xml; xml; ; ps1xml ps2xml
        psc1; xml; ; psc1 psc2
        bat; text; application/x-bat application/bat application/x-batch; bat cmd btm
        sh; text; application/x-sh text/x-sh text/x-shellscript application/x-csh application/x-shellscript; sh bash zsh csh ksh fish tcsh
        command; text; ; command tool
        py; text; text/x-python application/x-python text/x-script.python; py pyw pyi
        pyz; zip; application/x-python-archive application/zipapp; pyz pyzw
        perl; text; text/x-perl application/x-perl; pl pm cgi
        ruby; text; text/x-ruby application/x-ruby; rb
        php; text; application/x-php application/x-httpd-php text/x-php; php php3 php4 php5 phtml phar
        asp; text; ; asp aspx ashx asmx asa jsp jspx
        lua; text; text/x-lua; lua
        tcl; text; application/x-tcl text/x-tcl; tcl
        awk; text; ; awk
        ahk; text; ; ahk
        au3; text; ; au3 a3x
        applescript; text; text/x-applescript; applescript
        scpt; ; application/x-applescript; scpt scptd
        jxa; text; ; jxa
        reg; text; text/x-ms-regedit; reg
        inf; text; application/inf; inf
        groovy; text; text/x-groovy; groovy gvy
        makefile; text; text/x-makefile; mk mak
        mof; text; ; mof
        workflow; ; ; workflow action
        iqy; text; text/x-ms-iqy; iqy
        dqy; text; ; dqy
        oqy; text; ; oqy
        rqy; text; ; rqy
        slk; text; application/x-sylk text/spreadsheet; slk sylk
        odc; html; text/x-ms-odc; odc
        udl; text; ; udl
        dsn-file; text; ; dsn
        terminal; xml; ; terminal
        task; xml; ; job
        proj; xml; ; csproj vbproj vcxproj fsproj proj targets props sln
        osd; xml; ; osd
        lisp; text; ; lsp fas vlx
        vb-project; text; ; vbp vsmacros
        foxpro; text; ; fxp prg plg
        office-profile; text; ; ops pcd prf

        [shortcut]
        lnk; ; application/x-ms-shortcut; lnk
        url; text; application/internet-shortcut application/x-mswinurl text/x-uri; url
        website; text; application/x-mswebsite; website
        contact; xml; text/x-ms-contact; contact
        settingcontent-ms; xml; ; settingcontent-ms settingcontent
        search-ms; xml; ; search-ms
        searchconnector-ms; xml; application/windows-search-connector+xml; searchconnector-ms
        library-ms; xml; application/windows-library+xml; library-ms
        scf; text; ; scf
        desktop-ini; text; ; 
        theme; text; application/x-windows-theme; theme
        themepack; cab; ; themepack deskthemepack
        rdp; text; application/x-rdp application/rdp; rdp
        rdg; xml; ; rdg
        ica; text; application/x-ica; ica
        jnlp; xml; application/x-java-jnlp-file; jnlp
        appref-ms; text; ; appref-ms
        msc; xml; application/x-ms-msc; msc
        webloc; ; application/x-webloc; webloc
        fileloc; ; ; fileloc
        inetloc; ; ; inetloc
        afploc; ; ; afploc ftploc mailloc vncloc
        desktop; text; application/x-desktop; desktop directory
        mobileconfig; xml; application/x-apple-aspen-config; mobileconfig
        vpn; text; ; ovpn pbk
        group; xml; ; group
        wsb; xml; ; wsb
        shs; ; ; shs shb
        xbap; xml; application/x-ms-xbap; xbap
        appcontent-ms; xml; ; appcontent-ms
        webpnp; text; ; webpnp
        isp; text; application/x-internet-signup; isp ins
        wab; ; ; wab
        xnk; ; ; xnk
        asx; xml; video/x-ms-asf-plugin audio/x-ms-wax video/x-ms-wvx; asx wax wvx wmx
        m3u; text; audio/x-mpegurl application/vnd.apple.mpegurl; m3u m3u8 pls
        grp; ; ; grp
        printerexport; ; ; printerexport
        mad; ; ; mad maf mag mam maq mar mas mat mau mav maw mda mdt mdw mdz

        [help]
        chm; ; application/vnd.ms-htmlhelp application/x-chm; chm chi its
        hpj; text; ; hpj cnt
        hlp; ; application/winhlp; hlp
        hxs; ; ; hxs

        [macro-only]
        activemime; ; application/x-mso; mso
        xlam; ooxml; application/vnd.ms-excel.addin.macroenabled.12; xlam
        ppam; ooxml; application/vnd.ms-powerpoint.addin.macroenabled.12; ppam
        ppa; ole2; ; ppa
        mdb; ; application/x-msaccess application/msaccess application/vnd.ms-access; mdb mde adp ade
        accdb; ; application/vnd.ms-access.accdb; accdb accde accdt accda accdr accdw accdu
        otm; ole2; ; otm
        infopath; cab; application/ms-infopath; xsn xsf

        [database]
        sqlite; ; application/vnd.sqlite3 application/x-sqlite3; sqlite sqlite3 db3
        dbf; ; application/dbf application/x-dbf; dbf
        parquet; ; application/vnd.apache.parquet; parquet
        hdf5; ; application/x-hdf5 application/x-hdf; h5 hdf5 hdf
        mat-file; ; application/x-matlab-data; mat
        rds; ; ; rds rdata
        pickle; ; ; pkl pickle
        numpy; ; ; npy npz

        [other]
        +pcap; ; application/vnd.tcpdump.pcap; pcap cap pcapng
        +torrent; ; application/x-bittorrent; torrent
        +stl; ; model/stl; stl
        +wavefront; text; model/obj; obj mtl
        +gltf; ; model/gltf-binary; glb
        +mo; ; ; mo
        +icc; ; application/vnd.iccprofile; icc icm
        evtx; ; ; evtx evt
        regf; ; ; hiv
        minidump; ; ; dmp mdmp
        prefetch; ; ; pf
        blend; ; application/x-blender; blend
        unity; ; ; unity3d unitypackage
        step; text; model/step; step stp
        iges; text; model/iges; igs iges
        +ds-store; ; ; ds_store
        +thumbs-db; ole2; ; 
        nib; ; ; nib
        bplist; ; ; 
        encrypted-ooxml; ole2; application/encrypted; 
        +empty; ; ; 
        """;

    private static IEnumerable<FileFormat> Rows()
    {
        string family = "";
        foreach (string line in Table.Split('\n'))
        {
            string row = line.Trim();
            if (row.Length == 0) continue;
            if (row[0] == '[')
            {
                family = row[1..^1];
                continue;
            }

            bool passive = row[0] == '+';
            string[] columns = row.TrimStart('+').Split(';', StringSplitOptions.TrimEntries);
            yield return new FileFormat(columns[0], family, Words(columns[1]), Words(columns[2]), Words(columns[3]), passive);
        }

        static string[] Words(string column) => column.Split(' ', StringSplitOptions.RemoveEmptyEntries);
    }
}

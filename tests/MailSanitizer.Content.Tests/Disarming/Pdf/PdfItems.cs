namespace MailSanitizer.Content.Tests.Disarming.Pdf;

/// <summary>Everything that acts without being an action in one of the usual places.</summary>
internal static class PdfItems
{
    public static IReadOnlyDictionary<string, (string Kind, string Pattern, byte[] File)> All { get; } = new Dictionary<string, (string, string, byte[])>
    {
        // The homes of JavaScript.
        ["script in the name tree"] = ("pdf-javascript", "tree\\(\\)", PdfFiles.Document("/Names << /JavaScript << /Names [(a) << /S /JavaScript /JS (tree\\(\\)) >>] >> >>").Undoing("\\(\\)", "()")),
        ["script in a stream"] = ("pdf-javascript", "streamed", PdfFiles.Document("/OpenAction << /S /JavaScript /JS 6 0 R >>", "", PdfFiles.Packed("", "streamed()"))),
        ["script in hexadecimal"] = ("pdf-javascript", "6576616C", PdfFiles.Document("/OpenAction << /S /JavaScript /JS <6576616C28312900> >>")),
        ["script of a rendition action"] = ("pdf-javascript", "played", PdfFiles.Document("", "/Annots [<< /Subtype /Link /Rect [0 0 9 9] /A << /S /Rendition /JS (played) >> >>]")),
        ["script of a field's format, keystroke, validation and calculation"] = ("pdf-javascript", "AFNumber|AFRange|AFSimple", PdfFiles.Document("/AcroForm << /Fields [6 0 R] /CO [6 0 R] >>", "/Annots [6 0 R]",
            "<< /Subtype /Widget /FT /Tx /T (a) /Rect [0 0 9 9] /AA << /F << /S /JavaScript /JS (AFNumber_Format) >> /K << /S /JavaScript /JS (AFNumber_Keystroke) >> /V << /S /JavaScript /JS (AFRange_Validate) >> /C << /S /JavaScript /JS (AFSimple_Calculate) >> >> >>")),
        ["script of every document event"] = ("pdf-javascript", "onclose|onsave|onprint", PdfFiles.Document("/AA << /WC << /S /JavaScript /JS (onclose) >> /WS << /S /JavaScript /JS (onsave) >> /DP << /S /JavaScript /JS (onprint) >> >>")),
        ["script of a requirement"] = ("pdf-javascript", "required", PdfFiles.Document("/Requirements [<< /Type /Requirement /S /EnableJavaScripts /RH [<< /Type /ReqHandler /S /JS /Script (required) >>] >>]")),
        ["scripts of form data"] = ("pdf-javascript", "before|after", PdfFiles.Written(["<< /FDF << /Fields [<< /T (a) /V (1) >>] /JavaScript << /Before (before) /After 2 0 R /Doc [(d) (before)] >> >> >>", PdfFiles.Stream("", "after()")], header: "%FDF-1.2\n")),
        ["an action whose type stands twice"] = ("pdf-javascript", "twice", PdfFiles.Document("/OpenAction << /S /JavaScript /S /GoTo /D [3 0 R /Fit] /JS (twice) >>")),
        ["an action whose type is a reference"] = ("pdf-javascript", "behind", PdfFiles.Document("/OpenAction << /S 6 0 R /JS (behind) >>", "", "/JavaScript")),
        ["comments and blanks between names"] = ("pdf-javascript", "commented", PdfFiles.Document("/OpenAction<</S%x\r/JavaScript%>>\n/JS(commented)>>")),
        ["a script in an object that is not closed"] = ("pdf-javascript", "open\\(", PdfFiles.Bytes(PdfFiles.Text(PdfFiles.Document("/OpenAction 6 0 R", "", "<< /S /JavaScript /JS (open() >>")).Replace("(open() >>\nendobj\n", "(open()", StringComparison.Ordinal))),

        // Forms.
        ["XFA in an array"] = ("pdf-xfa", "xfa-template", PdfFiles.Document("/AcroForm << /Fields [] /XFA [(template) 6 0 R] >>", "", PdfFiles.Packed("", "<xfa-template/>"))),
        ["XFA in a stream"] = ("pdf-xfa", "xfa-template", PdfFiles.Document("/AcroForm 6 0 R", "", "<< /Fields [] /XFA 7 0 R >>", PdfFiles.Stream("", "<xfa-template/>"))),
        ["a calculation order"] = ("pdf-calculation-order", "/CO\\b", PdfFiles.Document("/AcroForm << /Fields [6 0 R] /CO [6 0 R] >>", "", "<< /FT /Tx /T (a) /V (1) >>")),
        ["the file that form data belongs to"] = ("pdf-external-file", "elsewhere", PdfFiles.Written(["<< /FDF << /Fields [] /F (\\\\\\\\host\\\\elsewhere.pdf) >> >>"], header: "%FDF-1.2\n")),

        // Media.
        ["rich media"] = ("pdf-rich-media", "/RichMedia|/Flash", PdfFiles.Document("", "/Annots [6 0 R]", "<< /Type /Annot /Subtype /RichMedia /Rect [0 0 9 9] /RichMediaContent << /Configurations [<< /Subtype /Flash >>] >> /RichMediaSettings << /Activation << /Condition /PO >> >> >>")),
        ["3D artwork"] = ("pdf-3d", "/3D\\b|onInstance", PdfFiles.Document("", "/Annots [6 0 R]", "<< /Type /Annot /Subtype /3D /Rect [0 0 9 9] /3DD 7 0 R >>", PdfFiles.Stream("/Type /3D /Subtype /U3D /OnInstantiate 8 0 R", "U3D"), PdfFiles.Stream("", "onInstance()"))),
        ["a movie"] = ("pdf-movie", "/Movie|clip\\.avi", PdfFiles.Document("", "/Annots [<< /Subtype /Movie /Rect [0 0 9 9] /Movie << /F (clip.avi) >> /A true >>]")),
        ["a sound annotation"] = ("pdf-sound", "/Sound", PdfFiles.Document("", "/Annots [<< /Subtype /Sound /Rect [0 0 9 9] /Sound 6 0 R >>]", PdfFiles.Stream("/Type /Sound /R 8000", "\u0001\u0002"))),
        ["a screen annotation"] = ("pdf-rendition", "/Screen", PdfFiles.Document("", "/Annots [<< /Subtype /Screen /Rect [0 0 9 9] /MK << >> >>]")),
        ["a name tree of renditions"] = ("pdf-rendition", "/Renditions|film", PdfFiles.Document("/Names << /Renditions << /Names [(film) << /Type /Rendition /S /MR /C << /Type /MediaClip /S /MCD /D << /F (film.mp4) >> >> >>] >> >>")),
        ["alternate presentations"] = ("pdf-rich-media", "/AlternatePresentations|/SlideShow", PdfFiles.Document("/Names << /AlternatePresentations << /Names [(a) << /Type /SlideShow /StartResource (a) >>] >> >>")),
        ["a portfolio's navigator"] = ("pdf-rich-media", "/Navigator|nav\\.swf", PdfFiles.Document("/Collection << /Type /Collection /View /C /Navigator << /SWF (nav.swf) >> >>")),

        // Outside.
        ["web capture information"] = ("pdf-web-capture", "/SpiderInfo|crawl", PdfFiles.Document("/SpiderInfo << /V 1.0 /C [<< /URL (http://crawl.example/) >>] >>")),
        ["web capture content sets"] = ("pdf-web-capture", "/SpiderContentSet|/URLS", PdfFiles.Document("/Names << /URLS << /Names [(http://crawl.example/) << /Type /SpiderContentSet /S /SPS >>] >> /IDS << /Names [(x) 6 0 R] >> >>", "", "<< /Type /SpiderContentSet /S /SIS >>")),
        ["a stream whose data is a file"] = ("pdf-external-stream", "outside\\.bin", PdfFiles.Document("", "", PdfFiles.Stream("/F (outside.bin)", "x"))),
        ["a stream whose data is a page of the web"] = ("pdf-external-stream", "img\\.example", PdfFiles.Document("", "/Thumb 6 0 R", PdfFiles.Stream("/F << /FS /URL /F (http://img.example/a) >> /FFilter /DCTDecode", ""))),
        ["a reference XObject"] = ("pdf-external-stream", "/Ref\\b|other\\.pdf", PdfFiles.Document("", "/Thumb 6 0 R", PdfFiles.Stream("/Type /XObject /Subtype /Form /BBox [0 0 1 1] /Ref << /F (other.pdf) /Page 0 >>", ""))),
        ["an OPI proxy"] = ("pdf-external-stream", "/OPI|high\\.tif", PdfFiles.Document("", "/Thumb 6 0 R", PdfFiles.Stream("/Type /XObject /Subtype /Form /BBox [0 0 1 1] /OPI << /2.0 << /F (high.tif) >> >>", ""))),
        ["PostScript for the printer"] = ("pdf-postscript", "/PS\\b|showpage", PdfFiles.Document("", "/Thumb 6 0 R", PdfFiles.Stream("/Type /XObject /Subtype /PS", "showpage"))),
        ["an attachment that lies outside"] = ("pdf-external-file", "share", PdfFiles.Document("", "/Annots [<< /Subtype /FileAttachment /Rect [0 0 9 9] /FS << /Type /Filespec /F (\\\\\\\\host\\\\share\\\\a.exe) >> >>]")),
        ["a file specification of the web"] = ("pdf-external-file", "fetch\\.example", PdfFiles.Document("/AF [<< /Type /Filespec /FS /URL /F (http://fetch.example/a.exe) >>]")),
        ["a base address that is a folder"] = ("pdf-uri", "file:", PdfFiles.Document("/URI << /Base (file:///etc/) >>")),
        ["a link relative to the folder of the file"] = ("pdf-uri", "run\\.exe", PdfFiles.Document("", "/Annots [<< /Subtype /Link /Rect [0 0 9 9] /A << /S /URI /URI (run.exe) >> >>]")),
        ["a data: link"] = ("pdf-uri", "data:", PdfFiles.Document("", "/Annots [<< /Subtype /Link /Rect [0 0 9 9] /A << /S /URI /URI (data:text/html,x) >> >>]")),
        ["a link in UTF-16"] = ("pdf-uri", "\u0000s\u0000m\u0000b", PdfFiles.Document("", "/Annots [<< /Subtype /Link /Rect [0 0 9 9] /A << /S /URI /URI (\u00FE\u00FF\u0000s\u0000m\u0000b\u0000:\u0000/\u0000/\u0000h) >> >>]")),
        ["a web page that opens by itself"] = ("pdf-open-action", "beacon", PdfFiles.Document("/OpenAction << /S /URI /URI (https://beacon.example/) >>")),
        ["a web page that a page opens by itself"] = ("pdf-additional-action", "beacon", PdfFiles.Document("", "/AA << /O << /S /URI /URI (https://beacon.example/) >> >>")),

        // Around the file.
        ["bytes in front"] = ("pdf-foreign-bytes", "#!/bin/sh", [.. "#!/bin/sh\nrm -rf /\n"u8, .. PdfFiles.Document()]),
        ["an archive behind"] = ("pdf-foreign-bytes", "PK\u0005\u0006", [.. PdfFiles.Document(), .. "PK\u0003\u0004 some member"u8, .. "PK\u0005\u0006"u8, .. new byte[18]]),
    };

    private static byte[] Undoing(this byte[] file, string escaped, string plain) => PdfFiles.Bytes(PdfFiles.Text(file).Replace(escaped, plain, StringComparison.Ordinal));
}

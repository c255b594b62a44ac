using System.Text;

namespace MailSanitizer.Content.Identification;

/// <summary>Formats that bytes at fixed places tell. The order matters: the first that fits is taken.</summary>
internal static class Signatures
{
    // Columns: id, then places: offset ':' and either hex digits or text in quotes ('_' is a blank); all must be there. Weak ones (two or three bytes) have a check of their own in BinaryKinds.
    private const string Table = """
        png 0:89504E470D0A1A0A 12:'IHDR'
        png 0:89504E470D0A1A0A 12:'CgBI'
        jpeg 0:FFD8FF
        gif 0:'GIF87a'
        gif 0:'GIF89a'
        tiff 0:49492A00
        tiff 0:4D4D002A
        tiff 0:49492B00 4:0800
        tiff 0:4D4D002B 4:0008
        jxr 0:4949BC01
        jp2 0:0000000C6A5020200D0A870A
        jp2 0:FF4FFF51
        jxl 0:0000000C4A584C200D0A870A
        jxl 0:FF0A
        psd 0:'8BPS' 4:0001
        psd 0:'8BPS' 4:0002
        activemime 0:'ActiveMime'
        emf 0:01000000 40:'_EMF'
        wmf 0:D7CDC69A
        wmf 0:0100 2:0900 4:0003
        dicom 128:'DICM'
        hdr 0:'#?RADIANCE'
        exr 0:762F3101
        raf 0:'FUJIFILMCCD-RAW'
        xcf 0:'gimp_xcf_'
        djvu 0:'AT&TFORM' 12:'DJV'
        flac 0:'fLaC'
        ogg 0:'OggS' 4:00
        amr 0:'#!AMR'
        midi 0:'MThd' 4:00000006
        aiff 0:'FORM' 8:'AIF'
        au 0:'.snd' 4:000000
        ape 0:'MAC_'
        wv 0:'wvpk'
        caf 0:'caff' 4:0001
        flv 0:'FLV' 3:01
        mkv 0:1A45DFA3
        asf 0:3026B2758E66CF11
        rm 0:'.RMF' 4:000000
        7z 0:377ABCAF271C
        rar 0:526172211A0700
        rar 0:526172211A070100
        rar 0:'RE~^'
        gz 0:1F8B08
        bz2 0:'BZh' 4:314159265359
        bz2 0:'BZh' 4:177245385090
        xz 0:FD377A585A00
        zst 0:28B52FFD
        lz 0:'LZIP' 4:01
        lz4 0:04224D18
        lrz 0:'LRZI'
        snappy 0:FF060000 4:'sNaPpY'
        z 0:1F9D
        z 0:1FA0
        cab 0:'MSCF' 4:00000000
        ace 7:'**ACE**'
        zoo 20:DCA7C4FD
        cpio 0:'070701'
        cpio 0:'070702'
        cpio 0:'070707'
        alz 0:'ALZ' 3:01
        egg 0:'EGGA'
        dgca 0:'DGCA'
        stuffit 0:'SIT!'
        stuffit 0:'StuffIt'
        stuffit 0:'SITX'
        arc 0:'ArC' 3:01
        xar 0:'xar!' 4:001C
        applesingle 0:00051600
        appledouble 0:00051607
        vhd 0:'conectix'
        vhdx 0:'vhdxfile'
        vmdk 0:'KDMV'
        vmdk 0:'COWD'
        vmdk 0:'#_Disk_DescriptorFile'
        vdi 64:7F10DABE
        qcow2 0:514649FB
        wim 0:'MSWIM' 5:000000
        daa 0:'DAA' 3:000000
        squashfs 0:'hsqs'
        ext-image 1080:53EF
        fat-image 54:'FAT1' 510:55AA
        fat-image 82:'FAT32' 510:55AA
        tnef 0:789F3E22
        pst 0:'!BDN'
        dbx 0:CFAD12FE
        jks 0:FEEDFEED 4:000000
        kdbx 0:03D9A29A
        ttf 0:0001000000
        ttf 0:'true'
        otf 0:'OTTO' 4:00
        ttc 0:'ttcf' 4:00
        woff 0:'wOFF'
        woff2 0:'wOF2'
        eot 34:'LP' 8:000002
        eot 34:'LP' 8:010002
        eot 34:'LP' 8:020002
        pfb 0:8001 6:'%!'
        elf 0:7F454C46
        macho 0:CEFAEDFE
        macho 0:CFFAEDFE
        macho 0:FEEDFACE
        macho 0:FEEDFACF
        java-class 0:CAFEBABE
        dex 0:'dex' 3:0A30
        wasm 0:0061736D 4:01000000
        swf 0:'FWS'
        swf 0:'CWS'
        swf 0:'ZWS'
        crx 0:'Cr24'
        lua-bytecode 0:1B4C7561
        llvm-bitcode 0:4243C0DE
        pyc 2:0D0A 4:00000000
        rpm 0:EDABEEDB
        flatpak 0:'flatpak'
        pif 369:'MICROSOFT_PIFEX'
        jse 0:'#@~^'
        scpt 0:'FasdUAS_'
        lnk 0:4C000000 4:01140200 8:00000000C0000000
        bplist 0:'bplist0'
        chm 0:'ITSF' 4:03000000
        hlp 0:3F5F0300
        hxs 0:'ITOLITLS'
        mdb 0:00010000 4:'Standard_Jet_DB'
        accdb 0:00010000 4:'Standard_ACE_DB'
        sqlite 0:'SQLite_format_3' 15:00
        parquet 0:'PAR1'
        hdf5 0:894844460D0A1A0A
        mat-file 0:'MATLAB_5.0'
        numpy 0:934E554D5059
        pcap 0:D4C3B2A1
        pcap 0:A1B2C3D4
        pcap 0:0A0D0D0A 8:4D3C2B1A
        torrent 0:'d8:announce'
        torrent 0:'d13:announce-list'
        gltf 0:'glTF' 4:02000000
        mo 0:DE120495
        mo 0:950412DE
        icc 36:'acsp'
        evtx 0:'ElfFile' 7:00
        regf 0:'regf'
        minidump 0:'MDMP' 4:93A7
        prefetch 4:'SCCA'
        prefetch 0:'MAM' 3:04
        blend 0:'BLENDER'
        unity 0:'UnityFS' 7:00
        one 0:E4525C7B 4:8CD8A74D
        one 0:A12FFF43 4:D9EF764C
        docuworks 0:600E8241
        wri 0:31BE0000
        wri 0:32BE0000
        wpd 0:FF575043
        mobi 60:'BOOKMOBI'
        mobi 60:'TEXtREAd'
        dwg 0:'AC10' 6:00
        dwf 0:'(DWF_V'
        jww 0:'JwwData.'
        wk 0:00000200 4:0604
        wk 0:00001A00 4:0010
        ds-store 0:00000001 4:'Bud1'
        nib 0:'NIBArchive'
        wab 0:9CCBCB8D
        grp 0:'PMCC'
        ps 0:C5D0D3C6
        rtf 0:7B5C7274
        """;

    private static readonly (string Id, (int Offset, byte[] Bytes)[] Places)[] Rows = Parse();

    /// <summary>The first format whose bytes are all there and whose check holds, or null.</summary>
    public static string? Match(ReadOnlySpan<byte> head, long length)
    {
        foreach ((string id, (int Offset, byte[] Bytes)[] places) in Rows)
        {
            if (Fits(head, places) && BinaryKinds.Holds(id, head, length)) return id;
        }

        return null;
    }

    /// <summary>Every format that has a row.</summary>
    public static IEnumerable<string> Ids => Rows.Select(row => row.Id).Distinct();

    private static bool Fits(ReadOnlySpan<byte> head, (int Offset, byte[] Bytes)[] places)
    {
        foreach ((int offset, byte[] bytes) in places)
        {
            if (head.Length < offset + bytes.Length || !head.Slice(offset, bytes.Length).SequenceEqual(bytes)) return false;
        }

        return true;
    }

    private static (string Id, (int Offset, byte[] Bytes)[] Places)[] Parse() =>
        [.. Table.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(line =>
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            return (words[0], words.Skip(1).Select(Place).ToArray());
        })];

    private static (int Offset, byte[] Bytes) Place(string word)
    {
        int colon = word.IndexOf(':', StringComparison.Ordinal);
        string value = word[(colon + 1)..];
        byte[] bytes = value[0] == '\'' ? Encoding.ASCII.GetBytes(value[1..^1].Replace('_', ' ')) : Convert.FromHexString(value);
        return (int.Parse(word.AsSpan(0, colon), System.Globalization.CultureInfo.InvariantCulture), bytes);
    }
}

using System.Text;
using MailSanitizer.Content.Formats.Cfb;
using MailSanitizer.Content.Formats.Zip;
using MailSanitizer.Content.Tests.Formats.Zip;

namespace MailSanitizer.Content.Tests.Identification;

/// <summary>The smallest true file of each format, written from the formats' own descriptions, and the place of a byte without which it is another.</summary>
internal static class Samples
{
    public static IReadOnlyList<(string Id, byte[] Bytes, int Decisive)> All { get; } = [.. Binary(), .. Packages(), .. Compound(), .. Texts()];

    private static byte[] B(string hex, int length = 0)
    {
        byte[] bytes = Convert.FromHexString(hex.Replace(" ", ""));
        if (bytes.Length < length) Array.Resize(ref bytes, length);
        return bytes;
    }

    private static byte[] A(string text, int length = 0) => B(Convert.ToHexString(Encoding.Latin1.GetBytes(text)), length);

    private static byte[] At(int length, params (int Offset, byte[] Bytes)[] places)
    {
        byte[] all = new byte[length];
        foreach ((int offset, byte[] bytes) in places) bytes.CopyTo(all, offset);
        return all;
    }

    public static byte[] Pe(ushort characteristics, ushort subsystem) => At(512,
        (0, A("MZ")), (60, [0x80]), (0x80, B("50450000 4C01")), (0x80 + 22, BitConverter.GetBytes(characteristics)), (0x80 + 24, B("0B01")), (0x80 + 92, BitConverter.GetBytes(subsystem)));

    private static byte[] Tar()
    {
        byte[] head = At(1024, (0, A("a.txt")), (100, A("0000644\0")), (124, A("00000000000")), (148, A("        ")), (156, A("0")), (257, A("ustar\0" + "00")));
        Encoding.ASCII.GetBytes(Convert.ToString(head[..512].Sum(b => b), 8).PadLeft(6, '0') + "\0 ").CopyTo(head, 148);
        return head;
    }

    private static byte[] Frames(byte[] header, int length) => At(length * 3, (0, header), (length, header), (2 * length, header));

    private static IEnumerable<(string, byte[], int)> Binary()
    {
        yield return ("png", B("89504E470D0A1A0A 0000000D 49484452 00000001", 64), 1);
        yield return ("jpeg", B("FFD8FFE0 0010 4A464946", 64), 2);
        yield return ("gif", A("GIF89a\u0001\0\u0001\0", 32), 3);
        yield return ("bmp", At(64, (0, A("BM")), (2, [64]), (14, [40])), 14);
        yield return ("tiff", B("49492A0008000000", 32), 2);
        yield return ("webp", A("RIFF\u0020\0\0\0WEBPVP8 ", 40), 8);
        yield return ("ico", At(64, (2, [1]), (4, [1]), (6, [16, 16]), (18, [22])), 18);
        yield return ("heic", B("00000018 66747970 68656963 00000000", 40), 8);
        yield return ("avif", B("00000018 66747970 61766966 00000000", 40), 9);
        yield return ("jp2", B("0000000C 6A502020 0D0A870A 00000014", 40), 8);
        yield return ("jxl", B("0000000C 4A584C20 0D0A870A", 40), 5);
        yield return ("jxr", B("4949BC01 20000000", 40), 3);
        yield return ("psd", A("8BPS\0\u0001", 40), 5);
        yield return ("pcx", B("0A050108", 200), 2);
        yield return ("tga", At(100, (2, [2]), (82, A("TRUEVISION-XFILE.\0"))), 82);
        yield return ("dicom", At(200, (128, A("DICM"))), 128);
        yield return ("hdr", A("#?RADIANCE\n", 40), 3);
        yield return ("exr", B("762F3101 02000000", 40), 1);
        yield return ("raf", A("FUJIFILMCCD-RAW 0201", 64), 4);
        yield return ("cr3", B("00000018 66747970 63727820", 40), 8);
        yield return ("xcf", A("gimp xcf v011\0", 64), 2);
        yield return ("emf", At(120, (0, [1]), (4, [108]), (40, A(" EMF"))), 41);
        yield return ("activemime", A("ActiveMime\0\0\u0001\u00F0\u0004", 40), 5);
        yield return ("wmf", B("D7CDC69A 0000", 64), 3);
        yield return ("mp3", A("ID3\u0003\0\0\0\0\0\u0010", 64), 2);
        yield return ("mp3", Frames(B("FFFB9000"), 417), 417);
        yield return ("wav", A("RIFF\u0024\0\0\0WAVEfmt ", 64), 9);
        yield return ("flac", A("fLaC\0\0\0\u0022", 64), 3);
        yield return ("ogg", A("OggS\0\u0002", 64), 4);
        yield return ("aac", Frames(B("FFF15080 02 1F FC")[..7], 16), 16);
        yield return ("m4a", B("00000018 66747970 4D344120", 40), 8);
        yield return ("amr", A("#!AMR\n", 64), 3);
        yield return ("midi", A("MThd\0\0\0\u0006\0\u0001", 64), 7);
        yield return ("aiff", A("FORM\0\0\0\u0040AIFFCOMM", 64), 8);
        yield return ("au", A(".snd\0\0\0\u0018", 64), 1);
        yield return ("ape", A("MAC \u0096\u000f", 64), 2);
        yield return ("wv", A("wvpk\u0040", 64), 3);
        yield return ("caf", A("caff\0\u0001\0\0", 64), 5);
        yield return ("mp4", B("00000018 66747970 69736F6D", 40), 8);
        yield return ("mov", B("00000014 66747970 71742020", 40), 8);
        yield return ("3gp", B("00000018 66747970 33677034", 40), 8);
        yield return ("avi", A("RIFF\u0024\0\0\0AVI LIST", 64), 8);
        yield return ("mkv", B("1A45DFA3 9F4286", 64), 2);
        yield return ("flv", A("FLV\u0001\u0005", 64), 3);
        yield return ("mpeg", B("000001BA 44", 64), 3);
        yield return ("mpegts", At(188 * 4, (0, [0x47]), (188, [0x47]), (376, [0x47])), 188);
        yield return ("asf", B("3026B2758E66CF11A6D900AA0062CE6C", 64), 5);
        yield return ("rm", A(".RMF\0\0\0\u0012", 64), 3);
        yield return ("7z", B("377ABCAF271C0004", 64), 5);
        yield return ("rar", B("526172211A0700CF", 64), 4);
        yield return ("rar", B("526172211A070100", 64), 5);
        yield return ("tar", Tar(), 1);
        yield return ("gz", B("1F8B0800 00000000 0003", 40), 2);
        yield return ("bz2", A("BZh91AY&SY", 40), 5);
        yield return ("xz", B("FD377A585A000004", 40), 5);
        yield return ("lzma", B("5D000080 00FFFFFFFFFFFFFFFF", 40), 0);
        yield return ("zst", B("28B52FFD 2400", 40), 2);
        yield return ("lz", A("LZIP\u0001\u000c", 40), 4);
        yield return ("lz4", B("04224D18 64", 40), 3);
        yield return ("lrz", A("LRZI\0\u0006", 40), 2);
        yield return ("snappy", A("\u00ff\u0006\0\0sNaPpY", 40), 5);
        yield return ("z", B("1F9D9068", 40), 1);
        yield return ("lzh", At(64, (0, [0x20, 0x11]), (2, A("-lh5-")), (20, [0])), 6);
        yield return ("cab", A("MSCF\0\0\0\0", 64), 5);
        yield return ("arj", At(64, (0, B("60EA 2C00")), (4, B("22 0B 01 00 00 00 02"))), 1);
        yield return ("ace", At(64, (7, A("**ACE**"))), 9);
        yield return ("arc", A("ArC\u0001", 64), 2);
        yield return ("zoo", At(64, (0, A("ZOO 2.10 Archive.")), (20, B("DCA7C4FD"))), 21);
        yield return ("cpio", A("070701000000", 128), 5);
        yield return ("ar", A("!<arch>\nlibx.a/        ", 80), 3);
        yield return ("deb", A("!<arch>\ndebian-binary   1", 80), 9);
        yield return ("alz", A("ALZ\u0001", 40), 3);
        yield return ("egg", A("EGGA\0\u0001", 40), 3);
        yield return ("dgca", A("DGCA\0\u0001", 40), 3);
        yield return ("stuffit", A("SIT!\0\u0001", 40), 3);
        yield return ("xar", B("78617221 001C 0001", 64), 5);
        yield return ("applesingle", B("00051600 00020000", 40), 3);
        yield return ("appledouble", B("00051607 00020000", 40), 3);
        yield return ("macbinary", At(256, (1, [4]), (2, A("file")), (65, A("TEXTttxt")), (86, [100]), (122, [129])), 74);
        yield return ("iso", At(36_864, (32_769, A("CD001"))), 32_770);
        yield return ("udf", At(36_864, (32_769, A("BEA01"))), 32_770);
        yield return ("vhd", A("conectix\0\0", 1024), 3);
        yield return ("vhdx", A("vhdxfile", 1024), 7);
        yield return ("vmdk", A("KDMV\u0001\0\0\0", 512), 1);
        yield return ("vdi", At(128, (64, B("7F10DABE"))), 65);
        yield return ("qcow2", B("514649FB 00000003", 104), 3);
        yield return ("wim", A("MSWIM\0\0\0", 208), 4);
        yield return ("dmg", At(2_048, (0, [0x78, 0x01, 0x73]), (1_536, A("koly\0\0\0\u0004"))), 1_537);
        yield return ("nrg", At(512, (0, [1]), (500, A("NER5"))), 501);
        yield return ("squashfs", A("hsqs\u0010", 96), 3);
        yield return ("fat-image", At(1024, (0, [0xEB, 0x3C, 0x90]), (54, A("FAT12   ")), (510, [0x55, 0xAA])), 510);
        yield return ("ext-image", At(65_536, (1024, [16]), (1080, [0x53, 0xEF])), 1080);
        yield return ("tnef", B("789F3E22 0100", 64), 3);
        yield return ("pst", A("!BDN\u0001\u0002", 64), 2);
        yield return ("dbx", B("CFAD12FE C5FD746F", 64), 3);
        yield return ("p7m", B("30820100 06092A864886F70D010703 A0820050", 128), 14);
        yield return ("p7s", B("3080 06092A864886F70D010702 A080 3080 020101 310B 300906052B0E03021A0500 300B 06092A864886F70D010701 A080", 128), 12);
        yield return ("pfx", B("30820900 020103 308208C0", 128), 6);
        yield return ("cert", B("30820300 308202E0 A003020102 0201", 128), 8);
        yield return ("pgp-message", B("85010C03 AABBCCDDEEFF0011 0107", 64), 3);
        yield return ("jks", B("FEEDFEED 00000002", 64), 3);
        yield return ("kdbx", B("03D9A29A 67FB4BB5", 64), 3);
        yield return ("ttf", B("0001000000 0C 0080", 64), 3);
        yield return ("otf", A("OTTO\0\u000a\0\u0080", 64), 3);
        yield return ("ttc", A("ttcf\0\u0001\0\0", 64), 3);
        yield return ("woff", A("wOFF\0\u0001\0\0", 64), 3);
        yield return ("woff2", A("wOF2\0\u0001\0\0", 64), 3);
        yield return ("eot", At(128, (8, B("010002")), (34, A("LP"))), 34);
        yield return ("exe", Pe(0x0102, 2), 1);
        yield return ("dll", Pe(0x2102, 2), 1);
        yield return ("sys", Pe(0x0102, 1), 0x80 + 92);
        yield return ("efi", Pe(0x0102, 10), 0x80 + 92);
        yield return ("ne", At(256, (0, A("MZ")), (60, [0x80]), (0x80, A("NE"))), 0x80);
        yield return ("elf", B("7F454C46 020101", 64), 2);
        yield return ("macho", B("CFFAEDFE 07000001", 64), 3);
        yield return ("java-class", B("CAFEBABE 00000034 0010", 64), 7);
        yield return ("dex", A("dex\n035\0", 112), 3);
        yield return ("wasm", B("0061736D 01000000 01", 64), 4);
        yield return ("swf", A("CWS\u000a\0\u0010\0\0", 64), 1);
        yield return ("crx", A("Cr24\u0003\0\0\0", 64), 3);
        yield return ("pyc", B("A70D0D0A 00000000 11223344", 64), 2);
        yield return ("lua-bytecode", B("1B4C7561 53", 64), 3);
        yield return ("llvm-bitcode", B("4243C0DE 3514", 64), 3);
        yield return ("rpm", B("EDABEEDB 0300", 128), 3);
        yield return ("pif", At(545, (1, [0x78]), (369, A("MICROSOFT PIFEX"))), 370);
        yield return ("xll", [.. Pe(0x2102, 2), .. A("xlAutoOpen\0")], 513);
        yield return ("cpl", [.. Pe(0x2102, 2), .. A("CPlApplet\0")], 513);
        yield return ("diagcab", A("MSCF\0\0\0\0" + new string('\0', 60) + "a.diagpkg\0", 128), 72);
        yield return ("themepack", A("MSCF\0\0\0\0" + new string('\0', 60) + "a.theme\0", 128), 72);
        yield return ("bin-image", At(65_536, (446, [0x80]), (450, [7]), (454, [1]), (458, [64]), (510, [0x55, 0xAA])), 446);
        yield return ("flatpak", A("flatpak\0\u0001", 64), 6);
        yield return ("jse", A("#@~^DgAAAA==\\ko$K6,JC0JpqAQAAA==^#~@", 64), 3);
        yield return ("scpt", A("FasdUAS 1.101.10", 64), 7);
        yield return ("lnk", B("4C000000 0114020000000000C000000000000046 93000000", 96), 4);
        yield return ("webloc", A("bplist00\u00d1\u0001\u0002SURL_\u0010\u0014http://example.com/", 96), 2);
        yield return ("chm", B("49545346 03000000 60000000", 96), 3);
        yield return ("hlp", B("3F5F0300 10000000 FFFFFFFF", 96), 3);
        yield return ("hxs", A("ITOLITLS\u0001", 64), 7);
        yield return ("mdb", At(2_048, (0, B("00010000")), (4, A("Standard Jet DB"))), 13);
        yield return ("accdb", At(2_048, (0, B("00010000")), (4, A("Standard ACE DB"))), 13);
        yield return ("sqlite", A("SQLite format 3\0\u0010", 512), 14);
        yield return ("dbf", At(98, (0, [3, 120, 1, 1, 2]), (8, [65, 0, 16, 0]), (32, A("F")), (97, [0x1A])), 8);
        yield return ("parquet", A("PAR1\u0015", 64), 3);
        yield return ("hdf5", B("894844460D0A1A0A", 64), 1);
        yield return ("numpy", B("934E554D50590100", 64), 1);
        yield return ("pickle", [.. B("8004950500"), .. A("K\u0001.")], 1);
        yield return ("pcap", B("D4C3B2A1 0200", 64), 3);
        yield return ("torrent", A("d8:announce20:http://example.com/ae", 64), 4);
        yield return ("gltf", A("glTF\u0002\0\0\0", 64), 3);
        yield return ("mo", B("DE120495 00000000", 64), 3);
        yield return ("icc", At(256, (2, [1]), (36, A("acsp"))), 37);
        yield return ("evtx", A("ElfFile\0", 128), 6);
        yield return ("regf", A("regf\u0001", 128), 3);
        yield return ("minidump", B("4D444D50 93A7", 64), 3);
        yield return ("prefetch", B("1E000000 53434341", 64), 5);
        yield return ("blend", A("BLENDER-v300", 64), 6);
        yield return ("unity", A("UnityFS\0", 64), 6);
        yield return ("one", B("E4525C7B 8CD8A74D AEB15378D02996D3", 64), 4);
        yield return ("wri", B("31BE0000 00AB", 128), 2);
        yield return ("wpd", B("FF575043 10000000", 64), 3);
        yield return ("mobi", At(128, (0, A("Book")), (60, A("BOOKMOBI"))), 63);
        yield return ("djvu", A("AT&TFORM\0\0\0\u0010DJVUINFO", 64), 13);
        yield return ("dwg", A("AC1032\0\0", 64), 3);
        yield return ("dwf", A("(DWF V06.00)PK", 64), 4);
        yield return ("jww", A("JwwData.\u00bc\u0002", 64), 7);
        yield return ("wk", B("00000200 06040600", 64), 5);
        yield return ("ds-store", B("00000001 42756431", 64), 7);
        yield return ("stl", At(134, (0, A("solid?")), (80, [1])), 80);
        yield return ("biff", B("09080800 00061000", 64), 3);
        yield return ("ps", B("C5D0D3C6 20000000", 64), 3);
        yield return ("pdf", A("%PDF-1.7\n%\u00e2\u00e3\n", 64), 3);
    }

    private static IEnumerable<(string, byte[], int)> Packages()
    {
        yield return ("zip", ZipMaker.One("a.txt", "hello"), -1);
        (string Id, string Type)[] main =
        [
            ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"), ("docm", "application/vnd.ms-word.document.macroEnabled.main+xml"),
            ("dotx", "application/vnd.openxmlformats-officedocument.wordprocessingml.template.main+xml"), ("dotm", "application/vnd.ms-word.template.macroEnabledTemplate.main+xml"),
            ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"), ("xlsm", "application/vnd.ms-excel.sheet.macroEnabled.main+xml"),
            ("xltx", "application/vnd.openxmlformats-officedocument.spreadsheetml.template.main+xml"), ("xltm", "application/vnd.ms-excel.template.macroEnabled.main+xml"),
            ("xlsb", "application/vnd.ms-excel.sheet.binary.macroEnabled.main"), ("xlam", "application/vnd.ms-excel.addin.macroEnabled.main+xml"),
            ("pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml"), ("pptm", "application/vnd.ms-powerpoint.presentation.macroEnabled.main+xml"),
            ("ppsx", "application/vnd.openxmlformats-officedocument.presentationml.slideshow.main+xml"), ("ppsm", "application/vnd.ms-powerpoint.slideshow.macroEnabled.main+xml"),
            ("potx", "application/vnd.openxmlformats-officedocument.presentationml.template.main+xml"), ("potm", "application/vnd.ms-powerpoint.template.macroEnabled.main+xml"),
            ("ppam", "application/vnd.ms-powerpoint.addin.macroEnabled.main+xml"), ("vsdx", "application/vnd.ms-visio.drawing.main+xml"), ("vsdm", "application/vnd.ms-visio.drawing.macroEnabled.main+xml"),
            ("vstx", "application/vnd.ms-visio.template.main+xml"), ("vssx", "application/vnd.ms-visio.stencil.main+xml"), ("xps", "application/vnd.ms-package.xps-fixeddocumentsequence+xml"),
        ];
        foreach ((string id, string type) in main) yield return (id, ZipMaker.One("[Content_Types].xml", $"<Types><Override PartName=\"/a.xml\" ContentType=\"{type}\"/></Types>", m => m.Method = 0), -2);
        (string Id, string Type)[] typed =
        [
            ("odt", "application/vnd.oasis.opendocument.text"), ("ott", "application/vnd.oasis.opendocument.text-template"), ("ods", "application/vnd.oasis.opendocument.spreadsheet"),
            ("odp", "application/vnd.oasis.opendocument.presentation"), ("odg", "application/vnd.oasis.opendocument.graphics"), ("epub", "application/epub+zip"), ("hwpx", "application/hwp+zip"), ("sxw", "application/vnd.sun.xml.writer"),
        ];
        foreach ((string id, string type) in typed) yield return (id, ZipMaker.One("mimetype", type, m => m.Method = 0), -2);
        (string Id, string Name)[] named =
        [
            ("apk", "AndroidManifest.xml"), ("jar", "META-INF/MANIFEST.MF"), ("appx", "AppxManifest.xml"), ("msix", "AppxMetadata/AppxBundleManifest.xml"), ("vsix", "extension.vsixmanifest"), ("xap", "AppManifest.xaml"),
            ("xpi", "META-INF/mozilla.rsa"), ("air", "META-INF/AIR/application.xml"), ("ipa", "Payload/x.app/x"), ("nupkg", "x.nuspec"), ("pyz", "__main__.py"), ("keynote", "Index/Slide.iwa"), ("pages", "Index/Document.iwa"), ("thmx", "theme/theme/themeManager.xml"),
        ];
        foreach ((string id, string name) in named) yield return (id, ZipMaker.One(name, "x"), -2);
    }

    private static IEnumerable<(string, byte[], int)> Compound()
    {
        (string Id, string Stream)[] rows =
        [
            ("doc", "WordDocument"), ("xls", "Workbook"), ("ppt", "PowerPoint Document"), ("msg", "__properties_version1.0"), ("vsd", "VisioDocument"), ("pub", "Quill"), ("encrypted-ooxml", "EncryptedPackage"),
            ("hwp", "FileHeader"), ("jtd", "DocumentText"), ("mpp", "Props14"), ("thumbs-db", "Catalog"), ("otm", "OutlookProjectData"), ("ole2", "Other"),
        ];
        foreach ((string id, string stream) in rows) yield return (id, Cfb(root => root.Children.Add(CfbNode.Stream(stream, new MemoryPartBytes(new byte[10])))), id == "ole2" ? 0 : -3);
        (string Id, string Class)[] installers = [("msi", "000c1084"), ("msp", "000c1086"), ("mst", "000c1082")];
        foreach ((string id, string first) in installers) yield return (id, Cfb(root => root.Clsid = new Guid(first + "-0000-0000-c000-000000000046")), -4);
    }

    private static byte[] Cfb(Action<CfbNode> fill)
    {
        CfbNode root = CfbNode.Storage("");
        fill(root);
        using MemoryStream to = new();
        CfbWriter.Write(root, new StreamPartOutput(to));
        return to.ToArray();
    }

    private static IEnumerable<(string, byte[], int)> Texts()
    {
        (string Id, string Text)[] rows =
        [
            ("rtf", "{\\rtf1\\ansi hello}"), ("ps", "%!PS-Adobe-3.0\n"), ("ics", "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n"), ("vcf", "BEGIN:VCARD\r\nVERSION:3.0\r\n"),
            ("pgp-message", "-----BEGIN PGP MESSAGE-----\n\nx"), ("pgp-signature", "-----BEGIN PGP SIGNATURE-----\n\nx"), ("pgp-key", "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nx"), ("cert", "-----BEGIN CERTIFICATE-----\nMIIB\n"),
            ("xpm", "/* XPM */\nstatic char *x[] = {"), ("xbm", "#define x_width 16\n#define x_height 16\nstatic char x_bits[] = {"), ("pnm", "P6\n1 1\n255\n"), ("step", "ISO-10303-21;\nHEADER;\n"), ("srt", "WEBVTT\n\n00:00"),
            ("uue", "begin 644 a.txt\n#86)C\n`\nend\n"), ("binhex", "(This file must be converted with BinHex 4.0)\n\n:x:"), ("yenc", "=ybegin line=128 size=3 name=a\n"), ("dxf", "0\nSECTION\n2\nHEADER\n"), ("dif", "TABLE\r\n0,1\r\n\"x\"\r\n"), ("tex", "\\documentclass{article}\n"),
            ("reg", "Windows Registry Editor Version 5.00\r\n"), ("slk", "ID;PWXL;N;E\r\n"), ("iqy", "WEB\r\n1\r\nhttp://example.com/\r\n"), ("dqy", "XLODBC\r\n1\r\n"), ("rqy", "QueryType=OLEDB\r\n"), ("oqy", "QueryType=OLAP\r\n"),
            ("m3u", "#EXTM3U\n#EXTINF:1\n"), ("rdp", "screen mode id:i:2\r\nfull address:s:host\r\n"), ("url", "[InternetShortcut]\r\nURL=http://example.com/\r\n"), ("desktop-ini", "[.ShellClassInfo]\r\nIconFile=x\r\n"),
            ("scf", "[Shell]\r\nCommand=2\r\nIconFile=x\r\n"), ("ica", "[WFClient]\r\nVersion=2\r\n"), ("desktop", "[Desktop Entry]\nType=Application\n"), ("theme", "[Theme]\r\nDisplayName=x\r\n"), ("udl", "[oledb]\r\n; x\r\nProvider=x\r\n"),
            ("inf", "[Version]\r\nSignature=\"$Windows NT$\"\r\n"), ("sh", "#!/bin/sh\necho\n"), ("py", "#!/usr/bin/env python3\nprint()\n"), ("perl", "#!/usr/bin/perl\n"), ("ruby", "#!/usr/bin/env ruby\n"), ("bat", "@echo off\r\ndel x\r\n"), ("php", "<?php echo 1;"),
            ("js", "var a = new ActiveXObject('x'); function f() { eval(a); }"), ("vbs", "Dim a\r\nSet a = CreateObject(\"WScript.Shell\")\r\n"), ("ps1", "$x = New-Object Net.WebClient\nInvoke-Expression $x\n"), ("applescript", "tell application \"Finder\"\nend tell\n"),
            ("eml", "From: a@example.com\r\nTo: b@example.com\r\nSubject: x\r\n\r\nhello"), ("mbox", "From a@example.com Mon Jan  1 00:00:00 2024\nFrom: a@example.com\nSubject: x\n\nhello"),
            ("mht", "From: <Saved by Blink>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=x\r\n\r\n"), ("html", "<!DOCTYPE html><html><body>x"), ("hta", "<html><head><hta:application id=x></head>"), ("xhtml", "<?xml version=\"1.0\"?><html xmlns=\"http://www.w3.org/1999/xhtml\">"),
            ("amp-html", "<!doctype html><html amp4email><head>"), ("odc", "<html xmlns:o=\"x\"><head><meta http-equiv=Content-Type content=\"text/x-ms-odc\">"), ("svg", "<?xml version=\"1.0\"?><svg xmlns=\"http://www.w3.org/2000/svg\"/>"), ("xml", "<?xml version=\"1.0\"?><a/>"),
            ("flat-opc", "<?xml version=\"1.0\"?><pkg:package xmlns:pkg=\"x\">"), ("word-xml", "<?xml version=\"1.0\"?><?mso-application progid=\"Word.Document\"?><w:wordDocument xmlns:w=\"x\">"), ("spreadsheet-xml", "<?xml version=\"1.0\"?><Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\">"),
            ("fodt", "<?xml version=\"1.0\"?><office:document office:mimetype=\"application/vnd.oasis.opendocument.text\">"), ("fods", "<?xml version=\"1.0\"?><office:document office:mimetype=\"application/vnd.oasis.opendocument.spreadsheet\">"), ("vdx", "<?xml version=\"1.0\"?><VisioDocument>"),
            ("xsl", "<?xml version=\"1.0\"?><xsl:stylesheet version=\"1.0\">"), ("wsc", "<?xml version=\"1.0\"?><scriptlet>"), ("wsf", "<job id=\"x\"><script language=\"VBScript\">"), ("jnlp", "<?xml version=\"1.0\"?><jnlp spec=\"1.0+\">"), ("msc", "<?xml version=\"1.0\"?><MMC_ConsoleFile ConsoleVersion=\"3.0\">"),
            ("settingcontent-ms", "<?xml version=\"1.0\"?><PCSettings><SearchableContent>"), ("searchconnector-ms", "<?xml version=\"1.0\"?><searchConnectorDescription>"), ("library-ms", "<?xml version=\"1.0\"?><libraryDescription>"), ("search-ms", "<?xml version=\"1.0\"?><persistedQuery version=\"1.0\">"),
            ("contact", "<?xml version=\"1.0\"?><c:contact c:Version=\"1\">"), ("appinstaller", "<?xml version=\"1.0\"?><AppInstaller Uri=\"x\">"), ("application", "<?xml version=\"1.0\"?><asmv1:assembly xmlns:asmv1=\"urn:schemas-microsoft-com:asm.v1\"><deployment install=\"true\">"), ("rdg", "<?xml version=\"1.0\"?><RDCMan programVersion=\"2.7\">"),
            ("wsb", "<Configuration><MappedFolders><MappedFolder>"), ("inetloc", "<?xml version=\"1.0\"?><plist><dict><key>URL</key><string>smb://x</string>"), ("appref-ms", "http://example.com/a.application#a.application, Culture=neutral, PublicKeyToken=0000000000000000, processorArchitecture=msil"), ("psc1", "<?xml version=\"1.0\"?><PSConsoleFile ConsoleSchemaVersion=\"1.0\">"), ("osd", "<?xml version=\"1.0\"?><SOFTPKG NAME=\"x\">"), ("asx", "<asx version=\"3.0\">"), ("task", "<?xml version=\"1.0\"?><Task xmlns=\"http://schemas.microsoft.com/windows/2004/02/mit/task\">"),
            ("proj", "<Project xmlns=\"http://schemas.microsoft.com/developer/msbuild/2003\">"), ("mobileconfig", "<?xml version=\"1.0\"?><plist><dict><key>PayloadContent</key>"), ("terminal", "<?xml version=\"1.0\"?><plist><dict><key>CommandString</key>"), ("webloc", "<?xml version=\"1.0\"?><plist><dict><key>URL</key><string>http://x</string>"),
            ("fileloc", "<?xml version=\"1.0\"?><plist><dict><key>URL</key><string>file:///x</string>"), ("xfdf", "<?xml version=\"1.0\"?><xfdf xmlns=\"x\">"), ("txt", "hello, world\r\n"),
        ];
        foreach ((string id, string text) in rows) yield return (id, Encoding.UTF8.GetBytes(text), id == "txt" ? -5 : -6);
    }
}

using System.Text;
using MailSanitizer.Content.Formats.Cfb;
using MailSanitizer.Content.Formats.Zip;

namespace MailSanitizer.Content.Identification;

/// <summary>What a ZIP or a compound file is by what it holds.</summary>
internal static class ContainerKinds
{
    // [Content_Types].xml of a large document has some hundred lines; what is longer is no document that anybody opens.
    private const int MostContentTypes = 1024 * 1024;

    private static readonly (string Type, string Id)[] MainTypes =
    [
        ("application/vnd.ms-word.document.macroenabled.main+xml", "docm"),
        ("application/vnd.ms-word.template.macroenabledtemplate.main+xml", "dotm"),
        ("application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml", "docx"),
        ("application/vnd.openxmlformats-officedocument.wordprocessingml.template.main+xml", "dotx"),
        ("application/vnd.ms-excel.addin.macroenabled.main+xml", "xlam"),
        ("application/vnd.ms-excel.sheet.macroenabled.main+xml", "xlsm"),
        ("application/vnd.ms-excel.template.macroenabled.main+xml", "xltm"),
        ("application/vnd.ms-excel.sheet.binary.macroenabled.main", "xlsb"),
        ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml", "xlsx"),
        ("application/vnd.openxmlformats-officedocument.spreadsheetml.template.main+xml", "xltx"),
        ("application/vnd.ms-powerpoint.addin.macroenabled.main+xml", "ppam"),
        ("application/vnd.ms-powerpoint.presentation.macroenabled.main+xml", "pptm"),
        ("application/vnd.ms-powerpoint.slideshow.macroenabled.main+xml", "ppsm"),
        ("application/vnd.ms-powerpoint.template.macroenabled.main+xml", "potm"),
        ("application/vnd.ms-powerpoint.slide.macroenabled.main+xml", "sldm"),
        ("application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml", "pptx"),
        ("application/vnd.openxmlformats-officedocument.presentationml.slideshow.main+xml", "ppsx"),
        ("application/vnd.openxmlformats-officedocument.presentationml.template.main+xml", "potx"),
        ("application/vnd.ms-visio.drawing.macroenabled.main+xml", "vsdm"),
        ("application/vnd.ms-visio.template.macroenabled.main+xml", "vstm"),
        ("application/vnd.ms-visio.stencil.macroenabled.main+xml", "vssm"),
        ("application/vnd.ms-visio.drawing.main+xml", "vsdx"),
        ("application/vnd.ms-visio.template.main+xml", "vstx"),
        ("application/vnd.ms-visio.stencil.main+xml", "vssx"),
        ("application/vnd.ms-package.xps-fixeddocumentsequence+xml", "xps"),
        ("application/oxps-fixeddocumentsequence+xml", "xps"),
    ];

    private static readonly (string Name, string Id)[] Members =
    [
        ("AndroidManifest.xml", "apk"),
        ("AppxManifest.xml", "appx"),
        ("AppxMetadata/AppxBundleManifest.xml", "msix"),
        ("extension.vsixmanifest", "vsix"),
        ("AppManifest.xaml", "xap"),
        ("META-INF/AIR/application.xml", "air"),
        ("META-INF/mozilla.rsa", "xpi"),
        ("install.rdf", "xpi"),
        ("Index/Slide.iwa", "keynote"),
        ("index.apxl", "keynote"),
        ("Index/Tables/DataList.iwa", "numbers"),
        ("Index/Document.iwa", "pages"),
        ("index.xml", "pages"),
        ("META-INF/MANIFEST.MF", "jar"),
    ];

    private static readonly (string Type, string Id)[] OdfTypes =
    [
        ("text", "odt"), ("text-template", "ott"), ("text-master", "odm"), ("text-web", "odm"), ("spreadsheet", "ods"), ("spreadsheet-template", "ots"),
        ("presentation", "odp"), ("presentation-template", "otp"), ("graphics", "odg"), ("graphics-template", "otg"), ("chart", "odc-chart"), ("formula", "odf-formula"),
    ];

    /// <summary>Every format that a ZIP is; just <c>zip</c> when nothing more special.</summary>
    public static List<string> OfZip(ZipContents zip, Limits limits)
    {
        List<string> found = [];
        if (zip.FindIgnoreCase("[Content_Types].xml") is { } types) OfContentTypes(zip, types, limits, found);
        if (zip.Find("mimetype") is { } mimetype && zip.Read(mimetype, 256, limits, out _) is { } type) OfMediaType(Encoding.ASCII.GetString(type).Trim(), found);
        foreach ((string name, string id) in Members)
        {
            if (found.Count > 0 && id is "jar" or "pages") continue;
            if (zip.FindIgnoreCase(name) is not null && !found.Contains(id) && !(id == "pages" && zip.FindIgnoreCase("buildVersionHistory.plist") is null && !name.EndsWith("iwa", StringComparison.Ordinal))) found.Add(id);
        }

        if (zip.Entries.Any(entry => entry.Name.StartsWith("Payload/", StringComparison.Ordinal) && entry.Name.Contains(".app/", StringComparison.Ordinal))) found.Add("ipa");
        if (zip.Entries.Any(entry => entry.Name.EndsWith(".nuspec", StringComparison.OrdinalIgnoreCase) && !entry.Name.Contains('/', StringComparison.Ordinal))) found.Add("nupkg");
        if (zip.Find("__main__.py") is not null) found.Add("pyz");
        if (found.Count == 0) Fallback(zip, found);
        if (found.Count == 0) found.Add("zip");
        return found;
    }

    // Office opens a package by its parts even when the list of types is odd.
    private static void Fallback(ZipContents zip, List<string> found)
    {
        if (zip.FindIgnoreCase("word/document.xml") is not null) found.Add("docx");
        else if (zip.FindIgnoreCase("xl/workbook.xml") is not null) found.Add("xlsx");
        else if (zip.FindIgnoreCase("xl/workbook.bin") is not null) found.Add("xlsb");
        else if (zip.FindIgnoreCase("ppt/presentation.xml") is not null) found.Add("pptx");
        else if (zip.FindIgnoreCase("theme/theme/themeManager.xml") is not null) found.Add("thmx");
        else if (zip.FindIgnoreCase("visio/document.xml") is not null) found.Add("vsdx");
        else if (zip.FindIgnoreCase("META-INF/manifest.xml") is not null && zip.FindIgnoreCase("content.xml") is not null) found.Add("odf");
        else if (zip.FindIgnoreCase("[Content_Types].xml") is not null) found.Add("opc");
    }

    private static void OfContentTypes(ZipContents zip, ZipEntry entry, Limits limits, List<string> found)
    {
        if (zip.Read(entry, MostContentTypes, limits, out _) is not { } raw) return;
        string text = (raw.AsSpan().StartsWith<byte>([0xFF, 0xFE]) || (raw.Length > 1 && raw[1] == 0) ? Encoding.Unicode
            : raw.AsSpan().StartsWith<byte>([0xFE, 0xFF]) || (raw.Length > 1 && raw[0] == 0) ? Encoding.BigEndianUnicode : Encoding.UTF8).GetString(raw).ToLowerInvariant();
        foreach ((string type, string id) in MainTypes)
        {
            if (text.Contains(type, StringComparison.Ordinal) && !found.Contains(id)) found.Add(id);
        }
    }

    private static void OfMediaType(string type, List<string> found)
    {
        const string Odf = "application/vnd.oasis.opendocument.";
        if (type.StartsWith(Odf, StringComparison.Ordinal))
        {
            string id = OdfTypes.FirstOrDefault(row => row.Type == type[Odf.Length..]).Id ?? "odf";
            found.Add(id);
            return;
        }

        if (FormatTable.OfMediaType(type) is [{ } format, ..] && FormatTable.Is(format.Id, "zip")) found.Add(format.Id);
        else if (type is "application/hwp+zip") found.Add("hwpx");
    }

    /// <summary>Every format that a compound file is; just <c>ole2</c> when nothing more special.</summary>
    public static List<string> OfCfb(CfbFile file)
    {
        List<string> found = [];
        if (Installer(file.Root.Clsid) is { } installer) found.Add(installer);
        foreach (CfbEntry entry in file.Root.Children)
        {
            string? id = entry.Name.ToUpperInvariant() switch
            {
                "WORDDOCUMENT" => "doc",
                "WORKBOOK" or "BOOK" => "xls",
                "POWERPOINT DOCUMENT" or "PP40" or "PP97_DUALSTORAGE" => "ppt",
                "__PROPERTIES_VERSION1.0" => "msg",
                "VISIODOCUMENT" => "vsd",
                "QUILL" => "pub",
                "ENCRYPTEDPACKAGE" => "encrypted-ooxml",
                "FILEHEADER" => "hwp",
                "DOCUMENTTEXT" or "JSRV_SEGMENTINFORMATION" => "jtd",
                "PROPS9" or "PROPS12" or "PROPS14" or "   114" or "   112" => "mpp",
                "CATALOG" => "thumbs-db",
                "OUTLOOKPROJECTDATA" => "otm",
                _ => null,
            };
            if (id is not null && !found.Contains(id)) found.Add(id);
        }

        // An object that another program puts into Visio or Publisher files has its own storage; orphans count too, a recovery may show them.
        foreach (CfbEntry entry in file.Entries.Where(entry => entry.IsOrphan))
        {
            if (entry.Name == "WordDocument" && !found.Contains("doc")) found.Add("doc");
            if (entry.Name is "Workbook" or "Book" && !found.Contains("xls")) found.Add("xls");
        }

        if (found.Count == 0) found.Add("ole2");
        return found;
    }

    private static string? Installer(Guid clsid) => clsid.ToString() switch
    {
        "000c1084-0000-0000-c000-000000000046" => "msi",
        "000c1086-0000-0000-c000-000000000046" => "msp",
        "000c1082-0000-0000-c000-000000000046" => "mst",
        _ => null,
    };
}

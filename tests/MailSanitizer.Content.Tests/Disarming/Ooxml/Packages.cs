using System.IO.Compression;
using System.Text;

namespace MailSanitizer.Content.Tests.Disarming.Ooxml;

/// <summary>Makes packages by hand: minimal documents, with whatever a test puts in beside.</summary>
internal sealed class Packages
{
    public const string R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    public const string W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
    public const string S = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    public const string P = "http://schemas.openxmlformats.org/presentationml/2006/main";
    public const string A = "http://schemas.openxmlformats.org/drawingml/2006/main";
    public const string Mc = "http://schemas.openxmlformats.org/markup-compatibility/2006";
    public const string Word = "application/vnd.openxmlformats-officedocument.wordprocessingml.";
    public const string Sheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.";
    public const string Slide = "application/vnd.openxmlformats-officedocument.presentationml.";

    private readonly List<(string Name, byte[] Bytes)> _members = [];
    private readonly List<string> _types = [];
    private readonly Dictionary<string, List<string>> _relationships = [];

    /// <summary>A 1×1 PNG.</summary>
    public static byte[] Png { get; } = Convert.FromBase64String("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==");

    public static Packages Docx(string body = "", string main = Word + "document.main+xml", string settings = "")
    {
        Packages made = new();
        made.Relate("", "rId1", R + "/officeDocument", "word/document.xml");
        made.Part("word/document.xml", main, $"<w:document xmlns:w=\"{W}\" xmlns:r=\"{R}\" xmlns:mc=\"{Mc}\" xmlns:v=\"urn:schemas-microsoft-com:vml\" xmlns:o=\"urn:schemas-microsoft-com:office:office\"><w:body><w:p><w:r><w:t>Kept text 本文</w:t></w:r></w:p>{body}<w:sectPr/></w:body></w:document>");
        made.Relate("word/document.xml", "rIdS", R + "/settings", "settings.xml");
        made.Part("word/settings.xml", Word + "settings+xml", $"<w:settings xmlns:w=\"{W}\" xmlns:r=\"{R}\">{settings}<w:zoom w:percent=\"100\"/></w:settings>");
        return made;
    }

    public static Packages Xlsx(string cells = "<c r=\"A1\"><v>1</v></c>", string before = "", string after = "", string sheets = "", string main = Sheet + "sheet.main+xml", string tail = "")
    {
        Packages made = new();
        made.Relate("", "rId1", R + "/officeDocument", "xl/workbook.xml");
        made.Part("xl/workbook.xml", main, $"<workbook xmlns=\"{S}\" xmlns:r=\"{R}\">{before}<sheets><sheet name=\"One\" sheetId=\"1\" r:id=\"rId1\"/>{sheets}</sheets>{after}</workbook>");
        made.Relate("xl/workbook.xml", "rId1", R + "/worksheet", "worksheets/sheet1.xml");
        made.Part("xl/worksheets/sheet1.xml", Sheet + "worksheet+xml", $"<worksheet xmlns=\"{S}\" xmlns:r=\"{R}\"><sheetData><row r=\"1\">{cells}</row></sheetData>{tail}</worksheet>");
        return made;
    }

    public static Packages Pptx(string shapes = "", string main = Slide + "presentation.main+xml", string tail = "")
    {
        Packages made = new();
        made.Relate("", "rId1", R + "/officeDocument", "ppt/presentation.xml");
        made.Part("ppt/presentation.xml", main, $"<p:presentation xmlns:p=\"{P}\" xmlns:r=\"{R}\"><p:sldIdLst><p:sldId id=\"256\" r:id=\"rId1\"/></p:sldIdLst><p:notesSz cx=\"1\" cy=\"1\"/></p:presentation>");
        made.Relate("ppt/presentation.xml", "rId1", R + "/slide", "slides/slide1.xml");
        made.Part("ppt/slides/slide1.xml", Slide + "slide+xml", $"<p:sld xmlns:p=\"{P}\" xmlns:a=\"{A}\" xmlns:r=\"{R}\" xmlns:mc=\"{Mc}\"><p:cSld><p:spTree><p:nvGrpSpPr><p:cNvPr id=\"1\" name=\"\"/><p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr><p:grpSpPr/>{shapes}</p:spTree></p:cSld>{tail}</p:sld>");
        return made;
    }

    public static Packages Vsdx(string cells = "", string document = "", string windows = "", string main = "application/vnd.ms-visio.drawing.main+xml")
    {
        const string Visio = "http://schemas.microsoft.com/visio/2010/relationships/";
        const string V = "http://schemas.microsoft.com/office/visio/2012/main";
        Packages made = new();
        made.Relate("", "rId1", Visio + "document", "visio/document.xml");
        made.Part("visio/document.xml", main, $"<VisioDocument xmlns='{V}' xmlns:r='{R}'>{document}</VisioDocument>");
        made.Relate("visio/document.xml", "rId1", Visio + "pages", "pages/pages.xml").Relate("visio/document.xml", "rId2", Visio + "windows", "windows.xml");
        made.Part("visio/windows.xml", "application/vnd.ms-visio.windows+xml", $"<Windows xmlns='{V}'><Window ID='0' WindowType='Drawing'/>{windows}</Windows>");
        made.Part("visio/pages/pages.xml", "application/vnd.ms-visio.pages+xml", $"<Pages xmlns='{V}' xmlns:r='{R}'><Page ID='0' Name='One'><Rel r:id='rId1'/></Page></Pages>");
        made.Relate("visio/pages/pages.xml", "rId1", Visio + "page", "page1.xml");
        made.Part("visio/pages/page1.xml", "application/vnd.ms-visio.page+xml", $"<PageContents xmlns='{V}' xmlns:r='{R}'><Shapes><Shape ID='1' Type='Shape'><Cell N='Width' V='1' F='THEMEVAL(&quot;x&quot;,1)'/>{cells}<Text>Kept shape</Text></Shape></Shapes></PageContents>");
        return made;
    }

    public Packages Part(string name, string? type, string xml) => Part(name, type, Encoding.UTF8.GetBytes("<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>" + xml));

    public Packages Part(string name, string? type, byte[] bytes)
    {
        _members.RemoveAll(member => member.Name == name);
        _members.Add((name, bytes));
        return type is null ? this : Raw($"<Override PartName=\"/{name}\" ContentType=\"{type}\"/>");
    }

    public Packages Raw(string contentType)
    {
        _types.Add(contentType);
        return this;
    }

    public Packages Relate(string source, string id, string type, string target, bool external = false) =>
        Relation(source, $"<Relationship Id=\"{id}\" Type=\"{type}\" Target=\"{target}\"{(external ? " TargetMode=\"External\"" : "")}/>");

    public Packages Relation(string source, string xml)
    {
        if (!_relationships.TryGetValue(source, out List<string>? list)) _relationships.Add(source, list = []);
        list.Add(xml);
        return this;
    }

    public byte[] Bytes()
    {
        using MemoryStream to = new();
        using (ZipArchive archive = new(to, ZipArchiveMode.Create, leaveOpen: true))
        {
            Add("[Content_Types].xml", Encoding.UTF8.GetBytes($"<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Default Extension=\"xml\" ContentType=\"application/xml\"/><Default Extension=\"png\" ContentType=\"image/png\"/>{string.Concat(_types)}</Types>"));
            foreach ((string source, List<string> list) in _relationships)
            {
                int slash = source.LastIndexOf('/') + 1;
                Add($"{source[..slash]}_rels/{source[slash..]}.rels", Encoding.UTF8.GetBytes($"<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">{string.Concat(list)}</Relationships>"));
            }

            foreach ((string name, byte[] bytes) in _members) Add(name, bytes);

            void Add(string name, byte[] bytes)
            {
                using Stream entry = archive.CreateEntry(name).Open();
                entry.Write(bytes);
            }
        }

        return to.ToArray();
    }

    public DisarmSample As(string name) => new(name, Bytes());
}

/// <summary>The independent look: the archive of the runtime, and text in it. Knows nothing of the disarmer.</summary>
internal static class Look
{
    public static IReadOnlyList<string> Names(byte[] bytes)
    {
        using ZipArchive archive = new(new MemoryStream(bytes));
        return [.. archive.Entries.Select(entry => entry.FullName)];
    }

    public static string Text(byte[] bytes, string name)
    {
        using ZipArchive archive = new(new MemoryStream(bytes));
        using StreamReader reader = new((archive.GetEntry(name) ?? throw new InvalidOperationException("no " + name)).Open());
        return reader.ReadToEnd();
    }

    /// <summary>All text of all members, tags' line breaks and all: what a grep would see.</summary>
    public static string All(byte[] bytes)
    {
        using ZipArchive archive = new(new MemoryStream(bytes));
        StringBuilder all = new();
        foreach (ZipArchiveEntry entry in archive.Entries)
        {
            using Stream stream = entry.Open();
            using MemoryStream raw = new();
            stream.CopyTo(raw);
            byte[] content = raw.ToArray();
            all.Append('\n').Append("== ").Append(entry.FullName).Append('\n');
            all.Append(content.AsSpan().StartsWith<byte>([0xFF, 0xFE]) ? Encoding.Unicode.GetString(content) : Encoding.UTF8.GetString(content));
        }

        return all.ToString();
    }
}

using System.IO.Compression;
using System.Text;
using MailSanitizer.Content;
using MailSanitizer.Content.Disarming.Ooxml;
using MailSanitizer.Content.Formats.Opc;
using MailSanitizer.Content.Formats.Xml;
using MailSanitizer.Content.Formats.Zip;

namespace MailSanitizer.Fuzz;

/// <summary>Office Open XML: one part of a package is the input, so that mutations reach the XML and the records instead of dying in the archive's checksums.</summary>
public static class OoxmlFuzz
{
    private const string R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

    private const string Document = "<w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\" xmlns:r=\"" + R + "\"><w:body><w:p><w:r><w:fldChar w:fldCharType=\"begin\"/></w:r><w:r><w:instrText>DDE</w:instrText></w:r><w:r><w:fldChar w:fldCharType=\"separate\"/></w:r><w:r><w:t>x</w:t></w:r><w:r><w:fldChar w:fldCharType=\"end\"/></w:r></w:p><w:hyperlink r:id=\"a\"/></w:body></w:document>";

    private const string Relationships = "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"a\" Type=\"" + R + "/hyperlink\" Target=\"file:///x\" TargetMode=\"External\"/><Relationship Id=\"b\" Type=\"" + R + "/image\" Target=\"../word/%6dedia/a.png\"/></Relationships>";

    public static FuzzTarget Xml { get; } = new("ooxml-xml", [Encoding.UTF8.GetBytes(Document)], input => Run(Package("word/document.xml", "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml", input, Relationships), "docx"));

    public static FuzzTarget Relations { get; } = new("ooxml-relationships", [Encoding.UTF8.GetBytes(Relationships)], input => Run(Package("word/document.xml", "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml", Encoding.UTF8.GetBytes(Document), Encoding.Latin1.GetString(input)), "docx"));

    public static FuzzTarget Sheet { get; } = new("ooxml-sheet", [Encoding.UTF8.GetBytes("<worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetData><row><c><f>SUM([1]a!B1,'x[2]'!C1)+cmd|'/c x'!A0</f><v>1</v></c><c><f t=\"shared\" si=\"0\">WEBSERVICE(\"x\")</f></c></row></sheetData></worksheet>")], input => Run(Package("xl/workbook.xml", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml", input, Relationships), "xlsx"));

    public static FuzzTarget Records { get; } = new("ooxml-biff12", [[0x81, 0x01, 0x00, 0x91, 0x01, 0x00, 9, 20, .. new byte[20], 39, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, (byte)'a', 0, (byte)'b', 0, (byte)'c', 0, 1, 0x82, 0x01, 0x00]], input => Run(Package("xl/workbook.bin", "application/vnd.ms-excel.sheet.binary.macroenabled.main", input, Relationships), "xlsb"));

    public static FuzzTarget Names { get; } = new("ooxml-names", [Encoding.UTF8.GetBytes("..\\word/./%2e%2E/media/a%252Epng#x"), Encoding.UTF8.GetBytes("/xl/worksheets/sheet1.xml")], input =>
    {
        string key = OpcNames.Key(Encoding.UTF8.GetString(input));
        if (OpcNames.Key(key).Length > key.Length) throw new InvalidOperationException("a key of a key is longer");
    });

    public static FuzzTarget Rewriter { get; } = new("xml-rewriter", [Encoding.UTF8.GetBytes("<a xmlns=\"x\" xmlns:b=\"y\" b:c=\"&#10;d\"><b:e/>f<![CDATA[g]]>\ud83d\ude00</a>")], input =>
    {
        Counter counter = new();
        Limits limits = Limits.Default with { XmlDepth = 64 };
        try
        {
            if (XmlWalk.Run(new MemoryStream(input), 0, limits, OoxmlFindings.OverLimit, counter, default) is not null) return;
        }
        catch (LimitReachedException)
        {
            return;
        }

        using MemoryStream to = new();
        XmlRewriter.Write(new MemoryStream(input), new XmlPlan(), to, limits, OoxmlFindings.OverLimit, default);
        Counter again = new();
        string? why = XmlWalk.Run(new MemoryStream(to.ToArray()), 0, limits, OoxmlFindings.OverLimit, again, default);
        if (why is not null || again.Seen != counter.Seen) throw new InvalidOperationException($"{why}: {counter.Seen} became {again.Seen}");
    });

    private static void Run(byte[] package, string format)
    {
        OoxmlHandler handler = new();
        using MemoryPartBytes bytes = new(package);
        PartWalker walker = new([handler], new NoScratch());
        walker.Walk(bytes, new WalkJob { FileName = "a." + format, Candidates = false }, new NoSink());
        using MemoryStream to = new();
        walker.Rebuild(bytes, new RebuildJob { FileName = "a." + format, Treatments = [new Treatment("", bytes.Sha256, TreatmentKind.Disarm)] }, new StreamPartOutput(to, bytes));
    }

    private static byte[] Package(string main, string type, byte[] content, string relationships)
    {
        using MemoryStream to = new();
        using (ZipArchive archive = new(to, ZipArchiveMode.Create, true))
        {
            int slash = main.LastIndexOf('/') + 1;
            Add("[Content_Types].xml", Encoding.UTF8.GetBytes($"<Types><Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Override PartName=\"/{main}\" ContentType=\"{type}\"/></Types>"));
            Add("_rels/.rels", Encoding.UTF8.GetBytes($"<Relationships><Relationship Id=\"m\" Type=\"{R}/officeDocument\" Target=\"{main}\"/></Relationships>"));
            Add(main, content);
            Add($"{main[..slash]}_rels/{main[slash..]}.rels", Encoding.Latin1.GetBytes(relationships));

            void Add(string name, byte[] bytes)
            {
                using Stream entry = archive.CreateEntry(name, CompressionLevel.NoCompression).Open();
                entry.Write(bytes);
            }
        }

        return to.ToArray();
    }

    private sealed class Counter : IXmlVisitor
    {
        public long Seen { get; private set; }

        public void Start(XmlWalk walk, XmlFrame element) => Seen += 1 + (element.Local.Length * 31) + (walk.Reader.AttributeCount * 7);

        public void End(XmlWalk walk, XmlFrame element)
        {
        }
    }

    private sealed class NoScratch : IScratch
    {
        public FileStream CreateUnlinked() => throw new InvalidOperationException("nothing here is that large");
    }

    private sealed class NoSink : IWalkSink
    {
        public void Part(PartFact fact)
        {
        }

        public void Finding(FindingFact fact)
        {
            if (fact.Kind == WalkFindings.ParseError.Id) throw new InvalidOperationException(fact.Detail);
        }

        public void Candidate(CandidateFact fact)
        {
        }

        public void Link(LinkFact fact)
        {
        }

        public void Leaf(string path, string sha256, string view, PartBytes bytes)
        {
        }
    }
}

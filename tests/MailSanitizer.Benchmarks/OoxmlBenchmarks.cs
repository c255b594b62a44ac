using System.Text;
using BenchmarkDotNet.Attributes;
using MailSanitizer.Content;
using MailSanitizer.Content.Disarming.Ooxml;
using MailSanitizer.Content.Formats.Zip;

namespace MailSanitizer.Benchmarks;

/// <summary>A docx of 20 MB: 18 MB of pictures, and a text of 20 MB (1 to 2 MB packed) with fields, one of them DDE. Looked at, and written anew without it.</summary>
[MemoryDiagnoser]
[ShortRunJob]
public class OoxmlBenchmarks
{
    private const string R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    private readonly OoxmlHandler _handler = new();
    private byte[] _document = [];

    [GlobalSetup]
    public void Make()
    {
        StringBuilder body = new("<w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><w:body><w:p><w:fldSimple w:instr=\"DDE x y\"/></w:p>");
        Random random = new(1);
        while (body.Length < 20_000_000)
        {
            body.Append("<w:p w:rsidR=\"00AB12CD\"><w:pPr><w:pStyle w:val=\"Normal\"/></w:pPr><w:r><w:rPr><w:b/></w:rPr><w:t xml:space=\"preserve\">");
            for (int i = 0; i < 60; i++) body.Append((char)('a' + (random.Next(26) & random.Next(26))));
            body.Append("</w:t></w:r></w:p>");
        }

        body.Append("</w:body></w:document>");
        byte[] picture = new byte[18_000_000];
        random.NextBytes(picture);
        using MemoryStream to = new();
        ZipWriter writer = new(new StreamPartOutput(to));
        Add("[Content_Types].xml", "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Default Extension=\"png\" ContentType=\"image/png\"/><Override PartName=\"/word/document.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml\"/></Types>");
        Add("_rels/.rels", $"<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"a\" Type=\"{R}/officeDocument\" Target=\"word/document.xml\"/></Relationships>");
        Add("word/_rels/document.xml.rels", $"<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"a\" Type=\"{R}/image\" Target=\"media/a.png\"/></Relationships>");
        Add("word/document.xml", body.ToString());
        writer.Add("word/media/a.png", new MemoryPartBytes(picture), store: true);
        writer.Finish();
        _document = to.ToArray();

        void Add(string name, string text) => writer.Add(name, new MemoryPartBytes(Encoding.UTF8.GetBytes(text)));
    }

    [Benchmark]
    public int Walk()
    {
        using MemoryPartBytes bytes = new(_document);
        CountingSink sink = new();
        new PartWalker([_handler], new NoScratch()).Walk(bytes, new WalkJob { FileName = "a.docx", Candidates = false, Limits = Limits.Default with { PartMemory = 64 * 1024 * 1024 } }, sink);
        return sink.Findings;
    }

    [Benchmark]
    public int Rebuild()
    {
        using MemoryPartBytes bytes = new(_document);
        RebuildJob job = new() { FileName = "a.docx", Treatments = [new Treatment("", bytes.Sha256, TreatmentKind.Disarm)], Limits = Limits.Default with { PartMemory = 64 * 1024 * 1024 } };
        return new PartWalker([_handler], new NoScratch()).Rebuild(bytes, job, new StreamPartOutput(Stream.Null, bytes)).Done.Count;
    }
}

using System.IO.Compression;
using System.Text;

namespace MailSanitizer.Tests.Pipeline;

/// <summary>A small Word document with a VBA project, made and read without the product's code.</summary>
internal static class MacroDocument
{
    public const string Macro = "AutoOpen: Shell \"calc.exe\"";
    public const string Sentence = "The contract, as agreed.";

    public static byte[] Bytes()
    {
        const string relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
        using MemoryStream stream = new();
        using (ZipArchive package = new(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            Part(package, "[Content_Types].xml", """
                <Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
                <Override PartName="/word/document.xml" ContentType="application/vnd.ms-word.document.macroEnabled.main+xml"/>
                <Override PartName="/word/vbaProject.bin" ContentType="application/vnd.ms-office.vbaProject"/></Types>
                """);
            Part(package, "_rels/.rels", Relationships($"{relations}/officeDocument", "word/document.xml"));
            Part(package, "word/document.xml", $"<w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><w:body><w:p><w:r><w:t>{Sentence}</w:t></w:r></w:p></w:body></w:document>");
            Part(package, "word/_rels/document.xml.rels", Relationships("http://schemas.microsoft.com/office/2006/relationships/vbaProject", "vbaProject.bin"));
            Part(package, "word/vbaProject.bin", Macro);
        }

        return stream.ToArray();
    }

    /// <summary>Names and contents of all parts, one text.</summary>
    public static string Text(byte[] document)
    {
        using ZipArchive package = new(new MemoryStream(document));
        return string.Concat(package.Entries.Select(entry => entry.FullName + new StreamReader(entry.Open()).ReadToEnd()));
    }

    private static string Relationships(string type, string target) =>
        $"<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"rId1\" Type=\"{type}\" Target=\"{target}\"/></Relationships>";

    private static void Part(ZipArchive package, string name, string text)
    {
        using Stream part = package.CreateEntry(name).Open();
        part.Write(Encoding.UTF8.GetBytes(text));
    }
}

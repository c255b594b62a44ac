using System.IO.Compression;
using System.Text;
using ICSharpCode.SharpZipLib.Zip;
using MimeKit;
using ZipFile = ICSharpCode.SharpZipLib.Zip.ZipFile;

namespace MailSanitizer.Benchmarks.Demo;

/// <summary>The habit that the product is about: a locked archive with a macro document in it, and minutes later the mail with its password.</summary>
public static class LockedPair
{
    /// <summary>Name of the mail that brings the password.</summary>
    public const string Unlocks = "the mail with its password";

    private const string Password = "Kx7-pQ2m";
    private const string Macro = "AutoOpen: Shell \"calc.exe\"";
    private const string Sentence = "Estimate 12,000 JPY";

    /// <summary>The mail with the archive.</summary>
    public static byte[] First() => SampleMail.Multipart("見積書をお送りします。パスワードは別途ご連絡いたします。", "application/zip", "estimate.zip", Locked());

    /// <summary>The mail with the password.</summary>
    public static byte[] Second() => SampleMail.Text("Subject: Password\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" +
        $"先ほどの見積書のパスワードをお送りします。\r\n\r\nパスワード：{Password}\r\n\r\nよろしくお願いいたします。\r\n");

    /// <summary>Whether a delivered mail is the one with the archive.</summary>
    public static bool Is(byte[] delivered) => Encoding.Latin1.GetString(delivered).Contains("estimate.zip", StringComparison.Ordinal);

    /// <summary>Opens what came back with readers that share no code with the product: null when it is as it should be, else what is wrong.</summary>
    public static string? Wrong(byte[] delivered)
    {
        using MimeMessage message = MimeMessage.Load(new MemoryStream(delivered));
        if (message.Attachments.OfType<MimePart>().FirstOrDefault(part => part.FileName == "estimate.zip") is not { Content: { } content }) return "no estimate.zip came back";
        using MemoryStream archive = new();
        content.DecodeTo(archive);
        using ZipFile zip = new(archive) { Password = Password };
        if (zip.Count != 1) return $"{zip.Count} members came back";
        if (!zip[0].IsCrypted) return "the archive came back open";
        if (zip[0].Name != "estimate.docx") return $"the document came back as {zip[0].Name}";
        using MemoryStream document = new();
        using (Stream member = zip.GetInputStream(0)) member.CopyTo(document);
        using ZipArchive package = new(document);
        string all = string.Concat(package.Entries.Select(entry => entry.FullName + new StreamReader(entry.Open()).ReadToEnd()));
        if (all.Contains(Macro, StringComparison.Ordinal) || all.Contains("vbaProject", StringComparison.OrdinalIgnoreCase)) return "the macro came back";
        return all.Contains(Sentence, StringComparison.Ordinal) ? null : "the text did not come back";
    }

    private static byte[] Locked()
    {
        using MemoryStream stream = new();
        using (ZipOutputStream zip = new(stream) { IsStreamOwner = false, Password = Password })
        {
            zip.PutNextEntry(new ZipEntry("estimate.docm") { AESKeySize = 256, DateTime = new DateTime(2026, 1, 6, 10, 0, 0, DateTimeKind.Unspecified) });
            zip.Write(Document());
            zip.CloseEntry();
        }

        return stream.ToArray();
    }

    private static byte[] Document()
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

    private static string Relationships(string type, string target) =>
        $"<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"rId1\" Type=\"{type}\" Target=\"{target}\"/></Relationships>";

    private static void Part(ZipArchive package, string name, string text)
    {
        using Stream part = package.CreateEntry(name).Open();
        part.Write(Encoding.UTF8.GetBytes(text));
    }
}

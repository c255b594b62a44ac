using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace MailSanitizer.Benchmarks.Demo;

/// <summary>One mail of the demonstration.</summary>
/// <param name="Name">What it shows.</param>
/// <param name="Parameters">Of the MAIL command.</param>
/// <param name="Recipient">The address.</param>
/// <param name="Content">The exact bytes.</param>
/// <param name="Expected">The decision: <c>delivered</c> (with the same bytes behind our fields), <c>quarantined</c> or <c>held</c>.</param>
public sealed record SampleMail(string Name, string Parameters, string Recipient, byte[] Content, string Expected)
{
    private const string Ours = "suzuki@example.jp";

    /// <summary>All of them, in the order of the table.</summary>
    public static IReadOnlyList<SampleMail> All { get; } =
    [
        new("plain text", "", Ours, Text("Subject: Lunch\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\nAt noon?\r\n.\r\n..and a line of dots.\r\n"), "delivered"),
        new("Japanese, ISO-2022-JP", "", Ours, Japanese(), "delivered"),
        new("10 MB attachment", "", Ours, Multipart("Here it is.", "application/octet-stream", "measurements.txt", Encoding.ASCII.GetBytes(Convert.ToHexString(RandomNumberGenerator.GetBytes(5 * 1024 * 1024)))), "delivered"),
        new("test virus in ZIP in mail in mail", "", Ours, Infected(), "quarantined"),
        new("8-bit body", " BODY=8BITMIME", Ours, Text("Subject: Gruss\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nGrüße aus Köln, 東京からも。\r\n"), "delivered"),
        new("SMTPUTF8 address and header", " BODY=8BITMIME SMTPUTF8", "鈴木@example.jp", Text("Subject: 会議のお知らせ\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n明日の十時です。\r\n"), "delivered"),
        new("locked ZIP, macro document in it", "", Ours, LockedPair.First(), "held"),
        new(LockedPair.Unlocks, "", Ours, LockedPair.Second(), "delivered"),
    ];

    internal static byte[] Text(string rest) => Encoding.UTF8.GetBytes(Fields() + rest);

    private static string Fields() => $"From: Tanaka <tanaka@example.com>\r\nTo: Suzuki <{Ours}>\r\nDate: Tue, 06 Jan 2026 10:00:00 +0900\r\nMessage-ID: <{Guid.NewGuid():N}@example.com>\r\n";

    private static byte[] Japanese()
    {
        Encoding jis = CodePagesEncodingProvider.Instance.GetEncoding("iso-2022-jp")!;
        string subject = Convert.ToBase64String(jis.GetBytes("お見積り"));
        byte[] head = Encoding.ASCII.GetBytes(Fields() + $"Subject: =?ISO-2022-JP?B?{subject}?=\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=ISO-2022-JP\r\nContent-Transfer-Encoding: 7bit\r\n\r\n");
        // Encoded by lines: RFC 1468 wants every line to end in ASCII.
        return [.. head, .. jis.GetBytes("いつもお世話になっております。\r\n"), .. jis.GetBytes("見積書をお送りいたします。\r\n")];
    }

    /// <summary>A text and an attachment.</summary>
    internal static byte[] Multipart(string text, string type, string name, byte[] bytes) => Multipart(text,
        $"Content-Type: {type}; name=\"{name}\"\r\nContent-Disposition: attachment; filename=\"{name}\"\r\nContent-Transfer-Encoding: base64\r\n\r\n{Convert.ToBase64String(bytes, Base64FormattingOptions.InsertLineBreaks)}");

    private static byte[] Infected()
    {
        using MemoryStream zip = new();
        using (ZipArchive archive = new(zip, ZipArchiveMode.Create, leaveOpen: true))
        {
            // In halves: this source is no test virus.
            using Stream member = archive.CreateEntry("report.txt").Open();
            member.Write(Encoding.ASCII.GetBytes("X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR" + "-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"));
        }

        byte[] inner = Multipart("Here it is.", "application/octet-stream", "report.zip", zip.ToArray());
        return Multipart("Here it is.", "Content-Type: message/rfc822\r\n\r\n" + Encoding.ASCII.GetString(inner));
    }

    private static byte[] Multipart(string text, string part)
    {
        string boundary = "=_" + Guid.NewGuid().ToString("N");
        string body = Convert.ToBase64String(Encoding.UTF8.GetBytes(text + "\r\n"), Base64FormattingOptions.InsertLineBreaks);
        return Encoding.ASCII.GetBytes(Fields() + $"Subject: The file\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"{boundary}\"\r\n\r\n--{boundary}\r\n" +
            $"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{body}\r\n--{boundary}\r\n{part}\r\n--{boundary}--\r\n");
    }
}

using System.Globalization;
using System.Text;
using MailSanitizer.Content.Formats.HeaderFields;
using MailSanitizer.Mail;

namespace MailSanitizer.Notices;

/// <summary>Makes mail of a notice: ASCII, base64 bodies, marked so that no machine answers it. Pure.</summary>
public static class NoticeMail
{
    /// <summary>The bytes, CRLF line ends.</summary>
    /// <param name="body">What it says.</param>
    /// <param name="from">Our address.</param>
    /// <param name="to">The reader's.</param>
    /// <param name="replyTo">Where an answer goes, or null.</param>
    /// <param name="hostName">For Message-ID.</param>
    /// <param name="id">Makes Message-ID and boundary.</param>
    /// <param name="now">Date.</param>
    public static byte[] Build(NoticeBody body, string from, string to, string? replyTo, string hostName, Guid id, DateTimeOffset now)
    {
        string boundary = $"=_notice_{id:N}";
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"From: MailSanitizer <{MailText.Address(from)}>\r\nTo: <{MailText.Address(to)}>\r\n");
        if (replyTo is not null) text.Append(CultureInfo.InvariantCulture, $"Reply-To: <{MailText.Address(replyTo)}>\r\n");
        text.Append(CultureInfo.InvariantCulture, $"Subject: {EncodedWords.Encode(body.Subject)}\r\n");
        text.Append(CultureInfo.InvariantCulture, $"Date: {MailText.Date(now)}\r\n");
        text.Append(CultureInfo.InvariantCulture, $"Message-ID: <{id:N}.notice@{hostName}>\r\n");
        text.Append("Auto-Submitted: auto-generated\r\nX-Auto-Response-Suppress: All\r\nContent-Language: ja, en\r\nMIME-Version: 1.0\r\n");
        text.Append(CultureInfo.InvariantCulture, $"Content-Type: multipart/alternative; boundary=\"{boundary}\"\r\n\r\n");
        text.Append(CultureInfo.InvariantCulture, $"--{boundary}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{Lines(body.Plain)}\r\n");
        text.Append(CultureInfo.InvariantCulture, $"--{boundary}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{Lines(body.Html)}\r\n--{boundary}--\r\n");
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static string Lines(string text) => MailText.Base64(text.ReplaceLineEndings("\r\n"));
}

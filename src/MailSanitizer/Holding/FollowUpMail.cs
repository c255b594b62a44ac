using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using MailSanitizer.Content.Formats.HeaderFields;
using MailSanitizer.Mail;

namespace MailSanitizer.Holding;

/// <summary>One attachment that follows.</summary>
/// <param name="Name">Its file name.</param>
/// <param name="MediaType">Its media type as it was declared, or null.</param>
/// <param name="Bytes">Its content, checked; not owned.</param>
public sealed record FollowUpAttachment(string Name, string? MediaType, IMailBytes Bytes);

/// <summary>What the mail that brings a held attachment says.</summary>
public sealed record FollowUp
{
    /// <summary>Our address: From, aligned with our signature.</summary>
    public required string From { get; init; }

    /// <summary>The address that the message said it was from; shown, and answered to.</summary>
    public required string SenderAddress { get; init; }

    /// <summary>What was proven of it: <c>dmarc=pass</c>, <c>unverified</c>.</summary>
    public required string Verdict { get; init; }

    /// <summary>The reader.</summary>
    public required string To { get; init; }

    /// <summary>Subject of the original, decoded, with the tags that it got.</summary>
    public string Subject { get; init; } = "";

    /// <summary>Message-ID of the original, as it stood there; what is no message-id is left out.</summary>
    public string? InReplyTo { get; init; }

    /// <summary>Our host name, in Message-ID.</summary>
    public required string HostName { get; init; }

    /// <summary>Makes Message-ID and boundaries: a new one each time, since stores drop what they have seen.</summary>
    public required Guid MailId { get; init; }

    /// <summary>The held message.</summary>
    public required Guid HeldId { get; init; }

    /// <summary>When that came.</summary>
    public required DateTimeOffset ReceivedAt { get; init; }

    /// <summary>Date.</summary>
    public required DateTimeOffset Now { get; init; }

    /// <summary>Banners that rules gave the original, plain.</summary>
    public IReadOnlyList<string> Banners { get; init; } = [];
}

/// <summary>Writes the follow-up: our own mail in the thread of the original (DESIGN.md, "Password-locked attachments"). ASCII only, whatever the sender chose. Pure.</summary>
public static partial class FollowUpMail
{
    /// <summary>Writes it to a spool.</summary>
    public static void Write(FollowUp mail, IReadOnlyList<FollowUpAttachment> attachments, ISpoolWriter output)
    {
        string outer = $"=_follow_{mail.MailId:N}";
        string inner = $"=_text_{mail.MailId:N}";
        string plain = string.Concat(mail.Banners.Select(banner => banner.ReplaceLineEndings("\n").TrimEnd('\n') + "\n\n"))
            + HoldText.FollowUp(mail.SenderAddress, mail.Verdict, mail.Subject, mail.ReceivedAt, mail.HeldId, [.. attachments.Select(attachment => attachment.Name)]);
        StringBuilder head = new();
        head.Append(CultureInfo.InvariantCulture, $"From: {Shown(mail)}\r\n <{MailText.Address(mail.From)}>\r\n");
        if (Replyable(mail.SenderAddress) is { } reply) head.Append(CultureInfo.InvariantCulture, $"Reply-To: <{reply}>\r\n");
        head.Append(CultureInfo.InvariantCulture, $"To: <{MailText.Address(mail.To)}>\r\n");
        head.Append(CultureInfo.InvariantCulture, $"Subject: {EncodedWords.Encode("Re: " + Short(mail.Subject))}\r\n");
        head.Append(CultureInfo.InvariantCulture, $"Date: {MailText.Date(mail.Now)}\r\n");
        head.Append(CultureInfo.InvariantCulture, $"Message-ID: <{mail.MailId:N}.follow-up@{mail.HostName}>\r\n");
        if (mail.InReplyTo is { } id && MessageId().IsMatch(id)) head.Append(CultureInfo.InvariantCulture, $"In-Reply-To: {id}\r\nReferences: {id}\r\n");
        head.Append("Auto-Submitted: auto-generated\r\nX-Auto-Response-Suppress: All\r\nMIME-Version: 1.0\r\n");
        head.Append(CultureInfo.InvariantCulture, $"Content-Type: multipart/mixed; boundary=\"{outer}\"\r\n\r\n");
        head.Append(CultureInfo.InvariantCulture, $"--{outer}\r\nContent-Type: multipart/alternative; boundary=\"{inner}\"\r\n\r\n");
        head.Append(CultureInfo.InvariantCulture, $"--{inner}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{Lines(plain)}\r\n");
        head.Append(CultureInfo.InvariantCulture, $"--{inner}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{Lines(HoldText.Html(plain))}\r\n--{inner}--\r\n");
        Ascii(output, head.ToString());
        foreach (FollowUpAttachment attachment in attachments)
        {
            Ascii(output, $"--{outer}\r\nContent-Type: {Type(attachment.MediaType)}{Parameter("name", attachment.Name)}\r\nContent-Disposition: attachment{Parameter("filename", attachment.Name)}\r\nContent-Transfer-Encoding: base64\r\n\r\n");
            Body(output, attachment.Bytes);
        }

        Ascii(output, $"--{outer}--\r\n");
    }

    // Never the name that the sender chose: "CEO" <stranger@…> would become ours to vouch for.
    private static string Shown(FollowUp mail)
    {
        string text = $"{SafeText.ForTerminal(mail.SenderAddress, 120)} ({mail.Verdict}) via MailSanitizer";
        return System.Text.Ascii.IsValid(text) ? $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"" : EncodedWords.Encode(text);
    }

    private static string? Replyable(string address) =>
        address.Contains('@', StringComparison.Ordinal) && address.All(letter => letter is > ' ' and < (char)127 and not ('<' or '>' or '"' or '(' or ')' or ',' or ';' or ':' or '\\')) ? address : null;

    private static string Short(string subject)
    {
        string text = subject.Trim();
        while (text.StartsWith("re:", StringComparison.OrdinalIgnoreCase)) text = text[3..].Trim();
        return text.Length <= 200 ? text : text[..(char.IsHighSurrogate(text[199]) ? 199 : 200)];
    }

    private static string Type(string? type) => type is not null && MediaType().IsMatch(type) && !type.StartsWith("multipart/", StringComparison.OrdinalIgnoreCase) && !type.StartsWith("message/", StringComparison.OrdinalIgnoreCase)
        ? type : "application/octet-stream";

    private static string Parameter(string key, string name)
    {
        string clean = string.Concat(name.EnumerateRunes().Where(SafeText.IsPlain).Select(rune => rune.ToString())).Trim();
        if (clean.Length > 200) clean = clean[..100] + clean[^100..];
        if (clean.Length == 0) clean = "attachment";
        if (System.Text.Ascii.IsValid(clean)) return $";\r\n {key}=\"{clean.Replace("\\", "_", StringComparison.Ordinal).Replace("\"", "_", StringComparison.Ordinal)}\"";
        if (key == "name") return $";\r\n {key}=\"{EncodedWords.Encode(clean)}\"";
        // RFC 2231 4: extended and continued, so that no line is long.
        StringBuilder text = new();
        StringBuilder piece = new();
        int number = 0;
        foreach (Rune rune in clean.EnumerateRunes())
        {
            StringBuilder one = new();
            foreach (byte unit in Encoding.UTF8.GetBytes(rune.ToString())) one.Append(char.IsAsciiLetterOrDigit((char)unit) || unit is (byte)'.' or (byte)'-' or (byte)'_' ? ((char)unit).ToString() : $"%{unit:X2}");
            if (piece.Length + one.Length > 60) Emit();
            piece.Append(one);
        }

        Emit();
        return text.ToString();

        void Emit()
        {
            text.Append(CultureInfo.InvariantCulture, $";\r\n {key}*{number}*={(number == 0 ? "UTF-8''" : "")}{piece}");
            number++;
            piece.Clear();
        }
    }

    private static void Body(ISpoolWriter output, IMailBytes bytes)
    {
        using Stream stream = bytes.OpenRead();
        byte[] chunk = new byte[57 * 512];
        for (int got; (got = stream.ReadAtLeast(chunk, chunk.Length, throwOnEndOfStream: false)) > 0;)
        {
            StringBuilder lines = new();
            for (int at = 0; at < got; at += 57) lines.Append(Convert.ToBase64String(chunk, at, Math.Min(57, got - at))).Append("\r\n");
            Ascii(output, lines.ToString());
            if (got < chunk.Length) break;
        }
    }

    private static string Lines(string text) => MailText.Base64(text.ReplaceLineEndings("\r\n"));

    private static void Ascii(ISpoolWriter output, string text) => output.Write(Encoding.UTF8.GetBytes(text));

    [GeneratedRegex(@"^<[!-;=?-~]{1,200}@[!-;=?-~]{1,200}>$", RegexOptions.NonBacktracking)]
    private static partial Regex MessageId();

    [GeneratedRegex(@"^[A-Za-z0-9!#$&^_.+-]{1,60}/[A-Za-z0-9!#$&^_.+-]{1,60}$", RegexOptions.NonBacktracking)]
    private static partial Regex MediaType();
}

using System.Globalization;
using System.Text;
using MailSanitizer.Content;
using MailSanitizer.Content.Formats.HeaderFields;
using MailSanitizer.Mail;

namespace MailSanitizer.Storage;

/// <summary>What a delivery status notification says of one recipient.</summary>
/// <param name="Recipient">The recipient.</param>
/// <param name="Action"><c>failed</c>, <c>delayed</c> or <c>relayed</c> (RFC 3464 2.3.3).</param>
/// <param name="Status">Enhanced status code (RFC 3463).</param>
/// <param name="Diagnostic">The next hop's words, or empty.</param>
public sealed record RecipientStatus(Recipient Recipient, string Action, string Status, string Diagnostic);

/// <summary>Builds delivery status notifications (RFC 3464 in a multipart/report of RFC 6522; RFC 6533 where an address is not ASCII). Pure.</summary>
public static class DeliveryStatus
{
    // Header of the message that is returned (bytes). Origin: ours; more is not a header that a person reads.
    private const int ReturnedHeader = 64 * 1024;

    /// <summary>What a notification is made of.</summary>
    public sealed record Order
    {
        /// <summary>Our host name, as Reporting-MTA.</summary>
        public required string HostName { get; init; }

        /// <summary>Address in the From field.</summary>
        public required string From { get; init; }

        /// <summary>The message.</summary>
        public required Guid MessageId { get; init; }

        /// <summary>Its envelope; the notification goes to its MAIL FROM.</summary>
        public required Envelope Envelope { get; init; }

        /// <summary>When it arrived.</summary>
        public required DateTimeOffset ArrivedAt { get; init; }

        /// <summary>When the notification is made.</summary>
        public required DateTimeOffset Now { get; init; }

        /// <summary>Until when a delayed message is tried.</summary>
        public DateTimeOffset? RetryUntil { get; init; }

        /// <summary>The recipients it speaks of, all with one action.</summary>
        public required IReadOnlyList<RecipientStatus> Statuses { get; init; }

        /// <summary>The bytes that could not be delivered.</summary>
        public required IMailBytes Content { get; init; }

        /// <summary>The whole content goes back (RET=FULL, and it is the sender's own bytes), not only its header.</summary>
        public bool ReturnContent { get; init; }
    }

    /// <summary>The notification. Only the id and a fixed class are our own words (DESIGN.md, promise 9); fields of ours are not returned.</summary>
    public static byte[] Build(Order order)
    {
        bool utf8 = !Ascii.IsValid(order.Envelope.MailFrom) || order.Statuses.Any(status => !Ascii.IsValid(status.Recipient.Address));
        byte[] returned = Returned(order);
        bool eightBit = !Ascii.IsValid(returned);
        string boundary = $"=_{order.MessageId:N}{Guid.NewGuid():N}"[..60];
        string action = order.Statuses[0].Action;
        StringBuilder head = new();
        head.Append(CultureInfo.InvariantCulture, $"From: Mail Delivery System <{order.From}>\r\n");
        head.Append(CultureInfo.InvariantCulture, $"To: <{order.Envelope.MailFrom}>\r\n");
        head.Append(CultureInfo.InvariantCulture, $"Subject: {Subject(action)}\r\n");
        head.Append(CultureInfo.InvariantCulture, $"Date: {MailText.Date(order.Now)}\r\n");
        head.Append(CultureInfo.InvariantCulture, $"Message-ID: <{Guid.CreateVersion7():N}.dsn@{order.HostName}>\r\n");
        head.Append("Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n");
        head.Append(CultureInfo.InvariantCulture, $"Content-Type: multipart/report; report-type=\"delivery-status\";\r\n\tboundary=\"{boundary}\"\r\n");
        if (eightBit || utf8) head.Append("Content-Transfer-Encoding: 8bit\r\n");
        head.Append(CultureInfo.InvariantCulture, $"\r\nThis is a delivery status notification.\r\n\r\n--{boundary}\r\n");
        head.Append("Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n");
        head.Append(Base64Lines(Explanation(order, action)));
        head.Append(CultureInfo.InvariantCulture, $"\r\n--{boundary}\r\nContent-Type: message/{(utf8 ? "global-delivery-status" : "delivery-status")}\r\n");
        if (utf8) head.Append("Content-Transfer-Encoding: 8bit\r\n");
        head.Append("\r\n");
        head.Append(Fields(order, utf8));
        string type = order.ReturnContent ? utf8 ? "message/global" : "message/rfc822" : utf8 ? "message/global-headers" : "text/rfc822-headers";
        head.Append(CultureInfo.InvariantCulture, $"\r\n--{boundary}\r\nContent-Type: {type}\r\n");
        if (eightBit) head.Append("Content-Transfer-Encoding: 8bit\r\n");
        head.Append("\r\n");
        return [.. Encoding.UTF8.GetBytes(head.ToString()), .. returned, .. Encoding.ASCII.GetBytes($"\r\n--{boundary}--\r\n")];
    }

    /// <summary>Decodes xtext (RFC 3461 4); null when it is none.</summary>
    public static string? Xtext(string text)
    {
        StringBuilder plain = new();
        for (int at = 0; at < text.Length; at++)
        {
            if (text[at] != '+')
            {
                plain.Append(text[at]);
                continue;
            }

            if (at + 2 >= text.Length || !byte.TryParse(text.AsSpan(at + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte value)) return null;
            // Control characters would end the field that it is going to stand in.
            if (value is < 0x20 or >= 0x7F) return null;
            plain.Append((char)value);
            at += 2;
        }

        return plain.ToString();
    }

    private static string Fields(Order order, bool utf8)
    {
        StringBuilder text = new();
        if (order.Envelope.EnvelopeId is { } envid && Xtext(envid) is { Length: > 0 } original) text.Append(CultureInfo.InvariantCulture, $"Original-Envelope-Id: {OneLine(original)}\r\n");
        text.Append(CultureInfo.InvariantCulture, $"Reporting-MTA: dns; {order.HostName}\r\nArrival-Date: {MailText.Date(order.ArrivedAt)}\r\n");
        foreach (RecipientStatus status in order.Statuses)
        {
            text.Append("\r\n");
            if (status.Recipient.OriginalRecipient is { } orcpt && OriginalRecipient(orcpt) is { } first) text.Append(CultureInfo.InvariantCulture, $"Original-Recipient: {first}\r\n");
            text.Append(CultureInfo.InvariantCulture, $"Final-Recipient: {(Ascii.IsValid(status.Recipient.Address) ? "rfc822" : "utf-8")};{OneLine(status.Recipient.Address)}\r\n");
            text.Append(CultureInfo.InvariantCulture, $"Action: {status.Action}\r\nStatus: {status.Status}\r\n");
            if (status.Diagnostic.Length > 0) text.Append(CultureInfo.InvariantCulture, $"Diagnostic-Code: smtp; {Folded(AsciiOr(status.Diagnostic, utf8))}\r\n");
            text.Append(CultureInfo.InvariantCulture, $"Last-Attempt-Date: {MailText.Date(order.Now)}\r\n");
            if (status.Action == "delayed" && order.RetryUntil is { } until) text.Append(CultureInfo.InvariantCulture, $"Will-Retry-Until: {MailText.Date(until)}\r\n");
        }

        return text.ToString();
    }

    // ORCPT is addr-type ";" xtext (RFC 3461 4.2); what is not is left out, never guessed.
    private static string? OriginalRecipient(string orcpt)
    {
        int semicolon = orcpt.IndexOf(';', StringComparison.Ordinal);
        if (semicolon <= 0 || Xtext(orcpt[(semicolon + 1)..]) is not { Length: > 0 } address) return null;
        return orcpt[..semicolon].All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '-') ? $"{orcpt[..semicolon]};{OneLine(address)}" : null;
    }

    private static byte[] Returned(Order order)
    {
        using Stream stream = order.Content.OpenRead();
        byte[] start = new byte[(int)Math.Min(order.Content.Length, ReturnedHeader)];
        stream.ReadExactly(start);
        HeaderBlock block = HeaderBlock.Read(start, Limits.Default);
        using MemoryStream kept = new();
        foreach (HeaderField field in block.Fields)
        {
            // What we and the trusted machines behind us wrote is not for the sender.
            if (field.Name.StartsWith("X-MailSanitizer-", StringComparison.OrdinalIgnoreCase) && !field.Is("X-MailSanitizer-Id")) continue;
            if (field.Is("Authentication-Results") || field.Name.StartsWith("ARC-", StringComparison.OrdinalIgnoreCase) || field.Is("BIMI-Location")) continue;
            kept.Write(field.Raw.Span);
            if (!field.Raw.Span.EndsWith("\n"u8)) kept.Write("\r\n"u8);
        }

        kept.Write("\r\n"u8);
        if (!order.ReturnContent) return kept.ToArray();
        stream.Position = block.BodyOffset;
        stream.CopyTo(kept);
        return kept.ToArray();
    }

    private static string Subject(string action) => action switch
    {
        "failed" => "Undelivered Mail Returned to Sender",
        "delayed" => "Delayed Mail (still being retried)",
        _ => "Successful Mail Relay Report",
    };

    private static string Explanation(Order order, string action)
    {
        string to = string.Join("", order.Statuses.Take(100).Select(status => $"  <{OneLine(status.Recipient.Address)}>\r\n"));
        (string english, string japanese) = action switch
        {
            "failed" => ("Your message could not be delivered to:", "次の宛先にメールを配送できませんでした。"),
            "delayed" => ("Your message could not be delivered yet, and is still being tried; you need not send it again. It waits for:", "次の宛先へのメールはまだ配送できていません。引き続き配送を試みますので、再送は不要です。"),
            _ => ("Your message was passed on to a system that sends no confirmation of delivery, for:", "次の宛先へのメールを、配送確認を返さないシステムへ引き渡しました。"),
        };
        return $"This is the mail system at {order.HostName}.\r\n\r\n{english}\r\n{japanese}\r\n\r\n{to}\r\nMessage id: {order.MessageId:D}\r\n";
    }

    private static string OneLine(string text) => new([.. text.Where(letter => !char.IsControl(letter))]);

    private static string AsciiOr(string text, bool utf8) => utf8 ? OneLine(text.ReplaceLineEndings(" ")) : new string([.. OneLine(text.ReplaceLineEndings(" ")).Select(letter => char.IsAscii(letter) ? letter : '?')]);

    private static string Folded(string text)
    {
        StringBuilder lines = new();
        for (int at = 0; at < Math.Min(text.Length, 2000); at += 200)
        {
            if (at > 0) lines.Append("\r\n ");
            lines.Append(text.AsSpan(at, Math.Min(200, text.Length - at)));
        }

        return lines.ToString();
    }

    private static string Base64Lines(string text) => MailText.Base64(text) + "\r\n";
}

using MailSanitizer.Mail;

namespace MailSanitizer.Reinjection;

/// <summary>Which recipients a connection can be given at all, by what it announced (RFC 6152 3, RFC 6531 3.5), before a byte is sent.</summary>
internal static class Conveyance
{
    private static readonly SmtpReply NeedsUtf8 = new(553, "5.6.7", "The next hop does not take internationalised addresses");
    private static readonly SmtpReply NeedsUtf8Header = new(554, "5.6.7", "The next hop does not take internationalised header fields");
    private static readonly SmtpReply NeedsEightBit = new(554, "5.6.3", "The next hop does not take 8-bit content");
    private static readonly SmtpReply BadSender = new(553, "5.1.7", "Sender address cannot be conveyed");
    private static readonly SmtpReply BadRecipient = new(553, "5.1.3", "Recipient address cannot be conveyed");
    private static readonly SmtpReply TooLarge = new(552, "5.3.4", "Message too large for the next hop");

    /// <summary>A refusal for each recipient, null where it can be given. True <paramref name="utf8"/>: SMTPUTF8 must be said.</summary>
    public static SmtpReply?[] Judge(Envelope envelope, OutgoingMessage message, HopExtensions extensions, out bool utf8)
    {
        SmtpReply? all = All(envelope, message, extensions);
        bool international = envelope.SmtpUtf8 || !IsAscii(envelope.MailFrom);
        SmtpReply?[] refusals = new SmtpReply?[envelope.Recipients.Count];
        for (int index = 0; index < refusals.Length; index++)
        {
            string address = envelope.Recipients[index].Address;
            bool ascii = IsAscii(address);
            international |= !ascii;
            refusals[index] = all ?? (!HopCommands.IsSpeakable(address) || address.Length == 0 ? BadRecipient : !ascii && !extensions.Utf8 ? NeedsUtf8 : null);
        }

        utf8 = international && extensions.Utf8;
        return refusals;
    }

    private static SmtpReply? All(Envelope envelope, OutgoingMessage message, HopExtensions extensions)
    {
        if (!HopCommands.IsSpeakable(envelope.MailFrom)) return BadSender;
        if (extensions.MaximumSize > 0 && message.Length > extensions.MaximumSize) return TooLarge;
        if (!extensions.Utf8)
        {
            if (!IsAscii(envelope.MailFrom)) return NeedsUtf8;
            if (envelope.SmtpUtf8 && HasEightBit(message, headerOnly: true)) return NeedsUtf8Header;
        }

        return !extensions.EightBit && envelope.Body == "8BITMIME" && HasEightBit(message, headerOnly: false) ? NeedsEightBit : null;
    }

    private static bool IsAscii(string text) => text.All(char.IsAscii);

    private static bool HasEightBit(OutgoingMessage message, bool headerOnly)
    {
        if (message.Prepended.Span.ContainsAnyInRange((byte)0x80, (byte)0xFF)) return true;
        using Stream content = message.Content.OpenRead();
        byte[] buffer = new byte[32_768];
        int matched = 2;
        for (int got; (got = content.Read(buffer)) > 0;)
        {
            ReadOnlySpan<byte> piece = buffer.AsSpan(0, got);
            int end = headerOnly ? HeaderEnd(piece, ref matched) : -1;
            if ((end < 0 ? piece : piece[..end]).ContainsAnyInRange((byte)0x80, (byte)0xFF)) return true;
            if (end >= 0) return false;
        }

        return false;
    }

    /// <summary>Where the empty line ends the header in this piece, or -1; <paramref name="matched"/> carries what was seen of CRLF CRLF.</summary>
    private static int HeaderEnd(ReadOnlySpan<byte> piece, ref int matched)
    {
        ReadOnlySpan<byte> end = "\r\n\r\n"u8;
        for (int at = 0; at < piece.Length; at++)
        {
            matched = piece[at] == end[matched] ? matched + 1 : piece[at] == '\r' ? 1 : 0;
            if (matched == end.Length) return at + 1;
        }

        return -1;
    }
}

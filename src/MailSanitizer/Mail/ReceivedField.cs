using System.Globalization;
using System.Text;

namespace MailSanitizer.Mail;

/// <summary>Writes our Received field (RFC 5321 4.4).</summary>
public static class ReceivedField
{
    // Longest name of RFC 5321 4.5.3.1.2; what a peer calls itself beyond it is cut.
    private const int NameLimit = 255;

    /// <summary>The complete field with its CRLF. The peer is the one that spoke to us; who spoke to the peer stands in the peer's own field.</summary>
    public static string Build(string hostName, ReceivedMessage message)
    {
        Envelope envelope = message.Envelope;
        string address = envelope.PeerAddress.Contains(':', StringComparison.Ordinal) ? $"IPv6:{envelope.PeerAddress}" : envelope.PeerAddress;
        // A Unix socket has no address literal (RFC 5321 4.1.3).
        string from = $"from {Atom(envelope.PeerHelo)}{(address == "unix" ? "" : $" ([{Atom(address)}])")}";
        // RFC 6531 4.3 and RFC 3848: the protocol word tells that UTF-8 may stand in the header.
        string with = (envelope.IsLmtp, envelope.SmtpUtf8) switch
        {
            (true, true) => "UTF8LMTP",
            (true, false) => "LMTP",
            (false, true) => "UTF8SMTP",
            _ => "ESMTP",
        };
        string date = message.ReceivedAt.ToString("ddd, d MMM yyyy HH:mm:ss ", CultureInfo.InvariantCulture) + message.ReceivedAt.ToString("zzz", CultureInfo.InvariantCulture).Replace(":", "", StringComparison.Ordinal);
        return $"Received: {from}\r\n\tby {Atom(hostName)} (MailSanitizer) with {with} id {message.Id:N};\r\n\t{date}\r\n";
    }

    // A peer may say anything in HELO: nothing of it can end the field, open a comment or fold.
    private static string Atom(string text)
    {
        if (text.Length == 0) return "unknown";
        StringBuilder safe = new();
        foreach (char letter in text.AsSpan(0, Math.Min(text.Length, NameLimit)))
            safe.Append(char.IsAsciiLetterOrDigit(letter) || letter is '.' or '-' or '_' or ':' or '[' or ']' ? letter : '?');
        return safe.ToString();
    }
}

using System.Globalization;
using System.Text;
using MailSanitizer.Mail;

namespace MailSanitizer.Reinjection;

/// <summary>The commands of a transaction, as far as the next hop announced what they use. Pure.</summary>
internal static class HopCommands
{
    // XFORWARD_README: a command has 512 characters at most.
    private const int ForwardLine = 510;

    /// <summary>XFORWARD commands; none when nothing is known or nothing is wanted.</summary>
    public static IReadOnlyList<string> Forward(ForwardedClient client, HopExtensions extensions)
    {
        string? address = client.Address is { } given && given.Contains(':', StringComparison.Ordinal) ? "IPV6:" + given : client.Address;
        (string Name, string? Value)[] attributes =
        [
            ("NAME", client.Name), ("ADDR", address), ("PORT", client.Port?.ToString(CultureInfo.InvariantCulture)), ("PROTO", client.Protocol),
            ("HELO", client.Helo), ("IDENT", client.Ident), ("SOURCE", client.Source),
        ];
        List<string> lines = [];
        StringBuilder line = new("XFORWARD");
        foreach ((string name, string? value) in attributes)
        {
            if (value is null || !extensions.ForwardAttributes.Contains(name)) continue;
            string word = $" {name}={Xtext.Encode(value)}";
            if (word.Length + "XFORWARD".Length > ForwardLine) continue;
            if (line.Length + word.Length > ForwardLine)
            {
                lines.Add(line.ToString());
                line.Clear().Append("XFORWARD");
            }

            line.Append(word);
        }

        if (line.Length > "XFORWARD".Length) lines.Add(line.ToString());
        return lines;
    }

    /// <summary>MAIL FROM.</summary>
    public static string Mail(Envelope envelope, long length, bool utf8, HopExtensions extensions)
    {
        StringBuilder line = new($"MAIL FROM:<{envelope.MailFrom}>");
        if (extensions.Size) line.Append(" SIZE=").Append(length.ToString(CultureInfo.InvariantCulture));
        if (envelope.Body is not null && extensions.EightBit) line.Append(" BODY=").Append(envelope.Body);
        if (utf8) line.Append(" SMTPUTF8");
        if (extensions.Dsn)
        {
            if (envelope.Ret is not null) line.Append(" RET=").Append(envelope.Ret);
            if (IsWord(envelope.EnvelopeId)) line.Append(" ENVID=").Append(envelope.EnvelopeId);
        }

        return line.ToString();
    }

    /// <summary>RCPT TO.</summary>
    public static string Recipient(Recipient recipient, HopExtensions extensions)
    {
        StringBuilder line = new($"RCPT TO:<{recipient.Address}>");
        if (extensions.Dsn)
        {
            if (IsWord(recipient.Notify)) line.Append(" NOTIFY=").Append(recipient.Notify);
            if (IsWord(recipient.OriginalRecipient)) line.Append(" ORCPT=").Append(recipient.OriginalRecipient);
        }

        return line.ToString();
    }

    /// <summary>Whether an address can stand between brackets without ending them. Addresses of rules and notices come this way too.</summary>
    public static bool IsSpeakable(string address)
    {
        bool quoted = false;
        for (int at = 0; at < address.Length; at++)
        {
            char one = address[at];
            if (char.IsControl(one) || one is '\u2028' or '\u2029') return false;
            if (quoted && one == '\\')
            {
                if (++at == address.Length || char.IsControl(address[at])) return false;
            }
            else if (one == '"') quoted = !quoted;
            else if (!quoted && (one is '<' or '>' or ' ')) return false;
        }

        return !quoted;
    }

    private static bool IsWord(string? value) => value is { Length: > 0 } && value.All(one => one > ' ' && !char.IsControl(one));
}

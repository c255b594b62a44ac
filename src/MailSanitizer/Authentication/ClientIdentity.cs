using System.Net;
using System.Text.RegularExpressions;
using MailSanitizer.Content.Formats.HeaderFields;
using MailSanitizer.Mail;
using MailSanitizer.Mail.Signatures;

namespace MailSanitizer.Authentication;

/// <summary>The host that handed the message to our side: by XFORWARD, or by what trusted hops wrote into Received.</summary>
/// <param name="Address">Its address; null when nobody we believe says so.</param>
/// <param name="Helo">Its HELO name, or null.</param>
/// <param name="TrustedFields">Number of fields at the top of the message that hops of ours (trusted ones) wrote; 0 without such a hop.</param>
public sealed partial record ClientIdentity(IPAddress? Address, string? Helo, int TrustedFields)
{
    // Trusted hops in a row (count): a chain of our own relays is short.
    private const int MaximumHops = 10;

    /// <summary>Finds the client.</summary>
    public static ClientIdentity Find(Envelope envelope, MessageHeader header, IReadOnlyList<IPNetwork> trustedHops)
    {
        ArgumentNullException.ThrowIfNull(envelope);
        ArgumentNullException.ThrowIfNull(header);
        (int Position, HeaderField Field)[] received = [.. header.Fields.Index().Where(one => one.Item.Is("Received")).Take(MaximumHops + 2).Select(one => (one.Index, one.Item))];
        int next = 0;
        IPAddress? address = Parse(envelope.Client.Address);
        string? helo = envelope.Client.Helo;
        if (address is not null)
        {
            // The MTA that speaks to us wrote a Received field for this very client; the next one below is the client's own.
            if (received.Length > 0 && ReadReceived(received[0].Field.Value).Address is { } written && written.Equals(address)) next = 1;
        }
        else
        {
            // Without XFORWARD the peer itself has to be a trusted hop for its Received field to count.
            if (Parse(envelope.PeerAddress) is not { } peer || !IsTrusted(peer) || received.Length == 0) return new(null, null, 0);
            (address, helo) = ReadReceived(received[0].Field.Value);
            next = 1;
        }

        bool hop = false;
        while (address is not null && IsTrusted(address) && next < received.Length && next <= MaximumHops)
        {
            hop = true;
            (address, helo) = ReadReceived(received[next].Field.Value);
            next++;
        }

        // A trusted hop without a Received field below it sent the mail itself: it is the client.
        return new(address, helo, hop ? (next < received.Length ? received[next].Position : header.Fields.Count) : 0);

        bool IsTrusted(IPAddress one) => trustedHops.Any(network => network.Contains(one));
    }

    /// <summary>
    /// The client that a Received field names: the address in the comment behind the HELO name. HELO names, reverse names and certificate names are a stranger's,
    /// so a field in which two addresses could be meant names none.
    /// </summary>
    internal static (IPAddress? Address, string? Helo) ReadReceived(string value)
    {
        if (value.Length > 4096 || !value.StartsWith("from ", StringComparison.OrdinalIgnoreCase)) return (null, null);
        string text = value[5..].TrimStart();
        int by = text.IndexOf(" by ", StringComparison.OrdinalIgnoreCase);
        if (by < 0) return (null, null);
        string from = text[..by];
        int blank = from.IndexOf(' ', StringComparison.Ordinal);
        string helo = blank < 0 ? from : from[..blank];
        string rest = blank < 0 ? "" : from[blank..];
        IPAddress[] named = [.. Bracketed().Matches(rest).Select(match => Parse(match.Groups[1].Value)).OfType<IPAddress>().Distinct()];
        // Exchange writes the bare address: "from A (192.0.2.1) by B".
        if (named.Length == 0) named = [.. Bare().Matches(rest).Select(match => Parse(match.Groups[1].Value)).OfType<IPAddress>().Distinct()];
        // Exim without a name: "from [192.0.2.1] (helo=x)".
        if (named.Length == 0 && helo is ['[', .. string literal, ']'] && Parse(literal) is { } own) named = [own];
        return named.Length == 1 ? (named[0], helo) : (null, null);
    }

    private static IPAddress? Parse(string? text)
    {
        if (text is null) return null;
        if (text.StartsWith("IPv6:", StringComparison.OrdinalIgnoreCase)) text = text[5..];
        bool four = text.Count(one => one == '.') == 3 && text.All(one => char.IsAsciiDigit(one) || one == '.');
        bool six = text.Contains(':', StringComparison.Ordinal) && text.All(one => char.IsAsciiHexDigit(one) || one is ':' or '.');
        if (!(four || six) || !IPAddress.TryParse(text, out IPAddress? address)) return null;
        return address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
    }

    [GeneratedRegex(@"\[((?:IPv6:)?[0-9A-Fa-f:.]{3,45})\]", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Bracketed();

    [GeneratedRegex(@"\(([0-9A-Fa-f:.]{3,45})\)", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Bare();
}

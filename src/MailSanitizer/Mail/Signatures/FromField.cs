using System.Text;
using MailSanitizer.Content;
using MailSanitizer.Content.Formats.HeaderFields;

namespace MailSanitizer.Mail.Signatures;

/// <summary>
/// Who the message says it is from, for a verdict: one From field that every reader reads alike, or none at all. Where readers could see two authors there is no
/// author to vouch for (RFC 7489 6.6.1).
/// </summary>
/// <param name="Address">The first address, for people; null when there is none.</param>
/// <param name="Domain">Its domain in A-labels; null when the field is missing, repeated or malformed.</param>
/// <param name="Problem">Why there is no domain; null when there is one.</param>
public sealed record FromField(string? Address, string? Domain, string? Problem)
{
    /// <summary>Reads it.</summary>
    public static FromField Read(MessageHeader header)
    {
        ArgumentNullException.ThrowIfNull(header);
        HeaderField[] fields = [.. header.Named("From").Take(2)];
        if (fields.Length == 0) return new(null, null, "no From field");
        if (fields.Length > 1) return new(null, null, "several From fields");
        ReadOnlySpan<byte> raw = fields[0].RawValue.Span;
        if (HasOddBytes(raw)) return new(null, null, "control character in From");
        AddressList list = AddressList.Read(raw, Limits.Default);
        string? address = list.Addresses.Count > 0 ? list.Addresses[0].Address : null;
        if (list.IsOdd || list.IsCut) return new(address, null, "From can be read in two ways");
        if (list.Addresses.Count == 0) return new(null, null, "no address in From");
        string? domain = null;
        foreach (MailAddress one in list.Addresses)
        {
            string? next = DomainOf(one);
            if (next is null || HasRoute(raw) || !StandsInOnePiece(raw, one)) return new(address, null, "malformed address in From");
            if (domain is not null && domain != next) return new(address, null, "several domains in From");
            domain = next;
        }

        return new(address, domain, null);
    }

    private static string? DomainOf(MailAddress address)
    {
        // "a@bank.example"@evil.example and a@bank.example@evil.example: some readers stop at the first @.
        bool plain = address.Local.Length > 0 && !address.Local.Contains('@', StringComparison.Ordinal) && !address.Local.Contains("=?", StringComparison.Ordinal)
            && !address.Local.Any(char.IsControl);
        return plain && address.Domain.Contains('.', StringComparison.Ordinal) ? DomainName.ToAscii(address.Domain) : null;
    }

    // a@bank.ex(comment)ample: a reader that knows comments and one that does not see two domains.
    private static bool StandsInOnePiece(ReadOnlySpan<byte> raw, MailAddress address) =>
        Encoding.UTF8.GetString(raw).Contains($"@{address.Domain}", StringComparison.OrdinalIgnoreCase);

    private static bool HasRoute(ReadOnlySpan<byte> raw)
    {
        // <@evil.example:a@bank.example> (RFC 5322 4.4): readers differ about which of the two it is.
        for (int at = raw.IndexOf((byte)'<'); at >= 0;)
        {
            ReadOnlySpan<byte> inside = raw[(at + 1)..].TrimStart(" \t\r\n"u8);
            if (inside.StartsWith("@"u8)) return true;
            int next = raw[(at + 1)..].IndexOf((byte)'<');
            at = next < 0 ? -1 : at + 1 + next;
        }

        return false;
    }

    private static bool HasOddBytes(ReadOnlySpan<byte> raw)
    {
        for (int at = 0; at < raw.Length; at++)
        {
            byte one = raw[at];
            if (one is < 0x20 and not (byte)'\t' and not (byte)'\r' and not (byte)'\n') return true;
            if (one == 0x7F) return true;
            if (one == '\r' && (at + 1 == raw.Length || raw[at + 1] != '\n')) return true;
        }

        return !IsUtf8(raw);
    }

    // Raw bytes of another charset: a reader guesses what they are, and so where the address is.
    private static bool IsUtf8(ReadOnlySpan<byte> raw) => System.Text.Unicode.Utf8.IsValid(raw) || OnlyNameIsRaw(raw);

    private static bool OnlyNameIsRaw(ReadOnlySpan<byte> raw)
    {
        int angle = raw.LastIndexOf((byte)'<');
        return angle >= 0 && System.Text.Ascii.IsValid(raw[angle..]);
    }
}

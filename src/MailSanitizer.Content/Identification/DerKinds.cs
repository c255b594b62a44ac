namespace MailSanitizer.Content.Identification;

/// <summary>CMS, PKCS #12 and certificates in DER or BER, by their first elements.</summary>
internal static class DerKinds
{
    private static readonly byte[] Pkcs7 = [0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07];
    private static readonly byte[] Smime = [0x06, 0x0B, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x10, 0x01];

    /// <summary><c>p7m</c>, <c>p7s</c> (signed data without content), <c>pfx</c>, <c>cert</c>, or null.</summary>
    public static string? Match(ReadOnlySpan<byte> head)
    {
        if (!Enter(ref head, 0x30)) return null;
        if (head.StartsWith(Pkcs7) && head.Length > 12) return head[10] == 2 ? SignedData(head[11..]) : head[10] is 3 or 6 ? "p7m" : null;
        if (head.StartsWith(Smime) && head.Length > 13) return head[12] is 9 or 23 ? "p7m" : null;
        ReadOnlySpan<byte> inner = head;
        if (inner.StartsWith<byte>([0x02, 0x01, 0x03, 0x30])) return "pfx";
        return Enter(ref inner, 0x30) && (inner.StartsWith<byte>([0xA0, 0x03, 0x02, 0x01]) || (inner.Length > 4 && inner[0] == 0x02 && IsSerial(inner))) ? "cert" : null;
    }

    private static bool IsSerial(ReadOnlySpan<byte> at) => at[1] is > 0 and <= 20 && at.Length > at[1] + 4 && at[at[1] + 2] == 0x30 && at[at[1] + 3] is >= 11 and <= 15;

    // [0] { SEQUENCE { version, digest algorithms SET, SEQUENCE { content type, [0] content? } … RFC 5652 5.1
    private static string SignedData(ReadOnlySpan<byte> at)
    {
        if (!Enter(ref at, 0xA0) || !Enter(ref at, 0x30) || !Skip(ref at) || !Skip(ref at)) return "p7m";
        if (at.IsEmpty || at[0] != 0x30) return "p7m";
        ReadOnlySpan<byte> content = at;
        if (!Length(content, out int header, out int length)) return "p7m";
        content = length >= 0 && header + length <= content.Length ? content.Slice(header, length) : content[header..];
        return Skip(ref content) && (content.IsEmpty || content is [0, 0, ..]) ? "p7s" : "p7m";
    }

    private static bool Enter(ref ReadOnlySpan<byte> at, byte tag)
    {
        if (at.IsEmpty || at[0] != tag || !Length(at, out int header, out _)) return false;
        at = at[header..];
        return true;
    }

    private static bool Skip(ref ReadOnlySpan<byte> at)
    {
        if (at.IsEmpty || !Length(at, out int header, out int length) || length < 0 || header + (long)length > at.Length) return false;
        at = at[(header + length)..];
        return true;
    }

    // Length -1: indefinite (BER).
    private static bool Length(ReadOnlySpan<byte> at, out int header, out int length)
    {
        (header, length) = (2, 0);
        if (at.Length < 2) return false;
        int first = at[1];
        if (first < 0x80)
        {
            length = first;
            return true;
        }

        int count = first & 0x7F;
        header = 2 + count;
        if (count > 4 || at.Length < header) return false;
        long value = 0;
        for (int i = 0; i < count; i++) value = (value << 8) | at[2 + i];
        length = count == 0 ? -1 : value > int.MaxValue ? int.MaxValue : (int)value;
        return true;
    }
}

/// <summary>Binary OpenPGP (RFC 9580 4.2): a packet header whose tag begins a message, a signature or a key.</summary>
internal static class PgpKinds
{
    /// <summary>True for encrypted, compressed, signed or literal packets at the beginning, with a length that fits.</summary>
    public static bool IsBinary(ReadOnlySpan<byte> head, long length)
    {
        if (head.Length < 4 || (head[0] & 0x80) == 0) return false;
        bool fresh = (head[0] & 0x40) != 0;
        int tag = fresh ? head[0] & 0x3F : (head[0] >> 2) & 0xF;
        return tag switch
        {
            1 => Version(head, fresh, 3, 6),
            3 => Version(head, fresh, 4, 6),
            4 => Version(head, fresh, 3, 6),
            18 => Version(head, fresh, 1, 2),
            8 => fresh || (head[0] & 3) == 3 ? head[fresh ? 2 : 1] is 1 or 2 or 3 : length > 16 && head[Math.Min(head.Length - 1, 1 + (1 << (head[0] & 3)))] is 1 or 2 or 3,
            _ => false,
        };

        static bool Version(ReadOnlySpan<byte> head, bool fresh, int from, int to)
        {
            int at = fresh ? (head[1] < 192 ? 2 : head[1] < 224 ? 3 : head[1] == 255 ? 6 : 2) : 1 + (1 << (head[0] & 3));
            return (fresh || (head[0] & 3) != 3) && head.Length > at && head[at] >= from && head[at] <= to;
        }
    }
}

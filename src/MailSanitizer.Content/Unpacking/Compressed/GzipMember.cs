namespace MailSanitizer.Content.Unpacking.Compressed;

/// <summary>The header of one gzip member (RFC 1952 2.3).</summary>
/// <param name="Start">Offset of the header.</param>
/// <param name="End">Offset of the deflate stream.</param>
/// <param name="Name">FNAME in bytes, or null.</param>
/// <param name="Modified">MTIME, seconds since 1970; 0 when unknown.</param>
internal sealed record GzipMember(long Start, long End, byte[]? Name, uint Modified)
{
    private const int MaxField = 64 * 1024;

    /// <summary>Reads a header; null when none stands there. Throws when one begins and breaks.</summary>
    public static GzipMember? Read(PartBytes bytes, long at)
    {
        Span<byte> head = stackalloc byte[10];
        int got = bytes.Read(at, head);
        if (got < 3 || head[0] != 0x1F || head[1] != 0x8B) return null;
        if (got < 10 || head[2] != 8) throw new InvalidDataException("gzip: a header that is cut or names an unknown method");
        byte flags = head[3];
        if ((flags & 0xE0) != 0) throw new InvalidDataException("gzip: reserved flags are set");
        long next = at + 10;
        if ((flags & 4) != 0)
        {
            Span<byte> length = stackalloc byte[2];
            if (bytes.Read(next, length) < 2) throw new InvalidDataException("gzip: cut in the extra field");
            next += 2 + Le.U16(length, 0);
        }

        byte[]? name = null;
        if ((flags & 8) != 0) name = Terminated(bytes, ref next);
        if ((flags & 16) != 0) _ = Terminated(bytes, ref next);
        if ((flags & 2) != 0) next += 2;
        return new GzipMember(at, next, name, Le.U32(head, 4));
    }

    private static byte[] Terminated(PartBytes bytes, ref long next)
    {
        byte[] field = new byte[MaxField];
        int got = bytes.Read(next, field);
        int end = field.AsSpan(0, got).IndexOf((byte)0);
        if (end < 0) throw new InvalidDataException("gzip: a name or comment without an end");
        next += end + 1;
        return field[..end];
    }
}

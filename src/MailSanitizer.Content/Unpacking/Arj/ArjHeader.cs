using System.IO.Hashing;

namespace MailSanitizer.Content.Unpacking.Arj;

/// <summary>A header of an ARJ file (ARJ's technical note "TECHNOTE.TXT").</summary>
internal sealed record ArjHeader(long End, byte Flags, byte Method, byte Type, byte Modifier, uint Time, uint Packed, uint Size, uint Crc, byte[] Name, bool Sound)
{
    /// <summary>Locked by a password.</summary>
    public const int Locked = 1;

    /// <summary>Goes on in the next volume.</summary>
    public const int Volume = 4;

    /// <summary>Continues a file of the volume before.</summary>
    public const int Continued = 8;

    private const int MaxHeader = 2600;

    /// <summary>The name for findings.</summary>
    public string NameText => ArchiveNames.Decode("member", Name).Text;

    /// <summary>Reads a header; null at the end mark. Throws when it is broken.</summary>
    public static ArjHeader? Read(ArchiveReading reading, long at)
    {
        byte[] mark = reading.Take(at, 4) ?? throw new InvalidDataException("ends without an end mark");
        int length = Le.U16(mark, 2);
        if (mark[0] != 0x60 || mark[1] != 0xEA) throw new InvalidDataException($"no header at offset {at}");
        if (length == 0) return null;
        byte[]? raw = length is < 30 or > MaxHeader ? null : reading.Take(at + 4, length + 4);
        if (raw is null || raw[0] < 30 || raw[0] > length) throw new InvalidDataException("a header of an impossible length");
        long next = at + 4 + length + 4;
        for (int extension = 0; ; extension++)
        {
            byte[] size = reading.Take(next, 2) ?? throw new InvalidDataException("ends inside a header");
            next += 2;
            if (Le.U16(size, 0) == 0) break;
            if (extension > 16) throw new InvalidDataException("too many extensions");
            next += Le.U16(size, 0) + 4;
        }

        ReadOnlySpan<byte> name = raw.AsSpan(raw[0], length - raw[0]);
        int end = name.IndexOf((byte)0);
        return new ArjHeader(next, raw[4], raw[5], raw[6], raw[7], Le.U32(raw, 8), Le.U32(raw, 12), Le.U32(raw, 16), Le.U32(raw, 20),
            (end < 0 ? name : name[..end]).ToArray(), Crc32.HashToUInt32(raw.AsSpan(0, length)) == Le.U32(raw, length));
    }
}

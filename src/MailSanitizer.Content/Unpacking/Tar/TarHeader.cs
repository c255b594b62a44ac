using System.Globalization;
using System.Text;

namespace MailSanitizer.Content.Unpacking.Tar;

/// <summary>One 512-byte header of a tar file (POSIX.1-1988 ustar, GNU, V7), judged by its checksum.</summary>
internal sealed class TarHeader
{
    public const int Block = 512;

    private readonly byte[] _raw;

    private TarHeader(byte[] raw) => _raw = raw;

    public byte Type => _raw[156];

    public long? Size => Number(124, 12);

    public int Mode => (int)(Number(100, 8) ?? 0) & 0xFFF;

    public long Modified => Number(136, 12) ?? 0;

    public ReadOnlyMemory<byte> LinkName => Field(157, 100);

    public bool IsUstar => _raw.AsSpan(257, 5).SequenceEqual("ustar"u8);

    /// <summary>GNU's own kind ("ustar  "): bytes behind offset 345 are not a prefix.</summary>
    public bool IsGnu => _raw.AsSpan(257, 8).SequenceEqual("ustar  \0"u8);

    public static bool IsZero(ReadOnlySpan<byte> block) => block.IndexOfAnyExcept((byte)0) < 0;

    /// <summary>The header, or null when its checksum does not fit. Both sums are accepted: some writers add signed bytes.</summary>
    public static TarHeader? Read(byte[] raw)
    {
        TarHeader header = new(raw);
        if (header.Number(148, 8) is not { } declared) return null;
        (long plain, long signed) = Sums(raw);
        return declared == plain || declared == signed ? header : null;
    }

    /// <summary>The name in bytes, prefix and all.</summary>
    public byte[] Name()
    {
        ReadOnlyMemory<byte> name = Field(0, 100);
        ReadOnlyMemory<byte> prefix = IsUstar && !IsGnu ? Field(345, 155) : default;
        return prefix.IsEmpty ? name.ToArray() : [.. prefix.Span, (byte)'/', .. name.Span];
    }

    /// <summary>A copy of a header with another size, type and checksum; the name is replaced when one is given.</summary>
    public static byte[] Rewrite(ReadOnlySpan<byte> original, long size, byte[]? name = null)
    {
        byte[] raw = original.ToArray();
        WriteSize(raw, size);
        if (name is not null)
        {
            raw.AsSpan(0, 100).Clear();
            name.AsSpan(0, Math.Min(100, name.Length)).CopyTo(raw);
            if (raw.AsSpan(257, 5).SequenceEqual("ustar"u8) && !raw.AsSpan(257, 8).SequenceEqual("ustar  \0"u8)) raw.AsSpan(345, 155).Clear();
        }

        Seal(raw);
        return raw;
    }

    /// <summary>A header for a GNU long name or a PAX record that we write in front of a member.</summary>
    public static byte[] Make(string name, byte type, long size)
    {
        byte[] raw = new byte[Block];
        Encoding.ASCII.GetBytes(name).CopyTo(raw, 0);
        "0000644\0"u8.CopyTo(raw.AsSpan(100));
        "0000000\0"u8.CopyTo(raw.AsSpan(108));
        "0000000\0"u8.CopyTo(raw.AsSpan(116));
        "00000000000\0"u8.CopyTo(raw.AsSpan(136));
        raw[156] = type;
        (type == (byte)'L' ? "ustar  \0"u8 : "ustar\0"u8).CopyTo(raw.AsSpan(257));
        if (type != (byte)'L') "00"u8.CopyTo(raw.AsSpan(263));
        WriteSize(raw, size);
        Seal(raw);
        return raw;
    }

    private static void WriteSize(byte[] raw, long size)
    {
        string octal = Convert.ToString(size, 8).PadLeft(11, '0');
        if (octal.Length <= 11)
        {
            Encoding.ASCII.GetBytes(octal + "\0").CopyTo(raw, 124);
            return;
        }

        // GNU base-256: from 8 GB on.
        raw.AsSpan(124, 12).Clear();
        raw[124] = 0x80;
        for (int at = 135; size > 0; at--, size >>= 8) raw[at] = (byte)size;
    }

    private static void Seal(byte[] raw) => Encoding.ASCII.GetBytes(Convert.ToString(Sums(raw).Plain, 8).PadLeft(6, '0') + "\0 ").CopyTo(raw, 148);

    private static (long Plain, long Signed) Sums(ReadOnlySpan<byte> raw)
    {
        long plain = 0;
        long signed = 0;
        for (int at = 0; at < Block; at++)
        {
            byte value = at is >= 148 and < 156 ? (byte)' ' : raw[at];
            plain += value;
            signed += (sbyte)value;
        }

        return (plain, signed);
    }

    private ReadOnlyMemory<byte> Field(int at, int length)
    {
        ReadOnlyMemory<byte> field = _raw.AsMemory(at, length);
        int end = field.Span.IndexOf((byte)0);
        return end < 0 ? field : field[..end];
    }

    // Octal text, or base-256 with the top bit set (GNU). Null when it is neither.
    private long? Number(int at, int length)
    {
        ReadOnlySpan<byte> field = _raw.AsSpan(at, length);
        if ((field[0] & 0x80) != 0)
        {
            long value = field[0] & 0x3F;
            foreach (byte next in field[1..])
            {
                if (value > long.MaxValue >> 8) return null;
                value = (value << 8) | next;
            }

            return (field[0] & 0x40) != 0 ? null : value;
        }

        string text = Encoding.ASCII.GetString(field).Trim('\0', ' ');
        if (text.Length == 0) return 0;
        long octal = 0;
        foreach (char digit in text)
        {
            if (digit is < '0' or > '7') return null;
            octal = (octal << 3) | (uint)(digit - '0');
        }

        return octal;
    }
}

/// <summary>Records of a PAX extended header (POSIX.1-2001): <c>length key=value\n</c>.</summary>
internal static class PaxRecords
{
    /// <summary>Key and raw value of each record; null when the block is malformed.</summary>
    public static List<(string Key, byte[] Value)>? Read(ReadOnlySpan<byte> block)
    {
        List<(string, byte[])> records = [];
        while (!block.IsEmpty && block[0] != 0)
        {
            int space = block.IndexOf((byte)' ');
            if (space is < 1 or > 10 || !int.TryParse(block[..space], NumberStyles.None, CultureInfo.InvariantCulture, out int length) || length <= space + 1 || length > block.Length) return null;
            ReadOnlySpan<byte> record = block[(space + 1)..length];
            int equals = record.IndexOf((byte)'=');
            if (equals < 1 || record[^1] != '\n') return null;
            records.Add((Encoding.UTF8.GetString(record[..equals]), record[(equals + 1)..^1].ToArray()));
            block = block[length..];
        }

        return records;
    }

    /// <summary>One record in bytes.</summary>
    public static byte[] Write(string key, ReadOnlySpan<byte> value)
    {
        byte[] start = Encoding.UTF8.GetBytes(" " + key + "=");
        int body = start.Length + value.Length + 1;
        int length = body + 1;
        while (length.ToString(CultureInfo.InvariantCulture).Length + body > length) length++;
        return [.. Encoding.ASCII.GetBytes(length.ToString(CultureInfo.InvariantCulture)), .. start, .. value, (byte)'\n'];
    }
}

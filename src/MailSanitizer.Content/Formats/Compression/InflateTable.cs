namespace MailSanitizer.Content.Formats.Compression;

/// <summary>
/// A decoding table for deflate's canonical codes (RFC 1951 3.2.2), bit-reversed for direct look-up, with second tables for the long codes.
/// An entry: bits 0-7 length of the code, bits 8-15 what it is, bits 16-31 the value.
/// </summary>
internal sealed class InflateTable(int rootBits, int symbols)
{
    /// <summary>A literal byte.</summary>
    public const uint Literal = 0;

    /// <summary>A length or distance: the low five bits are the number of extra bits.</summary>
    public const uint Base = 0x20;

    /// <summary>The end of the block.</summary>
    public const uint End = 0x40;

    /// <summary>A second table at the value.</summary>
    public const uint Sub = 0x80;

    /// <summary>No code has these bits.</summary>
    public const uint Invalid = 0xFF;

    private const int MaxBits = 15;

    private readonly uint[] _entries = new uint[(1 << rootBits) + (symbols << (MaxBits - rootBits))];

    /// <summary>The entries; the first 2^root are indexed by the next bits.</summary>
    public uint[] Entries => _entries;

    /// <summary>Bits of a second look-up.</summary>
    public int SubBits { get; private set; }

    /// <summary>Builds the table. False when more codes are given than bits can tell apart, or (but for a single code) fewer.</summary>
    public bool Build(ReadOnlySpan<byte> lengths, Func<int, uint> meaning)
    {
        Span<int> count = stackalloc int[MaxBits + 1];
        foreach (byte length in lengths) count[length]++;
        int max = MaxBits;
        while (max > 0 && count[max] == 0) max--;
        Array.Fill(_entries, Invalid << 8, 0, 1 << rootBits);
        SubBits = Math.Max(0, max - rootBits);
        if (max == 0) return true;

        Span<int> next = stackalloc int[MaxBits + 2];
        int code = 0;
        int used = 0;
        for (int length = 1; length <= max; length++)
        {
            next[length] = code;
            code = (code + count[length]) << 1;
            used += count[length] << (MaxBits - length);
        }

        if (used > 1 << MaxBits) return false;
        if (used < 1 << MaxBits && !(max == 1 && count[1] == 1)) return false;
        int free = 1 << rootBits;
        for (int symbol = 0; symbol < lengths.Length; symbol++)
        {
            int length = lengths[symbol];
            if (length == 0) continue;
            int reversed = Reverse(next[length]++, length);
            uint entry = (uint)length | meaning(symbol);
            if (length <= rootBits)
            {
                for (int at = reversed; at < 1 << rootBits; at += 1 << length) _entries[at] = entry;
                continue;
            }

            int root = reversed & ((1 << rootBits) - 1);
            if (((_entries[root] >> 8) & 0xFF) != Sub)
            {
                _entries[root] = ((uint)free << 16) | (Sub << 8) | (uint)rootBits;
                Array.Fill(_entries, Invalid << 8, free, 1 << SubBits);
                free += 1 << SubBits;
            }

            int start = (int)(_entries[root] >> 16);
            for (int at = reversed >> rootBits; at < 1 << SubBits; at += 1 << (length - rootBits)) _entries[start + at] = entry;
        }

        return true;
    }

    private static int Reverse(int code, int length)
    {
        int reversed = 0;
        for (int bit = 0; bit < length; bit++) reversed |= ((code >> bit) & 1) << (length - 1 - bit);
        return reversed;
    }
}

namespace MailSanitizer.Content.Tests.Unpacking.Writers;

/// <summary>Writes bits, the highest first; optionally as 16-bit little-endian words (LZX).</summary>
internal sealed class BitWriter(bool words = false)
{
    private readonly List<byte> _bytes = [];
    private ulong _bits;
    private int _count;

    public int Count => (_bytes.Count * 8) + _count;

    public void Put(int count, int value)
    {
        for (int bit = count - 1; bit >= 0; bit--)
        {
            _bits = (_bits << 1) | (uint)((value >> bit) & 1);
            if (++_count < (words ? 16 : 8)) continue;
            if (words)
            {
                _bytes.Add((byte)_bits);
                _bytes.Add((byte)(_bits >> 8));
            }
            else
            {
                _bytes.Add((byte)_bits);
            }

            (_bits, _count) = (0, 0);
        }
    }

    public void Put(IEnumerable<bool> bits)
    {
        foreach (bool bit in bits) Put(1, bit ? 1 : 0);
    }

    public void Align(bool atLeastOne = false)
    {
        int unit = words ? 16 : 8;
        if (_count > 0) Put(unit - _count, 0);
        else if (atLeastOne) Put(unit, 0);
    }

    public void Raw(ReadOnlySpan<byte> bytes) => _bytes.AddRange(bytes);

    public byte[] Done()
    {
        Align();
        return [.. _bytes];
    }
}

/// <summary>A literal, or a match of a length at a distance.</summary>
internal readonly record struct Token(byte Literal, int Length, int Distance)
{
    public bool IsMatch => Length > 0;

    /// <summary>Greedy matches of at least three bytes within a window. Matches do not cross a multiple of <paramref name="frame"/>.</summary>
    public static List<Token> Find(byte[] content, int window, int longest, int frame = int.MaxValue, int from = 0, int count = int.MaxValue)
    {
        Dictionary<int, List<int>> places = [];
        List<Token> tokens = [];
        int end = (int)Math.Min(content.Length, (long)from + count);
        int next = 0;
        for (int at = 0; at < end;)
        {
            int best = 0, distance = 0;
            int room = Math.Min(end - at, frame - (at % frame));
            if (at + 3 <= end)
            {
                int key = content[at] | (content[at + 1] << 8) | (content[at + 2] << 16);
                if (places.TryGetValue(key, out List<int>? list))
                {
                    for (int index = list.Count - 1; index >= Math.Max(0, list.Count - 8); index--)
                    {
                        if (at - list[index] > window) break;
                        int length = 0;
                        while (length < Math.Min(longest, room) && content[list[index] + length] == content[at + length]) length++;
                        if (length <= best) continue;
                        (best, distance) = (length, at - list[index]);
                    }
                }
            }

            bool match = best >= 3 && at >= from;
            if (at >= from) tokens.Add(match ? new Token(0, best, distance) : new Token(content[at], 0, 0));
            int step = match ? best : 1;
            for (next = at; next < at + step && next + 3 <= content.Length; next++)
            {
                int key = content[next] | (content[next + 1] << 8) | (content[next + 2] << 16);
                if (!places.TryGetValue(key, out List<int>? list)) places[key] = list = [];
                list.Add(next);
            }

            at += step;
        }

        return tokens;
    }
}

/// <summary>Huffman code lengths from frequencies, and canonical codes from lengths.</summary>
internal static class Codes
{
    public static byte[] Lengths(int[] frequencies, int longest)
    {
        int[] scaled = [.. frequencies];
        while (true)
        {
            byte[] lengths = Make(scaled);
            if (lengths.Max() <= longest) return lengths;
            for (int at = 0; at < scaled.Length; at++) scaled[at] = scaled[at] == 0 ? 0 : (scaled[at] >> 2) + 1;
        }
    }

    public static int[] Canonical(byte[] lengths)
    {
        int[] codes = new int[lengths.Length];
        int code = 0;
        for (int length = 1; length <= 16; length++)
        {
            for (int symbol = 0; symbol < lengths.Length; symbol++)
            {
                if (lengths[symbol] == length) codes[symbol] = code++;
            }

            code <<= 1;
        }

        return codes;
    }

    private static byte[] Make(int[] frequencies)
    {
        byte[] lengths = new byte[frequencies.Length];
        PriorityQueue<List<int>, (long, int)> heap = new();
        int order = 0;
        long[] weights = new long[frequencies.Length * 2];
        for (int symbol = 0; symbol < frequencies.Length; symbol++)
        {
            if (frequencies[symbol] > 0) heap.Enqueue([symbol], (frequencies[symbol], order++));
        }

        if (heap.Count == 1) lengths[heap.Peek()[0]] = 1;
        while (heap.Count > 1)
        {
            heap.TryDequeue(out List<int>? left, out (long Weight, int) a);
            heap.TryDequeue(out List<int>? right, out (long Weight, int) b);
            List<int> both = [.. left!, .. right!];
            foreach (int symbol in both) lengths[symbol]++;
            heap.Enqueue(both, (a.Weight + b.Weight, order++));
        }

        return lengths;
    }
}

using System.Buffers.Binary;
using System.Text;
using MailSanitizer.Content.Formats.Compression;
using MailSanitizer.Content.Unpacking;

namespace MailSanitizer.Content.Tests.Unpacking.Writers;

/// <summary>Writes LZH archives of all methods and header levels, for tests.</summary>
internal static class LzhWriter
{
    public static byte[] Archive(int level, string method, IEnumerable<(string Name, byte[] Bytes)> files, Encoding? encoding = null) =>
        [.. files.SelectMany(file => Member(level, method, (encoding ?? Encoding.UTF8).GetBytes(file.Name), file.Bytes)), 0];

    public static byte[] Member(int level, string method, byte[] name, byte[] content)
    {
        byte[] packed = Pack(method, content);
        byte[] header = new byte[22];
        Encoding.ASCII.GetBytes(method).CopyTo(header, 2);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(7), packed.Length);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(11), content.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(15), level < 2 ? 0x5B755821u : 1_790_000_000u);
        header[19] = 0x20;
        header[20] = (byte)level;
        byte[] crc = new byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(crc, Crc16Arc.Append(0, content));
        byte[] whole;
        switch (level)
        {
            case 0:
                header[21] = (byte)name.Length;
                whole = [.. header, .. name, .. crc];
                break;
            case 1:
                header[21] = (byte)name.Length;
                byte[] mode = Extension(0x50, [0xA4, 0x81], 2, 0);
                BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(7), packed.Length + mode.Length);
                byte[] basic = [.. header, .. name, .. crc, (byte)'U', (byte)mode.Length, 0];
                basic[0] = (byte)(basic.Length - 2);
                basic[1] = (byte)basic.AsSpan(2).ToArray().Sum(value => value);
                return [.. basic, .. mode, .. packed];
            default:
                int width = level == 2 ? 2 : 4;
                int slash = Array.LastIndexOf(name, (byte)'/');
                List<(byte, byte[])> extensions = [(0, [0, 0]), (1, name[(slash + 1)..])];
                if (slash >= 0) extensions.Add((2, [.. name[..(slash + 1)].Select(value => value == '/' ? (byte)0xFF : value)]));
                byte[] body = [];
                for (int at = extensions.Count - 1, next = 0; at >= 0; at--)
                {
                    byte[] one = Extension(extensions[at].Item1, extensions[at].Item2, width, next);
                    body = [.. one, .. body];
                    next = one.Length;
                    if (at == 0) body = [.. Number(next, width), .. body];
                }

                whole = [.. header.AsSpan(0, 21), .. crc, (byte)'U', .. (level == 3 ? new byte[4] : []), .. body];
                if (level == 2 && (whole.Length & 255) == 0) whole = [.. whole, 0];
                if (level == 2)
                {
                    Number(whole.Length, 2).CopyTo(whole, 0);
                }
                else
                {
                    Number(4, 2).CopyTo(whole, 0);
                    Number(whole.Length, 4).CopyTo(whole, 24);
                }

                int sum = (level == 2 ? 24 : 28) + width + 1;
                BinaryPrimitives.WriteUInt16LittleEndian(whole.AsSpan(sum), Crc16Arc.Append(0, whole));
                return [.. whole, .. packed];
        }

        whole[0] = (byte)(whole.Length - 2);
        whole[1] = (byte)whole.AsSpan(2).ToArray().Sum(value => value);
        return [.. whole, .. packed];
    }

    public static byte[] Pack(string method, byte[] content) => method switch
    {
        "-lh0-" or "-lz4-" => content,
        "-lh1-" => Adaptive(content, 1),
        "-lh2-" => Adaptive(content, 2),
        "-lh3-" => Early(content),
        "-lh4-" => Static(content, 12, 14, 4),
        "-lh5-" => Static(content, 13, 14, 4),
        "-lh6-" => Static(content, 15, 16, 5),
        "-lh7-" => Static(content, 16, 17, 5),
        "-lzs-" => LArcS(content),
        "-lz5-" => LArc5(content),
        _ => throw new ArgumentException(method),
    };

    private static byte[] Number(int value, int width) => width == 2 ? BitConverter.GetBytes((ushort)value) : BitConverter.GetBytes(value);

    private static byte[] Extension(byte kind, byte[] body, int width, int next) => [kind, .. body, .. Number(next, width)];

    private static byte[] Static(byte[] content, int windowBits, int positions, int positionBits)
    {
        BitWriter bits = new();
        foreach (Token[] block in Token.Find(content, 1 << windowBits, 256).Chunk(5000))
        {
            int[] codeCounts = new int[510];
            int[] positionCounts = new int[positions];
            foreach (Token token in block)
            {
                codeCounts[token.IsMatch ? 256 + token.Length - 3 : token.Literal]++;
                if (token.IsMatch) positionCounts[Slot(token.Distance - 1)]++;
            }

            byte[] lengths = Codes.Lengths(codeCounts, 16);
            byte[] positionLengths = Codes.Lengths(positionCounts, 16);
            bits.Put(16, block.Length);
            WriteCodeLengths(bits, lengths);
            WriteLengths(bits, positionLengths, positionBits, -1);
            int[] codes = Single(lengths) is null ? Codes.Canonical(lengths) : new int[510];
            int[] positionCodes = Codes.Canonical(positionLengths);
            bool onlyPosition = Single(positionLengths) is not null;
            bool onlyCode = Single(lengths) is not null;
            foreach (Token token in block)
            {
                int code = token.IsMatch ? 256 + token.Length - 3 : token.Literal;
                if (!onlyCode) bits.Put(lengths[code], codes[code]);
                if (!token.IsMatch) continue;
                int slot = Slot(token.Distance - 1);
                if (!onlyPosition) bits.Put(positionLengths[slot], positionCodes[slot]);
                if (slot > 1) bits.Put(slot - 1, token.Distance - 1 - (1 << (slot - 1)));
            }
        }

        return bits.Done();
    }

    private static int Slot(int position)
    {
        int slot = 0;
        for (; position > 0; position >>= 1) slot++;
        return slot;
    }

    private static int? Single(byte[] lengths) => lengths.Count(length => length > 0) switch
    {
        0 => 0,
        1 => Array.FindIndex(lengths, length => length > 0),
        _ => null,
    };

    private static void WriteLengths(BitWriter bits, byte[] lengths, int width, int special)
    {
        if (Single(lengths) is { } only)
        {
            bits.Put(width, 0);
            bits.Put(width, only);
            return;
        }

        int count = lengths.Length;
        while (lengths[count - 1] == 0) count--;
        bits.Put(width, count);
        for (int at = 0; at < count;)
        {
            int length = lengths[at++];
            if (length <= 6) bits.Put(3, length);
            else bits.Put(length - 3, (1 << (length - 3)) - 2);
            if (at != special) continue;
            while (at < 6 && lengths[at] == 0) at++;
            bits.Put(2, at - 3);
        }
    }

    private static void WriteCodeLengths(BitWriter bits, byte[] lengths)
    {
        if (Single(lengths) is { } only)
        {
            bits.Put(5, 0);
            bits.Put(5, 0);
            bits.Put(9, 0);
            bits.Put(9, only);
            return;
        }

        int count = lengths.Length;
        while (lengths[count - 1] == 0) count--;
        List<(int Code, int Bits, int Value)> items = [];
        for (int at = 0; at < count;)
        {
            if (lengths[at] > 0)
            {
                items.Add((lengths[at++] + 2, 0, 0));
                continue;
            }

            int run = 0;
            while (lengths[at + run] == 0) run++;
            at += run;
            if (run <= 2) items.AddRange(Enumerable.Repeat((0, 0, 0), run));
            else if (run <= 18) items.Add((1, 4, run - 3));
            else if (run == 19) items.AddRange([(0, 0, 0), (1, 4, 15)]);
            else items.Add((2, 9, run - 20));
        }

        int[] counts = new int[19];
        foreach ((int code, _, _) in items) counts[code]++;
        byte[] codeLengths = Codes.Lengths(counts, 16);
        int[] codes = Codes.Canonical(codeLengths);
        WriteLengths(bits, codeLengths, 5, 3);
        bits.Put(9, count);
        bool single = Single(codeLengths) is not null;
        foreach ((int code, int width, int value) in items)
        {
            if (!single) bits.Put(codeLengths[code], codes[code]);
            bits.Put(width, value);
        }
    }

    private static byte[] Adaptive(byte[] content, int method)
    {
        BitWriter bits = new();
        AdaptiveCode code = new(method == 1 ? 314 : 286, positions: method == 2);
        byte[] positionLengths = EarlyLzhStream.Ready(64, 3, [1, 4, 12, 24, 48]);
        int[] positionCodes = Codes.Canonical(positionLengths);
        long done = 0;
        foreach (Token token in Token.Find(content, method == 1 ? 4096 : 8192, method == 1 ? 60 : 256))
        {
            int symbol = token.IsMatch ? 256 + token.Length - 3 : token.Literal;
            int extra = 0;
            if (method == 2 && symbol >= 285) (symbol, extra) = (285, symbol - 285 + 1);
            bits.Put(code.WriteCode(symbol));
            if (extra > 0) bits.Put(8, extra - 1);
            if (token.IsMatch)
            {
                int position = token.Distance - 1;
                if (method == 2) bits.Put(code.WritePosition(position >> 6, done));
                else bits.Put(positionLengths[position >> 6], positionCodes[position >> 6]);
                bits.Put(6, position & 63);
            }

            done += token.IsMatch ? token.Length : 1;
        }

        return bits.Done();
    }

    private static byte[] Early(byte[] content)
    {
        BitWriter bits = new();
        byte[] positionLengths = EarlyLzhStream.Ready(128, 2, [1, 1, 3, 6, 13, 31, 78]);
        int[] positionCodes = Codes.Canonical(positionLengths);
        foreach (Token[] block in Token.Find(content, 8192, 256).Chunk(9000))
        {
            int[] counts = new int[286];
            foreach (Token token in block) counts[Math.Min(285, token.IsMatch ? 256 + token.Length - 3 : token.Literal)]++;
            byte[] lengths = Codes.Lengths(counts, 16);
            int[] codes = Codes.Canonical(lengths);
            bits.Put(16, block.Length);
            if (Single(lengths) is { } only)
            {
                for (int at = 0; at < 3; at++)
                {
                    bits.Put(1, 1);
                    bits.Put(4, 0);
                }

                bits.Put(9, only);
            }
            else
            {
                foreach (byte length in lengths)
                {
                    bits.Put(1, length > 0 ? 1 : 0);
                    if (length > 0) bits.Put(4, length - 1);
                }
            }

            bits.Put(1, 0);
            foreach (Token token in block)
            {
                int symbol = token.IsMatch ? 256 + token.Length - 3 : token.Literal;
                int shown = Math.Min(285, symbol);
                if (Single(lengths) is null) bits.Put(lengths[shown], codes[shown]);
                if (shown == 285) bits.Put(8, symbol - 285);
                if (!token.IsMatch) continue;
                int high = (token.Distance - 1) >> 6;
                bits.Put(positionLengths[high], positionCodes[high]);
                bits.Put(6, (token.Distance - 1) & 63);
            }
        }

        return bits.Done();
    }

    private static byte[] LArcS(byte[] content)
    {
        BitWriter bits = new();
        int at = 0;
        foreach (Token token in Token.Find(content, 2000, 17))
        {
            if (token.IsMatch)
            {
                bits.Put(1, 0);
                bits.Put(11, (at - token.Distance - 17) & 2047);
                bits.Put(4, token.Length - 2);
                at += token.Length;
            }
            else
            {
                bits.Put(1, 1);
                bits.Put(8, token.Literal);
                at++;
            }
        }

        return bits.Done();
    }

    private static byte[] LArc5(byte[] content)
    {
        List<byte> bytes = [];
        int at = 0;
        foreach (Token[] eight in Token.Find(content, 4000, 18).Chunk(8))
        {
            int flags = 0;
            List<byte> group = [];
            for (int index = 0; index < eight.Length; index++)
            {
                Token token = eight[index];
                if (token.IsMatch)
                {
                    int place = (at - token.Distance - 18) & 4095;
                    group.Add((byte)place);
                    group.Add((byte)(((place >> 4) & 0xF0) | (token.Length - 3)));
                    at += token.Length;
                }
                else
                {
                    flags |= 1 << index;
                    group.Add(token.Literal);
                    at++;
                }
            }

            bytes.Add((byte)flags);
            bytes.AddRange(group);
        }

        return [.. bytes];
    }
}

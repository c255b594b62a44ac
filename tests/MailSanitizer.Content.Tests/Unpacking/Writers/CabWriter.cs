using System.IO.Compression;
using MailSanitizer.Content.Formats.Compression;
using MailSanitizer.Content.Unpacking.Cab;

namespace MailSanitizer.Content.Tests.Unpacking.Writers;

/// <summary>Writes cabinets: stored, MSZIP, LZX (all three kinds of block, call translation) and Quantum.</summary>
internal static class CabWriter
{
    /// <summary>One folder with all the files. Methods: <c>none</c>, <c>mszip</c>, <c>lzx</c>, <c>lzx-aligned</c>, <c>lzx-raw</c>, <c>quantum</c>.</summary>
    public static byte[] Cabinet(string method, IReadOnlyList<(byte[] Name, byte[] Bytes, int Attributes)> files, int windowBits = 16)
    {
        byte[] content = [.. files.SelectMany(file => file.Bytes)];
        IReadOnlyList<(byte[] Packed, int Size)> blocks = method switch
        {
            "none" => [.. content.Chunk(32768).Select(chunk => (chunk, chunk.Length))],
            "mszip" => Mszip(content),
            "quantum" => new QuantumWriter(windowBits).Frames(content),
            _ => new LzxWriter(windowBits, method).Frames(content),
        };
        int type = method switch { "none" => 0, "mszip" => 1, "quantum" => 2 | (1 << 4) | (windowBits << 8), _ => 3 | (windowBits << 8) };
        byte[] directory = [.. files.SelectMany((file, index) => File(file, files.Take(index).Sum(before => before.Bytes.Length)))];
        byte[] data = [.. blocks.SelectMany(block => Block(block.Packed, block.Size))];
        int start = 36 + 8 + directory.Length;
        byte[] head =
        [
            .. "MSCF"u8, .. new byte[4], .. BitConverter.GetBytes(start + data.Length), .. new byte[4], .. BitConverter.GetBytes(44), .. new byte[4], 3, 1,
            1, 0, .. BitConverter.GetBytes((ushort)files.Count), 0, 0, 0x34, 0x12, 0, 0,
        ];
        return [.. head, .. BitConverter.GetBytes(start), .. BitConverter.GetBytes((ushort)blocks.Count), .. BitConverter.GetBytes((ushort)type), .. directory, .. data];
    }

    private static byte[] File((byte[] Name, byte[] Bytes, int Attributes) file, int offset) =>
        [.. BitConverter.GetBytes(file.Bytes.Length), .. BitConverter.GetBytes(offset), 0, 0, 0x75, 0x5B, 0x21, 0x58, (byte)file.Attributes, 0, .. file.Name, 0];

    private static byte[] Block(byte[] packed, int size)
    {
        byte[] lengths = [.. BitConverter.GetBytes((ushort)packed.Length), .. BitConverter.GetBytes((ushort)size)];
        return [.. BitConverter.GetBytes(CabBlocks.Sum(lengths, CabBlocks.Sum(packed, 0))), .. lengths, .. packed];
    }

    private static List<(byte[], int)> Mszip(byte[] content)
    {
        List<(byte[], int)> blocks = [];
        foreach (byte[] chunk in content.Chunk(32768))
        {
            MemoryStream packed = new();
            packed.Write("CK"u8);
            using (DeflateStream deflate = new(packed, CompressionLevel.Optimal, leaveOpen: true)) deflate.Write(chunk);
            blocks.Add((packed.ToArray(), chunk.Length));
        }

        return blocks;
    }
}

/// <summary>An LZX encoder: greedy matches, one block a frame.</summary>
internal sealed class LzxWriter(int windowBits, string method)
{
    private readonly int _slots = windowBits switch { 20 => 42, 21 => 50, _ => windowBits * 2 };
    private byte[] _mainBefore = [];
    private byte[] _lengthBefore = new byte[249];
    private readonly int[] _recent = [1, 1, 1];

    public List<(byte[], int)> Frames(byte[] content)
    {
        _mainBefore = new byte[256 + (_slots * 8)];
        List<(byte[], int)> frames = [];
        List<Token> tokens = Token.Find(content, (1 << windowBits) - 3, 257, 32768);
        int token = 0;
        for (int at = 0; at < content.Length; at += 32768)
        {
            int size = Math.Min(32768, content.Length - at);
            BitWriter bits = new(words: true);
            if (at == 0) bits.Put(1, 0);
            int first = token;
            for (int left = size; left > 0; token++) left -= tokens[token].IsMatch ? tokens[token].Length : 1;
            bool raw = method == "lzx-raw" && frames.Count % 2 == 0;
            if (raw) Raw(bits, content.AsSpan(at, size));
            else Block(bits, tokens[first..token], size, method == "lzx-aligned");
            frames.Add((bits.Done(), size));
        }

        return frames;
    }

    private void Raw(BitWriter bits, ReadOnlySpan<byte> content)
    {
        Start(bits, 3, content.Length);
        bits.Align(atLeastOne: true);
        foreach (int recent in _recent) bits.Raw(BitConverter.GetBytes(recent));
        bits.Raw(content);
        if ((content.Length & 1) != 0) bits.Raw([0]);
    }

    private static void Start(BitWriter bits, int type, int size)
    {
        bits.Put(3, type);
        bits.Put(16, size >> 8);
        bits.Put(8, size & 255);
    }

    private void Block(BitWriter bits, List<Token> tokens, int size, bool aligned)
    {
        List<(int Main, int Footer, int Slot, int Extra)> items = [];
        int[] main = new int[_mainBefore.Length];
        int[] footers = new int[249];
        int[] low = [1, 1, 1, 1, 1, 1, 1, 1];
        foreach (Token token in tokens)
        {
            if (!token.IsMatch)
            {
                items.Add((token.Literal, -1, 0, 0));
                main[token.Literal]++;
                continue;
            }

            (int slot, int extra) = Distance(token.Distance);
            int length = Math.Min(7, token.Length - 2);
            int footer = length == 7 ? token.Length - 9 : -1;
            int code = 256 + (slot * 8) + length;
            items.Add((code, footer, slot, extra));
            main[code]++;
            if (footer >= 0) footers[footer]++;
            if (aligned && ExtraBits(slot) >= 3) low[extra & 7]++;
        }

        // A tree of a single code is incomplete, which other readers refuse.
        main[0]++;
        main[1]++;
        footers[0]++;
        footers[1]++;
        byte[] mainLengths = Codes.Lengths(main, 16);
        byte[] footerLengths = Codes.Lengths(footers, 16);
        byte[] lowLengths = Codes.Lengths(low, 7);
        Start(bits, aligned ? 2 : 1, size);
        if (aligned)
        {
            foreach (byte length in lowLengths) bits.Put(3, length);
        }

        Lengths(bits, _mainBefore, mainLengths, 0, 256);
        Lengths(bits, _mainBefore, mainLengths, 256, mainLengths.Length);
        Lengths(bits, _lengthBefore, footerLengths, 0, 249);
        (_mainBefore, _lengthBefore) = (mainLengths, footerLengths);
        int[] mainCodes = Codes.Canonical(mainLengths);
        int[] footerCodes = Codes.Canonical(footerLengths);
        int[] lowCodes = Codes.Canonical(lowLengths);
        foreach ((int code, int footer, int slot, int extra) in items)
        {
            bits.Put(mainLengths[code], mainCodes[code]);
            if (footer >= 0) bits.Put(footerLengths[footer], footerCodes[footer]);
            if (code < 256 || slot < 3) continue;
            int width = ExtraBits(slot);
            if (aligned && width >= 3)
            {
                bits.Put(width - 3, extra >> 3);
                bits.Put(lowLengths[extra & 7], lowCodes[extra & 7]);
            }
            else
            {
                bits.Put(width, extra);
            }
        }
    }

    private (int Slot, int Extra) Distance(int distance)
    {
        int recent = Array.IndexOf(_recent, distance);
        if (recent >= 0)
        {
            (_recent[recent], _recent[0]) = (_recent[0], distance);
            return (recent, 0);
        }

        (_recent[2], _recent[1], _recent[0]) = (_recent[1], _recent[0], distance);
        int slot = _slots - 1;
        while (Base(slot) > distance + 2) slot--;
        return (slot, distance + 2 - Base(slot));
    }

    private static int ExtraBits(int slot) => slot < 4 ? 0 : Math.Min(17, (slot / 2) - 1);

    private static readonly int[] Bases = [.. Enumerable.Range(0, 51).Select(slot => Enumerable.Range(0, slot).Sum(before => 1 << ExtraBits(before)))];

    private static int Base(int slot) => Bases[slot];

    private static void Lengths(BitWriter bits, byte[] before, byte[] lengths, int from, int to)
    {
        List<(int Code, int Bits, int Value)> items = [];
        for (int at = from; at < to;)
        {
            int zeros = 0;
            while (at + zeros < to && lengths[at + zeros] == 0 && zeros < 51) zeros++;
            if (zeros >= 20) items.Add((18, 5, zeros - 20));
            else if (zeros >= 4) items.Add((17, 4, zeros - 4));
            else if (at + 4 <= to && lengths.AsSpan(at, 4).IndexOfAnyExcept(lengths[at]) < 0)
            {
                items.Add((19, 1, 0));
                items.Add(((before[at] - lengths[at] + 17) % 17, 0, 0));
                at += 4;
                continue;
            }
            else
            {
                items.Add(((before[at] - lengths[at] + 17) % 17, 0, 0));
                zeros = 1;
            }

            at += zeros;
        }

        int[] counts = new int[20];
        foreach ((int code, _, _) in items) counts[code]++;
        counts[0]++;
        counts[1]++;
        byte[] codeLengths = Codes.Lengths(counts, 15);
        int[] codes = Codes.Canonical(codeLengths);
        foreach (byte length in codeLengths) bits.Put(4, length);
        foreach ((int code, int width, int value) in items)
        {
            bits.Put(codeLengths[code], codes[code]);
            bits.Put(width, value);
        }
    }
}

/// <summary>A Quantum encoder: the arithmetic code turned round, with the reader's models.</summary>
internal sealed class QuantumWriter(int windowBits)
{
    private readonly QuantumModel[] _literals = [new(0, 64), new(64, 64), new(128, 64), new(192, 64)];
    private readonly QuantumModel _positions3 = new(0, Math.Min(windowBits * 2, 24));
    private readonly QuantumModel _positions4 = new(0, Math.Min(windowBits * 2, 36));
    private readonly QuantumModel _positions = new(0, windowBits * 2);
    private readonly QuantumModel _lengths = new(0, 27);
    private readonly QuantumModel _selectors = new(0, 7);
    private readonly List<bool> _code = [];
    private readonly List<(int At, int Count, int Value)> _raw = [];
    private int _shifts;
    private uint _low;
    private uint _high;
    private int _pending;

    public List<(byte[], int)> Frames(byte[] content)
    {
        List<(byte[], int)> frames = [];
        List<Token> tokens = Token.Find(content, (1 << windowBits) - 1, 255, 32768);
        int token = 0;
        for (int at = 0; at < content.Length; at += 32768)
        {
            int size = Math.Min(32768, content.Length - at);
            _code.Clear();
            _raw.Clear();
            (_low, _high, _pending, _shifts) = (0, 0xFFFF, 0, 0);
            for (int left = size; left > 0; token++)
            {
                One(tokens[token]);
                left -= tokens[token].IsMatch ? tokens[token].Length : 1;
            }

            _pending++;
            Bit(_low >= 0x4000);
            frames.Add((Merge(), size));
        }

        return frames;
    }

    // The reader takes 16 bits of the code in ahead and one with each shift; bits that are not coded stand where it then is.
    private byte[] Merge()
    {
        BitWriter bits = new();
        int next = 0;
        for (int at = 0; at < _code.Count + 32; at++)
        {
            for (; next < _raw.Count && _raw[next].At == at; next++) bits.Put(_raw[next].Count, _raw[next].Value);
            bits.Put(1, at < _code.Count && _code[at] ? 1 : 0);
        }

        return bits.Done();
    }

    private void One(Token token)
    {
        int slot = 0;
        if (token.IsMatch) slot = Slot(token.Distance - 1);
        if (!token.IsMatch)
        {
            Write(_selectors, token.Literal >> 6);
            Write(_literals[token.Literal >> 6], token.Literal);
            return;
        }

        Write(_selectors, Math.Min(6, token.Length + 1));
        if (token.Length >= 5)
        {
            int length = 26;
            int[] bases = [0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 14, 18, 22, 26, 30, 38, 46, 54, 62, 78, 94, 110, 126, 158, 190, 222, 254];
            int[] extras = [0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
            while (bases[length] > token.Length - 5) length--;
            Write(_lengths, length);
            Raw(extras[length], token.Length - 5 - bases[length]);
        }

        Write(token.Length switch { 3 => _positions3, 4 => _positions4, _ => _positions }, slot);
        (int start, int extra) = QuantumDecoder.Slot(slot);
        Raw(extra, token.Distance - 1 - start);
    }

    private int Slot(int position)
    {
        int slot = (windowBits * 2) - 1;
        while (QuantumDecoder.Slot(slot).Base > position) slot--;
        return slot;
    }

    private void Raw(int count, int value)
    {
        if (count > 0) _raw.Add((_shifts + 16, count, value));
    }

    private void Write(QuantumModel model, int symbol)
    {
        uint total = (uint)model.Total;
        (_, uint above, uint below) = model.Take(model.IndexOf(symbol));
        uint range = _high - _low + 1;
        _high = _low + (above * range / total) - 1;
        _low += below * range / total;
        while (true)
        {
            if ((_low & 0x8000) == (_high & 0x8000)) Bit((_low & 0x8000) != 0);
            else if ((_low & 0x4000) != 0 && (_high & 0x4000) == 0)
            {
                _pending++;
                _low &= 0x3FFF;
                _high |= 0x4000;
            }
            else return;
            _shifts++;
            _low = (_low << 1) & 0xFFFF;
            _high = ((_high << 1) | 1) & 0xFFFF;
        }
    }

    private void Bit(bool bit)
    {
        _code.Add(bit);
        for (; _pending > 0; _pending--) _code.Add(!bit);
    }
}

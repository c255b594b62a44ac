namespace MailSanitizer.Content.Formats.Compression;

/// <summary>A canonical prefix code read from the highest bit on (LZH, ARJ, LZX): codes of one length follow each other, shorter ones first.</summary>
internal sealed class MsbHuffman(int symbols, int tableBits)
{
    private const int MaxBits = 16;

    private readonly ushort[] _table = new ushort[1 << tableBits];
    private readonly byte[] _tableLengths = new byte[1 << tableBits];
    private readonly ushort[] _sorted = new ushort[symbols];
    private readonly int[] _first = new int[MaxBits + 2];
    private readonly int[] _offset = new int[MaxBits + 2];
    private readonly int[] _count = new int[MaxBits + 1];
    private int _only = -1;
    private int _longest;

    /// <summary>Every code stands for this symbol and takes no bits.</summary>
    public void SetOnly(int symbol)
    {
        if (symbol >= symbols) throw new InvalidDataException("a code for a symbol that does not exist");
        _only = symbol;
    }

    /// <summary>Builds from code lengths (0: no code). An incomplete code is taken; reading what it leaves out is the fault.</summary>
    public void Build(ReadOnlySpan<byte> lengths)
    {
        _only = -1;
        Array.Clear(_count);
        Array.Clear(_tableLengths);
        foreach (byte length in lengths)
        {
            if (length > MaxBits) throw new InvalidDataException("a code that is too long");
            if (length > 0) _count[length]++;
        }

        int code = 0;
        int offset = 0;
        _longest = 0;
        for (int length = 1; length <= MaxBits; length++)
        {
            _first[length] = code;
            _offset[length] = offset;
            code += _count[length];
            offset += _count[length];
            if (code > 1 << length) throw new InvalidDataException("code lengths that make no code");
            if (_count[length] > 0) _longest = length;
            code <<= 1;
        }

        Span<int> next = stackalloc int[MaxBits + 1];
        for (int symbol = 0; symbol < lengths.Length; symbol++)
        {
            int length = lengths[symbol];
            if (length == 0) continue;
            int index = next[length]++;
            _sorted[_offset[length] + index] = (ushort)symbol;
            if (length > tableBits) continue;
            int start = (_first[length] + index) << (tableBits - length);
            _table.AsSpan(start, 1 << (tableBits - length)).Fill((ushort)symbol);
            _tableLengths.AsSpan(start, 1 << (tableBits - length)).Fill((byte)length);
        }
    }

    /// <summary>Reads one symbol.</summary>
    public int Read(MsbBitReader bits)
    {
        if (_only >= 0) return _only;
        uint ahead = bits.Peek(MaxBits);
        int short_ = (int)(ahead >> (MaxBits - tableBits));
        int length = _tableLengths[short_];
        if (length > 0)
        {
            bits.Drop(length);
            return _table[short_];
        }

        for (length = tableBits + 1; length <= _longest; length++)
        {
            int index = (int)(ahead >> (MaxBits - length)) - _first[length];
            if (index < 0 || index >= _count[length]) continue;
            bits.Drop(length);
            return _sorted[_offset[length] + index];
        }

        throw new InvalidDataException("a code that stands for nothing");
    }
}

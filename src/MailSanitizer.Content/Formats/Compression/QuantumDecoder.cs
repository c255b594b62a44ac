namespace MailSanitizer.Content.Formats.Compression;

/// <summary>Decodes Quantum as cabinets hold it: an arithmetic code over adaptive models; each frame of 32 KB begins the code anew, the window goes on.</summary>
internal sealed class QuantumDecoder
{
    private static readonly int[] LengthBase = [0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 14, 18, 22, 26, 30, 38, 46, 54, 62, 78, 94, 110, 126, 158, 190, 222, 254];
    private static readonly int[] LengthExtra = [0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];

    private readonly byte[] _window;
    private readonly QuantumModel[] _literals = [new(0, 64), new(64, 64), new(128, 64), new(192, 64)];
    private readonly QuantumModel _positions3;
    private readonly QuantumModel _positions4;
    private readonly QuantumModel _positions;
    private readonly QuantumModel _lengths = new(0, 27);
    private readonly QuantumModel _selectors = new(0, 7);
    private MsbBitReader _bits = new(Stream.Null);
    private uint _high;
    private uint _low;
    private uint _code;
    private int _at;
    private long _written;

    /// <summary>A decoder with a window of 2^<paramref name="windowBits"/> bytes (10 to 21).</summary>
    public QuantumDecoder(int windowBits)
    {
        _window = new byte[1 << windowBits];
        int slots = windowBits * 2;
        _positions3 = new QuantumModel(0, Math.Min(slots, 24));
        _positions4 = new QuantumModel(0, Math.Min(slots, 36));
        _positions = new QuantumModel(0, slots);
    }

    /// <summary>The first distance of a slot and its extra bits.</summary>
    internal static (int Base, int Extra) Slot(int slot)
    {
        int extra = slot < 4 ? 0 : (slot / 2) - 1;
        return (slot < 4 ? slot : (2 | (slot & 1)) << extra, extra);
    }

    /// <summary>Decodes one frame.</summary>
    public void DecodeFrame(byte[] packed, Span<byte> frame)
    {
        _bits = new MsbBitReader(new MemoryStream(packed, writable: false));
        (_high, _low, _code) = (0xFFFF, 0, _bits.Take(16));
        for (int at = 0; at < frame.Length;)
        {
            int selector = Read(_selectors);
            if (selector < 4)
            {
                byte literal = (byte)Read(_literals[selector]);
                Add(literal);
                frame[at++] = literal;
                continue;
            }

            int length = selector switch { 4 => 3, 5 => 4, _ => ReadLength() };
            (int start, int extra) = Slot(Read(selector switch { 4 => _positions3, 5 => _positions4, _ => _positions }));
            int distance = start + (int)_bits.Take(extra) + 1;
            if (length > frame.Length - at) throw new InvalidDataException("quantum: a match beyond its frame");
            if (distance > _window.Length || distance > _written) throw new InvalidDataException("quantum: a distance to before the beginning");
            int from = _at - distance;
            for (int index = 0; index < length; index++)
            {
                byte value = _window[(from + index) & (_window.Length - 1)];
                Add(value);
                frame[at++] = value;
            }
        }
    }

    private int ReadLength()
    {
        int slot = Read(_lengths);
        return LengthBase[slot] + (int)_bits.Take(LengthExtra[slot]) + 5;
    }

    private int Read(QuantumModel model)
    {
        uint range = ((_high - _low) & 0xFFFF) + 1;
        uint total = (uint)model.Total;
        uint place = (((((_code - _low + 1) & 0xFFFF_FFFF) * total) - 1) / range) & 0xFFFF;
        int index = model.Find((int)place);
        (int symbol, uint above, uint below) = model.Take(index);
        _high = (_low + (above * range / total) - 1) & 0xFFFF;
        _low = (_low + (below * range / total)) & 0xFFFF;
        while (true)
        {
            if ((_low & 0x8000) != (_high & 0x8000))
            {
                if ((_low & 0x4000) == 0 || (_high & 0x4000) != 0) return symbol;
                _code ^= 0x4000;
                _low &= 0x3FFF;
                _high |= 0x4000;
            }

            _low = (_low << 1) & 0xFFFF;
            _high = ((_high << 1) | 1) & 0xFFFF;
            _code = ((_code << 1) | _bits.Take(1)) & 0xFFFF;
        }
    }

    private void Add(byte value)
    {
        _window[_at] = value;
        _at = (_at + 1) & (_window.Length - 1);
        _written++;
    }
}

/// <summary>An adaptive model of Quantum: symbols with cumulative frequencies, halved at 3,800, sorted anew from time to time.</summary>
internal sealed class QuantumModel
{
    private readonly int[] _symbols;
    private readonly int[] _cumulative;
    private int _untilSort = 4;

    /// <summary>A fresh model of so many symbols from a first one on.</summary>
    public QuantumModel(int first, int count)
    {
        _symbols = new int[count];
        _cumulative = new int[count + 1];
        for (int at = 0; at < count; at++) _symbols[at] = first + at;
        for (int at = 0; at <= count; at++) _cumulative[at] = count - at;
    }

    /// <summary>The sum of all frequencies.</summary>
    public int Total => _cumulative[0];

    /// <summary>The index of the symbol at a place in the range.</summary>
    public int Find(int place)
    {
        int index = 1;
        while (index < _symbols.Length && _cumulative[index] > place) index++;
        return index - 1;
    }

    /// <summary>The index of a symbol, for writers.</summary>
    public int IndexOf(int symbol) => Array.IndexOf(_symbols, symbol);

    /// <summary>A symbol with its bounds, and counts it.</summary>
    public (int Symbol, uint Above, uint Below) Take(int index)
    {
        (int, uint, uint) taken = (_symbols[index], (uint)_cumulative[index], (uint)_cumulative[index + 1]);
        for (int at = index; at >= 0; at--) _cumulative[at] += 8;
        if (_cumulative[0] > 3800) Halve();
        return taken;
    }

    private void Halve()
    {
        int count = _symbols.Length;
        if (--_untilSort > 0)
        {
            for (int at = count - 1; at >= 0; at--) _cumulative[at] = Math.Max(_cumulative[at] >> 1, _cumulative[at + 1] + 1);
            return;
        }

        _untilSort = 50;
        for (int at = 0; at < count; at++) _cumulative[at] = (_cumulative[at] - _cumulative[at + 1] + 1) >> 1;

        // Exchange sort, as the format's own code does it: which of two equals comes first is part of the format.
        for (int at = 0; at < count - 1; at++)
        {
            for (int other = at + 1; other < count; other++)
            {
                if (_cumulative[at] >= _cumulative[other]) continue;
                (_cumulative[at], _cumulative[other]) = (_cumulative[other], _cumulative[at]);
                (_symbols[at], _symbols[other]) = (_symbols[other], _symbols[at]);
            }
        }

        for (int at = count - 1; at >= 0; at--) _cumulative[at] += _cumulative[at + 1];
    }
}

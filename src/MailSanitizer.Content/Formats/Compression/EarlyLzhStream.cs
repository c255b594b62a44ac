namespace MailSanitizer.Content.Formats.Compression;

/// <summary>Decodes LZH -lh1- (adaptive codes, fixed positions), -lh2- (both adaptive) and -lh3- (block-wise static codes): LHarc and early LHA.</summary>
internal sealed class EarlyLzhStream : WindowStream
{
    private const int Extended = 286;

    private readonly MsbBitReader _bits;
    private readonly int _method;
    private readonly AdaptiveCode? _adaptive;
    private readonly MsbHuffman _codes = new(Extended, 11);
    private readonly MsbHuffman _positions = new(128, 8);
    private int _left;

    /// <summary>A decoder for method 1, 2 or 3.</summary>
    public EarlyLzhStream(Stream source, int method, long length)
        : base(new RingWindow(method == 1 ? 4096 : 8192, (byte)' '), length)
    {
        _bits = new MsbBitReader(source);
        _method = method;
        if (method < 3) _adaptive = new AdaptiveCode(method == 1 ? 314 : Extended, positions: method == 2);
        if (method == 1) _positions.Build(Ready(64, 3, [1, 4, 12, 24, 48]));
    }

    /// <inheritdoc/>
    protected override void Step()
    {
        int code = _method == 3 ? StaticCode() : _adaptive!.ReadCode(_bits);
        if (_method > 1 && code == Extended - 1) code += (int)_bits.Take(8);
        if (code < 256)
        {
            Window.Add((byte)code);
            return;
        }

        int high = _method == 2 ? _adaptive!.ReadPosition(_bits, Window.Written) : _positions.Read(_bits);
        int position = (high << 6) + (int)_bits.Take(6);
        if (position >= Window.Raw.Length) throw new InvalidDataException("a distance beyond the window");
        Window.Repeat(position + 1, code - 256 + 3);
    }

    // Lengths of the ready-made position code: each place in the list makes the code a bit longer from that symbol on.
    internal static byte[] Ready(int count, byte start, ReadOnlySpan<byte> longerFrom)
    {
        byte[] lengths = new byte[count];
        byte length = start;
        int next = 0;
        for (int at = 0; at < count; at++)
        {
            while (next < longerFrom.Length && longerFrom[next] == at)
            {
                length++;
                next++;
            }

            lengths[at] = length;
        }

        return lengths;
    }

    private int StaticCode()
    {
        if (_left == 0)
        {
            _left = (int)_bits.Take(16);
            if (_left == 0) throw new InvalidDataException("an empty block");
            ReadTree(_codes, Extended, 9, flagged: true);
            if (_bits.Take(1) == 1) ReadTree(_positions, 128, 7, flagged: false);
            else _positions.Build(Ready(128, 2, [1, 1, 3, 6, 13, 31, 78]));
        }

        _left--;
        return _codes.Read(_bits);
    }

    // Three codes of one bit each cannot be: they announce that there is one symbol only.
    private void ReadTree(MsbHuffman into, int count, int symbolBits, bool flagged)
    {
        Span<byte> lengths = stackalloc byte[Extended];
        lengths.Clear();
        for (int at = 0; at < count; at++)
        {
            lengths[at] = flagged ? (byte)(_bits.Take(1) == 1 ? _bits.Take(4) + 1 : 0) : (byte)_bits.Take(4);
            if (at == 2 && lengths[0] == 1 && lengths[1] == 1 && lengths[2] == 1)
            {
                into.SetOnly((int)_bits.Take(symbolBits));
                return;
            }
        }

        into.Build(lengths[..count]);
    }
}

namespace MailSanitizer.Content.Formats.Compression;

/// <summary>Decodes LZSS with block-wise static Huffman codes: LZH -lh4- to -lh7- and ARJ methods 1 to 3 (Okumura's ar002).</summary>
internal sealed class StaticLzhStream : WindowStream
{
    private const int Literals = 510;
    private const int Lengths = 19;

    private readonly MsbBitReader _bits;
    private readonly MsbHuffman _codes = new(Literals, 11);
    private readonly MsbHuffman _lengthCodes = new(Lengths, 8);
    private readonly MsbHuffman _positions;
    private readonly int _positionCount;
    private readonly int _positionBits;
    private int _left;

    /// <summary>A decoder. The window is 2^<paramref name="windowBits"/> bytes; positions have as many codes as the format says.</summary>
    public StaticLzhStream(Stream source, int windowBits, int positionCount, int positionBits, long length)
        : base(new RingWindow(1 << windowBits, (byte)' '), length)
    {
        _bits = new MsbBitReader(source);
        (_positionCount, _positionBits) = (positionCount, positionBits);
        _positions = new MsbHuffman(Math.Max(positionCount, Lengths), 8);
    }

    /// <inheritdoc/>
    protected override void Step()
    {
        if (_left == 0) StartBlock();
        _left--;
        int code = _codes.Read(_bits);
        if (code < 256)
        {
            Window.Add((byte)code);
            return;
        }

        int bits = _positions.Read(_bits);
        int position = bits == 0 ? 0 : (1 << (bits - 1)) + (int)_bits.Take(bits - 1);
        if (position >= Window.Raw.Length) throw new InvalidDataException("a distance beyond the window");
        Window.Repeat(position + 1, code - 256 + 3);
    }

    private void StartBlock()
    {
        _left = (int)_bits.Take(16);
        if (_left == 0) throw new InvalidDataException("an empty block");
        ReadLengths(_lengthCodes, Lengths, 5, special: 3);
        ReadCodes();
        ReadLengths(_positions, _positionCount, _positionBits, special: -1);
    }

    private void ReadLengths(MsbHuffman into, int count, int width, int special)
    {
        int given = (int)_bits.Take(width);
        if (given == 0)
        {
            into.SetOnly((int)_bits.Take(width));
            return;
        }

        if (given > count) throw new InvalidDataException("more code lengths than codes");
        Span<byte> lengths = stackalloc byte[32];
        for (int at = 0; at < given;)
        {
            int length = (int)_bits.Take(3);
            if (length == 7)
            {
                while (_bits.Take(1) == 1)
                {
                    if (++length > 16) throw new InvalidDataException("a code that is too long");
                }
            }

            lengths[at++] = (byte)length;
            if (at == special) at += (int)_bits.Take(2);
        }

        into.Build(lengths[..Math.Max(given, count)]);
    }

    private void ReadCodes()
    {
        int given = (int)_bits.Take(9);
        if (given == 0)
        {
            _codes.SetOnly((int)_bits.Take(9));
            return;
        }

        if (given > Literals) throw new InvalidDataException("more code lengths than codes");
        Span<byte> lengths = stackalloc byte[Literals];
        lengths.Clear();
        for (int at = 0; at < given;)
        {
            int code = _lengthCodes.Read(_bits);
            if (code > 2)
            {
                lengths[at++] = (byte)(code - 2);
                continue;
            }

            at += code switch { 0 => 1, 1 => (int)_bits.Take(4) + 3, _ => (int)_bits.Take(9) + 20 };
        }

        _codes.Build(lengths[..Literals]);
    }
}

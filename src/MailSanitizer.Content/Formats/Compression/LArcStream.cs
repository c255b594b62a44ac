namespace MailSanitizer.Content.Formats.Compression;

/// <summary>Decodes LArc's -lzs- (2 KB window, bits) and -lz5- (4 KB window, flag bytes). Positions are absolute places in the window.</summary>
internal sealed class LArcStream : WindowStream
{
    private readonly MsbBitReader _bits;
    private readonly bool _five;
    private int _flags;
    private int _flagCount;

    /// <summary>A decoder; <paramref name="five"/> for -lz5-.</summary>
    public LArcStream(Stream source, bool five, long length)
        : base(new RingWindow(five ? 4096 : 2048, (byte)' '), length)
    {
        _bits = new MsbBitReader(source);
        _five = five;
        if (five) FillWindow(Window.Raw);
    }

    /// <summary>What -lz5-'s window holds at the beginning.</summary>
    internal static void FillWindow(Span<byte> window)
    {
        for (int value = 0; value < 256; value++)
        {
            window.Slice((value * 13) + 18, 13).Fill((byte)value);
            window[(256 * 13) + 18 + value] = (byte)value;
            window[(256 * 13) + 256 + 18 + value] = (byte)(255 - value);
        }

        window.Slice((256 * 13) + 512 + 18, 128).Clear();
        window.Slice((256 * 13) + 512 + 128 + 18, 128 - 18).Fill((byte)' ');
        window[..18].Fill((byte)' ');
    }

    /// <inheritdoc/>
    protected override void Step()
    {
        if (_five) StepFive();
        else StepS();
    }

    private void StepS()
    {
        if (_bits.Take(1) == 1)
        {
            Window.Add((byte)_bits.Take(8));
            return;
        }

        int place = (int)_bits.Take(11) + 17;
        Repeat(place, (int)_bits.Take(4) + 2);
    }

    private void StepFive()
    {
        if (_flagCount == 0)
        {
            _flags = (int)_bits.Take(8);
            _flagCount = 8;
        }

        bool literal = (_flags & 1) != 0;
        _flags >>= 1;
        _flagCount--;
        int first = (int)_bits.Take(8);
        if (literal)
        {
            Window.Add((byte)first);
            return;
        }

        int second = (int)_bits.Take(8);
        Repeat(first + ((second & 0xF0) << 4) + 18, (second & 15) + 3);
    }

    private void Repeat(int place, int length)
    {
        int size = Window.Raw.Length;
        int distance = (int)((Window.Written - place) & (size - 1));
        Window.Repeat(distance == 0 ? size : distance, length);
    }
}

namespace MailSanitizer.Content.Formats.Compression;

/// <summary>Decodes ARJ's method 4: lengths and distances in a code of growing width.</summary>
internal sealed class ArjFastestStream(Stream source, long length) : WindowStream(new RingWindow(32 * 1024, 0), length)
{
    private readonly MsbBitReader _bits = new(source);

    /// <inheritdoc/>
    protected override void Step()
    {
        int code = Number(0, 7);
        if (code == 0)
        {
            Window.Add((byte)_bits.Take(8));
            return;
        }

        Window.Repeat(Number(9, 13) + 1, code + 2);
    }

    private int Number(int width, int widest)
    {
        int sum = 0;
        for (; width < widest && _bits.Take(1) == 1; width++) sum += 1 << width;
        return sum + (int)_bits.Take(width);
    }
}

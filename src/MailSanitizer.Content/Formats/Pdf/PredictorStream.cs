namespace MailSanitizer.Content.Formats.Pdf;

/// <summary>PNG and TIFF predictors (7.4.4.4).</summary>
internal sealed class PredictorStream : ForwardStream
{
    private const int LongestRow = 1024 * 1024;
    private readonly Stream _source;
    private readonly bool _png;
    private readonly int _colors;
    private readonly int _bits;
    private readonly int _step;
    private byte[] _row;
    private byte[] _above;
    private int _at;
    private int _end;

    public PredictorStream(Stream source, int predictor, int colors, int bits, int columns)
    {
        _source = source;
        _png = predictor >= 10;
        _colors = colors;
        _bits = bits;
        _step = Math.Max(1, colors * bits / 8);
        int length = (int)((((long)colors * bits * columns) + 7) / 8);
        _row = new byte[length];
        _above = new byte[length];
    }

    /// <summary>True for parameters that a reader takes; a row of more than 1 MB is not one.</summary>
    public static bool Fits(int colors, int bits, int columns) =>
        colors is >= 1 and <= 64 && bits is 1 or 2 or 4 or 8 or 16 && columns >= 1 && (long)colors * bits * columns / 8 <= LongestRow;

    public override int Read(Span<byte> buffer)
    {
        if (_at == _end && !Fill()) return 0;
        int count = Math.Min(buffer.Length, _end - _at);
        _row.AsSpan(_at, count).CopyTo(buffer);
        _at += count;
        return count;
    }

    private bool Fill()
    {
        int kind = 0;
        if (_png)
        {
            Span<byte> tag = stackalloc byte[1];
            if (_source.ReadAtLeast(tag, 1, throwOnEndOfStream: false) == 0) return false;
            kind = tag[0];
        }

        (_row, _above) = (_above, _row);
        _row.AsSpan().Clear();
        _end = _source.ReadAtLeast(_row, _row.Length, throwOnEndOfStream: false);
        _at = 0;
        if (_end == 0) return false;
        if (_png) Png(kind);
        else Tiff();
        return true;
    }

    private void Png(int kind)
    {
        for (int at = 0; at < _row.Length; at++)
        {
            int left = at >= _step ? _row[at - _step] : 0;
            int above = _above[at];
            int corner = at >= _step ? _above[at - _step] : 0;
            int add = kind switch
            {
                1 => left,
                2 => above,
                3 => (left + above) / 2,
                4 => Paeth(left, above, corner),
                _ => 0,
            };
            _row[at] = (byte)(_row[at] + add);
        }
    }

    private static int Paeth(int left, int above, int corner)
    {
        int estimate = left + above - corner;
        int toLeft = Math.Abs(estimate - left), toAbove = Math.Abs(estimate - above), toCorner = Math.Abs(estimate - corner);
        return toLeft <= toAbove && toLeft <= toCorner ? left : toAbove <= toCorner ? above : corner;
    }

    private void Tiff()
    {
        // Object streams and attachments have bytes; samples of other sizes are images', which are not decoded here.
        if (_bits != 8) return;
        for (int at = _colors; at < _row.Length; at++) _row[at] = (byte)(_row[at] + _row[at - _colors]);
    }
}

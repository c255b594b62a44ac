namespace MailSanitizer.Content.Formats.Compression;

/// <summary>A decoder's window (a power of two in size), from which what was decoded is read out in order.</summary>
internal sealed class RingWindow
{
    private readonly byte[] _ring;
    private long _written;
    private long _read;

    public RingWindow(int size, byte fill)
    {
        _ring = new byte[size];
        if (fill != 0) _ring.AsSpan().Fill(fill);
    }

    /// <summary>The bytes, for formats whose window begins filled.</summary>
    public Span<byte> Raw => _ring;

    /// <summary>Bytes decoded so far.</summary>
    public long Written => _written;

    /// <summary>Decoded bytes that were not read out yet.</summary>
    public int Pending => (int)(_written - _read);

    public void Add(byte value) => _ring[(int)(_written++ & (_ring.Length - 1))] = value;

    /// <summary>Repeats what was written <paramref name="distance"/> bytes ago (1: the last byte). Distances up to the window's size reach its first filling.</summary>
    public void Repeat(int distance, int length)
    {
        int mask = _ring.Length - 1;
        long from = _written - distance;
        for (int index = 0; index < length; index++) _ring[(int)(_written++ & mask)] = _ring[(int)((from + index) & mask)];
    }

    /// <summary>Reads decoded bytes out.</summary>
    public int Read(Span<byte> buffer)
    {
        int start = (int)(_read & (_ring.Length - 1));
        int count = Math.Min(Math.Min(buffer.Length, Pending), _ring.Length - start);
        _ring.AsSpan(start, count).CopyTo(buffer);
        _read += count;
        return count;
    }
}

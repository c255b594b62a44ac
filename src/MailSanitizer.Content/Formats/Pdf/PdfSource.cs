namespace MailSanitizer.Content.Formats.Pdf;

/// <summary>Stretches of a file, as large as a reader asks, without holding the file in memory where it does not lie there already.</summary>
internal sealed class PdfSource
{
    private const int ScanSize = 1024 * 1024;

    private readonly PartBytes _bytes;
    private readonly ReadOnlyMemory<byte> _memory;
    private readonly bool _inMemory;
    private byte[] _window = [];
    private long _windowStart;
    private int _windowLength;

    public PdfSource(PartBytes bytes)
    {
        _bytes = bytes;
        _inMemory = bytes.TryGetMemory(out _memory);
    }

    public PartBytes Bytes => _bytes;

    public long Length => _bytes.Length;

    /// <summary>At most <paramref name="length"/> bytes at <paramref name="offset"/>; fewer at the end. Valid until the next call.</summary>
    public ReadOnlySpan<byte> Window(long offset, int length)
    {
        if (offset < 0 || offset >= Length) return default;
        int count = (int)Math.Min(length, Length - offset);
        if (_inMemory) return _memory.Span.Slice((int)offset, count);
        if (offset < _windowStart || offset + count > _windowStart + _windowLength)
        {
            int size = Math.Max(count, 64 * 1024);
            if (_window.Length < size) _window = new byte[size];
            _windowStart = offset;
            _windowLength = _bytes.Read(offset, _window.AsSpan(0, (int)Math.Min(_window.Length, Length - offset)));
            if (_windowLength < count) count = _windowLength;
        }

        return _window.AsSpan((int)(offset - _windowStart), count);
    }

    /// <summary>Offsets of every place of <paramref name="word"/>, in order.</summary>
    public List<long> Find(ReadOnlySpan<byte> word, int most, CancellationToken cancellation)
    {
        List<long> found = [];
        byte[]? buffer = _inMemory ? null : new byte[ScanSize];
        for (long at = 0; at < Length;)
        {
            cancellation.ThrowIfCancellationRequested();
            ReadOnlySpan<byte> chunk;
            if (_inMemory) chunk = _memory.Span[(int)at..Math.Min(_memory.Length, (int)at + ScanSize)];
            else chunk = buffer.AsSpan(0, _bytes.Read(at, buffer));
            if (chunk.Length < word.Length) break;
            for (int from = 0; chunk[from..].IndexOf(word) is var hit and >= 0; from += hit + word.Length)
            {
                found.Add(at + from + hit);
                if (found.Count >= most) return found;
            }

            // The overlap is a byte short of a word, so that no place is found twice.
            at += chunk.Length < ScanSize ? chunk.Length : chunk.Length - word.Length + 1;
        }

        return found;
    }

    /// <summary>As <see cref="Window"/>, but valid for as long as it is held.</summary>
    public ReadOnlyMemory<byte> Memory(long offset, int length)
    {
        if (offset < 0 || offset >= Length) return default;
        int count = (int)Math.Min(length, Length - offset);
        return _inMemory ? _memory.Slice((int)offset, count) : Window(offset, count).ToArray();
    }
}

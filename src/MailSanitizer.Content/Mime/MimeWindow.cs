namespace MailSanitizer.Content.Mime;

/// <summary>Reads a message by offsets: straight from memory, or through one window over a scratch file.</summary>
internal sealed class MimeWindow
{
    private const int Size = 256 * 1024;
    private readonly PartBytes _bytes;
    private readonly byte[]? _buffer;
    private ReadOnlyMemory<byte> _memory;
    private long _start;

    public MimeWindow(PartBytes bytes)
    {
        _bytes = bytes;
        Length = bytes.Length;
        if (!bytes.TryGetMemory(out _memory)) _buffer = new byte[(int)Math.Min(Size, Math.Max(1, bytes.Length))];
    }

    public long Length { get; }

    /// <summary>
    /// At most <paramref name="count"/> bytes at an offset, fewer only at the end of the message or of the window, and then at least <paramref name="need"/>: so
    /// a window is read again once for its length, not once for each place that is looked at. Valid until the next call.
    /// </summary>
    public ReadOnlySpan<byte> At(long offset, int count, int need = 1)
    {
        if (offset >= Length || count <= 0) return default;
        count = (int)Math.Min(count, Length - offset);
        if (_buffer is not null)
        {
            count = Math.Min(count, _buffer.Length);
            need = Math.Min(need, count);
            if (offset < _start || offset + need > _start + _memory.Length)
            {
                int got = _bytes.Read(offset, _buffer);
                _memory = _buffer.AsMemory(0, got);
                _start = offset;
            }

            count = (int)Math.Min(count, _start + _memory.Length - offset);
        }

        return _memory.Span.Slice((int)(offset - _start), count);
    }

    /// <summary>The same, as memory that stays valid (a copy when the message lies in a file).</summary>
    public ReadOnlyMemory<byte> Keep(long offset, int count)
    {
        if (offset >= Length || count <= 0) return default;
        count = (int)Math.Min(count, Length - offset);
        if (_buffer is null) return _memory.Slice((int)offset, count);
        byte[] copy = new byte[count];
        int got = _bytes.Read(offset, copy);
        return copy.AsMemory(0, got);
    }

    /// <summary>The next place at or behind <paramref name="from"/> where two hyphens begin a line, behind LF or behind a bare CR; <paramref name="end"/> when there is none.</summary>
    public long FindHyphens(long from, long end, out bool behindBareCr)
    {
        behindBareCr = false;
        long at = from;
        while (at < end - 1)
        {
            ReadOnlySpan<byte> window = At(at, (int)Math.Min(Size, end - at), need: 2);
            if (window.Length < 2) return end;
            int found = window.IndexOf("--"u8);
            if (found < 0)
            {
                at += window.Length - 1;
                continue;
            }

            long place = at + found;
            byte before = place == 0 ? (byte)'\n' : place > at ? window[found - 1] : At(place - 1, 1)[0];
            if (before == '\n') return place;
            if (before == '\r')
            {
                behindBareCr = true;
                return place;
            }

            // A rule of hyphens in the middle of a line: over all of it at once.
            window = At(place, (int)Math.Min(Size, end - place));
            int run = window.IndexOfAnyExcept((byte)'-');
            at = place + (run < 0 ? window.Length : run);
        }

        return end;
    }

    /// <summary>Offset behind the line that holds <paramref name="from"/>.</summary>
    public long LineEnd(long from, long end)
    {
        long at = from;
        while (at < end)
        {
            ReadOnlySpan<byte> window = At(at, (int)Math.Min(Size, end - at));
            if (window.IsEmpty) return end;
            int newline = window.IndexOf((byte)'\n');
            if (newline >= 0) return at + newline + 1;
            at += window.Length;
        }

        return end;
    }
}

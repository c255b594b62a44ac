namespace MailSanitizer.Content.Formats.Pdf;

/// <summary>LZWDecode (7.4.4): codes of 9 to 12 bits, most significant first.</summary>
internal sealed class PdfLzwStream(Stream source, int earlyChange) : ForwardStream
{
    private readonly PdfByteSource _source = new(source);
    private readonly short[] _prefix = new short[4096];
    private readonly byte[] _suffix = new byte[4096];
    private readonly byte[] _pending = new byte[4097];
    private int _pendingAt = 4097;
    private int _next = 258;
    private int _width = 9;
    private int _previous = -1;
    private byte _first;
    private int _bits;
    private int _count;
    private bool _done;

    public override int Read(Span<byte> buffer)
    {
        int written = 0;
        while (written < buffer.Length)
        {
            if (_pendingAt < _pending.Length)
            {
                int count = Math.Min(buffer.Length - written, _pending.Length - _pendingAt);
                _pending.AsSpan(_pendingAt, count).CopyTo(buffer[written..]);
                _pendingAt += count;
                written += count;
            }
            else if (_done || !Decode())
            {
                break;
            }
        }

        return written;
    }

    private int Code()
    {
        while (_count < _width)
        {
            int value = _source.Next();
            if (value < 0) return 257;
            _bits = (_bits << 8) | value;
            _count += 8;
        }

        _count -= _width;
        int code = (_bits >> _count) & ((1 << _width) - 1);
        _bits &= (1 << _count) - 1;
        return code;
    }

    private bool Decode()
    {
        int code = Code();
        if (code == 257)
        {
            _done = true;
            return false;
        }

        if (code == 256)
        {
            (_next, _width, _previous) = (258, 9, -1);
            return true;
        }

        if (code > _next || (code >= 258 && _previous < 0))
        {
            _done = true;
            return false;
        }

        int at = _pending.Length;
        int walk = code;
        if (code == _next)
        {
            _pending[--at] = _first;
            walk = _previous;
        }

        while (walk >= 258)
        {
            _pending[--at] = _suffix[walk];
            walk = _prefix[walk];
        }

        _first = (byte)walk;
        _pending[--at] = _first;
        _pendingAt = at;
        if (_previous >= 0 && _next < 4096)
        {
            _prefix[_next] = (short)_previous;
            _suffix[_next] = _first;
            _next++;
        }

        _previous = code;
        int change = _next + (earlyChange != 0 ? 1 : 0);
        _width = change >= 2048 ? 12 : change >= 1024 ? 11 : change >= 512 ? 10 : 9;
        return true;
    }
}

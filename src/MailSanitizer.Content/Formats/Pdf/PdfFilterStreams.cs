using MailSanitizer.Content.Formats.Compression;

namespace MailSanitizer.Content.Formats.Pdf;

/// <summary>FlateDecode (7.4.4): zlib, or bare deflate where a writer forgot the two bytes in front. The checksum is not asked: readers do not.</summary>
internal sealed class ZlibStream(Stream source) : ForwardStream
{
    private InflateStream? _inflate;

    public override int Read(Span<byte> buffer)
    {
        if (_inflate is null)
        {
            byte[] head = new byte[2];
            int got = source.ReadAtLeast(head, 2, throwOnEndOfStream: false);
            bool zlib = got == 2 && (head[0] & 0x0F) == 8 && ((head[0] << 8) | head[1]) % 31 == 0;
            _inflate = new InflateStream(zlib ? source : new JoinedStream(head[..got], source));
        }

        return _inflate.Read(buffer);
    }
}

/// <summary>Some bytes, then a stream.</summary>
internal sealed class JoinedStream(byte[] head, Stream rest) : ForwardStream
{
    private int _at;

    public override int Read(Span<byte> buffer)
    {
        if (_at >= head.Length) return rest.Read(buffer);
        int count = Math.Min(buffer.Length, head.Length - _at);
        head.AsSpan(_at, count).CopyTo(buffer);
        _at += count;
        return count;
    }
}

/// <summary>Reads a stream byte by byte through a buffer.</summary>
internal sealed class PdfByteSource(Stream source)
{
    private readonly byte[] _buffer = new byte[4096];
    private int _at;
    private int _end;

    /// <summary>The next byte, or -1 at the end.</summary>
    public int Next()
    {
        if (_at == _end)
        {
            _at = 0;
            _end = source.Read(_buffer);
            if (_end <= 0)
            {
                _end = 0;
                return -1;
            }
        }

        return _buffer[_at++];
    }
}

/// <summary>ASCIIHexDecode (7.4.2).</summary>
internal sealed class AsciiHexStream(Stream source) : ForwardStream
{
    private readonly PdfByteSource _source = new(source);
    private bool _done;

    public override int Read(Span<byte> buffer)
    {
        int written = 0;
        while (written < buffer.Length && !_done)
        {
            int high = Digit();
            if (high < 0) break;
            int low = Digit();
            buffer[written++] = (byte)((high << 4) | Math.Max(low, 0));
        }

        return written;
    }

    private int Digit()
    {
        while (!_done)
        {
            int value = _source.Next();
            if (value is < 0 or '>')
            {
                _done = true;
            }
            else if (char.IsAsciiHexDigit((char)value))
            {
                return value <= '9' ? value - '0' : (value & 0xDF) - 'A' + 10;
            }
        }

        return -1;
    }
}

/// <summary>ASCII85Decode (7.4.3).</summary>
internal sealed class Ascii85Stream(Stream source) : ForwardStream
{
    private readonly PdfByteSource _source = new(source);
    private readonly byte[] _group = new byte[4];
    private int _at;
    private int _end;
    private bool _done;

    public override int Read(Span<byte> buffer)
    {
        int written = 0;
        while (written < buffer.Length)
        {
            if (_at == _end && !Fill()) break;
            buffer[written++] = _group[_at++];
        }

        return written;
    }

    private bool Fill()
    {
        _at = _end = 0;
        if (_done) return false;
        uint value = 0;
        int count = 0;
        while (count < 5)
        {
            int next = _source.Next();
            if (next is < 0 or '~')
            {
                _done = true;
                break;
            }

            if (next == 'z' && count == 0)
            {
                _group.AsSpan().Clear();
                _end = 4;
                return true;
            }

            if (next is < '!' or > 'u') continue;
            value = unchecked((value * 85) + (uint)(next - '!'));
            count++;
        }

        if (count < 2) return false;
        for (int pad = count; pad < 5; pad++) value = unchecked((value * 85) + 84);
        for (int at = 0; at < 4; at++) _group[at] = (byte)(value >> (24 - (8 * at)));
        _end = count - 1;
        return true;
    }
}

/// <summary>RunLengthDecode (7.4.5).</summary>
internal sealed class RunLengthStream(Stream source) : ForwardStream
{
    private readonly PdfByteSource _source = new(source);
    private int _literal;
    private int _repeat;
    private int _value;
    private bool _done;

    public override int Read(Span<byte> buffer)
    {
        int written = 0;
        while (written < buffer.Length && !_done)
        {
            if (_repeat > 0)
            {
                _repeat--;
                buffer[written++] = (byte)_value;
                continue;
            }

            int next = _source.Next();
            if (next < 0)
            {
                _done = true;
            }
            else if (_literal > 0)
            {
                _literal--;
                buffer[written++] = (byte)next;
            }
            else if (next < 128)
            {
                _literal = next + 1;
            }
            else if (next == 128)
            {
                _done = true;
            }
            else
            {
                _value = _source.Next();
                if (_value < 0) _done = true;
                else _repeat = 257 - next;
            }
        }

        return written;
    }
}

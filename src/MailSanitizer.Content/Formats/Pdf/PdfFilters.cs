using MailSanitizer.Content.Formats.Compression;

namespace MailSanitizer.Content.Formats.Pdf;

/// <summary>The filters of ISO 32000-2, 7.4, each as a stream that is read piece by piece: how much is decoded is for the reader to bound.</summary>
internal static class PdfFilters
{
    // More filters on one stream than any writer uses; each costs a buffer.
    private const int Most = 8;

    /// <summary>
    /// The data of a stream, decoded. Null with the name of the filter that is none of those with a plain result (an image's, an unknown one);
    /// <paramref name="packed"/> then stands in front of that filter.
    /// </summary>
    public static Stream? Decode(PdfFile file, PdfDictionary dictionary, Stream source, out string? unknown, out Stream packed)
    {
        unknown = null;
        packed = source;
        List<string> names = Names(file, dictionary);
        List<PdfDictionary?> parameters = Parameters(file, dictionary);
        if (names.Count > Most)
        {
            unknown = "more than 8 filters";
            return null;
        }

        for (int at = 0; at < names.Count; at++)
        {
            PdfDictionary? parameter = at < parameters.Count ? parameters[at] : null;
            Stream? next = names[at] switch
            {
                "FlateDecode" or "Fl" => Predicted(file, new ZlibStream(packed), parameter),
                "LZWDecode" or "LZW" => Predicted(file, new PdfLzwStream(packed, Whole(file, parameter, "EarlyChange") ?? 1), parameter),
                "ASCIIHexDecode" or "AHx" => new AsciiHexStream(packed),
                "ASCII85Decode" or "A85" => new Ascii85Stream(packed),
                "RunLengthDecode" or "RL" => new RunLengthStream(packed),
                "Crypt" => packed,
                _ => null,
            };
            if (next is null)
            {
                unknown = names[at];
                return null;
            }

            packed = next;
        }

        return packed;
    }

    /// <summary>The names of a stream's filters, outermost first.</summary>
    public static List<string> Names(PdfFile file, PdfDictionary dictionary)
    {
        PdfValue? value = file.Resolve(dictionary["Filter"]);
        return value switch
        {
            PdfName name => [name.Text],
            PdfArray array => [.. array.Items.Take(Most + 1).Select(item => (file.Resolve(item) as PdfName)?.Text ?? "?")],
            _ => [],
        };
    }

    public static List<PdfDictionary?> Parameters(PdfFile file, PdfDictionary dictionary)
    {
        PdfValue? value = file.Resolve(dictionary["DecodeParms"]);
        return value switch
        {
            PdfDictionary one => [one],
            PdfArray array => [.. array.Items.Take(Most + 1).Select(item => file.Resolve(item) as PdfDictionary)],
            _ => [],
        };
    }

    private static int? Whole(PdfFile file, PdfDictionary? dictionary, string key) =>
        dictionary is not null && file.Resolve(dictionary[key]) is PdfPlain { Whole: { } whole } ? (int)Math.Clamp(whole, int.MinValue, int.MaxValue) : null;

    private static Stream? Predicted(PdfFile file, Stream source, PdfDictionary? parameters)
    {
        int predictor = Whole(file, parameters, "Predictor") ?? 1;
        if (predictor <= 1) return source;
        int colors = Whole(file, parameters, "Colors") ?? 1;
        int bits = Whole(file, parameters, "BitsPerComponent") ?? 8;
        int columns = Whole(file, parameters, "Columns") ?? 1;
        return PredictorStream.Fits(colors, bits, columns) ? new PredictorStream(source, predictor, colors, bits, columns) : null;
    }
}

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


namespace MailSanitizer.Content.Mime;

/// <summary>Decodes uuencode (POSIX.1) from a range of the message: from the first <c>begin</c> line to its <c>end</c>.</summary>
internal sealed class UuencodeReading(PartBytes message, long offset, long length) : ForwardStream
{
    private const int LongestLine = 200;
    private readonly byte[] _decoded = new byte[LongestLine];
    private readonly MimeWindow _window = new(message);
    private readonly long _end = offset + length;
    private long _at = FirstLine(message, offset, offset + length, out _);
    private int _from;
    private int _to;

    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty) return 0;
        while (_from == _to)
        {
            if (_at >= _end) return 0;
            NextLine();
        }

        int count = Math.Min(buffer.Length, _to - _from);
        _decoded.AsSpan(_from, count).CopyTo(buffer);
        _from += count;
        return count;
    }

    /// <summary>The name on the <c>begin</c> line, or null when there is none.</summary>
    public static byte[]? NameOf(PartBytes message, long offset, long length)
    {
        _ = FirstLine(message, offset, offset + length, out byte[]? name);
        return name;
    }

    private static long FirstLine(PartBytes message, long from, long end, out byte[]? name)
    {
        MimeWindow window = new(message);
        name = null;
        for (long at = from; at < end;)
        {
            long next = window.LineEnd(at, end);
            ReadOnlySpan<byte> line = window.At(at, (int)Math.Min(1_000, next - at), need: 1_000).TrimEnd("\r\n \t"u8);
            if (line.StartsWith("begin "u8) && line.Length > 10)
            {
                int space = line[6..].IndexOf((byte)' ');
                if (space is 3 or 4 && line.Slice(6, space).IndexOfAnyExceptInRange((byte)'0', (byte)'7') < 0)
                {
                    name = line[(7 + space)..].ToArray();
                    return next;
                }
            }

            at = next;
        }

        return end;
    }

    private void NextLine()
    {
        long next = _window.LineEnd(_at, _end);
        ReadOnlySpan<byte> line = _window.At(_at, (int)Math.Min(LongestLine, next - _at), need: LongestLine).TrimEnd("\r\n"u8);
        _at = next;
        _from = _to = 0;
        if (line.StartsWith("end"u8) && line.Length <= 4)
        {
            _at = _end;
            return;
        }

        if (line.IsEmpty || line[0] is < 32 or > 96) return;
        int count = (line[0] - 32) & 63;
        line = line[1..];
        for (int place = 0; _to < count && place < line.Length; place += 4)
        {
            int bits = 0;
            for (int index = 0; index < 4; index++) bits = (bits << 6) | (place + index < line.Length ? (line[place + index] - 32) & 63 : 0);
            for (int shift = 16; shift >= 0 && _to < count; shift -= 8) _decoded[_to++] = (byte)(bits >> shift);
        }
    }

}

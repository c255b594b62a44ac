namespace MailSanitizer.Content.Mime;

/// <summary>Decodes quoted-printable (RFC 2045 6.7) from a range of the message. A wrong escape stays as it is; blanks in front of a line end stay too.</summary>
internal sealed class QuotedPrintableReading(PartBytes message, long offset, long length) : ForwardStream
{
    private const int Raw = 64 * 1024;

    // Behind an equals sign, blanks may stand before the line end: more than this many are taken as text.
    private const int LongestSoftBreak = 1_000;

    private readonly byte[] _raw = new byte[(int)Math.Min(Raw, Math.Max(1, length))];
    private readonly byte[] _decoded = new byte[(int)Math.Min(Raw, Math.Max(1, length))];
    private readonly long _end = offset + length;
    private long _at = offset;
    private int _from;
    private int _to;

    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty) return 0;
        while (_from == _to)
        {
            if (_at >= _end) return 0;
            Fill();
        }

        int count = Math.Min(buffer.Length, _to - _from);
        _decoded.AsSpan(_from, count).CopyTo(buffer);
        _from += count;
        return count;
    }

    private void Fill()
    {
        int got = message.Read(_at, _raw.AsSpan(0, (int)Math.Min(_raw.Length, _end - _at)));
        if (got == 0)
        {
            _at = _end;
            _from = _to = 0;
            return;
        }

        bool last = _at + got >= _end;
        _from = _to = 0;
        ReadOnlySpan<byte> rest = _raw.AsSpan(0, got);
        int used = 0;
        while (used < got)
        {
            int run = rest[used..].IndexOf((byte)'=');
            if (run < 0) run = got - used;
            rest.Slice(used, run).CopyTo(_decoded.AsSpan(_to));
            _to += run;
            used += run;
            if (used == got) break;
            int taken = Escape(rest[used..], out int value);

            // The line end behind a final soft break belongs to the boundary.
            if (taken < 0 && last && rest[(used + 1)..].IndexOfAnyExcept(" \t\r\n"u8) < 0) taken = got - used;

            // The escape may go on in the next piece.
            if (taken < 0 && !last && used > 0 && got - used < LongestSoftBreak) break;
            if (taken < 0)
            {
                _decoded[_to++] = (byte)'=';
                used++;
                continue;
            }

            if (value >= 0) _decoded[_to++] = (byte)value;
            used += taken;
        }

        _at += used;
    }

    /// <summary>Length of the escape at the beginning, or -1; its value, or -1 for a soft line break.</summary>
    private static int Escape(ReadOnlySpan<byte> text, out int value)
    {
        value = -1;
        if (text.Length >= 3 && Hex(text[1]) is >= 0 and var high && Hex(text[2]) is >= 0 and var low)
        {
            value = (high << 4) | low;
            return 3;
        }

        int at = 1;
        while (at < text.Length && at < LongestSoftBreak && text[at] is (byte)' ' or (byte)'\t') at++;
        if (at < text.Length && text[at] == '\n') return at + 1;
        return at + 1 < text.Length && text[at] == '\r' && text[at + 1] == '\n' ? at + 2 : -1;
    }

    /// <summary>True when a wrong escape stands in it (other than an equals sign at the very end).</summary>
    public static bool HasJunk(PartBytes message, long offset, long length)
    {
        byte[] buffer = new byte[(int)Math.Min(Raw, Math.Max(1, length))];
        long at = offset;
        while (at < offset + length)
        {
            int got = message.Read(at, buffer.AsSpan(0, (int)Math.Min(buffer.Length, offset + length - at)));
            if (got == 0) return false;
            bool last = at + got >= offset + length;
            int used = 0;
            while (used < got)
            {
                int run = buffer.AsSpan(used, got - used).IndexOf((byte)'=');
                if (run < 0)
                {
                    used = got;
                    break;
                }

                used += run;
                int taken = Escape(buffer.AsSpan(used, got - used), out _);
                if (taken > 0)
                {
                    used += taken;
                    continue;
                }

                if (!last && used > 0 && got - used < LongestSoftBreak) break;
                if (last && buffer.AsSpan(used + 1, got - used - 1).IndexOfAnyExcept(" \t\r\n"u8) < 0) return false;
                return true;
            }

            at += used;
        }

        return false;
    }

    private static int Hex(byte digit) => digit switch
    {
        >= (byte)'0' and <= (byte)'9' => digit - '0',
        >= (byte)'A' and <= (byte)'F' => digit - 'A' + 10,
        >= (byte)'a' and <= (byte)'f' => digit - 'a' + 10,
        _ => -1,
    };
}

namespace MailSanitizer.Reinjection;

/// <summary>
/// Stuffs dots for DATA (RFC 5321 4.5.2), in whatever pieces the content comes: one dot more in front of each line that begins with one, where lines end with CRLF
/// and nothing else. No other byte changes.
/// </summary>
/// <remarks>
/// A line that a lenient server would begin after a bare CR or LF cannot be stuffed without changing what a strict server reads. Where such a line is a single
/// dot, that server would take it for the end of the message: <see cref="WouldEndEarly"/> says so before the byte that would do it is given out
/// (DESIGN.md, promise 10: never a smuggled message through us).
/// </remarks>
internal sealed class DotStuffer
{
    private const byte Cr = (byte)'\r';
    private const byte Lf = (byte)'\n';
    private State _state = State.LineStart;

    private enum State
    {
        LineStart,
        Middle,
        AfterCr,
        AfterBare,
        BareDot,
    }

    /// <summary>The content has a line end, a dot and a line end of which the first is bare. Nothing more may be sent.</summary>
    public bool WouldEndEarly { get; private set; }

    /// <summary>Stuffs one piece into <paramref name="output"/>, which must have twice the room; the bytes written.</summary>
    public int Write(ReadOnlySpan<byte> input, Span<byte> output)
    {
        int at = 0;
        int run = 0;
        int written = 0;
        while (at < input.Length)
        {
            byte one = input[at];
            switch (_state)
            {
                case State.Middle:
                    int found = input[at..].IndexOfAny(Cr, Lf);
                    if (found < 0)
                    {
                        at = input.Length;
                        break;
                    }

                    at += found;
                    _state = input[at++] == Cr ? State.AfterCr : State.AfterBare;
                    break;
                case State.AfterCr:
                    _state = one switch { Lf => State.LineStart, Cr => State.AfterCr, (byte)'.' => State.BareDot, _ => State.Middle };
                    at++;
                    break;
                case State.LineStart:
                    if (one == '.')
                    {
                        written += Copy(input[run..at], output[written..]);
                        output[written++] = (byte)'.';
                        run = at++;
                    }

                    _state = State.Middle;
                    break;
                case State.AfterBare:
                    if (one == '.') at++;
                    _state = one == '.' ? State.BareDot : State.Middle;
                    break;
                default:
                    if (one is Cr or Lf)
                    {
                        WouldEndEarly = true;
                        return written + Copy(input[run..at], output[written..]);
                    }

                    _state = State.Middle;
                    break;
            }
        }

        return written + Copy(input[run..at], output[written..]);
    }

    /// <summary>The end: CRLF where the content has none, and the dot. Not to be sent when <see cref="WouldEndEarly"/> has become true.</summary>
    public ReadOnlySpan<byte> Finish()
    {
        if (_state == State.BareDot) WouldEndEarly = true;
        return _state == State.LineStart ? ".\r\n"u8 : "\r\n.\r\n"u8;
    }

    private static int Copy(ReadOnlySpan<byte> from, Span<byte> to)
    {
        from.CopyTo(to);
        return from.Length;
    }
}

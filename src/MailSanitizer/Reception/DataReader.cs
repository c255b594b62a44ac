namespace MailSanitizer.Reception;

/// <summary>Takes the bytes of a message as they are read.</summary>
internal interface IDataSink
{
    /// <summary>Appends; never throws for what the bytes are.</summary>
    void Write(ReadOnlySpan<byte> bytes);
}

/// <summary>
/// Finds the end of DATA and takes the stuffed dots out (RFC 5321 4.5.2), in whatever pieces the bytes come. Only CRLF.CRLF ends; a bare CR or LF is content,
/// is flagged, and never begins a line: a reader that took LF.CRLF for the end would let a sender smuggle a second message (DESIGN.md, promise 10).
/// </summary>
/// <remarks>
/// <code>
///              CR        LF          .            other
/// LineStart    AfterCr   Middle*     Dot          Middle
/// Middle       AfterCr   Middle*     Middle       Middle
/// AfterCr      AfterCr*  LineStart   Middle*      Middle*      * = bare
/// Dot          DotCr     Middle*     Middle       Middle       the dot is gone
/// DotCr        AfterCr*  Ended       Middle*      Middle*      the CR is content unless it ends
/// </code>
/// </remarks>
internal sealed class DataReader
{
    private const byte Cr = (byte)'\r';
    private const byte Lf = (byte)'\n';
    private State _state = State.LineStart;

    private enum State
    {
        LineStart,
        Middle,
        AfterCr,
        Dot,
        DotCr,
        Ended,
    }

    /// <summary>A CR without LF, or an LF without CR, was in the content.</summary>
    public bool HasBareCrOrLf { get; private set; }

    /// <summary>Reads one piece; true when the message has ended, and <paramref name="consumed"/> says where.</summary>
    public bool Read(ReadOnlySpan<byte> input, IDataSink sink, out int consumed)
    {
        int at = 0;
        int run = 0;
        while (at < input.Length)
        {
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
                    if (input[at] == Cr) _state = State.AfterCr;
                    else HasBareCrOrLf = true;
                    at++;
                    break;
                case State.AfterCr:
                    if (input[at] == Lf) _state = State.LineStart;
                    else
                    {
                        HasBareCrOrLf = true;
                        if (input[at] != Cr) _state = State.Middle;
                    }

                    at++;
                    break;
                case State.LineStart:
                    if (input[at] != '.')
                    {
                        _state = State.Middle;
                        break;
                    }

                    if (at > run) sink.Write(input[run..at]);
                    run = ++at;
                    _state = State.Dot;
                    break;
                case State.Dot:
                    if (input[at] != Cr)
                    {
                        _state = State.Middle;
                        break;
                    }

                    run = ++at;
                    _state = State.DotCr;
                    break;
                case State.DotCr:
                    if (input[at] == Lf)
                    {
                        _state = State.Ended;
                        consumed = at + 1;
                        return true;
                    }

                    sink.Write("\r"u8);
                    run = at;
                    _state = State.AfterCr;
                    break;
                default:
                    throw new InvalidOperationException("the message has ended");
            }
        }

        if (at > run) sink.Write(input[run..at]);
        consumed = at;
        return false;
    }
}

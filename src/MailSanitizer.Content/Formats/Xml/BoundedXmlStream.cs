namespace MailSanitizer.Content.Formats.Xml;

/// <summary>
/// The bytes of an XML part on their way to the parser: their number is bounded, and so is the length of a tag, since a tag is what the parser holds whole in memory.
/// Text is read in pieces and may be as long as the part.
/// </summary>
/// <param name="inner">The part, unpacked.</param>
/// <param name="packedSize">Bytes it has packed, for <see cref="Limits.Ratio"/>; 0 when not packed.</param>
/// <param name="limits">The limits in force.</param>
/// <param name="over">The finding that a limit is.</param>
/// <param name="cancellation">Cancelled when the deadline passes.</param>
internal sealed class BoundedXmlStream(Stream inner, long packedSize, Limits limits, FindingKind over, CancellationToken cancellation) : ForwardStream
{
    private long _count;
    private long _tag;
    private byte _quote;
    private State _state;

    private enum State
    {
        Text,
        Open,
        Tag,
        Other,
    }

    public override int Read(Span<byte> buffer)
    {
        cancellation.ThrowIfCancellationRequested();
        int got = inner.Read(buffer);
        _count += got;
        if (_count > limits.XmlPartBytes) throw new LimitReachedException(over);
        if (packedSize > 0 && _count > limits.RatioFloor && _count / packedSize > limits.Ratio) throw new LimitReachedException(WalkFindings.OverRatio);
        Measure(buffer[..got]);
        return got;
    }

    // Follows quotes, since a '>' in an attribute ends no tag. In UTF-16 the zeros between are counted with the rest. Declarations, comments and CDATA
    // ("<!", "<?") are left out: the parser reads them in pieces or, declarations, refuses them.
    private void Measure(ReadOnlySpan<byte> bytes)
    {
        int at = 0;
        while (at < bytes.Length)
        {
            switch (_state)
            {
                case State.Text:
                    int open = bytes[at..].IndexOf((byte)'<');
                    if (open < 0) return;
                    at += open + 1;
                    (_state, _tag, _quote) = (State.Open, 1, 0);
                    break;
                case State.Open:
                    if (bytes[at] == 0)
                    {
                        at++;
                        break;
                    }

                    _state = bytes[at] is (byte)'!' or (byte)'?' ? State.Other : State.Tag;
                    break;
                case State.Other:
                    int close = bytes[at..].IndexOf((byte)'>');
                    if (close < 0) return;
                    at += close + 1;
                    _state = State.Text;
                    break;
                default:
                    int next = _quote == 0 ? bytes[at..].IndexOfAny((byte)'>', (byte)'"', (byte)'\'') : bytes[at..].IndexOf(_quote);
                    int passed = next < 0 ? bytes.Length - at : next + 1;
                    _tag += passed;
                    if (_tag > limits.XmlTagBytes) throw new LimitReachedException(over);
                    at += passed;
                    if (next < 0) return;
                    byte found = bytes[at - 1];
                    if (_quote != 0) _quote = 0;
                    else if (found == (byte)'>') _state = State.Text;
                    else _quote = found;
                    break;
            }
        }
    }
}

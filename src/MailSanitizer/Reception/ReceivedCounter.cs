namespace MailSanitizer.Reception;

/// <summary>Counts the Received fields of a message while it is read, up to the end of its header block (RFC 5321 6.3: loops).</summary>
internal sealed class ReceivedCounter
{
    private static ReadOnlySpan<byte> Name => "received"u8;

    private int _matched;
    private bool _atLineStart = true;
    private bool _lineIsEmpty = true;
    private bool _done;

    /// <summary>Received fields so far.</summary>
    public int Count { get; private set; }

    /// <summary>Looks at the next bytes. Lines end with LF here, with or without CR: a field counts however its neighbours end.</summary>
    public void Read(ReadOnlySpan<byte> bytes)
    {
        if (_done) return;
        foreach (byte one in bytes)
        {
            if (one == '\n')
            {
                if (_lineIsEmpty)
                {
                    _done = true;
                    return;
                }

                _atLineStart = true;
                _lineIsEmpty = true;
                _matched = 0;
                continue;
            }

            if (one == '\r') continue;
            _lineIsEmpty = false;
            if (!_atLineStart) continue;
            if (_matched < Name.Length)
            {
                if ((one | 0x20) == Name[_matched]) _matched++;
                else _atLineStart = false;
            }
            else if (one == ':')
            {
                Count++;
                _atLineStart = false;
            }
            else if (one is not ((byte)' ' or (byte)'\t'))
            {
                // RFC 5322 4.5 allows blanks between the name and its colon, and readers take them.
                _atLineStart = false;
            }
        }
    }
}

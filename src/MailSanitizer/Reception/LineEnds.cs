namespace MailSanitizer.Reception;

/// <summary>Watches content that comes in chunks (BDAT, where no dot is stuffed) for bare CR and LF.</summary>
internal sealed class LineEnds
{
    private bool _afterCr;
    private bool _bare;

    /// <summary>Whether there was one, the end of the content included: a CR that nothing follows is bare.</summary>
    public bool HasBareCrOrLf => _bare || _afterCr;

    /// <summary>Looks at the next bytes.</summary>
    public void Read(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty && !_bare)
        {
            if (_afterCr)
            {
                _bare = bytes[0] != '\n';
                _afterCr = false;
                bytes = bytes[1..];
                continue;
            }

            int found = bytes.IndexOfAny((byte)'\r', (byte)'\n');
            if (found < 0) return;
            if (bytes[found] == '\n') _bare = true;
            else _afterCr = true;
            bytes = bytes[(found + 1)..];
        }
    }
}

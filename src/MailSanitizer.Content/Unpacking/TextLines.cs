namespace MailSanitizer.Content.Unpacking;

/// <summary>One line of a text part.</summary>
/// <param name="Offset">Where it begins.</param>
/// <param name="End">Behind its line end.</param>
/// <param name="Text">Its bytes without the line end; cut at the reader's limit.</param>
internal readonly record struct TextLine(long Offset, long End, byte[] Text);

/// <summary>Reads a part line by line (LF or CRLF). A line longer than the limit is given in its first piece only.</summary>
internal static class TextLines
{
    private const int MaxLine = 64 * 1024;

    /// <summary>The lines from an offset on.</summary>
    public static IEnumerable<TextLine> From(PartBytes bytes, long offset)
    {
        byte[] buffer = new byte[MaxLine];
        while (true)
        {
            int got = bytes.Read(offset, buffer);
            if (got == 0) yield break;
            int end = buffer.AsSpan(0, got).IndexOf((byte)'\n');
            if (end < 0 && got == buffer.Length)
            {
                long behind = Behind(bytes, offset + got);
                yield return new TextLine(offset, behind, buffer[..got]);
                offset = behind;
                continue;
            }

            // As many lines as the buffer holds whole, before it is filled again.
            int start = 0;
            while (end >= 0)
            {
                int length = end - start;
                int text = length > 0 && buffer[start + length - 1] == '\r' ? length - 1 : length;
                yield return new TextLine(offset + start, offset + end + 1, buffer[start..(start + text)]);
                start = end + 1;
                int next = buffer.AsSpan(start, got - start).IndexOf((byte)'\n');
                end = next < 0 ? -1 : start + next;
            }

            if (start == 0 || offset + got >= bytes.Length)
            {
                if (start < got) yield return new TextLine(offset + start, offset + got, buffer[start..got]);
                yield break;
            }

            offset += start;
        }
    }

    private static long Behind(PartBytes bytes, long offset)
    {
        byte[] buffer = new byte[MaxLine];
        for (int got; (got = bytes.Read(offset, buffer)) > 0; offset += got)
        {
            int end = buffer.AsSpan(0, got).IndexOf((byte)'\n');
            if (end >= 0) return offset + end + 1;
        }

        return offset;
    }
}

namespace MailSanitizer.Content.Formats.HeaderFields;

/// <summary>Why the reading of a header block ended.</summary>
public enum HeaderEnd
{
    /// <summary>The empty line.</summary>
    EmptyLine,

    /// <summary>The end of the bytes.</summary>
    EndOfBytes,

    /// <summary>A line that is neither a field nor its continuation: the body begins with it, as Postfix reads it.</summary>
    NotAField,

    /// <summary>A line that the caller does not want to be read over (a MIME boundary).</summary>
    Boundary,

    /// <summary>A limit: what follows was not read.</summary>
    Limit,
}

/// <summary>
/// The one reader of header blocks in the product: one pass, bounded, no recursion, no copy. It never fails; what is odd stands in <see cref="End"/>.
/// </summary>
public sealed class HeaderBlock
{
    private HeaderBlock(IReadOnlyList<HeaderField> fields, int fieldsEnd, int bodyOffset, HeaderEnd end, IReadOnlyList<Range> skipped, int blankLine)
    {
        BlankLine = blankLine;
        Fields = fields;
        FieldsEnd = fieldsEnd;
        BodyOffset = bodyOffset;
        End = end;
        Skipped = skipped;
    }

    /// <summary>The fields, in order.</summary>
    public IReadOnlyList<HeaderField> Fields { get; }

    /// <summary>Offset behind the last field (where the empty line begins, if there is one).</summary>
    public int FieldsEnd { get; }

    /// <summary>Offset where the body begins.</summary>
    public int BodyOffset { get; }

    /// <summary>Why reading ended.</summary>
    public HeaderEnd End { get; }

    /// <summary>Ranges that were read over: an mbox line at the top; with <c>skipJunk</c> also lines that are no field.</summary>
    public IReadOnlyList<Range> Skipped { get; }

    /// <summary>Offset of the first line of blanks alone (an obsolete fold, RFC 5322 4.2, that some readers take for the end of the header); -1 when there is none.</summary>
    public int BlankLine { get; }

    /// <summary>The first field of that name, or null.</summary>
    public HeaderField? First(string name)
    {
        foreach (HeaderField field in Fields)
            if (field.Is(name)) return field;
        return null;
    }

    /// <summary>Every field of that name, in order.</summary>
    public IReadOnlyList<HeaderField> All(string name)
    {
        List<HeaderField> all = [];
        foreach (HeaderField field in Fields)
            if (field.Is(name)) all.Add(field);
        return all;
    }

    /// <summary>Reads the header block at the beginning of a message.</summary>
    public static HeaderBlock Read(Stream message, Limits limits)
    {
        byte[] window = new byte[Math.Min(16 * 1024, limits.HeaderBytes + 1)];
        int length = 0;
        while (true)
        {
            int got = message.ReadAtLeast(window.AsSpan(length), window.Length - length, throwOnEndOfStream: false);
            length += got;
            bool all = length < window.Length || window.Length > limits.HeaderBytes;
            HeaderBlock block = Read(window.AsMemory(0, length), limits);
            bool certain = block.End is HeaderEnd.EmptyLine or HeaderEnd.Limit
                || (block.End is HeaderEnd.NotAField && window.AsSpan(block.BodyOffset, length - block.BodyOffset).Contains((byte)'\n'));
            if (all || certain) return block;

            // The block may go on behind the window: read again with a larger one. At most five rounds from 16 KB to 256 KB.
            Array.Resize(ref window, (int)Math.Min(window.Length * 4L, limits.HeaderBytes + 1L));
        }
    }

    /// <summary>Reads the header block at the beginning of the bytes.</summary>
    /// <param name="bytes">The block and whatever follows; held by the fields.</param>
    /// <param name="limits">Limits in force.</param>
    /// <param name="isBoundary">Asked for each line that begins with <c>--</c>: true ends the block before it.</param>
    /// <param name="skipJunk">The other reading of a line that is no field: skipped instead of ending the block.</param>
    /// <param name="endAtBlankLine">The other reading of a line of blanks: it ends the block.</param>
    public static HeaderBlock Read(
        ReadOnlyMemory<byte> bytes, Limits limits, Func<ReadOnlyMemory<byte>, bool>? isBoundary = null, bool skipJunk = false, bool endAtBlankLine = false)
    {
        List<HeaderField> fields = [];
        List<Range> skipped = [];
        bool over = bytes.Length > limits.HeaderBytes;
        if (over) bytes = bytes[..limits.HeaderBytes];
        ReadOnlySpan<byte> span = bytes.Span;
        int at = 0;
        int fieldStart = -1, nameLength = 0, valueStart = 0;
        HeaderEnd end = over ? HeaderEnd.Limit : HeaderEnd.EndOfBytes;
        int body = span.Length;
        int blankLine = -1;
        while (at < span.Length)
        {
            int newline = span[at..].IndexOf((byte)'\n');
            int next = newline < 0 ? span.Length : at + newline + 1;
            ReadOnlySpan<byte> line = span[at..next];
            bool empty = line is [(byte)'\n'] or [(byte)'\r', (byte)'\n'];
            if (!empty && line[0] is (byte)' ' or (byte)'\t' && line.IndexOfAnyExcept(" \t\r\n"u8) < 0)
            {
                if (blankLine < 0) blankLine = at;
                empty = endAtBlankLine;
            }

            bool continuation = !empty && fieldStart >= 0 && line[0] is (byte)' ' or (byte)'\t';
            if (continuation)
            {
                at = next;
                continue;
            }

            if (fieldStart >= 0) fields.Add(new HeaderField(bytes[fieldStart..at], fieldStart, nameLength, valueStart, limits));
            fieldStart = -1;
            if (empty)
            {
                end = HeaderEnd.EmptyLine;
                body = next;
                break;
            }

            if (isBoundary is not null && line.StartsWith("--"u8) && isBoundary(bytes[at..next]))
            {
                end = HeaderEnd.Boundary;
                body = at;
                break;
            }

            if (TryName(line, out nameLength, out valueStart))
            {
                if (fields.Count >= limits.HeaderFields)
                {
                    end = HeaderEnd.Limit;
                    body = at;
                    break;
                }

                fieldStart = at;
            }
            else if (skipJunk || (at == 0 && (line.StartsWith("From "u8) || line.StartsWith(">From "u8))))
            {
                skipped.Add(at..next);
            }
            else
            {
                end = HeaderEnd.NotAField;
                body = at;
                break;
            }

            at = next;
        }

        if (fieldStart >= 0) fields.Add(new HeaderField(bytes[fieldStart..at], fieldStart, nameLength, valueStart, limits));
        return new HeaderBlock(fields, Math.Min(at, span.Length), body, end, skipped, blankLine);
    }

    // Postfix's is_header(): printable ASCII, blanks allowed between the name and the colon.
    private static bool TryName(ReadOnlySpan<byte> line, out int nameLength, out int valueStart)
    {
        nameLength = 0;
        valueStart = 0;
        int colon = line.IndexOf((byte)':');
        if (colon <= 0) return false;
        ReadOnlySpan<byte> name = line[..colon].TrimEnd(" \t"u8);
        if (name.IsEmpty || name.IndexOfAnyExceptInRange((byte)33, (byte)126) >= 0) return false;
        nameLength = name.Length;
        valueStart = colon + 1;
        return true;
    }
}

using System.Text;

namespace MailSanitizer.Mail.Signatures;

/// <summary>One header field as it lies in the block: nothing unfolded, nothing decoded.</summary>
/// <param name="Start">Offset of its first byte.</param>
/// <param name="Length">Length with its line ends.</param>
/// <param name="NameLength">Length of the name without blanks before the colon; 0 for a line that is no field.</param>
/// <param name="ValueStart">Offset of the byte behind the colon, from the start of the block.</param>
public readonly record struct RawField(int Start, int Length, int NameLength, int ValueStart);

/// <summary>
/// The header block of a message, cut into raw fields. A line ends at LF, with or without CR before it: a reader behind us may see it so (RFC 5321 forbids it,
/// Postfix 3.7 accepts it), and a forged field must not hide behind the difference. A line that is no field does not end the block for the same reason.
/// </summary>
public sealed class HeaderBlock
{
    private readonly byte[] _bytes;
    private readonly int _length;

    private HeaderBlock(byte[] bytes, int length, IReadOnlyList<RawField> fields, long bodyOffset)
    {
        (_bytes, _length, Fields, BodyOffset) = (bytes, length, fields, bodyOffset);
    }

    /// <summary>Largest block that is read (bytes). Origin: an order above the largest real ones; larger ones are <c>over-limit</c> findings of the walk. At it: the reader gives null.</summary>
    public const int MaximumBytes = 8 * 1024 * 1024;

    /// <summary>Fields that are read (count). At it: the reader gives null.</summary>
    public const int MaximumFields = 100_000;

    /// <summary>The fields from the top.</summary>
    public IReadOnlyList<RawField> Fields { get; }

    /// <summary>Offset of the body in the message: behind the empty line; the length of the message when there is none.</summary>
    public long BodyOffset { get; }

    /// <summary>The block without the empty line.</summary>
    public ReadOnlyMemory<byte> Bytes => _bytes.AsMemory(0, _length);

    /// <summary>The whole field, line ends included.</summary>
    public ReadOnlyMemory<byte> Raw(RawField field) => _bytes.AsMemory(field.Start, field.Length);

    /// <summary>The name as written.</summary>
    public ReadOnlySpan<byte> Name(RawField field) => _bytes.AsSpan(field.Start, field.NameLength);

    /// <summary>Everything behind the colon, line ends included.</summary>
    public ReadOnlyMemory<byte> Value(RawField field) => _bytes.AsMemory(field.ValueStart, field.Start + field.Length - field.ValueStart);

    /// <summary>Whether the field has that name, in any case.</summary>
    public bool Is(RawField field, ReadOnlySpan<byte> name) => field.NameLength > 0 && Ascii.EqualsIgnoreCase(Name(field), name);

    /// <summary>Fields of that name, from the top.</summary>
    public IEnumerable<RawField> Named(string name)
    {
        byte[] wanted = Encoding.ASCII.GetBytes(name);
        foreach (RawField field in Fields)
        {
            if (Is(field, wanted)) yield return field;
        }
    }

    /// <summary>Reads the block; null when it is over a limit.</summary>
    public static HeaderBlock? Read(IMailBytes message)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (message.TryGetMemory(out ReadOnlyMemory<byte> memory))
        {
            int end = EndOf(memory.Span, 0, out int bodyOffset);
            if (end < 0) (end, bodyOffset) = (memory.Length, memory.Length);
            return end > MaximumBytes ? null : Cut(memory[..end].ToArray(), end, bodyOffset);
        }

        using Stream stream = message.OpenRead();
        byte[] bytes = new byte[16 * 1024];
        int length = 0;
        for (int searched = 0; ;)
        {
            if (length == bytes.Length)
            {
                if (length > MaximumBytes) return null;
                Array.Resize(ref bytes, length * 2);
            }

            int got = stream.Read(bytes, length, bytes.Length - length);
            if (got == 0) return length > MaximumBytes ? null : Cut(bytes, length, length);
            length += got;
            // The end needs at most two bytes before the new ones: LF, CR | LF.
            int end = EndOf(bytes.AsSpan(0, length), Math.Max(0, searched - 2), out int bodyOffset);
            if (end >= 0) return end > MaximumBytes ? null : Cut(bytes, end, bodyOffset);
            searched = length;
        }
    }

    /// <summary>Reads the block of bytes in memory; null when it is over a limit.</summary>
    public static HeaderBlock? Read(ReadOnlySpan<byte> message)
    {
        int end = EndOf(message, 0, out int bodyOffset);
        if (end < 0) (end, bodyOffset) = (message.Length, message.Length);
        return end > MaximumBytes ? null : Cut(message[..end].ToArray(), end, bodyOffset);
    }

    /// <summary>Length of the block without the empty line, or -1 when its end is not in sight.</summary>
    private static int EndOf(ReadOnlySpan<byte> bytes, int from, out int bodyOffset)
    {
        bodyOffset = -1;
        if (from == 0 && Blank(bytes, 0, out bodyOffset)) return 0;
        for (int at = from; at < bytes.Length;)
        {
            int found = bytes[at..].IndexOf((byte)'\n');
            if (found < 0) return -1;
            at += found + 1;
            if (Blank(bytes, at, out bodyOffset)) return at;
        }

        return -1;
    }

    private static bool Blank(ReadOnlySpan<byte> bytes, int at, out int behind)
    {
        if (at < bytes.Length && bytes[at] == '\n')
        {
            behind = at + 1;
            return true;
        }

        behind = at + 2;
        return at + 1 < bytes.Length && bytes[at] == '\r' && bytes[at + 1] == '\n';
    }

    private static HeaderBlock? Cut(byte[] bytes, int length, long bodyOffset)
    {
        List<RawField> fields = [];
        for (int start = 0; start < length;)
        {
            int end = start;
            do
            {
                int found = bytes.AsSpan(end, length - end).IndexOf((byte)'\n');
                end = found < 0 ? length : end + found + 1;
            }
            while (end < length && bytes[end] is (byte)' ' or (byte)'\t');

            if (fields.Count == MaximumFields) return null;
            fields.Add(Field(bytes, start, end));
            start = end;
        }

        return new HeaderBlock(bytes, length, fields, bodyOffset);
    }

    private static RawField Field(byte[] bytes, int start, int end)
    {
        int colon = start;
        while (colon < end && bytes[colon] is > 32 and < 127 and not (byte)':') colon++;
        int name = colon - start;
        // "Name :" is the obsolete syntax of RFC 5322 4.5; readers accept it, so does who looks for forged fields.
        while (colon < end && bytes[colon] is (byte)' ' or (byte)'\t') colon++;
        return colon < end && bytes[colon] == ':' && name > 0 ? new(start, end - start, name, colon + 1) : new(start, end - start, 0, start);
    }
}

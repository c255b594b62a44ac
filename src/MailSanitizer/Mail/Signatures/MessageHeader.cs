using MailSanitizer.Content;
using MailSanitizer.Content.Formats.HeaderFields;

namespace MailSanitizer.Mail.Signatures;

/// <summary>
/// The header fields of a message as whoever signs, verifies or looks for forged ones has to see them: up to the empty line, lines that are no field passed over.
/// Postfix lets the body begin at such a line; a reader that does not would see the fields behind it, so they count here.
/// </summary>
public sealed class MessageHeader
{
    /// <summary>Largest block that is read (bytes). Origin: an order above the largest real ones; the walk's own limit (<see cref="Limits.HeaderBytes"/>) is far below. At it: the reader gives null.</summary>
    public const int MaximumBytes = 8 * 1024 * 1024;

    private static readonly Limits Wide = Limits.Default with { HeaderBytes = MaximumBytes, HeaderFields = 100_000 };

    private MessageHeader(IReadOnlyList<HeaderField> fields, long bodyOffset)
    {
        (Fields, BodyOffset) = (fields, bodyOffset);
    }

    /// <summary>The fields from the top.</summary>
    public IReadOnlyList<HeaderField> Fields { get; }

    /// <summary>Offset of the body in the message: behind the empty line; the length of the message when there is none.</summary>
    public long BodyOffset { get; }

    /// <summary>Fields of that name, from the top.</summary>
    public IEnumerable<HeaderField> Named(string name) => Fields.Where(field => field.Is(name));

    /// <summary>Reads the block; null when it is over a limit. The fields hold the message's own memory where it has some.</summary>
    public static MessageHeader? Read(IMailBytes message)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (message.TryGetMemory(out ReadOnlyMemory<byte> memory)) return Read(memory);
        using Stream stream = message.OpenRead();
        byte[] window = new byte[16 * 1024];
        for (int length = 0; ;)
        {
            int searched = length;
            int got = stream.ReadAtLeast(window.AsSpan(length), window.Length - length, throwOnEndOfStream: false);
            length += got;
            // The empty line may begin two bytes before what is new: LF, CR | LF.
            int end = EmptyLine(window.AsSpan(0, length), Math.Max(0, searched - 2));
            if (end >= 0 || length < window.Length) return Read(window.AsMemory(0, length));
            if (length > MaximumBytes) return null;
            Array.Resize(ref window, length * 2);
        }
    }

    /// <summary>Reads the block at the beginning of bytes in memory; null when it is over a limit.</summary>
    public static MessageHeader? Read(ReadOnlyMemory<byte> message)
    {
        int end = EmptyLine(message.Span, 0);
        HeaderBlock block = HeaderBlock.Read(end < 0 ? message : message[..end], Wide, skipJunk: true);
        return block.End == HeaderEnd.Limit ? null : new MessageHeader(block.Fields, end < 0 ? message.Length : end);
    }

    /// <summary>Offset behind the first empty line, or -1.</summary>
    private static int EmptyLine(ReadOnlySpan<byte> bytes, int from)
    {
        if (from == 0 && Behind(bytes, 0) is var top and >= 0) return top;
        for (int at = from; ;)
        {
            int found = bytes[at..].IndexOf((byte)'\n');
            if (found < 0) return -1;
            at += found + 1;
            if (Behind(bytes, at) is var behind and >= 0) return behind;
        }

        static int Behind(ReadOnlySpan<byte> bytes, int at) =>
            bytes[at..].StartsWith("\n"u8) ? at + 1 : bytes[at..].StartsWith("\r\n"u8) ? at + 2 : -1;
    }
}

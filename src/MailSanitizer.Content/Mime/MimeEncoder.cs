using System.Buffers;
using System.Buffers.Text;

namespace MailSanitizer.Content.Mime;

/// <summary>Writes content in a transfer encoding, such that decoding gives exactly the content again.</summary>
internal static class MimeEncoder
{
    private static ReadOnlySpan<byte> Digits => "0123456789ABCDEF"u8;

    /// <summary>The encoding for new content: the old one where it can carry it, else one that can.</summary>
    /// <param name="content">The new content.</param>
    /// <param name="old">What the part had.</param>
    /// <param name="oldIsEightBit">The old body held 8-bit bytes, so the way to the reader carries them.</param>
    /// <param name="isText">Text is written so that people can read it.</param>
    /// <param name="lineEnd">Line end of the message.</param>
    public static MimeEncoding Choose(PartBytes content, MimeEncoding old, bool oldIsEightBit, bool isText, string lineEnd)
    {
        if (old is MimeEncoding.Base64) return old;
        if (old is MimeEncoding.QuotedPrintable) return isText ? old : MimeEncoding.Base64;
        (bool plain, bool eightBit, long high) = Inspect(content, lineEnd);
        if (old is MimeEncoding.Identity && plain && (!eightBit || oldIsEightBit)) return old;
        return isText && high * 4 < content.Length ? MimeEncoding.QuotedPrintable : MimeEncoding.Base64;
    }

    /// <summary>The field value for an encoding; null where no field is needed.</summary>
    public static string? Word(MimeEncoding encoding, bool eightBit) => encoding switch
    {
        MimeEncoding.Base64 => "base64",
        MimeEncoding.QuotedPrintable => "quoted-printable",
        _ => eightBit ? "8bit" : "7bit",
    };

    /// <summary>Whether it can go as it is (lines of at most 998 bytes in the message's own line ends, no NUL), whether 8-bit bytes are in it, and how many.</summary>
    public static (bool IsPlain, bool IsEightBit, long High) Inspect(PartBytes content, string lineEnd)
    {
        bool crlf = lineEnd.Length == 2;
        long high = 0, line = 0;
        bool plain = true;
        byte before = 0;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(64 * 1024);
        try
        {
            for (long at = 0; at < content.Length;)
            {
                int got = content.Read(at, buffer);
                if (got == 0) break;
                at += got;
                foreach (byte one in buffer.AsSpan(0, got))
                {
                    if (one >= 0x80) high++;
                    if (before == '\r' && one != '\n') plain = false;
                    if (one == '\n')
                    {
                        if ((before == '\r') != crlf) plain = false;
                        line = 0;
                    }
                    else if (++line > 998 || one == 0)
                    {
                        plain = false;
                    }

                    before = one;
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return (plain && before != '\r', high > 0, high);
    }

    /// <summary>Writes the content.</summary>
    public static void Write(PartBytes content, MimeEncoding encoding, string lineEnd, IPartOutput output)
    {
        switch (encoding)
        {
            case MimeEncoding.Base64:
                WriteBase64(content, lineEnd, output);
                break;
            case MimeEncoding.QuotedPrintable:
                WriteQuotedPrintable(content, lineEnd, output);
                break;
            default:
                byte[] buffer = ArrayPool<byte>.Shared.Rent(64 * 1024);
                long at = 0;
                for (int got; (got = content.Read(at, buffer)) > 0; at += got) output.Write(buffer.AsSpan(0, got));
                ArrayPool<byte>.Shared.Return(buffer);
                break;
        }
    }

    private static void WriteBase64(PartBytes content, string lineEnd, IPartOutput output)
    {
        const int lines = 1_000;
        byte[] raw = ArrayPool<byte>.Shared.Rent(57 * lines);
        byte[] encoded = ArrayPool<byte>.Shared.Rent(78 * lines);
        long at = 0;
        bool first = true;
        for (int got; (got = content.Read(at, raw.AsSpan(0, 57 * lines))) > 0; at += got)
        {
            int length = 0;
            for (int from = 0; from < got; from += 57)
            {
                // The last line has no line end: the one in front of the boundary is the boundary's.
                if (!first) foreach (char one in lineEnd) encoded[length++] = (byte)one;
                first = false;
                Base64.EncodeToUtf8(raw.AsSpan(from, Math.Min(57, got - from)), encoded.AsSpan(length), out _, out int written);
                length += written;
            }

            output.Write(encoded.AsSpan(0, length));
        }

        ArrayPool<byte>.Shared.Return(raw);
        ArrayPool<byte>.Shared.Return(encoded);
    }

    private static void WriteQuotedPrintable(PartBytes content, string lineEnd, IPartOutput output)
    {
        bool crlf = lineEnd.Length == 2;
        byte[] raw = ArrayPool<byte>.Shared.Rent(32 * 1024);
        ArrayBufferWriter<byte> written = new(64 * 1024);
        int column = 0;
        long at = 0;
        for (int got; (got = content.Read(at, raw.AsSpan(0, 32 * 1024))) > 0;)
        {
            bool last = at + got >= content.Length;
            int used = 0;
            while (used < got)
            {
                // What comes next decides whether CR, LF or a blank may stand: keep two bytes back unless this is the end.
                if (!last && got - used < 3) break;
                byte one = raw[used];
                byte next = used + 1 < got ? raw[used + 1] : (byte)0;
                bool hardBreak = crlf ? one == '\r' && next == '\n' && used + 1 < got : one == '\n';
                if (hardBreak)
                {
                    Ascii(written, lineEnd);
                    column = 0;
                    used += lineEnd.Length;
                    continue;
                }

                bool atEnd = used + 1 >= got || (crlf ? next == '\r' : next == '\n');
                bool plain = one is >= 33 and <= 126 and not (byte)'=' || (one is (byte)' ' or (byte)'\t' && !atEnd);

                // A lone dot or "From " at the beginning of a line is changed by some relays.
                if (column == 0 && (one == '.' || (one == 'F' && next == 'r') || (one == '-' && next == '-'))) plain = false;
                int width = plain ? 1 : 3;
                if (column + width > 75)
                {
                    Ascii(written, "=" + lineEnd);
                    column = 0;
                    if (one is (byte)'.' or (byte)'F' or (byte)'-') (plain, width) = (false, 3);
                }

                Span<byte> room = written.GetSpan(3);
                if (plain)
                {
                    room[0] = one;
                }
                else
                {
                    room[0] = (byte)'=';
                    room[1] = Digits[one >> 4];
                    room[2] = Digits[one & 15];
                }

                written.Advance(width);
                column += width;
                used++;
            }

            at += used;
            output.Write(written.WrittenSpan);
            written.ResetWrittenCount();
        }

        ArrayPool<byte>.Shared.Return(raw);
    }

    private static void Ascii(ArrayBufferWriter<byte> to, string text)
    {
        Span<byte> room = to.GetSpan(text.Length);
        for (int index = 0; index < text.Length; index++) room[index] = (byte)text[index];
        to.Advance(text.Length);
    }
}

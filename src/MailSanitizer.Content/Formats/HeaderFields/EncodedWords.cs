using System.Buffers;
using System.Buffers.Text;
using System.Text;
using MailSanitizer.Content.Formats.Charsets;

namespace MailSanitizer.Content.Formats.HeaderFields;

/// <summary>RFC 2047: reading and writing encoded words. One pass, linear, never fails: what is no encoded word stays as it is.</summary>
public static class EncodedWords
{
    // RFC 2047 allows 75 characters; real mailers write lines of any length.
    private const int LongestWord = 4_096;

    /// <summary>True where something that could be an encoded word stands in it.</summary>
    public static bool Present(ReadOnlySpan<byte> value) => value.IndexOf("=?"u8) >= 0;

    /// <summary>Decodes a raw header value for people: unfolds, decodes encoded words and raw 8-bit bytes, trims.</summary>
    public static string Decode(ReadOnlySpan<byte> value, Limits limits)
    {
        byte[] flat = HeaderText.Flatten(value);
        ReadOnlySpan<byte> rest = flat.AsSpan().Trim(" \t"u8);
        if (!Present(rest)) return NameCharset.Decode(rest);
        StringBuilder text = new(rest.Length);
        ArrayBufferWriter<byte> pending = new();
        string pendingCharset = "";
        int words = 0;
        int gapStart = 0;
        int at = 0;
        while (at < rest.Length)
        {
            int found = words < limits.EncodedWords ? rest[at..].IndexOf("=?"u8) : -1;
            if (found < 0) break;
            int start = at + found;
            if (!TryWord(rest[start..], out int length, out string charset, out byte[] bytes))
            {
                at = start + 2;
                continue;
            }

            // Blanks between two encoded words are not text (RFC 2047 6.2); a character may be split over both when charset and kind agree.
            ReadOnlySpan<byte> gap = rest[gapStart..start];
            bool joined = words > 0 && gap.IndexOfAnyExcept((byte)' ', (byte)'\t') < 0;
            if (!joined || !string.Equals(charset, pendingCharset, StringComparison.OrdinalIgnoreCase))
            {
                Flush(text, pending, pendingCharset);
                if (!joined) text.Append(NameCharset.Decode(gap));
            }

            pending.Write(bytes);
            pendingCharset = charset;
            words++;
            at = gapStart = start + length;
        }

        Flush(text, pending, pendingCharset);
        text.Append(NameCharset.Decode(rest[gapStart..]));
        return text.ToString();
    }

    /// <summary>
    /// Writes text for an unstructured or phrase position: plain when it is printable ASCII that cannot be mistaken, else encoded words in UTF-8,
    /// folded by <paramref name="lineEnd"/>. Control characters, CR and LF among them, are taken out: nothing written by this can begin a new field.
    /// </summary>
    public static string Encode(string text, string lineEnd = "\r\n")
    {
        string clean = string.Concat(text.Where(character => !char.IsControl(character) && character is not ('\u2028' or '\u2029')));
        bool plain = clean.Length <= 60 && clean.All(character => character is >= ' ' and < (char)127) && !clean.Contains("=?", StringComparison.Ordinal);
        if (plain) return clean;
        StringBuilder written = new();
        StringBuilder piece = new();
        int bytes = 0;
        foreach (Rune rune in clean.EnumerateRunes())
        {
            if (bytes + rune.Utf8SequenceLength > 42) Emit();
            piece.Append(rune.ToString());
            bytes += rune.Utf8SequenceLength;
        }

        Emit();
        return written.ToString();

        void Emit()
        {
            if (piece.Length == 0) return;
            if (written.Length > 0) written.Append(lineEnd).Append(' ');
            written.Append("=?UTF-8?B?").Append(Convert.ToBase64String(Encoding.UTF8.GetBytes(piece.ToString()))).Append("?=");
            piece.Clear();
            bytes = 0;
        }
    }

    private static void Flush(StringBuilder text, ArrayBufferWriter<byte> pending, string charset)
    {
        if (pending.WrittenCount == 0) return;
        text.Append(Charset.Find(charset) is null ? NameCharset.Decode(pending.WrittenSpan) : Charset.Decode(charset, pending.WrittenSpan));
        pending.ResetWrittenCount();
    }

    private static bool TryWord(ReadOnlySpan<byte> from, out int length, out string charset, out byte[] bytes)
    {
        length = 0;
        charset = "";
        bytes = [];
        ReadOnlySpan<byte> word = from[..Math.Min(from.Length, LongestWord)];
        int charsetEnd = word[2..].IndexOf((byte)'?') + 2;
        if (charsetEnd < 3 || charsetEnd > 60 || charsetEnd + 2 >= word.Length || word[charsetEnd + 2] != (byte)'?') return false;
        int textStart = charsetEnd + 3;
        int textEnd = word[textStart..].IndexOf("?="u8);
        if (textEnd < 0) return false;
        ReadOnlySpan<byte> encoded = word.Slice(textStart, textEnd);
        switch (word[charsetEnd + 1] | 0x20)
        {
            case 'b':
                bytes = Base64Of(encoded);
                break;
            case 'q':
                // "?=" may be the beginning of an encoded byte only in broken words ("=?x?Q?=?="): the first one ends the word, as everywhere.
                bytes = QuotedOf(encoded);
                break;
            default:
                return false;
        }

        charset = Encoding.Latin1.GetString(word[2..charsetEnd]);
        length = textStart + textEnd + 2;
        return true;
    }

    private static byte[] Base64Of(ReadOnlySpan<byte> encoded)
    {
        byte[] clean = new byte[encoded.Length + 3];
        int count = 0;
        foreach (byte one in encoded)
            if (char.IsAsciiLetterOrDigit((char)one) || one is (byte)'+' or (byte)'/') clean[count++] = one;
        if (count % 4 == 1) count--;
        while (count % 4 != 0) clean[count++] = (byte)'=';
        byte[] bytes = new byte[count / 4 * 3];
        Base64.DecodeFromUtf8(clean.AsSpan(0, count), bytes, out _, out int written);
        return bytes[..written];
    }

    private static byte[] QuotedOf(ReadOnlySpan<byte> encoded)
    {
        byte[] bytes = new byte[encoded.Length];
        int count = 0;
        for (int at = 0; at < encoded.Length; at++)
        {
            byte one = encoded[at];
            if (one == '_') one = (byte)' ';
            else if (one == '=' && at + 2 < encoded.Length && char.IsAsciiHexDigit((char)encoded[at + 1]) && char.IsAsciiHexDigit((char)encoded[at + 2]))
            {
                one = (byte)(Convert.FromHexString([(char)encoded[at + 1], (char)encoded[at + 2]])[0]);
                at += 2;
            }

            bytes[count++] = one;
        }

        return bytes[..count];
    }
}

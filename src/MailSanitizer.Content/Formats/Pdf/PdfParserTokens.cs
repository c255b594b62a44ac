using System.Buffers;
using System.Globalization;
using System.Text;

namespace MailSanitizer.Content.Formats.Pdf;

/// <summary>Numbers, references, names and strings (7.3.3 to 7.3.5, 7.3.10).</summary>
internal ref partial struct PdfParser
{
    private static readonly SearchValues<byte> StringSpecials = SearchValues.Create("()\\\r"u8);
    private static readonly SearchValues<byte> NumberCharacters = SearchValues.Create("0123456789+-."u8);

    private PdfValue NumberOrReference(ReadOnlySpan<byte> word)
    {
        // "12endobj": the number ends where its digits do.
        int digits = word.IndexOfAnyExcept(NumberCharacters);
        if (digits > 0)
        {
            Faulty = true;
            word = word[..digits];
        }

        Position += word.Length;
        if (word.Length <= 10 && !word.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
        {
            int after = Position;
            SkipWhite();
            ReadOnlySpan<byte> second = PeekWord();
            if (second.Length is > 0 and <= 5 && !second.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
            {
                Position += second.Length;
                SkipWhite();
                ReadOnlySpan<byte> third = PeekWord();
                if (third.Length > 0 && third[0] == 'R' && third.Length == 1
                    && int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
                    && int.TryParse(second, NumberStyles.None, CultureInfo.InvariantCulture, out int generation))
                {
                    Position++;
                    return new PdfReference(number, generation);
                }

                if (Position + third.Length >= _text.Length) Unfinished = true;
            }
            else if (Position + second.Length >= _text.Length)
            {
                Unfinished = true;
            }

            Position = after;
        }

        return new PdfPlain(Encoding.Latin1.GetString(word));
    }

    private PdfName Name()
    {
        ReadOnlySpan<byte> word = PeekWord();
        Position += word.Length;
        if (Position == _text.Length) Unfinished = true;
        return new PdfName(Unescape(word));
    }

    /// <summary>A name's text: <c>#</c> and two hexadecimal digits are a byte (7.3.5).</summary>
    internal static string Unescape(ReadOnlySpan<byte> word)
    {
        if (!word.Contains((byte)'#')) return Intern(word);
        StringBuilder text = new(word.Length);
        for (int at = 0; at < word.Length; at++)
        {
            if (word[at] == '#' && at + 2 < word.Length && char.IsAsciiHexDigit((char)word[at + 1]) && char.IsAsciiHexDigit((char)word[at + 2]))
            {
                text.Append((char)((Hex(word[at + 1]) << 4) | Hex(word[at + 2])));
                at += 2;
            }
            else
            {
                text.Append((char)word[at]);
            }
        }

        return text.ToString();
    }

    private static string Intern(ReadOnlySpan<byte> word) => word.Length switch
    {
        1 when word[0] < 128 => PdfNames.OneCharacter[word[0]],
        <= 16 => PdfNames.Common(word) ?? Encoding.Latin1.GetString(word),
        _ => Encoding.Latin1.GetString(word),
    };

    private static int Hex(byte digit) => digit <= '9' ? digit - '0' : (digit & 0xDF) - 'A' + 10;

    private PdfString Literal()
    {
        Position++;
        ArrayBufferWriter<byte> bytes = new(32);
        int open = 1;
        while (Position < _text.Length)
        {
            ReadOnlySpan<byte> rest = _text[Position..];
            int special = rest.IndexOfAny(StringSpecials);
            if (special < 0) special = rest.Length;
            bytes.Write(rest[..special]);
            Position += special;
            if (Position >= _text.Length) break;
            byte value = _text[Position++];
            switch (value)
            {
                case (byte)'(':
                    open++;
                    bytes.Write([value]);
                    break;
                case (byte)')':
                    if (--open == 0) return new PdfString(bytes.WrittenSpan.ToArray(), isHex: false);
                    bytes.Write([value]);
                    break;
                case (byte)'\r':
                    // A line end in a string is one LF (7.3.4.2).
                    if (Position < _text.Length && _text[Position] == '\n') Position++;
                    bytes.Write("\n"u8);
                    break;
                default:
                    Escape(bytes);
                    break;
            }
        }

        Unfinished = Faulty = true;
        return new PdfString(bytes.WrittenSpan.ToArray(), isHex: false);
    }

    private void Escape(ArrayBufferWriter<byte> bytes)
    {
        if (Position >= _text.Length) return;
        byte value = _text[Position++];
        switch (value)
        {
            case (byte)'n': bytes.Write("\n"u8); break;
            case (byte)'r': bytes.Write("\r"u8); break;
            case (byte)'t': bytes.Write("\t"u8); break;
            case (byte)'b': bytes.Write("\b"u8); break;
            case (byte)'f': bytes.Write("\f"u8); break;
            case (byte)'\n': break;
            case (byte)'\r':
                if (Position < _text.Length && _text[Position] == '\n') Position++;
                break;
            case >= (byte)'0' and <= (byte)'7':
                int octal = value - '0';
                for (int more = 0; more < 2 && Position < _text.Length && _text[Position] is >= (byte)'0' and <= (byte)'7'; more++) octal = (octal << 3) | (_text[Position++] - '0');
                bytes.Write([(byte)octal]);
                break;
            default: bytes.Write([value]); break;
        }
    }

    private PdfString Hexadecimal()
    {
        Position++;
        ReadOnlySpan<byte> rest = _text[Position..];
        int end = rest.IndexOf((byte)'>');
        if (end < 0)
        {
            Unfinished = Faulty = true;
            end = rest.Length;
        }

        byte[] bytes = new byte[(end + 1) / 2];
        int digits = 0;
        foreach (byte digit in rest[..end])
        {
            if (char.IsAsciiHexDigit((char)digit))
            {
                bytes[digits >> 1] |= (byte)(Hex(digit) << ((digits & 1) == 0 ? 4 : 0));
                digits++;
            }
            else if (!IsWhite(digit))
            {
                Faulty = true;
            }
        }

        Position = Math.Min(_text.Length, Position + end + 1);
        return new PdfString(bytes[..((digits + 1) / 2)], isHex: true);
    }
}

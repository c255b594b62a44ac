using System.Buffers;
using System.Globalization;
using System.Text;

namespace MailSanitizer.Content.Formats.Pdf;

/// <summary>
/// Reads values from a stretch of PDF text (ISO 32000-2, 7.2 and 7.3). It never gives up on a fault: what does not fit is passed over, as the most
/// forgiving readers do, and <see cref="Faulty"/> is set, so that nothing that any reader could still find is left unread.
/// </summary>
internal ref struct PdfParser(ReadOnlySpan<byte> text, int depthLimit)
{
    private static readonly SearchValues<byte> StringSpecials = SearchValues.Create("()\\\r"u8);
    private static readonly SearchValues<byte> RegularEnd = SearchValues.Create("\0\t\n\f\r ()<>[]{}/%"u8);

    private static readonly SearchValues<byte> NumberCharacters = SearchValues.Create("0123456789+-."u8);

    private readonly ReadOnlySpan<byte> _text = text;
    private int _depth;

    public int Position { get; set; }

    /// <summary>Something was passed over.</summary>
    public bool Faulty { get; private set; }

    /// <summary>The end of the stretch was reached inside of a value.</summary>
    public bool Unfinished { get; private set; }

    /// <summary>The depth limit was reached; what lies deeper was not read.</summary>
    public bool TooDeep { get; private set; }

    public static bool IsWhite(byte value) => value is 0 or 9 or 10 or 12 or 13 or 32;

    public static bool IsRegular(byte value) => !RegularEnd.Contains(value);

    public void SkipWhite()
    {
        while (Position < _text.Length)
        {
            byte value = _text[Position];
            if (IsWhite(value))
            {
                Position++;
            }
            else if (value == '%')
            {
                int end = _text[Position..].IndexOfAny((byte)'\r', (byte)'\n');
                Position = end < 0 ? _text.Length : Position + end;
            }
            else
            {
                return;
            }
        }
    }

    /// <summary>The word of regular characters at the position, without moving.</summary>
    public readonly ReadOnlySpan<byte> PeekWord()
    {
        ReadOnlySpan<byte> rest = _text[Position..];
        int end = rest.IndexOfAny(RegularEnd);
        return end < 0 ? rest : rest[..end];
    }

    /// <summary>Reads one value; null at the end, or before a word that ends an object.</summary>
    public PdfValue? Read()
    {
        while (true)
        {
            SkipWhite();
            if (Position >= _text.Length) return null;
            int start = Position;
            PdfValue? value = ReadHere(out bool end);
            if (value is not null)
            {
                value.Start = start;
                value.End = Position;
                return value;
            }

            if (end) return null;
            Faulty = true;
            if (Position == start) Position++;
        }
    }

    private PdfValue? ReadHere(out bool end)
    {
        end = false;
        byte first = _text[Position];
        switch (first)
        {
            case (byte)'/':
                Position++;
                return Name();
            case (byte)'(':
                return Literal();
            case (byte)'[':
                return Nested(isArray: true);
            case (byte)'<':
                return Position + 1 < _text.Length && _text[Position + 1] == '<' ? Nested(isArray: false) : Hexadecimal();
            case (byte)']' or (byte)'>' or (byte)')' or (byte)'{' or (byte)'}':
                return null;
        }

        ReadOnlySpan<byte> word = PeekWord();
        if (Position + word.Length == _text.Length) Unfinished = true;
        if (char.IsAsciiDigit((char)first) || first is (byte)'+' or (byte)'-' or (byte)'.') return NumberOrReference(word);
        if (word.SequenceEqual("endobj"u8) || word.SequenceEqual("stream"u8) || word.SequenceEqual("obj"u8) || word.SequenceEqual("endstream"u8)
            || word.SequenceEqual("xref"u8) || word.SequenceEqual("trailer"u8) || word.SequenceEqual("startxref"u8))
        {
            end = true;
            return null;
        }

        Position += word.Length;
        if (word.SequenceEqual("true"u8)) return new PdfPlain("true");
        if (word.SequenceEqual("false"u8)) return new PdfPlain("false");
        if (word.SequenceEqual("null"u8)) return new PdfNull();

        // "endobj" that runs into what follows, or a keyword of a content stream: passed over.
        if (word.StartsWith("endobj"u8))
        {
            Position -= word.Length;
            end = true;
        }

        return null;
    }

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

    private PdfValue Nested(bool isArray)
    {
        if (_depth >= depthLimit)
        {
            TooDeep = true;
            Faulty = true;
            Position = _text.Length;
            return PdfNull.Value;
        }

        _depth++;
        PdfValue value = isArray ? Array() : Dictionary();
        _depth--;
        return value;
    }

    private PdfArray Array()
    {
        Position++;
        List<PdfValue> items = [];
        while (true)
        {
            SkipWhite();
            if (Position >= _text.Length)
            {
                Unfinished = Faulty = true;
                return new PdfArray(items);
            }

            if (_text[Position] == ']')
            {
                Position++;
                return new PdfArray(items);
            }

            // An array that was never closed ends where its dictionary does.
            if (_text[Position] == '>' && Position + 1 < _text.Length && _text[Position + 1] == '>')
            {
                Faulty = true;
                return new PdfArray(items);
            }

            int start = Position;
            PdfValue? item = ReadHere(out bool end);
            if (item is not null)
            {
                item.Start = start;
                item.End = Position;
                items.Add(item);
                continue;
            }

            Faulty = true;
            if (end) return new PdfArray(items);
            if (Position == start) Position++;
        }
    }

    private PdfDictionary Dictionary()
    {
        int begin = Position;
        Position += 2;
        List<KeyValuePair<string, PdfValue>> entries = [];
        while (true)
        {
            SkipWhite();
            if (Position >= _text.Length)
            {
                Unfinished = Faulty = true;
                break;
            }

            byte next = _text[Position];
            if (next == '>')
            {
                Position++;
                if (Position < _text.Length && _text[Position] == '>')
                {
                    Position++;
                    break;
                }

                if (Position >= _text.Length) Unfinished = true;
                Faulty = true;
                continue;
            }

            if (next != '/')
            {
                // No key: whatever it is, it is passed over; a key behind it still counts.
                Faulty = true;
                int before = Position;
                _ = ReadHere(out bool end);
                if (end) break;
                if (Position == before) Position++;
                continue;
            }

            Position++;
            string key = Name().Text;
            SkipWhite();
            if (Position >= _text.Length)
            {
                Unfinished = Faulty = true;
                break;
            }

            if (_text[Position] == '>')
            {
                // A key without a value.
                if (!(Position + 1 < _text.Length && _text[Position + 1] == '>')) Position++;
                Faulty = true;
                continue;
            }

            int start = Position;
            PdfValue? value = ReadHere(out bool ended);
            if (value is not null)
            {
                value.Start = start;
                value.End = Position;
                entries.Add(new(key, value));
                continue;
            }

            Faulty = true;
            if (ended) break;
            if (Position == start) Position++;
        }

        return new PdfDictionary(entries) { Start = begin, End = Position };
    }
}

/// <summary>Names that come in every file, so that a large one does not hold them a hundred thousand times.</summary>
internal static class PdfNames
{
    private static readonly Dictionary<string, string>.AlternateLookup<ReadOnlySpan<char>> Lookup = new[]
    {
        "Type", "Subtype", "Page", "Pages", "Parent", "Kids", "Count", "MediaBox", "CropBox", "Resources", "Contents", "Annots", "Annot", "Link", "Rect", "Border", "Font",
        "XObject", "ExtGState", "ColorSpace", "ProcSet", "PDF", "Text", "ImageB", "ImageC", "ImageI", "Length", "Filter", "FlateDecode", "StructElem", "StructParent",
        "StructParents", "Width", "Height", "BitsPerComponent", "DeviceRGB", "DeviceGray", "Image", "Form", "BBox", "Matrix", "Group", "Transparency", "Rotate", "Tabs",
        "FontDescriptor", "BaseFont", "Encoding", "FirstChar", "LastChar", "Widths", "ToUnicode", "Dest", "XYZ", "Title", "Next", "Prev", "First", "Last", "Limits",
        "Names", "Nums", "ObjStm", "OBJR", "MCR", "MCID", "Pg", "Obj", "GoTo", "URI", "Action", "Span", "Table", "Lang", "Alt", "ActualText", "Metadata",
    }.ToDictionary(name => name, name => name, StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();

    public static string[] OneCharacter { get; } = [.. Enumerable.Range(0, 128).Select(value => ((char)value).ToString())];

    public static string? Common(ReadOnlySpan<byte> word)
    {
        Span<char> text = stackalloc char[word.Length];
        for (int at = 0; at < word.Length; at++) text[at] = (char)word[at];
        return Lookup.TryGetValue(text, out string? name) ? name : null;
    }
}

using System.Buffers;

namespace MailSanitizer.Content.Formats.Pdf;

/// <summary>
/// Reads values from a stretch of PDF text (ISO 32000-2, 7.2 and 7.3). It never gives up on a fault: what does not fit is passed over, as the most
/// forgiving readers do, and <see cref="Faulty"/> is set, so that nothing that any reader could still find is left unread.
/// </summary>
internal ref partial struct PdfParser(ReadOnlySpan<byte> text, int depthLimit)
{
    private static readonly SearchValues<byte> RegularEnd = SearchValues.Create("\0\t\n\f\r ()<>[]{}/%"u8);

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

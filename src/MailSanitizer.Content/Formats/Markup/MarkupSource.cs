using System.Text;

namespace MailSanitizer.Content.Formats.Markup;

/// <summary>
/// The bytes of a markup document, and a <see cref="View"/> of them in which every character that is ASCII to a browser is that byte and everything else is
/// 0x80 or above: one view for all charsets, whose offsets lead straight back to the bytes.
/// </summary>
/// <remarks>
/// In UTF-8, EUC and single-byte charsets the view is the bytes. In Shift_JIS, GBK, Big5 and Korean the second byte of a pair can look like ASCII and is masked
/// (never a byte below 0x40, as WHATWG Encoding has it: <c>"</c> and <c>&lt;</c> are never swallowed). In ISO-2022-JP what stands between escapes is masked.
/// UTF-16 and UTF-32 have a byte in the view for each unit.
/// </remarks>
public sealed class MarkupSource
{
    private readonly ReadOnlyMemory<byte> _bytes;
    private readonly byte[] _view;
    private readonly bool _hasEscapes;

    private MarkupSource(ReadOnlyMemory<byte> bytes, Encoding encoding, int mark, int unit, byte[] view, bool isUnsound)
    {
        _bytes = bytes;
        _view = view;
        Encoding = encoding;
        Mark = mark;
        Unit = unit;
        IsUnsound = isUnsound;
        _hasEscapes = encoding.CodePage == 50220;
    }

    /// <summary>The charset it is read in.</summary>
    public Encoding Encoding { get; }

    /// <summary>Bytes of a byte order mark in front.</summary>
    public int Mark { get; }

    /// <summary>Bytes for one byte of the view.</summary>
    public int Unit { get; }

    /// <summary>True when the bytes break the charset's rules in a way that makes some readers swallow or add markup.</summary>
    public bool IsUnsound { get; }

    /// <summary>What to tokenize.</summary>
    public ReadOnlySpan<byte> View => _view;

    /// <summary>The document.</summary>
    public ReadOnlyMemory<byte> Bytes => _bytes;

    /// <summary>Reads a document in a charset.</summary>
    public static MarkupSource Of(ReadOnlyMemory<byte> bytes, Encoding encoding)
    {
        ReadOnlySpan<byte> span = bytes.Span;
        switch (encoding.CodePage)
        {
            case 1200 or 1201:
                int mark = span.StartsWith(encoding.CodePage == 1200 ? [0xFF, 0xFE] : (ReadOnlySpan<byte>)[0xFE, 0xFF]) ? 2 : 0;
                return new MarkupSource(bytes, encoding, mark, 2, Wide(span[mark..], 2, encoding.CodePage == 1200), (span.Length & 1) != 0);
            case 12000 or 12001:
                int longMark = span.StartsWith(encoding.CodePage == 12000 ? [0xFF, 0xFE, 0, 0] : (ReadOnlySpan<byte>)[0, 0, 0xFE, 0xFF]) ? 4 : 0;
                return new MarkupSource(bytes, encoding, longMark, 4, Wide(span[longMark..], 4, encoding.CodePage == 12000), (span.Length & 3) != 0);
            case 50220:
                (byte[] shifted, bool oddly) = Shifted(span);
                return new MarkupSource(bytes, encoding, 0, 1, shifted, oddly);
            case 932 or 936 or 949 or 950 or 54936:
                (byte[] paired, bool broken) = Paired(span, encoding.CodePage);
                return new MarkupSource(bytes, encoding, 0, 1, paired, broken);
            default:
                int utf8Mark = encoding.CodePage == 65001 && span.StartsWith<byte>([0xEF, 0xBB, 0xBF]) ? 3 : 0;
                return new MarkupSource(bytes, encoding, utf8Mark, 1, span[utf8Mark..].ToArray(), isUnsound: false);
        }
    }

    /// <summary>Where an offset of the view lies in the bytes.</summary>
    public long Offset(int view) => Mark + ((long)view * Unit);

    /// <summary>The bytes of a range of the view.</summary>
    public ReadOnlySpan<byte> Raw(int start, int end) => _bytes.Span[(int)Offset(start)..(int)Offset(end)];

    /// <summary>A range of the view as characters.</summary>
    public string Text(int start, int end)
    {
        if (end <= start) return "";
        ReadOnlySpan<byte> range = _view.AsSpan(start, end - start);
        if (Ascii.IsValid(range)) return Encoding.Latin1.GetString(range);
        ReadOnlySpan<byte> raw = Raw(start, end);

        // A range can begin inside of shifted text only where a caller cuts at an arbitrary place; decoding from the start of the escape keeps it text.
        return _hasEscapes ? Charsets.Charset.Decode("iso-2022-jp", raw) : Encoding.GetString(raw);
    }

    /// <summary>New text in the document's charset. Characters that the charset lacks become character references.</summary>
    public byte[] Encode(string text)
    {
        if (Unit == 1 && Ascii.IsValid(text)) return Encoding.ASCII.GetBytes(text);
        if (Encoding.CodePage is 1200 or 1201 or 12000 or 12001 or 65001 || Charsets.Charset.CanExpress(Encoding, text)) return Encoding.GetBytes(text);
        StringBuilder referenced = new();
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (rune.IsAscii) referenced.Append((char)rune.Value);
            else referenced.Append("&#").Append(rune.Value).Append(';');
        }

        return Encoding.ASCII.GetBytes(referenced.ToString());
    }

    private static byte[] Wide(ReadOnlySpan<byte> bytes, int unit, bool little)
    {
        byte[] view = new byte[bytes.Length / unit];
        for (int at = 0; at < view.Length; at++)
        {
            ReadOnlySpan<byte> one = bytes.Slice(at * unit, unit);
            byte low = little ? one[0] : one[unit - 1];
            bool ascii = low < 0x80 && !(little ? one[1..] : one[..(unit - 1)]).ContainsAnyExcept((byte)0);
            view[at] = ascii ? low : (byte)0x80;
        }

        return view;
    }

    // WHATWG Encoding 12.2.2. Unsound: what the decoders in use take differently: line ends inside of two-byte text, half pairs, other escapes.
    private static (byte[] View, bool IsUnsound) Shifted(ReadOnlySpan<byte> bytes)
    {
        byte[] view = bytes.ToArray();
        bool unsound = false;
        int width = 1;
        bool kana = false;
        for (int at = 0; at < bytes.Length;)
        {
            byte c = bytes[at];
            if (c == 0x1B)
            {
                int length = Escape(bytes[at..], ref width, ref kana);
                if (length == 0)
                {
                    unsound = true;
                    view[at++] = 0x80;
                }
                else
                {
                    view.AsSpan(at, length).Fill(0x80);
                    at += length;
                }

                continue;
            }

            if (width == 2 || kana)
            {
                bool pair = c is >= 0x21 and <= 0x7E && (kana || (at + 1 < bytes.Length && bytes[at + 1] is >= 0x21 and <= 0x7E));
                if (pair)
                {
                    view[at] |= 0x80;
                    if (!kana) view[at + 1] |= 0x80;
                    at += kana ? 1 : 2;
                    continue;
                }

                unsound = true;
            }
            else if (c is 0x0E or 0x0F)
            {
                unsound = true;
            }

            at++;
        }

        return (view, unsound || width == 2);
    }

    private static int Escape(ReadOnlySpan<byte> bytes, ref int width, ref bool kana)
    {
        if (bytes.Length < 3) return 0;
        (int length, int wide, bool half) = (bytes[1], bytes[2]) switch
        {
            ((byte)'(', (byte)'B' or (byte)'J') => (3, 1, false),
            ((byte)'(', (byte)'I') => (3, 1, true),
            ((byte)'$', (byte)'@' or (byte)'B' or (byte)'A') => (3, 2, false),
            ((byte)'$', (byte)'(') when bytes.Length > 3 && bytes[3] is (byte)'D' or (byte)'O' or (byte)'P' or (byte)'Q' or (byte)'C' => (4, 2, false),
            _ => (0, 0, false),
        };
        if (length == 0) return 0;
        (width, kana) = (wide, half);
        return length;
    }

    private static (byte[] View, bool IsUnsound) Paired(ReadOnlySpan<byte> bytes, int codePage)
    {
        byte[] view = bytes.ToArray();
        bool unsound = false;
        for (int at = 0; at < bytes.Length; at++)
        {
            byte lead = bytes[at];
            bool leads = codePage == 932 ? lead is (>= 0x81 and <= 0x9F) or (>= 0xE0 and <= 0xFC) : lead is >= 0x81 and <= 0xFE;
            if (!leads) continue;
            byte trail = at + 1 < bytes.Length ? bytes[at + 1] : (byte)0;
            if (trail is >= 0x30 and <= 0x39 && codePage is 936 or 54936 && at + 3 < bytes.Length && bytes[at + 2] is >= 0x81 and <= 0xFE && bytes[at + 3] is >= 0x30 and <= 0x39)
            {
                // GB 18030's four bytes.
                view[at + 1] |= 0x80;
                view[at + 3] |= 0x80;
                at += 3;
            }
            else if (trail >= 0x40 && trail != 0x7F)
            {
                view[at + 1] |= 0x80;
                at++;
            }
            else if (trail is (byte)'<' or (byte)'>' or (byte)'"' or (byte)'\'' or (byte)'=' or (byte)'&' or (byte)'/')
            {
                // A browser keeps the sign, an older reader takes it for the second half.
                unsound = true;
            }
        }

        return (view, unsound);
    }
}

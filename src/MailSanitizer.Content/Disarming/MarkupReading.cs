using System.Text;
using MailSanitizer.Content.Formats.Charsets;
using MailSanitizer.Content.Formats.Markup;

namespace MailSanitizer.Content.Disarming;

/// <summary>
/// Which charset a markup document is read in, and whether every reader would take the same one. Where not, the document is decoded by one reading and
/// written anew in UTF-8, with that name in its header and its declarations.
/// </summary>
/// <param name="Encoding">The reading: byte order mark, then the container's word, then the document's own, then what the bytes look like (WHATWG Encoding 6.1, HTML 13.2.3).</param>
/// <param name="Conflict">Why readers could differ; null when they cannot.</param>
internal sealed record MarkupReading(Encoding Encoding, string? Conflict)
{
    // Browsers look at 1,024 bytes, old ones further.
    private const int Prescan = 4_096;

    /// <summary>Decides for a part.</summary>
    public static MarkupReading Of(ReadOnlySpan<byte> bytes, ChildDescription description)
    {
        MarkupReading reading = Of(bytes, description.DeclaredCharset);

        // A mail's header that says "text" and no charset means ASCII (RFC 2045 5.2): readers who hold on to that see other markup than those who ask the page.
        bool silent = reading.Conflict is null && reading.Encoding.CodePage is 50220 && description.DeclaredType is "text/html" && Charset.Find(description.DeclaredCharset)?.CodePage is not 50220 && bytes.IndexOf((byte)0x1B) >= 0;
        return silent ? reading with { Conflict = "iso-2022-jp by its own word alone" } : reading;
    }

    private static MarkupReading Of(ReadOnlySpan<byte> bytes, string? declared)
    {
        Encoding? mark = MarkOf(bytes);
        Encoding? header = Charset.Find(declared);
        if (header?.CodePage is 20127) header = null;
        if (IsUtf7(declared)) return new MarkupReading(Guess(bytes), "UTF-7");
        List<Encoding> own = Declared(bytes, out bool utf7);
        if (utf7) return new MarkupReading(mark ?? header ?? Guess(bytes), "UTF-7");
        Encoding? meta = own.Count > 0 ? own[0] : null;
        Encoding chosen = mark ?? header ?? meta ?? Guess(bytes);
        if (chosen.CodePage is 1200 or 1201 or 12000 or 12001 && mark is null && !LooksWide(bytes)) return new MarkupReading(meta is null || IsWide(meta) ? Guess(bytes) : meta, $"{chosen.WebName} by name, not by its bytes");
        if (mark is null && !IsWide(chosen) && LooksWide(bytes)) return new MarkupReading(bytes[0] == 0 ? Encoding.BigEndianUnicode : Encoding.Unicode, "UTF-16 without a name");
        if (!IsAsciiLike(chosen)) return new MarkupReading(chosen, chosen.WebName + " is not read by browsers");
        bool escapes = bytes.IndexOf("\u001b$"u8) >= 0 || bytes.IndexOf("\u001b("u8) >= 0;
        if (escapes && !IsWide(chosen) && chosen.CodePage is not 50220) return new MarkupReading(header is null && mark is null ? Charset.Find("iso-2022-jp")! : chosen, "escapes of ISO-2022 in " + chosen.WebName);
        if (chosen.CodePage is 65001 && HasOverlong(bytes)) return new MarkupReading(chosen, "overlong UTF-8");
        foreach (Encoding? other in (Encoding?[])[mark, header, .. own])
        {
            if (other is null || other.CodePage == chosen.CodePage || Same(chosen, other, bytes)) continue;
            bool otherFits = mark is null && header is not null && Charset.TryDecode(chosen, bytes) is null && Charset.TryDecode(other, bytes) is not null;
            return new MarkupReading(otherFits ? other : chosen, $"{chosen.WebName} against {other.WebName}");
        }

        return new MarkupReading(chosen, null);
    }

    /// <summary>The document in UTF-8, its declarations of a charset changed to it. Escape characters and NULs are left out: no reader shows them, and some obey them. A file that names no charset gets a mark.</summary>
    public byte[] Anew(ReadOnlySpan<byte> bytes, ChildDescription description)
    {
        int mark = MarkOf(bytes) is { } marked && marked.CodePage == Encoding.CodePage ? marked.CodePage is 65001 ? 3 : marked.CodePage is 12000 or 12001 ? 4 : 2 : 0;
        string text = Encoding.CodePage is 50220 ? Charset.Decode("iso-2022-jp", bytes) : Encoding.GetString(bytes[mark..]);
        byte[] utf8 = Charset.Utf8.GetBytes(text.Replace("\u001b", "", StringComparison.Ordinal).Replace("\0", "", StringComparison.Ordinal).TrimStart('\uFEFF'));
        List<(int Start, int End)> names = Names(utf8, utf8.Length);
        if (names.Count == 0) return description.DeclaredType is null ? [0xEF, 0xBB, 0xBF, .. utf8] : utf8;
        MemoryStream renamed = new(utf8.Length);
        int at = 0;
        foreach ((int start, int end) in names)
        {
            renamed.Write(utf8.AsSpan(at, start - at));
            renamed.Write("utf-8"u8);
            at = end;
        }

        renamed.Write(utf8.AsSpan(at));
        return renamed.ToArray();
    }

    private static Encoding Guess(ReadOnlySpan<byte> bytes)
    {
        if (Charset.TryDecode(Charset.StrictUtf8, bytes) is not null) return Charset.Utf8;
        return Charset.TryDecode(Charset.Cp932, bytes) is not null ? Charset.Cp932 : Encoding.GetEncoding(1252);
    }

    private static bool IsUtf7(string? name) => name is not null && name.Contains("utf-7", StringComparison.OrdinalIgnoreCase);

    private static bool IsWide(Encoding encoding) => encoding.CodePage is 1200 or 1201 or 12000 or 12001;

    private static bool LooksWide(ReadOnlySpan<byte> bytes) =>
        bytes.Length >= 4 && ((bytes[0] != 0 && bytes[1] == 0 && bytes[2] != 0 && bytes[3] == 0) || (bytes[0] == 0 && bytes[1] != 0 && bytes[2] == 0 && bytes[3] != 0));

    // EBCDIC, HZ, ISO-2022-KR and their kin: bytes that look like ASCII are something else there, and the other way round.
    private static bool IsAsciiLike(Encoding encoding)
    {
        if (IsWide(encoding) || encoding.CodePage is 50220) return true;
        return encoding.CodePage is not (50225 or 50227 or 52936 or 65000) && encoding.GetBytes("<a b=\"'&/>").AsSpan().SequenceEqual("<a b=\"'&/>"u8);
    }

    private static bool HasOverlong(ReadOnlySpan<byte> bytes)
    {
        for (int at = 0; at < bytes.Length; at++)
        {
            at += Math.Max(0, bytes[at..].IndexOfAny((ReadOnlySpan<byte>)[0xC0, 0xC1, 0xE0, 0xF0]));
            byte lead = bytes[at], next = at + 1 < bytes.Length ? bytes[at + 1] : (byte)0;
            if (lead is 0xC0 or 0xC1 && next is >= 0x80 and <= 0xBF) return true;
            if ((lead == 0xE0 && next is >= 0x80 and <= 0x9F) || (lead == 0xF0 && next is >= 0x80 and <= 0x8F)) return true;
            if (lead is not (0xC0 or 0xC1 or 0xE0 or 0xF0)) return false;
        }

        return false;
    }

    private static bool Same(Encoding one, Encoding other, ReadOnlySpan<byte> bytes)
    {
        if (!IsWide(one) && !IsWide(other) && IsAsciiLike(one) && IsAsciiLike(other) && Ascii.IsValid(bytes) && bytes.IndexOf((byte)0x1B) < 0) return true;
        return one.GetString(bytes) == other.GetString(bytes);
    }

    private static Encoding? MarkOf(ReadOnlySpan<byte> bytes)
    {
        if (bytes is [0xEF, 0xBB, 0xBF, ..]) return Charset.Utf8;
        if (bytes is [0xFF, 0xFE, 0, 0, ..]) return Encoding.UTF32;
        if (bytes is [0, 0, 0xFE, 0xFF, ..]) return Encoding.GetEncoding(12001);
        if (bytes is [0xFF, 0xFE, ..]) return Encoding.Unicode;
        return bytes is [0xFE, 0xFF, ..] ? Encoding.BigEndianUnicode : null;
    }

    private static List<Encoding> Declared(ReadOnlySpan<byte> bytes, out bool utf7)
    {
        List<Encoding> found = [];
        utf7 = false;
        foreach ((int start, int end) in Names(bytes, Math.Min(bytes.Length, Prescan)))
        {
            string name = Encoding.Latin1.GetString(bytes[start..end]);
            if (IsUtf7(name)) utf7 = true;

            // A declaration that can be read says UTF-16 only in pages that are not (HTML 13.2.3.3): browsers take it as UTF-8.
            Encoding? encoding = name.StartsWith("utf-16", StringComparison.OrdinalIgnoreCase) ? Charset.Utf8 : Charset.Find(name);
            if (encoding is not null && encoding.CodePage is not 20127 && found.TrueForAll(known => known.CodePage != encoding.CodePage)) found.Add(encoding);
        }

        return found;
    }

    /// <summary>Where charset names stand: in meta elements, and in an XML declaration.</summary>
    private static List<(int Start, int End)> Names(ReadOnlySpan<byte> bytes, int length)
    {
        List<(int Start, int End)> names = [];
        HtmlTokenizer tokens = new(bytes, 0, length);
        while (tokens.Read())
        {
            MarkupToken token = tokens.Token;
            if (token.Kind is MarkupTokenKind.Instruction && bytes[token.ContentStart..].StartsWith("xml"u8)) Value(bytes, token.ContentStart, token.ContentEnd, "encoding"u8, names);
            if (token.Kind is not MarkupTokenKind.StartTag || token.Name != "meta") continue;
            foreach (MarkupAttribute attribute in token.Attributes)
            {
                string name = MarkupNames.Lower(bytes[attribute.Start..attribute.NameEnd]);
                if (name == "charset") Add(bytes, attribute.ValueStart, attribute.ValueEnd, names);
                else if (name == "content") Value(bytes, attribute.ValueStart, attribute.ValueEnd, "charset"u8, names);
            }
        }

        return names;
    }

    // "charset", blanks, "=", blanks, a quote or none, the name.
    private static void Value(ReadOnlySpan<byte> bytes, int start, int end, ReadOnlySpan<byte> word, List<(int Start, int End)> names)
    {
        for (int at = start; at + word.Length < end; at++)
        {
            if ((bytes[at] | 0x20) != word[0] || !Ascii.EqualsIgnoreCase(bytes.Slice(at, word.Length), word)) continue;
            int value = at + word.Length;
            while (value < end && HtmlTokenizer.IsBlank(bytes[value])) value++;
            if (value >= end || bytes[value] != '=') continue;
            value++;
            while (value < end && (HtmlTokenizer.IsBlank(bytes[value]) || bytes[value] is (byte)'"' or (byte)'\'')) value++;
            int behind = value;
            while (behind < end && !HtmlTokenizer.IsBlank(bytes[behind]) && bytes[behind] is not ((byte)'"' or (byte)'\'' or (byte)';' or (byte)'?')) behind++;
            Add(bytes, value, behind, names);
            return;
        }
    }

    private static void Add(ReadOnlySpan<byte> bytes, int start, int end, List<(int Start, int End)> names)
    {
        while (start < end && HtmlTokenizer.IsBlank(bytes[start])) start++;
        while (end > start && HtmlTokenizer.IsBlank(bytes[end - 1])) end--;
        if (end > start) names.Add((start, end));
    }
}

namespace MailSanitizer.Content.Formats.Markup;

/// <summary>Names of elements and attributes, as a policy wants to compare them.</summary>
public static class MarkupNames
{
    /// <summary>Prefix and local name in lower case; NULs are left out, as the most forgiving reader does.</summary>
    public static (string Prefix, string Name) Of(ReadOnlySpan<byte> raw)
    {
        string whole = Lower(raw);
        int colon = whole.LastIndexOf(':');
        return colon < 0 ? ("", whole) : (whole[..colon], whole[(colon + 1)..]);
    }

    /// <summary>The whole name in lower case, NULs left out.</summary>
    public static string Lower(ReadOnlySpan<byte> raw)
    {
        if (raw.Length > 256) raw = raw[..256];
        Span<char> kept = stackalloc char[raw.Length];
        int count = 0;
        foreach (byte c in raw)
        {
            if (c == 0) continue;
            kept[count++] = c is >= (byte)'A' and <= (byte)'Z' ? (char)(c | 0x20) : (char)c;
        }

        return Known.TryGet(kept[..count]) ?? new string(kept[..count]);
    }

    // The names that nearly every mail consists of, so that a megabyte of table cells makes no strings.
    private static class Known
    {
        private static readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> Names = new HashSet<string>(StringComparer.Ordinal)
        {
            "a", "align", "alt", "b", "bgcolor", "body", "border", "br", "cellpadding", "cellspacing", "center", "class", "color", "colspan", "content", "dir", "div", "em", "face", "font", "h1", "h2", "h3", "head", "height", "hr",
            "href", "html", "i", "id", "img", "lang", "li", "link", "meta", "name", "o:p", "ol", "p", "role", "rowspan", "size", "span", "src", "strong", "style", "table", "target", "tbody", "td", "th", "title", "tr", "u", "ul", "valign", "width", "xmlns",
        }.GetAlternateLookup<ReadOnlySpan<char>>();

        public static string? TryGet(ReadOnlySpan<char> name) => Names.TryGetValue(name, out string? known) ? known : null;
    }
}

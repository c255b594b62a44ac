using System.Globalization;
using System.Text;

namespace MailSanitizer.Mail;

/// <summary>A stranger's text made safe to show: to a terminal, in a log line for people, in a notice.</summary>
public static class SafeText
{
    /// <summary>
    /// For a terminal: one line; control, format (bidirectional, zero-width), private and unassigned characters become <c>\u{202E}</c>, so that the reader sees
    /// that they are there and the terminal does not obey them. Cut behind <paramref name="max"/> characters, with an ellipsis.
    /// </summary>
    public static string ForTerminal(string? text, int max = 1024)
    {
        if (string.IsNullOrEmpty(text)) return "";
        StringBuilder safe = new(Math.Min(text.Length, max) + 16);
        int count = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (count++ >= max) return safe.Append('…').ToString();
            if (IsPlain(rune)) safe.Append(rune.ToString());
            else safe.Append(CultureInfo.InvariantCulture, $"\\u{{{rune.Value:X}}}");
        }

        return safe.ToString();
    }

    /// <summary>For several lines: as <see cref="ForTerminal"/>, line by line; lines end at LF, CRLF or CR.</summary>
    public static string LinesForTerminal(string? text, int maxLines = 200, int maxColumns = 400)
    {
        if (string.IsNullOrEmpty(text)) return "";
        string[] lines = text.ReplaceLineEndings("\n").Split('\n', maxLines + 1);
        IEnumerable<string> shown = lines.Take(maxLines).Select(line => ForTerminal(line.Replace("\t", "    ", StringComparison.Ordinal), maxColumns));
        return string.Join('\n', lines.Length > maxLines ? shown.Append("…") : shown);
    }

    /// <summary>
    /// For a notice: one line without any control, format or unassigned character (they are left out), white space folded, cut to <paramref name="max"/> characters,
    /// and broken so that no mail program makes a link of it (dots, colons and at signs inside words are set in brackets).
    /// </summary>
    public static string ForNotice(string? text, int max = 80)
    {
        if (string.IsNullOrEmpty(text)) return "";
        StringBuilder safe = new();
        int count = 0;
        bool space = false;
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (Rune.IsWhiteSpace(rune))
            {
                space = safe.Length > 0;
                continue;
            }

            if (!IsPlain(rune)) continue;
            if (count + (space ? 1 : 0) >= max)
            {
                safe.Append('…');
                break;
            }

            if (space) safe.Append(' ');
            count += space ? 2 : 1;
            space = false;
            safe.Append(rune.ToString());
        }

        return Unlinked(safe.ToString());
    }

    /// <summary>True for a character that shows as itself and does nothing else.</summary>
    public static bool IsPlain(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned
            or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator => false,
        // Hangul fillers and the combining grapheme joiner show nothing; variation selectors and tags hide text.
        _ => rune.Value is not (0x034F or 0x115F or 0x1160 or 0x17B4 or 0x17B5 or 0x2800 or 0x3164 or 0xFFA0) and not (>= 0xFE00 and <= 0xFE0F) and not (>= 0xE0000 and <= 0xE0FFF),
    };

    // Mail programs make links of "www.", "scheme:", "a.b" and "a@b"; full-width dots count as dots (IDNA). A bracket inside ends every such pattern.
    private static string Unlinked(string text)
    {
        StringBuilder safe = new(text.Length);
        for (int at = 0; at < text.Length; at++)
        {
            char here = text[at];
            bool inside = at > 0 && at + 1 < text.Length && !char.IsWhiteSpace(text[at - 1]) && !char.IsWhiteSpace(text[at + 1]);
            if (inside && (here is '.' or '．' or '。' or '｡')) safe.Append('[').Append(here).Append(']');
            else if (here is '@' or '＠') safe.Append('[').Append(here).Append(']');
            else if ((here is ':' or '：') && at + 1 < text.Length && !char.IsWhiteSpace(text[at + 1])) safe.Append('[').Append(here).Append(']');
            else safe.Append(here);
        }

        return safe.ToString();
    }
}

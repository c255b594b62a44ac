using System.Text;

namespace MailSanitizer.Cli;

/// <summary>Makes a stranger's text safe for a terminal: no control characters, no text that runs backwards, nothing invisible.</summary>
public static class TerminalText
{
    /// <summary>The text with such characters as <c>\u{…}</c>.</summary>
    public static string Safe(string text)
    {
        StringBuilder safe = new(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            System.Globalization.UnicodeCategory category = Rune.GetUnicodeCategory(rune);
            bool shown = category is not (System.Globalization.UnicodeCategory.Control or System.Globalization.UnicodeCategory.Format or System.Globalization.UnicodeCategory.LineSeparator
                or System.Globalization.UnicodeCategory.ParagraphSeparator or System.Globalization.UnicodeCategory.Surrogate or System.Globalization.UnicodeCategory.PrivateUse);
            if (shown) safe.Append(rune);
            else safe.Append(System.Globalization.CultureInfo.InvariantCulture, $"\\u{{{rune.Value:x}}}");
        }

        return safe.ToString();
    }
}

using System.Collections.Frozen;
using System.Net;
using System.Text;

namespace MailSanitizer.Content.Passwords;

/// <summary>The text that a reader of an HTML body sees, as lines: blocks end a line, cells are parted by a tab, inline elements by nothing (a password may be styled letter by letter).</summary>
internal static class HtmlText
{
    private static readonly FrozenSet<string> Blocks = new[]
    {
        "br", "p", "div", "tr", "li", "ul", "ol", "dl", "dt", "dd", "table", "tbody", "thead", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "pre", "section", "article",
        "header", "footer", "blockquote", "address", "body", "html", "center", "form", "fieldset", "figure", "main", "nav", "aside",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenSet<string> Unseen = new[] { "style", "script", "title", "template", "noscript" }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>The text. One pass; an element that never ends swallows the rest, as browsers do for these.</summary>
    public static string Of(string html)
    {
        StringBuilder text = new(html.Length);
        int quotes = 0;
        for (int at = 0; at < html.Length;)
        {
            if (html[at] != '<')
            {
                int end = html.IndexOf('<', at);
                if (end < 0) end = html.Length;
                Text(html.AsSpan(at, end - at), text);
                at = end;
                continue;
            }

            if (html.AsSpan(at).StartsWith("<!--", StringComparison.Ordinal))
            {
                int end = html.IndexOf("-->", at + 4, StringComparison.Ordinal);
                at = end < 0 ? html.Length : end + 3;
                continue;
            }

            if (at + 1 >= html.Length || !(char.IsAsciiLetter(html[at + 1]) || html[at + 1] is '/' or '!' or '?'))
            {
                text.Append('<');
                at++;
                continue;
            }

            at = Tag(html, at, text, ref quotes);
        }

        return text.ToString();
    }

    private static int Tag(string html, int at, StringBuilder text, ref int quotes)
    {
        bool closing = html[at + 1] == '/';
        int start = at + (closing ? 2 : 1);
        int end = start;
        while (end < html.Length && (char.IsAsciiLetterOrDigit(html[end]) || html[end] is ':' or '-')) end++;
        string name = end - start <= 16 ? html[start..end] : "";
        int close = End(html, end);
        if (!closing && Unseen.Contains(name))
        {
            int over = html.IndexOf($"</{name}", close, StringComparison.OrdinalIgnoreCase);
            return over < 0 ? html.Length : End(html, over + 2);
        }

        if (name.Equals("blockquote", StringComparison.OrdinalIgnoreCase)) quotes = Math.Clamp(quotes + (closing ? -1 : 1), 0, 8);
        if (name.Equals("td", StringComparison.OrdinalIgnoreCase) || name.Equals("th", StringComparison.OrdinalIgnoreCase))
        {
            if (!closing && text.Length > 0 && text[^1] is not ('\n' or '\t')) text.Append('\t');
        }
        else if (Blocks.Contains(name))
        {
            // Paragraphs inside a cell do not end the row.
            text.Append('\n');
            for (int quote = 0; quote < quotes; quote++) text.Append("> ");
        }

        return close;
    }

    private static int End(string html, int at)
    {
        char quote = '\0';
        for (; at < html.Length; at++)
        {
            char one = html[at];
            if (quote != '\0')
            {
                if (one == quote) quote = '\0';
            }
            else if (one is '"' or '\'')
            {
                quote = one;
            }
            else if (one == '>')
            {
                return at + 1;
            }
        }

        return html.Length;
    }

    private static void Text(ReadOnlySpan<char> run, StringBuilder text)
    {
        string decoded = run.Contains('&') ? WebUtility.HtmlDecode(run.ToString()) : run.ToString();
        foreach (char one in decoded)
        {
            if (one is '\r' or '\n' or '\t' or ' ' or '\u00A0')
            {
                if (text.Length > 0 && text[^1] is not (' ' or '\n' or '\t')) text.Append(' ');
            }
            else if (one is not ('\u200B' or '\u200C' or '\u200D' or '\uFEFF' or '\u00AD'))
            {
                text.Append(one);
            }
        }
    }
}

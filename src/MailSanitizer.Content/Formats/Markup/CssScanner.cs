using System.Globalization;
using System.Text;

namespace MailSanitizer.Content.Formats.Markup;

/// <summary>The kinds of <see cref="CssToken"/> that a policy tells apart.</summary>
public enum CssTokenKind
{
    /// <summary>Blanks, comments, <c>&lt;!--</c> and <c>--&gt;</c>.</summary>
    Blank,

    /// <summary>A name.</summary>
    Identifier,

    /// <summary>A name and its opening parenthesis.</summary>
    Function,

    /// <summary><c>@name</c>.</summary>
    AtKeyword,

    /// <summary>A string, closed or not.</summary>
    Text,

    /// <summary><c>url(…)</c> without quotes, whole.</summary>
    Url,

    /// <summary>A colon.</summary>
    Colon,

    /// <summary>A semicolon.</summary>
    Semicolon,

    /// <summary><c>{</c>, <c>(</c> or <c>[</c>.</summary>
    Open,

    /// <summary><c>}</c>, <c>)</c> or <c>]</c>.</summary>
    Close,

    /// <summary>Anything else.</summary>
    Other,
}

/// <summary>One token of a style sheet.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Start">Where it begins.</param>
/// <param name="End">Behind it.</param>
/// <param name="Value">Name, string or URL with its escapes undone; the sign of a bracket; else empty.</param>
public readonly record struct CssToken(CssTokenKind Kind, int Start, int End, string Value);

/// <summary>Tokens of CSS (CSS Syntax 3, 4.3), as offsets. Any text is CSS; nothing throws.</summary>
public static class CssScanner
{
    /// <summary>All tokens; together they cover the text without gaps.</summary>
    public static List<CssToken> Scan(string css)
    {
        List<CssToken> tokens = [];
        for (int at = 0; at < css.Length;)
        {
            CssToken token = Next(css, at);
            tokens.Add(token);
            at = token.End;
        }

        return tokens;
    }

    private static CssToken Next(string css, int start)
    {
        char c = css[start];
        if (IsBlank(c)) return Blank(css, start);
        if (c == '/' && At(css, start + 1) == '*')
        {
            int close = css.IndexOf("*/", start + 2, StringComparison.Ordinal);
            return new CssToken(CssTokenKind.Blank, start, close < 0 ? css.Length : close + 2, "");
        }

        if (css.AsSpan(start).StartsWith("<!--")) return new CssToken(CssTokenKind.Blank, start, start + 4, "");
        if (css.AsSpan(start).StartsWith("-->")) return new CssToken(CssTokenKind.Blank, start, start + 3, "");
        if (c is '"' or '\'') return Quoted(css, start);
        if (c == '@' && BeginsName(css, start + 1))
        {
            (int end, string name) = Name(css, start + 1);
            return new CssToken(CssTokenKind.AtKeyword, start, end, name);
        }

        if (c == '#' && (BeginsName(css, start + 1) || char.IsAsciiDigit(At(css, start + 1))))
        {
            (int end, string name) = Name(css, start + 1);
            return new CssToken(CssTokenKind.Other, start, end, name);
        }

        if (BeginsName(css, start)) return Named(css, start);
        return c switch
        {
            ':' => new CssToken(CssTokenKind.Colon, start, start + 1, ""),
            ';' => new CssToken(CssTokenKind.Semicolon, start, start + 1, ""),
            '{' or '(' or '[' => new CssToken(CssTokenKind.Open, start, start + 1, c.ToString()),
            '}' or ')' or ']' => new CssToken(CssTokenKind.Close, start, start + 1, c.ToString()),
            _ when char.IsAsciiDigit(c) => new CssToken(CssTokenKind.Other, start, Number(css, start), ""),
            _ => new CssToken(CssTokenKind.Other, start, start + 1, ""),
        };
    }

    private static CssToken Blank(string css, int start)
    {
        int end = start + 1;
        while (end < css.Length && IsBlank(css[end])) end++;
        return new CssToken(CssTokenKind.Blank, start, end, "");
    }

    private static CssToken Quoted(string css, int start)
    {
        StringBuilder value = new();
        int at = start + 1;
        while (at < css.Length)
        {
            char c = css[at];
            if (c == css[start]) return new CssToken(CssTokenKind.Text, start, at + 1, value.ToString());

            // A line end ends a string that nobody closed (4.3.5).
            if (c is '\n' or '\r' or '\f') break;
            if (c == '\\' && at + 1 < css.Length)
            {
                if (css[at + 1] is '\n' or '\f') at += 2;
                else if (css[at + 1] == '\r') at += At(css, at + 2) == '\n' ? 3 : 2;
                else at = Escape(css, at, value);
                continue;
            }

            value.Append(c);
            at++;
        }

        return new CssToken(CssTokenKind.Text, start, at, value.ToString());
    }

    private static CssToken Named(string css, int start)
    {
        (int end, string name) = Name(css, start);
        if (At(css, end) != '(') return new CssToken(CssTokenKind.Identifier, start, end, name);
        if (!name.Equals("url", StringComparison.OrdinalIgnoreCase)) return new CssToken(CssTokenKind.Function, start, end + 1, name);
        int at = end + 1;
        while (at < css.Length && IsBlank(css[at])) at++;
        if (At(css, at) is '"' or '\'') return new CssToken(CssTokenKind.Function, start, end + 1, name);
        StringBuilder value = new();
        while (at < css.Length && css[at] != ')')
        {
            if (css[at] == '\\' && at + 1 < css.Length && css[at + 1] is not ('\n' or '\r' or '\f')) at = Escape(css, at, value);
            else value.Append(css[at++]);
        }

        return new CssToken(CssTokenKind.Url, start, Math.Min(at + 1, css.Length), value.ToString().Trim());
    }

    private static (int End, string Name) Name(string css, int start)
    {
        int at = start;
        while (at < css.Length && IsName(css[at])) at++;
        if (At(css, at) != '\\') return (at, css[start..at]);
        StringBuilder name = new();
        name.Append(css, start, at - start);
        while (at < css.Length)
        {
            if (IsName(css[at])) name.Append(css[at++]);
            else if (css[at] == '\\' && at + 1 < css.Length && css[at + 1] is not ('\n' or '\r' or '\f')) at = Escape(css, at, name);
            else break;
        }

        return (at, name.ToString());
    }

    /// <summary>Undoes the escape at a backslash; returns the place behind it (4.3.7).</summary>
    internal static int Escape(string css, int backslash, StringBuilder into)
    {
        int at = backslash + 1;
        int digits = at;
        while (at < css.Length && at - digits < 6 && char.IsAsciiHexDigit(css[at])) at++;
        if (at == digits)
        {
            into.Append(css[at]);
            return at + 1;
        }

        int value = int.Parse(css.AsSpan(digits, at - digits), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        if (value is 0 or > 0x10FFFF or (>= 0xD800 and <= 0xDFFF)) into.Append('\uFFFD');
        else into.Append(char.ConvertFromUtf32(value));
        if (At(css, at) == '\r' && At(css, at + 1) == '\n') return at + 2;
        return IsBlank(At(css, at)) ? at + 1 : at;
    }

    private static int Number(string css, int start)
    {
        int at = start + 1;
        while (at < css.Length && (IsName(css[at]) || css[at] is '.' or '%')) at++;
        return at;
    }

    private static bool BeginsName(string css, int at)
    {
        char c = At(css, at);
        if (c == '-') return At(css, at + 1) is '-' || BeginsName(css, at + 1);
        return c is '_' or >= '\u0080' || char.IsAsciiLetter(c) || (c == '\\' && at + 1 < css.Length && css[at + 1] is not ('\n' or '\r' or '\f'));
    }

    private static bool IsName(char c) => c is '_' or '-' or >= '\u0080' || char.IsAsciiLetterOrDigit(c);

    private static bool IsBlank(char c) => c is ' ' or '\t' or '\n' or '\r' or '\f';

    private static char At(string css, int at) => at < css.Length ? css[at] : '\0';
}

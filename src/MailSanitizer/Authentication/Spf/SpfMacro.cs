using System.Text;

namespace MailSanitizer.Authentication.Spf;

/// <summary>One piece of a macro-string (RFC 7208 7.1).</summary>
/// <param name="Literal">Text as it is; null for a macro.</param>
/// <param name="Letter">Macro letter, lower case.</param>
/// <param name="Escape">Upper-case letter: the value is URL-escaped.</param>
/// <param name="Keep">Right-hand parts to keep; 0 for all.</param>
/// <param name="Reverse">Parts in reverse.</param>
/// <param name="Delimiters">Where the value is split.</param>
internal readonly record struct SpfMacroPiece(string? Literal, char Letter, bool Escape, int Keep, bool Reverse, string Delimiters);

/// <summary>Reads and expands macro-strings.</summary>
internal static class SpfMacro
{
    /// <summary>Whether the text is a macro-string in which no letter of explanations (c, r, t) stands.</summary>
    public static bool IsMacroString(string text) => Parse(text, explanation: false) is not null;

    /// <summary>Whether the text is a domain-spec: a macro-string that ends in a macro or a top label, judged before expansion.</summary>
    public static bool IsDomainSpec(string text)
    {
        if (text.Length == 0 || Parse(text, explanation: false) is not { } pieces) return false;
        if (pieces[^1].Literal is null) return true;
        // %%, %_ and %- are macro-expands in the grammar, though their value is literal.
        if (text.Length >= 2 && text[^2] == '%' && text[^1] is '%' or '_' or '-' && EndsInEscape(text)) return true;
        string bare = text.EndsWith('.') ? text[..^1] : text;
        int dot = bare.LastIndexOf('.');
        return dot >= 0 && IsTopLabel(bare[(dot + 1)..]);
    }

    /// <summary>Cuts into pieces; null on a syntax error.</summary>
    public static List<SpfMacroPiece>? Parse(string text, bool explanation)
    {
        List<SpfMacroPiece> pieces = [];
        StringBuilder literal = new();
        for (int at = 0; at < text.Length; at++)
        {
            char one = text[at];
            if (one != '%')
            {
                // An explanation may hold spaces (explain-string), a domain-spec not.
                if (one is < '!' or > '~' && !(explanation && one == ' ')) return null;
                literal.Append(one);
                continue;
            }

            if (++at == text.Length) return null;
            switch (text[at])
            {
                case '%':
                    literal.Append('%');
                    break;
                case '_':
                    literal.Append(' ');
                    break;
                case '-':
                    literal.Append("%20");
                    break;
                case '{':
                    if (Expand(text, ref at, explanation) is not { } piece) return null;
                    if (literal.Length > 0) pieces.Add(new(literal.ToString(), default, false, 0, false, ""));
                    literal.Clear();
                    pieces.Add(piece);
                    break;
                default:
                    return null;
            }
        }

        if (literal.Length > 0) pieces.Add(new(literal.ToString(), default, false, 0, false, ""));
        return pieces;
    }

    /// <summary>Transforms the value of a macro: split, reverse, keep, join with dots, escape.</summary>
    public static string Transform(SpfMacroPiece piece, string value)
    {
        if (piece.Keep > 0 || piece.Reverse || piece.Delimiters.Length > 0)
        {
            string[] parts = value.Split((piece.Delimiters.Length > 0 ? piece.Delimiters : ".").ToCharArray());
            if (piece.Reverse) Array.Reverse(parts);
            if (piece.Keep > 0 && piece.Keep < parts.Length) parts = parts[^piece.Keep..];
            value = string.Join('.', parts);
        }

        return piece.Escape ? Uri.EscapeDataString(value) : value;
    }

    private static SpfMacroPiece? Expand(string text, ref int at, bool explanation)
    {
        int end = text.IndexOf('}', at);
        if (end < 0 || end - at < 2) return null;
        string body = text[(at + 1)..end];
        at = end;
        char letter = char.ToLowerInvariant(body[0]);
        if (!"slodiphv".Contains(letter, StringComparison.Ordinal) && !(explanation && letter is 'c' or 'r' or 't')) return null;
        int position = 1;
        int keep = 0;
        bool digits = false;
        for (; position < body.Length && char.IsAsciiDigit(body[position]); position++)
        {
            digits = true;
            // 128 parts are more than any name has: a larger number keeps all, without an overflow.
            keep = Math.Min((keep * 10) + (body[position] - '0'), 1000);
        }

        if (digits && keep == 0) return null;
        bool reverse = position < body.Length && body[position] is 'r' or 'R';
        if (reverse) position++;
        string delimiters = body[position..];
        return delimiters.All(one => ".-+,/_=".Contains(one, StringComparison.Ordinal)) ? new(null, letter, char.IsAsciiLetterUpper(body[0]), keep, reverse, delimiters) : null;
    }

    /// <summary>Whether the text ends in %%, %_ or %- as an escape (an even number of percent signs before would make it literal).</summary>
    private static bool EndsInEscape(string text)
    {
        int percents = 0;
        for (int at = text.Length - 2; at >= 0 && text[at] == '%'; at--) percents++;
        return percents % 2 == 1;
    }

    private static bool IsTopLabel(string label) =>
        label.Length > 0 && char.IsAsciiLetterOrDigit(label[0]) && char.IsAsciiLetterOrDigit(label[^1])
        && label.All(one => char.IsAsciiLetterOrDigit(one) || one == '-') && !label.All(char.IsAsciiDigit);
}

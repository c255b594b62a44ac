using System.Buffers;
using System.Text;
using System.Text.RegularExpressions;
using MailSanitizer.Content.Formats.Links;
using MailSanitizer.Content.Formats.Markup;

namespace MailSanitizer.Content.Disarming;

/// <summary>What acts or loads in a style sheet or a style attribute, by offsets into its text.</summary>
/// <remarks>
/// Two looks. Tokens first, as browsers read CSS, for precise edits. Then the text with comments, escapes, odd characters and letter case undone, as the most
/// forgiving reader ever was: where that still shows something, the whole style goes.
/// </remarks>
internal static partial class StyleFilter
{
    internal readonly record struct StyleEdit(int Start, int End, string Replacement, FindingKind Kind, string What, string Host = "");

    /// <summary>Edits in order. An edit over the whole text means that it goes as a whole.</summary>
    public static List<StyleEdit> Find(string css)
    {
        List<StyleEdit> edits = [];
        if (!MayMatter(css)) return edits;
        Tokens(css, edits);
        List<StyleEdit> active = edits.FindAll(edit => edit.Kind.Class is FindingClass.Active);
        if (IsSuspect(active.Count == 0 ? css : Apply(css, active)) is { } what) return [new StyleEdit(0, css.Length, "", MarkupFindings.ActiveStyle, what)];
        return edits;
    }

    /// <summary>The text with edits applied.</summary>
    public static string Apply(string css, IEnumerable<StyleEdit> edits)
    {
        StringBuilder text = new(css.Length);
        int at = 0;
        foreach (StyleEdit edit in edits)
        {
            if (edit.Start < at) continue;
            text.Append(css, at, edit.Start - at).Append(edit.Replacement);
            at = edit.End;
        }

        return text.Append(css, at, css.Length - at).ToString();
    }

    // What loads or acts needs a parenthesis, an at-sign, an escape, a string or a comment, in whatever width: nearly no style attribute of a mail has any.
    private static readonly SearchValues<char> Harmless = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 #%,-.:;!_+\t\r\n");

    private static bool MayMatter(string css) => css.AsSpan().IndexOfAnyExcept(Harmless) >= 0;

    private static void Tokens(string css, List<StyleEdit> edits)
    {
        List<CssToken> tokens = CssScanner.Scan(css);
        int declaration = 0;
        for (int at = 0; at < tokens.Count; at++)
        {
            CssToken token = tokens[at];
            switch (token.Kind)
            {
                case CssTokenKind.Semicolon:
                case CssTokenKind.Open when token.Value == "{":
                case CssTokenKind.Close when token.Value == "}":
                    declaration = at + 1;
                    break;
                case CssTokenKind.AtKeyword when token.Value.Equals("import", StringComparison.OrdinalIgnoreCase):
                    int end = EndOfRule(tokens, at);
                    edits.Add(new StyleEdit(token.Start, tokens[end].End, "", MarkupFindings.Import, "@import"));
                    at = end;
                    declaration = at + 1;
                    break;
                case CssTokenKind.Identifier when IsActing(token.Value) && Next(tokens, at) is { Kind: CssTokenKind.Colon }:
                    int last = EndOfDeclaration(tokens, at);
                    if (!IsVml(css[token.Start..tokens[last].End])) edits.Add(new StyleEdit(token.Start, tokens[last].End, "", MarkupFindings.ActiveStyle, token.Value));
                    at = last;
                    break;
                case CssTokenKind.Function when Plain(token.Value) is "expression":
                    int from = Math.Min(declaration, at);
                    while (from < at && tokens[from].Kind is CssTokenKind.Blank) from++;
                    int behind = EndOfDeclaration(tokens, at);
                    edits.RemoveAll(edit => edit.Start >= tokens[from].Start);
                    edits.Add(new StyleEdit(tokens[from].Start, tokens[behind].End, "", MarkupFindings.ActiveStyle, "expression"));
                    at = behind;
                    break;
                case CssTokenKind.Url:
                    Judge(token.Value, token.Start, token.End, edits);
                    break;
                case CssTokenKind.Function when Plain(token.Value) is "url" or "src" or "image" or "image-set" or "-webkit-image-set" or "-moz-image-set" or "cross-fade" or "-webkit-cross-fade":
                    Arguments(tokens, at, edits);
                    break;
            }
        }
    }

    private static bool IsActing(string property) => Plain(property).TrimStart('_', '*') is "behavior" or "-ms-behavior" or "behaviour" or "-moz-binding" or "-webkit-binding" or "binding" or "-o-link" or "-o-link-source" or "-o-replace";

    private static string Plain(string name) => name.ToLowerInvariant();

    // Outlook writes it into every mail: the built-in behaviour of vector drawings, which loads nothing.
    private static bool IsVml(string declaration) => VmlOnly().IsMatch(declaration);

    private static void Arguments(List<CssToken> tokens, int function, List<StyleEdit> edits)
    {
        int depth = 1;
        bool isUrl = Plain(tokens[function].Value) is "url" or "src";
        int at = function + 1;
        for (; at < tokens.Count && depth > 0; at++)
        {
            if (tokens[at].Kind is CssTokenKind.Function || (tokens[at].Kind is CssTokenKind.Open && tokens[at].Value == "(")) depth++;
            if (tokens[at].Kind is CssTokenKind.Close && tokens[at].Value == ")") depth--;
            if (tokens[at].Kind is CssTokenKind.Close && tokens[at].Value == "}") break;
            if (tokens[at].Kind is CssTokenKind.Text && !isUrl && depth == 1) Judge(tokens[at].Value, tokens[at].Start, tokens[at].End, edits, "''");
        }

        if (!isUrl) return;
        string url = string.Concat(tokens[(function + 1)..at].Where(token => token.Kind is CssTokenKind.Text).Select(token => token.Value));
        Judge(url, tokens[function].Start, tokens[Math.Min(at, tokens.Count) - 1].End, edits);
    }

    private static void Judge(string url, int start, int end, List<StyleEdit> edits, string replacement = "none")
    {
        JudgedUrl judged = UrlJudge.Judge(url);
        if (!judged.MayShow) edits.Add(new StyleEdit(start, end, replacement, MarkupFindings.ActiveStyle, "url(" + judged.Scheme + ":)"));
        else if (judged.IsRemote) edits.Add(new StyleEdit(start, end, replacement, MarkupFindings.Remote, "url()", judged.Host));
    }

    private static CssToken? Next(List<CssToken> tokens, int at)
    {
        for (at++; at < tokens.Count; at++)
        {
            if (tokens[at].Kind is not CssTokenKind.Blank) return tokens[at];
        }

        return null;
    }

    // Up to its semicolon, or its block (CSS Syntax 5.4.2).
    private static int EndOfRule(List<CssToken> tokens, int at)
    {
        int depth = 0;
        for (; at < tokens.Count; at++)
        {
            if (tokens[at].Kind is CssTokenKind.Semicolon && depth == 0) return at;
            if (tokens[at].Kind is CssTokenKind.Open or CssTokenKind.Function) depth++;
            if (tokens[at].Kind is not CssTokenKind.Close) continue;
            if (depth == 0) return Math.Max(0, at - 1);
            depth--;
            if (depth == 0 && tokens[at].Value == "}") return at;
        }

        return tokens.Count - 1;
    }

    private static int EndOfDeclaration(List<CssToken> tokens, int at)
    {
        int depth = 0;
        for (int first = at; at < tokens.Count; at++)
        {
            if (tokens[at].Kind is CssTokenKind.Semicolon && depth == 0) return at;
            if (tokens[at].Kind is CssTokenKind.Open or CssTokenKind.Function) depth++;
            if (tokens[at].Kind is not CssTokenKind.Close) continue;
            if (depth == 0 || tokens[at].Value == "}") return Math.Max(first, at - 1);
            depth--;
        }

        return tokens.Count - 1;
    }

    private static string? IsSuspect(string css)
    {
        if (!MayMatter(css)) return null;
        string folded = Folded(css);
        if (!Hint().IsMatch(folded)) return null;
        Match match = Suspect().Match(VmlAnywhere().Replace(folded, ""));
        return match.Success ? match.Value.Trim() : null;
    }

    // Comments gone (old readers join what they part), escapes undone, control and invisible characters gone, wide letters narrow, lower case.
    private static string Folded(string css)
    {
        StringBuilder text = new(css.Length);
        for (int at = 0; at < css.Length;)
        {
            char c = css[at];
            if (c == '/' && at + 1 < css.Length && css[at + 1] == '*')
            {
                int close = css.IndexOf("*/", at + 2, StringComparison.Ordinal);
                at = close < 0 ? at + 2 : close + 2;
            }
            else if (c == '\\' && at + 1 < css.Length && css[at + 1] is not ('\n' or '\r' or '\f'))
            {
                at = CssScanner.Escape(css, at, text);
            }
            else
            {
                if (c != '\\' && (c >= ' ' || c is '\n' or '\t' or '\r') && c is not ('\u00AD' or '\uFEFF' or (>= '\u200B' and <= '\u200F') or (>= '\u2060' and <= '\u2064'))) text.Append(c);
                at++;
            }
        }

        string folded = text.ToString();
        if (!Ascii.IsValid(folded))
        {
            try
            {
                folded = folded.Normalize(NormalizationForm.FormKC);
            }
            catch (ArgumentException)
            {
                // A lone surrogate: no reader maps such a text; it is searched as it stands.
            }
        }

        return folded.ToLowerInvariant();
    }

    [GeneratedRegex("expression|behavio|binding|script|@import|-o-link|data:text|mocha|progid", RegexOptions.IgnoreCase | RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex Hint();

    [GeneratedRegex("expression\\s*\\(|(^|[^a-z-])(-ms-)?behaviou?r\\s*:|-moz-binding|(java|vb|live|j)script\\s*:|mocha:|@import|-o-link(-source)?\\s*:|data:text/html|progid:[a-z.]+\\([^)]{0,400}src\\s*=\\s*['\"]?\\s*(file:|\\\\|//)", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex Suspect();

    [GeneratedRegex("^behavior\\s*:\\s*url\\(\\s*['\"]?#default#vml['\"]?\\s*\\)\\s*(!important\\s*)?;?\\s*$", RegexOptions.IgnoreCase | RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex VmlOnly();

    [GeneratedRegex("behavior\\s*:\\s*url\\(\\s*['\"]?#default#vml['\"]?\\s*\\)\\s*(!important\\s*)?", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex VmlAnywhere();
}

using MailSanitizer.Content.Formats.Links;

namespace MailSanitizer.Content.Disarming.Ooxml;

/// <summary>What a formula is.</summary>
/// <param name="Kind">What it does, or null when it computes from the workbook alone.</param>
/// <param name="Detail">The function or reference, for the report.</param>
/// <param name="External">True when it refers to another workbook by number (<c>[1]</c>): it goes with the list of other workbooks.</param>
internal readonly record struct JudgedFormula(FindingKind? Kind, string Detail, bool External);

/// <summary>Reads formulas as they stand in files (ECMA-376 part 1, 18.17): functions by allow-list, DDE, other workbooks, hyperlinks.</summary>
internal static class FormulaJudge
{
    /// <summary>Judges a formula. <paramref name="names"/>: names that the workbook defines, which may be called (LAMBDA).</summary>
    public static JudgedFormula Judge(ReadOnlySpan<char> formula, IReadOnlySet<string> names)
    {
        bool external = false;
        FindingKind? kind = null;
        string detail = "";
        int at = 0;
        while (at < formula.Length)
        {
            char c = formula[at];
            if (c == '"')
            {
                at = Quoted(formula, at, '"');
            }
            else if (c == '\'')
            {
                int end = Quoted(formula, at, '\'');
                ReadOnlySpan<char> quoted = formula[(at + 1)..Math.Max(at + 1, end - 1)];
                int open = quoted.IndexOf('[');
                if (open >= 0 && Next(formula, end) == '!') Book(quoted[(open + 1)..], ref external, ref kind, ref detail);
                at = end;
            }
            else if (c == '[')
            {
                at = Bracket(formula, at, ref external, ref kind, ref detail);
            }
            else if (c == '|')
            {
                // No operator of worksheet formulas: server|topic!item.
                Take(OfficeFindings.Dde, Before(formula, at), ref kind, ref detail);
                at++;
            }
            else if (IsName(c) && !char.IsAsciiDigit(c))
            {
                int end = at;
                while (end < formula.Length && (IsName(formula[end]) || formula[end] == '?')) end++;
                if (Next(formula, end) == '(') Function(formula, formula[at..end], end, names, ref kind, ref detail);
                at = end;
                if (at < formula.Length && formula[at] == '[') at = Structured(formula, at);
            }
            else
            {
                at++;
                if (char.IsAsciiDigit(c))
                {
                    while (at < formula.Length && IsName(formula[at])) at++;
                }
            }
        }

        return new JudgedFormula(kind, detail, external);
    }

    private static void Function(ReadOnlySpan<char> formula, ReadOnlySpan<char> written, int end, IReadOnlySet<string> names, ref FindingKind? kind, ref string detail)
    {
        string name = written.ToString();
        bool addIn = false;
        foreach (string prefix in (ReadOnlySpan<string>)["_xlfn.", "_xlws.", "_xludf.", "_xlpm.", "_xll."])
        {
            if (!name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)) continue;
            addIn |= prefix is "_xll." or "_xludf.";
            name = name[prefix.Length..];
            if (name.StartsWith("_xlws.", StringComparison.OrdinalIgnoreCase)) name = name[6..];
        }

        if (!addIn && name.Equals("HYPERLINK", StringComparison.OrdinalIgnoreCase))
        {
            if (!LeadsToPage(formula, end)) Take(OfficeFindings.UnsafeHyperlink, "HYPERLINK", ref kind, ref detail);
            return;
        }

        if (!addIn && (FormulaFunctions.Passive.Contains(name) || names.Contains(name))) return;
        if (written.StartsWith("_xlpm.", StringComparison.OrdinalIgnoreCase)) return;
        Take(FormulaFunctions.Xlm.Contains(name) && name.ToUpperInvariant() is not ("CALL" or "REGISTER" or "REGISTER.ID") ? OfficeFindings.XlmMacro : OfficeFindings.ActiveFunction, name, ref kind, ref detail);
    }

    // The address must begin with what says where it leads: what is put together by the rest of the formula cannot change the scheme any more.
    private static bool LeadsToPage(ReadOnlySpan<char> formula, int at)
    {
        while (at < formula.Length && (formula[at] == '(' || char.IsWhiteSpace(formula[at]))) at++;
        if (at >= formula.Length || formula[at] != '"') return false;
        int end = Quoted(formula, at, '"');
        string start = formula[(at + 1)..Math.Max(at + 1, end - 1)].ToString();
        JudgedUrl judged = UrlJudge.Judge(start);
        if (judged.Kind is UrlKind.Fragment or UrlKind.Mail or UrlKind.Phone) return true;
        return judged.Kind is UrlKind.Web && start.AsSpan().TrimStart().StartsWith("http", StringComparison.OrdinalIgnoreCase);
    }

    // "[1]Sheet!A1" and "[Book.xlsx]Sheet!A1" lead to other workbooks, "[0]!Name" to this one, "[Column]" and "[@Column]" into a table.
    private static int Bracket(ReadOnlySpan<char> formula, int at, ref bool external, ref FindingKind? kind, ref string detail)
    {
        int close = formula[at..].IndexOf(']');
        if (close < 0) return formula.Length;
        int end = at + close + 1;
        int after = end;
        while (after < formula.Length && (IsName(formula[after]) || formula[after] is ':' or ' ')) after++;
        if (after < formula.Length && formula[after] == '!')
        {
            Book(formula[(at + 1)..], ref external, ref kind, ref detail);
            return end;
        }

        return Structured(formula, at);
    }

    private static void Book(ReadOnlySpan<char> inside, ref bool external, ref FindingKind? kind, ref string detail)
    {
        int close = inside.IndexOf(']');
        ReadOnlySpan<char> book = (close < 0 ? inside : inside[..close]).Trim();
        if (book is "0") return;
        if (book.Length > 0 && !book.ContainsAnyExceptInRange('0', '9')) external = true;
        else Take(OfficeFindings.ExternalLink, book.ToString(), ref kind, ref detail);
    }

    private static int Structured(ReadOnlySpan<char> formula, int at)
    {
        int depth = 0;
        for (; at < formula.Length; at++)
        {
            if (formula[at] == '\'') at++;
            else if (formula[at] == '[') depth++;
            else if (formula[at] == ']' && --depth == 0) return at + 1;
        }

        return formula.Length;
    }

    private static int Quoted(ReadOnlySpan<char> formula, int at, char quote)
    {
        for (at++; at < formula.Length; at++)
        {
            if (formula[at] != quote) continue;
            if (at + 1 >= formula.Length || formula[at + 1] != quote) return at + 1;
            at++;
        }

        return formula.Length;
    }

    private static char Next(ReadOnlySpan<char> formula, int at)
    {
        while (at < formula.Length && char.IsWhiteSpace(formula[at])) at++;
        return at < formula.Length ? formula[at] : '\0';
    }

    private static string Before(ReadOnlySpan<char> formula, int at)
    {
        int from = at;
        while (from > 0 && IsName(formula[from - 1])) from--;
        return formula[from..at].ToString();
    }

    private static bool IsName(char c) => char.IsLetterOrDigit(c) || c is '_' or '.' or '\\';

    private static void Take(FindingKind found, string what, ref FindingKind? kind, ref string detail)
    {
        if (kind is not null && kind != OfficeFindings.UnsafeHyperlink) return;
        (kind, detail) = (found, what.Length > 64 ? what[..64] : what);
    }
}

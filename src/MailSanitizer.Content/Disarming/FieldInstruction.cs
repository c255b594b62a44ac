using MailSanitizer.Content.Formats.Links;

namespace MailSanitizer.Content.Disarming;

/// <summary>What a Word field does (ECMA-376 17.16.5), told from its instruction. Names are an allow-list: what is not known to be passive acts.</summary>
/// <param name="Kind">The finding, or null for a passive field.</param>
/// <param name="Detail">The name, or the target of a link.</param>
/// <param name="Link">Target of a hyperlink that may stay, or null.</param>
public readonly record struct FieldInstruction(FindingKind? Kind, string Detail, string? Link)
{
    private static readonly HashSet<string> Passive = new(StringComparer.OrdinalIgnoreCase)
    {
        "=", "ADDIN", "ADDRESSBLOCK", "ADVANCE", "AUTHOR", "AUTONUM", "AUTONUMLGL", "AUTONUMOUT", "AUTOTEXT", "AUTOTEXTLIST", "BARCODE", "BIBLIOGRAPHY", "BIDIOUTLINE", "CITATION",
        "COMMENTS", "COMPARE", "CREATEDATE", "DATE", "DISPLAYBARCODE", "DOCPROPERTY", "DOCVARIABLE", "EDITTIME", "EQ", "FILENAME", "FILESIZE", "FORMCHECKBOX", "FORMDROPDOWN",
        "FORMTEXT", "FTNREF", "GOTOBUTTON", "GREETINGLINE", "IF", "INDEX", "INFO", "KEYWORDS", "LASTSAVEDBY", "LISTNUM", "MERGEBARCODE", "MERGEFIELD", "MERGEREC", "MERGESEQ",
        "NEXT", "NEXTIF", "NOTEREF", "NUMCHARS", "NUMPAGES", "NUMWORDS", "PAGE", "PAGEREF", "PRINTDATE", "PRIVATE", "QUOTE", "REF", "REVNUM", "SAVEDATE", "SECTION",
        "SECTIONPAGES", "SEQ", "SET", "SHAPE", "SKIPIF", "STYLEREF", "SUBJECT", "SYMBOL", "TA", "TC", "TEMPLATE", "TIME", "TITLE", "TOA", "TOC", "USERADDRESS", "USERINITIALS",
        "USERNAME", "XE",
    };

    /// <summary>Judges an instruction as text. <c>U+FFFC</c> stands for an inner field, <c>U+FFFF</c> for a place where the text was cut.</summary>
    public static FieldInstruction Judge(string instruction)
    {
        string name = NameOf(instruction, out int end);
        if (name.Equals("HYPERLINK", StringComparison.OrdinalIgnoreCase)) return Hyperlink(instruction.AsSpan(end));
        if (name.StartsWith("DDE", StringComparison.OrdinalIgnoreCase)) return new FieldInstruction(OfficeFindings.Dde, name, null);

        // TOC and its kin may name another document, loaded when the field is brought up to date; that asks nothing of the reader only where it is RD, which is not on the list.
        return Passive.Contains(name) ? default : new FieldInstruction(OfficeFindings.ActiveField, name.Length == 0 ? "no name" : name, null);
    }

    /// <summary>The field's name: empty when it cannot be told, as where an inner field writes it.</summary>
    public static string NameOf(string instruction, out int end)
    {
        int start = 0;
        while (start < instruction.Length && IsBlank(instruction[start])) start++;
        end = start;
        if (end < instruction.Length && instruction[end] == '=') return instruction.Substring(start, ++end - start);
        while (end < instruction.Length && char.IsAsciiLetter(instruction[end])) end++;
        if (end < instruction.Length && !IsBlank(instruction[end]) && instruction[end] is not ('\\' or '"' or '{')) return "";
        return instruction[start..end];
    }

    // Arguments behind \l (place), \o (tip), \t (frame), \s are no targets.
    private static FieldInstruction Hyperlink(ReadOnlySpan<char> arguments)
    {
        if (arguments.ContainsAny('\uFFFC', '\uFFFF')) return new FieldInstruction(OfficeFindings.UnsafeHyperlink, "a target that is not written out", null);
        string? target = null;
        bool skipped = false;
        while (Next(ref arguments, out string word, out bool isSwitch))
        {
            if (isSwitch)
            {
                skipped = word is "l" or "L" or "o" or "O" or "t" or "T" or "s" or "S";
                continue;
            }

            if (skipped)
            {
                skipped = false;
                continue;
            }

            if (target is not null) return new FieldInstruction(OfficeFindings.UnsafeHyperlink, word, null);
            target = word;
            if (!MayLink(word)) return new FieldInstruction(OfficeFindings.UnsafeHyperlink, word, null);
        }

        return new FieldInstruction(null, "", string.IsNullOrWhiteSpace(target) ? null : target);
    }

    /// <summary>True for a link that opens a web page, a mail or a place in the document. A path without a scheme is a file beside the document.</summary>
    public static bool MayLink(string target) => UrlJudge.Judge(target).Kind is UrlKind.Empty or UrlKind.Fragment or UrlKind.Web or UrlKind.Mail or UrlKind.Phone or UrlKind.Content;

    private static bool Next(ref ReadOnlySpan<char> rest, out string word, out bool isSwitch)
    {
        rest = rest.TrimStart(" \t\u00A0\u3000\r\n");
        (word, isSwitch) = ("", false);
        if (rest.IsEmpty) return false;
        if (rest[0] == '\\' && rest.Length > 1 && rest[1] is not ('\\' or '"'))
        {
            isSwitch = true;
            word = rest[1].ToString();
            rest = rest[2..];
            return true;
        }

        bool quoted = rest[0] is '"' or '\u201C' or '\u201D';
        System.Text.StringBuilder text = new();
        int at = quoted ? 1 : 0;
        for (; at < rest.Length; at++)
        {
            char c = rest[at];
            if (quoted ? c is '"' or '\u201C' or '\u201D' : IsBlank(c) || c == '"') break;

            // Within quotes a backslash is doubled; one that is not stands for itself.
            if (c == '\\' && at + 1 < rest.Length && rest[at + 1] is '\\' or '"') at++;
            text.Append(rest[at]);
        }

        word = text.ToString();
        rest = rest[Math.Min(rest.Length, quoted ? at + 1 : at)..];
        return true;
    }

    private static bool IsBlank(char c) => c is <= ' ' or '\u00A0' or '\u3000' or '\u200B';
}

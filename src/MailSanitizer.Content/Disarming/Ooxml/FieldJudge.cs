using System.Collections.Frozen;
using MailSanitizer.Content.Formats.Links;

namespace MailSanitizer.Content.Disarming.Ooxml;

/// <summary>Judges a field's instruction (ECMA-376 part 1, 17.16): types by allow-list, the target of a hyperlink by the allow-list of URLs.</summary>
internal static class FieldJudge
{
    private static readonly FrozenSet<string> Passive = """
        = ADDIN ADDRESSBLOCK ADVANCE ASK AUTHOR AUTONUM AUTONUMLGL AUTONUMOUT AUTOTEXT AUTOTEXTLIST BARCODE BIBLIOGRAPHY BIDIOUTLINE CITATION COMMENTS COMPARE CREATEDATE DATE DISPLAYBARCODE
        DOCPROPERTY DOCVARIABLE EDITTIME EMBED EQ FILENAME FILESIZE FILLIN FORMCHECKBOX FORMDROPDOWN FORMTEXT GLOSSARY GOTOBUTTON GREETINGLINE HYPERLINK IF INDEX INFO KEYWORDS LASTSAVEDBY LISTNUM
        MERGEBARCODE MERGEFIELD MERGEREC MERGESEQ NEXT NEXTIF NOTEREF NUMCHARS NUMPAGES NUMWORDS PAGE PAGEREF PRINTDATE PRIVATE QUOTE REF REVNUM SAVEDATE SECTION SECTIONPAGES SEQ SET SHAPE
        SKIPIF STYLEREF SUBJECT SYMBOL TA TC TEMPLATE TIME TITLE TOA TOC USERADDRESS USERINITIALS USERNAME XE
        """.Split([' ', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries).ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>What a field does, or null when it is passive. <paramref name="computed"/>: its type is put together by fields inside it.</summary>
    public static (FindingKind Kind, string Detail)? Judge(string instruction, bool computed, out string? link)
    {
        link = null;
        string text = instruction.Trim();
        int end = 0;
        while (end < text.Length && !char.IsWhiteSpace(text[end]) && text[end] is not ('"' or '\\' or '{')) end++;
        string type = text[..end].Trim('\u00A0', '\u200B', '\uFEFF', '\u00AD');
        if (computed) return (OfficeFindings.ActiveField, "a field whose type is put together: " + Short(type));
        if (type.StartsWith('=')) return null;
        switch (type.ToUpperInvariant())
        {
            case "":
                // "\"..." or "\\..." with nothing in front: no type, and Word shows an error.
                return null;
            case "DDE" or "DDEAUTO":
                return (OfficeFindings.Dde, type);
            case "HYPERLINK":
                string target = Argument(text[end..]);
                link = target;
                if (target.Length == 0) return null;
                return UrlJudge.Judge(target).Kind is UrlKind.Web or UrlKind.Mail or UrlKind.Phone or UrlKind.Fragment or UrlKind.Content or UrlKind.Empty ? null : (OfficeFindings.UnsafeHyperlink, Short(target));
            default:
                // What is no type of Word's is the name of a bookmark (a REF without the word): its result stays, which is all that is seen of it.
                return Passive.Contains(type) ? null : (OfficeFindings.ActiveField, Short(type));
        }
    }

    // The first argument that is no switch: HYPERLINK "url" \l "place" \o "tip".
    private static string Argument(string text)
    {
        int at = 0;
        while (at < text.Length)
        {
            if (char.IsWhiteSpace(text[at]))
            {
                at++;
            }
            else if (text[at] == '\\' && at + 1 < text.Length && char.IsAsciiLetter(text[at + 1]))
            {
                // \l, \o, \t, \s have an argument of their own, \n, \m and \h have none.
                bool takes = char.ToLowerInvariant(text[at + 1]) is 'l' or 'o' or 't' or 's';
                at += 2;
                if (takes) at = Skip(text, at);
            }
            else
            {
                int end = Skip(text, at);
                return text[at..end].Trim().Trim('"', '\u201C', '\u201D').Replace("\\\\", "\\", StringComparison.Ordinal);
            }
        }

        return "";
    }

    private static int Skip(string text, int at)
    {
        while (at < text.Length && char.IsWhiteSpace(text[at])) at++;
        if (at < text.Length && text[at] is '"' or '\u201C')
        {
            at++;
            while (at < text.Length && text[at] is not ('"' or '\u201D')) at++;
            return Math.Min(text.Length, at + 1);
        }

        while (at < text.Length && !char.IsWhiteSpace(text[at])) at++;
        return at;
    }

    private static string Short(string text) => text.Length > 64 ? text[..64] : text;
}

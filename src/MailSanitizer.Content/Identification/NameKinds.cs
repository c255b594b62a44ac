using System.Text;

namespace MailSanitizer.Content.Identification;

/// <summary>Formats that a name makes a file: by what any system would do with it.</summary>
internal static class NameKinds
{
    /// <summary>Formats of one name: its last extension, and what is left of it when a reader cuts or trims as Windows does.</summary>
    public static IEnumerable<FileFormat> Of(string name)
    {
        HashSet<string> seen = new(StringComparer.OrdinalIgnoreCase);
        foreach (string form in Forms(name))
        {
            if (form.Equals("desktop.ini", StringComparison.OrdinalIgnoreCase) && seen.Add("desktop.ini")) yield return FormatTable.Find("desktop-ini")!;
            if (form.Equals("autorun.inf", StringComparison.OrdinalIgnoreCase) && seen.Add("autorun.inf")) yield return FormatTable.Find("inf")!;
            if (form.Equals("thumbs.db", StringComparison.OrdinalIgnoreCase) && seen.Add("thumbs.db")) yield return FormatTable.Find("thumbs-db")!;
            string extension = Extension(form);
            if (extension.Length == 0 || !seen.Add(extension)) continue;
            foreach (FileFormat format in FormatTable.OfExtension(extension)) yield return format;
        }
    }

    /// <summary>True for <c>invoice.pdf.exe</c>: what can act stands behind an extension that shows something else.</summary>
    public static bool IsDouble(string name)
    {
        string form = Clean(LastSegment(name));
        string last = Extension(form);
        if (last.Length == 0 || !FormatTable.OfExtension(last).Any(format => format.HasNoPassiveForm)) return false;
        string before = Extension(form[..^(last.Length + 1)].TrimEnd(' ', '\u3000', '.', '_'));
        return before.Length is > 0 and < 6 && FormatTable.OfExtension(before).Any(format => !format.HasNoPassiveForm);
    }

    private static IEnumerable<string> Forms(string name)
    {
        string last = LastSegment(name);
        yield return Clean(last);
        int nul = last.IndexOf('\0', StringComparison.Ordinal);
        if (nul >= 0) yield return Clean(last[..nul]);
        int colon = last.IndexOf(':', StringComparison.Ordinal);
        if (colon > 0) yield return Clean(last[..colon]);
        int line = last.IndexOfAny(['\r', '\n']);
        if (line > 0) yield return Clean(last[..line]);
    }

    private static string LastSegment(string name) => name[(name.LastIndexOfAny(['/', '\\']) + 1)..];

    // Format characters are invisible and letters in full width look like themselves: both are taken away before the extension is read.
    private static string Clean(string segment)
    {
        StringBuilder clean = new(segment.Length);
        foreach (char c in segment)
        {
            if (char.IsControl(c) || char.GetUnicodeCategory(c) is System.Globalization.UnicodeCategory.Format) continue;
            clean.Append(c is >= '\uFF01' and <= '\uFF5E' ? (char)(c - 0xFEE0) : c);
        }

        return clean.ToString().Trim().TrimEnd(' ', '.', '\u3000', '"', '\'', '>');
    }

    private static string Extension(string form)
    {
        int dot = form.LastIndexOf('.');
        return dot < 0 ? "" : form[(dot + 1)..].Trim();
    }
}

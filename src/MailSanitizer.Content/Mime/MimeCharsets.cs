using System.Text;
using System.Text.RegularExpressions;
using MailSanitizer.Content.Formats.Charsets;

namespace MailSanitizer.Content.Mime;

/// <summary>Which charsets a text part names, and whether it matters which one a reader believes.</summary>
internal static partial class MimeCharsets
{
    /// <summary>
    /// Compares the header's charset with a byte order mark, and in HTML with what a <c>meta</c> element or XML declaration in the first 2,048 bytes says (browsers look at 1,024).
    /// </summary>
    public static ChildFinding? Check(string type, string? declared, ReadOnlySpan<byte> content, bool isWhole)
    {
        (string Name, Encoding? Encoding)[] named = [("header", Charset.Find(declared)), ("mark", MarkOf(content)), ("meta", type is "text/html" or "application/xhtml+xml" ? MetaOf(content) : null)];
        Encoding? first = named[0].Encoding;
        bool escapes = content.IndexOf("\u001b$"u8) >= 0 || content.IndexOf("\u001b("u8) >= 0;
        if (declared is not null && first is null && IsUtf7(declared)) return new ChildFinding(MimeFindings.CharsetAmbiguous, "", "UTF-7");
        foreach ((string name, Encoding? encoding) in named.AsSpan(1))
        {
            if (encoding is null || encoding.CodePage == first?.CodePage) continue;

            // No charset in the header: the mark or the meta element is the only one that speaks, as every reader has it.
            if (first is null && declared is null && name == "meta" && !Shifts(encoding)) continue;
            Encoding held = first ?? Encoding.GetEncoding(20127);
            if (isWhole && Same(held, encoding, content)) continue;
            bool acts = Shifts(held) || Shifts(encoding);
            string detail = $"{held.WebName} in the header, {encoding.WebName} by its {name}";

            // HTML is written anew in UTF-8 from one reading, which its own disarmer chooses by the same rules; any other text has no such writer.
            return new ChildFinding(acts && type is not ("text/html" or "text/x-amp-html") ? MimeFindings.CharsetAmbiguous : MimeFindings.CharsetConflict, "", detail);
        }

        // ISO-2022 escapes in HTML that is declared as something else: browsers once guessed, and markup appeared.
        if (escapes && type == "text/html" && first is not null && !Shifts(first) && first.CodePage is not 20127)
            return new ChildFinding(MimeFindings.CharsetConflict, "", "ISO-2022 escapes in " + first.WebName);
        return null;
    }

    private static bool IsUtf7(string name) => name.Contains("utf-7", StringComparison.OrdinalIgnoreCase);

    // Charsets in which bytes that look like ASCII are not.
    private static bool Shifts(Encoding encoding) => encoding.CodePage is 1200 or 1201 or 12000 or 12001 or 50220 or 50221 or 50222 or 50225 or 52936 or 65000;

    private static bool Same(Encoding one, Encoding other, ReadOnlySpan<byte> content)
    {
        // Bytes that are plain ASCII without escapes mean the same in every charset that does not shift.
        bool ascii = content.IndexOfAnyInRange((byte)0x80, (byte)0xFF) < 0 && content.IndexOf((byte)0x1B) < 0;
        if (ascii && (!Shifts(one) || one.CodePage is 50220) && (!Shifts(other) || other.CodePage is 50220)) return true;
        return one.GetString(content) == other.GetString(content);
    }

    private static Encoding? MarkOf(ReadOnlySpan<byte> content)
    {
        if (content is [0xEF, 0xBB, 0xBF, ..]) return Charset.Utf8;
        if (content is [0xFF, 0xFE, ..]) return Encoding.Unicode;
        return content is [0xFE, 0xFF, ..] ? Encoding.BigEndianUnicode : null;
    }

    private static Encoding? MetaOf(ReadOnlySpan<byte> content)
    {
        string head = Encoding.Latin1.GetString(content[..Math.Min(2_048, content.Length)]);
        Match match = MetaCharset().Match(head);
        if (!match.Success) match = XmlEncoding().Match(head);
        if (!match.Success) return null;
        string name = match.Groups[1].Value;

        // A meta element that a reader could see says UTF-16 only in pages that are not (HTML 13.2.3.3): browsers take it as UTF-8.
        return name.StartsWith("utf-16", StringComparison.OrdinalIgnoreCase) ? Charset.Utf8 : Charset.Find(name);
    }

    [GeneratedRegex("<meta[^>]{0,400}charset\\s*=\\s*[\"']?\\s*([A-Za-z0-9_.:+-]{2,40})", RegexOptions.IgnoreCase | RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex MetaCharset();

    [GeneratedRegex("^\\s*<\\?xml[^>]{0,200}encoding\\s*=\\s*[\"']([A-Za-z0-9_.:+-]{2,40})", RegexOptions.IgnoreCase | RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex XmlEncoding();
}

using System.Text;

namespace MailSanitizer.Content.Formats.Links;

/// <summary>
/// The one allow-list of URLs (DESIGN.md, "Disarming"): http, https, mailto, tel, cid and places in the same document. The caller undoes its own format's
/// escapes first (entities, PDF strings, RTF escapes, CSS escapes); here follow control characters, blanks, percent signs, backslashes and compatibility forms.
/// </summary>
/// <remarks>The strictest reading wins: a URL acts when it acts as it stands, without its control characters, percent-decoded once or twice, or in compatibility form (NFKC).</remarks>
public static class UrlJudge
{
    // Longer than any scheme that a system knows; a colon behind that is no scheme.
    private const int LongestScheme = 64;

    /// <summary>Judges a URL. Any text is allowed; nothing throws.</summary>
    public static JudgedUrl Judge(string? url)
    {
        if (url is null) return default;
        string text = Cleaned(url);
        JudgedUrl judged = Read(text);
        if (judged.Kind is UrlKind.Acts || text.Length == 0) return judged;

        // Readers that decode before they look, or map wide letters: they must not see another scheme than the first reading did.
        string head = text.Length <= 256 ? text : text[..256];
        string once = Decoded(head);
        if (once.Length != head.Length && Acts(Cleaned(once), judged)) return judged with { Kind = UrlKind.Acts };
        string twice = Decoded(once);
        if (twice.Length != once.Length && Acts(Cleaned(twice), judged)) return judged with { Kind = UrlKind.Acts };
        if (!Ascii.IsValid(head) && Acts(Cleaned(Compatible(head)), judged)) return judged with { Kind = UrlKind.Acts };
        return judged;
    }

    private static bool Acts(string text, JudgedUrl first) => Read(text) is { Kind: UrlKind.Acts } other && (first.Scheme.Length == 0 || other.Scheme != first.Scheme);

    private static JudgedUrl Read(string text)
    {
        if (text.Length == 0) return new JudgedUrl(UrlKind.Empty, "", "", text);
        if (text[0] == '#') return new JudgedUrl(UrlKind.Fragment, "", "", text);
        if (text.Length > 1 && IsSlash(text[0]) && IsSlash(text[1]))
        {
            // "//host" takes over the document's scheme: a page on disk makes file: of it, and Windows a share.
            return new JudgedUrl(UrlKind.Acts, "unc", HostOf(text.AsSpan(2)), text);
        }

        int colon = SchemeEnd(text);
        if (colon < 0) return new JudgedUrl(UrlKind.Relative, "", "", text);
        string scheme = text[..colon].ToLowerInvariant();
        ReadOnlySpan<char> rest = text.AsSpan(colon + 1);
        return scheme switch
        {
            "http" or "https" => new JudgedUrl(UrlKind.Web, scheme, HostOf(rest.TrimStart("/\\")), text),
            "mailto" => new JudgedUrl(UrlKind.Mail, scheme, "", text),
            "tel" => new JudgedUrl(UrlKind.Phone, scheme, "", text),
            "cid" => new JudgedUrl(UrlKind.Content, scheme, "", text),
            "data" when IsBitmap(rest) => new JudgedUrl(UrlKind.DataImage, scheme, "", text),
            _ => new JudgedUrl(UrlKind.Acts, scheme, "", text),
        };
    }

    // RFC 3986 3.1: a letter, then letters, digits and "+-.". A single letter is a drive.
    private static int SchemeEnd(string text)
    {
        if (!char.IsAsciiLetter(text[0])) return -1;
        for (int at = 1; at < text.Length && at <= LongestScheme; at++)
        {
            char c = text[at];
            if (c == ':') return at;
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('+' or '-' or '.')) return -1;
        }

        return -1;
    }

    private static bool IsSlash(char c) => c is '/' or '\\';

    /// <summary>The host of what stands behind <c>//</c>: without user, port, path; lower case.</summary>
    private static string HostOf(ReadOnlySpan<char> rest)
    {
        int end = rest.IndexOfAny("/\\?#");
        ReadOnlySpan<char> authority = end < 0 ? rest : rest[..end];
        authority = authority[(authority.LastIndexOf('@') + 1)..];
        if (authority.StartsWith('['))
        {
            int bracket = authority.IndexOf(']');
            return (bracket < 0 ? authority : authority[..(bracket + 1)]).ToString().ToLowerInvariant();
        }

        int port = authority.IndexOf(':');
        string host = (port < 0 ? authority : authority[..port]).ToString();
        return (host.Contains('%', StringComparison.Ordinal) ? Decoded(host) : host).TrimEnd('.').ToLowerInvariant();
    }

    private static bool IsBitmap(ReadOnlySpan<char> rest)
    {
        int end = rest.IndexOfAny(";,");
        if (end < 0) return false;
        return rest[..end].Trim().ToString().ToLowerInvariant() is "image/png" or "image/x-png" or "image/jpeg" or "image/jpg" or "image/pjpeg" or "image/gif" or "image/webp" or "image/bmp" or "image/x-icon" or "image/vnd.microsoft.icon" or "image/avif";
    }

    // WHATWG URL 4.4: C0 and blanks off the ends, tab and line ends out of the middle. The rest of the control characters and what has no width go as well: some readers drop them.
    private static string Cleaned(string url)
    {
        ReadOnlySpan<char> trimmed = url.AsSpan().Trim();
        bool clean = true;
        foreach (char c in trimmed)
        {
            if (!IsDropped(c)) continue;
            clean = false;
            break;
        }

        if (clean) return trimmed.Length == url.Length ? url : trimmed.ToString();
        StringBuilder kept = new(trimmed.Length);
        foreach (char c in trimmed)
        {
            if (!IsDropped(c)) kept.Append(c);
        }

        return kept.ToString().Trim();
    }

    private static bool IsDropped(char c) => c is < ' ' or (>= '\u007F' and <= '\u009F') or '\u00AD' or '\u034F' or '\u061C' or (>= '\u180B' and <= '\u180F') or (>= '\u200B' and <= '\u200F') or (>= '\u202A' and <= '\u202E') or (>= '\u2060' and <= '\u206F') or '\uFEFF';

    private static string Decoded(string text)
    {
        if (!text.Contains('%', StringComparison.Ordinal)) return text;
        StringBuilder decoded = new(text.Length);
        for (int at = 0; at < text.Length; at++)
        {
            if (text[at] == '%' && at + 2 < text.Length && char.IsAsciiHexDigit(text[at + 1]) && char.IsAsciiHexDigit(text[at + 2]))
            {
                decoded.Append((char)Convert.ToInt32(text.Substring(at + 1, 2), 16));
                at += 2;
            }
            else
            {
                decoded.Append(text[at]);
            }
        }

        return decoded.ToString();
    }

    private static string Compatible(string text)
    {
        try
        {
            return text.Normalize(NormalizationForm.FormKC);
        }
        catch (ArgumentException)
        {
            // A lone surrogate: no reader maps such a text.
            return text;
        }
    }
}

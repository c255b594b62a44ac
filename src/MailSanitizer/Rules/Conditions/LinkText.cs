using System.Buffers;
using MailSanitizer.Content;
using MailSanitizer.Mail.Signatures;

namespace MailSanitizer.Rules.Conditions;

/// <summary>Scheme and host of a link's target as a browser reads them: backslashes are slashes, user names end at the last @, tabs and line ends do not count (WHATWG URL 4.4).</summary>
internal static class LinkText
{
    private static readonly SearchValues<char> Letters = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

    // RFC 3986 3.1.
    private static readonly SearchValues<char> SchemeLetters = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.");

    public static string? Scheme(string url)
    {
        string text = Clean(url);
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon > 0 && text.AsSpan(0, colon).IndexOfAnyExcept(SchemeLetters) < 0 ? text[..colon].ToLowerInvariant() : null;
    }

    public static string? Host(string url)
    {
        string text = Clean(url);
        string? scheme = Scheme(text);
        string rest = scheme is null ? text : text[(scheme.Length + 1)..];
        if (scheme is not (null or "http" or "https" or "ftp" or "ws" or "wss")) return null;
        if (scheme is null && !rest.StartsWith("//", StringComparison.Ordinal)) return null;
        rest = rest.TrimStart('/');
        int end = rest.IndexOfAny(['/', '?', '#']);
        if (end >= 0) rest = rest[..end];
        rest = rest[(rest.LastIndexOf('@') + 1)..];
        if (!rest.StartsWith('[') && rest.LastIndexOf(':') is var port and >= 0) rest = rest[..port];
        if (rest.Contains('%', StringComparison.Ordinal)) rest = Uri.UnescapeDataString(rest);
        return rest.Length == 0 ? null : DomainName.ToAscii(rest.Replace('。', '.').Replace('．', '.').Replace('｡', '.')) ?? rest.ToLowerInvariant();
    }

    /// <summary>The text reads as an address of a host that has nothing to do with the target's.</summary>
    public static bool Mismatch(LinkFact link)
    {
        string seen = link.Text.Trim();
        if (seen.Length is 0 or > 2000 || Host(link.Url) is not { } target) return false;
        if (seen.AsSpan().IndexOfAny(" \t\r\n\u3000") >= 0) return false;
        string? host = Scheme(seen) is "http" or "https" ? Host(seen) : LooksLikeHost(seen) ? Host("//" + seen) : null;
        if (host is null || DomainName.ToAscii(host) is null) return false;
        host = Bare(host);
        target = Bare(target);
        return !DomainName.IsWithin(host, target) && !DomainName.IsWithin(target, host);
    }

    private static string Bare(string host) => host.StartsWith("www.", StringComparison.Ordinal) ? host[4..] : host;

    private static bool LooksLikeHost(string text)
    {
        int end = text.IndexOfAny(['/', '?', '#']);
        string host = end < 0 ? text : text[..end];
        int dot = host.LastIndexOf('.');
        // report.pdf is a file name; www.bank.example and bank.example/login are addresses.
        return dot > 0 && host.Length - dot - 1 >= 2 && host.AsSpan(dot + 1).IndexOfAnyExcept(Letters) < 0
            && !host.Contains('@', StringComparison.Ordinal) && (host.StartsWith("www.", StringComparison.OrdinalIgnoreCase) || end > 0);
    }

    private static string Clean(string url) => string.Concat(url.Where(one => one is not ('\t' or '\r' or '\n'))).Trim().Replace('\\', '/');
}

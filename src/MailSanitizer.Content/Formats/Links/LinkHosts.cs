using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace MailSanitizer.Content.Formats.Links;

/// <summary>What the host names of links, and the texts that stand on them, say. No list of suffixes is read: the organisational domain is a good guess, for notes only.</summary>
public static partial class LinkHosts
{
    // Second-level labels under which registries of countries register.
    private static readonly HashSet<string> Registries = new("co or ne ac go ed gr lg ad com net org gov edu mil ltd plc me nom gob gouv asso id web".Split(' '), StringComparer.Ordinal);

    // Endings of file names that a text without "http" is more often than a host.
    private static readonly HashSet<string> Files = new("pdf doc docx docm xls xlsx xlsm ppt pptx zip rar txt csv html htm png jpg jpeg gif svg exe eml msg ics md js ts py sh cs mp3 mp4 mov avi json xml yaml log net".Split(' '), StringComparer.Ordinal);

    private static readonly (string Host, string Path)[] Redirectors =
    [
        ("google.com", "/url"), ("google.co.jp", "/url"), ("bing.com", "/ck/a"), ("youtube.com", "/redirect"), ("facebook.com", "/l.php"), ("linkedin.com", "/redir"), ("linkedin.com", "/safety/go"), ("doubleclick.net", "/"),
        ("googleadservices.com", "/pagead"), ("slack-redir.net", "/"), ("vk.com", "/away"), ("baidu.com", "/link"), ("yandex.com", "/clck"), ("medium.com", "/r/"), ("tiktok.com", "/link/v2"), ("duckduckgo.com", "/l/"), ("steamcommunity.com", "/linkfilter"),
        ("yahoo.co.jp", "/rd"), ("rakuten.co.jp", "/hgc"), ("outlook.live.com", "/redir"), ("t.me", "/iv"), ("zoom.us", "/redirect"),
    ];

    /// <summary>The host that a text shows to its reader, lower case; empty when it shows none.</summary>
    public static string Shown(string text)
    {
        string bare = text.Trim().Trim('<', '>', '"', '\'', '(', ')', '「', '」', '…').TrimEnd('.', ',').ToLowerInvariant();
        if (bare.Length is < 4 or > 300) return "";
        Match match = HostText().Match(bare);
        if (!match.Success) return "";
        string host = match.Groups["host"].Value;
        bool plain = !match.Groups["scheme"].Success && !host.StartsWith("www.", StringComparison.Ordinal);
        return plain && Files.Contains(host[(host.LastIndexOf('.') + 1)..]) ? "" : ToAscii(host);
    }

    // As links write it, so that the two can be compared.
    private static string ToAscii(string host)
    {
        if (Ascii.IsValid(host)) return host;
        try
        {
            return new IdnMapping().GetAscii(host).ToLowerInvariant();
        }
        catch (ArgumentException)
        {
            // No host name at all, so none that is shown.
            return "";
        }
    }

    /// <summary>The organisational domain of a host, by the usual shapes of registries.</summary>
    public static string Domain(string host)
    {
        string[] labels = host.Split('.');
        if (labels.Length <= 2 || host.StartsWith('[') || host.All(c => char.IsAsciiDigit(c) || c == '.')) return host;
        bool country = labels[^1].Length == 2 && Registries.Contains(labels[^2]);
        return string.Join('.', labels[^(country ? 3 : 2)..]);
    }

    /// <summary>The host that a known redirector sends on to; empty when the link is none, or stays with its own host.</summary>
    public static string RedirectsTo(JudgedUrl url)
    {
        if (url.Kind is not UrlKind.Web) return "";
        int path = url.Text.IndexOf('/', Math.Min(url.Text.Length, url.Scheme.Length + 3));
        string rest = path < 0 ? "/" : url.Text[path..];
        if (!Redirectors.Any(row => (url.Host == row.Host || url.Host.EndsWith("." + row.Host, StringComparison.Ordinal)) && rest.StartsWith(row.Path, StringComparison.OrdinalIgnoreCase))) return "";
        int query = rest.IndexOfAny(['?', ';']);
        if (query < 0) return "";
        foreach (string pair in rest[(query + 1)..].Split('&', ';'))
        {
            string value = Uri.UnescapeDataString(pair[(pair.IndexOf('=', StringComparison.Ordinal) + 1)..]);
            if (UrlJudge.Judge(value) is { Kind: UrlKind.Web } target && Domain(target.Host) != Domain(url.Host)) return target.Host;
        }

        return "";
    }

    /// <summary>Why a host looks like another one; null when it does not.</summary>
    public static string? Lookalike(string host)
    {
        if (Ascii.IsValid(host) && !host.Contains("xn--", StringComparison.Ordinal)) return null;
        foreach (string label in host.Split('.'))
        {
            string text = label;
            if (label.StartsWith("xn--", StringComparison.Ordinal))
            {
                try
                {
                    text = new IdnMapping().GetUnicode(label);
                }
                catch (ArgumentException)
                {
                    return "a label that is no Punycode: " + label;
                }
            }

            if (Ascii.IsValid(text)) continue;
            bool latin = text.Any(c => char.IsAsciiLetter(c) || c is >= '\u00C0' and <= '\u024F');
            bool other = text.Any(c => c is (>= '\u0370' and <= '\u058F') or (>= '\u13A0' and <= '\u13FF') or (>= '\u1F00' and <= '\u1FFF') or (>= '\u2C80' and <= '\u2CFF') or (>= '\uA640' and <= '\uA69F'));
            if (latin && other) return $"{text}: letters of two alphabets";
            if (other && text.All(c => "асеорхуіѕјԁһӏґԛԝьпмтквнαονρτυικχ0123456789-".Contains(c, StringComparison.Ordinal))) return $"{text}: all letters look like Latin ones";
            if (latin && text.Any(c => c is '\u0131' or (>= '\u0250' and <= '\u02AF') or (>= '\u1D00' and <= '\u1D7F') or (>= '\u1E00' and <= '\u1EFF') or '\u2024' or '\u2044' or '\u2215' or '\u29F8' or '\u30FB' or '\uFF0F'))
                return $"{text}: letters that are easily overlooked";
        }

        return null;
    }

    [GeneratedRegex("^(?<scheme>https?[:：]//)?(?<host>([\\p{L}\\p{Nd}_-]{1,63}\\.){1,8}(\\p{L}{2,24}|xn--[a-z0-9-]{2,59}))\\.?(:[0-9]{1,5})?([/?#]\\S*)?$", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex HostText();
}

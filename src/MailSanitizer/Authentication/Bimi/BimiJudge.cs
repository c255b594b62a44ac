using MailSanitizer.Authentication.Dmarc;
using MailSanitizer.Authentication.Dns;
using MailSanitizer.Content.Formats.HeaderFields;
using MailSanitizer.Mail;
using MailSanitizer.Mail.Signatures;

namespace MailSanitizer.Authentication.Bimi;

/// <summary>
/// Looks up the assertion record of a domain (Brand Indicators for Message Identification) once DMARC has passed under an enforced policy. The logo itself and the
/// evidence document are never fetched.
/// </summary>
public static class BimiJudge
{
    // URLs of logos are short; a longer one would only fill the header.
    private const int MaximumUrl = 500;

    /// <summary>Judges. The location is what BIMI-Location is to carry, null without a pass.</summary>
    public static async Task<(MethodResult? Result, string? Location)> JudgeAsync(IDns dns, MessageHeader header, string? fromDomain, DmarcVerdict dmarc, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(dns);
        ArgumentNullException.ThrowIfNull(header);
        ArgumentNullException.ThrowIfNull(dmarc);
        if (fromDomain is null || dmarc.Result != "pass") return (null, null);
        if (!dmarc.IsEnforced) return (new("bimi", "skipped", [], "DMARC policy is not enforced"), null);
        if (Selector(header) is not { } selector) return (new("bimi", "fail", [], "BIMI-Selector is malformed"), null);
        foreach (string domain in (string[])(dmarc.OrganizationalDomain is { } above && above != fromDomain ? [fromDomain, above] : [fromDomain]))
        {
            DnsAnswer answer = await dns.AskAsync($"{selector}._bimi.{domain}", DnsKind.Txt, cancellation).ConfigureAwait(false);
            if (answer.Status == DnsStatus.Failed) return (Result("temperror", domain, answer.Problem), null);
            string[] records = [.. answer.Texts.Where(text => text.StartsWith("v=BIMI1", StringComparison.Ordinal)).Take(2)];
            if (records.Length == 0) continue;
            if (records.Length > 1) return (Result("fail", domain, "several assertion records"), null);
            return Judge(records[0], domain);
        }

        return (new("bimi", "none", []), null);

        MethodResult Result(string result, string domain, string? reason) => new("bimi", result, [new("header.d", domain), new("header.selector", selector)], reason);

        (MethodResult, string?) Judge(string record, string domain)
        {
            if (TagList.Read(record) is not { } tags || tags["v"] != "BIMI1" || tags.Names[0] != "v" || tags.Compact("l") is not { } location) return (Result("fail", domain, "assertion record is malformed"), null);
            // Empty l= and a=: the domain wants no indicator.
            if (location.Length == 0) return (Result("declined", domain, null), null);
            return IsUsable(location) ? (Result("pass", domain, null), location) : (Result("fail", domain, "location is no https URL"), null);
        }
    }

    /// <summary><c>default</c>, or what BIMI-Selector says; null when it says nothing usable.</summary>
    private static string? Selector(MessageHeader header)
    {
        HeaderField[] fields = [.. header.Named("BIMI-Selector").Take(2)];
        if (fields.Length == 0) return "default";
        if (fields.Length > 1 || TagList.Read(fields[0].RawValue.Span) is not { } tags || tags["v"] != "BIMI1") return null;
        return DomainName.ToAscii(tags.Compact("s"));
    }

    private static bool IsUsable(string location) =>
        location.Length <= MaximumUrl && location.All(one => one is > ' ' and <= '~' and not ';' and not '"' and not '<' and not '>' and not '\\')
        && Uri.TryCreate(location, UriKind.Absolute, out Uri? uri) && uri.Scheme == Uri.UriSchemeHttps && uri.UserInfo.Length == 0;
}

using System.Globalization;
using System.Net;
using System.Text;
using MailSanitizer.Authentication.Dns;
using MailSanitizer.Mail;
using MailSanitizer.Mail.Signatures;

namespace MailSanitizer.Authentication.Spf;

/// <summary>What SPF says of both identities.</summary>
/// <param name="Results">For the header: MAIL FROM first, then HELO.</param>
/// <param name="PassDomain">Domain of MAIL FROM (of HELO for the null reverse-path) when it passes.</param>
/// <param name="OpenDomain">The same when it ended in temperror.</param>
/// <param name="Secure">The pass stands on answers with the AD bit.</param>
/// <param name="ReceivedSpf">A Received-SPF field (RFC 7208 9.1) without its line end.</param>
public sealed record SpfFacts(IReadOnlyList<MethodResult> Results, string? PassDomain, string? OpenDomain, bool Secure, string ReceivedSpf);

/// <summary>Checks MAIL FROM and HELO.</summary>
public static class SpfJudge
{
    /// <summary>Judges both identities of an envelope.</summary>
    public static async Task<SpfFacts> JudgeAsync(IDns dns, IPAddress? client, string? helo, string mailFrom, string receiver, DateTimeOffset now, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(mailFrom);
        string heloName = helo ?? "";
        string? heloDomain = DomainName.ToAscii(heloName);
        int at = mailFrom.LastIndexOf('@');
        bool isNull = mailFrom.Length == 0;
        string? fromDomain = isNull ? heloDomain : at < 0 ? null : DomainName.ToAscii(mailFrom[(at + 1)..]);
        Task<SpfVerdict> heloCheck = CheckAsync(heloDomain, $"postmaster@{heloDomain}");
        Task<SpfVerdict>? fromCheck = isNull ? null : CheckAsync(fromDomain, $"{mailFrom[..Math.Max(0, at)]}@{fromDomain}");
        SpfVerdict heloVerdict = await heloCheck.ConfigureAwait(false);
        SpfVerdict verdict = fromCheck is null ? heloVerdict : await fromCheck.ConfigureAwait(false);

        List<MethodResult> results = [];
        if (!isNull) results.Add(new("spf", verdict.Result, [new("smtp.mailfrom", mailFrom)], Reason(verdict)));
        if (heloName.Length > 0 || isNull) results.Add(new("spf", heloVerdict.Result, heloName.Length > 0 ? [new("smtp.helo", heloName)] : [], Reason(heloVerdict)));
        string? passDomain = verdict.Result == "pass" ? fromDomain : null;
        return new(results, passDomain, verdict.Result == "temperror" ? fromDomain : null, passDomain is not null && verdict.Secure, ReceivedSpf(verdict, client, heloName, mailFrom, isNull, receiver));

        Task<SpfVerdict> CheckAsync(string? domain, string sender)
        {
            // An unknown client proves nothing: never a pass (RFC 8601 2.7.2 has temperror for what cannot be judged now).
            if (client is null) return Task.FromResult(new SpfVerdict("temperror", "client unknown"));
            if (domain is null) return Task.FromResult(new SpfVerdict("none", "no domain"));
            return SpfEvaluator.CheckAsync(dns, new SpfQuestion(client, domain, sender, heloName), new SpfLimits(), receiver, now, cancellation);
        }
    }

    // The explanation is the sender's text (RFC 7208 6.2): it goes into no header of ours.
    private static string? Reason(SpfVerdict verdict) => verdict.Result is "pass" or "none" ? null : verdict.Reason;

    private static string ReceivedSpf(SpfVerdict verdict, IPAddress? client, string helo, string mailFrom, bool isNull, string receiver)
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"Received-SPF: {verdict.Result}");
        Add("receiver", receiver);
        Add("client-ip", client?.ToString() ?? "unknown");
        Add("envelope-from", mailFrom);
        Add("helo", helo);
        Add("identity", isNull ? "helo" : "mailfrom");
        return text.ToString().TrimEnd(';');

        void Add(string key, string value)
        {
            text.Append("\r\n\t").Append(key).Append("=\"");
            foreach (char one in value.Length > 255 ? value[..255] : value)
            {
                if (one is '"' or '\\') text.Append('\\');
                text.Append(one is >= ' ' and <= '~' ? one : '?');
            }

            text.Append("\";");
        }
    }
}

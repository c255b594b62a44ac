using MailSanitizer.Authentication.Dns;
using MailSanitizer.Mail.Signatures;

namespace MailSanitizer.Authentication.Dmarc;

/// <summary>How the organisational domain is found.</summary>
public enum OrganizationMethod
{
    /// <summary>By walking up the DNS tree (RFC 9989).</summary>
    TreeWalk,

    /// <summary>By the Public Suffix List (RFC 7489).</summary>
    PublicSuffixList,
}

/// <summary>What was authenticated before, for alignment.</summary>
/// <param name="SpfDomain">Domain that SPF passes, or null.</param>
/// <param name="DkimDomains">Domains of passing signatures.</param>
/// <param name="OpenSpfDomain">Domain whose SPF ended in temperror, or null.</param>
/// <param name="OpenDkimDomains">Domains of signatures that ended in temperror.</param>
public sealed record DmarcIdentities(string? SpfDomain, IReadOnlyList<string> DkimDomains, string? OpenSpfDomain, IReadOnlyList<string> OpenDkimDomains);

/// <summary>What DMARC says.</summary>
/// <param name="Result"><c>pass</c>, <c>fail</c>, <c>none</c>, <c>temperror</c>, <c>permerror</c>.</param>
/// <param name="Reason">Why, or null.</param>
/// <param name="OrganizationalDomain">Of the From domain, or null when it could not be found out.</param>
/// <param name="Policy">The wish of the domain for this name, sampling and test mode applied; null without a record.</param>
/// <param name="Secure">The record came with the AD bit.</param>
/// <param name="IsEnforced">The policy is quarantine or reject, for all mail, without test mode (what BIMI asks for).</param>
public sealed record DmarcVerdict(string Result, string? Reason, string? OrganizationalDomain, string? Policy, bool Secure = false, bool IsEnforced = false);

/// <summary>Finds the policy of a From domain and judges alignment.</summary>
/// <param name="dns">The message's DNS.</param>
/// <param name="method">How organisational domains are found.</param>
/// <param name="suffixes">The list, for that method.</param>
public sealed class DmarcEvaluator(IDns dns, OrganizationMethod method, PublicSuffixList? suffixes)
{
    // RFC 9989 4.10: eight questions a walk at most; longer names go on with their last seven labels.
    private const int WalkLabels = 7;

    /// <summary>Judges. <paramref name="sample"/> is a number from 0 to 99 drawn for the message (pct=).</summary>
    public async Task<DmarcVerdict> JudgeAsync(string fromDomain, DmarcIdentities identities, int sample, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(fromDomain);
        ArgumentNullException.ThrowIfNull(identities);
        Found found = await FindAsync(fromDomain, cancellation).ConfigureAwait(false);
        if (found.Problem is not null) return new(found.Result, found.Problem, null, null);
        if (found.Record is not { } record) return new("none", null, found.Organization, null);
        (string policy, string? trouble) = await WishAsync(fromDomain, found, record, cancellation).ConfigureAwait(false);
        bool enforced = policy != "none" && !record.IsTesting && (method == OrganizationMethod.TreeWalk || record.Percent == 100);
        string applied = Apply(policy, record, sample);
        DmarcVerdict verdict = new("fail", null, found.Organization, applied, found.Secure, enforced);

        bool pass = await AlignedAsync(identities.SpfDomain, record.StrictSpf, fromDomain, found.Organization!, cancellation).ConfigureAwait(false);
        foreach (string domain in identities.DkimDomains.Distinct())
        {
            if (pass) break;
            pass = await AlignedAsync(domain, record.StrictDkim, fromDomain, found.Organization!, cancellation).ConfigureAwait(false);
        }

        if (pass) return verdict with { Result = "pass" };
        bool open = await AlignedAsync(identities.OpenSpfDomain, record.StrictSpf, fromDomain, found.Organization!, cancellation).ConfigureAwait(false);
        foreach (string domain in identities.OpenDkimDomains.Distinct())
        {
            if (open) break;
            open = await AlignedAsync(domain, record.StrictDkim, fromDomain, found.Organization!, cancellation).ConfigureAwait(false);
        }

        return open ? verdict with { Result = "temperror", Reason = "SPF or DKIM of an aligned domain could not be judged" }
            : trouble is not null ? verdict with { Result = "temperror", Reason = trouble }
            : verdict;
    }

    /// <summary>Organisational domain of any name; null when the DNS does not answer.</summary>
    public async Task<string?> OrganizationAsync(string domain, CancellationToken cancellation)
    {
        if (method == OrganizationMethod.PublicSuffixList) return suffixes!.RegistrableDomain(domain) ?? domain;
        Walk walk = await WalkAsync(domain, cancellation).ConfigureAwait(false);
        return walk.Problem is null ? walk.Organization : null;
    }

    private string Apply(string policy, DmarcRecord record, int sample)
    {
        // t=y asks for one step less (RFC 9989); mail that pct= does not draw too (RFC 7489 6.6.4).
        bool less = record.IsTesting || (method == OrganizationMethod.PublicSuffixList && sample >= record.Percent);
        return !less ? policy : policy == "reject" ? "quarantine" : "none";
    }

    private async Task<bool> AlignedAsync(string? domain, bool strict, string fromDomain, string organization, CancellationToken cancellation)
    {
        if (domain is null) return false;
        if (domain == fromDomain) return true;
        // The organisational domain of a name is the name or one above it: outside of ours there is nothing to ask.
        if (strict || !DomainName.IsWithin(domain, organization)) return false;
        return await OrganizationAsync(domain, cancellation).ConfigureAwait(false) == organization;
    }

    /// <summary>p=, sp= or np=, as the name and the place of the record ask for (RFC 9989 4.7).</summary>
    private async Task<(string Policy, string? Trouble)> WishAsync(string fromDomain, Found found, DmarcRecord record, CancellationToken cancellation)
    {
        if (found.At == fromDomain) return (record.Policy, null);
        string below = record.SubdomainPolicy ?? record.Policy;
        if (record.MissingPolicy is not { } missing) return (below, null);
        foreach (DnsKind kind in (DnsKind[])[DnsKind.A, DnsKind.Aaaa, DnsKind.Mx])
        {
            DnsAnswer answer = await dns.AskAsync(fromDomain, kind, cancellation).ConfigureAwait(false);
            if (answer.Status == DnsStatus.Failed) return (below, answer.Problem);
            if (answer.Status == DnsStatus.NoName) return (missing, null);
            if (!answer.IsVoid) return (below, null);
        }

        return (missing, null);
    }

    private async Task<Found> FindAsync(string domain, CancellationToken cancellation)
    {
        if (method == OrganizationMethod.TreeWalk)
        {
            Walk walk = await WalkAsync(domain, cancellation).ConfigureAwait(false);
            if (walk.Problem is not null) return new(null, "", null, false, walk.Result, walk.Problem);
            // The name's own record, else that of its organisation, else that of the public suffix above it.
            (string At, DmarcRecord Record, bool Secure)? best = walk.At(domain) ?? walk.At(walk.Organization) ?? walk.Suffix;
            return new(best?.Record, best?.At ?? "", walk.Organization, best?.Secure ?? false, "", null);
        }

        string organization = suffixes!.RegistrableDomain(domain) ?? domain;
        foreach (string name in (string[])(organization == domain ? [domain] : [domain, organization]))
        {
            Asked asked = await AskAsync(name, cancellation).ConfigureAwait(false);
            if (asked.Problem is not null) return new(null, "", organization, false, asked.Result, asked.Problem);
            if (asked.Record is not null) return new(asked.Record, name, organization, asked.Secure, "", null);
        }

        return new(null, "", organization, false, "", null);
    }

    private async Task<Walk> WalkAsync(string domain, CancellationToken cancellation)
    {
        List<(string At, DmarcRecord Record, bool Secure)> records = [];
        string? organization = null;
        (string, DmarcRecord, bool)? suffix = null;
        string? below = null;
        for (string? name = domain; name is not null; below = name, name = Up(name))
        {
            Asked asked = await AskAsync(name, cancellation).ConfigureAwait(false);
            if (asked.Problem is not null && (asked.Result == "temperror" || name == domain)) return new(domain, [], null, asked.Result, asked.Problem);
            if (asked.Record is not { } record) continue;
            if (record.PublicSuffix == 'y' && name != domain)
            {
                // RFC 9989 4.10.2: the organisation is one label below a public suffix.
                suffix = (name, record, asked.Secure);
                organization = Below(domain, name, below!);
                break;
            }

            records.Add((name, record, asked.Secure));
            if (record.PublicSuffix == 'n')
            {
                organization = name;
                break;
            }
        }

        // Without a mark, the highest name that has a record; without any record the name itself.
        organization ??= records.Count > 0 ? records[^1].At : domain;
        return new(organization, records, suffix, "", null);
    }

    /// <summary>The label right below: the walk may have jumped over it (names of more than eight labels).</summary>
    private static string Below(string domain, string suffix, string below)
    {
        if (below.Length - suffix.Length > 1 && DomainName.Parent(below) == suffix) return below;
        string[] labels = domain.Split('.');
        int count = suffix.Split('.').Length + 1;
        return string.Join('.', labels[Math.Max(0, labels.Length - count)..]);
    }

    private static string? Up(string name)
    {
        string[] labels = name.Split('.');
        if (labels.Length <= 1) return null;
        return string.Join('.', labels.Length > WalkLabels + 1 ? labels[^WalkLabels..] : labels[1..]);
    }

    private async Task<Asked> AskAsync(string name, CancellationToken cancellation)
    {
        DnsAnswer answer = await dns.AskAsync($"_dmarc.{name}", DnsKind.Txt, cancellation).ConfigureAwait(false);
        if (answer.Status == DnsStatus.Failed) return new(null, false, "temperror", answer.Problem);
        string[] texts = [.. answer.Texts.Where(DmarcRecord.IsRecord).Take(2)];
        // Several records are as good as none (RFC 7489 6.6.3, RFC 9989 4.10).
        if (texts.Length != 1) return new(null, answer.Secure, "", null);
        return DmarcRecord.Read(texts[0]) is { } record ? new(record, answer.Secure, "", null) : new(null, answer.Secure, "permerror", "DMARC record is malformed");
    }

    private sealed record Asked(DmarcRecord? Record, bool Secure, string Result, string? Problem);

    private sealed record Found(DmarcRecord? Record, string At, string? Organization, bool Secure, string Result, string? Problem);

    private sealed record Walk(
        string Organization, IReadOnlyList<(string At, DmarcRecord Record, bool Secure)> Records, (string At, DmarcRecord Record, bool Secure)? Suffix, string Result, string? Problem)
    {
        public (string At, DmarcRecord Record, bool Secure)? At(string name)
        {
            foreach ((string At, DmarcRecord Record, bool Secure) one in Records)
            {
                if (one.At == name) return one;
            }

            return null;
        }
    }
}

using System.Globalization;
using System.Text;
using MailSanitizer.Authentication.Arc;
using MailSanitizer.Authentication.Bimi;
using MailSanitizer.Authentication.Dkim;
using MailSanitizer.Authentication.Dmarc;
using MailSanitizer.Authentication.Dns;
using MailSanitizer.Authentication.Spf;
using MailSanitizer.Content;
using MailSanitizer.Mail;
using MailSanitizer.Mail.Signatures;

namespace MailSanitizer.Authentication;

/// <summary>Judges who sent a message, on the bytes as they arrived: SPF, DKIM, DMARC, ARC, iprev, BIMI. Whatever cannot be found out is temperror; mail flows.</summary>
public sealed class Authenticator : IAuthenticator
{
    // A header that the walk refuses (over-limit, never sent on) is not judged either.
    private const string OverLimit = "header over the limit";

    private readonly AuthenticationOptions _options;
    private readonly IDns _dns;
    private readonly TimeProvider _time;
    private readonly PublicSuffixList? _suffixes;
    private readonly VerifiedSenders? _verified;

    /// <summary>With resolvers of its own. Throws <see cref="IOException"/> or <see cref="InvalidDataException"/> when a configured file cannot be used.</summary>
    public Authenticator(AuthenticationOptions options, TimeProvider time)
        : this(options, new DnsCache(new Resolver(options.Dns), options.Dns.CacheBytes, time), time)
    {
    }

    /// <summary>With a given way to ask the DNS.</summary>
    public Authenticator(AuthenticationOptions options, IDns dns, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        (_options, _dns, _time) = (options, dns, time);
        if (options.Method == OrganizationMethod.PublicSuffixList) _suffixes = PublicSuffixList.Load(options.PublicSuffixFile);
        if (options.VerifiedSendersFile is { } file) _verified = new VerifiedSenders(file);
    }

    /// <inheritdoc/>
    public async Task<AuthenticationFacts> AuthenticateAsync(Envelope envelope, IMailBytes original, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(envelope);
        ArgumentNullException.ThrowIfNull(original);
        if (MessageHeader.Read(original) is not { } header) return Unjudged(OverLimit);
        using MessageDns dns = new(_dns, _options.Dns.QuestionsPerMessage, _options.Dns.TimePerMessage, _time);
        DateTimeOffset now = _time.GetUtcNow();
        ClientIdentity client = ClientIdentity.Find(envelope, header, _options.TrustedHops);
        FromField from = FromField.Read(header);
        DkimVerifier dkimVerifier = new(header);
        ArcValidator arcValidator = new(header);

        // The network and the hashing run side by side.
        Task<SpfFacts> spfTask = SpfJudge.JudgeAsync(dns, client.Address, client.Helo, envelope.MailFrom, _options.AuthservId, now, cancellation);
        Task<(MethodResult Result, bool Secure)> iprevTask = Iprev.JudgeAsync(dns, client.Address, cancellation);
        BodyHashes hashes = await Task.Run(() => new BodyHashes(original, header.BodyOffset, dkimVerifier.BodyForms.Concat(arcValidator.BodyForms), cancellation), cancellation).ConfigureAwait(false);
        Task<ArcVerdict> arcTask = arcValidator.JudgeAsync(dns, hashes, cancellation);
        IReadOnlyList<DkimVerdict> dkim = await dkimVerifier.JudgeAsync(dns, hashes, now, cancellation).ConfigureAwait(false);
        SpfFacts spf = await spfTask.ConfigureAwait(false);
        DmarcEvaluator evaluator = new(dns, _options.Method, _suffixes);
        DmarcVerdict dmarc = await DmarcAsync(evaluator, from, spf, dkim, original, cancellation).ConfigureAwait(false);
        (MethodResult? bimi, string? location) = await BimiJudge.JudgeAsync(dns, header, from.Domain, dmarc, cancellation).ConfigureAwait(false);
        ArcVerdict arc = await arcTask.ConfigureAwait(false);
        (MethodResult iprev, _) = await iprevTask.ConfigureAwait(false);

        // Only the newest: who seals after a trusted one may have changed anything, and vouches for it himself.
        string? sealer = arc.Sealers.Count > 0 && _options.TrustedSealers.Contains(arc.Sealers[^1], StringComparer.OrdinalIgnoreCase) ? arc.Sealers[^1] : null;
        string[] dkimPass = [.. dkim.Where(verdict => verdict.Passes).Select(verdict => verdict.Domain).Distinct()];
        return new AuthenticationFacts
        {
            Results = Results(spf, dkim, dmarc, from, arc, iprev, bimi, client),
            ClientAddress = client.Address,
            ClientHelo = client.Helo,
            FromDomain = from.Domain,
            OrganizationalDomain = dmarc.OrganizationalDomain ?? (from.Domain is null ? null : await evaluator.OrganizationAsync(from.Domain, cancellation).ConfigureAwait(false)),
            DmarcPolicy = dmarc.Policy,
            DkimPassDomains = dkimPass,
            SpfPassDomain = spf.PassDomain,
            VerifiedSender = Verified(from.Domain, dmarc, dkimPass),
            BimiLocation = location,
            DnssecSecure = IsSecure(spf, dkim, dmarc),
            ArcChain = arc.Result == "temperror" ? "fail" : arc.Result,
            ArcInstances = arc.Instances,
            ArcTrustedSealer = sealer,
            ArcTrustedResults = sealer is null ? [] : ArcResults.Read(arc.NewestResults),
            AcceptedResults = Accepted(header, client),
            ReceivedSpf = _options.ReceivedSpf ? spf.ReceivedSpf : null,
            Findings = dkim.Any(verdict => verdict.IsLonger) ? [new FindingFact(AuthenticationFindings.DkimPartlySigned.Id, "", "DKIM-Signature", "the body is longer than l= covers", null)] : [],
        };
    }

    private static AuthenticationFacts Unjudged(string reason) =>
        new() { Results = [.. ((string[])["spf", "dkim", "dmarc", "arc", "iprev"]).Select(method => new MethodResult(method, "permerror", [], reason))] };

    private static async Task<DmarcVerdict> DmarcAsync(
        DmarcEvaluator evaluator, FromField from, SpfFacts spf, IReadOnlyList<DkimVerdict> dkim, IMailBytes original, CancellationToken cancellation)
    {
        // RFC 7489 6.6.1: without exactly one author there is nothing to judge, and nothing that could pass.
        if (from.Domain is null) return new("permerror", from.Problem, null, null);
        DmarcIdentities identities = new(
            spf.PassDomain,
            [.. dkim.Where(verdict => verdict.Passes).Select(verdict => verdict.Domain)],
            spf.OpenDomain,
            [.. dkim.Where(verdict => verdict.Result.Result == "temperror").Select(verdict => verdict.Domain)]);
        // Drawn from the message, so that a retry draws the same (pct=, RFC 7489 6.6.4).
        int sample = int.Parse(original.Sha256.AsSpan(0, 6), NumberStyles.HexNumber, CultureInfo.InvariantCulture) % 100;
        return await evaluator.JudgeAsync(from.Domain, identities, sample, cancellation).ConfigureAwait(false);
    }

    private static List<MethodResult> Results(
        SpfFacts spf, IReadOnlyList<DkimVerdict> dkim, DmarcVerdict dmarc, FromField from, ArcVerdict arc, MethodResult iprev, MethodResult? bimi, ClientIdentity client)
    {
        List<MethodResult> results = [.. spf.Results];
        if (dkim.Count == 0) results.Add(new("dkim", "none", []));
        results.AddRange(dkim.Select(verdict => verdict.Result));
        List<KeyValuePair<string, string>> properties = [];
        if (from.Domain is not null) properties.Add(new("header.from", from.Domain));
        if (dmarc.Policy is not null) properties.Add(new("policy.dmarc", dmarc.Policy));
        results.Add(new("dmarc", dmarc.Result, properties, dmarc.Reason));
        // RFC 8617 10.2: the address that the sealer saw.
        results.Add(new("arc", arc.Result, client.Address is null || arc.Result == "none" ? [] : [new("smtp.remote-ip", client.Address.ToString())], arc.Reason));
        results.Add(iprev);
        if (bimi is not null) results.Add(bimi);
        return results;
    }

    /// <summary>A name is shown only where From itself is proven: by DMARC, or by a signature of the listed domain over this From.</summary>
    private string? Verified(string? fromDomain, DmarcVerdict dmarc, string[] dkimPass)
    {
        if (fromDomain is null || _verified?.Find(fromDomain) is not { } entry) return null;
        return dmarc.Result == "pass" || dkimPass.Any(domain => DomainName.IsWithin(domain, entry.Domain)) ? entry.Name : null;
    }

    private static bool IsSecure(SpfFacts spf, IReadOnlyList<DkimVerdict> dkim, DmarcVerdict dmarc)
    {
        DkimVerdict[] passes = [.. dkim.Where(verdict => verdict.Passes)];
        bool any = spf.PassDomain is not null || passes.Length > 0;
        return any && (spf.PassDomain is null || spf.Secure) && passes.All(verdict => verdict.Secure) && (dmarc.Result != "pass" || dmarc.Secure);
    }

    private IReadOnlyList<string> Accepted(MessageHeader header, ClientIdentity client)
    {
        if (!_options.AcceptUpstreamResults || client.TrustedFields == 0) return [];
        // Above the Received field of the first host that is not ours. Milters of Postfix write theirs below its own Received field, where a stranger's would stand
        // too: whoever switches this on relies on the hop to take forged ones out (RFC 8601 5).
        return [.. header.Fields.Take(client.TrustedFields).Where(field => field.Is("Authentication-Results")).Select(field => Encoding.Latin1.GetString(field.Raw.Span))];
    }
}

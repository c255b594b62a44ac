using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using MailSanitizer.Authentication.Dns;

namespace MailSanitizer.Authentication.Spf;

/// <summary>Limits of RFC 7208 4.6.4, each with what happens at it.</summary>
public sealed record SpfLimits
{
    /// <summary>Terms that ask the DNS (count). At it: permerror.</summary>
    public int Lookups { get; init; } = 10;

    /// <summary>Questions that found nothing (count). At it: permerror.</summary>
    public int VoidLookups { get; init; } = 2;

    /// <summary>Mail exchangers of one <c>mx</c> (count). At it: permerror.</summary>
    public int MailExchangers { get; init; } = 10;

    /// <summary>Names of one address (count). At it: the rest is not looked at.</summary>
    public int Names { get; init; } = 10;
}

/// <summary>What check_host() says (RFC 7208 2.6).</summary>
/// <param name="Result"><c>none</c>, <c>neutral</c>, <c>pass</c>, <c>fail</c>, <c>softfail</c>, <c>temperror</c>, <c>permerror</c>.</param>
/// <param name="Reason">Which mechanism decided, or what went wrong.</param>
/// <param name="Explanation">The domain's own words on a fail, or null. A stranger's text.</param>
/// <param name="Secure">Every answer had the AD bit.</param>
public sealed record SpfVerdict(string Result, string Reason, string? Explanation = null, bool Secure = false);

/// <summary>One identity to check.</summary>
/// <param name="Client">The client's address.</param>
/// <param name="Domain">The domain whose policy is asked.</param>
/// <param name="Sender">MAIL FROM, or postmaster at the HELO domain.</param>
/// <param name="Helo">HELO name as it was given.</param>
public sealed record SpfQuestion(IPAddress Client, string Domain, string Sender, string Helo);

/// <summary>check_host() of RFC 7208, whole.</summary>
public sealed class SpfEvaluator
{
    private readonly IDns _dns;
    private readonly SpfQuestion _question;
    private readonly SpfLimits _limits;
    private readonly string _receiver;
    private readonly DateTimeOffset _now;
    private readonly IPAddress _client;
    private readonly string _local;
    private readonly string _senderDomain;
    private int _lookups;
    private int _voids;
    private bool _secure = true;
    private string? _validated;

    private SpfEvaluator(IDns dns, SpfQuestion question, SpfLimits limits, string receiver, DateTimeOffset now)
    {
        (_dns, _question, _limits, _receiver, _now) = (dns, question, limits, receiver, now);
        _client = question.Client.IsIPv4MappedToIPv6 ? question.Client.MapToIPv4() : question.Client;
        int at = question.Sender.LastIndexOf('@');
        _senderDomain = at < 0 ? question.Sender : question.Sender[(at + 1)..];
        // RFC 7208 4.3: without a local part it is "postmaster".
        _local = at > 0 ? question.Sender[..at] : "postmaster";
    }

    /// <summary>Checks one identity. <paramref name="receiver"/> is our own name (macro r).</summary>
    public static async Task<SpfVerdict> CheckAsync(IDns dns, SpfQuestion question, SpfLimits limits, string receiver, DateTimeOffset now, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(question);
        SpfEvaluator evaluator = new(dns, question, limits, receiver, now);
        Outcome outcome = await evaluator.CheckHostAsync(question.Domain, top: true, cancellation).ConfigureAwait(false);
        return new(outcome.Result, outcome.Reason, outcome.Explanation, evaluator._secure && outcome.Result is not "none" and not "temperror");
    }

    private async Task<Outcome> CheckHostAsync(string domain, bool top, CancellationToken cancellation)
    {
        domain = domain.EndsWith('.') ? domain[..^1] : domain;
        if (!IsName(domain)) return new("none", "no domain");
        DnsAnswer answer = await AskAsync(domain, DnsKind.Txt, cancellation).ConfigureAwait(false);
        if (answer.Status == DnsStatus.Failed) return new("temperror", answer.Problem);
        string[] records = [.. answer.Texts.Where(SpfRecord.IsRecord).Take(2)];
        if (records.Length == 0) return new("none", "no SPF record");
        if (records.Length > 1) return new("permerror", "several SPF records");
        if (!System.Text.Ascii.IsValid(records[0])) return new("permerror", "record is not ASCII");
        if (SpfRecord.Parse(records[0], out string problem) is not { } record) return new("permerror", problem);

        foreach (SpfDirective directive in record.Directives)
        {
            Outcome? match = await MatchAsync(directive, domain, cancellation).ConfigureAwait(false);
            if (match is null) continue;
            if (match.Result != "match") return match;
            string name = directive.Mechanism.ToString().ToLowerInvariant();
            if (directive.Qualifier != "fail" || !top) return new(directive.Qualifier, name);
            return new("fail", name, await ExplainAsync(record, domain, cancellation).ConfigureAwait(false));
        }

        if (record.Redirect is null) return new("neutral", "no mechanism matched");
        if (++_lookups > _limits.Lookups) return TooMany;
        string target = await ExpandAsync(record.Redirect, domain, explanation: false, cancellation).ConfigureAwait(false);
        Outcome redirected = await CheckHostAsync(target, top, cancellation).ConfigureAwait(false);
        // RFC 7208 6.1: a redirect to nothing is a mistake of the domain's owner.
        return redirected.Result == "none" ? new("permerror", "redirect to a domain without a record") : redirected;
    }

    private static Outcome TooMany => new("permerror", "too many DNS lookups");

    private static Outcome Matched => new("match", "");

    /// <summary>Null: no match. <c>match</c>, or the error that ends the check.</summary>
    private async Task<Outcome?> MatchAsync(SpfDirective directive, string domain, CancellationToken cancellation)
    {
        switch (directive.Mechanism)
        {
            case SpfMechanism.All:
                return Matched;
            case SpfMechanism.Ip4 or SpfMechanism.Ip6:
                return InNetwork(directive.Network!, directive) ? Matched : null;
        }

        if (++_lookups > _limits.Lookups) return TooMany;
        string target = directive.Domain is null ? domain : await ExpandAsync(directive.Domain, domain, explanation: false, cancellation).ConfigureAwait(false);
        switch (directive.Mechanism)
        {
            case SpfMechanism.Include:
                Outcome included = await CheckHostAsync(target, top: false, cancellation).ConfigureAwait(false);
                return included.Result switch
                {
                    "pass" => Matched,
                    "temperror" => included,
                    "permerror" => included,
                    "none" => new("permerror", "include of a domain without a record"),
                    _ => null,
                };
            case SpfMechanism.A:
                return await AddressMatchAsync(target, directive, cancellation).ConfigureAwait(false);
            case SpfMechanism.Exists:
                DnsAnswer any = await AskAsync(target, DnsKind.A, cancellation).ConfigureAwait(false);
                return Trouble(any) ?? (any.Addresses.Count > 0 ? Matched : null);
            case SpfMechanism.Mx:
                return await ExchangerMatchAsync(target, directive, cancellation).ConfigureAwait(false);
            default:
                return await NamesMatchAsync(target, cancellation).ConfigureAwait(false);
        }
    }

    private async Task<Outcome?> AddressMatchAsync(string name, SpfDirective directive, CancellationToken cancellation)
    {
        DnsAnswer answer = await AskAsync(name, ClientKind, cancellation).ConfigureAwait(false);
        return Trouble(answer) ?? (answer.Addresses.Any(address => InNetwork(address, directive)) ? Matched : null);
    }

    private async Task<Outcome?> ExchangerMatchAsync(string target, SpfDirective directive, CancellationToken cancellation)
    {
        DnsAnswer answer = await AskAsync(target, DnsKind.Mx, cancellation).ConfigureAwait(false);
        if (Trouble(answer) is { } trouble) return trouble;
        if (answer.Names.Count > _limits.MailExchangers) return new("permerror", "too many mail exchangers");
        foreach (string exchanger in answer.Names)
        {
            if (await AddressMatchAsync(exchanger, directive, cancellation).ConfigureAwait(false) is { } match) return match;
        }

        return null;
    }

    private async Task<Outcome?> NamesMatchAsync(string target, CancellationToken cancellation)
    {
        string wanted = target.TrimEnd('.').ToLowerInvariant();
        (IReadOnlyList<string> names, Outcome? trouble) = await ValidatedNamesAsync(cancellation).ConfigureAwait(false);
        if (trouble is not null) return trouble;
        return names.Any(name => Mail.Signatures.DomainName.IsWithin(name, wanted)) ? Matched : null;
    }

    /// <summary>Names of the client whose addresses lead back to it (RFC 7208 5.5). A DNS error there is no match, never an error of the check.</summary>
    private async Task<(IReadOnlyList<string> Names, Outcome? Trouble)> ValidatedNamesAsync(CancellationToken cancellation)
    {
        DnsAnswer answer = await AskAsync(ReverseName.Of(_client), DnsKind.Ptr, cancellation).ConfigureAwait(false);
        if (answer.Status == DnsStatus.Failed) return ([], null);
        if (_voids > _limits.VoidLookups) return ([], TooManyVoid);
        List<string> names = [];
        foreach (string name in answer.Names.Take(_limits.Names))
        {
            DnsAnswer back = await AskAsync(name, ClientKind, cancellation, countVoid: false).ConfigureAwait(false);
            if (back.Addresses.Any(_client.Equals)) names.Add(name);
        }

        return (names, null);
    }

    private static Outcome TooManyVoid => new("permerror", "too many void DNS lookups");

    private Outcome? Trouble(DnsAnswer answer)
    {
        if (answer.Status == DnsStatus.Failed) return new("temperror", answer.Problem);
        return _voids > _limits.VoidLookups ? TooManyVoid : null;
    }

    private DnsKind ClientKind => _client.AddressFamily == AddressFamily.InterNetwork ? DnsKind.A : DnsKind.Aaaa;

    private bool InNetwork(IPAddress network, SpfDirective directive)
    {
        if (network.IsIPv4MappedToIPv6) network = network.MapToIPv4();
        if (network.AddressFamily != _client.AddressFamily) return false;
        byte[] left = network.GetAddressBytes(), right = _client.GetAddressBytes();
        int bits = left.Length == 4 ? directive.Prefix4 : directive.Prefix6;
        int whole = bits / 8;
        if (!left.AsSpan(0, whole).SequenceEqual(right.AsSpan(0, whole))) return false;
        int rest = bits % 8;
        return rest == 0 || (left[whole] >> (8 - rest)) == (right[whole] >> (8 - rest));
    }

    private async Task<DnsAnswer> AskAsync(string name, DnsKind kind, CancellationToken cancellation, bool countVoid = true)
    {
        DnsAnswer answer = await _dns.AskAsync(name, kind, cancellation).ConfigureAwait(false);
        _secure &= answer.Secure;
        // The records of the policies themselves are no void lookups: without one there is no policy (none) or an error already.
        if (countVoid && kind != DnsKind.Txt && answer.IsVoid) _voids++;
        return answer;
    }

    private async Task<string?> ExplainAsync(SpfRecord record, string domain, CancellationToken cancellation)
    {
        if (record.Explanation is null) return null;
        string target = await ExpandAsync(record.Explanation, domain, explanation: false, cancellation).ConfigureAwait(false);
        DnsAnswer answer = await _dns.AskAsync(target, DnsKind.Txt, cancellation).ConfigureAwait(false);
        // RFC 7208 6.2: whatever goes wrong here, there is just no explanation.
        if (answer.Status != DnsStatus.Found || answer.Texts.Count != 1 || !System.Text.Ascii.IsValid(answer.Texts[0])) return null;
        if (SpfMacro.Parse(answer.Texts[0], explanation: true) is not { } pieces) return null;
        return await ExpandAsync(pieces, domain, cancellation).ConfigureAwait(false);
    }

    private async Task<string> ExpandAsync(string spec, string domain, bool explanation, CancellationToken cancellation)
    {
        string name = await ExpandAsync(SpfMacro.Parse(spec, explanation)!, domain, cancellation).ConfigureAwait(false);
        if (name.EndsWith('.')) name = name[..^1];
        // RFC 7208 7.3: labels go from the left until 253 characters are left.
        while (name.Length > 253)
        {
            int dot = name.IndexOf('.', StringComparison.Ordinal);
            if (dot < 0) break;
            name = name[(dot + 1)..];
        }

        return name;
    }

    private async Task<string> ExpandAsync(List<SpfMacroPiece> pieces, string domain, CancellationToken cancellation)
    {
        StringBuilder text = new();
        foreach (SpfMacroPiece piece in pieces)
        {
            if (piece.Literal is not null) text.Append(piece.Literal);
            else text.Append(SpfMacro.Transform(piece, await ValueAsync(piece.Letter, domain, cancellation).ConfigureAwait(false)));
            // A record of 64 KB of macros must not become megabytes.
            if (text.Length > 16 * 1024) break;
        }

        return text.ToString();
    }

    private async Task<string> ValueAsync(char letter, string domain, CancellationToken cancellation) => letter switch
    {
        's' => $"{_local}@{_senderDomain}",
        'l' => _local,
        'o' => _senderDomain,
        'd' => domain,
        'i' => ReverseName.Dotted(_client) is var dotted && _client.AddressFamily == AddressFamily.InterNetworkV6 ? dotted.ToUpperInvariant() : dotted,
        'p' => _validated ??= await ValidatedNameAsync(domain, cancellation).ConfigureAwait(false),
        'v' => _client.AddressFamily == AddressFamily.InterNetwork ? "in-addr" : "ip6",
        'h' => _question.Helo,
        'c' => _client.ToString(),
        'r' => _receiver,
        _ => _now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>RFC 7208 7.3: the domain itself, else a name below it, else any, else <c>unknown</c>.</summary>
    private async Task<string> ValidatedNameAsync(string domain, CancellationToken cancellation)
    {
        (IReadOnlyList<string> names, _) = await ValidatedNamesAsync(cancellation).ConfigureAwait(false);
        string wanted = domain.ToLowerInvariant();
        return names.FirstOrDefault(name => name == wanted) ?? names.FirstOrDefault(name => Mail.Signatures.DomainName.IsWithin(name, wanted)) ?? (names.Count > 0 ? names[0] : "unknown");
    }

    /// <summary>RFC 7208 4.3: labels of 1 to 63, two at least, no literal.</summary>
    private static bool IsName(string domain) =>
        domain.Length is > 0 and <= 253 && !domain.StartsWith('[') && domain.Contains('.', StringComparison.Ordinal)
        && System.Text.Ascii.IsValid(domain) && domain.Split('.').All(label => label.Length is > 0 and <= 63);

    private sealed record Outcome(string Result, string Reason, string? Explanation = null);
}

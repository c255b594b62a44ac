using System.Net;
using MailSanitizer.Content;

namespace MailSanitizer.Mail;

/// <summary>What was true on arrival, judged on the original bytes (RFC 8601 words).</summary>
public sealed record AuthenticationFacts
{
    /// <summary>One entry for each method and identity, in the order in which the header names them.</summary>
    public required IReadOnlyList<MethodResult> Results { get; init; }

    /// <summary>The address that was judged; null when unknown.</summary>
    public IPAddress? ClientAddress { get; init; }

    /// <summary>HELO of that client, or null.</summary>
    public string? ClientHelo { get; init; }

    /// <summary>Domain of the one valid From field, A-labels in lower case; null when there is none, several or a malformed one.</summary>
    public string? FromDomain { get; init; }

    /// <summary>Its organisational domain, or null.</summary>
    public string? OrganizationalDomain { get; init; }

    /// <summary>The DMARC policy that the From domain asks for: <c>none</c>, <c>quarantine</c>, <c>reject</c>; null without a record.</summary>
    public string? DmarcPolicy { get; init; }

    /// <summary>Domains of signatures that pass.</summary>
    public IReadOnlyList<string> DkimPassDomains { get; init; } = [];

    /// <summary>Envelope domain that SPF passes, or null.</summary>
    public string? SpfPassDomain { get; init; }

    /// <summary>Display name of the verified sender from the local registry, or null.</summary>
    public string? VerifiedSender { get; init; }

    /// <summary>URL that BIMI-Location is to carry, or null.</summary>
    public string? BimiLocation { get; init; }

    /// <summary>True when every DNS answer that a pass stands on had the AD bit.</summary>
    public bool DnssecSecure { get; init; }

    /// <summary>ARC chain as it arrived: <c>none</c>, <c>pass</c>, <c>fail</c>, and the number of its sets.</summary>
    public string ArcChain { get; init; } = "none";

    /// <summary>Number of ARC sets that arrived.</summary>
    public int ArcInstances { get; init; }

    /// <summary>The trusted sealer whose results may be believed, or null.</summary>
    public string? ArcTrustedSealer { get; init; }

    /// <summary>
    /// Arriving Authentication-Results fields that a trusted hop wrote and the configuration accepts, each complete as it arrived (one char a byte):
    /// these are not taken out although they carry our authserv-id.
    /// </summary>
    public IReadOnlyList<string> AcceptedResults { get; init; } = [];

    /// <summary>A Received-SPF field (RFC 7208 9.1) to be written, without its line end; null when it is not asked for.</summary>
    public string? ReceivedSpf { get; init; }

    /// <summary>What authentication itself found, to be added to the walk's findings.</summary>
    public IReadOnlyList<FindingFact> Findings { get; init; } = [];

    /// <summary>Nothing judged (outbound mail).</summary>
    public static AuthenticationFacts None { get; } = new() { Results = [] };

    /// <summary>What the trusted sealer says was true when the message reached it; empty without one. A rule may forgive a mailing list by it.</summary>
    public IReadOnlyList<MethodResult> ArcTrustedResults { get; init; } = [];

    /// <summary>
    /// The result of the first entry of a method (<c>spf</c>, <c>dkim</c>, <c>dmarc</c>, <c>arc</c>, <c>iprev</c>, <c>bimi</c>); <c>none</c> when it was not judged. For DKIM:
    /// <c>pass</c> when any signature passes. For SPF the first entry is the one of MAIL FROM: a pass of HELO behind it says nothing of the sender.
    /// </summary>
    public string Result(string method)
    {
        string? result = null;
        foreach (MethodResult entry in Results)
        {
            if (entry.Method != method) continue;
            if (method == "dkim" && entry.Result == "pass") return "pass";
            result ??= entry.Result;
        }

        return result ?? "none";
    }
}

/// <summary>One method's result (RFC 8601 2.2).</summary>
/// <param name="Method"><c>spf</c>, <c>dkim</c>, <c>dmarc</c>, <c>arc</c>, <c>iprev</c>, <c>bimi</c>.</param>
/// <param name="Result"><c>pass</c>, <c>fail</c>, <c>softfail</c>, <c>neutral</c>, <c>none</c>, <c>policy</c>, <c>temperror</c>, <c>permerror</c>.</param>
/// <param name="Properties"><c>smtp.mailfrom</c> and its kin with their values, not yet encoded.</param>
/// <param name="Reason">Why, or null.</param>
public sealed record MethodResult(string Method, string Result, IReadOnlyList<KeyValuePair<string, string>> Properties, string? Reason = null);

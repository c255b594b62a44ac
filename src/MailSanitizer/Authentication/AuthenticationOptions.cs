using System.Net;
using MailSanitizer.Authentication.Dmarc;
using MailSanitizer.Authentication.Dns;

namespace MailSanitizer.Authentication;

/// <summary>What the authenticator is told by the configuration.</summary>
public sealed record AuthenticationOptions
{
    /// <summary>Our name (<c>authserv-id</c>), the receiver of SPF's macros.</summary>
    public required string AuthservId { get; init; }

    /// <summary>Relays in front of us whose Received fields we believe.</summary>
    public IReadOnlyList<IPNetwork> TrustedHops { get; init; } = [];

    /// <summary>Whether Authentication-Results with our authserv-id that a trusted hop wrote are kept (<c>accept-upstream-results</c>).</summary>
    public bool AcceptUpstreamResults { get; init; }

    /// <summary>Domains (d= of ARC-Seal) whose results may be believed when the chain holds.</summary>
    public IReadOnlyList<string> TrustedSealers { get; init; } = [];

    /// <summary>How the organisational domain is found.</summary>
    public OrganizationMethod Method { get; init; } = OrganizationMethod.TreeWalk;

    /// <summary>The Public Suffix List; read only for that method.</summary>
    public string PublicSuffixFile { get; init; } = PublicSuffixList.DebianPath;

    /// <summary>Registry of verified senders, or null.</summary>
    public string? VerifiedSendersFile { get; init; }

    /// <summary>Whether a Received-SPF field is written too.</summary>
    public bool ReceivedSpf { get; init; }

    /// <summary>Resolvers and budgets.</summary>
    public DnsOptions Dns { get; init; } = new();
}

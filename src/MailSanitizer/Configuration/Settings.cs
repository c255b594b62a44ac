using System.Net;
using MailSanitizer.Content;
using MailSanitizer.Scanning.Sandbox;

namespace MailSanitizer.Configuration;

/// <summary>All that the configuration file can say: an immutable snapshot, made whole or not at all.</summary>
public sealed record Settings
{
    /// <summary>Doors.</summary>
    public IReadOnlyList<ListenSetting> Listen { get; init; } = [new("lmtp://127.0.0.1:10024", "auto", "after-queue", null, null)];

    /// <summary>Domains whose recipients are ours (A-labels, lower case).</summary>
    public IReadOnlyList<string> LocalDomains { get; init; } = [];

    /// <summary>Networks of our own senders.</summary>
    public IReadOnlyList<IPNetwork> InternalNetworks { get; init; } = [];

    /// <summary>Relays in front of us whose Received fields we believe.</summary>
    public IReadOnlyList<IPNetwork> TrustedHops { get; init; } = [];

    /// <summary>Whether Authentication-Results with our authserv-id from a trusted hop are believed.</summary>
    public bool AcceptUpstreamResults { get; init; }

    /// <summary>Where mail goes on to.</summary>
    public string NextHop { get; init; } = "smtp://127.0.0.1:10025";

    /// <summary>Spool, held mail, quarantine, audit, embedded database.</summary>
    public string State { get; init; } = "/var/lib/mailsanitizer";

    /// <summary>Who may connect and send XFORWARD.</summary>
    public IReadOnlyList<IPNetwork> TrustedPeers { get; init; } = [IPNetwork.Parse("127.0.0.0/8"), IPNetwork.Parse("::1/128")];

    /// <summary>The authserv-id of RFC 8601, also our name in Received and greetings.</summary>
    public string AuthservId { get; init; } = Environment.MachineName.ToLowerInvariant();

    /// <summary>Largest message taken (bytes).</summary>
    public long MessageSizeLimit { get; init; } = 200L * 1024 * 1024;

    /// <summary>Resolvers; empty: those of the system.</summary>
    public IReadOnlyList<IPEndPoint> DnsServers { get; init; } = [];

    /// <summary>Addresses of clamd.</summary>
    public IReadOnlyList<string> ClamavAddress { get; init; } = [];

    /// <summary><c>tempfail</c> or <c>accept</c>.</summary>
    public string ClamavWhenDown { get; init; } = "tempfail";

    /// <summary>What clamd is given.</summary>
    public IReadOnlyList<string> ClamavSend { get; init; } = ["leaves", "skeleton"];

    /// <summary>Local list of bad hashes, or null.</summary>
    public string? HashList { get; init; }

    /// <summary>How long a locked message waits whole.</summary>
    public TimeSpan HoldWholeFor { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long the locked part waits on.</summary>
    public TimeSpan HoldKeepFor { get; init; } = TimeSpan.FromDays(3);

    /// <summary>What separates a recipient's extension (Postfix <c>recipient_delimiter</c>); empty for none.</summary>
    public string RecipientDelimiter { get; init; } = "+";

    /// <summary>Messages that may wait for one correspondence, one client network, one recipient.</summary>
    public (int Correspondence, int ClientNetwork, int Recipient) HoldMessages { get; init; } = (50, 500, 200);

    /// <summary>Bytes that may wait for one correspondence, one client network, one recipient.</summary>
    public (long Correspondence, long ClientNetwork, long Recipient) HoldBytes { get; init; } = (256L * 1024 * 1024, 1024L * 1024 * 1024, 1024L * 1024 * 1024);

    /// <summary><c>sandbox</c>: engines that may answer late.</summary>
    public SandboxOptions Sandbox { get; init; } = new();

    /// <summary>Whether passwords are taken from other mails of the correspondence.</summary>
    public bool PasswordsFromOtherMails { get; init; } = true;

    /// <summary>How long candidates are kept.</summary>
    public TimeSpan PasswordsKeepFor { get; init; } = TimeSpan.FromDays(3);

    /// <summary>Domains shared by strangers (free mail): correspondence by whole address.</summary>
    public IReadOnlyList<string> SharedDomains { get; init; } = [];

    /// <summary>Whether the shipped rules are in force.</summary>
    public bool RulesShipped { get; init; } = true;

    /// <summary>Folder of the site's rules, or null.</summary>
    public string? RulesSite { get; init; }

    /// <summary>Sender of notices, or null: no notices.</summary>
    public string? NoticesFrom { get; init; }

    /// <summary>Where operators' notices go, or null.</summary>
    public string? NoticesOperator { get; init; }

    /// <summary>Whether recipients get one digest a day instead of single notices.</summary>
    public bool NoticesDigest { get; init; }

    /// <summary>Signs our own mail; empty: unsigned.</summary>
    public IReadOnlyList<SigningSetting> NoticesDkim { get; init; } = [];

    /// <summary>Signs outbound mail; empty: unsigned.</summary>
    public IReadOnlyList<SigningSetting> SignOutbound { get; init; } = [];

    /// <summary>ARC sealing, or null.</summary>
    public SigningSetting? Seal { get; init; }

    /// <summary>Domains of ARC sealers that are believed.</summary>
    public IReadOnlyList<string> TrustedSealers { get; init; } = [];

    /// <summary>Public suffix list file; null: tree walk only.</summary>
    public string? PublicSuffixList { get; init; }

    /// <summary>Registry of verified senders, or null.</summary>
    public string? VerifiedSenders { get; init; }

    /// <summary>Health, metrics: <c>http://127.0.0.1:8025</c>, or null.</summary>
    public string? WebListen { get; init; } = "http://127.0.0.1:8025";

    /// <summary>Worker processes; 0: as many as cores.</summary>
    public int Workers { get; init; }

    /// <summary>Memory of one worker (bytes).</summary>
    public long WorkerMemory { get; init; } = 512L * 1024 * 1024;

    /// <summary>User and group that workers become when the daemon is root, or null: they stay what the daemon is, in their cage.</summary>
    public (uint User, uint Group)? WorkerUser { get; init; }

    /// <summary>Where the audit chain's head is sent, or null.</summary>
    public string? AuditSyslog { get; init; }

    /// <summary>A file that the audit chain's head is written to, or null.</summary>
    public string? AuditHeadFile { get; init; }

    /// <summary>Whether subjects stand in the audit in clear.</summary>
    public bool AuditSubjects { get; init; }

    /// <summary>How long audit files are kept.</summary>
    public TimeSpan AuditKeepFor { get; init; } = TimeSpan.FromDays(730);

    /// <summary>How long quarantined mail is kept.</summary>
    public TimeSpan QuarantineKeepFor { get; init; } = TimeSpan.FromDays(30);

    /// <summary>Bytes that store and quarantine may take.</summary>
    public long StoreLimit { get; init; } = 20L * 1024 * 1024 * 1024;

    /// <summary>Limits of the content library.</summary>
    public Limits Limits { get; init; } = Limits.Default;
}

/// <summary>One door.</summary>
/// <param name="Url"><c>lmtp://host:port</c>, <c>smtp://host:port</c>, <c>lmtp+unix:/path</c>.</param>
/// <param name="Direction"><c>auto</c>, <c>inbound</c>, <c>outbound</c>.</param>
/// <param name="Mode"><c>after-queue</c> or <c>before-queue</c>.</param>
/// <param name="Certificate">PEM certificate for STARTTLS, or null.</param>
/// <param name="Key">PEM key for STARTTLS, or null.</param>
public sealed record ListenSetting(string Url, string Direction, string Mode, string? Certificate, string? Key);

/// <summary>A signing key.</summary>
/// <param name="Domain">d=.</param>
/// <param name="Selector">s=.</param>
/// <param name="Key">PEM file.</param>
public sealed record SigningSetting(string Domain, string Selector, string Key);

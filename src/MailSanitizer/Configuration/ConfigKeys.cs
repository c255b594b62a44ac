using System.Globalization;
using System.Net;
using MailSanitizer.Content;
using MailSanitizer.Scanning;
using YamlDotNet.RepresentationModel;
using static MailSanitizer.Configuration.ConfigValue;

namespace MailSanitizer.Configuration;

/// <summary>One key of the configuration.</summary>
/// <param name="Path"><c>clamav.address</c>.</param>
/// <param name="Kind">What stands behind it, for people.</param>
/// <param name="Help">What it does, one line.</param>
/// <param name="Example">A value as YAML, for the shipped example.</param>
/// <param name="Live">True when a reload (SIGHUP) takes it over; false: a restart is needed.</param>
/// <param name="Apply">Reads the value into the settings; throws a fault at a node.</param>
/// <param name="Show">The value in force, for <c>config show</c>. Never a secret: keys are file names.</param>
public sealed record ConfigKey(string Path, string Kind, string Help, string Example, bool Live, Func<Settings, YamlNode, Settings> Apply, Func<Settings, string> Show);

/// <summary>The one table of keys: reader, <c>config show</c>, the shipped example and its test are made from it.</summary>
public static class ConfigKeys
{
    /// <summary>All keys, in the order of the example.</summary>
    public static IReadOnlyList<ConfigKey> All { get; } = [.. Mail(), .. Looking(), .. Waiting(), .. SandboxKeys.All, .. Trust(), .. Operation(), .. LimitKeys()];

    private static IEnumerable<ConfigKey> Mail() =>
    [
        new("listen", "list of URLs or { url, direction, mode, certificate, key }", "Doors. lmtp://, smtp://, lmtp+unix:/path. direction: auto, inbound, outbound. mode: after-queue, before-queue. certificate and key (PEM) switch STARTTLS on.",
            "[{ url: \"lmtp://127.0.0.1:10024\", direction: auto, mode: after-queue }]", false,
            (settings, node) => settings with { Listen = List(node, Listener) },
            settings => string.Join(", ", settings.Listen.Select(door => $"{door.Url} ({door.Direction}, {door.Mode})"))),
        new("next-hop", "URL", "Where mail goes on to: smtp://, lmtp://, lmtp+unix:/path.", "smtp://127.0.0.1:10025", false,
            (settings, node) => settings with { NextHop = HopUrl(node) }, settings => settings.NextHop),
        new("local-domains", "list of domains", "Domains whose recipients are ours. Decide what is inbound, outbound and internal.", "[example.jp]", true,
            (settings, node) => settings with { LocalDomains = List(node, Domain) }, settings => Join(settings.LocalDomains)),
        new("internal-networks", "list of networks", "Networks of our own senders: mail from them can be outbound.", "[192.0.2.0/24]", true,
            (settings, node) => settings with { InternalNetworks = List(node, Network) }, settings => Join(settings.InternalNetworks)),
        new("trusted-peers", "list of networks", "Who may connect, and whose XFORWARD is believed: the MTA.", "[127.0.0.0/8, \"::1\"]", false,
            (settings, node) => settings with { TrustedPeers = List(node, Network) }, settings => Join(settings.TrustedPeers)),
        new("trusted-hops", "list of networks", "Relays in front of the MTA: the client is read from the Received field that they wrote.", "[]", true,
            (settings, node) => settings with { TrustedHops = List(node, Network) }, settings => Join(settings.TrustedHops)),
        new("accept-upstream-results", "true or false", "Believe Authentication-Results with our authserv-id that a trusted hop wrote.", "false", true,
            (settings, node) => settings with { AcceptUpstreamResults = Flag(node) }, settings => Yes(settings.AcceptUpstreamResults)),
        new("authserv-id", "host name", "Our name: in Authentication-Results, Received and greetings. Default: the machine's name.", "mx.example.jp", false,
            (settings, node) => settings with { AuthservId = Domain(node) }, settings => settings.AuthservId),
        new("recipient-delimiter", "characters", "What separates the extension of a recipient (Postfix recipient_delimiter); an empty text for none.", "\"+\"", false,
            (settings, node) => settings with { RecipientDelimiter = Delimiter(node) }, settings => settings.RecipientDelimiter),
        new("message-size-limit", "size", "Largest message taken. The MTA's own limit should be lower, the next hop's larger.", "200MB", false,
            (settings, node) => settings with { MessageSizeLimit = Size(node) }, settings => Bytes(settings.MessageSizeLimit)),
        new("state", "folder", "Spool, held mail, quarantine, audit, embedded database. One daemon owns it.", "/var/lib/mailsanitizer", false,
            (settings, node) => settings with { State = Folder(node) }, settings => settings.State),
    ];

    private static IEnumerable<ConfigKey> Looking() =>
    [
        new("clamav.address", "address or list of addresses", "clamd: unix:/path or tcp://host:port; several are tried in order. Without it only the hash list scans, and a header says so.", "\"unix:/run/clamav/clamd.ctl\"", false,
            (settings, node) => settings with { ClamavAddress = List(node, Clamd) }, settings => Join(settings.ClamavAddress)),
        new("clamav.when-down", "tempfail or accept", "When clamd does not answer: 451, or on with the header X-MailSanitizer-Scan.", "tempfail", true,
            (settings, node) => settings with { ClamavWhenDown = Word(node, "tempfail", "accept") }, settings => settings.ClamavWhenDown),
        new("clamav.send", "list of leaves, skeleton, containers, message", "What clamd is given: decoded parts, the message's frame, archives as they are, the whole message.", "[leaves, skeleton]", true,
            (settings, node) => settings with { ClamavSend = List(node, item => Word(item, "leaves", "skeleton", "containers", "message")) }, settings => Join(settings.ClamavSend)),
        new("hash-list", "file", "Known bad files: one SHA-256 a line, a name behind it; read again when it changes.", "/etc/mailsanitizer/hashes.txt", false,
            (settings, node) => settings with { HashList = Text(node) }, settings => settings.HashList ?? ""),
        new("rules.shipped", "true or false", "Whether the shipped rules are in force.", "true", true,
            (settings, node) => settings with { RulesShipped = Flag(node) }, settings => Yes(settings.RulesShipped)),
        new("rules.site", "folder", "The site's own rules; a rule with a shipped rule's id takes its place.", "/etc/mailsanitizer/rules.d", true,
            (settings, node) => settings with { RulesSite = Folder(node) }, settings => settings.RulesSite ?? ""),
    ];

    private static IEnumerable<ConfigKey> Waiting() =>
    [
        new("hold.whole-for", "time", "How long a message with a locked part waits whole: most second mails come within minutes.", "10m", true,
            (settings, node) => settings with { HoldWholeFor = Duration(node) }, settings => Time(settings.HoldWholeFor)),
        new("hold.keep-for", "time", "How long the locked part waits on after the message went on without it.", "3d", true,
            (settings, node) => settings with { HoldKeepFor = Duration(node) }, settings => Time(settings.HoldKeepFor)),
        new("hold.messages-per-correspondence", "number", "Messages that may wait for one sender and recipient; what comes above it is not held but quarantined at once.", "50", false,
            (settings, node) => settings with { HoldMessages = settings.HoldMessages with { Correspondence = Number(node, 1, 1_000_000) } }, settings => settings.HoldMessages.Correspondence.ToString(CultureInfo.InvariantCulture)),
        new("hold.size-per-correspondence", "size", "Bytes that may wait for one sender and recipient.", "256MB", false,
            (settings, node) => settings with { HoldBytes = settings.HoldBytes with { Correspondence = Size(node) } }, settings => Bytes(settings.HoldBytes.Correspondence)),
        new("hold.messages-per-client-network", "number", "Messages that may wait for one client network (/24, /64); what comes above it is not held but quarantined at once.", "500", false,
            (settings, node) => settings with { HoldMessages = settings.HoldMessages with { ClientNetwork = Number(node, 1, 1_000_000) } }, settings => settings.HoldMessages.ClientNetwork.ToString(CultureInfo.InvariantCulture)),
        new("hold.size-per-client-network", "size", "Bytes that may wait for one client network (/24, /64).", "1GB", false,
            (settings, node) => settings with { HoldBytes = settings.HoldBytes with { ClientNetwork = Size(node) } }, settings => Bytes(settings.HoldBytes.ClientNetwork)),
        new("hold.messages-per-recipient", "number", "Messages that may wait for one recipient; what comes above it is not held but quarantined at once.", "200", false,
            (settings, node) => settings with { HoldMessages = settings.HoldMessages with { Recipient = Number(node, 1, 1_000_000) } }, settings => settings.HoldMessages.Recipient.ToString(CultureInfo.InvariantCulture)),
        new("hold.size-per-recipient", "size", "Bytes that may wait for one recipient.", "1GB", false,
            (settings, node) => settings with { HoldBytes = settings.HoldBytes with { Recipient = Size(node) } }, settings => Bytes(settings.HoldBytes.Recipient)),
        new("passwords.from-other-mails", "true or false", "Whether passwords are looked for in other mails of the same correspondence.", "true", true,
            (settings, node) => settings with { PasswordsFromOtherMails = Flag(node) }, settings => Yes(settings.PasswordsFromOtherMails)),
        new("passwords.keep-for", "time", "How long candidates of a correspondence are kept, encrypted.", "3d", true,
            (settings, node) => settings with { PasswordsKeepFor = Duration(node) }, settings => Time(settings.PasswordsKeepFor)),
        new("passwords.shared-domains", "list of domains", "Mail providers used by strangers, beside the shipped list of free mail, carriers and providers: there a correspondence is one whole address.", "[mail.example.net]", false,
            (settings, node) => settings with { SharedDomains = List(node, Domain) }, settings => Join(settings.SharedDomains)),
        new("notices.from", "address", "Sender of notices and follow-up mail. Without it nobody is told.", "postmaster@example.jp", true,
            (settings, node) => settings with { NoticesFrom = Address(node) }, settings => settings.NoticesFrom ?? ""),
        new("notices.operator", "address", "Who is told of infections, worker deaths, trouble with the audit chain, a filling disk.", "mail-operators@example.jp", true,
            (settings, node) => settings with { NoticesOperator = Address(node) }, settings => settings.NoticesOperator ?? ""),
        new("notices.digest", "true or false", "Recipients get one digest a day instead of single notices.", "false", true,
            (settings, node) => settings with { NoticesDigest = Flag(node) }, settings => Yes(settings.NoticesDigest)),
        new("notices.dkim", "{ domain, selector, key }, or a list", "Signs notices and follow-up mail; key is a PEM file. A list signs once for each: RSA and Ed25519 keys side by side.", "{ domain: example.jp, selector: ms, key: /etc/mailsanitizer/dkim.key }", false,
            (settings, node) => settings with { NoticesDkim = node is YamlSequenceNode ? List(node, Signing) : [Signing(node)] }, settings => Join(settings.NoticesDkim.Select(Signing))),
    ];

    private static IEnumerable<ConfigKey> Trust() =>
    [
        new("dns.servers", "list of addresses", "Resolvers; a validating one on this host makes the AD bit worth something. Default: the system's.", "[127.0.0.1:53]", false,
            (settings, node) => settings with { DnsServers = List(node, item => EndPoint(item, 53)) }, settings => Join(settings.DnsServers)),
        new("public-suffix-list", "file", "Organisational domains by this list (Debian: publicsuffix) instead of the DNS tree walk.", "/usr/share/publicsuffix/public_suffix_list.dat", false,
            (settings, node) => settings with { PublicSuffixList = Text(node) }, settings => settings.PublicSuffixList ?? ""),
        new("verified-senders", "file", "Registry of verified senders: a domain and its display name a line.", "/etc/mailsanitizer/verified-senders.txt", false,
            (settings, node) => settings with { VerifiedSenders = Text(node) }, settings => settings.VerifiedSenders ?? ""),
        new("seal", "{ domain, selector, key }", "ARC set on inbound mail, so that the next hop can believe what was true before we changed it.", "{ domain: example.jp, selector: arc, key: /etc/mailsanitizer/arc.key }", false,
            (settings, node) => settings with { Seal = Signing(node) }, settings => Signing(settings.Seal)),
        new("trusted-sealers", "list of domains", "ARC sealers whose results are believed (mailing lists, forwarders).", "[lists.example.org]", true,
            (settings, node) => settings with { TrustedSealers = List(node, Domain) }, settings => Join(settings.TrustedSealers)),
        new("sign-outbound", "list of { domain, selector, key }", "DKIM for outbound mail, after our changes; RSA and Ed25519 keys side by side.", "[{ domain: example.jp, selector: ms, key: /etc/mailsanitizer/dkim.key }]", false,
            (settings, node) => settings with { SignOutbound = List(node, Signing) }, settings => Join(settings.SignOutbound.Select(Signing))),
    ];

    private static IEnumerable<ConfigKey> Operation() =>
    [
        new("web.listen", "URL", "Health (/healthz, /readyz) and Prometheus metrics (/metrics); 'off' switches it off.", "\"http://127.0.0.1:8025\"", false,
            (settings, node) => settings with { WebListen = WebUrl(node) }, settings => settings.WebListen ?? "off"),
        new("workers.count", "number", "Worker processes; 0: one a core.", "0", false,
            (settings, node) => settings with { Workers = Number(node, 0, 256) }, settings => settings.Workers.ToString(CultureInfo.InvariantCulture)),
        new("workers.memory", "size", "Memory of one worker.", "512MB", false,
            (settings, node) => settings with { WorkerMemory = Size(node) }, settings => Bytes(settings.WorkerMemory)),
        new("workers.user", "uid:gid", "User and group that workers become when the daemon is root.", "65534:65534", false,
            (settings, node) => settings with { WorkerUser = User(node) }, settings => settings.WorkerUser is { } user ? $"{user.User}:{user.Group}" : ""),
        new("audit.syslog", "URL", "Where the audit chain's head is sent: udp://, tcp://, tls://host:port or unix:/dev/log.", "unix:/dev/log", false,
            (settings, node) => settings with { AuditSyslog = Text(node) }, settings => settings.AuditSyslog ?? ""),
        new("audit.head-file", "file", "The chain's head is also written here; best on another machine's disk.", "/mnt/witness/mailsanitizer.head", false,
            (settings, node) => settings with { AuditHeadFile = Text(node) }, settings => settings.AuditHeadFile ?? ""),
        new("audit.subjects", "true or false", "Subjects in clear instead of as a keyed hash.", "false", true,
            (settings, node) => settings with { AuditSubjects = Flag(node) }, settings => Yes(settings.AuditSubjects)),
        new("audit.keep-for", "time", "How long audit files are kept; the chain stays provable.", "730d", true,
            (settings, node) => settings with { AuditKeepFor = Duration(node) }, settings => Time(settings.AuditKeepFor)),
        new("quarantine.keep-for", "time", "How long quarantined mail is kept.", "30d", true,
            (settings, node) => settings with { QuarantineKeepFor = Duration(node) }, settings => Time(settings.QuarantineKeepFor)),
        new("quarantine.size", "size", "Room for held and quarantined mail: at 90 % the operator is told, at the limit new mail waits in the MTA.", "20GB", true,
            (settings, node) => settings with { StoreLimit = Size(node) }, settings => Bytes(settings.StoreLimit)),
    ];

    // Every number of Limits is a key: a site that must, may; the names are the product's own.
    private static IEnumerable<ConfigKey> LimitKeys() => typeof(Limits).GetProperties()
        .Where(property => property.CanWrite && (property.PropertyType == typeof(int) || property.PropertyType == typeof(long)))
        .OrderBy(property => property.Name, StringComparer.Ordinal)
        .Select(property => new ConfigKey(
            "limits." + Kebab(property.Name),
            "number",
            $"Limits.{property.Name} of the content library; its unit and what happens at it stand there.",
            Convert.ToString(property.GetValue(Limits.Default), CultureInfo.InvariantCulture)!,
            true,
            (settings, node) =>
            {
                long number = Size(node);
                if (number < 1 || (property.PropertyType == typeof(int) && number > int.MaxValue)) throw new ConfigFault(node, "expected a positive number");
                Limits copy = settings.Limits with { };
                property.SetValue(copy, property.PropertyType == typeof(int) ? (object)(int)number : number);
                return settings with { Limits = copy };
            },
            settings => Convert.ToString(property.GetValue(settings.Limits), CultureInfo.InvariantCulture)!));

    private static string Kebab(string name) =>
        string.Concat(name.Select((letter, at) => char.IsUpper(letter) && at > 0 ? "-" + char.ToLowerInvariant(letter) : char.ToLowerInvariant(letter).ToString()));

    private static ListenSetting Listener(YamlNode node)
    {
        if (node is YamlScalarNode) return new ListenSetting(DoorUrl(node), "auto", "after-queue", null, null);
        ConfigMap map = new(node, "url", "direction", "mode", "certificate", "key");
        ListenSetting door = new(
            DoorUrl(map.Required("url")),
            map.Optional("direction") is { } direction ? Word(direction, "auto", "inbound", "outbound") : "auto",
            map.Optional("mode") is { } mode ? Word(mode, "after-queue", "before-queue") : "after-queue",
            map.Optional("certificate") is { } certificate ? Text(certificate) : null,
            map.Optional("key") is { } key ? Text(key) : null);
        return (door.Certificate is null) == (door.Key is null) ? door : throw new ConfigFault(node, "certificate and key go together");
    }

    private static SigningSetting Signing(YamlNode node)
    {
        ConfigMap map = new(node, "domain", "selector", "key");
        return new SigningSetting(Domain(map.Required("domain")), Text(map.Required("selector")), Text(map.Required("key")));
    }

    private static string DoorUrl(YamlNode node) => Url(node, "lmtp", "smtp");

    private static string HopUrl(YamlNode node) => Url(node, "smtp", "lmtp");

    private static string Url(YamlNode node, params string[] schemes)
    {
        string text = Text(node);
        if (text.StartsWith("lmtp+unix:/", StringComparison.Ordinal)) return text;
        return Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) && schemes.Contains(uri.Scheme, StringComparer.Ordinal) && uri.Port is > 0 and < 65536 && uri.AbsolutePath is "/" or ""
            ? text.TrimEnd('/')
            : throw new ConfigFault(node, $"'{text}': expected {string.Join(" or ", schemes.Select(scheme => $"{scheme}://host:port"))} or lmtp+unix:/path");
    }

    private static string? WebUrl(YamlNode node)
    {
        string text = Text(node);
        if (text == "off") return null;
        return Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) && uri.Scheme == "http" && IPAddress.TryParse(uri.Host.Trim('[', ']'), out _)
            ? text
            : throw new ConfigFault(node, $"'{text}': expected http://address:port, or off");
    }

    private static string Clamd(YamlNode node)
    {
        string text = Text(node);
        return ClamdAddress.TryParse(text, out _, out string error) ? text : throw new ConfigFault(node, error);
    }

    private static (uint User, uint Group) User(YamlNode node)
    {
        string text = Text(node);
        string[] ids = text.Split(':');
        return ids.Length == 2 && uint.TryParse(ids[0], NumberStyles.None, CultureInfo.InvariantCulture, out uint user) && uint.TryParse(ids[1], NumberStyles.None, CultureInfo.InvariantCulture, out uint group) && user > 0
            ? (user, group)
            : throw new ConfigFault(node, $"'{text}': expected the numbers of a user other than root and a group, 65534:65534");
    }

    private static string Folder(YamlNode node)
    {
        string text = Text(node);
        return System.IO.Path.IsPathRooted(text) ? text : throw new ConfigFault(node, $"'{text}': expected an absolute path");
    }

    private static string Delimiter(YamlNode node) => node is YamlScalarNode { Value: { Length: <= 8 } text } && text.All(letter => letter is > ' ' and < (char)127 and not '@')
        ? text
        : throw new ConfigFault(node, "expected one or a few separating characters, \"+\"");

    private static string Address(YamlNode node)
    {
        string text = Text(node);
        int at = text.LastIndexOf('@');
        return at > 0 && at < text.Length - 1 && !text.Any(letter => char.IsWhiteSpace(letter) || char.IsControl(letter) || letter is '<' or '>')
            ? text
            : throw new ConfigFault(node, $"'{text}' is no mail address");
    }

    private static string Signing(SigningSetting? signing) => signing is null ? "" : $"{signing.Selector}._domainkey.{signing.Domain} ({signing.Key})";

    private static string Join<T>(IEnumerable<T> values) => string.Join(", ", values);

    private static string Yes(bool flag) => flag ? "true" : "false";

    internal static string Time(TimeSpan time) => time switch
    {
        { Ticks: var ticks } when ticks % TimeSpan.TicksPerDay == 0 => $"{time.TotalDays:0}d",
        { Ticks: var ticks } when ticks % TimeSpan.TicksPerHour == 0 => $"{time.TotalHours:0}h",
        { Ticks: var ticks } when ticks % TimeSpan.TicksPerMinute == 0 => $"{time.TotalMinutes:0}m",
        _ => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.###}s"),
    };

    private static string Bytes(long bytes) => bytes switch
    {
        > 0 when bytes % (1L << 30) == 0 => $"{bytes >> 30}GB",
        > 0 when bytes % (1L << 20) == 0 => $"{bytes >> 20}MB",
        _ => bytes.ToString(CultureInfo.InvariantCulture),
    };
}

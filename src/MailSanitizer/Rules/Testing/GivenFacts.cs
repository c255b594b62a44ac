using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using MailSanitizer.Content;
using MailSanitizer.Content.Formats.HeaderFields;
using MailSanitizer.Mail;
using MailSanitizer.Rules.Facts;
using MailSanitizer.Rules.Files;

namespace MailSanitizer.Rules.Testing;

/// <summary>Facts that a test makes up: whole, or laid over those of a message. Reads <c>given:</c>.</summary>
internal sealed class GivenFacts
{
    public static readonly string[] Keys =
        ["direction", "from", "to", "client", "headers", "authentication", "received", "size", "sha256", "correspondence-days", "charsets", "findings", "parts"];

    public static readonly string[] ClientKeys = ["ip", "name", "helo"];

    public static readonly string[] AuthenticationKeys =
        ["spf", "dkim", "dmarc", "arc", "iprev", "bimi", "policy", "organization", "spf-domain", "dkim-domains", "verified-sender", "dnssec", "arc-sealer", "arc-spf", "arc-dkim", "arc-dmarc"];

    public static readonly string[] PartKeys =
        ["path", "parent", "name", "names", "type", "format", "formats", "size", "depth", "sha256", "encrypted", "opened-with", "body", "findings", "links", "scans", "sandbox"];

    private static readonly string[] Methods = ["spf", "dkim", "dmarc", "arc", "iprev", "bimi"];

    private readonly List<Func<MessageFacts, MessageFacts>> _changes = [];

    /// <summary>Lays what is given over a message; without one, over a plain mail of one recipient from outside.</summary>
    public MessageFacts Over(MessageFacts? mail) => _changes.Aggregate(mail ?? Plain(), (facts, change) => change(facts));

    public static GivenFacts Read(RuleNode? node, ErrorSink errors)
    {
        GivenFacts given = new();
        if (node is null || errors.Map(node, Keys, "given") is null) return given;
        // In the order of the list above: what hangs on the recipients comes behind them.
        foreach (string key in new[] { "to", "direction" }.Concat(Keys).Distinct(StringComparer.Ordinal))
            if (node.Get(key) is { } value) given.One(key, value, errors);
        return given;
    }

    private void One(string key, RuleNode value, ErrorSink errors)
    {
        switch (key)
        {
            case "direction":
                if (errors.Word(value, key, ["inbound", "outbound", "internal"]) is { } word) Change(facts => facts with { Directions = [.. facts.Envelope.Recipients.Select(_ => Enum.Parse<Direction>(word, ignoreCase: true))] });
                break;
            case "from":
                Change(facts => facts with { Envelope = facts.Envelope with { MailFrom = value.Text } });
                break;
            case "to":
                Recipient[] to = [.. Texts(value, key, errors).Select(address => new Recipient(address))];
                Change(facts => facts with { Envelope = facts.Envelope with { Recipients = to }, Directions = [.. to.Select(_ => facts.Directions.Count > 0 ? facts.Directions[0] : Direction.Inbound)] });
                break;
            case "client":
                Client(value, errors);
                break;
            case "headers":
                Headers(value, errors);
                break;
            case "authentication":
                Authentication(value, errors);
                break;
            case "received":
                if (DateTimeOffset.TryParse(value.Text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time)) Change(facts => facts with { ReceivedAt = time });
                else errors.Shape(value, "received: expected 2026-11-24T09:30:00Z");
                break;
            case "size":
                if (Number(value, FactType.Size, key, errors) is { } size) Change(facts => facts with { Size = (long)size });
                break;
            case "sha256":
                if (ValueReader.Read(value, FactType.Hash, [], key, errors) is { } hash) Change(facts => facts with { Sha256 = hash.Text });
                break;
            case "correspondence-days":
                if (Number(value, FactType.Number, key, errors) is { } days) Change(facts => facts with { CorrespondenceDays = (int)days });
                break;
            case "charsets":
                List<string> charsets = Texts(value, key, errors);
                Change(facts => facts with { Charsets = charsets });
                break;
            case "findings":
                List<FindingFact> findings = Findings(value, "", errors);
                Change(facts => facts with { Findings = [.. facts.Findings, .. findings] });
                break;
            default:
                Parts(value, errors);
                break;
        }
    }

    private void Change(Func<MessageFacts, MessageFacts> change) => _changes.Add(change);

    private static MessageFacts Plain() => new()
    {
        Id = new Guid("00000000-0000-7000-8000-000000000000"),
        Envelope = new Envelope { MailFrom = "sender@sender.example", Recipients = [new Recipient("reader@example.jp")], Client = ForwardedClient.Unknown with { Address = "203.0.113.9" } },
        Directions = [Direction.Inbound],
        Headers = [new HeaderFact("From", "sender@sender.example", "sender@sender.example"), new HeaderFact("To", "reader@example.jp", "reader@example.jp"), new HeaderFact("Subject", "Hello", "Hello")],
        Size = 4096,
        Sha256 = new string('0', 64),
        ReceivedAt = new DateTimeOffset(2026, 11, 24, 9, 30, 0, TimeSpan.Zero),
        Authentication = AuthenticationFacts.None,
        Parts = [new PartFact { Path = "", Format = "eml", Formats = ["eml"], Sha256 = new string('0', 64), Size = 4096 }],
        Findings = [],
    };

    private void Client(RuleNode value, ErrorSink errors)
    {
        if (errors.Map(value, ClientKeys, "client") is null) return;
        string? ip = value.Get("ip")?.Text, name = value.Get("name")?.Text, helo = value.Get("helo")?.Text;
        if (ip is not null && !IPAddress.TryParse(ip, out _)) errors.Shape(value.Get("ip")!, $"client: ip: '{ErrorSink.Shown(ip)}' is no {ValueReader.Expected(FactType.Ip)}");
        Change(facts => facts with
        {
            Envelope = facts.Envelope with { Client = facts.Envelope.Client with { Address = ip ?? facts.Envelope.Client.Address, Name = name ?? facts.Envelope.Client.Name, Helo = helo ?? facts.Envelope.Client.Helo } },
            Authentication = facts.Authentication with { ClientAddress = ip is null ? facts.Authentication.ClientAddress : IPAddress.TryParse(ip, out IPAddress? address) ? address : null, ClientHelo = helo ?? facts.Authentication.ClientHelo },
        });
    }

    private void Headers(RuleNode value, ErrorSink errors)
    {
        if (value.Kind != NodeKind.Map)
        {
            errors.Shape(value, "headers: expected names and values (Subject: Invoice)");
            return;
        }

        List<HeaderFact> fields = [];
        foreach ((RuleNode name, RuleNode text) in value.Entries)
        {
            foreach (RuleNode item in text.OneOrMany())
            {
                byte[] raw = Encoding.UTF8.GetBytes(item.Text);
                fields.Add(new HeaderFact(name.Text, Encoding.Latin1.GetString(raw), EncodedWords.Decode(raw, Limits.Default)));
            }
        }

        Change(facts => facts with { Headers = [.. facts.Headers.Where(old => fields.All(field => !field.Name.Equals(old.Name, StringComparison.OrdinalIgnoreCase))), .. fields] });
    }

    private void Authentication(RuleNode value, ErrorSink errors)
    {
        if (errors.Map(value, AuthenticationKeys, "authentication") is null) return;
        MethodResult[] results = [.. Methods.Where(method => value.Get(method) is not null).Select(method => new MethodResult(method, value.Get(method)!.Text, []))];
        MethodResult[] sealedResults = [.. Methods.Where(method => value.Get("arc-" + method) is not null).Select(method => new MethodResult(method, value.Get("arc-" + method)!.Text, []))];
        List<string>? domains = value.Get("dkim-domains") is { } list ? Texts(list, "dkim-domains", errors) : null;
        Change(facts => facts with
        {
            Authentication = facts.Authentication with
            {
                Results = [.. results, .. facts.Authentication.Results.Where(old => results.All(result => result.Method != old.Method))],
                ArcTrustedResults = sealedResults.Length > 0 ? sealedResults : facts.Authentication.ArcTrustedResults,
                DmarcPolicy = value.Get("policy")?.Text ?? facts.Authentication.DmarcPolicy,
                OrganizationalDomain = value.Get("organization")?.Text ?? facts.Authentication.OrganizationalDomain,
                SpfPassDomain = value.Get("spf-domain")?.Text ?? facts.Authentication.SpfPassDomain,
                DkimPassDomains = domains ?? facts.Authentication.DkimPassDomains,
                VerifiedSender = value.Get("verified-sender")?.Text ?? facts.Authentication.VerifiedSender,
                DnssecSecure = value.Get("dnssec") is { } dnssec ? ValueReader.Flag(dnssec) is true : facts.Authentication.DnssecSecure,
                ArcTrustedSealer = value.Get("arc-sealer")?.Text ?? facts.Authentication.ArcTrustedSealer,
            },
        });
    }

    private void Parts(RuleNode value, ErrorSink errors)
    {
        if (value.Kind != NodeKind.List)
        {
            errors.Shape(value, "parts: expected a list");
            return;
        }

        for (int at = 0; at < value.Items.Count; at++)
        {
            RuleNode node = value.Items[at];
            if (errors.Map(node, PartKeys, "parts") is null) continue;
            string path = node.Get("path")?.Text ?? (at + 1).ToString(CultureInfo.InvariantCulture);
            string name = node.Get("name")?.Text ?? "";
            List<string> names = node.Get("names") is { } several ? Texts(several, "names", errors) : name.Length > 0 ? [name] : [];
            string format = node.Get("format")?.Text ?? "unknown";
            PartFact part = new()
            {
                Path = path,
                Parent = node.Get("parent")?.Text ?? (path.LastIndexOf('/') is var slash and > 0 ? path[..slash] : ""),
                Name = name.Length > 0 ? name : names.Count > 0 ? names[0] : "",
                Names = names,
                DeclaredType = node.Get("type")?.Text,
                Format = format,
                Formats = node.Get("formats") is { } formats ? Texts(formats, "formats", errors) : [format],
                Size = node.Get("size") is { } size ? (long)(Number(size, FactType.Size, "size", errors) ?? 0) : 1024,
                Depth = node.Get("depth") is { } depth ? (int)(Number(depth, FactType.Number, "depth", errors) ?? 0) : path.Count(one => one == '/') + 1,
                Sha256 = node.Get("sha256")?.Text ?? Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(path))),
                Encrypted = node.Get("encrypted") is { } encrypted && ValueReader.Flag(encrypted) is true,
                OpenedWith = node.Get("opened-with")?.Text,
                IsBody = node.Get("body") is { } body && ValueReader.Flag(body) is true,
            };
            List<FindingFact> findings = node.Get("findings") is { } found ? Findings(found, path, errors) : [];
            List<ScanFact> scans = node.Get("scans") is { } scanned ? Scans(scanned, part, errors) : [];
            List<ScanFact> sandbox = node.Get("sandbox") is { } verdicts ? Scans(verdicts, part, errors) : [];
            List<LinkFact> links = node.Get("links") is { } linked ? Links(linked, path, errors) : [];
            Change(facts => facts with
            {
                Parts = [.. facts.Parts.Where(old => old.Path != path), part],
                Findings = [.. facts.Findings, .. findings],
                Scans = [.. facts.Scans, .. scans],
                SandboxVerdicts = [.. facts.SandboxVerdicts, .. sandbox],
                Links = [.. facts.Links, .. links],
            });
        }
    }

    private static List<FindingFact> Findings(RuleNode value, string path, ErrorSink errors)
    {
        List<FindingFact> findings = [];
        foreach (RuleNode item in value.OneOrMany())
        {
            if (item.Kind == NodeKind.Map && errors.Map(item, ["kind", "location", "detail"], "findings") is null) continue;
            RuleNode kind = item.Kind == NodeKind.Map ? item.Get("kind") ?? item : item;
            if (errors.Word(kind, "findings", [.. FindingKinds.All.Keys.Order(StringComparer.Ordinal)]) is { } word) findings.Add(new FindingFact(word, path, item.Get("location")?.Text ?? "", item.Get("detail")?.Text ?? "", null));
        }

        return findings;
    }

    private static List<ScanFact> Scans(RuleNode value, PartFact part, ErrorSink errors)
    {
        List<ScanFact> scans = [];
        foreach (RuleNode item in value.OneOrMany())
        {
            if (errors.Map(item, ["engine", "outcome", "name"], "scans") is null) continue;
            if (errors.Word(item.Get("outcome") ?? item, "outcome", ["clean", "infected", "toolarge", "unavailable"]) is not { } outcome) continue;
            scans.Add(new ScanFact(part.Path, part.Sha256, item.Get("engine")?.Text ?? "clamd", "", Enum.Parse<ScanOutcome>(outcome, ignoreCase: true), item.Get("name")?.Text ?? "", 0));
        }

        return scans;
    }

    private static List<LinkFact> Links(RuleNode value, string path, ErrorSink errors)
    {
        List<LinkFact> links = [];
        foreach (RuleNode item in value.OneOrMany())
        {
            if (item.Kind == NodeKind.Map && errors.Map(item, ["url", "text", "source"], "links") is null) continue;
            string url = item.Kind == NodeKind.Scalar ? item.Text : item.Get("url")?.Text ?? "";
            links.Add(new LinkFact(path, url, item.Get("source")?.Text ?? "html", item.Get("text")?.Text ?? ""));
        }

        return links;
    }

    private static List<string> Texts(RuleNode value, string what, ErrorSink errors)
    {
        List<string> texts = [];
        foreach (RuleNode item in value.OneOrMany()) if (errors.Text(item, what) is { } text) texts.Add(text);
        return texts;
    }

    private static double? Number(RuleNode node, FactType type, string what, ErrorSink errors) => ValueReader.Read(node, type, [], what, errors)?.Number;
}

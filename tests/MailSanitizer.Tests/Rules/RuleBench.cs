using System.Net;
using MailSanitizer.Content;
using MailSanitizer.Mail;
using MailSanitizer.Rules;

namespace MailSanitizer.Tests.Rules;

/// <summary>Facts and rules for tests, made in one line.</summary>
internal static class RuleBench
{
    public static readonly DateTimeOffset Now = new(2026, 11, 24, 9, 30, 0, TimeSpan.Zero);

    /// <summary>A rule of its conditions and actions.</summary>
    public static Rule Rule(string when, string then, string? unless = null, string status = "stable", string id = "one", string onError = "quarantine", string severity = "medium")
    {
        string text = Text(when, then, unless, status, id, onError, severity);
        (Rule? rule, IReadOnlyList<RuleError> errors) = RuleSetLoader.ReadRule(text, id + ".yaml");
        Assert.True(rule is not null, string.Join("\n", errors) + "\n" + text);
        return rule;
    }

    public static string Text(string when, string then, string? unless = null, string status = "stable", string id = "one", string onError = "quarantine", string severity = "medium") => $"""
        version: 1
        id: {id}
        title: A rule
        why: For a test
        status: {status}
        severity: {severity}
        when: {when}
        {(unless is null ? "" : $"unless: {unless}")}
        then: {then}
        on-error: {onError}

        """;

    public static Decision Decide(MessageFacts facts, params Rule[] rules) => RuleSetLoader.Of(rules).Decide(facts);

    /// <summary>A mail to one recipient with the parts given; the message itself is added.</summary>
    public static MessageFacts Message(params PartFact[] parts) => new()
    {
        Id = new Guid("01920000-0000-7000-8000-000000000000"),
        Envelope = new Envelope { MailFrom = "sender@partner.example", Recipients = [new Recipient("reader@example.com")], Client = ForwardedClient.Unknown with { Address = "203.0.113.9" } },
        Directions = [Direction.Inbound],
        Headers = [Header("From", "Sender <sender@partner.example>"), Header("Subject", "Invoice")],
        Size = 2000,
        Sha256 = new string('a', 64),
        ReceivedAt = Now,
        Authentication = AuthenticationFacts.None,
        Parts = [new PartFact { Path = "", Format = "eml", Sha256 = "0", Size = 2000 }, .. parts],
        Findings = [],
    };

    public static PartFact Part(string path, string name = "a.bin", string format = "bin") => new() { Path = path, Parent = Parent(path), Name = name, Names = [name], Format = format, Formats = [format], Sha256 = Hash(path), Size = 1000, Depth = path.Split('/').Length };

    public static MessageFacts With(this MessageFacts facts, params FindingFact[] findings) => facts with { Findings = [.. facts.Findings, .. findings] };

    public static MessageFacts Passing(this MessageFacts facts, string domain = "partner.example") => facts with
    {
        Authentication = facts.Authentication with
        {
            Results = [new MethodResult("dmarc", "pass", []), new MethodResult("spf", "pass", [])],
            FromDomain = domain,
            OrganizationalDomain = domain,
            ClientAddress = IPAddress.Parse("203.0.113.9"),
        },
    };

    public static MessageFacts To(this MessageFacts facts, params string[] recipients) => facts with
    {
        Envelope = facts.Envelope with { Recipients = [.. recipients.Select(address => new Recipient(address))] },
        Directions = [.. recipients.Select(_ => Direction.Inbound)],
    };

    public static HeaderFact Header(string name, string value) => new(name, value, value);

    public static MessageFacts WithHeaders(this MessageFacts facts, params HeaderFact[] headers) =>
        facts with { Headers = [.. facts.Headers.Where(old => headers.All(header => header.Name != old.Name)), .. headers] };

    public static FindingFact Finding(string kind, string path = "1", string location = "", string detail = "") => new(kind, path, location, detail, null);

    public static string Hash(string text) => Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text)));

    private static string? Parent(string path) => path.Contains('/', StringComparison.Ordinal) ? path[..path.LastIndexOf('/')] : "";
}

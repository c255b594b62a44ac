using MailSanitizer.Content;
using MailSanitizer.Mail;
using MailSanitizer.Rules.Conditions;
using MailSanitizer.Rules.Facts;

namespace MailSanitizer.Rules;

/// <summary>How far a rule is in its life.</summary>
public enum RuleStatus
{
    /// <summary>Decides, but only to make things stronger: it never stands in for the floor.</summary>
    Experimental,

    /// <summary>Decides nothing; what it would have done is recorded.</summary>
    Test,

    /// <summary>Decides.</summary>
    Stable,

    /// <summary>Switched off, kept for its history. A site switches a shipped rule off by one of the same id with this status.</summary>
    Deprecated,
}

/// <summary>How bad it is when the rule hits.</summary>
public enum RuleSeverity
{
    /// <summary>A word for the report.</summary>
    Info,

    /// <summary>Low.</summary>
    Low,

    /// <summary>Medium.</summary>
    Medium,

    /// <summary>High.</summary>
    High,

    /// <summary>Critical.</summary>
    Critical,
}

/// <summary>What a rule does where it hits. Several rules are joined: the strongest wins on each axis.</summary>
internal sealed record RuleAction
{
    /// <summary><c>pass</c>: the findings that the rule names are allowed.</summary>
    public bool Pass { get; init; }

    /// <summary><c>unseen: allow</c>: with <c>pass</c>, content that nobody could look into goes on. Never in a shipped rule.</summary>
    public bool AllowsUnseen { get; init; }

    /// <summary>What becomes of the part; null when the rule says nothing on this axis.</summary>
    public TreatmentKind? Treatment { get; init; }

    /// <summary>With disarm: the kinds that are to go; null for all.</summary>
    public IReadOnlyList<string>? DisarmKinds { get; init; }

    /// <summary>Template of the notice, with replace.</summary>
    public string? Notice { get; init; }

    /// <summary>What becomes of the recipient's copy; null when the rule says nothing on this axis.</summary>
    public Disposition? Disposition { get; init; }

    /// <summary>With hold.</summary>
    public HoldOrder? Hold { get; init; }

    /// <summary>With reject.</summary>
    public SmtpReply? Rejection { get; init; }

    /// <summary>Tag in front of the subject.</summary>
    public string? SubjectTag { get; init; }

    /// <summary>Header fields.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>Template of a banner.</summary>
    public string? Banner { get; init; }

    /// <summary>New recipients instead of the copy's own.</summary>
    public IReadOnlyList<string> Redirect { get; init; } = [];

    /// <summary>Recipients in addition.</summary>
    public IReadOnlyList<string> CopyTo { get; init; } = [];

    /// <summary>Passwords and templates of passwords to try on locks. Secrets.</summary>
    public IReadOnlyList<string> Passwords { get; init; } = [];

    /// <summary>How a container that a password opened goes on: <c>locked</c>, <c>open</c>, <c>parts</c>.</summary>
    public string? Repack { get; init; }

    /// <summary>In the words of <c>then</c>.</summary>
    public required string Words { get; init; }

    /// <summary>It is about the part that was hit.</summary>
    public bool NeedsPart => Treatment is TreatmentKind.Replace or TreatmentKind.Strip || Repack is not null || AllowsUnseen || DisarmKinds is not null;

    /// <inheritdoc/>
    public override string ToString() => Words;
}

/// <summary>One rule, read and checked.</summary>
public sealed class Rule
{
    internal Rule()
    {
    }

    /// <summary>The stable name in logs, headers and audit.</summary>
    public required string Id { get; init; }

    /// <summary>One line for people.</summary>
    public required string Title { get; init; }

    /// <summary>Why it is there.</summary>
    public required string Why { get; init; }

    /// <summary>How far it is.</summary>
    public required RuleStatus Status { get; init; }

    /// <summary>How bad a hit is.</summary>
    public required RuleSeverity Severity { get; init; }

    /// <summary>Known good mail that it hits.</summary>
    public IReadOnlyList<string> FalsePositives { get; init; } = [];

    /// <summary>Where to read more.</summary>
    public IReadOnlyList<string> References { get; init; } = [];

    /// <summary>The file it was read from.</summary>
    public required string File { get; init; }

    /// <summary>Its whole text.</summary>
    public required string Text { get; init; }

    /// <summary>True for one that comes with the product.</summary>
    public required bool IsShipped { get; init; }

    /// <summary>In the words of <c>then</c>.</summary>
    public string Does => Then.Words;

    /// <summary>True when it is looked at at all.</summary>
    public bool IsOn => Status != RuleStatus.Deprecated;

    internal IReadOnlyList<Alternative> When { get; init; } = null!;

    internal IReadOnlyList<AllOf> Unless { get; init; } = null!;

    internal RuleAction Then { get; init; } = null!;

    /// <summary>True: where a condition cannot be told, the copy goes to quarantine. False: the rule does not hit.</summary>
    internal bool QuarantinesOnError { get; init; }

    /// <summary>It hits parts; else messages.</summary>
    internal bool IsAboutPart => When[0].IsAboutPart;

    /// <inheritdoc/>
    public override string ToString() => Id;
}

/// <summary>One alternative of <c>when</c>, split so that what does not depend on the part is asked once.</summary>
internal sealed class Alternative
{
    public Alternative(AllOf conditions)
    {
        Conditions = conditions;
        OnMessage = [.. conditions.Inner.Where(condition => !condition.IsAboutPart)];
        OnPart = [.. conditions.Inner.Where(condition => condition.IsAboutPart)];
        IsAboutPart = OnPart.Count > 0;
        FactCondition[] finding = [.. OnPart.OfType<FactCondition>().Where(condition => condition.Fact.Fact.Type == FactType.Finding)];
        Naming = [.. finding.SelectMany(condition => NamingMatchers(condition.Matcher))];
        // A finding or a scan may be on the message itself; sizes and names are asked of its parts only.
        TakesMessage = OnPart.OfType<FactCondition>().Any(condition => condition.Fact.Fact.Type is FactType.Finding or FactType.Scan);
        Required = finding.Length > 0 && finding.All(condition => NamingMatchers(condition.Matcher).Count == Choices(condition.Matcher)) ? [.. finding.Select(condition => (IReadOnlyCollection<string>)[.. NamingMatchers(condition.Matcher).SelectMany(KindsOf)])] : [];
    }

    public AllOf Conditions { get; }

    public IReadOnlyList<Condition> OnMessage { get; }

    public IReadOnlyList<Condition> OnPart { get; }

    public bool IsAboutPart { get; }

    public bool TakesMessage { get; }

    /// <summary>What names kinds of finding: a finding that one of these matches is decided by the rule that hits.</summary>
    public IReadOnlyList<ItemMatcher> Naming { get; }

    /// <summary>Kinds of which one has to be on some part, or it cannot hold: a quick way out.</summary>
    public IReadOnlyList<IReadOnlyCollection<string>> Required { get; }

    /// <summary>The kinds that it names.</summary>
    public IEnumerable<string> NamedKinds => Naming.SelectMany(KindsOf);

    private static List<ItemMatcher> NamingMatchers(Matcher matcher) => matcher switch
    {
        ItemMatcher item when item.Fields.Any(field => field is { Key.Name: "kind", Value: EqualsAny }) => [item],
        SomeMatcher some => [.. some.Matchers.SelectMany(NamingMatchers)],
        _ => [],
    };

    private static int Choices(Matcher matcher) => matcher is SomeMatcher some ? some.Matchers.Sum(Choices) : 1;

    private static IEnumerable<string> KindsOf(ItemMatcher item) =>
        item.Fields.Where(field => field.Key.Name == "kind").Select(field => field.Value).OfType<EqualsAny>().SelectMany(equal => equal.Texts);
}

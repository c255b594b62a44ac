using MailSanitizer.Rules.Conditions;
using MailSanitizer.Rules.Facts;
using MailSanitizer.Rules.Texts;

namespace MailSanitizer.Rules.Files;

/// <summary>Reads one rule file.</summary>
internal sealed class RuleReader(IListSource lists, NoticeTemplates templates)
{
    /// <summary>Every key of a rule.</summary>
    public static readonly string[] Keys =
        ["version", "id", "title", "why", "status", "severity", "when", "unless", "then", "on-error", "false-positives", "references"];

    /// <summary>Keys that must be there.</summary>
    public static readonly string[] Required = ["version", "id", "title", "why", "status", "severity", "when", "then", "on-error"];

    public static readonly string[] Statuses = [.. Enum.GetNames<RuleStatus>().Select(name => name.ToLowerInvariant())];

    public static readonly string[] Severities = [.. Enum.GetNames<RuleSeverity>().Select(name => name.ToLowerInvariant())];

    public static readonly string[] OnError = ["quarantine", "ignore"];

    /// <summary>The rule, or its errors.</summary>
    public (Rule? Rule, IReadOnlyList<RuleError> Errors) Read(string text, string file, bool shipped)
    {
        (RuleNode? root, RuleError? broken) = BoundedYaml.Read(text, file);
        if (root is null) return (null, [broken!]);
        ErrorSink errors = new(file);
        if (errors.Map(root, Keys, "rule") is null) return (null, errors.Errors);
        foreach (string key in Required)
            if (root.Get(key) is null) errors.Shape(root, $"rule: '{key}' is missing{(key == "on-error" ? " (quarantine or ignore: what happens when a condition cannot be told)" : "")}");
        if (root.Get("version") is { } version && version.Text != "1") errors.Shape(version, $"version: '{ErrorSink.Shown(version.Text)}' is not known: expected 1");
        string? id = root.Get("id") is { } idNode ? Id(idNode, errors) : null;
        string? title = root.Get("title") is { } titleNode ? errors.Text(titleNode, "title", 120) : null;
        string? why = root.Get("why") is { } whyNode ? errors.Text(whyNode, "why") : null;
        string? status = root.Get("status") is { } statusNode ? errors.Word(statusNode, "status", Statuses) : null;
        string? severity = root.Get("severity") is { } severityNode ? errors.Word(severityNode, "severity", Severities) : null;
        string? onError = root.Get("on-error") is { } onErrorNode ? errors.Word(onErrorNode, "on-error", OnError) : null;
        ConditionReader conditions = new(new MatcherReader(lists, errors), errors);
        List<AllOf> when = root.Get("when") is { } whenNode ? conditions.Alternatives(whenNode, "when") : [];
        List<AllOf> unless = root.Get("unless") is { } unlessNode ? conditions.Alternatives(unlessNode, "unless") : [];
        RuleAction? then = root.Get("then") is { } thenNode ? new ActionReader(templates, errors).Read(thenNode) : null;
        IReadOnlyList<string> falsePositives = Lines(root, "false-positives", errors);
        IReadOnlyList<string> references = Lines(root, "references", errors);
        if (errors.Any) return (null, errors.Errors);

        Rule rule = new()
        {
            Id = id!,
            Title = title!,
            Why = why!,
            Status = Enum.Parse<RuleStatus>(status!, ignoreCase: true),
            Severity = Enum.Parse<RuleSeverity>(severity!, ignoreCase: true),
            FalsePositives = falsePositives,
            References = references,
            File = file,
            Text = text,
            IsShipped = shipped,
            When = [.. when.Select(conditions => new Alternative(conditions))],
            Unless = unless,
            Then = then!,
            QuarantinesOnError = onError == "quarantine",
        };
        Check(rule, root, errors);
        return (errors.Any ? null : rule, errors.Errors);
    }

    private static string? Id(RuleNode node, ErrorSink errors)
    {
        if (errors.Text(node, "id", 80) is not { } text) return null;
        if (text.All(one => char.IsAsciiLetterLower(one) || char.IsAsciiDigit(one) || one == '-') && char.IsAsciiLetter(text[0]) && !text.EndsWith('-')) return text;
        errors.Shape(node, $"id: '{ErrorSink.Shown(text)}': expected lower-case letters, digits and hyphens, a letter first");
        return null;
    }

    private static List<string> Lines(RuleNode root, string key, ErrorSink errors)
    {
        List<string> lines = [];
        if (root.Get(key) is not { } node) return lines;
        if (node.Kind == NodeKind.Map) errors.Shape(node, $"{key}: expected a list of texts");
        else foreach (RuleNode item in node.OneOrMany()) if (errors.Text(item, key) is { } text) lines.Add(text);
        return lines;
    }

    private static void Check(Rule rule, RuleNode root, ErrorSink errors)
    {
        RuleNode when = root.Get("when")!, then = root.Get("then")!;
        if (rule.When.Any(alternative => alternative.IsAboutPart != rule.IsAboutPart)) errors.Meaning(when, "when: one alternative is about a part and another is not: make two rules of it");
        if (rule.Then.NeedsPart && !rule.IsAboutPart) errors.Meaning(then, "then: this is done to a part, and no condition is about one (part.…)");
        if (rule.Then.AllowsUnseen && rule.IsShipped) errors.Meaning(then, "then: unseen: allow is for a site's own rules");
        if (rule.Then.Pass && !rule.When.All(alternative => alternative.NamedKinds.Any())) errors.Meaning(then, "then: pass allows the findings that the rule names, and an alternative of when names none (part.finding: …)");
        if (rule.Then.Passwords.Count > 0) CheckPasswords(rule, errors);
        foreach (AllOf exception in rule.Unless) CheckException(rule, exception, errors);
    }

    // Passwords are asked for before the walk: what only the walk tells is not known then.
    private static void CheckPasswords(Rule rule, ErrorSink errors)
    {
        foreach (Condition condition in rule.When.SelectMany(alternative => alternative.Conditions.All()).Concat(rule.Unless.SelectMany(exception => exception.All())))
        {
            if (condition is OnParts) errors.Meaning(condition.Line, condition.Column, "a rule that gives passwords is asked before anything is opened: no conditions on parts");
            else if (condition is FactCondition { Fact: { Fact.IsEarly: false } late }) errors.Meaning(condition.Line, condition.Column, $"{late.Name}: a rule that gives passwords is asked before anything is opened, and this is known only after");
        }
    }

    private static void CheckException(Rule rule, AllOf exception, ErrorSink errors)
    {
        Condition[] all = [.. exception.All()];
        if (exception.IsAboutPart && !rule.IsAboutPart) errors.Meaning(exception.Line, exception.Column, "unless: asks about the part that was hit, and when is not about a part; all-parts asks about every part");
        foreach (OnParts some in all.OfType<OnParts>().Where(parts => !parts.IsEvery)) errors.Meaning(some.Line, some.Column, "unless: any-part: anybody can add a part; all-parts asks about every one");
        if (all.OfType<FactCondition>().FirstOrDefault(condition => condition.Fact.Fact.Trust == FactTrust.Claimed && condition.Fact.Fact.Scope != FactScope.Part) is { } claimed && !Proves(exception))
            errors.Meaning(claimed.Line, claimed.Column, $"unless: {claimed.Fact.Name} is what the sender says of himself: put a condition on authentication beside it (authentication.dmarc: pass)");
    }

    // One of the conditions that all must hold has to be a proof; "any" inside proves only if each of its choices does.
    private static bool Proves(Condition condition) => condition switch
    {
        FactCondition fact => fact.Fact.Fact.Trust == FactTrust.Proof && (fact.Fact.Fact.Type != FactType.Word || fact.Matcher is EqualsAny { Texts: var words } && words.All(word => word.Equals("pass", StringComparison.OrdinalIgnoreCase))),
        AllOf all => all.Inner.Any(Proves),
        AnyOf any => any.Inner.All(Proves),
        _ => false,
    };
}

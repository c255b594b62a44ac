using MailSanitizer.Content;
using MailSanitizer.Rules.Conditions;
using MailSanitizer.Rules.Facts;

namespace MailSanitizer.Rules.Checks;

/// <summary>Warnings: rules that load and are most likely not what was meant.</summary>
public static class RuleLint
{
    private static readonly string[] Telling = ["virus", "malware", "macro", "rule", "clam", "signature", "filter", "scan", "attachment", "password", "blocked", "blacklist", "blocklist", "sandbox"];

    /// <summary>The warnings of a set.</summary>
    public static IReadOnlyList<RuleError> Check(RuleSet set)
    {
        List<RuleError> warnings = [];
        foreach (Rule rule in set.On)
        {
            Rejections(rule, warnings);
            Exceptions(rule, warnings);
            foreach (Rule other in set.On) if (Covers(other, rule)) Warn(rule, rule.When[0].Conditions.Line, $"never wins: {other.Id} hits wherever it does, and does the same or more", warnings);
        }

        Lists(set, warnings);
        return warnings;
    }

    private static void Warn(Rule rule, long line, string message, List<RuleError> warnings) => warnings.Add(new RuleError(rule.File, line, 1, message, RuleErrorKind.Meaning));

    // What a stranger learns he uses: which engine, which rule, whether a password fitted (promise 9).
    private static void Rejections(Rule rule, List<RuleError> warnings)
    {
        if (rule.Then.Rejection is not { Text.Length: > 0 } reply) return;
        string? told = Telling.FirstOrDefault(word => reply.Text.Contains(word, StringComparison.OrdinalIgnoreCase)) ?? (reply.Text.Contains(rule.Id, StringComparison.OrdinalIgnoreCase) ? rule.Id : null);
        told ??= FindingKinds.All.Keys.FirstOrDefault(kind => kind.Length > 5 && reply.Text.Contains(kind, StringComparison.OrdinalIgnoreCase));
        if (told is not null) Warn(rule, 1, $"the text of reject tells a stranger why ('{told}')", warnings);
    }

    private static void Exceptions(Rule rule, List<RuleError> warnings)
    {
        for (int at = 0; at < rule.Unless.Count; at++)
        {
            AllOf exception = rule.Unless[at];
            for (int before = 0; before < at; before++)
                if (Implies(exception, rule.Unless[before])) Warn(rule, exception.Line, $"this exception is shadowed by the one in line {rule.Unless[before].Line.ToString(System.Globalization.CultureInfo.InvariantCulture)}", warnings);
            if (rule.When.All(alternative => Contradict(alternative.Conditions, exception))) Warn(rule, exception.Line, "this exception never holds where the rule would hit", warnings);
        }
    }

    private static void Lists(RuleSet set, List<RuleError> warnings)
    {
        foreach (string folder in set.Rules.Select(rule => Path.Combine(Path.GetDirectoryName(rule.File) ?? "", "lists")).Distinct(StringComparer.Ordinal).Where(Directory.Exists))
            foreach (string file in Directory.GetFiles(folder, "*.txt").Where(file => !set.Lists.Contains(Path.GetFileNameWithoutExtension(file))))
                warnings.Add(new RuleError(file, 1, 1, "no rule uses this list", RuleErrorKind.Meaning));
    }

    // Structural: every condition of the other stands in this one too, or is wider.
    private static bool Covers(Rule other, Rule rule)
    {
        if (ReferenceEquals(other, rule) || other.Status != RuleStatus.Stable || rule.Status != RuleStatus.Stable || other.Unless.Count > 0 || other.IsAboutPart != rule.IsAboutPart) return false;
        if (rule.Then.Pass || rule.Then.Redirect.Count > 0 || rule.Then.CopyTo.Count > 0 || rule.Then.Passwords.Count > 0 || rule.Then.Repack is not null || rule.Then.SubjectTag is not null || rule.Then.Headers.Count > 0 || rule.Then.Banner is not null) return false;
        if ((rule.Then.Treatment ?? TreatmentKind.Keep) > (other.Then.Treatment ?? TreatmentKind.Keep) || (rule.Then.Disposition ?? 0) > (other.Then.Disposition ?? 0)) return false;
        // Two alike: only the later one is named.
        bool all = rule.When.All(mine => other.When.Any(theirs => Implies(mine.Conditions, theirs.Conditions)));
        return all && !(other.When.All(theirs => rule.When.Any(mine => Implies(theirs.Conditions, mine.Conditions))) && string.CompareOrdinal(other.Id, rule.Id) > 0 && rule.Then.Words == other.Then.Words);
    }

    private static bool Implies(AllOf narrow, AllOf wide) => wide.Inner.All(condition => narrow.Inner.Any(mine => Implies(mine, condition)));

    private static bool Implies(Condition narrow, Condition wide)
    {
        if (narrow.ToString() == wide.ToString()) return true;
        return narrow is FactCondition left && wide is FactCondition right && left.Fact.Name == right.Fact.Name && Words(left.Matcher) is { } few && Words(right.Matcher) is { } many && few.All(word => many.Contains(word, StringComparer.OrdinalIgnoreCase));
    }

    // The same fact of one value, and no word in common.
    private static bool Contradict(AllOf when, AllOf exception) =>
        exception.Inner.OfType<FactCondition>().Where(condition => condition.Fact.Fact.Type == FactType.Word).Any(condition => when.Inner.OfType<FactCondition>().Any(mine =>
            mine.Fact.Name == condition.Fact.Name && Words(mine.Matcher) is { } left && Words(condition.Matcher) is { } right && !left.Intersect(right, StringComparer.OrdinalIgnoreCase).Any()));

    private static IReadOnlyCollection<string>? Words(Matcher matcher) => matcher switch
    {
        EqualsAny equal => equal.Texts,
        ItemMatcher { Fields: [{ Value: EqualsAny equal }] } => equal.Texts,
        _ => null,
    };
}

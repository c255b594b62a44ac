namespace MailSanitizer.Rules.Checks;

/// <summary>What two rule sets differ in. Passwords that rules give are never shown.</summary>
public static class RuleComparison
{
    /// <summary>A line for each rule that is new, gone or changed; empty when the sets decide the same.</summary>
    public static IReadOnlyList<string> Lines(RuleSet old, RuleSet now)
    {
        Dictionary<string, Rule> before = old.Rules.ToDictionary(rule => rule.Id, StringComparer.Ordinal), after = now.Rules.ToDictionary(rule => rule.Id, StringComparer.Ordinal);
        List<string> lines = [];
        foreach (string id in before.Keys.Union(after.Keys).Order(StringComparer.Ordinal))
        {
            if (!after.TryGetValue(id, out Rule? right)) lines.Add($"- {id}: {before[id].Does}");
            else if (!before.TryGetValue(id, out Rule? left)) lines.Add($"+ {id}: {right.Does}");
            else if (left.Text != right.Text) lines.Add($"~ {id}: {string.Join("; ", Changes(left, right).DefaultIfEmpty("wording only"))}");
        }

        if (lines.Count == 0 && old.Hash != now.Hash) lines.Add("~ lists or templates differ");
        return lines;
    }

    private static IEnumerable<string> Changes(Rule left, Rule right)
    {
        if (left.Status != right.Status) yield return $"status {left.Status.ToString().ToLowerInvariant()} -> {right.Status.ToString().ToLowerInvariant()}";
        if (left.Severity != right.Severity) yield return $"severity {left.Severity.ToString().ToLowerInvariant()} -> {right.Severity.ToString().ToLowerInvariant()}";
        string before = string.Join(" or ", left.When.Select(alternative => alternative.Conditions)), after = string.Join(" or ", right.When.Select(alternative => alternative.Conditions));
        if (before != after) yield return $"when {before} -> {after}";
        before = string.Join(" or ", left.Unless);
        after = string.Join(" or ", right.Unless);
        if (before != after) yield return $"unless {(before.Length == 0 ? "nothing" : before)} -> {(after.Length == 0 ? "nothing" : after)}";
        if (left.Then.Words != right.Then.Words) yield return $"then {left.Then.Words} -> {right.Then.Words}";
        if (left.QuarantinesOnError != right.QuarantinesOnError) yield return $"on-error {(left.QuarantinesOnError ? "quarantine" : "ignore")} -> {(right.QuarantinesOnError ? "quarantine" : "ignore")}";
    }
}

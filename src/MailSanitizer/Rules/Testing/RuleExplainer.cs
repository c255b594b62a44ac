using System.Globalization;
using System.Text;
using MailSanitizer.Content;
using MailSanitizer.Mail;
using MailSanitizer.Rules.Conditions;
using MailSanitizer.Rules.Facts;

namespace MailSanitizer.Rules.Testing;

/// <summary>A readable tree: each rule, each condition, the value it saw.</summary>
public static class RuleExplainer
{
    /// <summary>The tree for the first recipient. <paramref name="only"/>: one rule; <paramref name="hitsOnly"/>: rules that hit.</summary>
    public static string Explain(RuleSet set, MessageFacts facts, string? only, bool hitsOnly)
    {
        StringBuilder text = new();
        Decision decision = set.Decide(facts);
        foreach (Branch branch in decision.Branches)
        {
            text.Append(CultureInfo.InvariantCulture, $"{string.Join(", ", branch.Recipients.Select(recipient => SafeText.ForTerminal(recipient.Address, 80)))}: {branch.Disposition.ToString().ToLowerInvariant()}");
            foreach (Treatment treatment in branch.Treatments) text.Append(CultureInfo.InvariantCulture, $", {treatment.Kind.ToString().ToLowerInvariant()} {Shown(treatment.Path)}");
            text.Append(CultureInfo.InvariantCulture, $" ({string.Join(", ", branch.Reasons)})\n");
        }

        text.Append('\n');
        MessageIndex index = new(facts);
        foreach (Rule rule in set.On.Where(rule => only is null || rule.Id == only))
        {
            RuleTrial trial = RuleTrial.Of(rule, facts, set.Options);
            if (hitsOnly && !trial.Hit) continue;
            string word = trial.Hit ? "hit" : trial.Exceptions.Count > 0 ? "excepted" : trial.Unclear ? "cannot be told" : "miss";
            text.Append(CultureInfo.InvariantCulture, $"{rule.Id}: {word}{(trial.Hit ? $": {rule.Does}" : "")}\n");
            FactView view = new(index, 0, set.Options, new EvaluationMeter());
            foreach (PartFact? part in Parts(rule, trial, facts, view))
            {
                view.Enter(part);
                if (part is not null) text.Append(CultureInfo.InvariantCulture, $"  part {Shown(part.Path)} {SafeText.ForTerminal(part.Name, 80)}\n");
                foreach (Alternative alternative in rule.When) Tree(alternative.Conditions, view, Asking.When, text, "  when ", 2);
                foreach (AllOf exception in rule.Unless) Tree(exception, view, Asking.Unless, text, "  unless ", 2);
            }
        }

        return text.ToString();
    }

    // The parts that were hit; else the one on which most conditions hold.
    private static IEnumerable<PartFact?> Parts(Rule rule, RuleTrial trial, MessageFacts facts, FactView view)
    {
        if (!rule.IsAboutPart) return [null];
        if (trial.HitPaths.Count > 0) return facts.Parts.Where(part => trial.HitPaths.Contains(part.Path)).Take(5);
        return [facts.Parts.MaxBy(part =>
        {
            view.Enter(part);
            return rule.When.Max(alternative => alternative.Conditions.Inner.Count(condition => condition.Holds(view, Asking.When) == Truth.True));
        })];
    }

    private static void Tree(Condition condition, FactView view, Asking asking, StringBuilder text, string before, int depth)
    {
        string mark = condition.Holds(view, asking) switch { Truth.True => "yes", Truth.False => "no", _ => "?" };
        if (condition is AllOf { Inner.Count: 1 } single)
        {
            Tree(single.Inner[0], view, asking, text, before, depth);
            return;
        }

        text.Append(' ', depth).Append(before.TrimStart()).Append(CultureInfo.InvariantCulture, $"[{mark}] ");
        if (condition is FactCondition fact)
        {
            IReadOnlyList<FactValue> values = fact.Fact.Values(view);
            string seen = values.Count == 0 ? "nothing" : string.Join(", ", values.Take(5)) + (values.Count > 5 ? $", … ({values.Count.ToString(CultureInfo.InvariantCulture)})" : "");
            text.Append(CultureInfo.InvariantCulture, $"{fact}; saw {seen}\n");
            return;
        }

        text.Append(condition switch { AllOf => "all of", AnyOf => "any of", Not => "not", OnParts { IsEvery: true } => "all-parts", _ => "any-part" }).Append('\n');
        if (condition is OnParts) return;
        foreach (Condition inner in condition.Inner) Tree(inner, view, condition is Not ? asking.Not : asking, text, "", depth + 2);
    }

    private static string Shown(string path) => path.Length == 0 ? "the message" : SafeText.ForTerminal(path, 100);
}

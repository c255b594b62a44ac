using System.Globalization;
using System.Text;
using MailSanitizer.Content;
using MailSanitizer.Mail;
using MailSanitizer.Rules.Conditions;
using MailSanitizer.Rules.Facts;

namespace MailSanitizer.Rules.Deciding;

/// <summary>One decision: rules asked for each group of recipients that they cannot tell apart, and what they say joined with the floors.</summary>
internal sealed class RuleDecider(RuleSet set, MessageFacts facts)
{
    private readonly MessageIndex _index = new(facts);
    private readonly EvaluationMeter _meter = new();

    public Decision Decide()
    {
        List<RuleHit> hits = [];
        List<(Branch Branch, string Key)> decided = [];
        Dictionary<string, (Branch, string)> known = new(StringComparer.Ordinal);
        FactCondition[] telling = [.. set.On.SelectMany(RecipientConditions.Of)];
        for (int at = 0; at < facts.Envelope.Recipients.Count; at++)
        {
            FactView view = new(_index, at, set.Options, _meter);
            string same = RecipientConditions.Key(view, telling, _index);
            if (!known.TryGetValue(same, out (Branch, string) outcome))
            {
                Outcome fresh = Ask(view);
                Branch branch = fresh.Branch();
                known[same] = outcome = (branch, BranchKey.Of(branch));
                foreach (RuleHit hit in fresh.Hits) if (hits.Count < Outcome.HitLimit && !hits.Contains(hit)) hits.Add(hit);
            }

            decided.Add(outcome);
        }

        // One branch for each group of equal outcome, in the order of the envelope.
        List<Branch> branches = [];
        foreach (IGrouping<string, int> group in Enumerable.Range(0, decided.Count).GroupBy(at => decided[at].Key, StringComparer.Ordinal))
            branches.Add(decided[group.First()].Branch with { Recipients = [.. group.Select(at => facts.Envelope.Recipients[at])] });
        return new Decision { Branches = branches, Hits = hits, RuleSetHash = set.Hash };
    }

    private Outcome Ask(FactView view)
    {
        Outcome outcome = new(set, view);
        List<Candidate> candidates = [];
        foreach (Rule rule in set.On)
        {
            if (!rule.IsAboutPart)
            {
                (bool hit, bool unclear) = HitsMessage(rule, view);
                if (hit) outcome.Hit(rule, null, []);
                else if (unclear) outcome.Unclear(rule, null);
                continue;
            }

            foreach (Alternative alternative in rule.When)
            {
                if (alternative.Required.Any(kinds => !kinds.Any(_index.Kinds.Contains))) continue;
                Truth truth = All(alternative.OnMessage, view, Truth.True);
                if (truth != Truth.False) candidates.Add(new Candidate(rule, alternative, truth));
            }
        }

        if (candidates.Count > 0) AskParts(view, candidates, outcome);
        if (_meter.IsEmpty) outcome.OverLimit();
        outcome.ApplyFloors();
        return outcome;
    }

    private void AskParts(FactView view, List<Candidate> candidates, Outcome outcome)
    {
        foreach (PartFact part in facts.Parts)
        {
            view.Enter(part);
            foreach (Candidate candidate in candidates)
            {
                if (_meter.IsEmpty) break;
                _meter.Charge(1);
                if (part.Path.Length == 0 && !candidate.Alternative.TakesMessage) continue;
                Truth truth = All(candidate.Alternative.OnPart, view, candidate.OnMessage);
                if (truth == Truth.False || Excepted(candidate.Rule, view)) continue;
                if (truth == Truth.True) outcome.Hit(candidate.Rule, part, Named(candidate.Alternative, view, part));
                else outcome.Unclear(candidate.Rule, part);
            }
        }

        view.Enter(null);
    }

    private static Truth All(IReadOnlyList<Condition> conditions, FactView view, Truth least)
    {
        foreach (Condition condition in conditions)
        {
            Truth truth = condition.Holds(view, Asking.When);
            if (truth < least) least = truth;
            if (least == Truth.False) break;
        }

        return least;
    }

    /// <summary>Whether a rule about messages hits, and if not, whether that cannot be told.</summary>
    public static (bool Hit, bool Unclear) HitsMessage(Rule rule, FactView view)
    {
        Truth most = Truth.False;
        foreach (Alternative alternative in rule.When)
        {
            Truth truth = alternative.Conditions.Holds(view, Asking.When);
            if (truth > most) most = truth;
            if (most == Truth.True) break;
        }

        if (most == Truth.False || Excepted(rule, view)) return (false, false);
        return (most == Truth.True, most == Truth.Unknown);
    }

    private static bool Excepted(Rule rule, FactView view)
    {
        foreach (AllOf exception in rule.Unless) if (exception.Holds(view, Asking.Unless) == Truth.True) return true;
        return false;
    }

    private List<FindingFact> Named(Alternative alternative, FactView view, PartFact part)
    {
        if (alternative.Naming.Count == 0) return [];
        List<FindingFact> named = [];
        foreach (FindingFact finding in _index.FindingsOf(part))
            if (alternative.Naming.Any(naming => naming.Matches(PartRows.Finding(finding), view))) named.Add(finding);
        return named;
    }

    private sealed record Candidate(Rule Rule, Alternative Alternative, Truth OnMessage);
}

/// <summary>What rules see of a recipient: two recipients with the same answers have the same decision.</summary>
internal static class RecipientConditions
{
    /// <summary>The conditions of a rule whose answer may differ between recipients.</summary>
    public static IEnumerable<FactCondition> Of(Rule rule) =>
        rule.When.SelectMany(alternative => alternative.Conditions.All()).Concat(rule.Unless.SelectMany(exception => exception.All())).OfType<FactCondition>().Where(Tells);

    public static string Key(FactView view, IReadOnlyList<FactCondition> telling, MessageIndex index)
    {
        StringBuilder key = new();
        key.Append(CultureInfo.InvariantCulture, $"{view.Direction} {Texts.Reader.Language(index, view.Recipient)} ");
        foreach (FactCondition condition in telling)
        {
            // A condition on parts that looks at the recipient: nothing short of the address tells.
            if (condition.Fact.Fact.Scope == FactScope.Part) key.Append(view.Recipient.Address).Append(' ');
            else key.Append((int)condition.Holds(view, Asking.When)).Append((int)condition.Holds(view, Asking.When.Not)).Append((int)condition.Holds(view, Asking.Unless));
        }

        return key.ToString();
    }

    private static bool Tells(FactCondition condition) => condition.Fact.Fact.Scope == FactScope.Recipient || Looks(condition.Matcher);

    private static bool Looks(Matcher matcher) => matcher switch
    {
        OtherFactMatcher other => other.Other.Fact.Scope == FactScope.Recipient,
        LooksLikeFactMatcher like => like.Other.Fact.Scope == FactScope.Recipient,
        EachMatcher each => each.Matchers.Any(Looks),
        SomeMatcher some => some.Matchers.Any(Looks),
        ItemMatcher item => item.Fields.Any(field => Looks(field.Value)),
        _ => false,
    };
}

/// <summary>A text that two branches share only if they are equal but for their recipients.</summary>
internal static class BranchKey
{
    public static string Of(Branch branch) => System.Text.Json.JsonSerializer.Serialize(branch with { Recipients = [] });
}

using MailSanitizer.Mail;
using MailSanitizer.Rules.Conditions;
using MailSanitizer.Rules.Facts;

namespace MailSanitizer.Rules.Files;

/// <summary>Reads conditions: facts with what they must be, and <c>not</c>, <c>any</c>, <c>all</c>, <c>any-part</c>, <c>all-parts</c>.</summary>
internal sealed class ConditionReader(MatcherReader matchers, ErrorSink errors)
{
    /// <summary>The words that are no facts.</summary>
    public static readonly string[] Combining = ["any", "all", "not", "any-part", "all-parts"];

    /// <summary>Reads the alternatives of <c>when</c> or <c>unless</c>: one map, or a list of maps.</summary>
    public List<AllOf> Alternatives(RuleNode node, string what)
    {
        List<AllOf> read = [];
        if (node.Kind == NodeKind.List && node.Items.Count == 0) errors.Shape(node, $"{what}: an empty list");
        foreach (RuleNode item in node.OneOrMany())
        {
            if (item.Kind != NodeKind.Map) errors.Shape(item, $"{what}: expected facts and their values (direction: inbound)");
            else if (item.Entries.Count == 0) errors.Shape(item, $"{what}: no condition would mean every message");
            else if (All(item) is { } all) read.Add(all);
        }

        return read;
    }

    private AllOf? All(RuleNode map)
    {
        List<Condition> conditions = [];
        foreach ((RuleNode key, RuleNode value) in map.Entries) if (One(key, value) is { } one) conditions.Add(one);
        return conditions.Count == 0 ? null : new AllOf(conditions) { Line = map.Line, Column = map.Column };
    }

    private Condition? One(RuleNode key, RuleNode value)
    {
        if (Combining.Contains(key.Text, StringComparer.Ordinal)) return Combined(key, value);
        if (FactTable.Find(key.Text) is { } fact) return OnFact(fact, key, value);
        errors.Shape(key, $"unknown fact '{ErrorSink.Shown(key.Text)}'{Nearest.Hint(key.Text, FactTable.Names.Concat(Combining))}");
        return null;
    }

    private Condition? OnFact(FactReference fact, RuleNode key, RuleNode value)
    {
        (long line, long column) = (key.Line, key.Column);
        if (value is { Kind: NodeKind.Map, Entries.Count: 1 } && value.Entries[0] is { Key.Text: "not" or "exists" } alone)
        {
            if (alone.Key.Text == "not") return OnFact(fact, alone.Key, alone.Value) is { } inner ? new Not(inner) { Line = line, Column = column } : null;
            if (ValueReader.Flag(alone.Value) is not { } flag)
            {
                errors.Shape(alone.Value, $"{fact.Name}: exists: expected true or false");
                return null;
            }

            Condition there = new FactCondition(fact, new ExistsMatcher()) { Line = line, Column = column };
            return flag ? there : new Not(there) { Line = line, Column = column };
        }

        return matchers.Read(value, fact.Fact.Type, fact.Fact.Words, fact.Name) is { } matcher ? new FactCondition(fact, matcher) { Line = line, Column = column } : null;
    }

    private Condition? Combined(RuleNode key, RuleNode value)
    {
        (long line, long column) = (key.Line, key.Column);
        if (key.Text is "any" or "all")
        {
            if (value.Kind != NodeKind.List || value.Items.Count == 0)
            {
                errors.Shape(value, $"{key.Text}: expected a list of conditions");
                return null;
            }

            List<Condition> inner = [.. Alternatives(value, key.Text)];
            return key.Text == "any" ? new AnyOf(inner) { Line = line, Column = column } : new AllOf(inner) { Line = line, Column = column };
        }

        if (value.Kind != NodeKind.Map || value.Entries.Count == 0)
        {
            errors.Shape(value, $"{key.Text}: expected facts and their values");
            return null;
        }

        if (All(value) is not { } all) return null;
        if (key.Text == "not") return new Not(all) { Line = line, Column = column };
        if (all.All().Any(inner => inner is OnParts)) errors.Meaning(value, $"{key.Text}: parts inside parts: any-part and all-parts do not stand in each other");
        else if (!all.All().Any(inner => inner is FactCondition { Fact.Fact.Scope: FactScope.Part })) errors.Meaning(value, $"{key.Text}: expected a fact of a part (part.name, part.format, …)");
        return new OnParts(all, key.Text == "all-parts") { Line = line, Column = column };
    }
}

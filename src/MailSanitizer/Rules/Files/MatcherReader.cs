using System.Globalization;
using System.Net;
using MailSanitizer.Mail;
using MailSanitizer.Rules.Conditions;
using MailSanitizer.Rules.Facts;

namespace MailSanitizer.Rules.Files;

/// <summary>Reads what a value must be.</summary>
internal sealed class MatcherReader(IListSource lists, ErrorSink errors)
{
    private const int ItemLimit = 2000;

    /// <summary>Reads a value, a list (any of) or operators (all of). Null (and an error) when it cannot be read.</summary>
    public Matcher? Read(RuleNode node, FactType type, IReadOnlyList<string> words, string what)
    {
        if (node.Kind == NodeKind.List) return Some(node, type, words, what);
        IReadOnlyList<ItemField> fields = ItemField.Of(type);
        if (fields.Count > 0) return Item(node, type, fields, what);
        return node.Kind == NodeKind.Scalar ? Equal([node], type, words, what) : Operators(node, type, words, what);
    }

    private Matcher? Some(RuleNode node, FactType type, IReadOnlyList<string> words, string what)
    {
        if (node.Items.Count == 0)
        {
            errors.Shape(node, $"{what}: an empty list matches nothing");
            return null;
        }

        if (node.Items.Count > ItemLimit)
        {
            errors.Shape(node, $"{what}: more than {ItemLimit} values; put them in a list file (list: NAME)");
            return null;
        }

        List<Matcher> matchers = [];
        RuleNode[] scalars = [.. node.Items.Where(item => item.Kind == NodeKind.Scalar)];
        if (scalars.Length > 0 && Equal(scalars, type, words, what) is { } plain) matchers.Add(plain);
        foreach (RuleNode item in node.Items.Where(item => item.Kind != NodeKind.Scalar))
        {
            if (item.Kind == NodeKind.List) errors.Shape(item, $"{what}: a list in a list");
            else if (Read(item, type, words, what) is { } matcher) matchers.Add(matcher);
        }

        return matchers.Count == 1 ? matchers[0] : matchers.Count == 0 ? null : new SomeMatcher(matchers);
    }

    private Matcher? Equal(IReadOnlyList<RuleNode> nodes, FactType type, IReadOnlyList<string> words, string what)
    {
        if (ItemField.Of(type).Count > 0)
        {
            ItemField field = ItemField.Short(type);
            return Equal(nodes, field.Type, field.Words, what) is { } inner ? new ItemMatcher([KeyValuePair.Create(field, inner)]) : null;
        }

        List<FactValue> values = [];
        foreach (RuleNode node in nodes) if (ValueReader.Read(node, type, words, what, errors) is { } value) values.Add(value);
        if (values.Count == 0) return null;
        switch (type)
        {
            case FactType.Ip:
                return new NetworkMatcher([.. values.Select(value => new IPNetwork((IPAddress)value.Item!, ((IPAddress)value.Item!).GetAddressBytes().Length * 8))]);
            case FactType.Number or FactType.Size or FactType.Duration or FactType.TimeOfDay:
                Matcher[] each = [.. values.Select(value => new RangeMatcher(value.Number, value.Number, false, false, false, Quoted.Of(value.Text)))];
                return each.Length == 1 ? each[0] : new SomeMatcher(each);
            default:
                return new EqualsAny([.. values.Select(value => value.Text)]);
        }
    }

    private Matcher? Operators(RuleNode node, FactType type, IReadOnlyList<string> words, string what)
    {
        IReadOnlyList<MatchOperator> known = MatchOperator.Of(type);
        string[] names = [.. known.Select(one => one.Name)];
        if (node.Entries.Count == 0)
        {
            errors.Shape(node, $"{what}: expected an operator ({string.Join(", ", names.Take(5))}, …)");
            return null;
        }

        List<Matcher> matchers = [];
        foreach ((RuleNode key, RuleNode value) in node.Entries)
        {
            MatchOperator? found = known.FirstOrDefault(one => one.Name == key.Text);
            if (found is null)
            {
                string other = MatchOperator.All.Any(one => one.Name == key.Text) ? $"; it does not fit a {type.ToString().ToLowerInvariant()}" : Nearest.Hint(key.Text, names);
                errors.Shape(key, $"{what}: unknown operator '{ErrorSink.Shown(key.Text)}'{other}");
            }
            else if (found.Operand is Operand.Condition or Operand.Flag)
            {
                // Alone they are a condition of their own and never come here.
                errors.Shape(key, $"{what}: '{key.Text}' stands alone");
            }
            else if (Operation(found, value, type, words, $"{what}: {key.Text}") is { } matcher)
            {
                matchers.Add(matcher);
            }
        }

        return matchers.Count == 1 ? matchers[0] : matchers.Count == 0 ? null : new EachMatcher(matchers);
    }

    private Matcher? Operation(MatchOperator found, RuleNode value, FactType type, IReadOnlyList<string> words, string what)
    {
        if (value.Kind == NodeKind.List && (value.Items.Count == 0 || value.Items.Any(item => item.Kind != NodeKind.Scalar)))
        {
            errors.Shape(value, value.Items.Count == 0 ? $"{what}: an empty list matches nothing" : $"{what}: expected plain values");
            return null;
        }

        switch (found.Operand)
        {
            case Operand.Values:
                if (value.Kind == NodeKind.Map) errors.Shape(value, $"{what}: expected plain values");
                return value.Kind == NodeKind.Map ? null : Equal(value.OneOrMany(), type, words, what);
            case Operand.Texts:
                return Texts(value, what) is { } texts ? new TextMatcher(found.Name switch { "contains" => TextTest.Contains, "prefix" => TextTest.Prefix, _ => TextTest.Suffix }, texts) : null;
            case Operand.Patterns:
                return Patterns(found.Name, value, what);
            case Operand.Domains:
                return Domains(value, what) is { } domains ? new UnderMatcher(domains) : null;
            case Operand.DomainsOrList:
                return LooksLike(value, what);
            case Operand.Networks:
                return Networks(value, what);
            case Operand.ListName:
                return List(value, what) is { } list ? new ListMatcher(list, type) : null;
            case Operand.FactName:
                return Other(found, value, type, what);
            default:
                return Range(found, value, type, what);
        }
    }

    private List<string>? Texts(RuleNode value, string what)
    {
        List<string> texts = [];
        foreach (RuleNode item in value.OneOrMany()) if (errors.Text(item, what) is { } text) texts.Add(text);
        return texts.Count == 0 ? null : texts;
    }

    private Matcher? Patterns(string word, RuleNode value, string what)
    {
        List<Matcher> patterns = [];
        foreach (RuleNode item in value.OneOrMany())
        {
            if (errors.Text(item, what) is not { } text) continue;
            (Matcher? matcher, string? wrong) = PatternMatcher.Of(word, text);
            if (matcher is not null) patterns.Add(matcher);
            else if (text.Length > PatternMatcher.PatternLimit) errors.Shape(item, $"{what}: {wrong}");
            else errors.Meaning(item, $"{what}: {wrong}");
        }

        return patterns.Count == 0 ? null : patterns.Count == 1 ? patterns[0] : new SomeMatcher(patterns);
    }

    private List<string>? Domains(RuleNode value, string what)
    {
        List<string> domains = [];
        foreach (RuleNode item in value.OneOrMany()) if (ValueReader.Read(item, FactType.Domain, [], what, errors) is { } domain) domains.Add(domain.Text);
        return domains.Count == 0 ? null : domains;
    }

    private Matcher? LooksLike(RuleNode value, string what)
    {
        if (value.Kind != NodeKind.Map) return Domains(value, what) is { } domains ? new LooksLikeMatcher(domains, Quoted.List(domains)) : null;
        if (errors.Map(value, ["list", "fact"], what) is null) return null;
        if (value.Entries.Count != 1) errors.Shape(value, $"{what}: expected {{ list: NAME }} or {{ fact: NAME }}");
        if (value.Entries.Count != 1) return null;
        if (value.Get("fact") is { } fact) return LooksLikeFact(fact, what);
        if (List(value.Get("list") ?? value, what) is not { } list) return null;
        string[] entries = [.. list.Entries.Select(Values.Domain).Distinct(StringComparer.Ordinal)];
        if (entries.Length > ItemLimit) errors.Meaning(value, $"{what}: more than {ItemLimit} domains");
        return new LooksLikeMatcher(entries, $"{{ list: {list.Name} }}");
    }

    private LooksLikeFactMatcher? LooksLikeFact(RuleNode value, string what)
    {
        if (errors.Text(value, what) is not { } name) return null;
        if (FactTable.Find(name) is { Fact.Type: FactType.Domain } known) return new LooksLikeFactMatcher(known);
        errors.Shape(value, $"{what}: '{ErrorSink.Shown(name)}' is no fact that is a domain{Nearest.Hint(name, FactTable.All.Where(fact => fact.Type == FactType.Domain).Select(fact => fact.Name))}");
        return null;
    }

    private NetworkMatcher? Networks(RuleNode value, string what)
    {
        List<IPNetwork> networks = [];
        foreach (RuleNode item in value.OneOrMany())
        {
            if (errors.Text(item, what) is not { } text) continue;
            if (ValueReader.Network(text) is { } network) networks.Add(network);
            else errors.Meaning(item, $"{what}: '{ErrorSink.Shown(text)}' is no network: expected 192.0.2.0/24, 2001:db8::/32 or one address");
        }

        return networks.Count == 0 ? null : new NetworkMatcher(networks);
    }

    private NamedList? List(RuleNode value, string what)
    {
        if (errors.Text(value, what) is not { } name) return null;
        if (!ListFiles.IsName(name))
        {
            errors.Shape(value, $"{what}: '{ErrorSink.Shown(name)}' is no name of a list: expected lower-case letters, digits and hyphens");
            return null;
        }

        (NamedList? list, string? wrong) = lists.Get(name);
        if (list is null) errors.Meaning(value, $"{what}: {wrong}");
        return list;
    }

    private OtherFactMatcher? Other(MatchOperator found, RuleNode value, FactType type, string what)
    {
        if (errors.Text(value, what) is not { } name) return null;
        if (FactTable.Find(name) is not { } other)
        {
            errors.Shape(value, $"{what}: unknown fact '{ErrorSink.Shown(name)}'{Nearest.Hint(name, FactTable.Names)}");
            return null;
        }

        if (other.Fact.Type != type && (other.Fact.Type is not (FactType.Text or FactType.Domain or FactType.Address)))
        {
            errors.Meaning(value, $"{what}: {name} is a {other.Fact.Type.ToString().ToLowerInvariant()}, not a {type.ToString().ToLowerInvariant()}");
            return null;
        }

        return new OtherFactMatcher(other, type, found.Name == "same-as");
    }

    private RangeMatcher? Range(MatchOperator found, RuleNode value, FactType type, string what)
    {
        if (found.Operand == Operand.Bound)
        {
            if (value.Kind != NodeKind.Scalar)
            {
                errors.Shape(value, $"{what}: expected one value");
                return null;
            }

            if (ValueReader.Read(value, type, [], what, errors) is not { } bound) return null;
            string shown = $"{{ {found.Name}: {Quoted.Of(bound.Text)} }}";
            return found.Name switch
            {
                "over" => new RangeMatcher(bound.Number, double.PositiveInfinity, true, false, false, shown),
                "at-least" => new RangeMatcher(bound.Number, double.PositiveInfinity, false, false, false, shown),
                "below" => new RangeMatcher(double.NegativeInfinity, bound.Number, false, true, false, shown),
                _ => new RangeMatcher(double.NegativeInfinity, bound.Number, false, false, false, shown),
            };
        }

        if (value.Kind != NodeKind.List || value.Items.Count != 2)
        {
            errors.Shape(value, $"{what}: expected two values: [least, most]");
            return null;
        }

        FactValue? least = ValueReader.Read(value.Items[0], type, [], what, errors);
        FactValue? most = ValueReader.Read(value.Items[1], type, [], what, errors);
        if (least is not { } from || most is not { } to) return null;
        bool around = type == FactType.TimeOfDay && from.Number > to.Number;
        if (!around && from.Number > to.Number) errors.Meaning(value, string.Create(CultureInfo.InvariantCulture, $"{what}: {from.Text} is more than {to.Text}"));
        return new RangeMatcher(from.Number, to.Number, false, false, around, $"{{ between: [{Quoted.Of(from.Text)}, {Quoted.Of(to.Text)}] }}");
    }

    private Matcher? Item(RuleNode node, FactType type, IReadOnlyList<ItemField> fields, string what)
    {
        if (node.Kind == NodeKind.Scalar) return Equal([node], type, [], what);
        if (errors.Map(node, [.. fields.Select(field => field.Name), "not", "exists"], what) is null) return null;
        if (node.Entries.Count == 0) errors.Shape(node, $"{what}: expected one of {string.Join(", ", fields.Select(field => field.Name))}");
        List<KeyValuePair<ItemField, Matcher>> read = [];
        foreach ((RuleNode key, RuleNode value) in node.Entries)
        {
            if (key.Text is "not" or "exists")
            {
                errors.Shape(key, $"{what}: '{key.Text}' stands alone");
                continue;
            }

            if (fields.FirstOrDefault(field => field.Name == key.Text) is not { } known) continue;
            if (Read(value, known.Type, known.Words, $"{what}: {known.Name}") is { } matcher) read.Add(KeyValuePair.Create(known, matcher));
        }

        return read.Count == 0 ? null : new ItemMatcher(read);
    }
}

/// <summary>Gives the named lists of a rule set.</summary>
internal interface IListSource
{
    /// <summary>The list, or why there is none.</summary>
    (NamedList? List, string? Error) Get(string name);
}

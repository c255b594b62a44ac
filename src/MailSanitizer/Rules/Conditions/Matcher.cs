using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using MailSanitizer.Mail.Signatures;
using MailSanitizer.Rules.Facts;

namespace MailSanitizer.Rules.Conditions;

/// <summary>What one value must be.</summary>
internal abstract class Matcher
{
    /// <summary>Cost of 64 characters, beside a comparison of words.</summary>
    public virtual int Cost => 1;

    public abstract bool Matches(FactValue value, FactView view);

    /// <summary>As it stands in a rule, on one line.</summary>
    public abstract override string ToString();
}

/// <summary>One of some texts; case never matters.</summary>
internal sealed class EqualsAny(IReadOnlyList<string> texts) : Matcher
{
    private readonly HashSet<string> _texts = new(texts, StringComparer.OrdinalIgnoreCase);

    public IReadOnlyCollection<string> Texts => _texts;

    public override bool Matches(FactValue value, FactView view) => _texts.Contains(value.Text);

    public override string ToString() => texts.Count == 1 ? Quoted.Of(texts[0]) : $"[{string.Join(", ", texts.Select(Quoted.Of))}]";
}

/// <summary>How text is compared.</summary>
internal enum TextTest
{
    Contains,
    Prefix,
    Suffix,
}

/// <summary>Contains, begins with, ends in any of some texts; case never matters.</summary>
internal sealed class TextMatcher(TextTest test, IReadOnlyList<string> texts) : Matcher
{
    public override int Cost => test == TextTest.Contains ? 2 * texts.Count : 0;

    public override bool Matches(FactValue value, FactView view)
    {
        foreach (string text in texts)
        {
            bool match = test switch
            {
                TextTest.Contains => value.Text.Contains(text, StringComparison.OrdinalIgnoreCase),
                TextTest.Prefix => value.Text.StartsWith(text, StringComparison.OrdinalIgnoreCase),
                _ => value.Text.EndsWith(text, StringComparison.OrdinalIgnoreCase),
            };
            if (match) return true;
        }

        return false;
    }

    public override string ToString() => $"{{ {test.ToString().ToLowerInvariant()}: {Quoted.List(texts)} }}";
}

/// <summary>A pattern: glob or regular expression, both on an engine whose time is linear in the text.</summary>
internal sealed class PatternMatcher(string word, string pattern, Regex regex) : Matcher
{
    /// <summary>Longest pattern (characters). Origin: product decision; the engine's automaton grows with it. At it: an error of the rule file.</summary>
    public const int PatternLimit = 1000;

    public override int Cost => 4;

    public override bool Matches(FactValue value, FactView view)
    {
        view.Meter.Charge(15);
        return regex.IsMatch(value.Text);
    }

    public override string ToString() => $"{{ {word}: {Quoted.Of(pattern)} }}";

    /// <summary>The matcher, or why there is none.</summary>
    public static (Matcher? Matcher, string? Error) Of(string word, string pattern)
    {
        if (pattern.Length > PatternLimit) return (null, $"the pattern is longer than {PatternLimit} characters");
        string expression = word == "regex" ? pattern : $@"\A{Regex.Escape(pattern).Replace(@"\*", ".*", StringComparison.Ordinal).Replace(@"\?", ".", StringComparison.Ordinal)}\z";
        RegexOptions options = RegexOptions.NonBacktracking | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | (word == "glob" ? RegexOptions.Singleline : RegexOptions.None);
        try
        {
            // The engine refuses automata that would grow too large (a{1000}{1000}).
            return (new PatternMatcher(word, pattern, new Regex(expression, options, Regex.InfiniteMatchTimeout)), null);
        }
        catch (ArgumentException wrong)
        {
            return (null, $"no valid pattern: {wrong.Message}");
        }
        catch (NotSupportedException unsupported)
        {
            return (null, $"the pattern cannot be matched in linear time: {unsupported.Message}");
        }
    }
}

/// <summary>A domain or one below it.</summary>
internal sealed class UnderMatcher(IReadOnlyList<string> domains) : Matcher
{
    public override bool Matches(FactValue value, FactView view) => domains.Any(domain => DomainName.IsWithin(value.Text, domain));

    public override string ToString() => $"{{ under: {Quoted.List(domains)} }}";
}

/// <summary>Looks like one of some domains and is none of them.</summary>
internal sealed class LooksLikeMatcher(IReadOnlyList<string> domains, string shown) : Matcher
{
    public override int Cost => domains.Count;

    public override bool Matches(FactValue value, FactView view)
    {
        view.Meter.Charge(domains.Count);
        return LookAlike.Of(value.Text, domains) is not null;
    }

    public override string ToString() => $"{{ looks-like: {shown} }}";
}

/// <summary>Looks like a domain that is a value of another fact, and is none of them.</summary>
internal sealed class LooksLikeFactMatcher(FactReference other) : Matcher
{
    public FactReference Other => other;

    public override bool Matches(FactValue value, FactView view)
    {
        string[] domains = [.. other.Values(view).Select(one => one.Text).Where(text => text.Length > 0)];
        return domains.Length > 0 && LookAlike.Of(value.Text, domains) is not null;
    }

    public override string ToString() => $"{{ looks-like: {{ fact: {other.Name} }} }}";
}

/// <summary>Has something to do, or nothing to do, with the values of another fact. Domains agree when one lies in the other.</summary>
internal sealed class OtherFactMatcher(FactReference other, FactType type, bool same) : Matcher
{
    public FactReference Other => other;

    public override bool Matches(FactValue value, FactView view)
    {
        // Compared with nothing, a value neither differs nor agrees.
        IReadOnlyList<FactValue> others = other.Values(view);
        if (others.Count == 0) return false;
        bool agrees = false;
        foreach (FactValue one in others) agrees |= Agree(value.Text, one.Text);
        return agrees == same;
    }

    public override string ToString() => $"{{ {(same ? "same-as" : "differs-from")}: {other.Name} }}";

    private bool Agree(string left, string right) => type == FactType.Domain
        ? DomainName.IsWithin(left, right) || DomainName.IsWithin(right, left)
        : string.Equals(left, right, StringComparison.OrdinalIgnoreCase);
}

/// <summary>Lies in one of some networks.</summary>
internal sealed class NetworkMatcher(IReadOnlyList<IPNetwork> networks) : Matcher
{
    public override int Cost => 0;

    public override bool Matches(FactValue value, FactView view) => value.Item is IPAddress address && networks.Any(network => network.Contains(address));

    public override string ToString() => $"{{ network: [{string.Join(", ", networks)}] }}";
}

/// <summary>A number within bounds. <paramref name="around"/>: a span of the day that goes over midnight.</summary>
internal sealed class RangeMatcher(double least, double most, bool openBelow, bool openAbove, bool around, string shown) : Matcher
{
    public override bool Matches(FactValue value, FactView view)
    {
        if (value.IsUnclear) return false;
        bool above = openBelow ? value.Number > least : value.Number >= least;
        bool below = openAbove ? value.Number < most : value.Number <= most;
        return around ? above || below : above && below;
    }

    public override string ToString() => shown;
}

/// <summary>Stands in a list from a file.</summary>
internal sealed class ListMatcher(NamedList list, FactType type) : Matcher
{
    public string Name => list.Name;

    public override int Cost => 0;

    public override bool Matches(FactValue value, FactView view) => list.Contains(value, type);

    public override string ToString() => $"{{ list: {list.Name} }}";
}

/// <summary>Any value: the fact is there.</summary>
internal sealed class ExistsMatcher : Matcher
{
    public override bool Matches(FactValue value, FactView view) => true;

    public override string ToString() => "{ exists: true }";
}

/// <summary>Several operators on the same value: all must match.</summary>
internal sealed class EachMatcher(IReadOnlyList<Matcher> matchers) : Matcher
{
    public IReadOnlyList<Matcher> Matchers => matchers;

    public override int Cost => matchers.Sum(matcher => matcher.Cost);

    public override bool Matches(FactValue value, FactView view) => matchers.All(matcher => matcher.Matches(value, view));

    public override string ToString() => $"{{ {string.Join(", ", matchers.Select(matcher => matcher.ToString() is ['{', ' ', .. string inner, ' ', '}'] ? inner : $"equals: {matcher}"))} }}";
}

/// <summary>A list that mixes words and operators: one must match.</summary>
internal sealed class SomeMatcher(IReadOnlyList<Matcher> matchers) : Matcher
{
    public IReadOnlyList<Matcher> Matchers => matchers;

    public override int Cost => matchers.Sum(matcher => matcher.Cost);

    public override bool Matches(FactValue value, FactView view) => matchers.Any(matcher => matcher.Matches(value, view));

    public override string ToString() => $"[{string.Join(", ", matchers)}]";
}

/// <summary>Conditions on the fields of a finding, a scan or a link: all on the same one.</summary>
internal sealed class ItemMatcher(IReadOnlyList<KeyValuePair<ItemField, Matcher>> fields) : Matcher
{
    public IReadOnlyList<KeyValuePair<ItemField, Matcher>> Fields => fields;

    public override int Cost => fields.Sum(one => one.Value.Cost);

    public override bool Matches(FactValue value, FactView view)
    {
        foreach ((ItemField field, Matcher matcher) in fields)
        {
            if (field.Read(value.Item!) is not { } text || !matcher.Matches(FactValue.Of(text), view)) return false;
        }

        return true;
    }

    public override string ToString() => $"{{ {string.Join(", ", fields.Select(field => $"{field.Key.Name}: {field.Value}"))} }}";
}

/// <summary>Text as YAML takes it back.</summary>
internal static class Quoted
{
    public static string Of(string text) =>
        text.Length > 0 && text.All(one => char.IsAsciiLetterOrDigit(one) || one is '.' or '-' or '_' or '@' or '/') && !IsOther(text)
            ? text
            : $"\"{string.Concat(text.Select(Escaped))}\"";

    public static string List(IReadOnlyList<string> texts) => texts.Count == 1 ? Of(texts[0]) : $"[{string.Join(", ", texts.Select(Of))}]";

    // What the core schema takes for something else than text, or YAML for a mark of its own.
    private static bool IsOther(string text) =>
        text[0] is '-' or '.' or '@' || char.IsAsciiDigit(text[0]) || text.ToLowerInvariant() is "true" or "false" or "yes" or "no" or "on" or "off" or "null" or "y" or "n" or "inf" or "nan";

    private static string Escaped(char one) => one switch
    {
        '"' => "\\\"",
        '\\' => "\\\\",
        < ' ' or (char)0x7F or (char)0x85 or (char)0xA0 or (char)0x2028 or (char)0x2029 or (char)0xFEFF or (>= (char)0xD800 and <= (char)0xDFFF) or (>= (char)0x80 and <= (char)0x9F) or (>= (char)0xFFFE) => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)one:X4}"),
        _ => one.ToString(),
    };
}

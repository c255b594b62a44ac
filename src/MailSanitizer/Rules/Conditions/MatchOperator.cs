using MailSanitizer.Rules.Facts;

namespace MailSanitizer.Rules.Conditions;

/// <summary>What stands behind an operator.</summary>
internal enum Operand
{
    /// <summary>A value of the fact's type, or a list of them (any of).</summary>
    Values,

    /// <summary>A text or a list of texts, whatever the fact's type.</summary>
    Texts,

    /// <summary>A pattern or a list of patterns.</summary>
    Patterns,

    /// <summary>A domain or a list of domains.</summary>
    Domains,

    /// <summary>Domains, or <c>{ list: NAME }</c>.</summary>
    DomainsOrList,

    /// <summary>A network or a list of networks.</summary>
    Networks,

    /// <summary>Name of a list.</summary>
    ListName,

    /// <summary>Name of another fact.</summary>
    FactName,

    /// <summary>One value.</summary>
    Bound,

    /// <summary>Two values.</summary>
    Bounds,

    /// <summary>True or false.</summary>
    Flag,

    /// <summary>Whatever a condition may say.</summary>
    Condition,
}

/// <summary>One operator: the only place that says what there is; loader, schema and reference page are made from it.</summary>
internal sealed record MatchOperator(string Name, Operand Operand, string Doc, params FactType[] Types)
{
    private static readonly FactType[] Textual = [FactType.Text, FactType.Domain, FactType.Address];

    private static readonly FactType[] Measured = [FactType.Number, FactType.Size, FactType.Duration, FactType.TimeOfDay];

    private static readonly FactType[] Plain = [FactType.Text, FactType.Word, FactType.Domain, FactType.Address, FactType.Ip, FactType.Number, FactType.Size, FactType.Duration, FactType.TimeOfDay, FactType.Hash];

    /// <summary>All of them, in the order of the reference page.</summary>
    public static IReadOnlyList<MatchOperator> All { get; } =
    [
        new("equals", Operand.Values, "Is that value, or one of a list. The same as the bare value.", Plain),
        new("any-of", Operand.Values, "Is one of a list.", Plain),
        new("contains", Operand.Texts, "Has that text in it, or one of a list.", Textual),
        new("prefix", Operand.Texts, "Begins with it.", Textual),
        new("suffix", Operand.Texts, "Ends in it.", Textual),
        new("glob", Operand.Patterns, "Is as the pattern says as a whole: * stands for any text, ? for one character.", Textual),
        new("regex", Operand.Patterns, "Has in it what the expression says (.NET syntax without look-around and back-references; linear time; at most 1,000 characters). (?-i) turns case on.", Textual),
        new("under", Operand.Domains, "Is that domain or lies below it.", FactType.Domain),
        new("looks-like", Operand.DomainsOrList, "Is made to be taken for one of these domains and is neither it nor below it: domains, { list: NAME }, or { fact: NAME } for the values of another fact.", FactType.Domain),
        new("differs-from", Operand.FactName, "Has nothing to do with the values of that fact; false when that fact is missing. Domains agree when one lies below the other.", Textual),
        new("same-as", Operand.FactName, "Agrees with a value of that fact.", Textual),
        new("network", Operand.Networks, "Lies in that network, or one of a list.", FactType.Ip),
        new("list", Operand.ListName, "Stands in the list lists/NAME.txt.", FactType.Text, FactType.Domain, FactType.Address, FactType.Ip, FactType.Hash),
        new("over", Operand.Bound, "Is more.", Measured),
        new("at-least", Operand.Bound, "Is as much or more.", Measured),
        new("below", Operand.Bound, "Is less.", Measured),
        new("at-most", Operand.Bound, "Is as much or less.", Measured),
        new("between", Operand.Bounds, "Lies between two values, both included; times of day may go over midnight.", Measured),
        new("exists", Operand.Flag, "There is a value at all (true), or none (false). Stands alone.", Enum.GetValues<FactType>()),
        new("not", Operand.Condition, "The rest does not hold: the same as not: { fact: … }. Stands alone.", Enum.GetValues<FactType>()),
    ];

    /// <summary>The operators that fit a type.</summary>
    public static IReadOnlyList<MatchOperator> Of(FactType type) => [.. All.Where(one => one.Types.Contains(type))];
}

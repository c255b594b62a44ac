namespace MailSanitizer.Rules.Conditions;

/// <summary>Three values (Kleene): what cannot be told is neither. The order makes "and" the least and "or" the greatest.</summary>
public enum Truth
{
    /// <summary>It does not hold.</summary>
    False,

    /// <summary>It cannot be told: a value is missing, cut, unparsable, ambiguous.</summary>
    Unknown,

    /// <summary>It holds.</summary>
    True,
}

/// <summary>
/// How a condition is asked. Whatever a stranger adds to a message must never let it out of a rule: so in <c>when</c> one matching value suffices (and under <c>not</c>
/// one that does not match), and in <c>unless</c> every value has to match, and must be there and be clear.
/// </summary>
internal readonly record struct Asking(bool Strict, bool Negated)
{
    public static Asking When { get; } = new(false, false);

    public static Asking Unless { get; } = new(true, false);

    public Asking Not => this with { Negated = !Negated };
}

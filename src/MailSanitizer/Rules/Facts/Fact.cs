namespace MailSanitizer.Rules.Facts;

/// <summary>What kind of values a fact has, and with it the operators that fit.</summary>
public enum FactType
{
    /// <summary>Free text.</summary>
    Text,

    /// <summary>One of a few words.</summary>
    Word,

    /// <summary>A domain name.</summary>
    Domain,

    /// <summary>A mail address.</summary>
    Address,

    /// <summary>An IP address.</summary>
    Ip,

    /// <summary>A count.</summary>
    Number,

    /// <summary>Bytes.</summary>
    Size,

    /// <summary>A span of time.</summary>
    Duration,

    /// <summary>A time of day.</summary>
    TimeOfDay,

    /// <summary>True or false.</summary>
    Flag,

    /// <summary>A SHA-256.</summary>
    Hash,

    /// <summary>A finding.</summary>
    Finding,

    /// <summary>A scan.</summary>
    Scan,

    /// <summary>A link.</summary>
    Link,
}

/// <summary>What a fact is a fact of.</summary>
public enum FactScope
{
    /// <summary>The message: the same for every part and recipient.</summary>
    Message,

    /// <summary>One part.</summary>
    Part,

    /// <summary>One recipient.</summary>
    Recipient,
}

/// <summary>Who can make a fact say what they like.</summary>
public enum FactTrust
{
    /// <summary>We found it out ourselves.</summary>
    Ours,

    /// <summary>Any sender can write it: an exception on it needs an authentication condition beside it.</summary>
    Claimed,

    /// <summary>The result of authentication itself.</summary>
    Proof,
}

/// <summary>One row of the table of facts: the only place that says what a rule may ask. Loader, schema, reference page, <c>explain</c> and tests are made from it.</summary>
/// <param name="Name">As rules write it; ends in <c>.*</c> where a word of the rule's choice follows.</param>
/// <param name="Type">Its type.</param>
/// <param name="Scope">Its scope.</param>
/// <param name="Doc">For the reference page.</param>
internal sealed record Fact(string Name, FactType Type, FactScope Scope, string Doc)
{
    /// <summary>Reads the values. The text is what stands for the star of <see cref="Name"/>.</summary>
    public required Func<FactView, string, IReadOnlyList<FactValue>> Read { get; init; }

    /// <summary>Whose word it is.</summary>
    public FactTrust Trust { get; init; } = FactTrust.Ours;

    /// <summary>The words, for <see cref="FactType.Word"/>.</summary>
    public IReadOnlyList<string> Words { get; init; } = [];

    /// <summary>Known before the walk: a rule with <c>passwords</c> may ask it.</summary>
    public bool IsEarly { get; init; }

    /// <summary>For the reference page: a condition on it.</summary>
    public required string Example { get; init; }

    /// <summary>Place in the table.</summary>
    public int Number { get; init; }

    /// <summary>Whether a word of the rule's choice ends its name.</summary>
    public bool IsOpen => Name.EndsWith(".*", StringComparison.Ordinal);
}

/// <summary>A fact as one condition asks for it.</summary>
/// <param name="Fact">The row.</param>
/// <param name="Name">As the rule wrote it.</param>
/// <param name="Argument">What stood for the star, lower case; else empty.</param>
internal sealed record FactReference(Fact Fact, string Name, string Argument)
{
    public IReadOnlyList<FactValue> Values(FactView view) => view.Values(this);
}

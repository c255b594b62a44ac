using MailSanitizer.Content;
using MailSanitizer.Mail;

namespace MailSanitizer.Rules.Facts;

/// <summary>
/// What a condition looks at: a message, one recipient of it, and, inside a condition on parts, one part. Values are read once each: those of the message and of the
/// recipient for as long as the view lives, those of a part until the next part is entered.
/// </summary>
internal sealed class FactView(MessageIndex index, int recipient, RuleSetOptions options, EvaluationMeter meter)
{
    private readonly IReadOnlyList<FactValue>?[] _values = new IReadOnlyList<FactValue>?[FactTable.All.Count];
    private readonly Dictionary<string, IReadOnlyList<FactValue>> _open = new(StringComparer.Ordinal);
    private readonly IReadOnlyList<FactValue>?[] _ofPart = new IReadOnlyList<FactValue>?[FactTable.All.Count];

    public MessageIndex Index => index;

    public MessageFacts Message => index.Facts;

    public RuleSetOptions Options => options;

    public EvaluationMeter Meter => meter;

    /// <summary>The recipient's place in the envelope.</summary>
    public int RecipientAt => recipient;

    public Recipient Recipient => index.Facts.Envelope.Recipients[recipient];

    public Direction Direction => recipient < index.Facts.Directions.Count ? index.Facts.Directions[recipient] : Direction.Inbound;

    /// <summary>The part that conditions on parts mean now; null outside of them.</summary>
    public PartFact? Part { get; private set; }

    /// <summary>Goes to another part; returns the one before, to be gone back to.</summary>
    public PartFact? Enter(PartFact? part)
    {
        PartFact? before = Part;
        if (ReferenceEquals(before, part)) return before;
        Part = part;
        Array.Clear(_ofPart);
        return before;
    }

    public IReadOnlyList<FactValue> Values(FactReference reference)
    {
        Fact fact = reference.Fact;
        if (fact.Scope == FactScope.Part) return Part is null ? [] : _ofPart[fact.Number] ??= fact.Read(this, "");
        if (!fact.IsOpen) return _values[fact.Number] ??= fact.Read(this, "");
        if (!_open.TryGetValue(reference.Name, out IReadOnlyList<FactValue>? values)) _open[reference.Name] = values = fact.Read(this, reference.Argument);
        return values;
    }
}

/// <summary>
/// Counts what conditions cost, so that ten thousand parts under a thousand rules end (promise 6). Counted, not timed: the same facts always give the same decision.
/// </summary>
internal sealed class EvaluationMeter
{
    /// <summary>Comparisons that rules may cost for one message (count; a long text counts more). Origin: half a second on one core. At it: <c>over-rules</c>.</summary>
    public const long Limit = 4_000_000;

    private long _spent;

    public bool IsEmpty => _spent > Limit;

    public long Spent => _spent;

    public void Charge(long cost) => _spent += cost;
}

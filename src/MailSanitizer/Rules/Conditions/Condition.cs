using MailSanitizer.Content;
using MailSanitizer.Rules.Facts;

namespace MailSanitizer.Rules.Conditions;

/// <summary>One condition of a rule.</summary>
internal abstract class Condition
{
    /// <summary>Where it stands, for <c>explain</c> and <c>check</c>.</summary>
    public long Line { get; init; }

    /// <summary>Column of <see cref="Line"/>.</summary>
    public long Column { get; init; }

    /// <summary>Conditions inside.</summary>
    public virtual IReadOnlyList<Condition> Inner => [];

    /// <summary>Whether it is about the part that the rule hits: asks a fact of a part outside of <c>any-part</c> and <c>all-parts</c>.</summary>
    public virtual bool IsAboutPart => Inner.Any(inner => inner.IsAboutPart);

    public abstract Truth Holds(FactView view, Asking asking);

    /// <summary>As it stands in a rule, on one line.</summary>
    public abstract override string ToString();

    /// <summary>Itself and everything inside.</summary>
    public IEnumerable<Condition> All()
    {
        yield return this;
        foreach (Condition inner in Inner) foreach (Condition below in inner.All()) yield return below;
    }
}

/// <summary>A fact and what its values must be.</summary>
internal sealed class FactCondition(FactReference fact, Matcher matcher) : Condition
{
    public FactReference Fact => fact;

    public Matcher Matcher => matcher;

    public override bool IsAboutPart => fact.Fact.Scope == FactScope.Part;

    public override Truth Holds(FactView view, Asking asking)
    {
        IReadOnlyList<FactValue> values = fact.Values(view);
        if (asking.Strict) return Strictly(values, view);
        return asking.Negated ? Every(values, view) : Any(values, view);
    }

    public override string ToString() => $"{fact.Name}: {matcher}";

    private bool Matches(FactValue value, FactView view)
    {
        view.Meter.Charge(1 + (value.Text.Length / 64 * matcher.Cost));
        return matcher.Matches(value, view);
    }

    private Truth Any(IReadOnlyList<FactValue> values, FactView view)
    {
        Truth truth = Truth.False;
        foreach (FactValue value in values)
        {
            if (Matches(value, view)) return Truth.True;
            if (value.IsUnclear) truth = Truth.Unknown;
        }

        return truth;
    }

    // Under "not": a value added beside must not undo the others.
    private Truth Every(IReadOnlyList<FactValue> values, FactView view)
    {
        if (values.Count == 0) return Truth.False;
        Truth truth = Truth.True;
        foreach (FactValue value in values)
        {
            if (value.IsUnclear) truth = Truth.Unknown;
            else if (!Matches(value, view)) return Truth.False;
        }

        return truth;
    }

    private Truth Strictly(IReadOnlyList<FactValue> values, FactView view)
    {
        bool some = false, others = false;
        foreach (FactValue value in values)
        {
            if (value.IsUnclear) return Truth.Unknown;
            if (Matches(value, view)) some = true;
            else others = true;
        }

        return some == others ? Truth.Unknown : some ? Truth.True : Truth.False;
    }
}

/// <summary>All hold.</summary>
internal sealed class AllOf(IReadOnlyList<Condition> inner) : Condition
{
    public override IReadOnlyList<Condition> Inner => inner;

    public override Truth Holds(FactView view, Asking asking)
    {
        Truth least = Truth.True;
        foreach (Condition one in inner)
        {
            Truth truth = one.Holds(view, asking);
            if (truth < least) least = truth;
            if (least == Truth.False) break;
        }

        return least;
    }

    public override string ToString() => inner.Count == 1 ? inner[0].ToString() : $"{{ {string.Join(", ", inner)} }}";
}

/// <summary>Any holds.</summary>
internal sealed class AnyOf(IReadOnlyList<Condition> inner) : Condition
{
    public override IReadOnlyList<Condition> Inner => inner;

    public override Truth Holds(FactView view, Asking asking)
    {
        Truth most = Truth.False;
        foreach (Condition one in inner)
        {
            Truth truth = one.Holds(view, asking);
            if (truth > most) most = truth;
            if (most == Truth.True) break;
        }

        return most;
    }

    public override string ToString() => $"any: [{string.Join(", ", inner)}]";
}

/// <summary>It does not hold; what cannot be told stays so.</summary>
internal sealed class Not(Condition inner) : Condition
{
    private readonly Condition[] _inner = [inner];

    public override IReadOnlyList<Condition> Inner => _inner;

    public override Truth Holds(FactView view, Asking asking) => inner.Holds(view, asking.Not) switch
    {
        Truth.True => Truth.False,
        Truth.False => Truth.True,
        _ => Truth.Unknown,
    };

    public override string ToString() => $"not: {{ {inner} }}";
}

/// <summary>Conditions on a part of its own, not on the one that the rule hits: on some part, or on every part.</summary>
internal sealed class OnParts(Condition inner, bool every) : Condition
{
    private readonly Condition[] _inner = [inner];

    public bool IsEvery => every;

    public override IReadOnlyList<Condition> Inner => _inner;

    public override bool IsAboutPart => false;

    public override Truth Holds(FactView view, Asking asking)
    {
        Truth truth = every ? Truth.True : Truth.False;
        PartFact? before = view.Part;
        foreach (PartFact part in view.Message.Parts)
        {
            // The message itself is no part of itself: its size is not the size of an attachment.
            if (part.Path.Length == 0) continue;
            if (view.Meter.IsEmpty)
            {
                truth = Truth.Unknown;
                break;
            }

            view.Enter(part);
            view.Meter.Charge(1);
            Truth one = inner.Holds(view, asking);
            truth = every ? (Truth)Math.Min((int)truth, (int)one) : (Truth)Math.Max((int)truth, (int)one);
            if (truth == (every ? Truth.False : Truth.True)) break;
        }

        view.Enter(before);
        return truth;
    }

    public override string ToString() => $"{(every ? "all-parts" : "any-part")}: {{ {inner} }}";
}

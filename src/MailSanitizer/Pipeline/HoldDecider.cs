using MailSanitizer.Content;
using MailSanitizer.Mail;

namespace MailSanitizer.Pipeline;

/// <summary>
/// The floor of locked content where holding is configured: a message that would go to quarantine for nothing but locks waits for its password instead. What a rule decided is left alone.
/// </summary>
public sealed class HoldDecider(IDecider inner, Func<HoldOrder> order) : IDecider
{
    /// <inheritdoc/>
    public Decision Decide(MessageFacts facts)
    {
        Decision decision = inner.Decide(facts);
        HoldOrder now = order();
        if (now.WholeFor <= TimeSpan.Zero && now.KeepFor <= TimeSpan.Zero) return decision;
        return decision with { Branches = [.. decision.Branches.Select(branch => IsOnlyLocked(branch) ? Held(branch, facts, now) : branch)] };
    }

    private static bool IsOnlyLocked(Branch branch) => branch.Disposition == Disposition.Quarantine && branch.Reasons.Count > 0
        && branch.Reasons.All(reason => reason.StartsWith("floor:", StringComparison.Ordinal) && FindingKinds.Find(reason["floor:".Length..])?.Class == FindingClass.Locked);

    // What else is in the message keeps its floor: it goes on without the locked part, and then the rest of it must be disarmed.
    private static Branch Held(Branch branch, MessageFacts facts, HoldOrder order)
    {
        Dictionary<string, PartFact> parts = facts.Parts.ToDictionary(part => part.Path, StringComparer.Ordinal);
        IEnumerable<PartFact> active = facts.Findings.Where(finding => FindingKinds.Find(finding.Kind)?.Floor == Floor.Disarm && parts.ContainsKey(finding.Path)).Select(finding => parts[finding.Path]).DistinctBy(part => part.Path);
        return branch with
        {
            Disposition = Disposition.Hold,
            Hold = order,
            Treatments = branch.Treatments.Count > 0 ? branch.Treatments : [.. active.Select(part => new Treatment(part.Path, part.Sha256, TreatmentKind.Disarm))],
        };
    }
}

using MailSanitizer.Content;
using MailSanitizer.Mail;

namespace MailSanitizer.Pipeline;

/// <summary>
/// Decides by the floors alone (DESIGN.md, promise 3): what an empty rule set does. Infected, not scanned and not looked at go to quarantine, active content is disarmed, the rest goes on.
/// </summary>
public sealed class FloorDecider : IDecider
{
    /// <inheritdoc/>
    public Decision Decide(MessageFacts facts)
    {
        List<string> quarantine = [];
        Dictionary<string, PartFact> parts = facts.Parts.ToDictionary(part => part.Path, StringComparer.Ordinal);
        Dictionary<string, Treatment> treatments = new(StringComparer.Ordinal);
        foreach (FindingFact finding in facts.Findings)
        {
            switch (FindingKinds.Find(finding.Kind)?.Floor ?? Floor.Quarantine)
            {
                case Floor.Quarantine:
                    quarantine.Add($"floor:{finding.Kind}");
                    break;
                case Floor.Disarm when parts.TryGetValue(finding.Path, out PartFact? part):
                    treatments[part.Path] = new Treatment(part.Path, part.Sha256, TreatmentKind.Disarm);
                    break;
                case Floor.Disarm:
                    quarantine.Add($"floor:{finding.Kind}");
                    break;
                default:
                    break;
            }
        }

        Branch branch = quarantine.Count > 0
            ? new Branch { Recipients = facts.Envelope.Recipients, Disposition = Disposition.Quarantine, Reasons = [.. quarantine.Distinct(StringComparer.Ordinal)] }
            : new Branch
            {
                Recipients = facts.Envelope.Recipients,
                Disposition = Disposition.Deliver,
                Treatments = [.. treatments.Values],
                Reasons = [.. facts.Findings.Where(finding => treatments.ContainsKey(finding.Path)).Select(finding => $"floor:{finding.Kind}").Distinct(StringComparer.Ordinal)],
            };
        return new Decision { Branches = [branch], RuleSetHash = "floor" };
    }
}

using MailSanitizer.Content;
using MailSanitizer.Holding;
using MailSanitizer.Mail;

namespace MailSanitizer.Pipeline;

/// <summary>Which attachments of a message wait behind a lock, and what is done with them when it goes on without them.</summary>
internal static class LockedParts
{
    /// <summary>The attachments (children of a message) in or below which something is locked, in their order; empty when the lock is the message's own.</summary>
    public static IReadOnlyList<PartFact> Of(MessageFacts facts)
    {
        Dictionary<string, PartFact> parts = facts.Parts.ToDictionary(part => part.Path, StringComparer.Ordinal);
        HashSet<string> locked = new(StringComparer.Ordinal);
        foreach (FindingFact finding in facts.Findings)
        {
            if (FindingKinds.Find(finding.Kind)?.Class != FindingClass.Locked) continue;
            if (Attachment(parts, finding.Path) is { } attachment) locked.Add(attachment.Path);
        }

        return [.. facts.Parts.Where(part => locked.Contains(part.Path))];
    }

    /// <summary>As they stand in a note.</summary>
    public static IReadOnlyList<WaitingPart> Waiting(MessageFacts facts) => [.. Of(facts).Select(part => new WaitingPart(part.Path, part.Name))];

    /// <summary>The branch's treatments with a notice in place of the locked attachments; what was ordered in or below those is settled by it.</summary>
    public static IReadOnlyList<Treatment> Replaced(Branch branch, IReadOnlyList<PartFact> locked, Guid id, DateTimeOffset until) =>
    [
        .. branch.Treatments.Where(treatment => !locked.Any(part => treatment.Path == part.Path || treatment.Path.StartsWith(part.Path + "/", StringComparison.Ordinal))),
        .. locked.Select(part => new Treatment(part.Path, part.Sha256, TreatmentKind.Replace) { Notice = HoldText.InPlace(part.Name, id, until) }),
    ];

    // An archive in an archive goes as a whole with the attachment that holds it.
    private static PartFact? Attachment(Dictionary<string, PartFact> parts, string path)
    {
        if (!parts.TryGetValue(path, out PartFact? part)) return null;
        while (part.Parent is { } parent)
        {
            if (!parts.TryGetValue(parent, out PartFact? above)) return null;
            if (above.Format == "eml" || above.Path.Length == 0) return part;
            part = above;
        }

        return null;
    }
}

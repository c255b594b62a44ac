using MailSanitizer.Mail;

namespace MailSanitizer.Pipeline;

/// <summary>
/// Fits a decision to the wire (DESIGN.md, "Direction and place"): on SMTP one reply covers all recipients; after the queue a reject would bounce to a forged sender.
/// </summary>
public static class BranchRules
{
    /// <summary>The branches that will be acted on, split so that each has one direction for sealing.</summary>
    public static IReadOnlyList<Branch> ForWire(Decision decision, MessageFacts facts, ReceivedMessage message)
    {
        List<Branch> branches = [];
        bool allRejected = decision.Branches.All(branch => branch.Disposition == Disposition.Reject);
        Dictionary<string, Direction> directions = new(StringComparer.Ordinal);
        for (int at = 0; at < facts.Envelope.Recipients.Count; at++) directions[facts.Envelope.Recipients[at].Address] = facts.Directions[at];
        foreach (Branch branch in decision.Branches)
        {
            foreach (IGrouping<bool, Recipient> group in branch.Recipients.GroupBy(recipient => directions[recipient.Address] == Direction.Outbound))
            {
                Branch part = branch with { Recipients = [.. group] };
                if (part.Disposition == Disposition.Reject && Forbidden(message, facts, group.Key, allRejected) is { } why)
                    part = part with { Disposition = Disposition.Quarantine, Reasons = [.. part.Reasons, why] };
                branches.Add(part);
            }
        }

        return branches;
    }

    private static string? Forbidden(ReceivedMessage message, MessageFacts facts, bool outbound, bool allRejected)
    {
        if (!message.Envelope.IsLmtp && !allRejected) return "reject-became-quarantine: other recipients of the same SMTP transaction get it";
        if (message.Listener.Mode == "before-queue" || outbound) return null;
        return facts.Authentication.Result("spf") == "pass" || facts.Authentication.Result("dmarc") == "pass"
            ? null
            : "reject-became-quarantine: behind the queue it would bounce to an unproven sender";
    }
}

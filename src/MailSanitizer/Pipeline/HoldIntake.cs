using MailSanitizer.Holding;
using MailSanitizer.Mail;
using MailSanitizer.Storage;

namespace MailSanitizer.Pipeline;

/// <summary>The door of the hold: lets a copy wait only where something can come for it and where the quotas of promise 12 have room.</summary>
public sealed class HoldIntake(IHoldQuota quota, Correspondences correspondences, TimeProvider time)
{
    private const string Nobody = "<>";

    /// <summary>The branch as it can be done: a hold that may not be becomes quarantine, and its reader is told at once.</summary>
    public async Task<Branch> AdmitAsync(ReceivedMessage message, MessageFacts facts, Branch branch, CancellationToken cancellation)
    {
        if (branch is not { Disposition: Disposition.Hold, Hold: not null }) return branch;
        // A sandbox's verdict comes whoever sent it.
        string? sender = correspondences.SenderOf(message, facts.Authentication) ?? (branch.Hold.For == "sandbox" ? Nobody : null);
        if (sender is null) return Kept(branch, "no-hold: a mail that nobody sent waits for nobody");
        return await quota.ExceededByAsync(sender, message.Envelope.For(branch.Recipients), message.Original.Length, cancellation) is { } exceeded ? Kept(branch, $"no-hold: quota of the {exceeded}") : branch;
    }

    /// <summary>What is stored of a held copy: the row, with the note that lets it be decided again.</summary>
    public StoredMessage Row(ReceivedMessage message, MessageFacts facts, Branch branch, Guid id, IReadOnlyList<Recipient> recipients)
    {
        DateTimeOffset now = time.GetUtcNow();
        HoldOrder order = branch.Hold!;
        string sender = correspondences.SenderOf(message, facts.Authentication) ?? Nobody;
        HoldNote note = new()
        {
            Order = order,
            Sender = sender,
            // The findings of authentication stay with the facts; those of the walk are found again.
            Authentication = facts.Authentication,
            Listener = message.Listener,
            ReceivedAt = message.ReceivedAt,
            HasBareCrOrLf = message.HasBareCrOrLf,
            Parts = LockedParts.Waiting(facts),
        };
        return new StoredMessage
        {
            Id = id,
            State = StoredState.HeldWhole,
            StoredAt = now,
            DueAt = message.ReceivedAt + order.WholeFor,
            Reasons = branch.Reasons,
            Envelope = message.Envelope.For(recipients),
            Correspondence = sender,
            Size = message.Original.Length,
            Sha256 = message.Original.Sha256,
            Note = note.Write(),
        };
    }

    private static Branch Kept(Branch branch, string why) => branch with { Disposition = Disposition.Quarantine, Hold = null, Reasons = [.. branch.Reasons, why] };
}

using System.Text.Json.Nodes;
using MailSanitizer.Mail;
using MailSanitizer.Storage;

namespace MailSanitizer.Pipeline;

/// <summary>
/// Acts on the branches of a decided message: what is kept goes into the store first, since it can fail without harm, then the copies go to the next hop.
/// Whatever is done for a recipient is remembered, so that the MTA's retry of the rest repeats nothing (promise 1).
/// </summary>
public sealed class BranchDelivery(
    INextHop nextHop,
    string nextHopName,
    CopySealer sealer,
    StoredCopies stored,
    IOutbox outbox,
    IHandoverMemory memory,
    IAuditTrail audit)
{
    /// <summary>Acts; one reply for each recipient of the branches.</summary>
    public async Task<IReadOnlyDictionary<string, SmtpReply>> ActAsync(
        ReceivedMessage message, Assessment assessment, IReadOnlyList<BranchCopy> copies, JsonObject report, int earlierPasses, CancellationToken cancellation)
    {
        Dictionary<string, SmtpReply> replies = new(StringComparer.Ordinal);
        List<BranchCopy> kept = [.. copies.Where(copy => copy.Branch.Disposition is Disposition.Quarantine or Disposition.Hold)];
        if (kept.Count > 0) await stored.KeepAsync(message, assessment, kept, report, cancellation);
        foreach (Recipient recipient in kept.SelectMany(copy => copy.Branch.Recipients)) replies[recipient.Address] = new SmtpReply(250, "2.0.0", $"{message.Id} taken");
        foreach (BranchCopy copy in copies.Where(copy => copy.Branch.Disposition == Disposition.Reject))
        {
            SmtpReply reply = copy.Branch.Rejection ?? new SmtpReply(550, "5.7.1", $"{message.Id} refused");
            foreach (Recipient recipient in copy.Branch.Recipients) replies[recipient.Address] = reply;
        }

        bool handedOver = false;
        foreach (BranchCopy copy in copies.Where(copy => copy.Branch.Disposition == Disposition.Deliver))
        {
            IReadOnlyList<SmtpReply> answers = await HandOverAsync(message, assessment, copy, earlierPasses, handedOver, cancellation);
            for (int at = 0; at < copy.Branch.Recipients.Count; at++) replies[copy.Branch.Recipients[at].Address] = answers[at];
            handedOver |= answers.Any(answer => answer.IsPositive);
        }

        return replies;
    }

    private async Task<IReadOnlyList<SmtpReply>> HandOverAsync(ReceivedMessage message, Assessment assessment, BranchCopy copy, int earlierPasses, bool handedOver, CancellationToken cancellation)
    {
        Branch branch = copy.Branch;
        Envelope envelope = CopySealer.Addressed(message.Envelope, branch);
        using SealedMessage ready = sealer.Seal(assessment, branch, copy.Copy!, earlierPasses);
        IReadOnlyList<SmtpReply> answers = await nextHop.DeliverAsync(envelope, ready.Message, cancellation);
        IReadOnlyList<SmtpReply> replies = MapBack(message, branch, answers);
        await audit.AppendAsync(new AuditEvent("message.handed-over", message.Id, AuditFields.HandedOver(envelope.Recipients, answers, nextHopName)), CancellationToken.None);
        string[] taken = [.. branch.Recipients.Where((_, at) => replies[at].IsPositive).Select(recipient => recipient.Address)];
        if (taken.Length > 0) await memory.RememberAsync(message.Envelope.Client.Ident, message.Original.Sha256, taken, CancellationToken.None);

        // SMTP has one reply: once anything was handed over, what the next hop did not take is ours to deliver (DESIGN.md, "Direction and place").
        // Copies that a rule added are ours in any case: the sender's MTA knows nothing of them.
        bool ours = !message.Envelope.IsLmtp && (handedOver || taken.Length > 0);
        int own = envelope.Recipients.Count - branch.CopyTo.Count;
        List<Recipient> left = [];
        for (int at = 0; at < envelope.Recipients.Count; at++)
            if (!answers[at].IsPositive && (ours || at >= own)) left.Add(envelope.Recipients[at]);
        if (left.Count == 0) return replies;
        // What is queued is remembered in the same write, so that a crash between the two cannot double it.
        IReadOnlyList<string>? remember = ours ? [.. branch.Recipients.Select(recipient => recipient.Address)] : null;
        await QueueAsync(message, assessment, envelope.For(left), ready, copy.Copy!.Changed, remember, cancellation);
        if (!ours) return replies;
        return [.. replies.Select(reply => reply.IsPositive ? reply : new SmtpReply(250, "2.0.0", $"{message.Id} queued"))];
    }

    private async Task QueueAsync(ReceivedMessage message, Assessment assessment, Envelope envelope, SealedMessage ready, bool changed, IReadOnlyList<string>? remember, CancellationToken cancellation)
    {
        OutboxEntry entry = sealer.Entry(assessment, envelope, ready, "delivery", changed);
        using IMailBytes? content = entry.Content;
        await outbox.EnqueueAsync(entry with { Handover = remember is null ? null : new Handover(message.Envelope.Client.Ident, message.Original.Sha256, remember) }, cancellation);
    }

    // With a redirect the sender's recipients share the worst answer of the new ones; copies never decide the sender's reply.
    private static IReadOnlyList<SmtpReply> MapBack(ReceivedMessage message, Branch branch, IReadOnlyList<SmtpReply> answers)
    {
        if (branch.RedirectTo is null) return [.. answers.Take(branch.Recipients.Count)];
        SmtpReply worst = answers.Take(branch.RedirectTo.Count).MinBy(answer => answer.IsTransient ? 0 : answer.IsPermanent ? 1 : 2) ?? SmtpReply.TryAgain(message.Id);
        return [.. branch.Recipients.Select(_ => worst)];
    }
}

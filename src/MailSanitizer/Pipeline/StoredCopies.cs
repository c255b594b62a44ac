using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using MailSanitizer.Mail;
using MailSanitizer.Quarantine;
using MailSanitizer.Storage;

namespace MailSanitizer.Pipeline;

/// <summary>Puts what does not go on into the store: the audit event first, then one durable write that also remembers the hand-over, so that a crash between the two doubles nothing.</summary>
public sealed class StoredCopies(IMessageStore store, IAuditTrail audit, INotices notices, HoldIntake holds, Func<QuarantineOptions> quarantine, TimeProvider time)
{
    /// <summary>Keeps the copies of some branches; every recipient of them is answered by the caller.</summary>
    public async Task KeepAsync(ReceivedMessage message, Assessment assessment, IReadOnlyList<BranchCopy> kept, JsonObject report, CancellationToken cancellation)
    {
        // One folder for each outcome: all in quarantine, and those that wait for the same thing equally long, each have one. The first has the message's own id.
        int number = 0;
        foreach (IGrouping<(HoldOrder? Order, bool Outbound), BranchCopy> group in kept.GroupBy(copy => (copy.Branch.Hold, copy.Branch.Hold is not null && IsOutbound(assessment.Facts, copy.Branch))).OrderBy(group => group.Key.Hold is not null))
        {
            Guid id = number++ == 0 ? message.Id : DerivedId(message.Id, number);
            IReadOnlyList<Recipient> recipients = [.. group.SelectMany(copy => copy.Branch.Recipients)];
            IReadOnlyList<string> reasons = [.. group.SelectMany(copy => copy.Branch.Reasons).Distinct(StringComparer.Ordinal)];
            Handover done = new(message.Envelope.Client.Ident, message.Original.Sha256, [.. recipients.Select(recipient => recipient.Address)]);
            if (group.Key.Order is not null) await HoldAsync(message, assessment, group.First().Branch with { Reasons = reasons }, id, recipients, done, report, cancellation);
            else await QuarantineAsync(message, assessment, id, recipients, reasons, done, report, cancellation);
        }
    }

    private async Task HoldAsync(ReceivedMessage message, Assessment assessment, Branch branch, Guid id, IReadOnlyList<Recipient> recipients, Handover done, JsonObject report, CancellationToken cancellation)
    {
        StoredMessage row = holds.Row(message, assessment.Facts, branch, id, recipients) with { Handover = done };
        JsonObject fields = AuditFields.Stored(message.Envelope, recipients, branch.Reasons);
        fields["hold"] = AuditFields.Hold(branch.Hold!, row.DueAt, row.Id == message.Id ? null : message.Id);
        await audit.AppendAsync(new AuditEvent("message.held", id, fields), cancellation);
        await store.PutAsync(row, message.Original, null, report, cancellation);
    }

    private async Task QuarantineAsync(ReceivedMessage message, Assessment assessment, Guid id, IReadOnlyList<Recipient> recipients, IReadOnlyList<string> reasons, Handover done, JsonObject report, CancellationToken cancellation)
    {
        DateTimeOffset now = time.GetUtcNow();
        DateTimeOffset due = quarantine().DueAt(reasons, now);
        StoredMessage row = new()
        {
            Id = id,
            State = StoredState.Quarantined,
            StoredAt = now,
            DueAt = due,
            Reasons = reasons,
            Envelope = message.Envelope.For(recipients),
            Size = message.Original.Length,
            Sha256 = message.Original.Sha256,
            Handover = done,
        };
        await audit.AppendAsync(new AuditEvent("message.quarantined", id, AuditFields.Stored(message.Envelope, recipients, reasons)), cancellation);
        await store.PutAsync(row, message.Original, null, report, cancellation);
        await TellAsync(assessment, row, "quarantined", due, cancellation);
    }

    /// <summary>Tells of a message in quarantine. Nobody outside is told anything: readers of ours by the notice, operators of what needs them.</summary>
    public async Task TellAsync(Assessment assessment, StoredMessage row, string kind, DateTimeOffset due, CancellationToken cancellation)
    {
        MessageFacts facts = assessment.Facts;
        if (ReaderNotice.Of(facts, row, kind) is { } notice) await notices.TellRecipientsAsync(notice with { KeptUntil = due }, cancellation);
        if (facts.Scans.FirstOrDefault(scan => scan.Outcome == ScanOutcome.Infected) is { } infected)
            await notices.TellOperatorsAsync(new OperatorNotice("infected", "A message with malware was kept back.", row.Id, [KeyValuePair.Create("name", infected.Name), KeyValuePair.Create("part", infected.Path)]), cancellation);
        if (facts.Findings.Any(finding => finding.Kind == global::MailSanitizer.Content.WalkFindings.WorkerDied.Id))
            await notices.TellOperatorsAsync(new OperatorNotice("worker-died", "A message ended the process that looked at it, twice; it was kept back.", row.Id, []), cancellation);
    }

    private static bool IsOutbound(MessageFacts facts, Branch branch) => ReaderNotice.DirectionOf(facts, branch.Recipients[0]) == Direction.Outbound;

    // The same message again gives the same id: storing is idempotent by it.
    private static Guid DerivedId(Guid id, int number) => new(SHA256.HashData(Encoding.UTF8.GetBytes($"{id:N}\n{number}")).AsSpan(0, 16));
}

/// <summary>What a reader is told of a stored message, made of its facts.</summary>
internal static class ReaderNotice
{
    /// <summary>The notice for those of the row's unserved recipients that are ours; null when there is none.</summary>
    public static RecipientNotice? Of(MessageFacts facts, StoredMessage row, string kind)
    {
        string Header(string name) => facts.Headers.FirstOrDefault(field => field.Name.Equals(name, StringComparison.OrdinalIgnoreCase))?.Value ?? "";
        string[] readers = [.. row.Unserved.Where(recipient => DirectionOf(facts, recipient) != Direction.Outbound).Select(recipient => recipient.Address)];
        return readers.Length == 0 ? null : new RecipientNotice
        {
            MessageId = row.Id,
            Kind = kind,
            Envelope = row.Envelope,
            Readers = readers,
            Subject = Header("Subject"),
            From = Header("From"),
            ReceivedAt = facts.ReceivedAt,
            IsListOrAutomatic = Header("List-Id").Length > 0 || Header("Precedence").Length > 0 || Header("Auto-Submitted") is { Length: > 0 } and not "no",
        };
    }

    /// <summary>Direction of one recipient's copy.</summary>
    public static Direction DirectionOf(MessageFacts facts, Recipient recipient)
    {
        for (int at = 0; at < facts.Envelope.Recipients.Count; at++) if (facts.Envelope.Recipients[at].Address == recipient.Address) return facts.Directions[at];
        return facts.Directions.Count > 0 ? facts.Directions[0] : Direction.Inbound;
    }
}

using System.Text.Json.Nodes;
using MailSanitizer.Mail;
using MailSanitizer.Quarantine;
using MailSanitizer.Storage;

namespace MailSanitizer.Pipeline;

/// <summary>Puts what does not go on into the store: the audit event first, then one durable write that also remembers the hand-over, so that a crash between the two doubles nothing.</summary>
public sealed class StoredCopies(IMessageStore store, IAuditTrail audit, INotices notices, Func<QuarantineOptions> quarantine, TimeProvider time)
{
    /// <summary>Keeps the copies of some branches; every recipient of them is answered by the caller.</summary>
    public async Task KeepAsync(ReceivedMessage message, Assessment assessment, IReadOnlyList<BranchCopy> kept, JsonObject report, CancellationToken cancellation)
    {
        // One folder a message: all recipients whose copy is kept stand in its envelope.
        IReadOnlyList<Recipient> recipients = [.. kept.SelectMany(copy => copy.Branch.Recipients)];
        IReadOnlyList<string> reasons = [.. kept.SelectMany(copy => copy.Branch.Reasons).Distinct(StringComparer.Ordinal)];
        DateTimeOffset now = time.GetUtcNow();
        DateTimeOffset due = quarantine().DueAt(reasons, now);
        StoredMessage row = new()
        {
            Id = message.Id,
            State = StoredState.Quarantined,
            StoredAt = now,
            DueAt = due,
            Reasons = reasons,
            Envelope = message.Envelope.For(recipients),
            Size = message.Original.Length,
            Sha256 = message.Original.Sha256,
            Handover = new Handover(message.Envelope.Client.Ident, message.Original.Sha256, [.. recipients.Select(recipient => recipient.Address)]),
        };
        await audit.AppendAsync(new AuditEvent("message.quarantined", message.Id, AuditFields.Stored(message.Envelope, recipients, reasons)), cancellation);
        await store.PutAsync(row, message.Original, null, report, cancellation);
        await TellAsync(assessment, row, due, cancellation);
    }

    // Nobody outside is told anything: readers of ours by the notice, operators of what needs them.
    private async Task TellAsync(Assessment assessment, StoredMessage row, DateTimeOffset due, CancellationToken cancellation)
    {
        MessageFacts facts = assessment.Facts;
        string Header(string name) => facts.Headers.FirstOrDefault(field => field.Name.Equals(name, StringComparison.OrdinalIgnoreCase))?.Value ?? "";
        string[] readers = [.. row.Envelope.Recipients.Where(recipient => facts.Directions[IndexOf(facts, recipient)] != Direction.Outbound).Select(recipient => recipient.Address)];
        if (readers.Length > 0)
        {
            await notices.TellRecipientsAsync(
                new RecipientNotice
                {
                    MessageId = row.Id,
                    Kind = "quarantined",
                    Envelope = row.Envelope,
                    Readers = readers,
                    Subject = Header("Subject"),
                    From = Header("From"),
                    ReceivedAt = facts.ReceivedAt,
                    IsListOrAutomatic = Header("List-Id").Length > 0 || Header("Precedence").Length > 0 || Header("Auto-Submitted") is { Length: > 0 } and not "no",
                    KeptUntil = due,
                },
                cancellation);
        }

        if (facts.Scans.FirstOrDefault(scan => scan.Outcome == ScanOutcome.Infected) is { } infected)
            await notices.TellOperatorsAsync(new OperatorNotice("infected", "A message with malware was kept back.", row.Id, [KeyValuePair.Create("name", infected.Name), KeyValuePair.Create("part", infected.Path)]), cancellation);
        if (facts.Findings.Any(finding => finding.Kind == global::MailSanitizer.Content.WalkFindings.WorkerDied.Id))
            await notices.TellOperatorsAsync(new OperatorNotice("worker-died", "A message ended the process that looked at it, twice; it was kept back.", row.Id, []), cancellation);
    }

    private static int IndexOf(MessageFacts facts, Recipient recipient)
    {
        for (int at = 0; at < facts.Envelope.Recipients.Count; at++) if (facts.Envelope.Recipients[at].Address == recipient.Address) return at;
        return 0;
    }
}

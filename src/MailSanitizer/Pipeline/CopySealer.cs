using MailSanitizer.Mail;
using MailSanitizer.Storage;

namespace MailSanitizer.Pipeline;

/// <summary>Makes mail that goes out of a prepared copy: the fields of ours in front, and what the outbox has to know. For a message that has just come and for one whose hold ends alike.</summary>
public sealed class CopySealer(ISealer sealer, IScanner scanner, ISpool spool, Func<PipelineOptions> options, TimeProvider time)
{
    /// <summary>Seals one branch's copy.</summary>
    public SealedMessage Seal(Assessment assessment, Branch branch, PreparedCopy copy, int earlierPasses)
    {
        MessageFacts facts = assessment.Facts;
        Direction direction = facts.Directions[IndexOf(facts.Envelope.Recipients, branch.Recipients[0])];
        List<KeyValuePair<string, string>> fields = Fields(assessment, branch, copy, scanner);
        string received = ReceivedField.Build(options().HostName, assessment.Message with { ReceivedAt = facts.ReceivedAt });
        return sealer.Seal(copy.Content!, facts.Authentication, new SealOrder(assessment.Message.Id, direction, fields, received) { EarlierPasses = earlierPasses });
    }

    /// <summary>An entry for the outbox; its content is the caller's to dispose of.</summary>
    public OutboxEntry Entry(Assessment assessment, Envelope envelope, SealedMessage ready, string purpose, bool changed)
    {
        DateTimeOffset now = time.GetUtcNow();
        return new OutboxEntry
        {
            Key = OutboxEntry.KeyOf(assessment.Message.Id, envelope.Recipients, purpose),
            MessageId = assessment.Message.Id,
            Purpose = purpose,
            Envelope = envelope,
            Content = spool.Copy(ready.Message),
            ContentIsSenders = !changed,
            SenderVouched = IsVouched(assessment.Facts.Authentication),
            EnqueuedAt = now,
            NextAttempt = now,
        };
    }

    /// <summary>True when SPF or DMARC passed: the sender may be told of a failure.</summary>
    public static bool IsVouched(AuthenticationFacts authentication) => authentication.Result("spf") == "pass" || authentication.Result("dmarc") == "pass";

    /// <summary>The envelope of a branch's copy.</summary>
    public static Envelope Addressed(Envelope envelope, Branch branch)
    {
        // Added recipients never get DSN parameters of the sender: they are our doing.
        IEnumerable<Recipient> to = branch.RedirectTo is { } redirect ? redirect.Select(address => new Recipient(address, null, "NEVER")) : branch.Recipients;
        return envelope.For([.. to, .. branch.CopyTo.Select(address => new Recipient(address, null, "NEVER"))]);
    }

    /// <summary>The fields of ours that a copy carries beside the id; the sealer leaves them out on outbound mail.</summary>
    public static List<KeyValuePair<string, string>> Fields(Assessment assessment, Branch branch, PreparedCopy copy, IScanner scanner)
    {
        List<KeyValuePair<string, string>> fields = [KeyValuePair.Create("X-MailSanitizer-Decision", copy.Changed ? "changed" : "unchanged")];
        if (scanner.ReducedScan is { } reduced) fields.Add(KeyValuePair.Create("X-MailSanitizer-Scan", reduced));
        else if (assessment.Facts.Scans.Any(scan => scan.Outcome == ScanOutcome.Unavailable)) fields.Add(KeyValuePair.Create("X-MailSanitizer-Scan", "not-scanned"));
        fields.AddRange(branch.Annotations.Headers);
        return fields;
    }

    private static int IndexOf(IReadOnlyList<Recipient> recipients, Recipient recipient)
    {
        for (int at = 0; at < recipients.Count; at++) if (recipients[at].Address == recipient.Address) return at;
        return 0;
    }
}

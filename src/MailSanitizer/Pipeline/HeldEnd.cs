using MailSanitizer.Content;
using MailSanitizer.Holding;
using MailSanitizer.Mail;
using MailSanitizer.Storage;

namespace MailSanitizer.Pipeline;

/// <summary>What follows when nothing came in time: on with a notice and the part waits, back to our own sender, or the end that the rule chose.</summary>
internal sealed class HeldEnd(HeldMessage held, Assessment assessment)
{
    private readonly List<Recipient> _recipients = [];

    /// <summary>True when somebody's copy is still locked.</summary>
    public bool HasMore => _recipients.Count > 0;

    /// <summary>Whose.</summary>
    public IReadOnlyList<Recipient> Recipients => _recipients;

    /// <summary>Until when the part waits; null when the hold is over.</summary>
    public DateTimeOffset? Until { get; private set; }

    /// <summary>The parts that wait.</summary>
    public IReadOnlyList<WaitingPart> Parts { get; private set; } = [];

    /// <summary>It goes back to our own sender.</summary>
    public bool Returns { get; private set; }

    /// <summary>The message was delivered without the part, and that is all that is ever delivered.</summary>
    public bool LeavesPart { get; private set; }

    /// <summary>Decides it for one branch; entries only where the message goes on.</summary>
    public async Task<HeldEntries> WithoutAsync(HeldCopies copies, Branch branch, DateTimeOffset now, CancellationToken cancellation)
    {
        // The rules now in force may have another opinion than those of the arrival.
        HoldOrder order = branch.Hold ?? held.Note.Order;
        _recipients.AddRange(branch.Recipients);
        Direction direction = ReaderNotice.DirectionOf(assessment.Facts, branch.Recipients[0]);
        // Never outbound with a notice in place: a stranger is told nothing of what we found.
        if (direction == Direction.Outbound)
        {
            Returns = held.Row.Envelope.MailFrom.Length > 0;
            return new HeldEntries([]);
        }

        if (held.Row.State == StoredState.HeldWhole)
        {
            IReadOnlyList<PartFact> locked = LockedParts.Of(assessment.Facts);
            bool waitsOn = order.KeepFor > TimeSpan.Zero;
            if (locked.Count == 0 || (!waitsOn && order.AtEnd != "deliver-without")) return new HeldEntries([]);
            DateTimeOffset until = now + order.KeepFor;
            HeldEntries made = await copies.WithoutAsync(assessment, branch, locked, until, cancellation);
            // What cannot go on without the part is kept, as it would have been at the end.
            if (made.Entries.Count == 0) return made with { Unproven = made.Fault is null ? made.Unproven ?? "cannot go on without its locked part" : null };
            Parts = [.. locked.Select(part => new WaitingPart(part.Path, part.Name))];
            if (waitsOn) Until = until;
            else LeavesPart = true;
            return made;
        }

        LeavesPart = order.AtEnd == "deliver-without";
        Returns = order.AtEnd == "return" && held.Row.Envelope.MailFrom.Length > 0 && (direction == Direction.Internal || CopySealer.IsVouched(assessment.Facts.Authentication));
        return new HeldEntries([]);
    }
}

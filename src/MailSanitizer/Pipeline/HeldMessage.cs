using MailSanitizer.Holding;
using MailSanitizer.Mail;
using MailSanitizer.Storage;

namespace MailSanitizer.Pipeline;

/// <summary>A held message, open: its row, its note and its bytes.</summary>
internal sealed record HeldMessage(StoredMessage Row, HoldNote Note, IMailBytes Original) : IDisposable
{
    /// <summary>Opens it; null when it is not held any more.</summary>
    public static async Task<HeldMessage?> OpenAsync(IMessageStore store, Guid id, CancellationToken cancellation)
    {
        if (await store.FindAsync(id, cancellation) is not { State: StoredState.HeldWhole or StoredState.HeldPart } row) return null;
        HoldNote note = HoldNote.Read(await store.NoteAsync(id, cancellation));
        return await store.OriginalAsync(id, cancellation) is { } original ? new HeldMessage(row, note, original) : null;
    }

    /// <summary>What was judged when it came.</summary>
    public Arrival Arrival => new(Note.Authentication, Note.ReceivedAt);

    /// <summary>As if it had just come, for some of its recipients, with the whole time budget.</summary>
    public ReceivedMessage For(IReadOnlyList<Recipient> recipients, DateTimeOffset now) =>
        new(Row.Id, Row.Envelope.For(recipients), Original, Note.Listener, now, now + TimeBudget.AfterQueue) { HasBareCrOrLf = Note.HasBareCrOrLf };

    /// <inheritdoc/>
    public void Dispose() => Original.Dispose();
}

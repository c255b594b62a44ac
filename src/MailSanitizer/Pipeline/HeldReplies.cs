using System.Text.Json.Nodes;
using MailSanitizer.Content;
using MailSanitizer.Holding;
using MailSanitizer.Mail;
using MailSanitizer.Storage;

namespace MailSanitizer.Pipeline;

/// <summary>
/// Takes passwords that readers tell by answering a notice. The mail is used up and not stored; the answer to it is always the same, so that nobody learns whether a token exists or a
/// password fitted. Done before our 250: a process that is killed leaves the mail with the MTA.
/// </summary>
internal sealed class HeldReplies(HeldMessages held, IMessageStore store, IContentWorkers workers, IAuditTrail audit, Func<UnlockToken?> tokens, Func<PipelineOptions> options, TimeProvider time)
{
    /// <summary>Passwords that one reader may tell for one message (mails). Origin: DESIGN.md, "five tries, then closed".</summary>
    public const int Tries = 5;

    // What a short answer can hold; the text that a mail program quotes below it comes last.
    private const int Candidates = 200;
    private static readonly StoredState[] Held = [StoredState.HeldWhole, StoredState.HeldPart];

    /// <summary>True for an address that takes passwords, whatever its token is worth.</summary>
    public bool Takes(string address) => tokens()?.Read(address) is not null;

    /// <summary>Takes one such mail. Throws <see cref="IOException"/> when it cannot now (451).</summary>
    public async Task TakeAsync(ReceivedMessage message, string address, CancellationToken cancellation)
    {
        byte[] token = tokens()?.Read(address) ?? throw new ArgumentException("no such address", nameof(address));
        string reader = message.Envelope.MailFrom;
        if (WhyNot(message) is { } why)
        {
            await RecordAsync(null, reader, why, cancellation);
            return;
        }

        if (await FindAsync(token, reader, cancellation) is not { } found)
        {
            await RecordAsync(null, reader, "refused: not a reader of a message that waits", cancellation);
            return;
        }

        // Counted before it is tried: a crash in between costs a try, never gives one more.
        bool open = await held.NoteAsync(found.Id, note => note.Told.GetValueOrDefault(reader.ToLowerInvariant()) >= Tries ? null
            : note with { Told = new Dictionary<string, int>(note.Told) { [reader.ToLowerInvariant()] = note.Told.GetValueOrDefault(reader.ToLowerInvariant()) + 1 } }, cancellation);
        await RecordAsync(found.Id, reader, open ? "taken" : "refused: no tries left", cancellation);
        if (!open) return;
        WalkOrder order = new() { Limits = options().Limits, Send = [], ClientNetwork = ClientNetwork.Of(message.Envelope) ?? "", Within = TimeBudget.WalkEnds(message) - time.GetUtcNow() };
        using WalkOutcome walked = await workers.WalkAsync(message.Original, order, cancellation);
        if (walked.Fault is { } fault) throw new IOException(fault);
        IReadOnlyList<Password> told = [.. (walked.Result?.Candidates ?? []).OrderBy(candidate => candidate.Rank).Take(Candidates).Select(candidate => new Password(candidate.Text, "recipient"))];
        if (told.Count == 0) return;
        HeldOutcome outcome = await held.TryAsync(found.Id, new HeldAttempt(told, recipient => Same(recipient.Address, reader)), cancellation);
        if (outcome == HeldOutcome.Fault) throw new IOException("the held message cannot be looked at now");
    }

    private string? WhyNot(ReceivedMessage message)
    {
        if (message.Envelope.MailFrom.Length == 0) return "refused: null sender";
        // Only our own people: anybody can write any MAIL FROM from outside.
        if (options().Directions.Of(message.Envelope, message.Listener).Contains(Direction.Inbound)) return "refused: not from one of our own networks";
        string automatic = HeaderFacts.Read(message.Original).FirstOrDefault(field => field.Name.Equals("Auto-Submitted", StringComparison.OrdinalIgnoreCase))?.Value.Trim() ?? "no";
        return automatic.StartsWith("no", StringComparison.OrdinalIgnoreCase) ? null : "refused: an automatic reply";
    }

    private async Task<StoredMessage?> FindAsync(byte[] token, string reader, CancellationToken cancellation)
    {
        UnlockToken keys = tokens()!;
        for (int skip = 0; ; skip += 1000)
        {
            IReadOnlyList<StoredMessage> page = await store.ListAsync(new StoreQuery { States = Held, Address = reader, Skip = skip, Take = 1000 }, cancellation);
            foreach (StoredMessage row in page)
            {
                if (row.Unserved.FirstOrDefault(recipient => Same(recipient.Address, reader)) is { } own && keys.Fits(token, row.Id, own.Address)) return row;
            }

            if (page.Count < 1000) return null;
        }
    }

    private Task RecordAsync(Guid? id, string reader, string outcome, CancellationToken cancellation) => audit.AppendAsync(
        new AuditEvent("message.candidate-told", id, new JsonObject
        {
            ["email"] = new JsonObject { ["from"] = new JsonObject { ["address"] = reader } },
            ["event"] = new JsonObject { ["reason"] = outcome },
        }),
        cancellation);

    private static bool Same(string left, string right) => string.Equals(left, right, StringComparison.OrdinalIgnoreCase);
}

using MailSanitizer.Mail;

namespace MailSanitizer.Storage;

/// <summary>One message on its way to some recipients, kept until the next hop took it (DESIGN.md, promise 12).</summary>
public sealed record OutboxEntry
{
    /// <summary>Hash of message, recipients and purpose: enqueuing twice is the same as once. See <see cref="KeyOf"/>.</summary>
    public required string Key { get; init; }

    /// <summary>The message that it belongs to.</summary>
    public required Guid MessageId { get; init; }

    /// <summary><c>delivery</c>, <c>release</c>, <c>unlocked</c> and <c>part</c> (a hold ended), <c>follow-up</c>, <c>returned</c>, <c>notice</c>, <c>dsn</c>.</summary>
    public required string Purpose { get; init; }

    /// <summary>The envelope, complete.</summary>
    public required Envelope Envelope { get; init; }

    /// <summary>The bytes, fields of ours included, when the entry is enqueued. Stored encrypted by the outbox; not owned.</summary>
    public IMailBytes? Content { get; init; }

    /// <summary>True when SPF or DMARC passed on arrival: a DSN may go back.</summary>
    public bool SenderVouched { get; init; }

    /// <summary>True when the bytes behind our own fields are the sender's, unchanged: RET=FULL may then return them (DESIGN.md, promise 9).</summary>
    public bool ContentIsSenders { get; init; }

    /// <summary>When it was enqueued.</summary>
    public DateTimeOffset EnqueuedAt { get; init; }

    /// <summary>Tries so far.</summary>
    public int Attempts { get; init; }

    /// <summary>Next try.</summary>
    public DateTimeOffset NextAttempt { get; init; }

    /// <summary>The next hop's last words.</summary>
    public string LastReply { get; init; } = "";

    /// <summary>Bytes of the content; filled in by the outbox.</summary>
    public long Size { get; init; }

    /// <summary>When enqueued in place of a hand-over: remembered in the same transaction (see <see cref="IHandoverMemory"/>).</summary>
    public Handover? Handover { get; init; }

    /// <summary>
    /// True when its recipients have, with it, all that was kept back for them: a person's release, the whole message or the follow-up of a hold that ended.
    /// The message that goes on with a notice in place of a part (<c>part</c>) does not serve them.
    /// </summary>
    public bool Serves => Purpose is "release" or "unlocked" or "follow-up";

    /// <summary>With <see cref="Serves"/>: the stored message's recipients that this serves, where a rule sends their copy elsewhere; null: those of the envelope. Not kept.</summary>
    public IReadOnlyList<Recipient>? Owed { get; init; }

    /// <summary>The idempotency key.</summary>
    public static string KeyOf(Guid messageId, IEnumerable<Recipient> recipients, string purpose) =>
        Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(
            $"{messageId:N}\n{purpose}\n{string.Join('\n', recipients.Select(recipient => recipient.Address))}")));
}

/// <summary>The durable queue of what we accepted and still owe.</summary>
public interface IOutbox
{
    /// <summary>Stores durably before it returns; the same key again does nothing.</summary>
    Task EnqueueAsync(OutboxEntry entry, CancellationToken cancellation);

    /// <summary>Entries whose next try is due, oldest first; content is opened with <see cref="ContentAsync"/>.</summary>
    Task<IReadOnlyList<OutboxEntry>> DueAsync(DateTimeOffset now, int take, CancellationToken cancellation);

    /// <summary>The bytes of an entry; the caller disposes of them.</summary>
    Task<IMailBytes?> ContentAsync(string key, CancellationToken cancellation);

    /// <summary>Done with these recipients (delivered or given up); the entry goes when none is left.</summary>
    Task CompleteAsync(string key, IReadOnlyList<Recipient> recipients, CancellationToken cancellation);

    /// <summary>Not yet: remembers the reply and when to try again.</summary>
    Task PostponeAsync(string key, DateTimeOffset nextAttempt, string lastReply, CancellationToken cancellation);

    /// <summary>All entries, oldest first (<c>queue list</c>).</summary>
    Task<IReadOnlyList<OutboxEntry>> ListAsync(CancellationToken cancellation);

    /// <summary>Makes every entry due now (<c>queue flush</c>).</summary>
    Task FlushAsync(DateTimeOffset now, CancellationToken cancellation);

    /// <summary>Removes an entry by an operator's order (<c>queue delete</c>); false when there is none.</summary>
    Task<bool> DeleteAsync(string key, CancellationToken cancellation);
}

/// <summary>What the memory of hand-over keeps: done with these recipients of these bytes.</summary>
/// <param name="Ident">XFORWARD IDENT; null or empty: nothing is remembered.</param>
/// <param name="Sha256">SHA-256 of the arriving bytes, lower-case hex.</param>
/// <param name="Recipients">Recipient addresses as they were written.</param>
public sealed record Handover(string? Ident, string Sha256, IReadOnlyList<string> Recipients);

/// <summary>Remembers what was handed over, held or quarantined (DESIGN.md, promise 1).</summary>
public interface IHandoverMemory
{
    /// <summary>Recipients of this (IDENT, SHA-256) that are done. Without an IDENT nothing is remembered: empty.</summary>
    Task<IReadOnlySet<string>> DoneAsync(string? ident, string sha256, CancellationToken cancellation);

    /// <summary>Remembers, durably, for 6 days.</summary>
    Task RememberAsync(string? ident, string sha256, IReadOnlyList<string> recipients, CancellationToken cancellation);
}

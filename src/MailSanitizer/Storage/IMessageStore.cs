using System.Text.Json.Nodes;
using MailSanitizer.Mail;

namespace MailSanitizer.Storage;

/// <summary>State of a stored message (DESIGN.md, "One store, one owner").</summary>
public enum StoredState
{
    /// <summary>The whole message waits.</summary>
    HeldWhole,

    /// <summary>The message went on with a notice; the part waits.</summary>
    HeldPart,

    /// <summary>What it waited for came, and it went out.</summary>
    Unlocked,

    /// <summary>What it waited for never came.</summary>
    Expired,

    /// <summary>Kept for a person to decide.</summary>
    Quarantined,

    /// <summary>A person let it go.</summary>
    Released,

    /// <summary>A person, or age, removed it: its key is gone.</summary>
    Deleted,
}

/// <summary>One row of the store's index.</summary>
public sealed record StoredMessage
{
    /// <summary>The message.</summary>
    public required Guid Id { get; init; }

    /// <summary>State.</summary>
    public required StoredState State { get; init; }

    /// <summary>When it was stored.</summary>
    public required DateTimeOffset StoredAt { get; init; }

    /// <summary>When something is due (end of a hold, expiry); null for never.</summary>
    public DateTimeOffset? DueAt { get; init; }

    /// <summary>Why it is here: rule ids or <c>floor:&lt;finding&gt;</c>.</summary>
    public IReadOnlyList<string> Reasons { get; init; } = [];

    /// <summary>The envelope.</summary>
    public required Envelope Envelope { get; init; }

    /// <summary>Correspondence key of a held message, or null.</summary>
    public string? Correspondence { get; init; }

    /// <summary>Bytes of the original.</summary>
    public long Size { get; init; }

    /// <summary>True once a person acted on it.</summary>
    public bool DecidedOn { get; init; }

    /// <summary>Recipients that it was released to, or that got it when its hold ended; filled in by the store.</summary>
    public IReadOnlyList<string> ReleasedTo { get; init; } = [];

    /// <summary>SHA-256 of the original, lower-case hex; filled in by the store.</summary>
    public string Sha256 { get; init; } = "";

    /// <summary>
    /// With <see cref="IMessageStore.PutAsync"/>: what storing answers for. It goes into the memory of hand-over in the same transaction as the row, so that a crash
    /// in between cannot double the message. Null when the stored copy is only evidence: remembering then would lose what is still to be delivered.
    /// </summary>
    public Handover? Handover { get; init; }

    /// <summary>With <see cref="IMessageStore.PutAsync"/>: a room's own notes beside the message (what a hold waits for); encrypted like it. Null for none.</summary>
    public JsonObject? Note { get; init; }

    /// <summary>The recipients that got nothing yet of what was held or kept.</summary>
    public IReadOnlyList<Recipient> Unserved => [.. Envelope.Recipients.Where(recipient => !ReleasedTo.Contains(recipient.Address))];
}

/// <summary>The message store: one folder a message, encrypted, with an index that can be rebuilt from the folders.</summary>
public interface IMessageStore
{
    /// <summary>Stores durably (fsync of files and folder, rename) before it returns. <paramref name="decision"/> is the report. Idempotent by id.</summary>
    Task PutAsync(StoredMessage message, IMailBytes original, IMailBytes? cleaned, JsonObject decision, CancellationToken cancellation);

    /// <summary>The row, or null.</summary>
    Task<StoredMessage?> FindAsync(Guid id, CancellationToken cancellation);

    /// <summary>The report, or null.</summary>
    Task<JsonObject?> DecisionAsync(Guid id, CancellationToken cancellation);

    /// <summary>The note (<see cref="StoredMessage.Note"/>), or null.</summary>
    Task<JsonObject?> NoteAsync(Guid id, CancellationToken cancellation);

    /// <summary>Puts a new note in the place of the old one, durably and whole; nothing happens when the message is gone.</summary>
    Task WriteNoteAsync(Guid id, JsonObject note, CancellationToken cancellation);

    /// <summary>The original, decrypted into a spool; null when its key is gone. The caller disposes of it.</summary>
    Task<IMailBytes?> OriginalAsync(Guid id, CancellationToken cancellation);

    /// <summary>The cleaned copy, or null.</summary>
    Task<IMailBytes?> CleanedAsync(Guid id, CancellationToken cancellation);

    /// <summary>Rows that match, newest first.</summary>
    Task<IReadOnlyList<StoredMessage>> ListAsync(StoreQuery query, CancellationToken cancellation);

    /// <summary>
    /// Moves a message from one state to another and queues what goes out with it, in one transaction; false when the state is no longer <paramref name="from"/>.
    /// The audit event is written by the caller before. Recipients of entries whose purpose serves them (<see cref="OutboxEntry.Serves"/>) are remembered (<see cref="StoredMessage.ReleasedTo"/>);
    /// when one of them was served already, nothing happens and the answer is false.
    /// </summary>
    Task<bool> TransitionAsync(Guid id, StoredState from, StoredState to, DateTimeOffset? dueAt, IReadOnlyList<OutboxEntry> outbox, CancellationToken cancellation);

    /// <summary>Forgets that it was released to these recipients: they did not get it.</summary>
    Task TakeBackAsync(Guid id, IReadOnlyList<string> recipients, CancellationToken cancellation);

    /// <summary>Destroys the message's key and removes its files; the row stays as <see cref="StoredState.Deleted"/>.</summary>
    Task DeleteAsync(Guid id, CancellationToken cancellation);

    /// <summary>Bytes and messages in all, for quotas and the fill level.</summary>
    Task<StoreUsage> UsageAsync(CancellationToken cancellation);
}

/// <summary>Which rows.</summary>
public sealed record StoreQuery
{
    /// <summary>Any of these states; empty for all.</summary>
    public IReadOnlyList<StoredState> States { get; init; } = [];

    /// <summary>Due at or before.</summary>
    public DateTimeOffset? DueBefore { get; init; }

    /// <summary>Correspondence key.</summary>
    public string? Correspondence { get; init; }

    /// <summary>Part of an envelope address, any case.</summary>
    public string? Address { get; init; }

    /// <summary>A reason.</summary>
    public string? Reason { get; init; }

    /// <summary>Stored at or after.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Stored before.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>Only those that a person acted on (true), or did not (false).</summary>
    public bool? DecidedOn { get; init; }

    /// <summary>Oldest first instead of newest first.</summary>
    public bool OldestFirst { get; init; }

    /// <summary>Rows to skip.</summary>
    public int Skip { get; init; }

    /// <summary>Rows at most.</summary>
    public int Take { get; init; } = 100;
}

/// <summary>How full the store is.</summary>
public sealed record StoreUsage(long Messages, long Bytes);

/// <summary>Care for the store as a whole.</summary>
public interface IStoreMaintenance
{
    /// <summary>Wraps every message's key with a new key and forgets the old ones. Returns how many were wrapped anew. May be run again after a crash.</summary>
    Task<int> RekeyAsync(CancellationToken cancellation);

    /// <summary>Makes the index anew from the folders.</summary>
    Task<RecoveryReport> ReindexAsync(CancellationToken cancellation);
}

/// <summary>What opening or reindexing found.</summary>
/// <param name="Messages">Messages that were put (back) into the index.</param>
/// <param name="OutboxEntries">Outbox entries that were put back, or half-made ones that were removed.</param>
/// <param name="Damaged">Folders that could not be read, with the reason; they are left as they are.</param>
public sealed record RecoveryReport(int Messages, int OutboxEntries, IReadOnlyList<string> Damaged);

/// <summary>States as words: in the index, the state file, arguments and answers.</summary>
public static class StateWord
{
    private static readonly Dictionary<StoredState, string> Words =
        Enum.GetValues<StoredState>().ToDictionary(state => state, state => System.Text.Json.JsonNamingPolicy.KebabCaseLower.ConvertName(state.ToString()));

    private static readonly Dictionary<string, StoredState> States = Words.ToDictionary(pair => pair.Value, pair => pair.Key, StringComparer.Ordinal);

    /// <summary>The word.</summary>
    public static string Of(StoredState state) => Words[state];

    /// <summary>The state of a word. Throws <see cref="InvalidDataException"/> when there is none.</summary>
    public static StoredState Read(string word) => States.TryGetValue(word, out StoredState state) ? state : throw new InvalidDataException($"the index has the state {word}");

    /// <summary>The state of a word, when there is one.</summary>
    public static bool TryRead(string word, out StoredState state) => States.TryGetValue(word, out state);
}

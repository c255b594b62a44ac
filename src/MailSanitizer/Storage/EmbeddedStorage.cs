using MailSanitizer.Mail;

namespace MailSanitizer.Storage;

/// <summary>
/// The embedded storage: message store, outbox and memory of hand-over over one state folder. The owner of the folder's lock opens it, once.
/// </summary>
/// <remarks>
/// What is where: <c>messages/&lt;uuid&gt;/</c> and <c>outbox/&lt;key&gt;/</c> (encrypted folders, the truth), <c>index.db</c> (state, due time, search, queue; made anew from the
/// folders when it is lost; the memory of hand-over then keeps only what stored messages answer for), <c>keys/store.key</c>, <c>aside/</c> (being made; emptied on start).
/// </remarks>
public sealed class EmbeddedStorage : IStoreMaintenance, IAsyncDisposable
{
    private static readonly TimeSpan TidyEvery = TimeSpan.FromHours(1);
    private readonly IndexDatabase _index;
    private readonly CancellationTokenSource _stop = new();
    private Task _upkeep = Task.CompletedTask;

    private EmbeddedStorage(StorageOptions options, TimeProvider time, IndexDatabase index, KeyRing keys)
    {
        _index = index;
        Keys = keys;
        StorePaths paths = new(options.Folder);
        EmbeddedMessageStore messages = new(paths, options, time, index, keys);
        EmbeddedOutbox outbox = new(paths, options, time, index, keys);
        messages.Outbox = outbox;
        MessagesCore = messages;
        OutboxCore = outbox;
        Handovers = new EmbeddedHandoverMemory(options, time, index);
        Quota = new EmbeddedHoldQuota(options, index);
        NoticeLedger = new EmbeddedNoticeLedger(time, index);
        Candidates = new EmbeddedCandidateStore(options, time, index);
        Gauge = messages;
    }

    /// <summary>The message store.</summary>
    public IMessageStore Messages => MessagesCore;

    /// <summary>The outbox.</summary>
    public IOutbox Outbox => OutboxCore;

    /// <summary>The memory of hand-over.</summary>
    public IHandoverMemory Handovers { get; }

    /// <summary>Quotas of held mail.</summary>
    public IHoldQuota Quota { get; }

    /// <summary>What notices remember.</summary>
    public INoticeLedger NoticeLedger { get; }

    /// <summary>Password candidates of correspondences.</summary>
    public ICandidateStore Candidates { get; }

    /// <summary>How full it is.</summary>
    public IStoreGauge Gauge { get; }

    /// <summary>The key file.</summary>
    public KeyRing Keys { get; }

    internal EmbeddedMessageStore MessagesCore { get; }

    internal EmbeddedOutbox OutboxCore { get; }

    /// <summary>
    /// Opens the folder (made when it is not there), finishes what a crash left half-done, and rebuilds the index when it was lost.
    /// Throws <see cref="IOException"/> or <see cref="InvalidDataException"/> when it cannot be used: the daemon does not start.
    /// </summary>
    public static async Task<EmbeddedStorage> OpenAsync(StorageOptions options, TimeProvider time, CancellationToken cancellation)
    {
        StorePaths paths = new(options.Folder);
        paths.Create();
        KeyRing keys = KeyRing.Open(paths.KeyFile);
        IndexDatabase index = IndexDatabase.Open(paths.Index, IndexSchema.Steps);
        EmbeddedStorage storage = new(options, time, index, keys);
        try
        {
            storage.LastRecovery = index.IsNew ? await storage.ReindexAsync(cancellation) : await storage.RecoverAsync(cancellation);
            storage._upkeep = Task.Run(() => storage.KeepUpAsync(time), CancellationToken.None);
            return storage;
        }
        catch
        {
            await storage.DisposeAsync();
            throw;
        }
    }

    /// <summary>What opening found and did.</summary>
    public RecoveryReport LastRecovery { get; private set; } = new(0, 0, []);

    /// <summary>Makes the index anew from the folders (<c>quarantine reindex</c>).</summary>
    public async Task<RecoveryReport> ReindexAsync(CancellationToken cancellation)
    {
        List<string> damaged = [];
        int messages = await MessagesCore.ReindexAsync(damaged, cancellation);
        int entries = await OutboxCore.ReindexAsync(damaged, cancellation);
        return new RecoveryReport(messages, entries, damaged);
    }

    /// <summary>
    /// Wraps every message's key with a new key and forgets the old one (<c>quarantine rekey</c>). A crash in between leaves both keys in the file; running it again
    /// finishes. Returns the number of folders wrapped anew.
    /// </summary>
    public async Task<int> RekeyAsync(CancellationToken cancellation)
    {
        if (Keys.Count == 1) Keys.Rotate();
        int count = 0;
        foreach ((string folder, Guid owner) in MessagesCore.Folders().Concat(OutboxCore.Folders()))
        {
            cancellation.ThrowIfCancellationRequested();
            // A folder can be erased at any moment by a release or an expiry.
            try
            {
                if (SealedFolder.Rewrap(folder, owner, Keys)) count++;
            }
            catch (Exception gone) when (gone is FileNotFoundException or DirectoryNotFoundException)
            {
                continue;
            }
        }

        // What was made with the old key between listing and now is wrapped by the second look; a key is never dropped while something needs it.
        foreach ((string folder, Guid owner) in MessagesCore.Folders().Concat(OutboxCore.Folders()))
        {
            if (Directory.Exists(folder) && SealedFolder.Rewrap(folder, owner, Keys)) count++;
        }

        Keys.DropOld();
        await Task.CompletedTask;
        return count;
    }

    /// <summary>Removes old traces: memory of hand-over, keys of finished entries, rows of messages deleted long ago. Runs by itself every hour.</summary>
    public async Task<int> TidyAsync(CancellationToken cancellation) =>
        await MessagesCore.TidyAsync(cancellation) + await ((EmbeddedNoticeLedger)NoticeLedger).TidyAsync(cancellation) + await ((EmbeddedCandidateStore)Candidates).TidyAsync(cancellation) + await ((EmbeddedHandoverMemory)Handovers).TidyAsync(cancellation) + await OutboxCore.TidyAsync(cancellation);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _upkeep;
        await _index.DisposeAsync();
        _stop.Dispose();
    }

    private async Task KeepUpAsync(TimeProvider time)
    {
        using PeriodicTimer timer = new(TidyEvery, time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                try
                {
                    await TidyAsync(_stop.Token);
                }
                // Old traces stay an hour longer; whoever writes mail hears of a full disk at once.
                catch (IOException)
                {
                    continue;
                }
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    private async Task<RecoveryReport> RecoverAsync(CancellationToken cancellation)
    {
        List<string> damaged = [];
        int messages = await MessagesCore.RecoverAsync(damaged, cancellation);
        int entries = await OutboxCore.RecoverAsync(cancellation);
        return new RecoveryReport(messages, entries, damaged);
    }
}

/// <summary>Where things lie below the state folder.</summary>
internal sealed class StorePaths(string folder)
{
    public string Folder => folder;

    public string Messages { get; } = Path.Combine(folder, "messages");

    public string Outbox { get; } = Path.Combine(folder, "outbox");

    public string Aside { get; } = Path.Combine(folder, "aside");

    public string Index { get; } = Path.Combine(folder, "index.db");

    public string KeyFile { get; } = Path.Combine(folder, "keys", "store.key");

    public string NewAside() => Path.Combine(Aside, Guid.NewGuid().ToString("N"));

    /// <summary>Makes the folders; removes what was being made when the last process died.</summary>
    public void Create()
    {
        foreach (string path in (string[])[folder, Messages, Outbox, Aside, Path.Combine(folder, "keys")]) DurableFiles.CreateFolder(path);
        foreach (string left in Directory.GetDirectories(Aside)) Directory.Delete(left, recursive: true);
        DurableFiles.SyncFolder(folder);
    }
}

/// <summary>The tables. Times are Unix milliseconds.</summary>
internal static class IndexSchema
{
    /// <summary>One step a version: a file of an older build goes through those it has not seen.</summary>
    public static readonly IReadOnlyList<string> Steps = [First, Candidates];

    private const string First = """
        CREATE TABLE messages (
          id TEXT PRIMARY KEY, state TEXT NOT NULL, folder_state TEXT NOT NULL, stored_at INTEGER NOT NULL, due_at INTEGER, sha256 TEXT NOT NULL,
          reasons TEXT NOT NULL, envelope TEXT NOT NULL, correspondence TEXT, network TEXT, size INTEGER NOT NULL, bytes INTEGER NOT NULL,
          decided INTEGER NOT NULL, erased INTEGER NOT NULL DEFAULT 0) STRICT;
        CREATE INDEX messages_state ON messages (state, stored_at);
        CREATE INDEX messages_stored ON messages (stored_at);
        CREATE INDEX messages_due ON messages (due_at) WHERE due_at IS NOT NULL;
        CREATE INDEX messages_correspondence ON messages (correspondence) WHERE correspondence IS NOT NULL;
        CREATE INDEX messages_network ON messages (network) WHERE network IS NOT NULL;
        CREATE TABLE addresses (address TEXT NOT NULL, message TEXT NOT NULL REFERENCES messages ON DELETE CASCADE, recipient INTEGER NOT NULL,
          PRIMARY KEY (address, message, recipient)) STRICT, WITHOUT ROWID;
        CREATE INDEX addresses_message ON addresses (message);
        CREATE TABLE reasons (reason TEXT NOT NULL, message TEXT NOT NULL REFERENCES messages ON DELETE CASCADE,
          PRIMARY KEY (reason, message)) STRICT, WITHOUT ROWID;
        CREATE INDEX reasons_message ON reasons (message);
        CREATE TABLE released (message TEXT NOT NULL REFERENCES messages ON DELETE CASCADE, recipient TEXT NOT NULL, PRIMARY KEY (message, recipient)) STRICT, WITHOUT ROWID;
        CREATE TABLE notice_counts (reader TEXT NOT NULL, day TEXT NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (reader, day)) STRICT, WITHOUT ROWID;
        CREATE TABLE notice_digest (reader TEXT NOT NULL, key TEXT NOT NULL, at INTEGER NOT NULL, item TEXT NOT NULL, PRIMARY KEY (reader, key)) STRICT, WITHOUT ROWID;
        CREATE TABLE outbox (
          key TEXT PRIMARY KEY, message TEXT NOT NULL, purpose TEXT NOT NULL, envelope TEXT NOT NULL, vouched INTEGER NOT NULL, senders INTEGER NOT NULL, enqueued_at INTEGER NOT NULL,
          attempts INTEGER NOT NULL, next_attempt INTEGER NOT NULL, last_reply TEXT NOT NULL, folder TEXT NOT NULL, sha256 TEXT NOT NULL, size INTEGER NOT NULL) STRICT;
        CREATE INDEX outbox_due ON outbox (next_attempt, enqueued_at);
        CREATE INDEX outbox_message ON outbox (message);
        CREATE TABLE outbox_done (key TEXT PRIMARY KEY, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
        CREATE INDEX outbox_done_at ON outbox_done (at);
        CREATE TABLE handover (ident TEXT NOT NULL, sha256 TEXT NOT NULL, recipient TEXT NOT NULL, at INTEGER NOT NULL,
          PRIMARY KEY (ident, sha256, recipient)) STRICT, WITHOUT ROWID;
        CREATE INDEX handover_at ON handover (at);
        """;

    private const string Candidates = """
        CREATE TABLE candidates (
          number INTEGER PRIMARY KEY AUTOINCREMENT, correspondence TEXT NOT NULL, kind TEXT NOT NULL, mail TEXT NOT NULL, network TEXT, expires INTEGER NOT NULL, sealed BLOB NOT NULL,
          UNIQUE (correspondence, kind, mail)) STRICT;
        CREATE INDEX candidates_network ON candidates (network, number) WHERE network IS NOT NULL;
        CREATE INDEX candidates_expires ON candidates (expires);
        """;
}

using Dapper;
using MailSanitizer.Mail;
using Microsoft.Data.Sqlite;

namespace MailSanitizer.Storage;

/// <summary>The outbox: an encrypted folder an entry, a row in the index. A folder without a row was never promised to anybody, unless the index is lost.</summary>
internal sealed class EmbeddedOutbox(StorePaths paths, StorageOptions options, TimeProvider time, IndexDatabase index, KeyRing keys) : IOutbox
{
    private const string Content = "content";
    private const string EntryFile = "entry.json";

    public async Task EnqueueAsync(OutboxEntry entry, CancellationToken cancellation)
    {
        if (IsKnown(entry.Key)) return;
        OutboxRow row = MakeFolder(entry);
        try
        {
            row.Queued = await index.WriteAsync(connection => Insert(connection, row, time.GetUtcNow()), cancellation);
        }
        finally
        {
            DropFolderUnlessQueued(row);
        }
    }

    public Task<IReadOnlyList<OutboxEntry>> DueAsync(DateTimeOffset now, int take, CancellationToken cancellation) => Task.FromResult<IReadOnlyList<OutboxEntry>>(index.Read(connection =>
        connection.Query<OutboxRow>($"SELECT {OutboxRow.Columns} FROM outbox WHERE next_attempt <= @now ORDER BY enqueued_at, key LIMIT @take", new { now = now.ToUnixTimeMilliseconds(), take })
            .Select(row => row.ToEntry()).ToList()));

    public Task<IMailBytes?> ContentAsync(string key, CancellationToken cancellation) =>
        Task.FromResult<IMailBytes?>(Find(key) is { } row && SealedFolder.Open(FolderOf(row), row.Owner, keys) is { } folder ? folder.OpenBytes(Content, row.Sha256) : null);

    public async Task CompleteAsync(string key, IReadOnlyList<Recipient> recipients, CancellationToken cancellation)
    {
        OutboxRow? left = await index.WriteAsync(
            connection =>
            {
                OutboxRow? row = connection.QuerySingleOrDefault<OutboxRow>($"SELECT {OutboxRow.Columns} FROM outbox WHERE key = @key", new { key });
                if (row is null) return null;
                Envelope envelope = StoredForms.ReadEnvelopeRow(row.Envelope);
                List<Recipient> open = [.. envelope.Recipients];
                foreach (Recipient done in recipients) open.Remove(done);
                row.Left = open.Count;
                if (open.Count == 0)
                {
                    Finish(connection, key, time.GetUtcNow());
                }
                else
                {
                    row.Envelope = StoredForms.WriteText(envelope.For(open));
                    connection.Execute("UPDATE outbox SET envelope = @envelope WHERE key = @key", new { key, envelope = row.Envelope });
                }

                return row;
            },
            cancellation);
        if (left is null) return;
        if (left.Left == 0) SealedFolder.Erase(FolderOf(left), keep: null);
        else if (SealedFolder.Open(FolderOf(left), left.Owner, keys) is { } folder) folder.ReplaceSealed(EntryFile, StoredForms.Write(left.ToForm()));
    }

    public Task PostponeAsync(string key, DateTimeOffset nextAttempt, string lastReply, CancellationToken cancellation) => index.WriteAsync(
        connection => connection.Execute("UPDATE outbox SET attempts = attempts + 1, next_attempt = @next, last_reply = @lastReply WHERE key = @key",
            new { key, next = nextAttempt.ToUnixTimeMilliseconds(), lastReply }),
        cancellation);

    public Task<IReadOnlyList<OutboxEntry>> ListAsync(CancellationToken cancellation) => Task.FromResult<IReadOnlyList<OutboxEntry>>(index.Read(connection =>
        connection.Query<OutboxRow>($"SELECT {OutboxRow.Columns} FROM outbox ORDER BY enqueued_at, key").Select(row => row.ToEntry()).ToList()));

    public Task FlushAsync(DateTimeOffset now, CancellationToken cancellation) => index.WriteAsync(
        connection => connection.Execute("UPDATE outbox SET next_attempt = @now WHERE next_attempt > @now", new { now = now.ToUnixTimeMilliseconds() }), cancellation);

    public async Task<bool> DeleteAsync(string key, CancellationToken cancellation)
    {
        OutboxRow? gone = await index.WriteAsync(
            connection =>
            {
                OutboxRow? row = connection.QuerySingleOrDefault<OutboxRow>($"SELECT {OutboxRow.Columns} FROM outbox WHERE key = @key", new { key });
                if (row is not null) Finish(connection, key, time.GetUtcNow());
                return row;
            },
            cancellation);
        if (gone is null) return false;
        SealedFolder.Erase(FolderOf(gone), keep: null);
        return true;
    }

    /// <summary>The content on disk, before the transaction that queues it.</summary>
    public OutboxRow MakeFolder(OutboxEntry entry)
    {
        IMailBytes content = entry.Content ?? throw new ArgumentException("an entry is enqueued with its content", nameof(entry));
        Guid owner = Guid.NewGuid();
        OutboxRow row = OutboxRow.Of(entry, owner, content);
        byte[] form = StoredForms.Write(row.ToForm() with { Handover = entry.Handover });
        try
        {
            SealedFolder.Create(FolderOf(row), paths.NewAside(), owner, keys, [(Content, content.OpenRead), (EntryFile, () => new MemoryStream(form, writable: false))], plain: null);
        }
        catch (UnauthorizedAccessException refused)
        {
            throw new IOException(refused.Message, refused);
        }

        return row;
    }

    /// <summary>True when this call queued it; false when the key was known.</summary>
    public static bool Insert(SqliteConnection connection, OutboxRow row, DateTimeOffset now)
    {
        EmbeddedHandoverMemory.Remember(connection, row.Handover, now);
        return connection.Execute(
            """
            INSERT INTO outbox (key, message, purpose, envelope, vouched, senders, enqueued_at, attempts, next_attempt, last_reply, folder, sha256, size)
            SELECT @Key, @Message, @Purpose, @Envelope, @Vouched, @Senders, @EnqueuedAt, @Attempts, @NextAttempt, @LastReply, @Folder, @Sha256, @Size
            WHERE NOT EXISTS (SELECT 1 FROM outbox_done WHERE key = @Key) ON CONFLICT DO NOTHING
            """,
            row) > 0;
    }

    public void DropFolderUnlessQueued(OutboxRow row)
    {
        if (!row.Queued) SealedFolder.Erase(FolderOf(row), keep: null);
    }

    public IEnumerable<(string Folder, Guid Owner)> Folders()
    {
        foreach (string folder in Directory.EnumerateDirectories(paths.Outbox))
        {
            if (Guid.TryParseExact(Path.GetFileName(folder), "D", out Guid owner)) yield return (folder, owner);
        }
    }

    public async Task<int> ReindexAsync(List<string> damaged, CancellationToken cancellation)
    {
        await index.WriteAsync(connection => connection.Execute("DELETE FROM outbox"), cancellation);
        int count = 0;
        foreach ((string path, Guid owner) in Folders())
        {
            try
            {
                if (SealedFolder.Open(path, owner, keys) is not { } folder) continue;
                OutboxForm form = StoredForms.ReadOutbox(folder.ReadAll(EntryFile, StoredForms.MaxJson));
                using StoredBytes content = folder.OpenBytes(Content, form.Sha256);
                OutboxRow row = OutboxRow.Of(form, owner, content.Length);
                if (await index.WriteAsync(connection => Insert(connection, row, form.EnqueuedAt), cancellation)) count++;
            }
            catch (Exception unreadable) when (unreadable is IOException or InvalidDataException)
            {
                damaged.Add($"{path}: {unreadable.Message}");
            }
        }

        return count;
    }

    /// <summary>Removes the folders that no row has: they were made, and the transaction never came or is over.</summary>
    public Task<int> RecoverAsync(CancellationToken cancellation)
    {
        HashSet<string> known = index.Read(connection => connection.Query<string>("SELECT folder FROM outbox").ToHashSet(StringComparer.Ordinal));
        List<string> left = [.. Folders().Where(folder => !known.Contains(folder.Owner.ToString("D"))).Select(folder => folder.Folder)];
        foreach (string folder in left) SealedFolder.Erase(folder, keep: null);
        return Task.FromResult(left.Count);
    }

    public Task<int> TidyAsync(CancellationToken cancellation)
    {
        long before = (time.GetUtcNow() - options.TraceFor).ToUnixTimeMilliseconds();
        return index.WriteAsync(connection => connection.Execute("DELETE FROM outbox_done WHERE at < @before", new { before }), cancellation);
    }

    private static void Finish(SqliteConnection connection, string key, DateTimeOffset now)
    {
        connection.Execute("DELETE FROM outbox WHERE key = @key", new { key });
        connection.Execute("INSERT INTO outbox_done VALUES (@key, @at) ON CONFLICT DO NOTHING", new { key, at = now.ToUnixTimeMilliseconds() });
    }

    private bool IsKnown(string key) => index.Read(connection =>
        connection.ExecuteScalar<long>("SELECT EXISTS (SELECT 1 FROM outbox WHERE key = @key) OR EXISTS (SELECT 1 FROM outbox_done WHERE key = @key)", new { key }) != 0);

    private OutboxRow? Find(string key) => index.Read(connection => connection.QuerySingleOrDefault<OutboxRow>($"SELECT {OutboxRow.Columns} FROM outbox WHERE key = @key", new { key }));

    private string FolderOf(OutboxRow row) => Path.Combine(paths.Outbox, row.Folder);
}

/// <summary>A row of the outbox as SQLite gives it.</summary>
internal sealed class OutboxRow
{
    public const string Columns = "key, message, purpose, envelope, vouched, senders, enqueued_at AS EnqueuedAt, attempts, next_attempt AS NextAttempt, last_reply AS LastReply, folder, sha256, size";

    public string Key { get; set; } = "";

    public string Message { get; set; } = "";

    public string Purpose { get; set; } = "";

    public string Envelope { get; set; } = "";

    public long Vouched { get; set; }

    public long Senders { get; set; }

    public long EnqueuedAt { get; set; }

    public long Attempts { get; set; }

    public long NextAttempt { get; set; }

    public string LastReply { get; set; } = "";

    public string Folder { get; set; } = "";

    public string Sha256 { get; set; } = "";

    public long Size { get; set; }

    /// <summary>Not a column: what storing answers for.</summary>
    public Handover? Handover { get; private init; }

    /// <summary>Not a column: whether the row of this folder is in the index.</summary>
    public bool Queued { get; set; }

    /// <summary>Not a column: recipients left.</summary>
    public int Left { get; set; }

    /// <summary>The id that the folder's key is wrapped for.</summary>
    public Guid Owner => Guid.ParseExact(Folder, "D");

    public static OutboxRow Of(OutboxEntry entry, Guid owner, IMailBytes content) => new()
    {
        Key = entry.Key,
        Message = entry.MessageId.ToString("N"),
        Purpose = entry.Purpose,
        Envelope = StoredForms.WriteText(entry.Envelope),
        Vouched = entry.SenderVouched ? 1 : 0,
        Senders = entry.ContentIsSenders ? 1 : 0,
        EnqueuedAt = entry.EnqueuedAt.ToUnixTimeMilliseconds(),
        Attempts = entry.Attempts,
        NextAttempt = entry.NextAttempt.ToUnixTimeMilliseconds(),
        LastReply = entry.LastReply,
        Folder = owner.ToString("D"),
        Sha256 = content.Sha256,
        Size = content.Length,
        Handover = entry.Handover,
    };

    public static OutboxRow Of(OutboxForm form, Guid owner, long size) => new()
    {
        Key = form.Key,
        Message = form.MessageId.ToString("N"),
        Purpose = form.Purpose,
        Envelope = StoredForms.WriteText(form.Envelope),
        Vouched = form.SenderVouched ? 1 : 0,
        Senders = form.ContentIsSenders ? 1 : 0,
        EnqueuedAt = form.EnqueuedAt.ToUnixTimeMilliseconds(),
        NextAttempt = form.EnqueuedAt.ToUnixTimeMilliseconds(),
        Folder = owner.ToString("D"),
        Sha256 = form.Sha256,
        Size = size,
        Handover = form.Handover,
    };

    public OutboxEntry ToEntry() => new()
    {
        Key = Key,
        MessageId = Guid.ParseExact(Message, "N"),
        Purpose = Purpose,
        Envelope = StoredForms.ReadEnvelopeRow(Envelope),
        SenderVouched = Vouched != 0,
        ContentIsSenders = Senders != 0,
        EnqueuedAt = DateTimeOffset.FromUnixTimeMilliseconds(EnqueuedAt),
        Attempts = (int)Attempts,
        NextAttempt = DateTimeOffset.FromUnixTimeMilliseconds(NextAttempt),
        LastReply = LastReply,
        Size = Size,
    };

    public OutboxForm ToForm() => new()
    {
        Key = Key,
        MessageId = Guid.ParseExact(Message, "N"),
        Purpose = Purpose,
        Envelope = StoredForms.ReadEnvelopeRow(Envelope),
        SenderVouched = Vouched != 0,
        ContentIsSenders = Senders != 0,
        EnqueuedAt = DateTimeOffset.FromUnixTimeMilliseconds(EnqueuedAt),
        Sha256 = Sha256,
        Handover = Handover,
    };
}

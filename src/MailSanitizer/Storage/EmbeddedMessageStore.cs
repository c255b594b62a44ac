using System.Text.Json.Nodes;
using Dapper;
using MailSanitizer.Mail;
using Microsoft.Data.Sqlite;

namespace MailSanitizer.Storage;

/// <summary>The message store: encrypted folders, indexed in SQLite.</summary>
internal sealed class EmbeddedMessageStore(StorePaths paths, StorageOptions options, TimeProvider time, IndexDatabase index, KeyRing keys) : IMessageStore, IStoreGauge
{
    private const string Original = "original";
    private const string Cleaned = "cleaned";
    private const string EnvelopeFile = "envelope.json";
    private const string DecisionFile = "decision.json";
    private const string StateFile = "state.json";
    private const string NoteFile = "note.json";
    private readonly DriveInfo _drive = new(paths.Folder);
    private long _messages;
    private long _bytes;

    /// <summary>Where transitions queue what goes out. Set once, by the owner of both.</summary>
    public EmbeddedOutbox Outbox { get; set; } = null!;

    public async Task PutAsync(StoredMessage message, IMailBytes original, IMailBytes? cleaned, JsonObject decision, CancellationToken cancellation)
    {
        EnvelopeForm envelope = new()
        {
            Id = message.Id,
            StoredAt = message.StoredAt,
            Envelope = message.Envelope,
            Sha256 = original.Sha256,
            Size = original.Length,
            CleanedSha256 = cleaned?.Sha256,
            Correspondence = message.Correspondence,
            Reasons = message.Reasons,
            Handover = message.Handover,
        };
        StateForm state = new() { Id = message.Id, State = message.State, StoredAt = message.StoredAt, DueAt = message.DueAt, DecidedOn = message.DecidedOn };
        byte[] envelopeJson = StoredForms.Write(envelope);
        byte[] decisionJson = System.Text.Encoding.UTF8.GetBytes(decision.ToJsonString());
        List<(string, Func<Stream>)> files =
        [
            (Original, original.OpenRead),
            (EnvelopeFile, () => new MemoryStream(envelopeJson, writable: false)),
            (DecisionFile, () => new MemoryStream(decisionJson, writable: false)),
        ];
        if (cleaned is not null) files.Add((Cleaned, cleaned.OpenRead));
        if (message.Note is { } note) files.Add((NoteFile, () => new MemoryStream(System.Text.Encoding.UTF8.GetBytes(note.ToJsonString()), writable: false)));
        bool made;
        try
        {
            made = SealedFolder.Create(FolderOf(message.Id), paths.NewAside(), message.Id, keys, files, (StateFile, StoredForms.Write(state)));
        }
        catch (UnauthorizedAccessException refused)
        {
            throw new IOException(refused.Message, refused);
        }

        // There already: an earlier call got as far as the folder. Its content is the truth, and the row is made from it.
        if (!made && ReadFolder(FolderOf(message.Id), message.Id) is { } found) (envelope, state) = found;
        long bytes = BytesOnDisk(FolderOf(message.Id));
        try
        {
            if (await index.WriteAsync(connection => Insert(connection, envelope, state, bytes, time.GetUtcNow()), cancellation)) Count(1, bytes);
        }
        catch when (made)
        {
            // Nobody was told that it is stored, and the client will try again: left behind, it would come twice.
            SealedFolder.Erase(FolderOf(message.Id), keep: null);
            throw;
        }
    }

    public Task<StoredMessage?> FindAsync(Guid id, CancellationToken cancellation) =>
        Task.FromResult(index.Read(connection => connection.QuerySingleOrDefault<MessageRow>($"SELECT {MessageRow.Columns} FROM messages m WHERE m.id = @id", new { id = id.ToString("N") })?.ToMessage()));

    public Task<JsonObject?> DecisionAsync(Guid id, CancellationToken cancellation) => Task.FromResult(
        Open(id) is { } folder ? StoredForms.ReadDecision(folder.ReadAll(DecisionFile, StoredForms.MaxJson)) : null);

    public Task<JsonObject?> NoteAsync(Guid id, CancellationToken cancellation) => Task.FromResult(
        Open(id) is { } folder && folder.Has(NoteFile) ? StoredForms.ReadDecision(folder.ReadAll(NoteFile, StoredForms.MaxJson)) : null);

    public Task WriteNoteAsync(Guid id, JsonObject note, CancellationToken cancellation)
    {
        Open(id)?.ReplaceSealed(NoteFile, System.Text.Encoding.UTF8.GetBytes(note.ToJsonString()));
        return Task.CompletedTask;
    }

    public Task<IMailBytes?> OriginalAsync(Guid id, CancellationToken cancellation) => Task.FromResult<IMailBytes?>(
        Open(id) is { } folder ? folder.OpenBytes(Original, ReadEnvelope(folder, id).Sha256) : null);

    public Task<IMailBytes?> CleanedAsync(Guid id, CancellationToken cancellation) => Task.FromResult<IMailBytes?>(
        Open(id) is { } folder && ReadEnvelope(folder, id).CleanedSha256 is { } sha256 ? folder.OpenBytes(Cleaned, sha256) : null);

    public Task<IReadOnlyList<StoredMessage>> ListAsync(StoreQuery query, CancellationToken cancellation)
    {
        (string where, DynamicParameters values) = MessageRow.Where(query);
        return Task.FromResult<IReadOnlyList<StoredMessage>>(index.Read(connection => connection.Query<MessageRow>(
            $"SELECT {MessageRow.Columns} FROM messages m {where} ORDER BY m.stored_at {(query.OldestFirst ? "ASC, m.id ASC" : "DESC, m.id DESC")} LIMIT @take OFFSET @skip", values).Select(row => row.ToMessage()).ToList()));
    }

    public async Task<bool> TransitionAsync(Guid id, StoredState from, StoredState to, DateTimeOffset? dueAt, IReadOnlyList<OutboxEntry> outbox, CancellationToken cancellation)
    {
        List<OutboxRow> rows = [];
        try
        {
            foreach (OutboxEntry entry in outbox) rows.Add(Outbox.MakeFolder(entry));
            bool moved = await index.WriteAsync(
                connection =>
                {
                    int changed = connection.Execute(
                        "UPDATE messages SET state = @to, due_at = @due, decided = CASE WHEN @to IN ('released', 'deleted') THEN 1 ELSE decided END WHERE id = @id AND state = @from",
                        new { id = id.ToString("N"), from = StateWord.Of(from), to = StateWord.Of(to), due = dueAt?.ToUnixTimeMilliseconds() });
                    if (changed == 0) return false;
                    foreach (OutboxEntry entry in outbox) if (entry.Serves) MarkReleased(connection, id, entry.Owed ?? entry.Envelope.Recipients);
                    foreach (OutboxRow row in rows) row.Queued = EmbeddedOutbox.Insert(connection, row, time.GetUtcNow());
                    return true;
                },
                cancellation);
            if (moved) await WriteStateAsync(id, cancellation);
            return moved;
        }
        catch (ReleasedAlreadyException)
        {
            foreach (OutboxRow row in rows) row.Queued = false;
            return false;
        }
        finally
        {
            foreach (OutboxRow row in rows) Outbox.DropFolderUnlessQueued(row);
        }
    }

    public async Task TakeBackAsync(Guid id, IReadOnlyList<string> recipients, CancellationToken cancellation)
    {
        await index.WriteAsync(connection => connection.Execute("DELETE FROM released WHERE message = @id AND recipient IN @recipients", new { id = id.ToString("N"), recipients }), cancellation);
        await WriteStateAsync(id, cancellation);
    }

    public async Task DeleteAsync(Guid id, CancellationToken cancellation)
    {
        int changed = await index.WriteAsync(
            connection => connection.Execute("UPDATE messages SET state = 'deleted', due_at = NULL, decided = 1 WHERE id = @id AND erased = 0", new { id = id.ToString("N") }), cancellation);
        if (changed > 0) await EraseAsync(id, cancellation);
    }

    public Task<StoreUsage> UsageAsync(CancellationToken cancellation) => Task.FromResult(new StoreUsage(Interlocked.Read(ref _messages), Interlocked.Read(ref _bytes)));

    public StoreReading Read(long announcedSize)
    {
        StoreUsage usage = new(Interlocked.Read(ref _messages), Interlocked.Read(ref _bytes));
        long free = _drive.AvailableFreeSpace;
        bool full = free < Math.Max(options.ReserveBytes, 2 * announcedSize) || (options.LimitBytes > 0 && usage.Bytes >= options.LimitBytes);
        bool filling = free < 2 * options.ReserveBytes || (options.LimitBytes > 0 && usage.Bytes >= options.LimitBytes / 10 * 9);
        return new StoreReading(full ? StoreLevel.Full : filling ? StoreLevel.Filling : StoreLevel.Open, usage, options.LimitBytes, free);
    }

    /// <summary>Every folder, with the message it belongs to.</summary>
    public IEnumerable<(string Folder, Guid Owner)> Folders()
    {
        foreach (string folder in Directory.EnumerateDirectories(paths.Messages))
        {
            if (Guid.TryParseExact(Path.GetFileName(folder), "D", out Guid id)) yield return (folder, id);
        }
    }

    /// <summary>All rows anew from the folders.</summary>
    public async Task<int> ReindexAsync(List<string> damaged, CancellationToken cancellation)
    {
        await index.WriteAsync(connection => connection.Execute("DELETE FROM addresses; DELETE FROM reasons; DELETE FROM released; DELETE FROM messages;"), cancellation);
        int count = 0;
        foreach ((string folder, Guid id) in Folders())
        {
            if (await IndexFolderAsync(folder, id, damaged, cancellation)) count++;
        }

        await LoadUsageAsync(cancellation);
        return count;
    }

    /// <summary>After a crash: folders without a row get one, deletions and state files are finished.</summary>
    public async Task<int> RecoverAsync(List<string> damaged, CancellationToken cancellation)
    {
        HashSet<string> known = index.Read(connection => connection.Query<string>("SELECT id FROM messages").ToHashSet(StringComparer.Ordinal));
        int count = 0;
        foreach ((string folder, Guid id) in Folders())
        {
            if (!known.Contains(id.ToString("N")) && await IndexFolderAsync(folder, id, damaged, cancellation)) count++;
        }

        foreach (string id in index.Read(connection => connection.Query<string>("SELECT id FROM messages WHERE state = 'deleted' AND erased = 0").ToList()))
        {
            await EraseAsync(Guid.ParseExact(id, "N"), cancellation);
        }

        foreach (string id in index.Read(connection => connection.Query<string>("SELECT id FROM messages WHERE state <> folder_state AND erased = 0").ToList()))
        {
            await WriteStateAsync(Guid.ParseExact(id, "N"), cancellation);
        }

        await LoadUsageAsync(cancellation);
        return count;
    }

    /// <summary>Rows and folders of messages deleted long ago.</summary>
    public async Task<int> TidyAsync(CancellationToken cancellation)
    {
        long before = (time.GetUtcNow() - options.TraceFor).ToUnixTimeMilliseconds();
        List<string> old = index.Read(connection => connection.Query<string>("SELECT id FROM messages WHERE erased = 1 AND stored_at < @before LIMIT 10000", new { before }).ToList());
        foreach (string id in old) SealedFolder.Erase(FolderOf(Guid.ParseExact(id, "N")), keep: null);
        if (old.Count > 0) await index.WriteAsync(connection => connection.Execute("DELETE FROM messages WHERE id IN @old", new { old }), cancellation);
        return old.Count;
    }

    private async Task<bool> IndexFolderAsync(string folder, Guid id, List<string> damaged, CancellationToken cancellation)
    {
        try
        {
            (EnvelopeForm Envelope, StateForm State)? found = ReadFolder(folder, id);
            if (found is not { } forms)
            {
                StateForm state = StoredForms.ReadState(File.ReadAllBytes(Path.Combine(folder, StateFile)));
                forms = (Unknown(state), state with { State = StoredState.Deleted, DueAt = null });
                SealedFolder.Erase(folder, StateFile);
            }

            long bytes = BytesOnDisk(folder);
            bool erased = found is null;
            return await index.WriteAsync(
                connection =>
                {
                    bool inserted = Insert(connection, forms.Envelope, forms.State, bytes, forms.State.StoredAt);
                    if (erased) connection.Execute("UPDATE messages SET erased = 1 WHERE id = @id", new { id = id.ToString("N") });
                    return inserted;
                },
                cancellation);
        }
        catch (Exception unreadable) when (unreadable is IOException or InvalidDataException)
        {
            damaged.Add($"{folder}: {unreadable.Message}");
            return false;
        }
    }

    // Null when the key was destroyed: the message is deleted, only its state is left.
    private (EnvelopeForm Envelope, StateForm State)? ReadFolder(string path, Guid id)
    {
        if (SealedFolder.Open(path, id, keys) is not { } folder) return null;
        return (ReadEnvelope(folder, id), StoredForms.ReadState(File.ReadAllBytes(Path.Combine(path, StateFile))));
    }

    private static EnvelopeForm ReadEnvelope(SealedFolder folder, Guid id)
    {
        EnvelopeForm form = StoredForms.ReadEnvelope(folder.ReadAll(EnvelopeFile, StoredForms.MaxJson));
        return form.Id == id ? form : throw new InvalidDataException($"envelope.json belongs to {form.Id}, not to {id}");
    }

    private static EnvelopeForm Unknown(StateForm state) => new()
    {
        Id = state.Id,
        StoredAt = state.StoredAt,
        Envelope = new Envelope { MailFrom = "", Recipients = [] },
        Sha256 = "",
        Size = 0,
    };

    private static bool Insert(SqliteConnection connection, EnvelopeForm form, StateForm state, long bytes, DateTimeOffset now)
    {
        string id = form.Id.ToString("N");
        int rows = connection.Execute(
            """
            INSERT INTO messages (id, state, folder_state, stored_at, due_at, sha256, reasons, envelope, correspondence, network, size, bytes, decided)
            VALUES (@id, @state, @state, @stored, @due, @Sha256, @reasons, @envelope, @Correspondence, @network, @Size, @bytes, @decided) ON CONFLICT DO NOTHING
            """,
            new
            {
                id,
                state = StateWord.Of(state.State),
                stored = form.StoredAt.ToUnixTimeMilliseconds(),
                due = state.DueAt?.ToUnixTimeMilliseconds(),
                form.Sha256,
                reasons = StoredForms.WriteText(form.Reasons),
                envelope = StoredForms.WriteText(form.Envelope),
                form.Correspondence,
                network = ClientNetwork.Of(form.Envelope),
                form.Size,
                bytes,
                decided = state.DecidedOn,
            });
        if (rows == 0) return false;
        foreach (string reason in form.Reasons) connection.Execute("INSERT INTO reasons VALUES (@reason, @id) ON CONFLICT DO NOTHING", new { reason, id });
        if (form.Envelope.MailFrom.Length > 0) InsertAddress(connection, form.Envelope.MailFrom, id, recipient: 0);
        foreach (Recipient recipient in form.Envelope.Recipients) InsertAddress(connection, recipient.Address, id, recipient: 1);
        IEnumerable<string> released = form.Envelope.Recipients.Select(recipient => recipient.Address).Where(address => state.ReleasedTo.Contains(Mark(address)));
        foreach (string recipient in released) connection.Execute("INSERT INTO released VALUES (@id, @recipient) ON CONFLICT DO NOTHING", new { id, recipient });
        EmbeddedHandoverMemory.Remember(connection, form.Handover, now);
        return true;
    }

    // Thrown inside the transaction, which goes back to its savepoint: neither state nor queue changes.
    private static void MarkReleased(SqliteConnection connection, Guid id, IReadOnlyList<Recipient> recipients)
    {
        foreach (string recipient in recipients.Select(recipient => recipient.Address).Distinct(StringComparer.Ordinal))
        {
            if (connection.Execute("INSERT INTO released VALUES (@id, @recipient) ON CONFLICT DO NOTHING", new { id = id.ToString("N"), recipient }) == 0) throw new ReleasedAlreadyException();
        }
    }

    // The state file is in clear: it names a recipient by a mark that only the (encrypted) envelope can be compared with.
    private static string Mark(string address) => Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(address)))[..16];

    private sealed class ReleasedAlreadyException : Exception;

    private static void InsertAddress(SqliteConnection connection, string address, string id, int recipient) =>
        connection.Execute("INSERT INTO addresses VALUES (@address, @id, @recipient) ON CONFLICT DO NOTHING", new { address = AddressKey.Of(address), id, recipient });

    private async Task WriteStateAsync(Guid id, CancellationToken cancellation)
    {
        if (!Directory.Exists(FolderOf(id)) || await FindAsync(id, cancellation) is not { } message) return;
        StateForm state = new()
        {
            Id = id,
            State = message.State,
            StoredAt = message.StoredAt,
            DueAt = message.DueAt,
            DecidedOn = message.DecidedOn,
            ReleasedTo = message.State == StoredState.Deleted ? [] : [.. message.ReleasedTo.Select(Mark)],
        };
        DurableFiles.Replace(Path.Combine(FolderOf(id), StateFile), StoredForms.Write(state));
        await index.WriteAsync(connection => connection.Execute("UPDATE messages SET folder_state = @word WHERE id = @id", new { id = id.ToString("N"), word = StateWord.Of(message.State) }), cancellation);
    }

    private async Task EraseAsync(Guid id, CancellationToken cancellation)
    {
        await WriteStateAsync(id, cancellation);
        SealedFolder.Erase(FolderOf(id), StateFile);
        long freed = await index.WriteAsync(
            connection =>
            {
                long bytes = connection.ExecuteScalar<long>("SELECT bytes FROM messages WHERE id = @id AND erased = 0", new { id = id.ToString("N") });
                return connection.Execute("UPDATE messages SET erased = 1, bytes = 0 WHERE id = @id AND erased = 0", new { id = id.ToString("N") }) > 0 ? bytes : -1;
            },
            cancellation);
        if (freed >= 0) Count(-1, -freed);
    }

    private async Task LoadUsageAsync(CancellationToken cancellation)
    {
        (long messages, double bytes) = await index.WriteAsync(connection => connection.QuerySingle<(long, double)>("SELECT count(*), total(bytes) FROM messages WHERE erased = 0"), cancellation);
        Interlocked.Exchange(ref _messages, messages);
        Interlocked.Exchange(ref _bytes, (long)bytes);
    }

    private void Count(long messages, long bytes)
    {
        Interlocked.Add(ref _messages, messages);
        Interlocked.Add(ref _bytes, bytes);
    }

    private SealedFolder? Open(Guid id) => SealedFolder.Open(FolderOf(id), id, keys);

    private string FolderOf(Guid id) => Path.Combine(paths.Messages, id.ToString("D"));

    private static long BytesOnDisk(string folder) => new DirectoryInfo(folder).EnumerateFiles().Sum(file => file.Length);
}

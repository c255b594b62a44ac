using System.Text;
using System.Text.Json.Nodes;
using MailSanitizer.Mail;
using MailSanitizer.Storage;
using Microsoft.Extensions.Time.Testing;

namespace MailSanitizer.Tests.Storage;

/// <summary>What the embedded storage promises beyond the contract: encryption, keys, the index, the disk.</summary>
public sealed class EmbeddedStorageTests : IDisposable
{
    private const string Secret = "unlikely-words-in-clear-text";
    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _time = Sample.Time();

    private static CancellationToken None => CancellationToken.None;

    private string State => _folder["state"];

    private Task<EmbeddedStorage> OpenAsync(long limit = 0) => EmbeddedStorage.OpenAsync(new StorageOptions { Folder = State, LimitBytes = limit }, _time, None);

    public void Dispose() => _folder.Dispose();

    private string FolderOf(Guid id) => Path.Combine(State, "messages", id.ToString("D"));

    private static async Task<StoredMessage> PutAsync(EmbeddedStorage storage, StoredState state = StoredState.Quarantined)
    {
        StoredMessage message = Sample.Message(state);
        await storage.Messages.PutAsync(message, new BytesOf($"Subject: {Secret}\r\n\r\n{Secret}"), new BytesOf($"cleaned {Secret}"), new JsonObject { ["secret"] = Secret }, None);
        return message;
    }

    [Fact]
    public async Task Nothing_of_a_message_is_on_disk_in_clear_and_only_the_owner_may_read()
    {
        await using (EmbeddedStorage storage = await OpenAsync())
        {
            StoredMessage message = await PutAsync(storage);
            await storage.Outbox.EnqueueAsync(Sample.Entry(message.Id) with { Content = new BytesOf(Secret) }, None);
            foreach (string name in (string[])["original", "envelope.json", "decision.json", "cleaned", "key", "state.json"]) Assert.True(File.Exists(Path.Combine(FolderOf(message.Id), name)), name);
        }

        foreach (string file in Directory.EnumerateFiles(State, "*", SearchOption.AllDirectories))
        {
            Assert.True(File.ReadAllBytes(file).AsSpan().IndexOf(Encoding.UTF8.GetBytes(Secret)) < 0, file);
            if (!file.EndsWith("-shm", StringComparison.Ordinal)) Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(file) & (UnixFileMode.GroupRead | UnixFileMode.OtherRead | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite));
        }

        foreach (string folder in Directory.EnumerateDirectories(State, "*", SearchOption.AllDirectories).Append(State))
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(folder));
        }
    }

    [Theory]
    [InlineData("original", 40)]
    [InlineData("original", -1)]
    [InlineData("original", 4)]
    [InlineData("envelope.json", 50)]
    public async Task A_changed_byte_is_never_handed_out(string name, int at)
    {
        await using EmbeddedStorage storage = await OpenAsync();
        StoredMessage message = await PutAsync(storage);
        string path = Path.Combine(FolderOf(message.Id), name);
        byte[] bytes = await File.ReadAllBytesAsync(path);
        bytes[at < 0 ? ^-at : at] ^= 1;
        await File.WriteAllBytesAsync(path, bytes);
        await Assert.ThrowsAsync<InvalidDataException>(() => storage.Messages.OriginalAsync(message.Id, None));
    }

    [Fact]
    public async Task A_cut_swapped_or_repeated_chunk_is_never_handed_out()
    {
        await using EmbeddedStorage storage = await OpenAsync();
        StoredMessage message = Sample.Message();
        await storage.Messages.PutAsync(message, new BytesOf(new byte[300_000]), null, [], None);
        string path = Path.Combine(FolderOf(message.Id), "original");
        byte[] whole = await File.ReadAllBytesAsync(path);
        const int chunk = 64 * 1024 + 16;
        byte[] swapped = [.. whole[..32], .. whole[(32 + chunk)..(32 + 2 * chunk)], .. whole[32..(32 + chunk)], .. whole[(32 + 2 * chunk)..]];
        byte[] cut = whole[..(32 + 3 * chunk)];
        byte[] repeated = [.. whole[..(32 + chunk)], .. whole[32..(32 + chunk)], .. whole[(32 + 2 * chunk)..]];
        foreach (byte[] broken in (byte[][])[swapped, cut, repeated, whole[..20], []])
        {
            await File.WriteAllBytesAsync(path, broken);
            await Assert.ThrowsAsync<InvalidDataException>(() => storage.Messages.OriginalAsync(message.Id, None));
        }
    }

    [Fact]
    public async Task Files_of_one_message_do_not_open_in_another()
    {
        await using EmbeddedStorage storage = await OpenAsync();
        StoredMessage first = await PutAsync(storage);
        StoredMessage second = await PutAsync(storage);
        File.Copy(Path.Combine(FolderOf(first.Id), "original"), Path.Combine(FolderOf(second.Id), "original"), overwrite: true);
        await Assert.ThrowsAsync<InvalidDataException>(() => storage.Messages.OriginalAsync(second.Id, None));
        File.Copy(Path.Combine(FolderOf(first.Id), "key"), Path.Combine(FolderOf(second.Id), "key"), overwrite: true);
        await Assert.ThrowsAsync<InvalidDataException>(() => storage.Messages.OriginalAsync(second.Id, None));
    }

    [Fact]
    public async Task The_index_is_made_anew_from_the_folders()
    {
        Guid kept, released, deleted;
        OutboxEntry entry;
        IReadOnlyList<StoredMessage> before;
        await using (EmbeddedStorage storage = await OpenAsync())
        {
            kept = (await PutAsync(storage, StoredState.HeldWhole)).Id;
            released = (await PutAsync(storage)).Id;
            deleted = (await PutAsync(storage)).Id;
            entry = Sample.Entry(released);
            Assert.True(await storage.Messages.TransitionAsync(released, StoredState.Quarantined, StoredState.Released, null, [entry], None));
            await storage.Messages.DeleteAsync(deleted, None);
            StoredMessage answered = Sample.Message() with { Handover = new Handover("IDENT", new string('a', 64), ["reader@example.jp"]) };
            await storage.Messages.PutAsync(answered, new BytesOf("x"), null, [], None);
            before = await storage.Messages.ListAsync(new StoreQuery(), None);
        }

        foreach (string file in Directory.EnumerateFiles(State, "index.db*")) File.Delete(file);
        await using (EmbeddedStorage storage = await OpenAsync())
        {
            Assert.Equal(4, storage.LastRecovery.Messages);
            Assert.Empty(storage.LastRecovery.Damaged);
            IReadOnlyList<StoredMessage> after = await storage.Messages.ListAsync(new StoreQuery(), None);
            Assert.Equal(before.Select(row => (row.Id, row.State, row.StoredAt, row.DueAt, row.DecidedOn)), after.Select(row => (row.Id, row.State, row.StoredAt, row.DueAt, row.DecidedOn)));
            Assert.Equal(["reader@example.jp"], (await storage.Messages.FindAsync(released, None))!.ReleasedTo);
            Assert.Equal(StoredState.HeldWhole, (await storage.Messages.FindAsync(kept, None))!.State);
            Assert.Equal(StoredState.Deleted, (await storage.Messages.FindAsync(deleted, None))!.State);
            Assert.Equal(entry.Key, Assert.Single(await storage.Outbox.ListAsync(None)).Key);
            using IMailBytes? content = await storage.Outbox.ContentAsync(entry.Key, None);
            Assert.Equal(BytesOf.ReadAll(entry.Content!), BytesOf.ReadAll(content!));
            Assert.Equal(["reader@example.jp"], await storage.Handovers.DoneAsync("IDENT", new string('a', 64), None));
            RecoveryReport again = await storage.ReindexAsync(None);
            Assert.Equal((4, 1), (again.Messages, again.OutboxEntries));
        }
    }

    [Fact]
    public async Task A_damaged_index_is_put_aside_and_made_anew()
    {
        Guid id;
        await using (EmbeddedStorage storage = await OpenAsync()) id = (await PutAsync(storage)).Id;
        await File.WriteAllTextAsync(Path.Combine(State, "index.db"), "this was a database");
        await using EmbeddedStorage again = await OpenAsync();
        Assert.Equal(id, Assert.Single(await again.Messages.ListAsync(new StoreQuery(), None)).Id);
        Assert.True(File.Exists(Path.Combine(State, "index.db.damaged")));
    }

    [Fact]
    public async Task A_damaged_folder_is_named_and_left_alone()
    {
        Guid id;
        await using (EmbeddedStorage storage = await OpenAsync()) id = (await PutAsync(storage)).Id;
        await File.WriteAllTextAsync(Path.Combine(FolderOf(id), "envelope.json"), "damaged");
        foreach (string file in Directory.EnumerateFiles(State, "index.db*")) File.Delete(file);
        await using EmbeddedStorage again = await OpenAsync();
        Assert.Contains(id.ToString("D"), Assert.Single(again.LastRecovery.Damaged), StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(FolderOf(id), "original")));
    }

    [Fact]
    public async Task A_folder_without_a_row_gets_one_with_what_it_answered_for()
    {
        Guid id;
        await using (EmbeddedStorage storage = await OpenAsync())
        {
            StoredMessage message = Sample.Message() with { Handover = new Handover("IDENT", new string('a', 64), ["reader@example.jp"]) };
            id = message.Id;
            await storage.Messages.PutAsync(message, new BytesOf("x"), null, [], None);
        }

        using (Microsoft.Data.Sqlite.SqliteConnection connection = new($"Data Source={Path.Combine(State, "index.db")};Pooling=False"))
        {
            connection.Open();
            using Microsoft.Data.Sqlite.SqliteCommand command = connection.CreateCommand();
            command.CommandText = "DELETE FROM messages; DELETE FROM handover;";
            command.ExecuteNonQuery();
        }

        await using EmbeddedStorage again = await OpenAsync();
        Assert.Equal(1, again.LastRecovery.Messages);
        Assert.NotNull(await again.Messages.FindAsync(id, None));
        Assert.Equal(["reader@example.jp"], await again.Handovers.DoneAsync("IDENT", new string('a', 64), None));
    }

    [Fact]
    public async Task What_a_crash_left_half_made_goes()
    {
        await using (EmbeddedStorage storage = await OpenAsync()) await PutAsync(storage);
        Directory.CreateDirectory(Path.Combine(State, "aside", "half"));
        await File.WriteAllTextAsync(Path.Combine(State, "aside", "half", "original"), "half");
        string orphan = Path.Combine(State, "outbox", Guid.NewGuid().ToString("D"));
        Directory.CreateDirectory(orphan);
        await File.WriteAllTextAsync(Path.Combine(orphan, "content"), "never promised");
        await using EmbeddedStorage again = await OpenAsync();
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(State, "aside")));
        Assert.False(Directory.Exists(orphan));
    }

    [Fact]
    public async Task A_deletion_cut_off_half_way_is_finished()
    {
        Guid id;
        await using (EmbeddedStorage storage = await OpenAsync()) id = (await PutAsync(storage)).Id;
        using (Microsoft.Data.Sqlite.SqliteConnection connection = new($"Data Source={Path.Combine(State, "index.db")};Pooling=False"))
        {
            connection.Open();
            using Microsoft.Data.Sqlite.SqliteCommand command = connection.CreateCommand();
            command.CommandText = "UPDATE messages SET state = 'deleted'";
            command.ExecuteNonQuery();
        }

        await using EmbeddedStorage again = await OpenAsync();
        Assert.Null(await again.Messages.OriginalAsync(id, None));
        Assert.Equal(["state.json"], Directory.EnumerateFiles(FolderOf(id)).Select(Path.GetFileName));
        Assert.Equal(0, (await again.Messages.UsageAsync(None)).Messages);
    }

    [Fact]
    public async Task Deletion_overwrites_the_key_before_it_removes_it()
    {
        await using EmbeddedStorage storage = await OpenAsync();
        StoredMessage message = await PutAsync(storage);
        string key = Path.Combine(FolderOf(message.Id), "key");
        // A second name for the same bytes on disk shows what is left of them.
        string kept = _folder["kept"];
        Assert.Equal(0, Link(Encoding.UTF8.GetBytes(key + "\0"), Encoding.UTF8.GetBytes(kept + "\0")));
        await storage.Messages.DeleteAsync(message.Id, None);
        byte[] left = await File.ReadAllBytesAsync(kept);
        Assert.Equal(KeyRing.WrappedBytes, left.Length);
        Assert.All(left, value => Assert.Equal(0, value));
        Assert.False(File.Exists(key));
    }

    [Fact]
    public async Task Rekey_wraps_everything_anew_and_the_old_key_is_gone()
    {
        string keyFile = Path.Combine(State, "keys", "store.key");
        await using EmbeddedStorage storage = await OpenAsync();
        StoredMessage message = await PutAsync(storage);
        OutboxEntry entry = Sample.Entry(message.Id);
        await storage.Outbox.EnqueueAsync(entry, None);
        string before = await File.ReadAllTextAsync(keyFile);
        byte[] wrappedBefore = await File.ReadAllBytesAsync(Path.Combine(FolderOf(message.Id), "key"));
        Assert.Equal(2, await storage.RekeyAsync(None));
        string after = await File.ReadAllTextAsync(keyFile);
        Assert.NotEqual(before, after);
        Assert.Single(after.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        using (IMailBytes? original = await storage.Messages.OriginalAsync(message.Id, None)) Assert.NotNull(original);
        using (IMailBytes? content = await storage.Outbox.ContentAsync(entry.Key, None)) Assert.NotNull(content);
        await File.WriteAllBytesAsync(Path.Combine(FolderOf(message.Id), "key"), wrappedBefore);
        await Assert.ThrowsAsync<InvalidDataException>(() => storage.Messages.OriginalAsync(message.Id, None));
    }

    [Fact]
    public async Task A_rekey_cut_off_half_way_is_finished_by_the_next()
    {
        await using EmbeddedStorage storage = await OpenAsync();
        StoredMessage first = await PutAsync(storage);
        storage.Keys.Rotate();
        StoredMessage second = await PutAsync(storage);
        Assert.Equal(2, storage.Keys.Count);
        using (IMailBytes? old = await storage.Messages.OriginalAsync(first.Id, None)) Assert.NotNull(old);
        Assert.Equal(1, await storage.RekeyAsync(None));
        Assert.Equal(1, storage.Keys.Count);
        using IMailBytes? one = await storage.Messages.OriginalAsync(first.Id, None);
        using IMailBytes? two = await storage.Messages.OriginalAsync(second.Id, None);
        Assert.NotNull(one);
        Assert.NotNull(two);
    }

    [Fact]
    public async Task A_key_file_that_others_can_read_is_refused()
    {
        await (await OpenAsync()).DisposeAsync();
        string keyFile = Path.Combine(State, "keys", "store.key");
        File.SetUnixFileMode(keyFile, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        await Assert.ThrowsAsync<InvalidDataException>(() => OpenAsync());
        File.SetUnixFileMode(keyFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await File.WriteAllTextAsync(keyFile, "no key");
        await Assert.ThrowsAsync<InvalidDataException>(() => OpenAsync());
    }

    [Fact]
    public async Task The_gauge_warns_at_90_percent_and_is_full_at_the_limit_and_before_the_disk_is()
    {
        await using EmbeddedStorage storage = await OpenAsync(limit: 1_000_000);
        Assert.Equal(StoreLevel.Open, storage.Gauge.Read(0).Level);
        await storage.Messages.PutAsync(Sample.Message(), new BytesOf(new byte[890_000]), null, [], None);
        Assert.Equal(StoreLevel.Open, storage.Gauge.Read(0).Level);
        await storage.Messages.PutAsync(Sample.Message(), new BytesOf(new byte[20_000]), null, [], None);
        Assert.Equal(StoreLevel.Filling, storage.Gauge.Read(0).Level);
        await storage.Messages.PutAsync(Sample.Message(), new BytesOf(new byte[100_000]), null, [], None);
        Assert.Equal(StoreLevel.Full, storage.Gauge.Read(0).Level);
        await using EmbeddedStorage other = await EmbeddedStorage.OpenAsync(new StorageOptions { Folder = _folder["other"] }, _time, None);
        StoreReading reading = other.Gauge.Read(0);
        Assert.Equal(StoreLevel.Open, reading.Level);
        Assert.Equal(StoreLevel.Full, other.Gauge.Read(reading.FreeBytes / 2 + 1_000_000_000).Level);
    }

    [Fact]
    public async Task Old_traces_go()
    {
        await using EmbeddedStorage storage = await OpenAsync();
        StoredMessage message = await PutAsync(storage);
        await storage.Messages.DeleteAsync(message.Id, None);
        await storage.Handovers.RememberAsync("I", new string('a', 64), ["r@example.jp"], None);
        Assert.Equal(0, await storage.TidyAsync(None));
        _time.Advance(TimeSpan.FromDays(401));
        await storage.TidyAsync(None);
        Assert.Null(await storage.Messages.FindAsync(message.Id, None));
        Assert.False(Directory.Exists(FolderOf(message.Id)));
    }

    [Fact]
    public async Task A_store_that_cannot_write_says_so_and_keeps_nothing_half()
    {
        if (Environment.UserName == "root" && !Directory.Exists("/dev/shm")) Assert.Skip("no way to make a folder unwritable");
        await using EmbeddedStorage storage = await OpenAsync();
        string aside = Path.Combine(State, "aside");
        Directory.Delete(aside);
        await File.WriteAllTextAsync(aside, "a file where the folder was");
        StoredMessage message = Sample.Message();
        await Assert.ThrowsAnyAsync<IOException>(() => storage.Messages.PutAsync(message, new BytesOf("x"), null, [], None));
        Assert.Null(await storage.Messages.FindAsync(message.Id, None));
        File.Delete(aside);
        Directory.CreateDirectory(aside);
        await storage.Messages.PutAsync(message, new BytesOf("x"), null, [], None);
        Assert.NotNull(await storage.Messages.FindAsync(message.Id, None));
    }

    // Names as bytes: no marshalling to choose.
    [System.Runtime.InteropServices.DllImport("libc", EntryPoint = "link")]
    private static extern int Link(byte[] from, byte[] to);
}

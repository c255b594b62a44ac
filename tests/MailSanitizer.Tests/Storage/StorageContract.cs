using System.Security.Cryptography;
using System.Text.Json.Nodes;
using MailSanitizer.Mail;
using MailSanitizer.Storage;
using Microsoft.Extensions.Time.Testing;

namespace MailSanitizer.Tests.Storage;

/// <summary>What a storage has to keep, whoever implements it: a second implementation derives from this and passes.</summary>
public abstract class StorageContract : IAsyncLifetime
{
    protected FakeTimeProvider Time { get; } = Sample.Time();

    private protected IMessageStore Store { get; private set; } = null!;

    private protected IOutbox Outbox { get; private set; } = null!;

    private protected IHandoverMemory Memory { get; private set; } = null!;

    private protected IHoldQuota Quota { get; private set; } = null!;

    private static CancellationToken None => CancellationToken.None;

    /// <summary>Opens the same storage again, as a new process would.</summary>
    private protected abstract Task<(IMessageStore Store, IOutbox Outbox, IHandoverMemory Memory, IHoldQuota Quota)> OpenAsync();

    protected abstract ValueTask CloseAsync();

    public async ValueTask InitializeAsync() => (Store, Outbox, Memory, Quota) = await OpenAsync();

    public virtual async ValueTask DisposeAsync()
    {
        await CloseAsync();
        GC.SuppressFinalize(this);
    }

    private async Task ReopenAsync()
    {
        await CloseAsync();
        (Store, Outbox, Memory, Quota) = await OpenAsync();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(65535)]
    [InlineData(65536)]
    [InlineData(65537)]
    [InlineData(131072)]
    [InlineData(262144)]
    [InlineData(262145)]
    [InlineData(3_000_001)]
    public async Task What_is_put_comes_back_byte_for_byte_after_a_restart(int size)
    {
        byte[] original = RandomNumberGenerator.GetBytes(size);
        byte[] cleaned = RandomNumberGenerator.GetBytes(size / 2);
        StoredMessage message = Sample.Message();
        await Store.PutAsync(message, new BytesOf(original), new BytesOf(cleaned), new JsonObject { ["decision"] = "quarantine", ["ms"] = 12.5 }, None);
        await ReopenAsync();
        using IMailBytes? back = await Store.OriginalAsync(message.Id, None);
        using IMailBytes? backCleaned = await Store.CleanedAsync(message.Id, None);
        Assert.NotNull(back);
        Assert.NotNull(backCleaned);
        Assert.Equal(original.Length, back.Length);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(original)), back.Sha256);
        Assert.Equal(original, BytesOf.ReadAll(back));
        Assert.Equal(original, BytesOf.ReadAll(back));
        Assert.Equal(cleaned, BytesOf.ReadAll(backCleaned));
        Assert.Equal("quarantine", (string?)(await Store.DecisionAsync(message.Id, None))!["decision"]);
    }

    [Fact]
    public async Task A_range_in_the_middle_reads_the_same()
    {
        byte[] original = RandomNumberGenerator.GetBytes(1_000_000);
        StoredMessage message = Sample.Message();
        await Store.PutAsync(message, new BytesOf(original), null, [], None);
        using IMailBytes? back = await Store.OriginalAsync(message.Id, None);
        using Stream stream = back!.OpenRead();
        foreach (int at in (int[])[999_999, 0, 65_530, 131_072, 500_000])
        {
            stream.Position = at;
            byte[] some = new byte[Math.Min(100_000, original.Length - at)];
            stream.ReadExactly(some);
            Assert.Equal(original.AsSpan(at, some.Length).ToArray(), some);
        }
    }

    [Fact]
    public async Task The_row_keeps_every_word_of_the_envelope()
    {
        StoredMessage message = Sample.Message(StoredState.HeldWhole, null, "a@example.jp", "利用者@example.jp");
        await Store.PutAsync(message, new BytesOf("x"), null, [], None);
        await ReopenAsync();
        StoredMessage? row = await Store.FindAsync(message.Id, None);
        Assert.NotNull(row);
        Assert.Equal(message.State, row.State);
        Assert.Equal(message.StoredAt, row.StoredAt);
        Assert.Equal(message.DueAt, row.DueAt);
        Assert.Equal(message.Reasons, row.Reasons);
        Assert.Equal(message.Correspondence, row.Correspondence);
        Assert.Equal(message.Envelope.Recipients, row.Envelope.Recipients);
        Assert.Equal(message.Envelope with { Recipients = row.Envelope.Recipients }, row.Envelope);
        Assert.Equal(1, row.Size);
        Assert.False(row.DecidedOn);
        Assert.Null(await Store.CleanedAsync(message.Id, None));
    }

    [Fact]
    public async Task Unknown_ids_are_null()
    {
        Guid id = Guid.CreateVersion7();
        Assert.Null(await Store.FindAsync(id, None));
        Assert.Null(await Store.OriginalAsync(id, None));
        Assert.Null(await Store.CleanedAsync(id, None));
        Assert.Null(await Store.DecisionAsync(id, None));
        Assert.False(await Store.TransitionAsync(id, StoredState.Quarantined, StoredState.Released, null, [], None));
        await Store.DeleteAsync(id, None);
        Assert.Null(await Outbox.ContentAsync("none", None));
        Assert.False(await Outbox.DeleteAsync("none", None));
    }

    [Fact]
    public async Task Putting_the_same_id_again_changes_nothing()
    {
        StoredMessage message = Sample.Message();
        await Store.PutAsync(message, new BytesOf("first"), null, new JsonObject { ["n"] = 1 }, None);
        await Store.PutAsync(message with { State = StoredState.HeldWhole }, new BytesOf("second"), null, new JsonObject { ["n"] = 2 }, None);
        using IMailBytes? back = await Store.OriginalAsync(message.Id, None);
        Assert.Equal("first"u8.ToArray(), BytesOf.ReadAll(back!));
        Assert.Equal(StoredState.Quarantined, (await Store.FindAsync(message.Id, None))!.State);
        Assert.Equal(1, (await Store.UsageAsync(None)).Messages);
    }

    [Fact]
    public async Task Lists_filter_page_and_order_newest_first()
    {
        List<StoredMessage> all = [];
        for (int number = 0; number < 30; number++)
        {
            StoredMessage message = Sample.Message(number % 3 == 0 ? StoredState.HeldWhole : StoredState.Quarantined, Sample.Now.AddMinutes(number), $"user{number % 5}@example.jp")
                with { Reasons = [number % 2 == 0 ? "even" : "odd"], Correspondence = $"c{number % 4}" };
            all.Add(message);
            await Store.PutAsync(message, new BytesOf($"{number}"), null, [], None);
        }

        async Task<IEnumerable<Guid>> Ids(StoreQuery query) => (await Store.ListAsync(query, None)).Select(row => row.Id);
        IEnumerable<Guid> Expected(Func<StoredMessage, bool> test) => all.Where(test).Reverse().Select(message => message.Id);
        Assert.Equal(Expected(_ => true), await Ids(new StoreQuery()));
        Assert.Equal(Expected(_ => true).Skip(10).Take(10), await Ids(new StoreQuery { Skip = 10, Take = 10 }));
        Assert.Equal(Expected(m => m.State == StoredState.HeldWhole), await Ids(new StoreQuery { States = [StoredState.HeldWhole] }));
        Assert.Equal(Expected(m => m.Reasons[0] == "odd"), await Ids(new StoreQuery { Reason = "odd" }));
        Assert.Equal(Expected(m => m.Correspondence == "c2"), await Ids(new StoreQuery { Correspondence = "c2" }));
        Assert.Equal(Expected(m => m.Envelope.Recipients[0].Address == "user3@example.jp"), await Ids(new StoreQuery { Address = "USER3@" }));
        Assert.Equal(Expected(_ => true), await Ids(new StoreQuery { Address = "sender@EXAMPLE" }));
        Assert.Empty(await Ids(new StoreQuery { Address = "user%" }));
        Assert.Equal(Expected(m => m.StoredAt >= Sample.Now.AddMinutes(5) && m.StoredAt < Sample.Now.AddMinutes(9)), await Ids(new StoreQuery { Since = Sample.Now.AddMinutes(5), Until = Sample.Now.AddMinutes(9) }));
        Assert.Equal(Expected(m => m.DueAt <= Sample.Now.AddDays(30).AddMinutes(3)), await Ids(new StoreQuery { DueBefore = Sample.Now.AddDays(30).AddMinutes(3) }));
        Assert.Equal(Expected(m => m.Reasons[0] == "even" && m.State == StoredState.Quarantined).Take(3), await Ids(new StoreQuery { Reason = "even", States = [StoredState.Quarantined], Take = 3 }));
    }

    [Fact]
    public async Task A_transition_happens_once_and_queues_once()
    {
        StoredMessage message = Sample.Message();
        await Store.PutAsync(message, new BytesOf("x"), null, [], None);
        OutboxEntry entry = Sample.Entry(message.Id);
        bool[] moved = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => Task.Run(() => Store.TransitionAsync(message.Id, StoredState.Quarantined, StoredState.Released, null, [entry], None))));
        Assert.Single(moved, won => won);
        Assert.Single(await Outbox.ListAsync(None));
        await ReopenAsync();
        StoredMessage row = (await Store.FindAsync(message.Id, None))!;
        Assert.Equal(StoredState.Released, row.State);
        Assert.True(row.DecidedOn);
        Assert.Null(row.DueAt);
        Assert.Equal(entry.Key, Assert.Single(await Outbox.ListAsync(None)).Key);
        using IMailBytes? content = await Outbox.ContentAsync(entry.Key, None);
        Assert.Equal(BytesOf.ReadAll(entry.Content!), BytesOf.ReadAll(content!));
    }

    [Fact]
    public async Task A_transition_from_another_state_does_nothing()
    {
        StoredMessage message = Sample.Message(StoredState.HeldWhole);
        await Store.PutAsync(message, new BytesOf("x"), null, [], None);
        Assert.False(await Store.TransitionAsync(message.Id, StoredState.HeldPart, StoredState.Unlocked, null, [Sample.Entry(message.Id)], None));
        Assert.Empty(await Outbox.ListAsync(None));
        Assert.True(await Store.TransitionAsync(message.Id, StoredState.HeldWhole, StoredState.HeldPart, Sample.Now.AddDays(3), [], None));
        StoredMessage row = (await Store.FindAsync(message.Id, None))!;
        Assert.Equal((StoredState.HeldPart, Sample.Now.AddDays(3), false), (row.State, row.DueAt, row.DecidedOn));
    }

    [Fact]
    public async Task Deletion_leaves_the_row_and_nothing_to_read()
    {
        StoredMessage message = Sample.Message();
        await Store.PutAsync(message, new BytesOf("x"), new BytesOf("y"), [], None);
        await Store.DeleteAsync(message.Id, None);
        await Store.DeleteAsync(message.Id, None);
        await ReopenAsync();
        Assert.Equal(StoredState.Deleted, (await Store.FindAsync(message.Id, None))!.State);
        Assert.Null(await Store.OriginalAsync(message.Id, None));
        Assert.Null(await Store.CleanedAsync(message.Id, None));
        Assert.Null(await Store.DecisionAsync(message.Id, None));
        Assert.Equal(new StoreUsage(0, 0), await Store.UsageAsync(None));
        Assert.False(await Store.TransitionAsync(message.Id, StoredState.Quarantined, StoredState.Released, null, [], None));
    }

    [Fact]
    public async Task Usage_counts_messages_and_bytes()
    {
        StoredMessage first = Sample.Message();
        await Store.PutAsync(first, new BytesOf(new byte[100_000]), null, [], None);
        await Store.PutAsync(Sample.Message(), new BytesOf(new byte[50_000]), null, [], None);
        StoreUsage usage = await Store.UsageAsync(None);
        Assert.Equal(2, usage.Messages);
        Assert.InRange(usage.Bytes, 150_000, 160_000);
        await ReopenAsync();
        Assert.Equal(usage, await Store.UsageAsync(None));
        await Store.DeleteAsync(first.Id, None);
        Assert.InRange((await Store.UsageAsync(None)).Bytes, 50_000, 60_000);
    }

    [Fact]
    public async Task Outbox_gives_what_is_due_oldest_first()
    {
        Guid id = Guid.CreateVersion7();
        for (int number = 0; number < 5; number++)
        {
            await Outbox.EnqueueAsync(Sample.Entry(id, $"p{number}") with { EnqueuedAt = Sample.Now.AddMinutes(-number), NextAttempt = Sample.Now.AddMinutes(number - 2) }, None);
        }

        Assert.Equal(["p2", "p1", "p0"], (await Outbox.DueAsync(Sample.Now, 10, None)).Select(entry => entry.Purpose));
        Assert.Equal(["p2"], (await Outbox.DueAsync(Sample.Now, 1, None)).Select(entry => entry.Purpose));
        await Outbox.FlushAsync(Sample.Now, None);
        Assert.Equal(["p4", "p3", "p2", "p1", "p0"], (await Outbox.DueAsync(Sample.Now, 10, None)).Select(entry => entry.Purpose));
    }

    [Fact]
    public async Task Outbox_entries_end_recipient_by_recipient()
    {
        OutboxEntry entry = Sample.Entry(Guid.CreateVersion7(), "delivery", "a@example.jp", "b@example.jp", "c@example.jp");
        await Outbox.EnqueueAsync(entry, None);
        await Outbox.CompleteAsync(entry.Key, [entry.Envelope.Recipients[1]], None);
        await Outbox.PostponeAsync(entry.Key, Sample.Now.AddMinutes(1), "451 4.2.0 later", None);
        await ReopenAsync();
        OutboxEntry left = Assert.Single(await Outbox.ListAsync(None));
        Assert.Equal([entry.Envelope.Recipients[0], entry.Envelope.Recipients[2]], left.Envelope.Recipients);
        Assert.Equal((1, "451 4.2.0 later", Sample.Now.AddMinutes(1), true), (left.Attempts, left.LastReply, left.NextAttempt, left.SenderVouched));
        Assert.Empty(await Outbox.DueAsync(Sample.Now, 10, None));
        await Outbox.CompleteAsync(entry.Key, left.Envelope.Recipients, None);
        Assert.Empty(await Outbox.ListAsync(None));
        Assert.Null(await Outbox.ContentAsync(entry.Key, None));
    }

    [Fact]
    public async Task A_key_is_queued_once_even_after_it_was_done()
    {
        OutboxEntry entry = Sample.Entry(Guid.CreateVersion7());
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(() => Outbox.EnqueueAsync(entry, None))));
        Assert.Single(await Outbox.ListAsync(None));
        await Outbox.CompleteAsync(entry.Key, entry.Envelope.Recipients, None);
        await ReopenAsync();
        await Outbox.EnqueueAsync(entry, None);
        Assert.Empty(await Outbox.ListAsync(None));
    }

    [Fact]
    public async Task An_operator_can_take_an_entry_out()
    {
        OutboxEntry entry = Sample.Entry(Guid.CreateVersion7());
        await Outbox.EnqueueAsync(entry, None);
        Assert.True(await Outbox.DeleteAsync(entry.Key, None));
        Assert.False(await Outbox.DeleteAsync(entry.Key, None));
        Assert.Empty(await Outbox.ListAsync(None));
    }

    [Fact]
    public async Task Handover_is_remembered_for_six_days_by_ident_bytes_and_recipient()
    {
        string sha256 = new('a', 64);
        await Memory.RememberAsync("4B1A", sha256, ["a@example.jp", "B@example.jp"], None);
        await ReopenAsync();
        Assert.Equal(["B@example.jp", "a@example.jp"], (await Memory.DoneAsync("4B1A", sha256, None)).Order(StringComparer.Ordinal));
        Assert.Empty(await Memory.DoneAsync("4B1B", sha256, None));
        Assert.Empty(await Memory.DoneAsync("4B1A", new string('b', 64), None));
        Time.Advance(TimeSpan.FromDays(6) - TimeSpan.FromSeconds(1));
        Assert.Equal(2, (await Memory.DoneAsync("4B1A", sha256, None)).Count);
        Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Empty(await Memory.DoneAsync("4B1A", sha256, None));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public async Task Without_ident_nothing_is_remembered(string? ident)
    {
        string sha256 = new('a', 64);
        await Memory.RememberAsync(ident, sha256, ["a@example.jp"], None);
        Assert.Empty(await Memory.DoneAsync(ident, sha256, None));
    }

    [Fact]
    public async Task Storing_in_place_of_a_handover_is_remembered_and_storing_as_evidence_is_not()
    {
        StoredMessage evidence = Sample.Message();
        await Store.PutAsync(evidence, new BytesOf("x"), null, [], None);
        Assert.Empty(await Memory.DoneAsync("4B1A2C3D", new BytesOf("x").Sha256, None));
        StoredMessage answer = Sample.Message() with { Handover = new Handover("4B1A2C3D", new BytesOf("x").Sha256, ["reader@example.jp"]) };
        await Store.PutAsync(answer, new BytesOf("x"), null, [], None);
        Assert.Equal(["reader@example.jp"], await Memory.DoneAsync("4B1A2C3D", new BytesOf("x").Sha256, None));
        OutboxEntry queued = Sample.Entry(Guid.CreateVersion7(), "delivery", "other@example.jp") with { Handover = new Handover("4B1A2C3D", new BytesOf("x").Sha256, ["other@example.jp"]) };
        await Outbox.EnqueueAsync(queued, None);
        Assert.Equal(2, (await Memory.DoneAsync("4B1A2C3D", new BytesOf("x").Sha256, None)).Count);
    }

    [Fact]
    public async Task Held_mail_has_quotas_for_correspondence_client_network_and_recipient()
    {
        Envelope envelope = Sample.Envelope("r@example.jp");
        Assert.Null(await Quota.ExceededByAsync("c", envelope, 1000, None));
        Assert.Equal("correspondence", await Quota.ExceededByAsync("c", envelope, 1_000_001, None));
        for (int number = 0; number < 3; number++) await Store.PutAsync(Held("c", "r@example.jp", "198.51.100.7"), new BytesOf("x"), null, [], None);
        Assert.Equal("correspondence", await Quota.ExceededByAsync("c", envelope, 1, None));
        Assert.Null(await Quota.ExceededByAsync("d", envelope, 1, None));
        await Store.PutAsync(Held("d", "s@example.jp", "198.51.100.200"), new BytesOf("x"), null, [], None);
        Assert.Equal("client-network", await Quota.ExceededByAsync("d", envelope, 1, None));
        Envelope elsewhere = envelope with { Client = envelope.Client with { Address = "203.0.113.1" } };
        Assert.Null(await Quota.ExceededByAsync("d", elsewhere, 1, None));
        for (int number = 0; number < 2; number++) await Store.PutAsync(Held("e", "R@example.jp", "2001:db8::1"), new BytesOf("x"), null, [], None);
        Assert.Equal("recipient", await Quota.ExceededByAsync("d", elsewhere, 1, None));
        StoredMessage quarantined = (await Store.ListAsync(new StoreQuery { Correspondence = "e" }, None))[0];
        Assert.True(await Store.TransitionAsync(quarantined.Id, StoredState.HeldWhole, StoredState.Quarantined, null, [], None));
        Assert.Null(await Quota.ExceededByAsync("d", elsewhere, 1, None));
    }

    private static StoredMessage Held(string correspondence, string recipient, string client)
    {
        StoredMessage message = Sample.Message(StoredState.HeldWhole, null, recipient) with { Correspondence = correspondence };
        return message with { Envelope = message.Envelope with { Client = message.Envelope.Client with { Address = client } } };
    }
}

/// <summary>The embedded storage under the contract.</summary>
public sealed class EmbeddedStorageContract : StorageContract
{
    private readonly TemporaryFolder _folder = new();
    private EmbeddedStorage? _storage;

    private protected override async Task<(IMessageStore, IOutbox, IHandoverMemory, IHoldQuota)> OpenAsync()
    {
        StorageOptions options = new()
        {
            Folder = _folder["state"],
            PerCorrespondence = new Quota(3, 1_000_000),
            PerClientNetwork = new Quota(4, 0),
            PerRecipient = new Quota(5, 0),
        };
        _storage = await EmbeddedStorage.OpenAsync(options, Time, CancellationToken.None);
        return (_storage.Messages, _storage.Outbox, _storage.Handovers, _storage.Quota);
    }

    protected override async ValueTask CloseAsync()
    {
        if (_storage is not null) await _storage.DisposeAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _folder.Dispose();
    }
}

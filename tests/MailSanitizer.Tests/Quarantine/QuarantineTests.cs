using System.Text;
using System.Text.Json.Nodes;
using MailSanitizer.Content;
using MailSanitizer.Mail;
using MailSanitizer.Quarantine;
using MailSanitizer.Storage;
using MailSanitizer.Tests.Storage;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace MailSanitizer.Tests.Quarantine;

public sealed class QuarantineTests : IAsyncLifetime
{
    private const string Original = "From: s@example.net\r\nSubject: =?utf-8?B?6KaL56mN5pu4?= \u001b[31mred\r\nTo: reader@example.jp\r\n\r\noriginal text \u202Eevil\r\nsecond line\r\n";
    private const string Cleaned = "From: s@example.net\r\nSubject: x\r\n\r\ncleaned text\r\n";
    private static readonly Operator Auditor = new("auditor", 1000);
    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _time = Sample.Time();
    private readonly RecordedAudit _audit = new();
    private readonly RecordedNotices _notices = new();
    private readonly ScriptedWorkers _workers = new();
    private readonly ScriptedScanner _scanner = new();
    private readonly ScriptedNextHop _hop = new();
    private readonly PlainSealer _sealer = new();
    private QuarantineOptions _options = new() { HostName = "filter.example.jp" };
    private EmbeddedStorage _storage = null!;

    private static CancellationToken None => CancellationToken.None;

    public async ValueTask InitializeAsync() => _storage = await EmbeddedStorage.OpenAsync(new StorageOptions { Folder = _folder["state"], LimitBytes = 1_000_000 }, _time, None);

    public async ValueTask DisposeAsync()
    {
        await _storage.DisposeAsync();
        _folder.Dispose();
    }

    private Release NewRelease() => new(_storage.Messages, _workers, _scanner, _sealer, new Spool(_folder["spool"]), _audit, _notices, _options, _time);

    private OutboxRunner Runner() => new(_storage.Outbox, _storage.Messages, _hop, _audit, _notices, null, new OutboxOptions { HostName = "filter.example.jp", From = "postmaster@example.jp" }, _time, NullLogger.Instance);

    private async Task<StoredMessage> PutAsync(bool cleaned = true, StoredState state = StoredState.Quarantined, DateTimeOffset? at = null, params string[] recipients)
    {
        StoredMessage message = Sample.Message(state, at, recipients);
        JsonObject decision = new()
        {
            ["authentication"] = new JsonArray(new JsonObject { ["method"] = "spf", ["result"] = "pass", ["properties"] = new JsonObject { ["smtp.mailfrom"] = "s@example.net" }, ["reason"] = null }),
            ["parts"] = new JsonArray(new JsonObject { ["path"] = "1", ["name"] = "a\u001b]0;x\u0007.doc", ["format"] = "doc", ["size"] = 12, ["sha256_in"] = "aa", ["findings"] = new JsonArray(new JsonObject { ["kind"] = "vba-project", ["location"] = "x", ["detail"] = "y" }) }),
        };
        await _storage.Messages.PutAsync(message, new BytesOf(Original), cleaned ? new BytesOf(Cleaned) : null, decision, None);
        return message;
    }

    private static ReleaseOrder Order(Guid id, bool original = false, params string[] to) => new(id, to, original, Auditor, "the reader asked");

    [Fact]
    public async Task A_release_is_checked_sealed_recorded_and_delivered_once()
    {
        StoredMessage message = await PutAsync();
        ReleaseResult result = await NewRelease().RunAsync(Order(message.Id), None);
        Assert.Equal(ReleaseOutcome.Released, result.Outcome);
        Assert.Equal(1, _workers.Walks);
        await Runner().RunDueAsync(None);
        (Envelope envelope, byte[] bytes) = Assert.Single(_hop.Delivered);
        Assert.Equal(message.Envelope.Recipients, envelope.Recipients);
        Assert.Equal(message.Envelope.EnvelopeId, envelope.EnvelopeId);
        string text = Encoding.UTF8.GetString(bytes);
        Assert.StartsWith("Authentication-Results: test\r\n", text, StringComparison.Ordinal);
        Assert.EndsWith(Cleaned, text, StringComparison.Ordinal);
        Assert.Equal("pass", _sealer.Seen!.Result("spf"));
        AuditEvent released = Assert.Single(_audit.Events, entry => entry.Action == "message.released");
        Assert.Equal(("auditor", "1000", "the reader asked", "cleaned"), ((string?)released.Fields["user"]!["name"], (string?)released.Fields["user"]!["id"], (string?)released.Fields["event"]!["reason"], (string?)released.Fields["release"]!["copy"]));
        StoredMessage row = (await _storage.Messages.FindAsync(message.Id, None))!;
        Assert.Equal((StoredState.Released, true, _time.GetUtcNow().AddDays(7)), (row.State, row.DecidedOn, row.DueAt));
        Assert.Equal(ReleaseOutcome.Already, (await NewRelease().RunAsync(Order(message.Id), None)).Outcome);
        await Runner().RunDueAsync(None);
        Assert.Single(_hop.Delivered);
    }

    [Fact]
    public async Task A_hundred_at_once_release_once()
    {
        StoredMessage message = await PutAsync(recipients: ["a@example.jp", "b@example.jp"]);
        Release release = NewRelease();
        ReleaseResult[] results = await Task.WhenAll(Enumerable.Range(0, 100).Select(number => Task.Run(() => release.RunAsync(Order(message.Id, number % 2 == 0), None))));
        Assert.Single(results, result => result.Outcome == ReleaseOutcome.Released);
        Assert.Equal(99, results.Count(result => result.Outcome == ReleaseOutcome.Already));
        Assert.Equal(1, _audit.Count("message.released"));
        await Runner().RunDueAsync(None);
        Assert.Equal(["a@example.jp", "b@example.jp"], _hop.Delivered.SelectMany(one => one.Envelope.Recipients).Select(recipient => recipient.Address).Order());
    }

    [Fact]
    public async Task To_some_first_and_to_the_rest_later_each_gets_it_once()
    {
        StoredMessage message = await PutAsync(recipients: ["a@example.jp", "b@example.jp", "c@example.jp"]);
        Release release = NewRelease();
        Assert.Equal(["b@example.jp"], (await release.RunAsync(Order(message.Id, false, "B@example.jp"), None)).Recipients);
        Assert.Equal(StoredState.Quarantined, (await _storage.Messages.FindAsync(message.Id, None))!.State);
        Assert.Equal(ReleaseOutcome.Already, (await release.RunAsync(Order(message.Id, false, "b@example.jp"), None)).Outcome);
        Assert.Equal(["a@example.jp", "c@example.jp"], (await release.RunAsync(Order(message.Id), None)).Recipients);
        Assert.Equal(StoredState.Released, (await _storage.Messages.FindAsync(message.Id, None))!.State);
        await Runner().RunDueAsync(None);
        Assert.Equal(["a@example.jp", "b@example.jp", "c@example.jp"], _hop.Delivered.SelectMany(one => one.Envelope.Recipients).Select(recipient => recipient.Address).Order());
        Assert.Equal(ReleaseOutcome.Refused, (await release.RunAsync(Order(message.Id, false, "stranger@example.jp"), None)).Outcome);
    }

    [Fact]
    public async Task A_new_hit_stops_the_cleaned_copy()
    {
        StoredMessage message = await PutAsync();
        _scanner.Outcome = ScanOutcome.Infected;
        Assert.Equal(ReleaseOutcome.Stopped, (await NewRelease().RunAsync(Order(message.Id), None)).Outcome);
        _scanner.Outcome = ScanOutcome.Clean;
        FindingKind active = FindingKinds.All.Values.First(kind => kind.Class == FindingClass.Active || kind.NeverKept);
        _workers.Walk = _ => new WalkOutcome { Result = new WalkResult { Parts = [], Findings = [new FindingFact(active.Id, "1", "", "", null)] } };
        Assert.Equal(ReleaseOutcome.Stopped, (await NewRelease().RunAsync(Order(message.Id), None)).Outcome);
        _workers.Walk = _ => new WalkOutcome { Died = true };
        Assert.Equal(ReleaseOutcome.Stopped, (await NewRelease().RunAsync(Order(message.Id), None)).Outcome);
        Assert.Equal(3, _audit.Count("message.release-stopped"));
        Assert.Equal(3, _notices.Operators.Count);
        Assert.Empty(await _storage.Outbox.ListAsync(None));
        Assert.Equal(StoredState.Quarantined, (await _storage.Messages.FindAsync(message.Id, None))!.State);
    }

    [Fact]
    public async Task What_cannot_be_checked_now_waits()
    {
        StoredMessage message = await PutAsync();
        _scanner.Outcome = ScanOutcome.Unavailable;
        Assert.Equal(ReleaseOutcome.TryLater, (await NewRelease().RunAsync(Order(message.Id), None)).Outcome);
        _workers.Walk = _ => new WalkOutcome { Fault = "no memory" };
        Assert.Equal(ReleaseOutcome.TryLater, (await NewRelease().RunAsync(Order(message.Id), None)).Outcome);
        Assert.Empty(await _storage.Outbox.ListAsync(None));
        Assert.Equal(0, _audit.Count("message.released"));
    }

    [Fact]
    public async Task The_original_is_another_right_and_goes_unchecked()
    {
        StoredMessage message = await PutAsync(cleaned: false);
        Assert.Equal(ReleaseOutcome.Refused, (await NewRelease().RunAsync(Order(message.Id), None)).Outcome);
        _options = _options with { MayHaveOriginal = by => by.UserId == 0 };
        Assert.Equal(ReleaseOutcome.Refused, (await NewRelease().RunAsync(Order(message.Id, original: true), None)).Outcome);
        ReleaseOrder root = Order(message.Id, original: true) with { By = new Operator("root", 0) };
        Assert.Equal(ReleaseOutcome.Released, (await NewRelease().RunAsync(root, None)).Outcome);
        Assert.Equal(0, _workers.Walks);
        await Runner().RunDueAsync(None);
        Assert.EndsWith(Original, Encoding.UTF8.GetString(Assert.Single(_hop.Delivered).Bytes), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(StoredState.HeldWhole, ReleaseOutcome.Refused)]
    [InlineData(StoredState.HeldPart, ReleaseOutcome.Refused)]
    public async Task Held_mail_is_not_released_here(StoredState state, ReleaseOutcome outcome)
    {
        StoredMessage message = await PutAsync(state: state);
        Assert.Equal(outcome, (await NewRelease().RunAsync(Order(message.Id), None)).Outcome);
        Assert.Equal(ReleaseOutcome.NotFound, (await NewRelease().RunAsync(Order(Guid.CreateVersion7()), None)).Outcome);
    }

    [Fact]
    public async Task With_a_broken_audit_nothing_is_released_and_later_it_is()
    {
        StoredMessage message = await PutAsync();
        _audit.Broken = true;
        await Assert.ThrowsAsync<IOException>(() => NewRelease().RunAsync(Order(message.Id), None));
        Assert.Empty(await _storage.Outbox.ListAsync(None));
        Assert.Empty(Directory.EnumerateDirectories(Path.Combine(_folder["state"], "outbox")));
        _audit.Broken = false;
        Assert.Equal(ReleaseOutcome.Released, (await NewRelease().RunAsync(Order(message.Id), None)).Outcome);
    }

    [Fact]
    public async Task The_next_hop_down_in_mid_release_delays_and_loses_nothing()
    {
        StoredMessage message = await PutAsync(recipients: ["a@example.jp", "b@example.jp"]);
        await NewRelease().RunAsync(Order(message.Id), None);
        _hop.Answer = address => address.StartsWith('a') ? new SmtpReply(250, "2.0.0", "ok") : new SmtpReply(421, "4.4.2", "connection lost");
        await Runner().RunDueAsync(None);
        await _storage.DisposeAsync();
        _storage = await EmbeddedStorage.OpenAsync(new StorageOptions { Folder = _folder["state"] }, _time, None);
        _hop.Answer = _ => new SmtpReply(250, "2.0.0", "ok");
        _time.Advance(TimeSpan.FromMinutes(1));
        await Runner().RunDueAsync(None);
        Assert.Equal(["a@example.jp", "b@example.jp"], _hop.Delivered.SelectMany(one => one.Envelope.Recipients).Select(recipient => recipient.Address));
    }

    [Fact]
    public async Task List_filters_pages_and_shows_nothing_raw()
    {
        for (int number = 0; number < 5; number++) await PutAsync(at: Sample.Now.AddMinutes(number), recipients: [$"r{number}\u001b[2J@example.jp"]);
        QuarantineListVerb list = new(_storage.Messages);
        VerbReply reply = await list.RunAsync(new JsonObject { ["take"] = 2, ["skip"] = 1 }, Auditor, None);
        JsonArray rows = (JsonArray)reply.Result["messages"]!;
        Assert.Equal(2, rows.Count);
        Assert.Contains("r3", rows[0]!["to"]![0]!.ToString(), StringComparison.Ordinal);
        string text = list.Render(reply.Result);
        Assert.DoesNotContain('\u001b', text);
        Assert.Contains("\\u{1B}[2J", text, StringComparison.Ordinal);
        Assert.Single((JsonArray)(await list.RunAsync(new JsonObject { ["address"] = "R4" }, Auditor, None)).Result["messages"]!);
        Assert.Empty((JsonArray)(await list.RunAsync(new JsonObject { ["state"] = new JsonArray("released") }, Auditor, None)).Result["messages"]!);
        Assert.Equal(5, ((JsonArray)(await list.RunAsync(new JsonObject { ["reason"] = "floor:over-depth" }, Auditor, None)).Result["messages"]!).Count);
        await Assert.ThrowsAsync<VerbArgumentException>(() => list.RunAsync(new JsonObject { ["state"] = new JsonArray("nowhere") }, Auditor, None));
        await Assert.ThrowsAsync<VerbArgumentException>(() => list.RunAsync(new JsonObject { ["take"] = "many" }, Auditor, None));
        await Assert.ThrowsAsync<VerbArgumentException>(() => list.RunAsync(new JsonObject { ["since"] = "yesterday-ish" }, Auditor, None));
    }

    [Fact]
    public async Task Show_gives_headers_parts_and_text_safely_and_is_recorded()
    {
        StoredMessage message = await PutAsync();
        QuarantineShowVerb show = new(_storage.Messages, _workers, _audit);
        VerbReply reply = await show.RunAsync(new JsonObject { ["id"] = message.Id.ToString() }, Auditor, None);
        string text = show.Render(reply.Result);
        Assert.Contains("見積書", text, StringComparison.Ordinal);
        Assert.Contains("vba-project", text, StringComparison.Ordinal);
        Assert.Contains("second line", text, StringComparison.Ordinal);
        Assert.Contains("has_cleaned  true", text, StringComparison.Ordinal);
        Assert.All(text, letter => Assert.True(letter == '\n' || !(char.IsControl(letter) || char.GetUnicodeCategory(letter) == System.Globalization.UnicodeCategory.Format), $"U+{(int)letter:X4}"));
        Assert.Equal("auditor", (string?)Assert.Single(_audit.Events, entry => entry.Action == "quarantine.shown").Fields["user"]!["name"]);
        Assert.Equal(1, (await show.RunAsync(new JsonObject { ["id"] = Guid.CreateVersion7().ToString() }, Auditor, None)).ExitCode);
    }

    [Fact]
    public async Task Delete_needs_a_reason_and_destroys()
    {
        StoredMessage message = await PutAsync();
        StoredMessage held = await PutAsync(state: StoredState.HeldWhole);
        QuarantineDeleteVerb delete = new(_storage.Messages, _audit);
        JsonObject arguments = new() { ["id"] = message.Id.ToString() };
        await Assert.ThrowsAsync<VerbArgumentException>(() => delete.RunAsync(arguments, Auditor, None));
        arguments["reason"] = "  ";
        await Assert.ThrowsAsync<VerbArgumentException>(() => delete.RunAsync(arguments, Auditor, None));
        arguments["reason"] = "spam";
        Assert.True((await delete.RunAsync(arguments, Auditor, None)).Ok);
        Assert.Null(await _storage.Messages.OriginalAsync(message.Id, None));
        Assert.Equal("spam", (string?)Assert.Single(_audit.Events).Fields["event"]!["reason"]);
        Assert.Equal(1, (await delete.RunAsync(arguments, Auditor, None)).ExitCode);
        Assert.Equal(2, (await delete.RunAsync(new JsonObject { ["id"] = held.Id.ToString(), ["reason"] = "x" }, Auditor, None)).ExitCode);
    }

    [Fact]
    public async Task Export_hands_out_the_bytes_that_arrived_and_is_recorded()
    {
        StoredMessage message = await PutAsync();
        QuarantineExportVerb export = new(_storage.Messages, _audit, _options);
        VerbReply reply = await export.RunAsync(new JsonObject { ["id"] = message.Id.ToString(), ["reason"] = "examiner" }, Auditor, None);
        using (IMailBytes? content = reply.Content) Assert.Equal(Original, Encoding.UTF8.GetString(BytesOf.ReadAll(content!)));
        AuditEvent recorded = Assert.Single(_audit.Events);
        Assert.Equal(("quarantine.exported", (string?)reply.Result["sha256"]), (recorded.Action, (string?)recorded.Fields["export"]!["sha256"]));
        await Assert.ThrowsAsync<VerbArgumentException>(() => export.RunAsync(new JsonObject { ["id"] = message.Id.ToString() }, Auditor, None));
    }

    [Fact]
    public async Task Rekey_and_reindex_are_recorded_with_their_figures()
    {
        StoredMessage message = await PutAsync();
        JsonObject why = new() { ["reason"] = "yearly" };
        VerbReply rekey = await new QuarantineRekeyVerb(_storage, _audit).RunAsync(why, Auditor, None);
        VerbReply reindex = await new QuarantineReindexVerb(_storage, _audit).RunAsync(why, Auditor, None);
        Assert.Equal((1, 1), ((int)rekey.Result["folders"]!, (int)reindex.Result["messages"]!));
        Assert.Equal(["quarantine.rekeyed", "quarantine.reindexed"], _audit.Events.Select(entry => entry.Action));
        Assert.Equal(ReleaseOutcome.Released, (await NewRelease().RunAsync(Order(message.Id), None)).Outcome);
    }

    [Fact]
    public async Task The_queue_is_listed_flushed_and_cut_by_operators()
    {
        StoredMessage message = await PutAsync();
        await NewRelease().RunAsync(Order(message.Id), None);
        QueueListVerb list = new(_storage.Outbox);
        JsonObject listed = (await list.RunAsync([], Auditor, None)).Result;
        string key = (string)listed["entries"]![0]!["key"]!;
        Assert.Contains(message.Id.ToString("D"), list.Render(listed), StringComparison.Ordinal);
        await _storage.Outbox.PostponeAsync(key, _time.GetUtcNow().AddHours(1), "421 \u001b[2J", None);
        Assert.DoesNotContain('\u001b', list.Render((await list.RunAsync([], Auditor, None)).Result));
        await new QueueFlushVerb(_storage.Outbox, _audit, _time).RunAsync([], Auditor, None);
        Assert.Single(await _storage.Outbox.DueAsync(_time.GetUtcNow(), 10, None));
        QueueDeleteVerb delete = new(_storage.Outbox, _audit);
        await Assert.ThrowsAsync<VerbArgumentException>(() => delete.RunAsync(new JsonObject { ["key"] = key }, Auditor, None));
        Assert.True((await delete.RunAsync(new JsonObject { ["key"] = key[..16], ["reason"] = "wrong person" }, Auditor, None)).Ok);
        Assert.Empty(await _storage.Outbox.ListAsync(None));
        Assert.Equal(1, _audit.Count("queue.deleted"));
    }

    [Fact]
    public void Each_reason_has_its_own_age()
    {
        QuarantineOptions options = new() { HostName = "x", KeepFor = TimeSpan.FromDays(30), KeepForReason = new Dictionary<string, TimeSpan> { ["spam"] = TimeSpan.FromDays(3), ["infected"] = TimeSpan.FromDays(90) } };
        Assert.Equal(Sample.Now.AddDays(30), options.DueAt(["other"], Sample.Now));
        Assert.Equal(Sample.Now.AddDays(3), options.DueAt(["spam", "other"], Sample.Now));
        Assert.Equal(Sample.Now.AddDays(90), options.DueAt(["spam", "infected"], Sample.Now));
    }

    [Fact]
    public async Task Age_removes_what_is_due_and_holds_are_not_ours()
    {
        StoredMessage old = await PutAsync();
        StoredMessage held = await PutAsync(state: StoredState.HeldWhole);
        StoredMessage young = await PutAsync(at: Sample.Now.AddDays(1));
        Expiry expiry = new(_storage.Messages, _storage.Gauge, _audit, _notices, _time, NullLogger.Instance);
        Assert.Equal(0, await expiry.RunOnceAsync(None));
        _time.Advance(TimeSpan.FromDays(30));
        Assert.Equal(1, await expiry.RunOnceAsync(None));
        Assert.Equal(StoredState.Deleted, (await _storage.Messages.FindAsync(old.Id, None))!.State);
        Assert.Equal(StoredState.HeldWhole, (await _storage.Messages.FindAsync(held.Id, None))!.State);
        Assert.Equal(StoredState.Quarantined, (await _storage.Messages.FindAsync(young.Id, None))!.State);
        AuditEvent deleted = Assert.Single(_audit.Events);
        Assert.Equal(("message.deleted", "age", "mailsanitizer"), (deleted.Action, (string?)deleted.Fields["event"]!["reason"], (string?)deleted.Fields["user"]!["name"]));
    }

    [Fact]
    public async Task A_flood_removes_only_what_a_person_decided_on_and_operators_are_told_once()
    {
        Expiry expiry = new(_storage.Messages, _storage.Gauge, _audit, _notices, _time, NullLogger.Instance);
        StoredMessage decided = Sample.Message();
        await _storage.Messages.PutAsync(decided, new BytesOf(new byte[300_000]), new BytesOf(Cleaned), [], None);
        await NewRelease().RunAsync(Order(decided.Id), None);
        StoredMessage evidence = Sample.Message();
        await _storage.Messages.PutAsync(evidence, new BytesOf(new byte[650_000]), null, [], None);
        Assert.Equal(StoreLevel.Filling, _storage.Gauge.Read(0).Level);
        Assert.Equal(1, await expiry.RunOnceAsync(None));
        Assert.Equal(StoredState.Deleted, (await _storage.Messages.FindAsync(decided.Id, None))!.State);
        await _storage.Messages.PutAsync(Sample.Message(), new BytesOf(new byte[270_000]), null, [], None);
        Assert.Equal(0, await expiry.RunOnceAsync(None));
        Assert.Equal(0, await expiry.RunOnceAsync(None));
        Assert.Equal(StoredState.Quarantined, (await _storage.Messages.FindAsync(evidence.Id, None))!.State);
        Assert.Equal(["store-filling"], _notices.Operators.Select(notice => notice.Kind));
        await _storage.Messages.PutAsync(Sample.Message(), new BytesOf(new byte[100_000]), null, [], None);
        await expiry.RunOnceAsync(None);
        Assert.Equal(["store-filling", "store-full"], _notices.Operators.Select(notice => notice.Kind));
        Assert.Equal(StoreLevel.Full, _storage.Gauge.Read(0).Level);
    }

    [Theory]
    [InlineData("これはテスト")]
    [InlineData("plain ascii")]
    public void A_preview_reads_the_encodings_of_japan(string text)
    {
        Encoding jis = CodePagesEncodingProvider.Instance.GetEncoding(50220)!;
        Encoding sjis = CodePagesEncodingProvider.Instance.GetEncoding(932)!;
        Assert.Equal(text, TextPreview.Decode(jis.GetBytes(text)));
        Assert.Equal(text, TextPreview.Decode(sjis.GetBytes(text)));
        Assert.Equal(text, TextPreview.Decode(Encoding.UTF8.GetBytes(text)));
        byte[] cut = Encoding.UTF8.GetBytes(text + "漢")[..^1];
        Assert.StartsWith(text, TextPreview.Decode(cut), StringComparison.Ordinal);
    }
}

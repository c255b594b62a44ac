using System.Text;
using MailSanitizer.Mail;
using MailSanitizer.Storage;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using MimeKit;

namespace MailSanitizer.Tests.Storage;

public sealed class OutboxRunnerTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _time = Sample.Time();
    private readonly ScriptedNextHop _hop = new();
    private readonly RecordedAudit _audit = new();
    private readonly RecordedNotices _notices = new();
    private EmbeddedStorage _storage = null!;
    private OutboxRunner _runner = null!;

    private static CancellationToken None => CancellationToken.None;

    public async ValueTask InitializeAsync()
    {
        _storage = await EmbeddedStorage.OpenAsync(new StorageOptions { Folder = _folder["state"] }, _time, None);
        OutboxOptions options = new() { HostName = "filter.example.jp", From = "postmaster@example.jp" };
        _runner = new OutboxRunner(_storage.Outbox, _storage.Messages, _hop, _audit, _notices, null, options, _time, NullLogger.Instance);
    }

    public async ValueTask DisposeAsync()
    {
        await _storage.DisposeAsync();
        _folder.Dispose();
    }

    private const string Mail = "X-MailSanitizer-Decision: changed\r\nX-MailSanitizer-Id: 1\r\nAuthentication-Results: mx; spf=pass\r\nFrom: s@example.net\r\nSubject: out\r\n\r\nbody text\r\n";

    private async Task<OutboxEntry> EnqueueAsync(bool vouched = true, string purpose = "delivery", string? notify = null, Func<OutboxEntry, OutboxEntry>? change = null, params string[] recipients)
    {
        OutboxEntry entry = Sample.Entry(Guid.CreateVersion7(), purpose, recipients.Length == 0 ? ["a@example.jp"] : recipients) with { Content = new BytesOf(Mail), SenderVouched = vouched };
        entry = entry with { Envelope = entry.Envelope.For([.. entry.Envelope.Recipients.Select(recipient => recipient with { Notify = notify })]) };
        if (change is not null) entry = change(entry);
        await _storage.Outbox.EnqueueAsync(entry, None);
        return entry;
    }

    private async Task<(OutboxEntry Entry, MimeMessage Message, string Text)> SingleReportAsync()
    {
        OutboxEntry report = Assert.Single(await _storage.Outbox.ListAsync(None), entry => entry.Purpose == "dsn");
        using IMailBytes? content = await _storage.Outbox.ContentAsync(report.Key, None);
        byte[] bytes = BytesOf.ReadAll(content!);
        Assert.DoesNotContain((byte)'\n', bytes.Where((value, at) => value == '\n' && bytes[at - 1] != '\r'));
        return (report, await MimeMessage.LoadAsync(new MemoryStream(bytes)), Encoding.UTF8.GetString(bytes));
    }

    [Fact]
    public async Task Delivered_entries_go_and_are_recorded_with_the_next_hops_words()
    {
        OutboxEntry entry = await EnqueueAsync(recipients: ["a@example.jp", "b@example.jp"]);
        Assert.Equal(1, await _runner.RunDueAsync(None));
        Assert.Equal(0, await _runner.RunDueAsync(None));
        (Envelope envelope, byte[] bytes) = Assert.Single(_hop.Delivered);
        Assert.Equal(entry.Envelope.Recipients, envelope.Recipients);
        Assert.Equal(entry.Envelope with { Recipients = envelope.Recipients }, envelope);
        Assert.Equal(Mail, Encoding.UTF8.GetString(bytes));
        AuditEvent recorded = Assert.Single(_audit.Events);
        Assert.Equal("message.handed-over", recorded.Action);
        Assert.Contains("250 2.0.0 ok", recorded.Fields.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_recipient_has_its_own_end()
    {
        await EnqueueAsync(recipients: ["taken@example.jp", "later@example.jp", "never@example.jp"]);
        _hop.Answer = address => address.StartsWith("taken", StringComparison.Ordinal) ? new SmtpReply(250, "2.0.0", "ok") : address.StartsWith("later", StringComparison.Ordinal) ? new SmtpReply(451, "4.2.0", "later") : new SmtpReply(550, "5.1.1", "no such user");
        await _runner.RunDueAsync(None);
        OutboxEntry left = Assert.Single(await _storage.Outbox.ListAsync(None), entry => entry.Purpose == "delivery");
        Assert.Equal(["later@example.jp"], left.Envelope.Recipients.Select(recipient => recipient.Address));
        Assert.Equal("451 4.2.0 later", left.LastReply);
        Assert.Equal((1, 1, 1), (_audit.Count("message.handed-over"), _audit.Count("message.deferred"), _audit.Count("message.bounced")));
        _hop.Answer = _ => new SmtpReply(250, "2.0.0", "ok");
        _time.Advance(TimeSpan.FromMinutes(1));
        await _runner.RunDueAsync(None);
        Assert.Equal(["later@example.jp", "taken@example.jp"], _hop.Delivered.Where(one => one.Envelope.MailFrom.Length > 0).SelectMany(one => one.Envelope.Recipients).Select(recipient => recipient.Address).Order());
    }

    [Fact]
    public async Task Waits_double_from_a_minute_to_an_hour_and_end_after_five_days()
    {
        OutboxEntry entry = await EnqueueAsync();
        _hop.Answer = address => address == "a@example.jp" ? new SmtpReply(421, "4.4.1", "next hop down") : new SmtpReply(250, "2.0.0", "ok");
        List<double> minutes = [];
        while ((await _storage.Outbox.ListAsync(None)).FirstOrDefault(one => one.Key == entry.Key) is { } waiting)
        {
            DateTimeOffset before = _time.GetUtcNow();
            if (waiting.NextAttempt > before)
            {
                minutes.Add((waiting.NextAttempt - before).TotalMinutes);
                _time.SetUtcNow(waiting.NextAttempt);
            }

            await _runner.RunDueAsync(None);
        }

        Assert.Equal([1, 2, 4, 8, 16, 32, 60, 60], minutes.Take(8));
        Assert.All(minutes.Skip(6), wait => Assert.Equal(60, wait));
        Assert.InRange(_time.GetUtcNow() - Sample.Now, TimeSpan.FromDays(5), TimeSpan.FromDays(5.1));
        Assert.Equal(1, _audit.Count("message.bounced"));
        Assert.Equal(1, _audit.Count("message.deferred"));
    }

    [Fact]
    public async Task A_refusal_becomes_an_exact_delivery_status_notification()
    {
        OutboxEntry entry = await EnqueueAsync(change: one => one with { Envelope = one.Envelope with { SmtpUtf8 = false, EnvelopeId = "QQ+2B1" } });
        _hop.Answer = address => address == "a@example.jp" ? new SmtpReply(550, "5.1.1", "no such user\nhere") : new SmtpReply(451, "4.0.0", "wait");
        await _runner.RunDueAsync(None);
        (OutboxEntry report, MimeMessage message, string text) = await SingleReportAsync();
        Assert.Equal("", report.Envelope.MailFrom);
        Recipient sender = Assert.Single(report.Envelope.Recipients);
        Assert.Equal(("Sender@example.net", "NEVER"), (sender.Address, sender.Notify));
        Assert.Equal("auto-replied", message.Headers["Auto-Submitted"]);
        MultipartReport body = Assert.IsType<MultipartReport>(message.Body);
        Assert.Equal("delivery-status", body.ReportType);
        Assert.Equal(3, body.Count);
        MessageDeliveryStatus status = Assert.IsType<MessageDeliveryStatus>(body[1]);
        Assert.Equal(2, status.StatusGroups.Count);
        Assert.Equal("QQ+1", status.StatusGroups[0]["Original-Envelope-Id"]);
        Assert.Equal("dns; filter.example.jp", status.StatusGroups[0]["Reporting-MTA"]);
        Assert.NotNull(status.StatusGroups[0]["Arrival-Date"]);
        HeaderList one = status.StatusGroups[1];
        Assert.Equal("rfc822;a@example.jp", one["Original-Recipient"]);
        Assert.Equal("rfc822;a@example.jp", one["Final-Recipient"]);
        Assert.Equal(("failed", "5.1.1", "smtp; 550 5.1.1 no such user here"), (one["Action"], one["Status"], one["Diagnostic-Code"]));
        Assert.Equal("text/rfc822-headers", body[2].ContentType.MimeType);
        Assert.Contains("Subject: out", text, StringComparison.Ordinal);
        Assert.DoesNotContain("body text", text, StringComparison.Ordinal);
        Assert.DoesNotContain("X-MailSanitizer-Decision", text, StringComparison.Ordinal);
        Assert.DoesNotContain("Authentication-Results", text, StringComparison.Ordinal);
        Assert.Contains(entry.MessageId.ToString("D"), message.BodyParts.OfType<TextPart>().First().Text, StringComparison.Ordinal);
        Assert.Empty(_notices.Operators);
    }

    [Fact]
    public async Task Full_return_only_of_the_senders_own_bytes()
    {
        _hop.Answer = address => address.StartsWith('a') ? new SmtpReply(550, "5.1.1", "no") : new SmtpReply(451, "4.0.0", "wait");
        OutboxEntry changed = await EnqueueAsync(change: one => one with { Envelope = one.Envelope with { Ret = "FULL" } });
        await _runner.RunDueAsync(None);
        (OutboxEntry report, _, string text) = await SingleReportAsync();
        Assert.DoesNotContain("body text", text, StringComparison.Ordinal);
        await _storage.Outbox.DeleteAsync(report.Key, None);
        await EnqueueAsync(change: one => one with { ContentIsSenders = true, Envelope = one.Envelope with { Ret = "FULL" } });
        await _runner.RunDueAsync(None);
        (_, MimeMessage message, text) = await SingleReportAsync();
        Assert.Contains("body text", text, StringComparison.Ordinal);
        Assert.Equal("message/rfc822", ((MultipartReport)message.Body!)[2]!.ContentType.MimeType);
    }

    [Theory]
    [InlineData(null, true)]
    [InlineData("FAILURE", true)]
    [InlineData("SUCCESS,FAILURE", true)]
    [InlineData("SUCCESS", false)]
    [InlineData("DELAY", false)]
    [InlineData("NEVER", false)]
    public async Task Notify_decides_who_hears_of_a_failure_and_nothing_is_dropped(string? notify, bool told)
    {
        OutboxEntry entry = await EnqueueAsync(notify: notify);
        _hop.Answer = address => address == "a@example.jp" ? new SmtpReply(550, "5.1.1", "no") : new SmtpReply(451, "4.0.0", "wait");
        await _runner.RunDueAsync(None);
        Assert.Equal(told ? 1 : 0, (await _storage.Outbox.ListAsync(None)).Count(one => one.Purpose == "dsn"));
        Assert.Equal(told ? 0 : 1, (await _storage.Messages.ListAsync(new StoreQuery { States = [StoredState.Quarantined] }, None)).Count);
        Assert.Equal(told ? 0 : 1, _notices.Operators.Count);
        if (told) return;
        using IMailBytes? kept = await _storage.Messages.OriginalAsync(entry.MessageId, None);
        Assert.Equal(Mail, Encoding.UTF8.GetString(BytesOf.ReadAll(kept!)));
    }

    [Theory]
    [InlineData(false, "s@example.net")]
    [InlineData(true, "")]
    public async Task An_unvouched_or_null_sender_hears_nothing_and_the_message_is_kept(bool vouched, string from)
    {
        OutboxEntry entry = await EnqueueAsync(vouched, change: one => one with { Envelope = one.Envelope with { MailFrom = from } }, recipients: ["a@example.jp", "b@example.jp"]);
        _hop.Answer = address => new SmtpReply(550, "5.1.1", "no");
        await _runner.RunDueAsync(None);
        Assert.Empty(await _storage.Outbox.ListAsync(None));
        StoredMessage kept = (await _storage.Messages.FindAsync(entry.MessageId, None))!;
        Assert.Equal((StoredState.Quarantined, 2), (kept.State, kept.Envelope.Recipients.Count));
        Assert.Equal(["undeliverable"], kept.Reasons);
        Assert.Equal("undeliverable", Assert.Single(_notices.Operators).Kind);
        Assert.Equal(1, _audit.Count("message.undeliverable"));
    }

    [Fact]
    public async Task Two_copies_of_one_message_that_fail_are_both_kept()
    {
        Guid id = Guid.CreateVersion7();
        OutboxEntry first = await EnqueueAsync(false, change: one => one with { MessageId = id, Content = new BytesOf("first") }, recipients: ["a@example.jp"]);
        OutboxEntry second = await EnqueueAsync(false, change: one => one with { MessageId = id, Key = new string('b', 64), Content = new BytesOf("second") }, recipients: ["b@example.jp"]);
        _hop.Answer = _ => new SmtpReply(550, "5.0.0", "no");
        await _runner.RunDueAsync(None);
        List<string> kept = [];
        foreach (StoredMessage message in await _storage.Messages.ListAsync(new StoreQuery(), None))
        {
            using IMailBytes? bytes = await _storage.Messages.OriginalAsync(message.Id, None);
            kept.Add(Encoding.UTF8.GetString(BytesOf.ReadAll(bytes!)));
        }

        Assert.Equal(["first", "second"], kept.Order());
    }

    [Fact]
    public async Task Our_own_notices_and_notifications_never_come_back_as_mail()
    {
        await EnqueueAsync(true, "notice");
        await EnqueueAsync(true, "dsn");
        _hop.Answer = _ => new SmtpReply(550, "5.1.1", "no");
        await _runner.RunDueAsync(None);
        Assert.Empty(await _storage.Outbox.ListAsync(None));
        Assert.Empty(await _storage.Messages.ListAsync(new StoreQuery(), None));
        Assert.Empty(_notices.Operators);
        Assert.Equal(2, _audit.Count("message.undeliverable"));
    }

    [Fact]
    public async Task A_released_message_that_cannot_be_delivered_is_in_quarantine_again_and_can_be_released_again()
    {
        StoredMessage message = Sample.Message();
        await _storage.Messages.PutAsync(message, new BytesOf("x"), null, [], None);
        OutboxEntry entry = Sample.Entry(message.Id) with { SenderVouched = false };
        Assert.True(await _storage.Messages.TransitionAsync(message.Id, StoredState.Quarantined, StoredState.Released, null, [entry], None));
        _hop.Answer = _ => new SmtpReply(550, "5.1.1", "no");
        await _runner.RunDueAsync(None);
        StoredMessage back = (await _storage.Messages.FindAsync(message.Id, None))!;
        Assert.Equal(StoredState.Quarantined, back.State);
        Assert.Empty(back.ReleasedTo);
    }

    [Fact]
    public async Task Delay_is_told_once_where_it_was_asked_for()
    {
        await EnqueueAsync(notify: "DELAY,FAILURE", recipients: ["asked@example.jp"]);
        await EnqueueAsync(notify: null, recipients: ["quiet@example.jp"]);
        _hop.Answer = _ => new SmtpReply(451, "4.2.1", "later");
        for (int hour = 0; hour < 10; hour++)
        {
            await _runner.RunDueAsync(None);
            _time.Advance(TimeSpan.FromHours(1));
        }

        (_, MimeMessage message, string text) = await SingleReportAsync();
        HeaderList one = ((MessageDeliveryStatus)((MultipartReport)message.Body!)[1]!).StatusGroups[1];
        Assert.Equal(("delayed", "4.2.1"), (one["Action"], one["Status"]));
        Assert.NotNull(one["Will-Retry-Until"]);
        Assert.Contains("asked@example.jp", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, 0)]
    [InlineData(false, 1)]
    public async Task Success_is_reported_as_relayed_where_the_next_hop_cannot_promise_it(bool hopHasDsn, int reports)
    {
        if (!hopHasDsn) _hop.Extensions = new HashSet<string>();
        await EnqueueAsync(notify: "SUCCESS");
        await EnqueueAsync(notify: null, recipients: ["quiet@example.jp"]);
        _hop.Answer = address => address == "Sender@example.net" ? new SmtpReply(451, "4.0.0", "wait") : new SmtpReply(250, "2.0.0", "ok");
        await _runner.RunDueAsync(None);
        Assert.Equal(reports, (await _storage.Outbox.ListAsync(None)).Count);
        if (reports > 0) Assert.Contains("Action: relayed", (await SingleReportAsync()).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Addresses_that_are_not_ascii_get_the_internationalised_form()
    {
        await EnqueueAsync(recipients: ["利用者@example.jp"]);
        _hop.Answer = address => address.StartsWith('利') ? new SmtpReply(550, "5.1.1", "no") : new SmtpReply(451, "4.0.0", "wait");
        await _runner.RunDueAsync(None);
        (OutboxEntry report, _, string text) = await SingleReportAsync();
        Assert.True(report.Envelope.SmtpUtf8);
        Assert.Contains("Content-Type: message/global-delivery-status", text, StringComparison.Ordinal);
        Assert.Contains("Final-Recipient: utf-8;利用者@example.jp", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("rfc822;a+0D+0ABcc: x@y")]
    [InlineData("rfc822;a+4")]
    [InlineData("rfc822;a+zz")]
    [InlineData("no-semicolon")]
    [InlineData("bad type;a@b")]
    public async Task A_crafted_orcpt_or_envid_injects_nothing(string orcpt)
    {
        await EnqueueAsync(change: one => one with { Envelope = one.Envelope with { EnvelopeId = "a+0Ab", Recipients = [new Recipient("a@example.jp", orcpt)] } });
        _hop.Answer = address => address == "a@example.jp" ? new SmtpReply(550, "5.1.1", "no\r\nAction: delivered") : new SmtpReply(451, "4.0.0", "wait");
        await _runner.RunDueAsync(None);
        (_, MimeMessage message, string text) = await SingleReportAsync();
        HeaderList one = ((MessageDeliveryStatus)((MultipartReport)message.Body!)[1]!).StatusGroups[1];
        Assert.Null(one["Original-Recipient"]);
        Assert.Null(one["Bcc"]);
        Assert.Equal("failed", one["Action"]);
        Assert.DoesNotContain("Original-Envelope-Id", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_notification_is_queued_once_when_the_audit_breaks_in_between()
    {
        OutboxEntry entry = await EnqueueAsync();
        _hop.Answer = address => address == "a@example.jp" ? new SmtpReply(550, "5.1.1", "no") : new SmtpReply(451, "4.0.0", "wait");
        _audit.Broken = true;
        await Assert.ThrowsAsync<IOException>(() => _runner.RunDueAsync(None));
        Assert.Equal(entry.Key, Assert.Single(await _storage.Outbox.ListAsync(None)).Key);
        _audit.Broken = false;
        await _runner.RunDueAsync(None);
        await _runner.RunDueAsync(None);
        Assert.Equal("dsn", Assert.Single(await _storage.Outbox.ListAsync(None)).Purpose);
    }

    [Fact]
    public async Task Bytes_that_went_bad_wait_and_do_not_stop_the_others()
    {
        OutboxEntry bad = await EnqueueAsync(recipients: ["a@example.jp"]);
        string content = Directory.EnumerateFiles(Path.Combine(_folder["state"], "outbox"), "content", SearchOption.AllDirectories).Single();
        byte[] bytes = await File.ReadAllBytesAsync(content);
        bytes[^1] ^= 1;
        await File.WriteAllBytesAsync(content, bytes);
        await EnqueueAsync(recipients: ["b@example.jp"]);
        await _runner.RunDueAsync(None);
        Assert.Equal("b@example.jp", Assert.Single(Assert.Single(_hop.Delivered).Envelope.Recipients).Address);
        OutboxEntry left = Assert.Single(await _storage.Outbox.ListAsync(None));
        Assert.Equal((bad.Key, 1), (left.Key, left.Attempts));
    }
}

using System.Text;
using MailSanitizer.Mail;
using MailSanitizer.Notices;
using MailSanitizer.Storage;
using MailSanitizer.Tests.Storage;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using MimeKit;

namespace MailSanitizer.Tests.Notices;

public sealed class NoticeTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _time = Sample.Time();
    private readonly RecordedAudit _audit = new();
    private NoticeOptions _options = new() { From = "postmaster@example.jp", HostName = "filter.example.jp", Operators = ["ops@example.jp"], Ask = "内線 1234 / extension 1234" };
    private EmbeddedStorage _storage = null!;

    private static CancellationToken None => CancellationToken.None;

    public async ValueTask InitializeAsync() => _storage = await EmbeddedStorage.OpenAsync(new StorageOptions { Folder = _folder["state"] }, _time, None);

    public async ValueTask DisposeAsync()
    {
        await _storage.DisposeAsync();
        _folder.Dispose();
    }

    private NoticeQueue Queue() => new(_storage.Outbox, _storage.NoticeLedger, _audit, null, _options, _time, NullLogger.Instance);

    private static RecipientNotice Notice(string kind = "quarantined", params string[] readers) => new()
    {
        MessageId = Guid.CreateVersion7(),
        Kind = kind,
        Envelope = Sample.Envelope(),
        Readers = readers.Length == 0 ? ["reader@example.jp"] : readers,
        Subject = "請求書の件",
        From = "sender@example.net",
        ReceivedAt = Sample.Now,
        Items = [new NoticeItem("見積.docm", "active-content", "kept-back")],
        KeptUntil = Sample.Now.AddDays(30),
    };

    private async Task<List<(OutboxEntry Entry, MimeMessage Mail)>> SentAsync()
    {
        List<(OutboxEntry, MimeMessage)> sent = [];
        foreach (OutboxEntry entry in await _storage.Outbox.ListAsync(None))
        {
            using IMailBytes? content = await _storage.Outbox.ContentAsync(entry.Key, None);
            sent.Add((entry, await MimeMessage.LoadAsync(new MemoryStream(BytesOf.ReadAll(content!)))));
        }

        return sent;
    }

    [Fact]
    public async Task A_reader_learns_what_why_and_how_to_ask_in_two_languages_and_two_forms()
    {
        RecipientNotice notice = Notice();
        await Queue().TellRecipientsAsync(notice, None);
        (OutboxEntry entry, MimeMessage mail) = Assert.Single(await SentAsync());
        Assert.Equal(("", "notice", "reader@example.jp", "NEVER"), (entry.Envelope.MailFrom, entry.Purpose, entry.Envelope.Recipients[0].Address, entry.Envelope.Recipients[0].Notify));
        Assert.Equal(("auto-generated", "All"), (mail.Headers["Auto-Submitted"], mail.Headers["X-Auto-Response-Suppress"]));
        Assert.Equal("postmaster@example.jp", mail.From.Mailboxes.Single().Address);
        Assert.Contains("メールを隔離しました", mail.Subject, StringComparison.Ordinal);
        Assert.Contains("was quarantined", mail.Subject, StringComparison.Ordinal);
        foreach (string text in (string[])[mail.TextBody!, System.Net.WebUtility.HtmlDecode(mail.HtmlBody)!])
        {
            Assert.Contains("請求書の件", text, StringComparison.Ordinal);
            Assert.Contains("見積[.]docm", text, StringComparison.Ordinal);
            Assert.Contains("kept back (it holds macros", text, StringComparison.Ordinal);
            Assert.Contains("保留（マクロ", text, StringComparison.Ordinal);
            Assert.Contains(notice.MessageId.ToString("D"), text, StringComparison.Ordinal);
            Assert.Contains("内線 1234", text, StringComparison.Ordinal);
        }

        Assert.Equal("reader@example.jp", (string?)Assert.Single(_audit.Events, one => one.Action == "message.notified").Fields["email"]!["to"]!["address"]![0]);
    }

    [Fact]
    public void Sender_text_is_short_inert_and_no_link()
    {
        RecipientNotice notice = Notice() with
        {
            Subject = "<script>alert(1)</script> https://evil.example/a \u202Egnp.exe\u200B\u0007 www.evil.example user@evil.example " + new string('x', 500),
            From = "\"a\"@evil.example",
            Items = [new NoticeItem("http://evil.example/x\r\nBcc: y@z.example\u2066.exe", "program", "replaced")],
        };
        NoticeBody body = NoticeText.ForReader(notice, "");
        foreach (string text in (string[])[body.Plain, body.Html])
        {
            Assert.DoesNotContain("evil.example", text, StringComparison.Ordinal);
            Assert.DoesNotContain("https:/", text, StringComparison.Ordinal);
            Assert.DoesNotContain("@evil", text, StringComparison.Ordinal);
            Assert.DoesNotContain(new string('x', 80), text, StringComparison.Ordinal);
            Assert.DoesNotContain("href", text, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("\nBcc", text, StringComparison.Ordinal);
            Assert.All(text, letter => Assert.False((char.IsControl(letter) && letter != '\n') || char.GetUnicodeCategory(letter) == System.Globalization.UnicodeCategory.Format, $"U+{(int)letter:X4}"));
        }

        Assert.DoesNotContain("<script", body.Html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("script", body.Subject, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("list")]
    [InlineData("unconfigured")]
    [InlineData("self")]
    public async Task Nothing_is_sent_where_it_could_go_round(string why)
    {
        RecipientNotice notice = Notice();
        switch (why)
        {
            case "": notice = notice with { Envelope = notice.Envelope with { MailFrom = "" } }; break;
            case "list": notice = notice with { IsListOrAutomatic = true }; break;
            case "unconfigured": _options = _options with { From = null }; break;
            default: notice = notice with { Readers = ["PostMaster@example.jp"] }; break;
        }

        await Queue().TellRecipientsAsync(notice, None);
        Assert.Empty(await SentAsync());
        Assert.Equal("message.notice-suppressed", Assert.Single(_audit.Events).Action);
    }

    [Fact]
    public async Task The_same_notice_goes_once()
    {
        RecipientNotice notice = Notice();
        await Queue().TellRecipientsAsync(notice, None);
        await Queue().TellRecipientsAsync(notice, None);
        Assert.Single(await SentAsync());
    }

    [Fact]
    public async Task Above_the_days_limit_notices_wait_for_the_digest_across_restarts()
    {
        for (int number = 0; number < 8; number++) await Queue().TellRecipientsAsync(Notice(), None);
        Assert.Equal(5, (await SentAsync()).Count);
        await _storage.DisposeAsync();
        _storage = await EmbeddedStorage.OpenAsync(new StorageOptions { Folder = _folder["state"] }, _time, None);
        await Queue().TellRecipientsAsync(Notice("changed", "READER@example.jp", "other@example.jp"), None);
        Assert.Equal(6, (await SentAsync()).Count);
        Assert.Equal(0, await Queue().SendDigestsAsync(None));
        _time.Advance(TimeSpan.FromDays(1));
        Assert.Equal(1, await Queue().SendDigestsAsync(None));
        Assert.Equal(0, await Queue().SendDigestsAsync(None));
        (OutboxEntry _, MimeMessage digest) = (await SentAsync())[^1];
        Assert.Contains("4 件", digest.TextBody, StringComparison.Ordinal);
        await Queue().TellRecipientsAsync(Notice(), None);
        Assert.Equal(8, (await SentAsync()).Count);
    }

    [Fact]
    public async Task With_digests_on_one_mail_a_day_tells_all_and_a_password_question_goes_at_once()
    {
        _options = _options with { Digest = true };
        List<RecipientNotice> notices = [Notice(), Notice("changed"), Notice("expired")];
        foreach (RecipientNotice notice in notices) await Queue().TellRecipientsAsync(notice, None);
        Assert.Empty(await SentAsync());
        await Queue().TellRecipientsAsync(Notice("held-part") with { ReplyTo = new Dictionary<string, string> { ["reader@example.jp"] = "unlock+abc@example.jp" } }, None);
        (OutboxEntry _, MimeMessage question) = Assert.Single(await SentAsync());
        Assert.Equal("unlock+abc@example.jp", question.ReplyTo.Mailboxes.Single().Address);
        Assert.Contains("reply to this message with the password", question.TextBody, StringComparison.Ordinal);
        _time.Advance(TimeSpan.FromDays(1));
        Assert.Equal(1, await Queue().SendDigestsAsync(None));
        string text = (await SentAsync())[^1].Mail.TextBody!;
        Assert.All(notices, notice => Assert.Contains(notice.MessageId.ToString("D"), text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Operators_are_told_of_each_kind_up_to_a_limit_and_then_in_a_digest()
    {
        for (int number = 0; number < 15; number++)
        {
            await Queue().TellOperatorsAsync(new OperatorNotice("infected", "A virus was found.", Guid.CreateVersion7(), [KeyValuePair.Create("name", "Eicar \u202E https://x.example")]), None);
        }

        await Queue().TellOperatorsAsync(new OperatorNotice("store-filling", "90 %", null, []), None);
        List<(OutboxEntry Entry, MimeMessage Mail)> sent = await SentAsync();
        Assert.Equal(11, sent.Count);
        Assert.All(sent, one => Assert.Equal("ops@example.jp", one.Entry.Envelope.Recipients[0].Address));
        // All were queued at one instant: in which order they are listed is nobody's promise.
        Assert.All(sent, one => Assert.DoesNotContain("x.example", one.Mail.TextBody, StringComparison.Ordinal));
        Assert.Equal(10, sent.Count(one => one.Mail.Subject!.Contains("infected mail", StringComparison.Ordinal)));
        _time.Advance(TimeSpan.FromDays(1));
        Assert.Equal(1, await Queue().SendDigestsAsync(None));
        Assert.Contains("infected mail: 5", (await SentAsync())[^1].Mail.TextBody, StringComparison.Ordinal);
        Assert.Equal(16, _audit.Count("operator.told"));
    }

    [Fact]
    public void Addresses_cannot_end_a_field()
    {
        byte[] mail = NoticeMail.Build(new NoticeBody("s", "p", "h"), "p@example.jp", "r@example.jp>\r\nBcc: x@y.example", "a\nb@example.jp", "h", Guid.CreateVersion7(), Sample.Now);
        MimeMessage read = MimeMessage.Load(new MemoryStream(mail));
        Assert.Empty(read.Bcc);
        Assert.True(Ascii.IsValid(mail));
        Assert.DoesNotContain("\r\nBcc", Encoding.ASCII.GetString(mail), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("infected")]
    [InlineData("a-word-of-tomorrow")]
    public void Every_word_has_a_text(string reason)
    {
        foreach (string kind in NoticeText.RecipientKinds.Append("tomorrow"))
        {
            NoticeBody body = NoticeText.ForReader(Notice(kind) with { Items = [new NoticeItem("x", reason, "kept-back")] }, "");
            Assert.DoesNotContain("tomorrow", body.Plain + body.Subject, StringComparison.Ordinal);
            Assert.True(body.Subject.Length > 30);
        }
    }
}

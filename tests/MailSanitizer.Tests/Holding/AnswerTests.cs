using System.Text;
using MailSanitizer.Storage;
using MailSanitizer.Tests.Pipeline;
using MailSanitizer.Tests.Servers;

namespace MailSanitizer.Tests.Holding;

/// <summary>A reader tells the password by answering the notice.</summary>
public sealed class AnswerTests
{
    private const string Password = "Kx7-pQ2m";
    private const string Inside = "192.0.2.9";

    private static async Task<(DaemonFixture Daemon, string Address, Guid Id)> WaitingAsync(string[]? recipients = null)
    {
        DaemonFixture daemon = await HoldingDaemon.StartAsync(settings => settings with { HoldWholeFor = TimeSpan.FromMilliseconds(200), HoldKeepFor = TimeSpan.FromDays(3) });
        await daemon.SendAsync(LockedMail.First(LockedMail.Archive(Password)), recipients);
        Guid id = (await HoldingDaemon.UntilAsync(daemon, row => row.State == StoredState.HeldPart)).Id;
        IReadOnlyList<Delivery> deliveries = await daemon.Hop.WaitAsync(1 + (recipients?.Length ?? 1));
        Delivery notice = deliveries.Single(delivery => delivery.Recipients.SequenceEqual(["a@example.jp"]) && delivery.Text.Contains("Reply-To: <unlock+", StringComparison.Ordinal));
        return (daemon, LockedMail.UnlockAddress(notice.Text), id);
    }

    private static string Answer(string text, string more = "") =>
        $"From: a@example.jp\r\nTo: x\r\nSubject: Re: notice\r\n{more}MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{Convert.ToBase64String(Encoding.UTF8.GetBytes(text))}\r\n";

    [Theory]
    [InlineData(Password)]
    [InlineData($"{Password}\r\n\r\n> 添付ファイルを保留しています。\r\n> 受付番号 / Id: 01a20e0a")]
    [InlineData($"パスワードは {Password} です。よろしくお願いします。")]
    public async Task The_right_reader_gets_the_attachment_and_the_answer_goes_nowhere(string text)
    {
        (DaemonFixture daemon, string address, Guid id) = await WaitingAsync();
        await using DaemonFixture fixture = daemon;
        string reply = Assert.Single(await daemon.SendAsync(Answer(text), [address], from: "a@example.jp", client: Inside));
        Assert.StartsWith("250 2.0.0 ", reply, StringComparison.Ordinal);
        Delivery follow = (await daemon.Hop.WaitAsync(3))[2];
        Assert.Contains(".follow-up@", follow.Text, StringComparison.Ordinal);
        Assert.Equal("the contract", LockedMail.Open(LockedMail.Attachments(follow.Text).Single().Bytes, Password));
        await HoldingDaemon.UntilAsync(daemon, id, StoredState.Unlocked);
        Assert.Equal(3, daemon.Hop.Deliveries.Count);
        Assert.Single(await daemon.StoredAsync());
        Assert.Contains("\"message.candidate-told\"", daemon.AuditText(), StringComparison.Ordinal);
        Assert.DoesNotContain(Password, daemon.AuditText(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("b@example.jp", Inside, "")]
    [InlineData("stranger@example.jp", Inside, "")]
    [InlineData("a@example.jp", null, "")]
    [InlineData("a@example.jp", "203.0.113.5", "")]
    [InlineData("", Inside, "")]
    [InlineData("a@example.jp", Inside, "Auto-Submitted: auto-replied\r\n")]
    public async Task Anybody_else_is_answered_alike_and_opens_nothing(string from, string? client, string more)
    {
        (DaemonFixture daemon, string address, Guid id) = await WaitingAsync(["a@example.jp", "b@example.jp"]);
        await using DaemonFixture fixture = daemon;
        string reply = Assert.Single(await daemon.SendAsync(Answer(Password, more), [address], from: from, client: client));
        Assert.Matches(@"^250 2\.0\.0 [0-9a-f-]{36} taken", reply);
        Assert.Contains("refused: ", daemon.AuditText(), StringComparison.Ordinal);
        Assert.Equal(StoredState.HeldPart, (await daemon.StoredAsync()).Single(row => row.Id == id).State);
        Assert.Equal(3, daemon.Hop.Deliveries.Count);
    }

    [Fact]
    public async Task One_reader_opens_for_himself_and_not_for_the_other()
    {
        (DaemonFixture daemon, string address, Guid id) = await WaitingAsync(["a@example.jp", "b@example.jp"]);
        await using DaemonFixture fixture = daemon;
        await daemon.SendAsync(Answer(Password), [address], from: "a@example.jp", client: Inside);
        Assert.Equal(["a@example.jp"], (await daemon.Hop.WaitAsync(4))[3].Recipients);
        StoredMessage row = (await daemon.StoredAsync()).Single(stored => stored.Id == id);
        Assert.Equal((StoredState.HeldPart, "a@example.jp"), (row.State, Assert.Single(row.ReleasedTo)));
    }

    [Fact]
    public async Task The_sixth_try_is_closed_and_sounds_like_the_first_also_after_a_restart()
    {
        (DaemonFixture daemon, string address, Guid id) = await WaitingAsync();
        await using DaemonFixture fixture = daemon;
        for (int number = 1; number <= 4; number++) Assert.EndsWith(" taken", Assert.Single(await daemon.SendAsync(Answer($"wrong-{number}"), [address], from: "a@example.jp", client: Inside)), StringComparison.Ordinal);
        await daemon.DownAsync();
        await daemon.UpAsync();
        await daemon.SendAsync(Answer("wrong-5"), [address], from: "a@example.jp", client: Inside);
        Assert.EndsWith(" taken", Assert.Single(await daemon.SendAsync(Answer(Password), [address], from: "a@example.jp", client: Inside)), StringComparison.Ordinal);
        Assert.Contains("refused: no tries left", daemon.AuditText(), StringComparison.Ordinal);
        Assert.Equal(StoredState.HeldPart, (await daemon.StoredAsync()).Single(row => row.Id == id).State);
    }

    [Fact]
    public async Task A_token_that_nobody_was_given_is_used_up_as_well()
    {
        await using DaemonFixture daemon = await HoldingDaemon.StartAsync();
        string reply = Assert.Single(await daemon.SendAsync(Answer(Password), [$"unlock+{new string('a', 32)}@example.jp"], from: "a@example.jp", client: Inside));
        Assert.EndsWith(" taken", reply, StringComparison.Ordinal);
        Assert.Empty(daemon.Hop.Deliveries);
        Assert.Empty(await daemon.StoredAsync());
    }

    [Theory]
    [InlineData("Subject: [MailSanitizer] An attachment is being held\r\n", "Subject")]
    [InlineData("Subject: Fwd: Re: [mailsanitizer] x\r\n", "Subject")]
    [InlineData("Reply-To: <unlock+0123456789abcdef0123456789abcdef@example.jp>\r\n", "Reply-To")]
    [InlineData("Sender: filter@example.jp\r\n", "Sender")]
    public async Task Mail_from_outside_that_imitates_a_notice_is_kept(string field, string place)
    {
        await using DaemonFixture daemon = await HoldingDaemon.StartAsync();
        await daemon.SendAsync($"From: x@example.com\r\n{field}\r\nGive us the password.\r\n", from: "x@example.com");
        Assert.Contains("notice-imitation-quarantine", Assert.Single(await daemon.StoredAsync()).Reasons);
        Assert.Contains(place, daemon.AuditText(), StringComparison.Ordinal);
    }
}

using MailSanitizer.Configuration;
using MailSanitizer.Storage;
using MailSanitizer.Tests.Pipeline;
using MailSanitizer.Tests.Servers;
using MimeKit;

namespace MailSanitizer.Tests.Holding;

/// <summary>What becomes of a message whose password does not come at once, or not at all: through a whole daemon, killed and started between the steps.</summary>
public sealed class HoldEndTests
{
    private const string Password = "Kx7-pQ2m";
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(300);

    private static Settings Short(Settings settings) => settings with { HoldWholeFor = Soon, HoldKeepFor = TimeSpan.FromDays(3) };

    [Fact]
    public async Task It_goes_on_with_a_notice_in_place_of_the_part_and_the_reader_is_told()
    {
        await using DaemonFixture daemon = await HoldingDaemon.StartAsync(Short);
        byte[] zip = LockedMail.Archive(Password);
        await daemon.SendAsync(LockedMail.First(zip));
        IReadOnlyList<Delivery> deliveries = await daemon.Hop.WaitAsync(2);
        Guid id = (await HoldingDaemon.UntilAsync(daemon, row => row.State == StoredState.HeldPart)).Id;

        MimeMessage went = LockedMail.Parse(deliveries.Single(delivery => delivery.Text.Contains("<first@", StringComparison.Ordinal)).Text);
        Assert.DoesNotContain(LockedMail.Attachments(deliveries[0].Text), attachment => attachment.Bytes.AsSpan().SequenceEqual(zip));
        string text = went.TextBody ?? "";
        Assert.Contains("資料をお送りします", text, StringComparison.Ordinal);
        Assert.Contains("パスワード付きの添付ファイルを保留しています", text, StringComparison.Ordinal);
        Assert.Contains("is being held", text, StringComparison.Ordinal);
        MimePart notice = Assert.IsAssignableFrom<TextPart>(went.Attachments.Single());
        string words = ((TextPart)notice).Text;
        foreach (string word in (string[])["資料[.]zip", id.ToString("D"), "保留", "being held", "返信", "reply"]) Assert.Contains(word, words, StringComparison.Ordinal);

        MimeMessage told = LockedMail.Parse(deliveries.Single(delivery => delivery.Text.Contains("Auto-Submitted", StringComparison.Ordinal)).Text);
        Assert.Matches(@"^unlock\+[0-9a-f]{32}@example\.jp$", told.ReplyTo.Mailboxes.Single().Address);
        Assert.Contains("資料[.]zip", told.TextBody, StringComparison.Ordinal);
        Assert.Contains("資料[.]zip", System.Net.WebUtility.HtmlDecode(told.HtmlBody), StringComparison.Ordinal);
        Assert.Contains("\"message.held-part\"", daemon.AuditText(), StringComparison.Ordinal);
        // Promise 8: nothing in the audit gives the address away.
        Assert.DoesNotContain("unlock+", daemon.AuditText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_attachment_follows_in_the_thread_when_the_password_comes_later()
    {
        await using DaemonFixture daemon = await HoldingDaemon.StartAsync(Short);
        byte[] zip = LockedMail.Archive(Password);
        await daemon.SendAsync(LockedMail.First(zip));
        StoredMessage held = await HoldingDaemon.UntilAsync(daemon, row => row.State == StoredState.HeldPart);
        await daemon.Hop.WaitAsync(2);
        await daemon.DownAsync();
        await daemon.UpAsync();
        await daemon.SendAsync(LockedMail.Second(Password));
        IReadOnlyList<Delivery> deliveries = await daemon.Hop.WaitAsync(4);
        Delivery follow = deliveries.Single(delivery => delivery.Text.Contains(".follow-up@", StringComparison.Ordinal));
        Assert.Equal("filter@example.jp", follow.Mail.Split('>')[0].Split('<')[1]);
        Assert.Equal(["a@example.jp"], follow.Recipients);
        MimeMessage mail = LockedMail.Parse(follow.Text);
        MailboxAddress from = mail.From.Mailboxes.Single();
        Assert.Equal("filter@example.jp", from.Address);
        Assert.Equal("taro@example.com (unverified) via MailSanitizer", from.Name);
        Assert.Equal("taro@example.com", mail.ReplyTo.Mailboxes.Single().Address);
        Assert.Equal("first@mail.example.com", mail.InReplyTo);
        Assert.Equal(["first@mail.example.com"], mail.References);
        Assert.NotEqual("first@mail.example.com", mail.MessageId);
        Assert.Equal("Re: 資料送付", mail.Subject);
        (string name, byte[] bytes) = Assert.Single(LockedMail.Attachments(follow.Text));
        Assert.Equal("資料.zip", name);
        Assert.Equal(zip, bytes);
        Assert.Equal(StoredState.Unlocked, (await HoldingDaemon.UntilAsync(daemon, held.Id, StoredState.Unlocked)).State);
        Assert.Contains("\"message.follow-up\"", daemon.AuditText(), StringComparison.Ordinal);
        Assert.Equal(4, daemon.Hop.Deliveries.Count);
    }

    [Fact]
    public async Task It_never_comes_and_the_message_is_kept_and_the_reader_hears_of_it()
    {
        await using DaemonFixture daemon = await HoldingDaemon.StartAsync(settings => settings with { HoldWholeFor = Soon, HoldKeepFor = Soon });
        await daemon.SendAsync(LockedMail.First(LockedMail.Archive(Password)));
        StoredMessage kept = await HoldingDaemon.UntilAsync(daemon, row => row.State == StoredState.Quarantined);
        Assert.Equal(["locked-hold"], kept.Reasons);
        // The message, the notice that a part waits, the notice that it waited in vain.
        IReadOnlyList<Delivery> deliveries = await daemon.Hop.WaitAsync(3);
        Assert.Contains(deliveries, delivery => LockedMail.Parse(delivery.Text).Subject!.Contains("期限が切れた", StringComparison.Ordinal));
        Assert.Contains("\"message.expired\"", daemon.AuditText(), StringComparison.Ordinal);
        // Too late is too late: a person decides now.
        await daemon.SendAsync(LockedMail.Second(Password));
        await daemon.Hop.WaitAsync(4);
        Assert.Equal(StoredState.Quarantined, Assert.Single(await daemon.StoredAsync()).State);
    }

    [Fact]
    public async Task Due_while_no_daemon_ran_it_goes_on_when_one_starts()
    {
        await using DaemonFixture daemon = await HoldingDaemon.StartAsync(settings => settings with { HoldWholeFor = TimeSpan.FromSeconds(2) });
        await daemon.SendAsync(LockedMail.First(LockedMail.Archive(Password)));
        await daemon.DownAsync();
        await daemon.UpAsync();
        await HoldingDaemon.UntilAsync(daemon, row => row.State == StoredState.HeldPart);
        await daemon.Hop.WaitAsync(2);
    }

    [Fact]
    public async Task Outbound_mail_never_goes_on_with_a_notice_but_back_to_our_own_sender()
    {
        await using DaemonFixture daemon = await HoldingDaemon.StartAsync(Short);
        string first = LockedMail.First(LockedMail.Archive(Password), from: "hanako@example.jp");
        await daemon.SendAsync(first, ["partner@example.net"], from: "hanako@example.jp", client: "192.0.2.9");
        StoredMessage ended = await HoldingDaemon.UntilAsync(daemon, row => row.State == StoredState.Expired);
        Assert.Empty(ended.ReleasedTo);
        Delivery back = Assert.Single(await daemon.Hop.WaitAsync(1));
        Assert.Equal("", back.Mail.Split('>')[0].Split('<')[1]);
        Assert.Equal(["hanako@example.jp"], back.Recipients);
        Assert.Contains("multipart/report", back.Text, StringComparison.Ordinal);
        Assert.Contains("\"message.returned\"", daemon.AuditText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Outbound_mail_goes_out_whole_when_its_password_is_sent_in_time()
    {
        await using DaemonFixture daemon = await HoldingDaemon.StartAsync();
        string first = LockedMail.First(LockedMail.Archive(Password), from: "hanako@example.jp");
        await daemon.SendAsync(first, ["partner@example.net"], from: "hanako@example.jp", client: "192.0.2.9");
        await daemon.SendAsync(LockedMail.Second(Password, from: "hanako@example.jp"), ["partner@example.net"], from: "hanako@example.jp", client: "192.0.2.9");
        IReadOnlyList<Delivery> deliveries = await daemon.Hop.WaitAsync(2);
        Delivery whole = deliveries.Single(delivery => delivery.Text.Contains("<first@", StringComparison.Ordinal));
        Assert.EndsWith(first, whole.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("Authentication-Results", whole.Text[..^first.Length], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_crc_lock_is_held_and_comes_back_locked_anew_with_the_same_password()
    {
        await using DaemonFixture daemon = await HoldingDaemon.StartAsync();
        byte[] zip = LockedMail.Archive(Password, method: "ZipCrypto");
        await daemon.SendAsync(LockedMail.First(zip));
        await daemon.SendAsync(LockedMail.Second(Password));
        IReadOnlyList<Delivery> deliveries = await daemon.Hop.WaitAsync(2);
        byte[] arrived = LockedMail.Attachments(deliveries.Single(delivery => delivery.Text.Contains("<first@", StringComparison.Ordinal)).Text).Single().Bytes;
        Assert.NotEqual(zip, arrived);
        Assert.Equal("the contract", LockedMail.Open(arrived, Password));
        Assert.Null(LockedMail.Open(arrived, "wrong"));
    }

    [Fact]
    public async Task Over_the_quota_it_is_kept_at_once_and_the_reader_is_told_and_other_mail_flows()
    {
        await using DaemonFixture daemon = await HoldingDaemon.StartAsync(settings => settings with { HoldMessages = (2, 500, 200) });
        for (int number = 0; number < 3; number++) await daemon.SendAsync(LockedMail.First(LockedMail.Archive(Password), id: $"flood{number}"));
        IReadOnlyList<StoredMessage> rows = await daemon.StoredAsync();
        Assert.Equal(2, rows.Count(row => row.State == StoredState.HeldWhole));
        StoredMessage over = rows.Single(row => row.State == StoredState.Quarantined);
        Assert.Contains("no-hold: quota of the correspondence", over.Reasons);
        Delivery told = Assert.Single(await daemon.Hop.WaitAsync(1));
        Assert.Contains(over.Id.ToString("D"), LockedMail.Parse(told.Text).TextBody, StringComparison.Ordinal);
        // Another correspondence has its own room.
        await daemon.SendAsync(LockedMail.First(LockedMail.Archive(Password), from: "jiro@example.org", id: "other"), from: "jiro@example.org");
        Assert.Equal(3, (await daemon.StoredAsync()).Count(row => row.State == StoredState.HeldWhole));
    }

    [Theory]
    [InlineData("client-network")]
    [InlineData("recipient")]
    public async Task Client_networks_and_recipients_have_quotas_too(string which)
    {
        await using DaemonFixture daemon = await HoldingDaemon.StartAsync(settings => settings with { HoldMessages = which == "recipient" ? (50, 500, 2) : (50, 2, 200) });
        for (int number = 0; number < 3; number++)
        {
            // Nothing like example.jp: a shipped rule keeps mail of domains that look like our own.
            string sender = $"s@partner{number}.com";
            await daemon.SendAsync(LockedMail.First(LockedMail.Archive(Password), from: sender, id: $"flood{number}"), which == "recipient" ? null : [$"r{number}@example.jp"], from: sender, client: "198.51.100.7");
        }

        Assert.Contains($"no-hold: quota of the {which}", (await daemon.StoredAsync()).Single(row => row.State == StoredState.Quarantined).Reasons);
    }
}

using MailSanitizer.Storage;
using MailSanitizer.Tests.Pipeline;
using MailSanitizer.Tests.Servers;

namespace MailSanitizer.Tests.Holding;

/// <summary>The password comes in every order that people and gateways send it in: each through a whole daemon over LMTP with a receiving server.</summary>
public sealed class MatchingTests
{
    private const string Password = "Kx7-pQ2m";

    [Fact]
    public async Task In_the_same_mail_nothing_waits()
    {
        await using DaemonFixture daemon = await HoldingDaemon.StartAsync();
        await daemon.SendAsync(LockedMail.First(LockedMail.Archive(Password), text: $"パスワード：{Password}"));
        Delivery delivery = Assert.Single(await daemon.Hop.WaitAsync(1));
        Assert.Equal("the contract", LockedMail.Open(Assert.Single(LockedMail.Attachments(delivery.Text)).Bytes, Password));
        Assert.Empty(await daemon.StoredAsync());
    }

    [Fact]
    public async Task After_the_archive_the_reader_gets_one_whole_mail()
    {
        await using DaemonFixture daemon = await HoldingDaemon.StartAsync();
        byte[] zip = LockedMail.Archive(Password);
        string first = LockedMail.First(zip);
        Assert.StartsWith("250 ", Assert.Single(await daemon.SendAsync(first)), StringComparison.Ordinal);
        StoredMessage held = Assert.Single(await daemon.StoredAsync());
        Assert.Equal(StoredState.HeldWhole, held.State);
        Assert.Empty(daemon.Hop.Deliveries);
        await daemon.SendAsync(LockedMail.Second(Password));
        IReadOnlyList<Delivery> deliveries = await daemon.Hop.WaitAsync(2);
        Delivery whole = deliveries.Single(delivery => delivery.Text.Contains("<first@mail.example.com>", StringComparison.Ordinal));
        // A keyed proof and nothing to take out: the very bytes that came, behind our fields.
        Assert.EndsWith(first, whole.Text, StringComparison.Ordinal);
        Assert.Equal(["a@example.jp"], whole.Recipients);
        await HoldingDaemon.UntilAsync(daemon, held.Id, StoredState.Unlocked);
        string audit = daemon.AuditText();
        Assert.Contains("\"message.held\"", audit, StringComparison.Ordinal);
        Assert.Contains("\"message.unlocked\"", audit, StringComparison.Ordinal);
        Assert.Contains("other-mail", audit, StringComparison.Ordinal);
        Assert.DoesNotContain(Password, audit, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Before_the_archive_nothing_waits()
    {
        await using DaemonFixture daemon = await HoldingDaemon.StartAsync();
        await daemon.SendAsync(LockedMail.Second(Password));
        await daemon.SendAsync(LockedMail.First(LockedMail.Archive(Password)));
        await daemon.Hop.WaitAsync(2);
        Assert.Empty(await daemon.StoredAsync());
    }

    [Fact]
    public async Task Before_the_archive_and_a_restart_in_between()
    {
        await using DaemonFixture daemon = await HoldingDaemon.StartAsync();
        await daemon.SendAsync(LockedMail.Second(Password));
        await daemon.DownAsync();
        await daemon.UpAsync();
        await daemon.SendAsync(LockedMail.First(LockedMail.Archive(Password)));
        await daemon.Hop.WaitAsync(2);
        Assert.Empty(await daemon.StoredAsync());
    }

    [Fact]
    public async Task After_the_archive_and_a_restart_in_between()
    {
        await using DaemonFixture daemon = await HoldingDaemon.StartAsync();
        await daemon.SendAsync(LockedMail.First(LockedMail.Archive(Password)));
        await daemon.DownAsync();
        await daemon.UpAsync();
        await daemon.SendAsync(LockedMail.Second(Password));
        await daemon.Hop.WaitAsync(2);
    }

    [Fact]
    public async Task From_another_address_of_the_domain()
    {
        await using DaemonFixture daemon = await HoldingDaemon.StartAsync();
        await daemon.SendAsync(LockedMail.First(LockedMail.Archive(Password)));
        await daemon.SendAsync(LockedMail.Second(Password, from: "no-reply@example.com"), from: "bounce@example.com");
        await daemon.Hop.WaitAsync(2);
    }

    [Theory]
    [InlineData("taro@gmail.com", "hanako@gmail.com")]
    [InlineData("taro@mail.docomo.ne.jp", "hanako@mail.docomo.ne.jp")]
    [InlineData("taro@example.com", "taro@example.org")]
    public async Task A_strangers_password_opens_nothing(string sender, string stranger)
    {
        await using DaemonFixture daemon = await HoldingDaemon.StartAsync();
        await daemon.SendAsync(LockedMail.First(LockedMail.Archive(Password), from: sender), from: sender);
        await daemon.SendAsync(LockedMail.Second(Password, from: stranger), from: stranger);
        await daemon.Hop.WaitAsync(1);
        // The sender's own does: when it has come through, the stranger's has had its chance.
        await daemon.SendAsync(LockedMail.Second("anything", from: sender, id: "third"), from: sender);
        await daemon.Hop.WaitAsync(2);
        Assert.Equal(StoredState.HeldWhole, Assert.Single(await daemon.StoredAsync()).State);
        await daemon.SendAsync(LockedMail.Second(Password, from: sender, id: "fourth"), from: sender);
        await daemon.Hop.WaitAsync(4);
    }

    [Fact]
    public async Task A_null_sender_has_no_correspondence_and_is_not_held()
    {
        await using DaemonFixture daemon = await HoldingDaemon.StartAsync();
        await daemon.SendAsync(LockedMail.First(LockedMail.Archive(Password)), from: "");
        Assert.Equal(StoredState.Quarantined, Assert.Single(await daemon.StoredAsync()).State);
    }

    [Fact]
    public async Task Only_the_readers_who_got_the_password_get_the_archive()
    {
        await using DaemonFixture daemon = await HoldingDaemon.StartAsync();
        await daemon.SendAsync(LockedMail.First(LockedMail.Archive(Password)), ["a@example.jp", "b@example.jp", "c@example.jp"]);
        await daemon.SendAsync(LockedMail.Second(Password), ["b@example.jp"]);
        IReadOnlyList<Delivery> deliveries = await daemon.Hop.WaitAsync(2);
        Assert.All(deliveries, delivery => Assert.Equal(["b@example.jp"], delivery.Recipients));
        await HoldingDaemon.UntilAsync(daemon, row => row.ReleasedTo.SequenceEqual(["b@example.jp"]));
        StoredMessage held = Assert.Single(await daemon.StoredAsync());
        Assert.Equal(StoredState.HeldWhole, held.State);
        await daemon.SendAsync(LockedMail.Second(Password, id: "third"), ["a@example.jp", "c@example.jp"]);
        deliveries = await daemon.Hop.WaitAsync(4);
        Assert.Equal(["a@example.jp", "c@example.jp"], deliveries.Single(delivery => delivery.Text.Contains("<first@", StringComparison.Ordinal) && !delivery.Recipients.Contains("b@example.jp")).Recipients);
        await HoldingDaemon.UntilAsync(daemon, held.Id, StoredState.Unlocked);
    }

    [Fact]
    public async Task A_reader_who_got_the_password_before_is_served_and_the_other_waits()
    {
        await using DaemonFixture daemon = await HoldingDaemon.StartAsync();
        await daemon.SendAsync(LockedMail.Second(Password), ["b@example.jp"]);
        await daemon.SendAsync(LockedMail.First(LockedMail.Archive(Password)), ["a@example.jp", "b@example.jp"]);
        IReadOnlyList<Delivery> deliveries = await daemon.Hop.WaitAsync(2);
        Assert.All(deliveries, delivery => Assert.Equal(["b@example.jp"], delivery.Recipients));
        Assert.Equal(StoredState.HeldWhole, Assert.Single(await daemon.StoredAsync()).State);
    }

    [Fact]
    public async Task Two_archives_wait_at_once_and_each_gets_its_own_password()
    {
        await using DaemonFixture daemon = await HoldingDaemon.StartAsync();
        await daemon.SendAsync(LockedMail.First(LockedMail.Archive("first-Pw1", "one"), id: "one"));
        await daemon.SendAsync(LockedMail.First(LockedMail.Archive("other-Pw2", "two"), id: "two"));
        await daemon.SendAsync(LockedMail.Second("other-Pw2", id: "p2"));
        IReadOnlyList<Delivery> deliveries = await daemon.Hop.WaitAsync(2);
        Delivery two = deliveries.Single(delivery => delivery.Text.Contains("<two@", StringComparison.Ordinal));
        Assert.Equal("two", LockedMail.Open(LockedMail.Attachments(two.Text)[0].Bytes, "other-Pw2"));
        await daemon.SendAsync(LockedMail.Second("first-Pw1", id: "p1"));
        deliveries = await daemon.Hop.WaitAsync(4);
        Assert.Contains(deliveries, delivery => delivery.Text.Contains("<one@", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_opened_an_earlier_archive_opens_the_next_one()
    {
        await using DaemonFixture daemon = await HoldingDaemon.StartAsync();
        await daemon.SendAsync(LockedMail.First(LockedMail.Archive(Password), id: "one", text: $"パスワード：{Password}"));
        await daemon.SendAsync(LockedMail.First(LockedMail.Archive(Password, "next"), id: "two"));
        await daemon.Hop.WaitAsync(2);
        Assert.Empty(await daemon.StoredAsync());
        Assert.Contains("earlier-archive", daemon.AuditText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Delivered_twice_by_the_mta_it_waits_once_and_arrives_once()
    {
        await using DaemonFixture daemon = await HoldingDaemon.StartAsync();
        string first = LockedMail.First(LockedMail.Archive(Password));
        await daemon.SendAsync(first, ident: "4A1B2C");
        Assert.StartsWith("250 ", Assert.Single(await daemon.SendAsync(first, ident: "4A1B2C")), StringComparison.Ordinal);
        Assert.Single(await daemon.StoredAsync());
        await daemon.SendAsync(LockedMail.Second(Password), ident: "4A1B2D");
        await daemon.Hop.WaitAsync(2);
        await daemon.SendAsync(first, ident: "4A1B2C");
        await daemon.SendAsync(LockedMail.Second(Password), ident: "4A1B2D");
        Assert.Equal(2, daemon.Hop.Deliveries.Count);
    }

    [Fact]
    public async Task A_password_in_running_text_opens_what_waits_and_is_not_kept_for_later()
    {
        await using DaemonFixture daemon = await HoldingDaemon.StartAsync();
        string text = "Hello all,\r\nthe meeting about zebracrossing went well and everybody was happy with it.\r\nSee you on Monday, have a good week.\r\n";
        await daemon.SendAsync(LockedMail.Second("", text: text, id: "early"));
        await daemon.Hop.WaitAsync(1);
        await daemon.SendAsync(LockedMail.First(LockedMail.Archive("zebracrossing")));
        Assert.Equal(StoredState.HeldWhole, Assert.Single(await daemon.StoredAsync()).State);
        await daemon.SendAsync(LockedMail.Second("", text: text, id: "late"));
        await daemon.Hop.WaitAsync(3);
    }

    [Fact]
    public async Task With_other_mails_switched_off_only_the_mail_itself_counts()
    {
        await using DaemonFixture daemon = await HoldingDaemon.StartAsync(settings => settings with { PasswordsFromOtherMails = false });
        await daemon.SendAsync(LockedMail.Second(Password));
        await daemon.SendAsync(LockedMail.First(LockedMail.Archive(Password)));
        Assert.Equal(StoredState.HeldWhole, Assert.Single(await daemon.StoredAsync()).State);
        await daemon.SendAsync(LockedMail.Second(Password, id: "third"));
        await daemon.Hop.WaitAsync(2);
        Assert.Equal(StoredState.HeldWhole, Assert.Single(await daemon.StoredAsync()).State);
        Assert.Empty(await daemon.Daemon.Storage.Candidates.OfAsync("net:example.com,unknown>a@example.jp", CancellationToken.None));
    }

    [Fact]
    public async Task What_the_password_lets_us_see_is_scanned_and_kept()
    {
        await using DaemonFixture daemon = await HoldingDaemon.StartAsync();
        await daemon.SendAsync(LockedMail.First(LockedMail.Archive(Password, ClamdServer.Marker)));
        StoredMessage held = Assert.Single(await daemon.StoredAsync());
        await daemon.SendAsync(LockedMail.Second(Password));
        await HoldingDaemon.UntilAsync(daemon, held.Id, StoredState.Quarantined);
        Assert.DoesNotContain(daemon.Hop.Deliveries, delivery => delivery.Text.Contains("<first@", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_seven_zip_with_locked_names_comes_back_as_a_zip_locked_with_the_same_password()
    {
        await using DaemonFixture daemon = await HoldingDaemon.StartAsync();
        await daemon.SendAsync(LockedMail.First(LockedMail.Archive(Password, type: "7z"), name: "資料.7z"));
        Assert.Equal(StoredState.HeldWhole, Assert.Single(await daemon.StoredAsync()).State);
        await daemon.SendAsync(LockedMail.Second(Password));
        Delivery whole = (await daemon.Hop.WaitAsync(2)).Single(delivery => delivery.Text.Contains("<first@", StringComparison.Ordinal));
        (string name, byte[] bytes) = Assert.Single(LockedMail.Attachments(whole.Text));
        Assert.Equal("資料.zip", name);
        Assert.Equal("the contract", LockedMail.Open(bytes, Password));
        Assert.Null(LockedMail.Open(bytes, "wrong"));
    }

    [Fact]
    public async Task The_date_of_the_mail_is_a_candidate_where_its_text_says_so()
    {
        await using DaemonFixture daemon = await HoldingDaemon.StartAsync();
        await daemon.SendAsync(LockedMail.First(LockedMail.Archive("20261124"), text: "パスワードは本日の日付（西暦8桁）です。"));
        await daemon.Hop.WaitAsync(1);
        Assert.Empty(await daemon.StoredAsync());
    }
}

using MailSanitizer.Storage;
using MailSanitizer.Tests.Servers;

namespace MailSanitizer.Tests.Pipeline;

/// <summary>Messages through a whole daemon with real workers and a real clamd.</summary>
public sealed class DaemonTests
{
    private const string Plain = "From: sender@example.com\r\nTo: a@example.jp\r\nSubject: hello\r\n\r\nNothing but text.\r\n";

    private static string WithVirus => "From: sender@example.com\r\nTo: a@example.jp\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" +
        "--b\r\nContent-Type: text/plain\r\n\r\nSee attachment.\r\n--b\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=\"a.bin\"\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
        Convert.ToBase64String(System.Text.Encoding.ASCII.GetBytes("xx " + ClamdServer.Marker)) + "\r\n--b--\r\n";

    [Fact]
    public async Task Plain_mail_arrives_byte_for_byte_behind_our_fields()
    {
        await using DaemonFixture daemon = await DaemonFixture.StartAsync();
        Assert.StartsWith("250 ", Assert.Single(await daemon.SendAsync(Plain)), StringComparison.Ordinal);
        Delivery delivery = Assert.Single(await daemon.Hop.WaitAsync(1));
        Assert.EndsWith("\r\n" + Plain, delivery.Text, StringComparison.Ordinal);
        string[] ours = [.. delivery.Text[..^Plain.Length].Split("\r\n").Where(line => line.Length > 0 && line[0] is not ('\t' or ' ')).Select(line => line.Split(':')[0])];
        Assert.Equal(["Authentication-Results", "X-MailSanitizer-Id", "X-MailSanitizer-Decision", "Received"], ours);
        Assert.Contains("\"message.decided\"", daemon.AuditText(), StringComparison.Ordinal);
        Assert.Contains("\"message.handed-over\"", daemon.AuditText(), StringComparison.Ordinal);
        Assert.Contains("mailsanitizer_messages_total{decision=\"unchanged\"} 1", daemon.Metrics.Write(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Infected_mail_is_kept_and_answered_and_goes_nowhere()
    {
        await using DaemonFixture daemon = await DaemonFixture.StartAsync();
        string reply = Assert.Single(await daemon.SendAsync(WithVirus));
        Assert.StartsWith("250 2.0.0 ", reply, StringComparison.Ordinal);
        // Promise 9: a stranger sees the id and a fixed class, nothing else.
        Assert.DoesNotContain("virus", reply, StringComparison.OrdinalIgnoreCase);
        Assert.Empty(daemon.Hop.Deliveries);
        StoredMessage stored = Assert.Single(await daemon.StoredAsync());
        Assert.Equal(StoredState.Quarantined, stored.State);
        Assert.Equal(["infected-quarantine"], stored.Reasons);
        using global::MailSanitizer.Mail.IMailBytes? original = await daemon.Daemon.Storage.Messages.OriginalAsync(stored.Id, CancellationToken.None);
        using StreamReader reader = new(original!.OpenRead());
        Assert.Equal(WithVirus, await reader.ReadToEndAsync());
    }

    [Fact]
    public async Task Without_clamd_the_header_says_so()
    {
        await using DaemonFixture daemon = await DaemonFixture.StartAsync(withClamd: false);
        await daemon.SendAsync(Plain);
        Assert.Contains("X-MailSanitizer-Scan: hash-list-only\r\n", Assert.Single(await daemon.Hop.WaitAsync(1)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Clamd_down_is_451_and_nothing_is_kept_or_sent()
    {
        using ClamdServer clamd = ClamdServer.Start();
        await using DaemonFixture daemon = await DaemonFixture.StartAsync(clamd);
        clamd.Down();
        Assert.StartsWith("451 4.3.0 ", Assert.Single(await daemon.SendAsync(Plain)), StringComparison.Ordinal);
        Assert.Empty(daemon.Hop.Deliveries);
        Assert.Empty(await daemon.StoredAsync());
        clamd.Up();
        Assert.StartsWith("250 ", Assert.Single(await daemon.SendAsync(Plain)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Clamd_down_with_accept_goes_on_and_says_so()
    {
        using ClamdServer clamd = ClamdServer.Start();
        await using DaemonFixture daemon = await DaemonFixture.StartAsync(clamd, (_, settings) => settings with { ClamavWhenDown = "accept" });
        clamd.Down();
        Assert.StartsWith("250 ", Assert.Single(await daemon.SendAsync(Plain)), StringComparison.Ordinal);
        Assert.Contains("X-MailSanitizer-Scan: not-scanned\r\n", Assert.Single(await daemon.Hop.WaitAsync(1)).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("451 4.2.0 busy")]
    [InlineData("550 5.1.1 no such user")]
    public async Task Each_recipient_gets_the_words_of_the_next_hop(string words)
    {
        await using DaemonFixture daemon = await DaemonFixture.StartAsync(hop: new ReceivingBehaviour { Recipient = address => address.StartsWith("b@", StringComparison.Ordinal) ? words : null });
        IReadOnlyList<string> replies = await daemon.SendAsync(Plain, ["a@example.jp", "b@example.jp", "c@example.jp"]);
        Assert.StartsWith("250 ", replies[0], StringComparison.Ordinal);
        Assert.Equal(words, replies[1].TrimEnd());
        Assert.StartsWith("250 ", replies[2], StringComparison.Ordinal);
        Assert.Equal(["a@example.jp", "c@example.jp"], Assert.Single(await daemon.Hop.WaitAsync(1)).Recipients);
    }

    [Fact]
    public async Task A_retry_delivers_only_what_is_missing()
    {
        await using DaemonFixture daemon = await DaemonFixture.StartAsync(hop: new ReceivingBehaviour { Recipient = address => address.StartsWith("b@", StringComparison.Ordinal) ? "451 4.2.0 busy" : null });
        string[] both = ["a@example.jp", "b@example.jp"];
        await daemon.SendAsync(Plain, both, ident: "4A1B2C");
        daemon.Hop.Behaviour = new ReceivingBehaviour();
        IReadOnlyList<string> replies = await daemon.SendAsync(Plain, both, ident: "4A1B2C");
        Assert.All(replies, reply => Assert.StartsWith("250 ", reply, StringComparison.Ordinal));
        IReadOnlyList<Delivery> deliveries = await daemon.Hop.WaitAsync(2);
        Assert.Equal([["a@example.jp"], ["b@example.jp"]], deliveries.Select(delivery => delivery.Recipients));

        // The same again does nothing; without IDENT, or with another body, it is another message.
        await daemon.SendAsync(Plain, both, ident: "4A1B2C");
        Assert.Equal(2, daemon.Hop.Deliveries.Count);
        await daemon.SendAsync(Plain, ["a@example.jp"]);
        await daemon.SendAsync(Plain, ["a@example.jp"]);
        Assert.Equal(4, daemon.Hop.Deliveries.Count);
    }

    [Fact]
    public async Task What_was_handed_over_is_remembered_across_a_restart()
    {
        await using DaemonFixture daemon = await DaemonFixture.StartAsync();
        await daemon.SendAsync(Plain, ident: "77");
        await daemon.SendAsync(WithVirus, ident: "78");
        await daemon.DownAsync();
        Assert.Equal((1, 1), (daemon.AuditText().Split("\"service.started\"").Length - 1, daemon.AuditText().Split("\"service.stopped\"").Length - 1));
        await daemon.UpAsync();
        Assert.StartsWith("250 ", Assert.Single(await daemon.SendAsync(Plain, ident: "77")), StringComparison.Ordinal);
        Assert.StartsWith("250 ", Assert.Single(await daemon.SendAsync(WithVirus, ident: "78")), StringComparison.Ordinal);
        Assert.Single(daemon.Hop.Deliveries);
        Assert.Single(await daemon.StoredAsync());
        Assert.Equal(2, daemon.AuditText().Split("\"service.started\"").Length - 1);
    }

    [Fact]
    public async Task A_next_hop_that_was_never_reached_is_421()
    {
        await using DaemonFixture daemon = await DaemonFixture.StartAsync(change: (_, settings) => settings with { NextHop = $"smtp://127.0.0.1:{FreePort.Take()}" });
        // Not reached since the start: we do not know what it takes, and say so before any mail is given to us.
        await using WireClient wire = await WireClient.ConnectAsync(daemon.LmtpPort);
        Assert.StartsWith("421 4.3.2 ", await wire.ReplyAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Next_hop_gone_is_451()
    {
        await using DaemonFixture daemon = await DaemonFixture.StartAsync();
        Assert.StartsWith("250 ", Assert.Single(await daemon.SendAsync(Plain)), StringComparison.Ordinal);
        await daemon.Hop.DisposeAsync();
        Assert.StartsWith("451 ", Assert.Single(await daemon.SendAsync(Plain)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_third_pass_of_one_message_is_a_loop()
    {
        await using DaemonFixture daemon = await DaemonFixture.StartAsync();
        await daemon.SendAsync(Plain);
        string second = (await daemon.Hop.WaitAsync(1))[0].Text;
        Assert.StartsWith("250 ", Assert.Single(await daemon.SendAsync(second)), StringComparison.Ordinal);
        string third = (await daemon.Hop.WaitAsync(2))[1].Text;
        Assert.StartsWith("554 5.4.6 ", Assert.Single(await daemon.SendAsync(third)), StringComparison.Ordinal);
        Assert.Equal(2, daemon.Hop.Deliveries.Count);
    }

    [Fact]
    public async Task On_smtp_what_the_next_hop_did_not_take_of_a_mixed_answer_is_ours()
    {
        await using DaemonFixture daemon = await DaemonFixture.StartAsync(hop: new ReceivingBehaviour { Recipient = address => address.StartsWith("b@", StringComparison.Ordinal) ? "451 4.2.0 busy" : null });
        Assert.StartsWith("250 ", Assert.Single(await daemon.SendAsync(Plain, ["a@example.jp", "b@example.jp"], smtp: true)), StringComparison.Ordinal);
        OutboxEntry entry = Assert.Single(await daemon.Daemon.Storage.Outbox.ListAsync(CancellationToken.None));
        Assert.Equal("b@example.jp", Assert.Single(entry.Envelope.Recipients).Address);
    }

    [Fact]
    public async Task On_smtp_a_failure_before_anything_is_handed_over_is_451_for_all()
    {
        await using DaemonFixture daemon = await DaemonFixture.StartAsync(hop: new ReceivingBehaviour { Message = _ => "451 4.2.0 busy" });
        Assert.StartsWith("451 ", Assert.Single(await daemon.SendAsync(Plain, ["a@example.jp", "b@example.jp"], smtp: true)), StringComparison.Ordinal);
        Assert.Empty(await daemon.Daemon.Storage.Outbox.ListAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_bare_line_feed_is_kept_back_and_never_normalised()
    {
        await using DaemonFixture daemon = await DaemonFixture.StartAsync();
        await daemon.SendAsync("From: a@example.com\r\nSubject: x\r\n\r\nline\nline\r\n");
        Assert.Empty(daemon.Hop.Deliveries);
        Assert.Contains("bare-line-end-quarantine", Assert.Single(await daemon.StoredAsync()).Reasons);
    }

    [Fact]
    public async Task When_the_audit_cannot_be_written_nothing_leaves()
    {
        await using DaemonFixture daemon = await DaemonFixture.StartAsync();
        await daemon.Daemon.Audit.DisposeAsync();
        Assert.StartsWith("451 ", Assert.Single(await daemon.SendAsync(Plain)), StringComparison.Ordinal);
        Assert.Empty(daemon.Hop.Deliveries);
    }

    [Fact]
    public async Task Many_at_once_are_all_delivered_once()
    {
        await using DaemonFixture daemon = await DaemonFixture.StartAsync();
        IReadOnlyList<string>[] replies = await Task.WhenAll(Enumerable.Range(0, 60).Select(number => daemon.SendAsync(Plain.Replace("hello", $"number {number}", StringComparison.Ordinal))));
        Assert.All(replies, reply => Assert.StartsWith("250 ", Assert.Single(reply), StringComparison.Ordinal));
        IReadOnlyList<Delivery> deliveries = await daemon.Hop.WaitAsync(60);
        Assert.Equal(60, deliveries.Select(delivery => delivery.Text.Split("Subject: ")[1].Split("\r\n")[0]).Distinct().Count());
        Assert.Equal(60, deliveries.Count);
    }
}

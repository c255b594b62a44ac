using System.Text;
using MailSanitizer.Mail;
using MailSanitizer.Tests.Servers;

namespace MailSanitizer.Tests.Postfix;

/// <summary>Before the queue of a real Postfix, with the shipped settings.</summary>
public sealed class BeforeQueueTests
{
    [Fact]
    public async Task The_shipped_settings_hold()
    {
        await using PostfixRig rig = await PostfixRig.StartAsync(beforeQueue: true, main: "virtual_alias_maps = inline:{ { team@rcpt.test = one@rcpt.test two@rcpt.test } }");
        Assert.DoesNotContain("unused parameter", rig.Postfix.Settings);
        string content = $"Subject: x\r\nMessage-ID: <1@sender.test>\r\nDate: Tue, 24 Nov 2026 10:00:00 +0000\r\nFrom: a@sender.test\r\n\r\n{new string('x', 3000)}\r\n\xE6\x97\xA5\r\n";
        Assert.StartsWith("250", await rig.SendAsync(Encoding.Latin1.GetBytes(content), " BODY=8BITMIME RET=HDRS ENVID=QQ1", "team@rcpt.test"));
        await rig.Sink.WaitAsync(1, 90);
        await rig.Postfix.UntilAsync(() => rig.Postfix.Queued() == 0);
        Assert.Equal(["one@rcpt.test", "two@rcpt.test"], rig.Sink.Deliveries.SelectMany(delivery => delivery.Recipients).Order());
        Assert.All(rig.Sink.Deliveries, delivery => Assert.EndsWith(content, delivery.Text));
        Envelope envelope = Assert.Single(rig.Receiver.Envelopes);
        Assert.False(envelope.IsLmtp);
        Assert.Equal(("127.0.0.1", "client.test", "8BITMIME", "HDRS", "QQ1"), (envelope.Client.Address, envelope.Client.Helo, envelope.Body, envelope.Ret, envelope.EnvelopeId));

        // speed_adjust: while a client dawdles over its content, we have no session for it.
        await using WireClient slow = await WireClient.ConnectAsync(rig.Postfix.Port);
        await slow.ExpectAsync(220);
        await slow.CommandAsync("EHLO slow.test", 250);
        await slow.CommandAsync("MAIL FROM:<alice@sender.test>", 250);
        await slow.CommandAsync("RCPT TO:<bob@rcpt.test>", 250);
        await slow.CommandAsync("DATA", 354);
        await slow.SendAsync("Subject: slow\r\n");
        await rig.Postfix.UntilAsync(() => rig.OpenSessions == 0);
        Assert.Single(rig.Receiver.Envelopes);
        await slow.SendAsync("\r\n.\r\n");
        await slow.ExpectAsync(250);
        Assert.Equal(2, rig.Receiver.Envelopes.Count);
    }

    [Fact]
    public async Task Swaks_speaks_to_us_directly()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/swaks"), "swaks is not installed");
        await using PostfixRig rig = await PostfixRig.StartAsync(beforeQueue: false);
        foreach (string protocol in new[] { "LMTP", "ESMTP" })
        {
            int before = rig.Sink.Deliveries.Count;
            string said = PostfixServer.Run("swaks", "--protocol", protocol, "--server", $"127.0.0.1:{rig.FilterPort}", "--from", "alice@sender.test", "--to", "bob@rcpt.test,carol@rcpt.test", "--body", "swaks\n.dot", "--pipeline");
            await rig.Sink.WaitAsync(before + 1, 60);
            Assert.Contains("250 2.0.0", said);
            await rig.Postfix.UntilAsync(() => rig.Postfix.Queued() == 0);
            Assert.Equal(["bob@rcpt.test", "carol@rcpt.test"], rig.Sink.Deliveries.Skip(before).SelectMany(delivery => delivery.Recipients).Order());
            Assert.Contains("\r\n.dot\r\n", rig.Sink.Deliveries[^1].Text);
        }
    }
}

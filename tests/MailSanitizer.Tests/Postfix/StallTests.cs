using System.Text;
using MailSanitizer.Tests.Servers;

namespace MailSanitizer.Tests.Postfix;

/// <summary>The next hop stalls, refuses or is gone: Postfix in front keeps the mail with its default time-outs, and it arrives once in the end.</summary>
public sealed class StallTests
{
    private static readonly byte[] Content = Encoding.ASCII.GetBytes("Subject: x\r\n\r\nbody\r\n");

    [Fact]
    public async Task Behind_the_queue_mail_waits_and_arrives_once()
    {
        // The next hop is our own server here, so that it can stall: it stands for the Postfix behind.
        await using ReceivingServer next = ReceivingServer.Start(new ReceivingBehaviour { StallAt = Moment.AfterData });
        await using PostfixRig rig = await PostfixRig.StartAsync(beforeQueue: false, instead: next);
        Assert.StartsWith("250", await rig.SendAsync(Content, "", "bob@rcpt.test", "carol@rcpt.test"));
        await rig.Postfix.UntilAsync(() => rig.Postfix.Log.Contains("451 4.4.2 The next hop does not answer in time", StringComparison.Ordinal));
        Assert.Contains("status=deferred", rig.Postfix.Log);
        Assert.DoesNotContain("status=sent", rig.Postfix.Log);
        // Refuses one for good, the other for now.
        next.Behaviour = new ReceivingBehaviour { Recipient = address => address[0] == 'b' ? "451 4.2.1 not yet" : null };
        rig.Postfix.Flush();
        await next.WaitAsync(1, 60);
        await rig.Postfix.UntilAsync(() => rig.Postfix.Log.Contains("451 4.2.1 not yet", StringComparison.Ordinal));
        next.Behaviour = new ReceivingBehaviour();
        rig.Postfix.Flush();
        await next.WaitAsync(2, 60);
        await rig.Postfix.UntilAsync(() => rig.Postfix.Queued() == 0);
        Assert.Equal(["bob@rcpt.test", "carol@rcpt.test"], next.Deliveries.SelectMany(delivery => delivery.Recipients).Order());
    }

    [Fact]
    public async Task Before_the_queue_the_sender_hears_it()
    {
        await using ReceivingServer next = ReceivingServer.Start(new ReceivingBehaviour { StallAt = Moment.AfterData });
        await using PostfixRig rig = await PostfixRig.StartAsync(beforeQueue: true, instead: next);
        Assert.StartsWith("451 4.4.2", await rig.SendAsync(Content));
        next.Behaviour = new ReceivingBehaviour { Message = _ => "550 5.7.1 not wanted" };
        Assert.StartsWith("550 5.7.1 not wanted", await rig.SendAsync(Content));
        next.Behaviour = new ReceivingBehaviour();
        Assert.StartsWith("250", await rig.SendAsync(Content));
        Assert.Single(next.Deliveries);
        Assert.Equal(0, rig.Postfix.Queued());
    }
}

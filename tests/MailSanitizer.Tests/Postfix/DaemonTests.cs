using System.Text;
using MailSanitizer.Tests.Servers;

namespace MailSanitizer.Tests.Postfix;

/// <summary>The whole daemon as a process between a Postfix in front and a Postfix behind, with a real clamd.</summary>
public sealed class DaemonTests
{
    [Fact]
    public async Task Behind_the_queue_good_mail_arrives_unchanged_and_infected_mail_does_not()
    {
        Assert.SkipUnless(PostfixServer.CanRun, "needs root and postfix");
        ClamdServer clamd = ClamdServer.Shared;
        await using ReceivingServer sink = ReceivingServer.Start();
        int filterPort = FreePort.Take();
        int backPort = FreePort.Take();
        using PostfixServer postfix = PostfixServer.Start(beforeQueue: false, filterPort, sink.Port, backPort);
        using DaemonServer daemon = await DaemonServer.StartAsync($"smtp://127.0.0.1:{backPort}", clamd, port: filterPort);
        string good = Message("good", $"日本語\r\n{new string('x', 3000)}\r\n..dots\r\n");
        await postfix.SendAsync(Message("bad", $"marker {ClamdServer.Marker}\r\n"));
        await postfix.SendAsync(good);
        Delivery delivery = (await sink.WaitAsync(1, 60))[0];
        await postfix.UntilAsync(() => postfix.Queued() == 0);
        Assert.Single(sink.Deliveries);
        Assert.EndsWith(good, Encoding.UTF8.GetString(delivery.Content));
        Assert.Contains("X-MailSanitizer-Id: ", delivery.Text);
        Assert.Contains("(MailSanitizer) with LMTP id ", delivery.Text);
        Assert.DoesNotContain("status=deferred", postfix.Log);
    }

    [Fact]
    public async Task Killed_while_it_decides_nothing_is_lost()
    {
        Assert.SkipUnless(PostfixServer.CanRun, "needs root and postfix");
        await using ReceivingServer sink = ReceivingServer.Start();
        int filterPort = FreePort.Take();
        int backPort = FreePort.Take();
        using PostfixServer postfix = PostfixServer.Start(beforeQueue: false, filterPort, sink.Port, backPort);
        using DaemonServer daemon = await DaemonServer.StartAsync($"smtp://127.0.0.1:{backPort}", null, port: filterPort);
        int sent = 0;
        for (int round = 0; round < 3; round++)
        {
            for (int count = 0; count < 5; count++) await postfix.SendAsync(Message($"m{sent++}", "x\r\n"));
            daemon.Kill();
            await daemon.UpAsync();
        }

        postfix.Flush();
        await postfix.UntilAsync(() => postfix.Queued() == 0 && sink.Deliveries.Count >= sent, 90);
        string[] subjects = [.. sink.Deliveries.Select(delivery => delivery.Text[delivery.Text.IndexOf("\r\nSubject: ", StringComparison.Ordinal)..].Split("\r\n")[1])];
        Assert.Equal(sent, subjects.Distinct().Count());
        // Doubled at most once for each kill: the window of RFC 1047 for the one message whose reply was under way in each of the sessions.
        Assert.InRange(subjects.Length, sent, sent + 15);
    }

    private static string Message(string subject, string body) =>
        $"From: alice@sender.test\r\nTo: bob@rcpt.test\r\nSubject: {subject}\r\nDate: Tue, 24 Nov 2026 10:00:00 +0000\r\nMessage-ID: <{subject}@sender.test>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{body}";
}

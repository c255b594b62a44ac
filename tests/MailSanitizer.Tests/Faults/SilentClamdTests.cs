using System.Diagnostics;
using System.Net.Sockets;
using MailSanitizer.Tests.Servers;

namespace MailSanitizer.Tests.Faults;

/// <summary>A clamd that takes connections and never answers, behind Postfix with its default time-outs: Postfix hears 451 before it gives up, and no mail passes unseen.</summary>
public sealed class SilentClamdTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mailsanitizer-silent-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Postfix_hears_451_within_its_patience_and_the_mail_arrives_once_clamd_answers(bool beforeQueue)
    {
        Assert.SkipUnless(PostfixServer.CanRun, "needs root and postfix");
        Assert.SkipUnless(Environment.GetEnvironmentVariable("MAILSANITIZER_FULL") == "1", "waits for the real time-outs, a minute and more: runs with ./test.sh --full");
        string socket = Path.Combine(_folder, "clamd.sock");
        using Socket silent = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        silent.Bind(new UnixDomainSocketEndPoint(socket));
        silent.Listen(512);
        await using ReceivingServer sink = ReceivingServer.Start();
        int filterPort = FreePort.Take();
        int backPort = FreePort.Take();
        using PostfixServer postfix = PostfixServer.Start(beforeQueue, filterPort, sink.Port, backPort);
        using DaemonServer daemon = await DaemonServer.StartAsync($"smtp://127.0.0.1:{backPort}", null, beforeQueue ? "before-queue" : "after-queue", filterPort, $"clamav: {{ address: \"unix:{socket}\" }}", beforeQueue ? "smtp" : "lmtp");
        Stopwatch watch = Stopwatch.StartNew();
        string reply = await SendAsync(postfix.Port);
        if (beforeQueue)
        {
            Assert.StartsWith("451", reply);
            // Postfix's smtpd_proxy_timeout is 100 s.
            Assert.InRange(watch.Elapsed.TotalSeconds, 1, 99);
            Assert.Empty(sink.Deliveries);
        }
        else
        {
            Assert.StartsWith("250", reply);
            await postfix.UntilAsync(() => postfix.Log.Contains("status=deferred", StringComparison.Ordinal) && postfix.Log.Contains("451 4.3.0", StringComparison.Ordinal), 290);
            Assert.DoesNotContain("timed out", postfix.Log);
        }

        silent.Dispose();
        File.Delete(socket);
        File.CreateSymbolicLink(socket, ClamdServer.Shared.SocketPath);
        if (beforeQueue) Assert.StartsWith("250", await SendAsync(postfix.Port));
        else postfix.Flush();
        await sink.WaitAsync(1, 120);
        await postfix.UntilAsync(() => postfix.Queued() == 0);
        Assert.Single(sink.Deliveries);
    }

    private static async Task<string> SendAsync(int port)
    {
        await using WireClient client = await WireClient.ConnectAsync(port);
        client.Patience = TimeSpan.FromSeconds(120);
        await client.ExpectAsync(220);
        await client.CommandAsync("EHLO client.test", 250);
        await client.CommandAsync("MAIL FROM:<alice@sender.test>", 250);
        await client.CommandAsync("RCPT TO:<bob@rcpt.test>", 250);
        await client.CommandAsync("DATA", 354);
        await client.SendAsync("From: alice@sender.test\r\nSubject: x\r\n\r\nbody\r\n.\r\n");
        return await client.ReplyAsync();
    }
}

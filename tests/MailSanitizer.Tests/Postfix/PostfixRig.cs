using MailSanitizer.Reinjection;
using MailSanitizer.Tests.Reception;
using MailSanitizer.Tests.Reinjection;
using MailSanitizer.Tests.Servers;

namespace MailSanitizer.Tests.Postfix;

/// <summary>Postfix in front, we, Postfix behind, a receiving server.</summary>
internal sealed class PostfixRig : IAsyncDisposable
{
    private readonly NextHop _nextHop;
    private readonly KestrelDoor _door;

    private PostfixRig(ReceivingServer sink, NextHop nextHop, RelayReceiver receiver, KestrelDoor door, PostfixServer postfix)
    {
        Sink = sink;
        _nextHop = nextHop;
        Receiver = receiver;
        _door = door;
        Postfix = postfix;
    }

    public ReceivingServer Sink { get; }

    public RelayReceiver Receiver { get; }

    public PostfixServer Postfix { get; }

    public int FilterPort => _door.Port;

    public int OpenSessions => _door.Room.Connections;

    public static async Task<PostfixRig> StartAsync(bool beforeQueue, string main = "", string front = "", ReceivingBehaviour? sinkBehaviour = null, ReceivingServer? instead = null)
    {
        Assert.SkipUnless(PostfixServer.CanRun, "needs root and postfix");
        // The sink is smtp(8)'s next hop; without XFORWARD it gets none.
        ReceivingServer sink = ReceivingServer.Start(sinkBehaviour);
        int backPort = FreePort.Take();
        NextHop nextHop = Hop.To(instead is null ? $"smtp://127.0.0.1:{backPort}" : instead.SmtpUrl, new NextHopLimits { FinalTime = TimeSpan.FromSeconds(2), FirstProbeTime = TimeSpan.FromMilliseconds(100) });
        RelayReceiver receiver = new(nextHop);
        KestrelDoor door = await KestrelDoor.StartAsync(receiver, nextHop, null, beforeQueue ? "before:smtp://127.0.0.1:0" : "lmtp://127.0.0.1:0");
        PostfixServer postfix = PostfixServer.Start(beforeQueue, door.Port, sink.Port, backPort, main, front);
        Assert.True(await nextHop.ProbeAsync(TestContext.Current.CancellationToken));
        return new PostfixRig(sink, nextHop, receiver, door, postfix);
    }

    /// <summary>Sends one message to the Postfix in front; the reply of the last command.</summary>
    public async Task<string> SendAsync(byte[] content, string parameters = "", params string[] recipients)
    {
        await using WireClient client = await WireClient.ConnectAsync(Postfix.Port);
        await client.ExpectAsync(220);
        await client.CommandAsync("EHLO client.test", 250);
        string reply = await client.CommandAsync("MAIL FROM:<alice@sender.test>" + parameters);
        if (reply[0] != '2') return reply;
        foreach (string recipient in recipients.Length == 0 ? ["bob@rcpt.test"] : recipients)
        {
            reply = await client.CommandAsync($"RCPT TO:<{recipient}>");
            if (reply[0] != '2') return reply;
        }

        await client.CommandAsync("DATA", 354);
        await client.SendAsync(content);
        await client.SendAsync(".\r\n");
        reply = await client.ReplyAsync();
        await client.SendAsync("QUIT\r\n");
        return reply;
    }

    public async ValueTask DisposeAsync()
    {
        Postfix.Dispose();
        await _door.DisposeAsync();
        _nextHop.Dispose();
        await Sink.DisposeAsync();
    }
}

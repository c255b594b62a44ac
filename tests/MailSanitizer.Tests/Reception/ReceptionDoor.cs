using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Net;
using MailSanitizer.Mail;
using MailSanitizer.Reception;
using MailSanitizer.Tests.Servers;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging.Abstractions;

namespace MailSanitizer.Tests.Reception;

/// <summary>A message as a test receiver got it, its bytes copied.</summary>
internal sealed record Arrival(ReceivedMessage Message, byte[] Content)
{
    public Envelope Envelope => Message.Envelope;

    public string Text => System.Text.Encoding.Latin1.GetString(Content);
}

/// <summary>Takes messages and answers what the test wants; 250 by default.</summary>
internal sealed class TestReceiver : IMessageReceiver
{
    public ConcurrentQueue<Arrival> Arrivals { get; } = new();

    public Func<ReceivedMessage, CancellationToken, Task<IReadOnlyList<SmtpReply>>>? Answer { get; set; }

    public bool KeepContent { get; set; } = true;

    public async Task<IReadOnlyList<SmtpReply>> ReceiveAsync(ReceivedMessage message, CancellationToken cancellation)
    {
        byte[] content = [];
        if (KeepContent)
        {
            using Stream stream = message.Original.OpenRead();
            using MemoryStream copy = new();
            await stream.CopyToAsync(copy, cancellation);
            content = copy.ToArray();
        }

        Arrivals.Enqueue(new Arrival(message, content));
        if (Answer is not null) return await Answer(message, cancellation);
        return [.. message.Envelope.Recipients.Select(recipient => new SmtpReply(250, "2.0.0", $"{recipient.Address} taken"))];
    }
}

/// <summary>A next hop that only announces.</summary>
internal sealed class AnnouncingHop : INextHop
{
    public IReadOnlySet<string> Extensions { get; set; } = new HashSet<string> { "SIZE", "8BITMIME", "SMTPUTF8", "DSN", "PIPELINING" };

    public long MaximumSize { get; set; }

    public Task<IReadOnlyList<SmtpReply>> DeliverAsync(Envelope envelope, OutgoingMessage message, CancellationToken cancellation) => throw new NotSupportedException();
}

/// <summary>Reception with in-memory connections, so that pieces arrive exactly as a test sends them.</summary>
internal sealed class ReceptionDoor : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ms-door-").FullName;
    private MailReception? _room;

    public TestReceiver Receiver { get; } = new();

    public AnnouncingHop NextHop { get; } = new();

    public TimeProvider Time { get; set; } = TimeProvider.System;

    public long FreeDisk { get; set; } = long.MaxValue;

    public EndPoint Peer { get; set; } = new IPEndPoint(IPAddress.Loopback, 4711);

    public ListenerOptions Listener { get; set; } = new(new MailEndpoint(MailProtocol.Lmtp, "127.0.0.1", 0, null));

    public ReceptionOptions Options { get; set; } = new() { HostName = "ms.test", Listeners = [] };

    public List<Task> Sessions { get; } = [];

    public MailReception Room => _room ??= new MailReception(Options, Receiver, new Spool(_folder, 4096), NextHop, Time, NullLogger<MailReception>.Instance, () => FreeDisk);

    public Arrival Only => Assert.Single(Receiver.Arrivals);

    public WireClient Connect(WireMode mode = WireMode.Whole) => new(Open(mode), mode);

    /// <summary>Connects, reads the greeting and greets.</summary>
    public async Task<WireClient> GreetedAsync(string hello = "LHLO client.test", WireMode mode = WireMode.Whole)
    {
        WireClient client = Connect(mode);
        await client.ExpectAsync(220);
        await client.CommandAsync(hello, 250);
        return client;
    }

    public Stream Open(WireMode mode = WireMode.Whole)
    {
        // With a threshold of one byte a write waits until the server has looked at it: every piece is read on its own.
        Pipe toServer = new(new PipeOptions(pauseWriterThreshold: mode == WireMode.Whole ? 65536 : 1, resumeWriterThreshold: 1, useSynchronizationContext: false));
        Pipe toClient = new(new PipeOptions(useSynchronizationContext: false));
        CancellationTokenSource closed = new();
        DefaultConnectionContext connection = new(Guid.NewGuid().ToString(), new Duplex(toServer.Reader, toClient.Writer), new Duplex(toClient.Reader, toServer.Writer))
        {
            RemoteEndPoint = Peer,
            ConnectionClosed = closed.Token,
        };
        Sessions.Add(ServeAsync(connection, toServer.Reader, toClient.Writer));
        return new PipeStream(toClient.Reader, toServer.Writer, closed.Cancel);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private async Task ServeAsync(ConnectionContext connection, PipeReader input, PipeWriter output)
    {
        await Room.ServeAsync(connection, Listener);
        await output.CompleteAsync();
        await input.CompleteAsync();
    }

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}

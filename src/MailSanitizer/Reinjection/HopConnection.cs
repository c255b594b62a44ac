using System.Net;
using System.Net.Sockets;
using System.Text;
using MailSanitizer.Mail;

namespace MailSanitizer.Reinjection;

/// <summary>The next hop does not speak our protocol, or refused the session before any mail. Caught in <see cref="NextHop"/>, where it becomes a reply.</summary>
internal sealed class HopRefusedException(SmtpReply reply) : IOException(reply.Text)
{
    /// <summary>What is said to the recipients.</summary>
    public SmtpReply Reply => reply;
}

/// <summary>One connection to the next hop, greeted. I/O errors and time-outs leave it as exceptions of System.IO and System.Net.Sockets.</summary>
internal sealed class HopConnection : IDisposable
{
    private readonly Socket _socket;
    private readonly NextHopLimits _limits;
    private readonly TimeProvider _time;
    private readonly ReplyParser _parser = new();
    private readonly byte[] _input = new byte[8_192];
    private int _start;
    private int _end;

    private HopConnection(Socket socket, NextHopLimits limits, TimeProvider time)
    {
        _socket = socket;
        _limits = limits;
        _time = time;
    }

    /// <summary>What it announced.</summary>
    public HopExtensions Extensions { get; private set; } = HopExtensions.None;

    /// <summary>It came out of the pool, so that the next hop may have closed it meanwhile.</summary>
    public bool IsReused { get; set; }

    /// <summary>Transactions so far.</summary>
    public int Messages { get; set; }

    /// <summary>When it was put into the pool.</summary>
    public long IdleSince { get; set; }

    /// <summary>Connects and greets.</summary>
    public static async Task<HopConnection> OpenAsync(NextHopOptions options, TimeProvider time, CancellationToken cancellation)
    {
        HopConnection connection = new(await ConnectAsync(options, time, cancellation), options.Limits, time);
        try
        {
            await connection.GreetAsync(options, cancellation);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>True when the next hop has closed it, or has said something nobody asked for (421).</summary>
    public bool IsStale() => _start < _end || _socket.Poll(0, SelectMode.SelectRead);

    /// <summary>Sends all of it; throws <see cref="TimeoutException"/> when a write does not move.</summary>
    public async Task SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
    {
        while (!bytes.IsEmpty)
        {
            int sent = await WithinAsync(stop => _socket.SendAsync(bytes, stop), _limits.WriteTime, cancellation);
            bytes = bytes[sent..];
        }
    }

    /// <summary>Sends one command line without waiting.</summary>
    public Task SendLineAsync(string line, CancellationToken cancellation) => SendAsync(Encoding.UTF8.GetBytes(line + "\r\n"), cancellation);

    /// <summary>The next reply.</summary>
    public async Task<SmtpReply> ReplyAsync(TimeSpan time, CancellationToken cancellation)
    {
        long started = _time.GetTimestamp();
        while (true)
        {
            SmtpReply? reply = _parser.Read(_input.AsSpan(_start, _end - _start), out int consumed);
            _start += consumed;
            if (reply is not null) return reply;
            if (_parser.IsBroken) throw new HopRefusedException(new SmtpReply(451, "4.5.0", "The next hop answered in no known form"));
            TimeSpan left = time - _time.GetElapsedTime(started);
            if (left <= TimeSpan.Zero) throw new TimeoutException();
            _start = 0;
            _end = 0;
            _end = await WithinAsync(stop => _socket.ReceiveAsync(_input, stop), left, cancellation);
            if (_end == 0) throw new EndOfStreamException("the next hop closed the connection");
        }
    }

    /// <summary>Says goodbye, if that goes at once.</summary>
    public void Quit()
    {
        try
        {
            _socket.Blocking = false;
            _socket.Send("QUIT\r\n"u8);
        }
        catch (SocketException)
        {
            // It is being closed anyway.
        }

        Dispose();
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    private async Task GreetAsync(NextHopOptions options, CancellationToken cancellation)
    {
        SmtpReply greeting = await ReplyAsync(_limits.CommandTime, cancellation);
        if (!greeting.IsPositive) throw new HopRefusedException(Temporary(greeting));
        bool lmtp = options.Endpoint.Protocol == MailProtocol.Lmtp;
        await SendLineAsync($"{(lmtp ? "LHLO" : "EHLO")} {options.HostName}", cancellation);
        SmtpReply hello = await ReplyAsync(_limits.CommandTime, cancellation);
        if (hello.IsPositive)
        {
            Extensions = HopExtensions.Read(hello);
            return;
        }

        if (!lmtp && hello.IsPermanent)
        {
            await SendLineAsync($"HELO {options.HostName}", cancellation);
            hello = await ReplyAsync(_limits.CommandTime, cancellation);
            if (hello.IsPositive) return;
        }

        throw new HopRefusedException(Temporary(hello));
    }

    // A refusal of the whole session says nothing about this mail: it is the operator's to mend, and the mail stays.
    private static SmtpReply Temporary(SmtpReply reply) => new(451, "4.3.5", "The next hop refuses the session: " + reply.Code + " " + reply.Text);

    private static async Task<Socket> ConnectAsync(NextHopOptions options, TimeProvider time, CancellationToken cancellation)
    {
        MailEndpoint endpoint = options.Endpoint;
        if (endpoint.UnixPath is { } path) return await ConnectAsync(new UnixDomainSocketEndPoint(path), options.Limits, time, cancellation);
        IPAddress[] addresses = IPAddress.TryParse(endpoint.Host, out IPAddress? literal) ? [literal] : await Dns.GetHostAddressesAsync(endpoint.Host, cancellation);
        for (int index = 0; ; index++)
        {
            try
            {
                if (addresses.Length == 0) throw new SocketException((int)SocketError.HostNotFound);
                return await ConnectAsync(new IPEndPoint(addresses[index], endpoint.Port), options.Limits, time, cancellation);
            }
            catch (Exception failure) when (failure is SocketException or TimeoutException && index + 1 < addresses.Length)
            {
                // The next address of the name may answer.
            }
        }
    }

    private static async Task<Socket> ConnectAsync(EndPoint to, NextHopLimits limits, TimeProvider time, CancellationToken cancellation)
    {
        bool unix = to is UnixDomainSocketEndPoint;
        Socket socket = new(to.AddressFamily, SocketType.Stream, unix ? ProtocolType.Unspecified : ProtocolType.Tcp);
        try
        {
            // The last segment of a command group must not wait for the acknowledgement of the one before.
            if (!unix) socket.NoDelay = true;
            await WithinAsync(async stop =>
            {
                await socket.ConnectAsync(to, stop);
                return 0;
            }, limits.ConnectTime, time, cancellation);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private ValueTask<int> WithinAsync(Func<CancellationToken, ValueTask<int>> work, TimeSpan limit, CancellationToken cancellation) => WithinAsync(work, limit, _time, cancellation);

    private static async ValueTask<int> WithinAsync(Func<CancellationToken, ValueTask<int>> work, TimeSpan limit, TimeProvider time, CancellationToken cancellation)
    {
        using CancellationTokenSource late = new(limit, time);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellation);
        try
        {
            return await work(stop.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new TimeoutException();
        }
    }
}

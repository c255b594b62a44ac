using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace MailSanitizer.Tests.Servers;

/// <summary>
/// A mail server that takes messages, keeps their exact bytes for each recipient, and misbehaves on order. SMTP, LMTP (whatever the client says) on TCP or a
/// Unix socket. It shares no code with the product, so that no mistake of the product cancels out, and needs no test framework.
/// </summary>
public sealed class ReceivingServer : IAsyncDisposable
{
    private readonly Socket _listener;
    private readonly string? _unixPath;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<int, Socket> _open = new();
    private readonly ConcurrentQueue<Delivery> _deliveries = new();
    private readonly ConcurrentQueue<string> _commands = new();
    private readonly Task _accepting;
    private int _sessions;
    private volatile int _stalls;
    private int _stallsSeen;

    private ReceivingServer(Socket listener, string? unixPath, ReceivingBehaviour behaviour)
    {
        _listener = listener;
        _unixPath = unixPath;
        Behaviour = behaviour;
        _listener.Listen(512);
        _accepting = AcceptAsync();
    }

    /// <summary>What it does from now on.</summary>
    public ReceivingBehaviour Behaviour { get; set; }

    /// <summary>TCP port; 0 on a Unix socket.</summary>
    public int Port => _unixPath is null ? ((IPEndPoint)_listener.LocalEndPoint!).Port : 0;

    /// <summary>As a next hop that speaks SMTP.</summary>
    public string SmtpUrl => $"smtp://127.0.0.1:{Port}";

    /// <summary>As a next hop that speaks LMTP.</summary>
    public string LmtpUrl => _unixPath is null ? $"lmtp://127.0.0.1:{Port}" : $"lmtp+unix:{_unixPath}";

    /// <summary>Connections so far.</summary>
    public int Sessions => _sessions;

    /// <summary>Connections now.</summary>
    public int OpenSessions => _open.Count;

    /// <summary>What was taken, in order.</summary>
    public IReadOnlyList<Delivery> Deliveries => [.. _deliveries];

    /// <summary>Every command line so far, of all sessions.</summary>
    public IReadOnlyList<string> Commands => [.. _commands];

    /// <summary>Starts one on a free TCP port (or the given one) of the loopback.</summary>
    public static ReceivingServer Start(ReceivingBehaviour? behaviour = null, int port = 0)
    {
        Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, port));
        return new ReceivingServer(listener, null, behaviour ?? new ReceivingBehaviour());
    }

    /// <summary>Starts one on a Unix socket.</summary>
    public static ReceivingServer StartUnix(string path, ReceivingBehaviour? behaviour = null)
    {
        Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        return new ReceivingServer(listener, path, behaviour ?? new ReceivingBehaviour());
    }

    /// <summary>Waits until so many messages were taken; throws when they do not come.</summary>
    public async Task<IReadOnlyList<Delivery>> WaitAsync(int count, int seconds = 30)
    {
        for (Stopwatch watch = Stopwatch.StartNew(); _deliveries.Count < count; await Task.Delay(5))
        {
            if (watch.Elapsed.TotalSeconds > seconds) throw new TimeoutException($"{_deliveries.Count} of {count} messages in {seconds} s; last commands: {string.Join(" | ", _commands.TakeLast(10))}");
        }

        return Deliveries;
    }

    /// <summary>Closes every open connection, as a restart does.</summary>
    public void CloseSessions()
    {
        foreach (Socket socket in _open.Values) socket.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested) return;
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        CloseSessions();
        if (_unixPath is not null) File.Delete(_unixPath);
    }

    /// <summary>Waits until one more session stalls on order than at the end of the last such wait.</summary>
    public async Task UntilStalledAsync(int seconds = 30)
    {
        for (Stopwatch watch = Stopwatch.StartNew(); _stalls == _stallsSeen; await Task.Delay(5))
        {
            if (watch.Elapsed.TotalSeconds > seconds) throw new TimeoutException($"no session stalled in {seconds} s; last commands: {string.Join(" | ", _commands.TakeLast(10))}");
        }

        _stallsSeen = _stalls;
    }

    internal void Stalled() => Interlocked.Increment(ref _stalls);

    internal void Note(string command) => _commands.Enqueue(command);

    internal void Take(Delivery delivery) => _deliveries.Enqueue(delivery);

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            Socket socket;
            try
            {
                socket = await _listener.AcceptAsync(_stop.Token);
            }
            catch (Exception stopped) when (stopped is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }

            if (socket.AddressFamily == AddressFamily.InterNetwork) socket.NoDelay = true;
            int number = Interlocked.Increment(ref _sessions);
            _open[number] = socket;
            _ = RunAsync(number, socket);
        }
    }

    private async Task RunAsync(int number, Socket socket)
    {
        try
        {
            await using NetworkStream stream = new(socket, ownsSocket: true);
            await new ReceivingSession(this, number, stream, _stop.Token).RunAsync();
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // The client closed, or the server stops: both are ordinary ends of a session.
        }
        finally
        {
            _open.TryRemove(number, out _);
        }
    }
}

using System.Net;
using System.Net.Sockets;
using System.Text;

namespace MailSanitizer.Tests.Servers;

/// <summary>A TCP server that answers each connection by a script: for protocols whose faults no real server shows on order.</summary>
public sealed class ScriptedServer : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;
    private int _connections;

    /// <summary>Runs <paramref name="script"/> for each connection: the number of the connection from 1, and its stream.</summary>
    public ScriptedServer(Func<int, NetworkStream, CancellationToken, Task> script)
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(64);
        _accepting = AcceptAsync(script);
    }

    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    public int Connections => _connections;

    /// <summary>A script that reads one head (to the empty line) and says the same each time, connection kept.</summary>
    public static Func<int, NetworkStream, CancellationToken, Task> Says(params string[] replies) => async (_, stream, stop) =>
    {
        foreach (string reply in replies)
        {
            await HeadAsync(stream, stop);
            await stream.WriteAsync(Encoding.Latin1.GetBytes(reply), stop);
        }

        await Task.Delay(Timeout.Infinite, stop);
    };

    /// <summary>Reads to an empty line.</summary>
    public static async Task<string> HeadAsync(NetworkStream stream, CancellationToken stop)
    {
        StringBuilder head = new();
        byte[] one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            if (await stream.ReadAsync(one, stop) == 0) throw new IOException("closed");
            head.Append((char)one[0]);
        }

        return head.ToString();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync(Func<int, NetworkStream, CancellationToken, Task> script)
    {
        List<Task> running = [];
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                Socket socket = await _listener.AcceptAsync(_stop.Token);
                running.Add(RunAsync(script, Interlocked.Increment(ref _connections), socket));
            }
            catch (Exception stopped) when (stopped is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                break;
            }
        }

        await Task.WhenAll(running);
    }

    private async Task RunAsync(Func<int, NetworkStream, CancellationToken, Task> script, int number, Socket socket)
    {
        try
        {
            await using NetworkStream stream = new(socket, ownsSocket: true);
            await script(number, stream, _stop.Token);
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException or SocketException)
        {
            // The client closed, or the test ends.
        }
    }
}

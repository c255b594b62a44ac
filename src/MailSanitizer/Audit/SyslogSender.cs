using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using System.Threading.Channels;

namespace MailSanitizer.Audit;

/// <summary>
/// Sends lines to a syslog server (RFC 5424) over UDP (5426), TCP and TLS (octet counting, 6587 and 5425) or a Unix socket. What cannot be sent is dropped oldest first:
/// each line is a head, and a later head says more.
/// </summary>
internal sealed class SyslogSender : IAsyncDisposable
{
    // Facility 13 (log audit), severity 5 (notice).
    private const int Priority = 13 * 8 + 5;
    private readonly Channel<string> _queue = Channel.CreateBounded<string>(new BoundedChannelOptions(64) { FullMode = BoundedChannelFullMode.DropOldest });
    private readonly CancellationTokenSource _stop = new();
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly string _address;
    private readonly Task _loop;

    public SyslogSender(string address, TimeProvider time, ILogger log)
    {
        _address = address;
        _time = time;
        _log = log;
        if (Parse(address) is null) throw new InvalidDataException($"{address} is no syslog address: udp://host:port, tcp://host:port, tls://host:port or unix:/path");
        _loop = Task.Run(RunAsync);
    }

    public void Send(string text) => _queue.Writer.TryWrite(text);

    /// <summary>Scheme, host or path, port; null when it is none.</summary>
    public static (string Scheme, string Host, int Port)? Parse(string address)
    {
        if (address.StartsWith("unix:/", StringComparison.Ordinal)) return ("unix", address["unix:".Length..], 0);
        if (!Uri.TryCreate(address, UriKind.Absolute, out Uri? uri) || uri.Scheme is not ("udp" or "tcp" or "tls")) return null;
        int port = uri.Port > 0 ? uri.Port : uri.Scheme switch { "udp" => 514, "tcp" => 601, _ => 6514 };
        return (uri.Scheme, uri.DnsSafeHost, port);
    }

    public async ValueTask DisposeAsync()
    {
        // What is queued gets two seconds; the file has the same head.
        _queue.Writer.TryComplete();
        _stop.CancelAfter(TimeSpan.FromSeconds(2));
        await _loop;
        _stop.Dispose();
    }

    private string Format(string text) => string.Create(CultureInfo.InvariantCulture,
        $"<{Priority}>1 {_time.GetUtcNow().UtcDateTime:yyyy-MM-dd'T'HH:mm:ss.fff'Z'} {Environment.MachineName} mailsanitizer {Environment.ProcessId} audit-head - {text}");

    private async Task RunAsync()
    {
        (string scheme, string host, int port) = Parse(_address)!.Value;
        bool told = false;
        Connection? connection = null;
        try
        {
            await foreach (string text in _queue.Reader.ReadAllAsync(_stop.Token))
            {
                byte[] line = Encoding.UTF8.GetBytes(Format(text));
                for (int attempt = 0; attempt < 2; attempt++)
                {
                    try
                    {
                        connection ??= await Connection.OpenAsync(scheme, host, port, _stop.Token);
                        await connection.SendAsync(line, _stop.Token);
                        told = false;
                        break;
                    }
                    catch (Exception failure) when (failure is SocketException or IOException or System.Security.Authentication.AuthenticationException)
                    {
                        connection?.Dispose();
                        connection = null;
                        if (attempt == 0) continue;
                        if (!told) _log.LogWarning(failure, "The audit's head does not reach syslog at {Address}", _address);
                        told = true;
                    }
                }
            }
        }
        catch (OperationCanceledException)
        {
        }

        connection?.Dispose();
    }

    private sealed class Connection(Socket socket, Stream? stream) : IDisposable
    {
        public static async Task<Connection> OpenAsync(string scheme, string host, int port, CancellationToken cancellation)
        {
            using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            limit.CancelAfter(TimeSpan.FromSeconds(10));
            Socket socket = scheme switch
            {
                "unix" => new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified),
                "udp" => new Socket(SocketType.Dgram, ProtocolType.Udp),
                _ => new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true },
            };
            try
            {
                if (scheme == "unix") await socket.ConnectAsync(new UnixDomainSocketEndPoint(host), limit.Token);
                else await socket.ConnectAsync(host, port, limit.Token);
                if (scheme is "unix" or "udp") return new Connection(socket, null);
                Stream stream = new NetworkStream(socket, ownsSocket: true);
                if (scheme == "tls")
                {
                    SslStream secure = new(stream);
                    await secure.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = host }, limit.Token);
                    stream = secure;
                }

                return new Connection(socket, stream);
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                socket.Dispose();
                throw new IOException("no connection within 10 s");
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }

        public async Task SendAsync(byte[] line, CancellationToken cancellation)
        {
            if (stream is null)
            {
                await socket.SendAsync(line, cancellation);
                return;
            }

            // A peer that closed shows only on reading; without the look the first line after it would be lost in silence.
            if (socket.Poll(0, SelectMode.SelectRead) && socket.Available == 0) throw new IOException("the server has closed the connection");
            await stream.WriteAsync((byte[])[.. Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{line.Length} ")), .. line], cancellation);
            await stream.FlushAsync(cancellation);
        }

        public void Dispose()
        {
            stream?.Dispose();
            socket.Dispose();
        }
    }
}

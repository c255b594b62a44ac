using System.Net.Sockets;
using System.Runtime.InteropServices;
using MailSanitizer.Mail;

namespace MailSanitizer.Control;

/// <summary>
/// <c>state/control.sock</c>: one JSON line in, one out, and bytes behind it where the answer says so. Only root and the daemon's own user get an answer; the kernel says who
/// they are (SO_PEERCRED). Bounded in size, time and number.
/// </summary>
public sealed partial class ControlSocket : IAsyncDisposable
{
    /// <summary>Name below the state folder.</summary>
    public const string FileName = "control.sock";

    private const int Connections = 32;
    private static readonly TimeSpan RequestTime = TimeSpan.FromSeconds(10);
    private readonly Socket _listener;
    private readonly string _path;
    private readonly ControlVerbs _verbs;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly SemaphoreSlim _free = new(Connections, Connections);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;

    private ControlSocket(Socket listener, string path, ControlVerbs verbs, TimeProvider time, ILogger log)
    {
        _listener = listener;
        _path = path;
        _verbs = verbs;
        _time = time;
        _log = log;
        _loop = Task.Run(AcceptAsync);
    }

    /// <summary>Listens. The caller holds the state folder's lock, so a socket that is there was left by a dead process.</summary>
    public static ControlSocket Listen(string stateFolder, ControlVerbs verbs, TimeProvider time, ILogger log)
    {
        string path = Path.Combine(stateFolder, FileName);
        File.Delete(path);
        Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            listener.Bind(new UnixDomainSocketEndPoint(path));
            File.SetUnixFileMode(path, DurableFiles.PrivateFile);
            listener.Listen(512);
            return new ControlSocket(listener, path, verbs, time, log);
        }
        catch
        {
            listener.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _loop;
        for (int number = 0; number < Connections; number++) await _free.WaitAsync();
        File.Delete(_path);
        _free.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await _free.WaitAsync(_stop.Token);
                Socket peer;
                try
                {
                    peer = await _listener.AcceptAsync(_stop.Token);
                }
                catch
                {
                    _free.Release();
                    throw;
                }

                _ = ServeAsync(peer);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (SocketException failure) when (!_stop.IsCancellationRequested)
            {
                _log.LogWarning(failure, "The control socket could not accept a connection");
            }
            catch (SocketException)
            {
                return;
            }
            catch (ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task ServeAsync(Socket peer)
    {
        try
        {
            using NetworkStream stream = new(peer, ownsSocket: true);
            uint user = PeerUser(peer);
            if (user != 0 && user != GetEffectiveUser())
            {
                await SendAsync(stream, VerbReply.Refused(2, "only root and the daemon's own user may ask"), _stop.Token);
                return;
            }

            byte[]? line = await ReadLineAsync(stream);
            ControlRequest? request = line is null ? null : ControlRequest.Read(line);
            VerbReply reply = request is null
                ? VerbReply.Refused(64, "not a request: one line of JSON with v, verb, actor and arguments")
                : await _verbs.RunAsync(request, user, _stop.Token);
            await SendAsync(stream, reply, _stop.Token);
        }
        catch (Exception failure) when (failure is IOException or SocketException or OperationCanceledException)
        {
            _log.LogDebug(failure, "A control connection ended early");
        }
        finally
        {
            _free.Release();
        }
    }

    private async Task<byte[]?> ReadLineAsync(NetworkStream stream)
    {
        using CancellationTokenSource limit = new(RequestTime, _time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, _stop.Token);
        return await ControlLine.ReadAsync(stream, ControlRequest.MaxBytes, either.Token);
    }

    private static async Task SendAsync(NetworkStream stream, VerbReply reply, CancellationToken cancellation)
    {
        using IMailBytes? content = reply.Content;
        await stream.WriteAsync(reply.ToLine(), cancellation);
        if (content is null) return;
        await using Stream source = content.OpenRead();
        await source.CopyToAsync(stream, cancellation);
    }

    private static uint PeerUser(Socket peer)
    {
        Span<byte> credentials = stackalloc byte[12]; // struct ucred: pid, uid, gid
        return peer.GetRawSocketOption(1, 17, credentials) == 12 ? BitConverter.ToUInt32(credentials[4..]) : uint.MaxValue;
    }

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint GetEffectiveUser();
}

/// <summary>One line of a stream, bounded.</summary>
internal static class ControlLine
{
    /// <summary>The line without its end; null when it is longer than allowed or the peer ended before it.</summary>
    public static async Task<byte[]?> ReadAsync(Stream stream, int max, CancellationToken cancellation)
    {
        // Byte by byte at the end of the line only: bytes behind an answer belong to the caller.
        using MemoryStream line = new();
        byte[] one = new byte[1];
        await using BufferedReads reads = new(stream);
        while (line.Length <= max)
        {
            if (await reads.ReadByteAsync(one, cancellation) == 0) return null;
            if (one[0] == '\n') return line.ToArray();
            line.WriteByte(one[0]);
        }

        return null;
    }

    // A request is one line, nothing follows: what was read beyond it is nobody's.
    private sealed class BufferedReads(Stream stream) : IAsyncDisposable
    {
        private readonly byte[] _buffer = new byte[4096];
        private int _at;
        private int _end;

        public async ValueTask<int> ReadByteAsync(byte[] one, CancellationToken cancellation)
        {
            if (_at == _end)
            {
                _end = await stream.ReadAsync(_buffer, cancellation);
                _at = 0;
                if (_end == 0) return 0;
            }

            one[0] = _buffer[_at++];
            return 1;
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}

/// <summary>The verbs, by name, with one place for what goes wrong.</summary>
public sealed class ControlVerbs(IEnumerable<IOperatorVerb> verbs, ILogger log)
{
    private readonly Dictionary<string, IOperatorVerb> _verbs = verbs.ToDictionary(verb => verb.Name, StringComparer.Ordinal);

    /// <summary>The names.</summary>
    public IEnumerable<string> Names => _verbs.Keys.Order(StringComparer.Ordinal);

    /// <summary>The verb, or null.</summary>
    public IOperatorVerb? Find(string name) => _verbs.GetValueOrDefault(name);

    /// <summary>Runs a request. Never throws but for cancellation.</summary>
    public async Task<VerbReply> RunAsync(ControlRequest request, uint userId, CancellationToken cancellation)
    {
        if (!_verbs.TryGetValue(request.Verb, out IOperatorVerb? verb)) return VerbReply.Refused(64, $"there is no verb {SafeText.ForTerminal(request.Verb, 64)}");
        try
        {
            return await verb.RunAsync(request.Arguments, new Operator(request.Actor, userId), cancellation);
        }
        catch (VerbArgumentException wrong)
        {
            return VerbReply.Refused(64, wrong.Message);
        }
        catch (Exception failure) when (failure is IOException or InvalidDataException)
        {
            log.LogError(failure, "{Verb} failed", request.Verb);
            return VerbReply.Refused(75, failure.Message);
        }
        // A bug in a verb must not take the daemon's control away: it is logged whole, and answered.
        catch (Exception bug) when (bug is not OperationCanceledException)
        {
            log.LogError(bug, "{Verb} failed", request.Verb);
            return VerbReply.Refused(70, "internal error; see the daemon's log");
        }
    }
}

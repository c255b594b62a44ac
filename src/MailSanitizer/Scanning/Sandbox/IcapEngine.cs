using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Security.Authentication;

namespace MailSanitizer.Scanning.Sandbox;

/// <summary>An ICAP service as an engine: it answers within the request, so there is never a ticket.</summary>
public sealed class IcapEngine(SandboxEngineOptions options, IcapAddress address, TimeProvider time) : ISandboxEngine, IDisposable
{
    private const int KeptConnections = 8;

    private readonly ConcurrentBag<IcapConnection> _idle = [];
    private readonly SandboxCalls _calls = new(options, time);
    private volatile IcapOptions? _options;

    /// <inheritdoc/>
    public string Name => options.Name;

    /// <inheritdoc/>
    public async Task<string> VersionAsync(CancellationToken cancellation)
    {
        SandboxAnswer answer = await _calls.RunAsync(async token => new SandboxAnswer(SandboxState.Clean, "", (await OptionsAsync(token)).Tag), cancellation);
        return answer.Version;
    }

    /// <inheritdoc/>
    public Task<SandboxAnswer> SubmitAsync(SandboxSample sample, CancellationToken cancellation) =>
        sample.Bytes.Length > options.MaximumSize
            ? Task.FromResult(new SandboxAnswer(SandboxState.Refused, $"larger than {options.MaximumSize} bytes"))
            : _calls.RunAsync(token => JudgeAsync(sample, token), cancellation);

    /// <inheritdoc/>
    public Task<SandboxAnswer> PollAsync(string ticket, CancellationToken cancellation) => Task.FromResult(new SandboxAnswer(SandboxState.Unavailable, "this engine gives no tickets"));

    /// <inheritdoc/>
    public void Dispose()
    {
        while (_idle.TryTake(out IcapConnection? connection)) connection.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _calls.Dispose();
    }

    private async Task<SandboxAnswer> JudgeAsync(SandboxSample sample, CancellationToken cancellation)
    {
        IcapOptions known = await OptionsAsync(cancellation);
        string method = options.Method ?? (known.Methods.Contains("RESPMOD") ? "RESPMOD" : known.Methods.Contains("REQMOD") ? "REQMOD" : "");
        if (!known.Methods.Contains(method)) return new SandboxAnswer(SandboxState.Unavailable, $"the service offers {string.Join(", ", known.Methods)}, not {options.Method ?? "RESPMOD or REQMOD"}");
        SandboxAnswer answer = await OnConnectionAsync(connection => connection.JudgeAsync(address, method, known, sample, cancellation), cancellation);
        // Another tag than OPTIONS had: the service changed in between, and the next one asks anew.
        if (answer.Version.Length > 0 && answer.Version != known.Tag) _options = null;
        return answer.Version.Length > 0 ? answer : answer with { Version = known.Tag };
    }

    private async Task<IcapOptions> OptionsAsync(CancellationToken cancellation)
    {
        if (_options is { } known && known.Until > time.GetUtcNow()) return known;
        IcapHead head = await OnConnectionAsync(connection => connection.OptionsAsync(address, cancellation), cancellation);
        if (head.Status != 200) throw new IcapException($"OPTIONS answers {head.Status} {head.Reason}");
        return _options = IcapOptions.Of(head, time.GetUtcNow());
    }

    private async Task<T> OnConnectionAsync<T>(Func<IcapConnection, Task<T>> use, CancellationToken cancellation)
    {
        // A kept connection may have been closed by the service meanwhile: then once more on a new one.
        if (_idle.TryTake(out IcapConnection? kept))
        {
            try
            {
                return await UseAsync(kept, use);
            }
            catch (Exception stale) when (stale is SocketException or IOException and not IcapException && !cancellation.IsCancellationRequested)
            {
                // The new connection says whether it is well.
            }
        }

        return await UseAsync(await IcapConnection.ConnectAsync(address, cancellation), use);
    }

    private async Task<T> UseAsync<T>(IcapConnection connection, Func<IcapConnection, Task<T>> use)
    {
        bool keep = false;
        try
        {
            T result = await use(connection);
            keep = connection.IsUsable && _idle.Count < KeptConnections;
            return result;
        }
        finally
        {
            if (keep) _idle.Add(connection);
            else await connection.DisposeAsync();
        }
    }

    /// <summary>What a failed call may throw that is the engine's fault, not ours.</summary>
    internal static bool IsItsFault(Exception failure) => failure is IOException or SocketException or AuthenticationException or HttpRequestException or System.Text.Json.JsonException;
}

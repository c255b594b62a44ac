using System.Net.Sockets;
using MailSanitizer.Mail;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;

namespace MailSanitizer.Scanning;

/// <summary>
/// clamd as an engine: several addresses are tried in their order, so that one that reloads or restarts does not stop mail; each has its own circuit
/// breaker. No answer at all is <see cref="ScanOutcome.Unavailable"/>, a fault of ours that becomes 451.
/// </summary>
public sealed class ClamdEngine : IScanEngine
{
    private readonly IReadOnlyList<Instance> _instances;
    private readonly ScanningOptions _options;
    private readonly TimeProvider _time;
    private readonly ResiliencePipeline<ScanFact> _retry;

    /// <summary>An engine over the configured addresses, which have been checked.</summary>
    public ClamdEngine(ScanningOptions options, TimeProvider time)
    {
        _options = options;
        _time = time;
        _instances = [.. options.Clamd.Select(text => ClamdAddress.TryParse(text, out ClamdAddress? address, out string error)
            ? new Instance(address!, Breaker(time))
            : throw new ArgumentException(error, nameof(options)))];
        // A restart of clamd takes 60 ms with a small database: two short retries bridge it, the MTA's queue bridges the rest.
        _retry = new ResiliencePipelineBuilder<ScanFact> { TimeProvider = time }
            .AddTimeout(options.ScanTimeout)
            .AddRetry(new RetryStrategyOptions<ScanFact>
            {
                MaxRetryAttempts = 2,
                Delay = TimeSpan.FromMilliseconds(150),
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                ShouldHandle = new PredicateBuilder<ScanFact>().HandleResult(fact => fact.Outcome == ScanOutcome.Unavailable),
            })
            .Build();
    }

    /// <inheritdoc/>
    public string Name => "clamd";

    /// <summary>Whether any address answered at the last try; true before the first.</summary>
    public bool Healthy => _instances.Any(instance => instance.Healthy);

    /// <inheritdoc/>
    public async Task<ScanFact> ScanAsync(ScanItem item, CancellationToken cancellation)
    {
        long started = _time.GetTimestamp();
        try
        {
            ScanFact fact = await _retry.ExecuteAsync(async token => await TryAllAsync(item, started, token), cancellation);
            return fact;
        }
        catch (Polly.Timeout.TimeoutRejectedException)
        {
            return Fact(item, "", ScanOutcome.Unavailable, $"no answer within {_options.ScanTimeout.TotalSeconds:0} s", started);
        }
    }

    /// <summary>Asks the first address that answers for its version (<c>ClamAV 1.4.6/27000/date</c>); null when none does.</summary>
    public async Task<string?> VersionAsync(CancellationToken cancellation)
    {
        foreach (Instance instance in _instances)
        {
            string? version = await instance.VersionAsync(_time, _options.ConnectTimeout, cancellation);
            if (version is not null) return version;
        }

        return null;
    }

    private async Task<ScanFact> TryAllAsync(ScanItem item, long started, CancellationToken cancellation)
    {
        ScanFact? last = null;
        foreach (Instance instance in _instances)
        {
            last = await TryOneAsync(instance, item, started, cancellation);
            if (last.Outcome != ScanOutcome.Unavailable) return last;
        }

        return last ?? Fact(item, "", ScanOutcome.Unavailable, "no clamd address is configured", started);
    }

    private async Task<ScanFact> TryOneAsync(Instance instance, ScanItem item, long started, CancellationToken cancellation)
    {
        try
        {
            return await instance.Breaker.ExecuteAsync(
                async token =>
                {
                    string version = await instance.VersionAsync(_time, _options.ConnectTimeout, token) ?? "";
                    using Stream content = item.Bytes.OpenRead();
                    string reply = await ClamdConnection.InstreamAsync(instance.Address, content, token);
                    (ScanOutcome outcome, string name) = ClamdReply.Read(reply);
                    if (outcome == ScanOutcome.Unavailable) instance.Forget();
                    return Fact(item, version, outcome, name, started);
                },
                cancellation);
        }
        catch (Exception failure) when (failure is SocketException or BrokenCircuitException or IOException)
        {
            // A restarted clamd may have another database: its version is asked for anew.
            instance.Forget();
            string why = failure is BrokenCircuitException ? "did not answer before, asked again soon" : failure.Message;
            return Fact(item, "", ScanOutcome.Unavailable, $"{instance.Address.Text}: {why}", started);
        }
    }

    private ScanFact Fact(ScanItem item, string version, ScanOutcome outcome, string name, long started) =>
        new(item.Path, item.Sha256, Name, version, outcome, name, _time.GetElapsedTime(started).TotalMilliseconds);

    private static ResiliencePipeline<ScanFact> Breaker(TimeProvider time) =>
        new ResiliencePipelineBuilder<ScanFact> { TimeProvider = time }
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions<ScanFact>
            {
                FailureRatio = 0.9,
                MinimumThroughput = 20,
                SamplingDuration = TimeSpan.FromSeconds(10),
                // Short: while it is open mail gets 451 at once, and Postfix comes back.
                BreakDuration = TimeSpan.FromSeconds(1),
                ShouldHandle = new PredicateBuilder<ScanFact>().Handle<SocketException>().Handle<IOException>().HandleResult(fact => fact.Outcome == ScanOutcome.Unavailable),
            })
            .Build();

    private sealed class Instance(ClamdAddress address, ResiliencePipeline<ScanFact> breaker)
    {
        private static readonly TimeSpan VersionLifetime = TimeSpan.FromSeconds(60);
        private volatile VersionAnswer? _version;

        public ClamdAddress Address => address;

        public ResiliencePipeline<ScanFact> Breaker => breaker;

        public bool Healthy { get; private set; } = true;

        public void Forget()
        {
            _version = null;
            Healthy = false;
        }

        public async Task<string?> VersionAsync(TimeProvider time, TimeSpan timeout, CancellationToken cancellation)
        {
            VersionAnswer? known = _version;
            if (known is not null && time.GetElapsedTime(known.At) < VersionLifetime) return known.Text;
            using CancellationTokenSource limit = new(timeout, time);
            using CancellationTokenSource linked = CancellationTokenSource.CreateLinkedTokenSource(cancellation, limit.Token);
            try
            {
                string text = await ClamdConnection.CommandAsync(address, "VERSION", linked.Token);
                _version = new VersionAnswer(text.Trim(), time.GetTimestamp());
                Healthy = true;
                return text.Trim();
            }
            catch (Exception failure) when (failure is SocketException or OperationCanceledException && !cancellation.IsCancellationRequested)
            {
                // The scan itself says what is wrong; a version that cannot be had must not stop it.
                Healthy = false;
                return null;
            }
        }

        private sealed record VersionAnswer(string Text, long At);
    }
}

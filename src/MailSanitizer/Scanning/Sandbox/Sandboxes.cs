using System.Collections.Concurrent;
using MailSanitizer.Mail;

namespace MailSanitizer.Scanning.Sandbox;

/// <summary>
/// All engines together: each content is submitted once to each engine however many mails carry it, tickets outlive a restart, and the worst verdict wins. Nobody waits here:
/// <see cref="Submit"/> starts what is missing, <see cref="KnownAsync"/> says what is there.
/// </summary>
public sealed class Sandboxes : IDisposable
{
    private readonly IReadOnlyList<(ISandboxEngine Engine, SandboxEngineOptions Options)> _engines;
    private readonly SandboxOptions _options;
    private readonly SandboxLedger _ledger;
    private readonly TimeProvider _time;
    private readonly Action<string> _report;
    private readonly ConcurrentDictionary<(string Engine, string Sha256), Task> _underWay = new();
    private readonly CancellationTokenSource _stop = new();

    /// <summary>Engines of the options; <paramref name="report"/> takes what an operator should read.</summary>
    public Sandboxes(SandboxOptions options, SandboxLedger ledger, TimeProvider time, Action<string> report)
        : this(options, [.. options.Engines.Select(engine => (Make(engine, time), engine))], ledger, time, report)
    {
    }

    internal Sandboxes(SandboxOptions options, IReadOnlyList<(ISandboxEngine, SandboxEngineOptions)> engines, SandboxLedger ledger, TimeProvider time, Action<string> report) =>
        (_options, _engines, _ledger, _time, _report) = (options, engines, ledger, time, report);

    /// <summary>True while at least one engine is configured.</summary>
    public bool IsOn => _engines.Count > 0;

    /// <summary>Whether some engine takes this format.</summary>
    public bool Takes(string format) => Of(format).Any();

    /// <summary>Told when a verdict came (SHA-256 of the content): what waits for it can be decided.</summary>
    public event Action<string>? VerdictCame;

    /// <summary>Engines that did not answer at the last try, for metrics and readiness.</summary>
    public ConcurrentDictionary<string, string> Down { get; } = new(StringComparer.Ordinal);

    /// <summary>An engine for a URL; throws <see cref="ArgumentException"/> when it is none.</summary>
    public static ISandboxEngine Make(SandboxEngineOptions options, TimeProvider time)
    {
        if (IcapAddress.TryParse(options.Url) is { } icap) return new IcapEngine(options, icap, time);
        if (options.Url.StartsWith("cape+http", StringComparison.OrdinalIgnoreCase) && Uri.TryCreate(options.Url["cape+".Length..], UriKind.Absolute, out Uri? cape)) return new CapeEngine(options, cape, time);
        throw new ArgumentException($"'{options.Url}': expected icap://host:1344/service, icaps://…, cape+http://host:8000 or cape+https://…");
    }

    /// <summary>
    /// The verdicts on one content, one fact an engine, when every engine that takes it has spoken; else null. <paramref name="format"/>: what it is by content.
    /// </summary>
    public async Task<IReadOnlyList<ScanFact>?> KnownAsync(string path, string sha256, string format, CancellationToken cancellation)
    {
        List<ScanFact> facts = [];
        foreach ((ISandboxEngine engine, SandboxEngineOptions options) in Of(format))
        {
            string version = await engine.VersionAsync(cancellation);
            if (_ledger.Verdict(engine.Name, sha256, version) is not { } answer) return null;
            ScanOutcome outcome = answer.State switch { SandboxState.Malicious => ScanOutcome.Infected, SandboxState.Clean => ScanOutcome.Clean, _ => ScanOutcome.TooLarge };
            facts.Add(new ScanFact(path, sha256, options.Name, answer.Version, outcome, answer.Name, 0));
        }

        return facts.Count > 0 ? facts : null;
    }

    /// <summary>
    /// Starts whatever is missing for a content; false when the client network's quota is used up, and nothing was started. The sample's bytes are copied by
    /// <paramref name="bytes"/> for as long as they are needed.
    /// </summary>
    public bool Submit(string sha256, string name, string format, string network, Func<IMailBytes> bytes)
    {
        bool all = true;
        foreach ((ISandboxEngine engine, _) in Of(format))
        {
            (string, string) key = (engine.Name, sha256);
            if (_underWay.ContainsKey(key)) continue;
            // A ticket from before a restart was paid for.
            if (_ledger.Ticket(engine.Name, sha256) is null && !_ledger.Charge(network, _options.PerNetworkHour))
            {
                all = false;
                continue;
            }

            IMailBytes own = bytes();
            TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
            if (_underWay.TryAdd(key, done.Task)) _ = Task.Run(() => FollowAsync(engine, new SandboxSample(sha256, name, own), done));
            else own.Dispose();
        }

        return all;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stop.Cancel();
        Task.WaitAll([.. _underWay.Values], TimeSpan.FromSeconds(5));
        foreach ((ISandboxEngine engine, _) in _engines) (engine as IDisposable)?.Dispose();
        _stop.Dispose();
    }

    private IEnumerable<(ISandboxEngine Engine, SandboxEngineOptions Options)> Of(string format) =>
        _engines.Where(engine => engine.Options.Formats.Count == 0 || engine.Options.Formats.Contains(format));

    private async Task FollowAsync(ISandboxEngine engine, SandboxSample sample, TaskCompletionSource done)
    {
        try
        {
            using IMailBytes bytes = sample.Bytes;
            SandboxAnswer answer = await AnswerAsync(engine, sample);
            _ledger.Keep(engine.Name, sample.Sha256, answer);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The daemon is closing; the ticket, where there is one, is asked for after the next start.
        }
        catch (Exception failure)
        {
            _report($"sandbox {engine.Name}: {failure.Message}");
        }
        finally
        {
            _underWay.TryRemove((engine.Name, sample.Sha256), out _);
            done.SetResult();
        }

        if (!_stop.IsCancellationRequested) VerdictCame?.Invoke(sample.Sha256);
    }

    private async Task<SandboxAnswer> AnswerAsync(ISandboxEngine engine, SandboxSample sample)
    {
        long started = _time.GetTimestamp();
        string? ticket = _ledger.Ticket(engine.Name, sample.Sha256);
        while (true)
        {
            SandboxAnswer answer = ticket is null ? await engine.SubmitAsync(sample, _stop.Token) : await engine.PollAsync(ticket, _stop.Token);
            switch (answer.State)
            {
                case SandboxState.Clean or SandboxState.Malicious or SandboxState.Refused:
                    Up(engine);
                    return answer;
                case SandboxState.Pending when ticket is null:
                    Up(engine);
                    ticket = answer.Name;
                    _ledger.Submitted(engine.Name, sample.Sha256, ticket);
                    break;
                case SandboxState.Unavailable:
                    if (Down.TryAdd(engine.Name, answer.Name)) _report($"sandbox {engine.Name} does not answer: {answer.Name}");
                    break;
                case SandboxState.Lost:
                    _report($"sandbox {engine.Name}: {answer.Name}; the file is handed over anew");
                    ticket = null;
                    break;
            }

            if (_time.GetElapsedTime(started) > _options.GiveUpAfter) return new SandboxAnswer(SandboxState.Unavailable, "no verdict in time");
            await Task.Delay(_options.AskEvery, _time, _stop.Token);
        }
    }

    private void Up(ISandboxEngine engine)
    {
        if (Down.TryRemove(engine.Name, out _)) _report($"sandbox {engine.Name} answers again");
    }
}

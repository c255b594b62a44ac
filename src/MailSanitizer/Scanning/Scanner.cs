using MailSanitizer.Mail;

namespace MailSanitizer.Scanning;

/// <summary>Runs every engine in force on every item, in parallel, bounded for the whole daemon.</summary>
public sealed class Scanner : IScanner, IDisposable
{
    private readonly IReadOnlyList<IScanEngine> _engines;
    private readonly SemaphoreSlim _slots;

    /// <summary>A scanner over the configured engines; <paramref name="report"/> takes what an operator should read.</summary>
    public Scanner(ScanningOptions options, TimeProvider time, Action<string> report)
    {
        List<IScanEngine> engines = [];
        if (options.HashList is not null) engines.Add(new HashListEngine(options.HashList, report));
        if (options.Clamd.Count > 0) engines.Add(Clamd = new ClamdEngine(options, time));
        _engines = engines;
        _slots = new SemaphoreSlim(options.Parallel);
        AcceptsUnscanned = options.WhenDown == "accept";
    }

    /// <summary>The clamd engine, or null when none is configured.</summary>
    public ClamdEngine? Clamd { get; }

    /// <summary>True when the configuration lets mail through that clamd could not see.</summary>
    public bool AcceptsUnscanned { get; }

    /// <inheritdoc/>
    public string? ReducedScan => Clamd is null ? "hash-list-only" : null;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ScanFact>> ScanAsync(IReadOnlyList<ScanItem> items, CancellationToken cancellation)
    {
        // One failure stops nothing: each scan answers with a value, and the decision reads all of them.
        List<Task<ScanFact>> scans = new(items.Count * _engines.Count);
        foreach (ScanItem item in items)
            foreach (IScanEngine engine in _engines) scans.Add(OneAsync(engine, item, cancellation));
        return await Task.WhenAll(scans);
    }

    /// <inheritdoc/>
    public void Dispose() => _slots.Dispose();

    private async Task<ScanFact> OneAsync(IScanEngine engine, ScanItem item, CancellationToken cancellation)
    {
        await _slots.WaitAsync(cancellation);
        try
        {
            return await engine.ScanAsync(item, cancellation);
        }
        finally
        {
            _slots.Release();
        }
    }
}

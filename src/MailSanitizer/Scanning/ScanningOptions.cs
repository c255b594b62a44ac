namespace MailSanitizer.Scanning;

/// <summary>What Scanning is told (<c>clamav:</c> and <c>hash-list:</c> of the configuration).</summary>
public sealed record ScanningOptions
{
    /// <summary>Addresses of clamd, tried in this order: <c>unix:/run/clamav/clamd.ctl</c>, <c>tcp://127.0.0.1:3310</c>, <c>tcp://[::1]:3310</c>. Empty: hash list only.</summary>
    public IReadOnlyList<string> Clamd { get; init; } = [];

    /// <summary>Path of the list of known bad SHA-256 values, one a line; null for none.</summary>
    public string? HashList { get; init; }

    /// <summary>What happens when clamd does not answer: <c>tempfail</c> (451) or <c>accept</c> (mail goes on with <c>X-MailSanitizer-Scan</c>).</summary>
    public string WhenDown { get; init; } = "tempfail";

    /// <summary>Scans at the same time for one daemon. Origin: clamd's MaxThreads is 10 (Debian 12), its MaxQueue 100.</summary>
    public int Parallel { get; init; } = 8;

    /// <summary>Time for one scan, connect included. Origin: a reload with ConcurrentDatabaseReload off stalls 32 s (measured); before-queue mail has 80 s in all. At it: unavailable.</summary>
    public TimeSpan ScanTimeout { get; init; } = TimeSpan.FromSeconds(35);

    /// <summary>Time for a connect. At it: the next address, then unavailable.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(2);
}

using MailSanitizer.Content;

namespace MailSanitizer.Isolation;

/// <summary>What holds in Isolation now.</summary>
public sealed record IsolationState
{
    /// <summary>Workers that live.</summary>
    public required int Workers { get; init; }

    /// <summary>Workers there can be.</summary>
    public required int WorkersAtMost { get; init; }

    /// <summary>Cage of the youngest worker; null before the first start.</summary>
    public WorkerCage? Cage { get; init; }

    /// <summary>Why no worker can be started, and what to do; null when the last start succeeded. Not ready while it is set.</summary>
    public string? Fault { get; init; }

    /// <summary>Workers started so far.</summary>
    public int Started { get; init; }

    /// <summary>Deaths that counted against a content.</summary>
    public long Deaths { get; init; }

    /// <summary>Jobs that ended as faults.</summary>
    public long Faults { get; init; }

    /// <summary>Jobs done.</summary>
    public long Jobs { get; init; }

    /// <summary>Jobs that wait for a worker.</summary>
    public int Waiting { get; init; }

    /// <summary>Resident memory of all workers (bytes).</summary>
    public long ResidentBytes { get; init; }

    /// <summary>Process ids.</summary>
    public IReadOnlyList<int> Processes { get; init; } = [];
}

/// <summary>Counts, from many threads.</summary>
internal sealed class IsolationCounters
{
    private long _deaths;
    private long _faults;
    private long _jobs;

    public long Deaths => Interlocked.Read(ref _deaths);

    public long Faults => Interlocked.Read(ref _faults);

    public long Jobs => Interlocked.Read(ref _jobs);

    public void Death() => Interlocked.Increment(ref _deaths);

    public void Fault() => Interlocked.Increment(ref _faults);

    public void Job() => Interlocked.Increment(ref _jobs);
}

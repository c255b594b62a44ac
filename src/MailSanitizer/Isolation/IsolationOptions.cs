namespace MailSanitizer.Isolation;

/// <summary>What Isolation is told (<c>workers:</c> of the configuration).</summary>
public sealed record IsolationOptions
{
    /// <summary>The worker's program; null: <c>MailSanitizer.Worker</c> beside the daemon.</summary>
    public string? Program { get; init; }

    /// <summary>Folder for the workers' scratch folders. A disk, not a tmpfs: what lies there is not counted in a worker's memory.</summary>
    public string ScratchFolder { get; init; } = Path.Combine(Path.GetTempPath(), "mailsanitizer-workers");

    /// <summary>Worker processes (count); 0: as many as cores, 2 at least, for half of them are the most that slow mail may take.</summary>
    public int Workers { get; init; }

    /// <summary>Private writable memory of one worker, native code and stacks included (RLIMIT_DATA, bytes).</summary>
    public long Memory { get; init; } = 512L * 1024 * 1024;

    /// <summary>
    /// Managed heap of one worker (bytes); 0: seven sixteenths of <see cref="Memory"/> (224 MB of 512). Origin: four parts of <c>Limits.PartMemory</c>, the
    /// dictionaries of the archive formats, and room; the rest is for stacks, compiled code and native decoders.
    /// </summary>
    public long Heap { get; init; }

    /// <summary>One scratch file (RLIMIT_FSIZE, bytes). Origin: <c>Limits.TotalBytes</c> and room.</summary>
    public long ScratchFile { get; init; } = (2L * 1024 + 128) * 1024 * 1024;

    /// <summary>Open files of one worker (RLIMIT_NOFILE).</summary>
    public int Descriptors { get; init; } = 256;

    /// <summary>Jobs after which a worker is replaced (count).</summary>
    public int JobsPerWorker { get; init; } = 2_000;

    /// <summary>Resident memory after a job above which a worker is replaced (bytes).</summary>
    public long ResidentPerWorker { get; init; } = 176L * 1024 * 1024;

    /// <summary>Time for a start with warm-up and probe. At it: a fault.</summary>
    public TimeSpan StartDeadline { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Wall time of one job, when its order names none. At it: a fault, and the third time for the same content a death.</summary>
    public TimeSpan JobDeadline { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Processor time after which a job belongs to the slow lane.</summary>
    public TimeSpan SlowAfter { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Processor time beyond <c>Limits.JobCpuSeconds</c> after which the daemon ends a worker that did not end by itself.</summary>
    public TimeSpan CpuGrace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>User and group that the workers become when the daemon is root; null: they stay.</summary>
    public (uint User, uint Group)? RunAs { get; init; }

    /// <summary>Paths that a worker must not be able to open (state, key files); each worker tries before it says hello.</summary>
    public IReadOnlyList<string> MustNotOpen { get; init; } = [];

    /// <summary>Whether namespaces are asked for through <c>unshare</c> when the daemon is not root. Where the kernel forbids that, workers start without.</summary>
    public bool Namespaces { get; init; } = true;

    /// <summary>How often running jobs are looked at.</summary>
    public TimeSpan WatchEvery { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>The managed heap in force (bytes).</summary>
    public long HeapInForce => Heap > 0 ? Heap : Memory / 16 * 7;

    /// <summary>The number of workers in force.</summary>
    public int WorkerCount => Workers > 0 ? Workers : Math.Max(2, Environment.ProcessorCount);
}

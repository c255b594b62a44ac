namespace MailSanitizer.Isolation;

/// <summary>How one try of a job in one worker ended.</summary>
internal enum AttemptEnd
{
    /// <summary>Done came, and everything before it stood the checks.</summary>
    Done,

    /// <summary>The host: disk, memory, descriptors, a worker that cannot start.</summary>
    Fault,

    /// <summary>The worker died, or spoke what the protocol does not know.</summary>
    Died,

    /// <summary>Ended from outside by a signal that we did not send: the kernel's OOM killer, or a person.</summary>
    KilledFromOutside,

    /// <summary>Used its processor time and did not stop by itself.</summary>
    OverCpu,

    /// <summary>Ran into the wall deadline.</summary>
    OverDeadline,

    /// <summary>Turned out slow while the slow lane was full; to be done again there.</summary>
    Displaced,

    /// <summary>The caller does not want it any more.</summary>
    Cancelled,
}

/// <summary>One try.</summary>
/// <param name="End">How it ended.</param>
/// <param name="Text">Why, for the log; nothing of the content.</param>
internal sealed record Attempt(AttemptEnd End, string Text = "")
{
    /// <summary>Wall time that the host, not the worker, was waited for: run queue and our own spool.</summary>
    public TimeSpan HostWait { get; init; }

    /// <summary>Wall time of the try.</summary>
    public TimeSpan Elapsed { get; init; }
}

/// <summary>No worker can be started: a fault of ours.</summary>
internal sealed class WorkerStartException(string message) : Exception(message);

/// <summary>The daemon's spool cannot take what a worker sends: a fault of ours.</summary>
internal sealed class SpoolFailedException(IOException inner) : Exception($"the spool cannot be written: {inner.Message}", inner);

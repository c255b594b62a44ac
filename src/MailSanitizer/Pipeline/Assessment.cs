using MailSanitizer.Content;
using MailSanitizer.Mail;

namespace MailSanitizer.Pipeline;

/// <summary>Everything that was seen of one message. Owns the walk's leaves.</summary>
public sealed record Assessment(ReceivedMessage Message, MessageFacts Facts, WalkResult? Walk, IReadOnlyList<Password> Passwords, StageTimes Times) : IDisposable
{
    /// <summary>Password candidates read from the message itself. Secrets.</summary>
    public IReadOnlyList<CandidateFact> Candidates { get; init; } = [];

    /// <summary>The passwords that opened something in it. Secrets.</summary>
    public IReadOnlyList<Password> Opened { get; init; } = [];

    /// <inheritdoc/>
    public void Dispose() => Walk?.Dispose();
}

/// <summary>An assessment, or the fault of ours that prevented one.</summary>
/// <param name="Result">What was seen.</param>
/// <param name="Fault">For the log and 451; null when there is a result.</param>
public sealed record AssessmentOutcome(Assessment? Result, string? Fault);

/// <summary>Milliseconds of each stage, for report and metrics.</summary>
public sealed class StageTimes
{
    private readonly SortedDictionary<string, double> _stages = new(StringComparer.Ordinal);

    /// <summary>Adds to a stage.</summary>
    public void Add(string stage, TimeSpan time)
    {
        lock (_stages) _stages[stage] = _stages.GetValueOrDefault(stage) + time.TotalMilliseconds;
    }

    /// <summary>A copy.</summary>
    public IReadOnlyDictionary<string, double> Snapshot()
    {
        lock (_stages) return new SortedDictionary<string, double>(_stages, StringComparer.Ordinal);
    }
}

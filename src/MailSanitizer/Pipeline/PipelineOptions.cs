using MailSanitizer.Content;

namespace MailSanitizer.Pipeline;

/// <summary>What the pipeline reads of the configuration: an immutable snapshot that one pass of a message keeps.</summary>
public sealed record PipelineOptions
{
    /// <summary>Tells directions.</summary>
    public required Directions Directions { get; init; }

    /// <summary>Our name in Received.</summary>
    public required string HostName { get; init; }

    /// <summary>What is scanned: <c>leaves</c>, <c>skeleton</c>, <c>containers</c>, <c>message</c>.</summary>
    public IReadOnlyList<string> Send { get; init; } = ["leaves", "skeleton"];

    /// <summary>Whether mail goes on when clamd does not answer.</summary>
    public bool AcceptUnscanned { get; init; }

    /// <summary>Limits of the content library.</summary>
    public Limits Limits { get; init; } = Limits.Default;

    /// <summary>Knows mail that imitates our own notices; null when we send none.</summary>
    public Holding.NoticeImitation? Imitation { get; init; }

    /// <summary>How long quarantined mail is kept.</summary>
    public TimeSpan QuarantineKeepFor { get; init; } = TimeSpan.FromDays(30);
}

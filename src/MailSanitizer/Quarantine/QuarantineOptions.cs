using MailSanitizer.Mail;

namespace MailSanitizer.Quarantine;

/// <summary>How long mail is kept and who may do what.</summary>
public sealed record QuarantineOptions
{
    /// <summary>Our host name, in the Received field of released mail.</summary>
    public required string HostName { get; init; }

    /// <summary>How long quarantined mail is kept.</summary>
    public TimeSpan KeepFor { get; init; } = TimeSpan.FromDays(30);

    /// <summary>Other times for single reasons (rule id, <c>floor:&lt;finding&gt;</c>, <c>undeliverable</c>); the longest that fits counts.</summary>
    public IReadOnlyDictionary<string, TimeSpan> KeepForReason { get; init; } = new Dictionary<string, TimeSpan>();

    /// <summary>How long a released message is kept.</summary>
    public TimeSpan KeepReleased { get; init; } = TimeSpan.FromDays(7);

    /// <summary>Who may release, and export, the original. By default whoever may ask at all.</summary>
    public Func<Operator, bool> MayHaveOriginal { get; init; } = _ => true;

    /// <summary>Direction of a recipient's copy, for sealing.</summary>
    public Func<Envelope, Recipient, Direction> DirectionOf { get; init; } = (_, _) => Direction.Inbound;

    /// <summary>When a message that is stored now for these reasons goes by age.</summary>
    public DateTimeOffset DueAt(IReadOnlyList<string> reasons, DateTimeOffset storedAt)
    {
        List<TimeSpan> own = [.. reasons.Where(KeepForReason.ContainsKey).Select(reason => KeepForReason[reason])];
        return storedAt + (own.Count > 0 ? own.Max() : KeepFor);
    }
}

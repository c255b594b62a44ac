namespace MailSanitizer.Rules;

/// <summary>What a rule set takes from the configuration.</summary>
public sealed record RuleSetOptions
{
    /// <summary>Time zone of <c>received.time</c> and <c>received.day</c>, and of the dates in password templates.</summary>
    public TimeZoneInfo TimeZone { get; init; } = TimeZoneInfo.Utc;

    /// <summary>How long a message waits whole where a rule holds it and does not say (<c>hold.whole-for</c>).</summary>
    public TimeSpan HoldWholeFor { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long the part waits on where a rule does not say (<c>hold.keep-for</c>).</summary>
    public TimeSpan HoldKeepFor { get; init; } = TimeSpan.FromDays(3);
}

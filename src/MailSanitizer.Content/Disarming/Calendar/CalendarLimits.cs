namespace MailSanitizer.Content;

public sealed partial record Limits
{
    /// <summary>Bytes of a calendar or card (bytes). Origin: a year's export with pictures stays below 10 MB. At it: <c>calendar-over-limit</c>; nothing is read.</summary>
    public int CalendarBytes { get; init; } = 32 * 1024 * 1024;

    /// <summary>Content lines of a calendar or card (count). At it: <c>calendar-over-limit</c>; the rest is not read.</summary>
    public int CalendarLines { get; init; } = 500_000;

    /// <summary>Dates that one recurrence may name or count (count). Origin: a daily meeting for ten years has 3,653. At it: <c>calendar-recurrence</c>.</summary>
    public int CalendarDates { get; init; } = 5_000;
}

namespace MailSanitizer.Content;

public sealed partial record Limits
{
    /// <summary>Processor time that guessing passwords may cost for one part (milliseconds). Origin: product decision. At it: the part stays locked, and its room says why.</summary>
    public int GuessingPartMilliseconds { get; init; } = 5_000;

    /// <summary>Processor time that guessing passwords may cost for one message (milliseconds); the daemon lowers it to what the correspondence has left. At it: as above.</summary>
    public int GuessingMessageMilliseconds { get; init; } = 15_000;

    /// <summary>Links reported for one message (count). At it: <c>over-findings</c>, the rest is not listed.</summary>
    public int Links { get; init; } = 2_000;

    /// <summary>Characters of decoded text of one message that password candidates are read from (characters). At it: the rest is not read; nothing is passed by it.</summary>
    public int CandidateText { get; init; } = 1024 * 1024;

    /// <summary>Characters of one path segment made from a name (characters). Longer names are cut in the middle, so that the extension stays.</summary>
    public int PathSegment { get; init; } = 80;
}

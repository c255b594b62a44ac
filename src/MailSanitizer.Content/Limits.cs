namespace MailSanitizer.Content;

/// <summary>
/// Every limit of the product that bounds what a stranger's bytes may cost, each with its unit, its origin and what happens when it is reached.
/// One partial type, a file per room (<c>Mime/MimeLimits.cs</c>, <c>Unpacking/UnpackingLimits.cs</c>, …), so that each number stands in one place.
/// </summary>
/// <remarks>
/// A limit that is reached is a finding of class <see cref="FindingClass.Limit"/>, never a pass. The daemon sends its limits with each job;
/// tests lower single ones with <c>with</c>. Only JSON-plain values belong here.
/// </remarks>
public sealed partial record Limits
{
    /// <summary>The shipped limits.</summary>
    public static Limits Default { get; } = new();

    /// <summary>Containers inside containers, counted from the message (levels). Origin: clamd's MaxRecursion is 17, amavisd's MAXLEVELS 14. At it: <c>over-depth</c>, the part is not opened.</summary>
    public int Depth { get; init; } = 16;

    /// <summary>Parts of one message, all levels together (count). Origin: clamd's MaxFiles is 10,000. At it: <c>over-parts</c>, no further part is taken out.</summary>
    public int Parts { get; init; } = 10_000;

    /// <summary>Bytes that unpacking one message may yield, all parts together (bytes). Origin: product decision. At it: <c>over-size</c>.</summary>
    public long TotalBytes { get; init; } = 2L * 1024 * 1024 * 1024;

    /// <summary>Bytes out for a byte in, for one member (ratio). Origin: deflate reaches 1,032; documents stay below 100. At it: <c>over-ratio</c>.</summary>
    public int Ratio { get; init; } = 200;

    /// <summary>Output below which <see cref="Ratio"/> is not asked (bytes): small files may compress well.</summary>
    public long RatioFloor { get; init; } = 16L * 1024 * 1024;

    /// <summary>Processor time of one worker job (seconds). At it: <c>over-time</c>.</summary>
    public int JobCpuSeconds { get; init; } = 40;

    /// <summary>Part bytes kept in memory; larger ones go to an unlinked scratch file (bytes).</summary>
    public int PartMemory { get; init; } = 8 * 1024 * 1024;

    /// <summary>Findings reported for one message (count). At it: <c>over-findings</c>, the rest is counted, not listed.</summary>
    public int Findings { get; init; } = 5_000;

    /// <summary>Characters of a name, location or detail in a fact (characters). Longer ones are cut, with a mark.</summary>
    public int FactText { get; init; } = 1_024;
}

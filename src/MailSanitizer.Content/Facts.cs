namespace MailSanitizer.Content;

/// <summary>What a walk says of one part: plain values only, as it crosses the worker's frames and stands in the report.</summary>
public sealed record PartFact
{
    /// <summary>See <see cref="Part.Path"/>.</summary>
    public required string Path { get; init; }

    /// <summary>Path of the container; null for the message.</summary>
    public string? Parent { get; init; }

    /// <summary>The name a reader sees, cut to <see cref="Limits.FactText"/>.</summary>
    public string Name { get; init; } = "";

    /// <summary>Every name, all sources.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    /// <summary>Declared media type, or null.</summary>
    public string? DeclaredType { get; init; }

    /// <summary>Format by content.</summary>
    public required string Format { get; init; }

    /// <summary>Every format it is by content, name or declaration.</summary>
    public IReadOnlyList<string> Formats { get; init; } = [];

    /// <summary>Bytes.</summary>
    public long Size { get; init; }

    /// <summary>Containers above it.</summary>
    public int Depth { get; init; }

    /// <summary>SHA-256 of the bytes, lower-case hex.</summary>
    public required string Sha256 { get; init; }

    /// <summary>True when a lock stood on it or on a member.</summary>
    public bool Encrypted { get; init; }

    /// <summary>Source of the password that opened it, or null.</summary>
    public string? OpenedWith { get; init; }

    /// <summary>True for a body that a mail reader shows.</summary>
    public bool IsBody { get; init; }

    /// <summary>True for a second reading of bytes: scanned, never delivered.</summary>
    public bool AlternativeReading { get; init; }
}

/// <summary>What a walk says of one finding.</summary>
/// <param name="Kind">Id in the registry.</param>
/// <param name="Path">The part.</param>
/// <param name="Location">The place inside.</param>
/// <param name="Detail">What exactly.</param>
/// <param name="Sha256">Of the bytes it stands for, or null.</param>
public sealed record FindingFact(string Kind, string Path, string Location, string Detail, string? Sha256);

/// <summary>A password candidate read from this message.</summary>
/// <param name="Text">The candidate. A secret: never logged.</param>
/// <param name="Rank">0 is tried first.</param>
/// <param name="Kind"><c>labelled</c>, <c>set-apart</c>, <c>derived</c> or <c>token</c>.</param>
/// <param name="Where">The part and the reason, without the text itself.</param>
public sealed record CandidateFact(string Text, int Rank, string Kind, string Where)
{
    /// <inheritdoc/>
    public override string ToString() => $"candidate {Rank} ({Kind}, {Where})";
}

/// <summary>A link that a reader of the message can follow.</summary>
/// <param name="Path">The part it stands in.</param>
/// <param name="Url">The target, cut to <see cref="Limits.FactText"/>.</param>
/// <param name="Source"><c>html</c>, <c>text</c>, <c>pdf</c>, <c>office</c>, <c>qr</c>, …</param>
/// <param name="Text">What the reader sees, cut.</param>
public sealed record LinkFact(string Path, string Url, string Source, string Text);

/// <summary>One part that a rebuild changed.</summary>
/// <param name="Path">The part.</param>
/// <param name="Sha256In">Before.</param>
/// <param name="Sha256Out">After; null when it was left out.</param>
/// <param name="Done">What was done: <c>disarmed</c>, <c>replaced</c>, <c>stripped</c>, <c>repacked</c>, <c>disarm-failed</c>.</param>
/// <param name="Detail">More, for people.</param>
public sealed record ChangeFact(string Path, string Sha256In, string? Sha256Out, string Done, string Detail);

/// <summary>What a disarmer did to one finding.</summary>
/// <param name="Kind">Id of the finding.</param>
/// <param name="Path">The part.</param>
/// <param name="Location">The place inside.</param>
/// <param name="Done"><c>removed</c>, <c>neutralised</c>, …</param>
public sealed record DoneFact(string Kind, string Path, string Location, string Done);

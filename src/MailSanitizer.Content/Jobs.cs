namespace MailSanitizer.Content;

/// <summary>What a walk is to do. Stateless: everything it needs stands here and in the bytes.</summary>
public sealed record WalkJob
{
    /// <summary>Limits in force.</summary>
    public Limits Limits { get; init; } = Limits.Default;

    /// <summary>Passwords to try, best first.</summary>
    public IReadOnlyList<Password> Passwords { get; init; } = [];

    /// <summary>File name when the bytes are a single file; null when they are a message.</summary>
    public string? FileName { get; init; }

    /// <summary>Views that are handed to the sink as leaves: any of <c>leaves</c>, <c>skeleton</c>, <c>containers</c>.</summary>
    public IReadOnlyList<string> Send { get; init; } = ["leaves", "skeleton"];

    /// <summary>Whether candidates for passwords are read from the text.</summary>
    public bool Candidates { get; init; } = true;
}

/// <summary>What a rebuild is to do.</summary>
public sealed record RebuildJob
{
    /// <summary>Limits in force.</summary>
    public Limits Limits { get; init; } = Limits.Default;

    /// <summary>Passwords, the proven ones first.</summary>
    public IReadOnlyList<Password> Passwords { get; init; } = [];

    /// <summary>Parts that change; a path that does not exist or whose SHA-256 differs fails the job.</summary>
    public IReadOnlyList<Treatment> Treatments { get; init; } = [];

    /// <summary>Banners on the bodies.</summary>
    public IReadOnlyList<Banner> Banners { get; init; } = [];

    /// <summary>The message's id as notices in the place of parts name it (UUIDv7 text); null when there is none.</summary>
    public string? NoticeId { get; init; }

    /// <summary>Tags in front of the subject, in order; a tag that the subject carries already is not added again.</summary>
    public IReadOnlyList<string> SubjectTags { get; init; } = [];

    /// <summary>File name when the bytes are a single file; null when they are a message.</summary>
    public string? FileName { get; init; }
}

/// <summary>What a rebuild did.</summary>
/// <param name="Changes">Parts that changed.</param>
/// <param name="Done">Findings taken out.</param>
/// <param name="Failure">Why nothing usable was written, or null.</param>
/// <param name="FileName">New name of a single file, or null.</param>
public sealed record RebuildReport(IReadOnlyList<ChangeFact> Changes, IReadOnlyList<DoneFact> Done, string? Failure = null, string? FileName = null);

/// <summary>Takes what a walk finds, in walking order. The worker's sink writes frames; tests record.</summary>
public interface IWalkSink
{
    /// <summary>A part, before anything of it or below it.</summary>
    void Part(PartFact fact);

    /// <summary>A finding.</summary>
    void Finding(FindingFact fact);

    /// <summary>A candidate for a password.</summary>
    void Candidate(CandidateFact fact);

    /// <summary>A link.</summary>
    void Link(LinkFact fact);

    /// <summary>Bytes to be scanned. <paramref name="view"/>: <c>leaf</c>, <c>skeleton</c> or <c>container</c>. Read before the call returns.</summary>
    void Leaf(string path, string sha256, string view, PartBytes bytes);
}

/// <summary>Gives scratch space for parts that are too large for memory.</summary>
public interface IScratch
{
    /// <summary>An empty, writable, seekable file that has no name any more and goes when it is disposed.</summary>
    FileStream CreateUnlinked();
}

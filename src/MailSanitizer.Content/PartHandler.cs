namespace MailSanitizer.Content;

/// <summary>
/// A room's code for a family of formats: takes a part apart, says what it found, and writes the part anew with some of it changed.
/// Unpackers and disarmers share this one contract: both have children, both can have active content of their own.
/// </summary>
/// <remarks>
/// Handlers are stateless and are registered in <see cref="PartHandlers"/>. They never call each other: a file found inside is handed to the
/// walker as a child. Any input is allowed; what cannot be read is reported as a finding. An exception that leaves a handler is a bug of ours
/// and becomes <see cref="WalkFindings.ParseError"/> (<see cref="OperationCanceledException"/> and <see cref="LimitReachedException"/> excepted).
/// </remarks>
public interface IPartHandler
{
    /// <summary>Ids of the format table that this handler takes.</summary>
    IReadOnlyCollection<string> Formats { get; }

    /// <summary>Reports findings and hands over children, in a stable order.</summary>
    void Walk(Part part, IWalkContext context);

    /// <summary>Writes the part anew. Walks again from the bytes and asks the context for each child in the same order and with the same descriptions as <see cref="Walk"/>.</summary>
    RebuildOutcome Rebuild(Part part, IRebuildContext context, IPartOutput output);
}

/// <summary>What a handler may use while it walks.</summary>
public interface IWalkContext
{
    /// <summary>The limits in force.</summary>
    Limits Limits { get; }

    /// <summary>Cancelled when the job's deadline passes; to be honoured at least every few milliseconds of work.</summary>
    CancellationToken Cancellation { get; }

    /// <summary>Passwords to try on a lock, best first.</summary>
    IReadOnlyList<Password> Passwords { get; }

    /// <summary>Records a finding of this part. <paramref name="removed"/>: the bytes a disarmer would take out for it, hashed for the report.</summary>
    void Report(FindingKind kind, string location = "", string detail = "", ReadOnlySpan<byte> removed = default);

    /// <summary>Hands a child to the walker, which stores it within the limits and walks it before this call returns. The stream is read once and not disposed.</summary>
    ChildResult Child(ChildDescription description, Stream content);

    /// <summary>Records a link that a reader of this part can follow.</summary>
    void Link(string url, string source, string text = "");

    /// <summary>Counts processor time that guessing costs; false when the part's, the message's or the correspondence's meter is empty (then stop and say so).</summary>
    bool ChargeGuessing(TimeSpan cpu);

    /// <summary>Processor time of this job so far.</summary>
    TimeSpan Cpu => TimeSpan.Zero;

    /// <summary>Counts processor time that looking for lures costs which are only seen by decoding (QR codes); false when the message's meter is empty (then look no further and say so).</summary>
    bool ChargeLures(TimeSpan cpu) => true;

    /// <summary>Records that a password opened this part (or a member of it).</summary>
    void Opened(Password password, string location = "");
}

/// <summary>What became of a child that was handed over.</summary>
public enum ChildResult
{
    /// <summary>Read to its end and walked.</summary>
    Complete,

    /// <summary>A limit cut it; the finding is recorded. The handler may go on with the next child.</summary>
    Cut,

    /// <summary>The stream failed in the middle (the bytes before were walked); the finding is the handler's to report.</summary>
    Broken,

    /// <summary>No further child can be taken (parts, total bytes, depth): the handler should stop.</summary>
    Stop,
}

/// <summary>What a handler may use while it writes a part anew.</summary>
public interface IRebuildContext
{
    /// <summary>The limits in force.</summary>
    Limits Limits { get; }

    /// <summary>Cancelled when the job's deadline passes.</summary>
    CancellationToken Cancellation { get; }

    /// <summary>Passwords to open the lock with, the proven one first.</summary>
    IReadOnlyList<Password> Passwords { get; }

    /// <summary>True when findings of this kind in this part are to be taken out. False for every kind when only children change.</summary>
    bool Removes(FindingKind kind);

    /// <summary>Asks what becomes of a child. <paramref name="open"/> opens its content and is called only when something in or below it may change.</summary>
    ChildDecision Child(ChildDescription description, Func<Stream> open);

    /// <summary>Records that something was taken out, for the report's <c>done</c>.</summary>
    void Done(FindingKind kind, string location, string done);

    /// <summary>How a container that was locked goes out again: <c>locked</c>, <c>open</c> or <c>parts</c>.</summary>
    string Repack { get; }
}

/// <summary>What becomes of a child. <see cref="Content"/> belongs to the walker and lives until the handler returns.</summary>
/// <param name="Kind">What to do.</param>
/// <param name="Content">The new bytes when <see cref="ChildDecisionKind.Replace"/>; else null.</param>
/// <param name="Name">The new file name, or null to keep the old one.</param>
/// <param name="MediaType">The new media type, or null to keep the old one.</param>
public sealed record ChildDecision(ChildDecisionKind Kind, PartBytes? Content = null, string? Name = null, string? MediaType = null)
{
    /// <summary>The child goes on byte for byte.</summary>
    public static ChildDecision Keep { get; } = new(ChildDecisionKind.Keep);

    /// <summary>The child is left out.</summary>
    public static ChildDecision Strip { get; } = new(ChildDecisionKind.Strip);
}

/// <summary>The kinds of <see cref="ChildDecision"/>.</summary>
public enum ChildDecisionKind
{
    /// <summary>Byte for byte as it came.</summary>
    Keep,

    /// <summary>With new bytes.</summary>
    Replace,

    /// <summary>Not at all.</summary>
    Strip,
}

/// <summary>Where a rebuilt part is written to. Copied ranges stay recognisable, so that the daemon takes them from its own copy of the original.</summary>
public interface IPartOutput
{
    /// <summary>Takes a range of the part's original bytes over unchanged.</summary>
    void Copy(long offset, long length);

    /// <summary>Writes new bytes.</summary>
    void Write(ReadOnlySpan<byte> bytes);
}

/// <summary>How a rebuild ended.</summary>
/// <param name="Kind">What was written.</param>
/// <param name="Name">The part's new file name (<c>.docm</c> became <c>.docx</c>), or null.</param>
/// <param name="MediaType">The part's new media type, or null.</param>
/// <param name="Failure">With <see cref="RebuildKind.Failed"/>: why.</param>
public sealed record RebuildOutcome(RebuildKind Kind, string? Name = null, string? MediaType = null, string? Failure = null)
{
    /// <summary>Nothing had to change; what was written is to be thrown away.</summary>
    public static RebuildOutcome Unchanged { get; } = new(RebuildKind.Unchanged);

    /// <summary>New bytes were written, name and type stay.</summary>
    public static RebuildOutcome Rewritten { get; } = new(RebuildKind.Rewritten);

    /// <summary>Nothing of the part may stay, and nothing is missed without it (the interactive twin of a body): it is left out. The root of a job cannot be.</summary>
    public static RebuildOutcome Stripped { get; } = new(RebuildKind.Stripped);

    /// <summary>The part cannot be written without what has to go: it is replaced by a notice.</summary>
    public static RebuildOutcome Failed(string why) => new(RebuildKind.Failed, Failure: why);
}

/// <summary>The kinds of <see cref="RebuildOutcome"/>.</summary>
public enum RebuildKind
{
    /// <summary>Nothing had to change.</summary>
    Unchanged,

    /// <summary>New bytes were written.</summary>
    Rewritten,

    /// <summary>It could not be done.</summary>
    Failed,

    /// <summary>The part is to be left out.</summary>
    Stripped,
}

/// <summary>A password to try. Never printed: <see cref="ToString"/> hides it.</summary>
/// <param name="Text">The password.</param>
/// <param name="Source">Where it came from, a fact for rules: <c>message</c>, <c>rule</c>, <c>earlier-archive</c>, <c>other-mail</c>, <c>recipient</c>, <c>operator</c>, <c>default</c>.</param>
public sealed record Password(string Text, string Source)
{
    /// <inheritdoc/>
    public override string ToString() => $"password from {Source}";
}

/// <summary>Thrown by the walker's own streams through a reader that knows no other way to stop; only the walker catches it.</summary>
public sealed class LimitReachedException(FindingKind kind) : IOException($"limit reached: {kind.Id}")
{
    /// <summary>The finding that is recorded.</summary>
    public FindingKind Kind { get; } = kind;
}

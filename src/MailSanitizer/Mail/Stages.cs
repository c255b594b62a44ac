using MailSanitizer.Content;

namespace MailSanitizer.Mail;

/// <summary>Sends content through a worker process. Implemented by Isolation.</summary>
public interface IContentWorkers
{
    /// <summary>Walks a message (or, with a file name in the order, a single file).</summary>
    Task<WalkOutcome> WalkAsync(IMailBytes original, WalkOrder order, CancellationToken cancellation);

    /// <summary>Writes a message (or file) anew.</summary>
    Task<RebuiltOutcome> RebuildAsync(IMailBytes original, RebuildOrder order, CancellationToken cancellation);
}

/// <summary>What a walk is told.</summary>
public sealed record WalkOrder
{
    /// <summary>Passwords to try, best first.</summary>
    public IReadOnlyList<Password> Passwords { get; init; } = [];

    /// <summary>Limits in force.</summary>
    public Limits Limits { get; init; } = Limits.Default;

    /// <summary>File name when a single file is walked; null for a message.</summary>
    public string? FileName { get; init; }

    /// <summary>What is sent back for scanning: any of <c>leaves</c>, <c>skeleton</c>, <c>containers</c>.</summary>
    public IReadOnlyList<string> Send { get; init; } = ["leaves", "skeleton"];

    /// <summary>Whether candidates for passwords are to be read from the text.</summary>
    public bool Candidates { get; init; } = true;

    /// <summary>Network of the client that sent it (<c>192.0.2.0/24</c>): workers are shared fairly between networks. Empty when there is none.</summary>
    public string ClientNetwork { get; init; } = "";

    /// <summary>Time until the outcome is of no more use; null for the pool's own. At it: a fault (451), or a death once the same content ran into it three times.</summary>
    public TimeSpan? Within { get; init; }
}

/// <summary>How a walk ended. Exactly one of <see cref="Result"/>, <see cref="Fault"/> and <see cref="Died"/> holds.</summary>
public sealed record WalkOutcome : IDisposable
{
    /// <summary>The facts, checked.</summary>
    public WalkResult? Result { get; init; }

    /// <summary>A fault of ours (451): the text for the log.</summary>
    public string? Fault { get; init; }

    /// <summary>The message killed its worker twice, and the machine was proven well.</summary>
    public bool Died { get; init; }

    /// <inheritdoc/>
    public void Dispose() => Result?.Dispose();
}

/// <summary>What a walk found. Owns the leaves' bytes.</summary>
public sealed record WalkResult : IDisposable
{
    /// <summary>The parts, in walking order; the first is the message.</summary>
    public required IReadOnlyList<PartFact> Parts { get; init; }

    /// <summary>The findings.</summary>
    public required IReadOnlyList<FindingFact> Findings { get; init; }

    /// <summary>Candidates read from the text, best first.</summary>
    public IReadOnlyList<CandidateFact> Candidates { get; init; } = [];

    /// <summary>Links.</summary>
    public IReadOnlyList<LinkFact> Links { get; init; } = [];

    /// <summary>Processor time that the worker says it took; what guessing passwords cost is metered by it.</summary>
    public TimeSpan Cpu { get; init; }

    /// <summary>What is to be scanned; equal content once.</summary>
    public IReadOnlyList<ScanItem> Leaves { get; init; } = [];

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (ScanItem leaf in Leaves) leaf.Bytes.Dispose();
    }
}

/// <summary>What a rebuild is told.</summary>
public sealed record RebuildOrder
{
    /// <summary>Parts that change.</summary>
    public required IReadOnlyList<Treatment> Treatments { get; init; }

    /// <summary>Passwords, the proven ones first.</summary>
    public IReadOnlyList<Password> Passwords { get; init; } = [];

    /// <summary>Banners on the bodies.</summary>
    public IReadOnlyList<Banner> Banners { get; init; } = [];

    /// <summary>Tags in front of the subject, in order.</summary>
    public IReadOnlyList<string> SubjectTags { get; init; } = [];

    /// <summary>The message's id as notices in the place of parts name it; null when there is none.</summary>
    public string? NoticeId { get; init; }

    /// <summary>Limits in force.</summary>
    public Limits Limits { get; init; } = Limits.Default;

    /// <summary>File name when a single file is rebuilt; null for a message.</summary>
    public string? FileName { get; init; }

    /// <summary>Network of the client that sent it (<c>192.0.2.0/24</c>): workers are shared fairly between networks. Empty when there is none.</summary>
    public string ClientNetwork { get; init; } = "";

    /// <summary>Time until the outcome is of no more use; null for the pool's own. At it: a fault (451), or a death once the same content ran into it three times.</summary>
    public TimeSpan? Within { get; init; }
}

/// <summary>How a rebuild ended. Exactly one of <see cref="Bytes"/>, <see cref="Fault"/> and <see cref="Failed"/> holds.</summary>
public sealed record RebuiltOutcome : IDisposable
{
    /// <summary>The new bytes; unchanged ranges come from the daemon's own copy.</summary>
    public IMailBytes? Bytes { get; init; }

    /// <summary>Parts that changed.</summary>
    public IReadOnlyList<ChangeFact> Changes { get; init; } = [];

    /// <summary>Findings that were taken out.</summary>
    public IReadOnlyList<DoneFact> Done { get; init; } = [];

    /// <summary>A fault of ours (451).</summary>
    public string? Fault { get; init; }

    /// <summary>The message cannot be rebuilt (quarantine): why.</summary>
    public string? Failed { get; init; }

    /// <summary>New file name of a single file, or null.</summary>
    public string? FileName { get; init; }

    /// <inheritdoc/>
    public void Dispose() => Bytes?.Dispose();
}

/// <summary>Scans content. Implemented by Scanning.</summary>
public interface IScanner
{
    /// <summary>Scans each item with every engine in force, in parallel, bounded. One fact for each item and engine.</summary>
    Task<IReadOnlyList<ScanFact>> ScanAsync(IReadOnlyList<ScanItem> items, CancellationToken cancellation);

    /// <summary>The value of <c>X-MailSanitizer-Scan</c> when less than the full scan is in force (<c>hash-list-only</c>); null otherwise.</summary>
    string? ReducedScan { get; }
}

/// <summary>Judges who sent it. Implemented by Authentication.</summary>
public interface IAuthenticator
{
    /// <summary>Judges the original bytes; never throws but for cancellation.</summary>
    Task<AuthenticationFacts> AuthenticateAsync(Envelope envelope, IMailBytes original, CancellationToken cancellation);
}

/// <summary>What goes out: header fields that we prepend, then a body of arriving or rebuilt bytes.</summary>
/// <param name="Prepended">Complete fields with their CRLFs, the first on top.</param>
/// <param name="Content">The rest; not owned.</param>
public sealed record OutgoingMessage(ReadOnlyMemory<byte> Prepended, IMailBytes Content)
{
    /// <summary>Bytes in all.</summary>
    public long Length => Prepended.Length + Content.Length;
}

/// <summary>Writes the fields that other machines trust. Implemented by Sealing.</summary>
public interface ISealer
{
    /// <summary>
    /// Takes out the forged fields of promise 9 and prepends ours, in its order. Returns what to send; <paramref name="content"/> stays the caller's.
    /// The result owns bytes of its own only where forged fields had to go.
    /// </summary>
    SealedMessage Seal(IMailBytes content, AuthenticationFacts authentication, SealOrder order);
}

/// <summary>What a sealer is told.</summary>
/// <param name="Id">The message.</param>
/// <param name="Direction">Outbound mail is signed instead of sealed.</param>
/// <param name="Fields">Further fields of ours (<c>X-MailSanitizer-…</c>, a rule's header), name and value.</param>
/// <param name="Received">The complete Received field.</param>
public sealed record SealOrder(Guid Id, Direction Direction, IReadOnlyList<KeyValuePair<string, string>> Fields, string Received)
{
    /// <summary>
    /// <see cref="Passes.Ours"/> of the bytes as they arrived: a changed body no longer fits the mark of the last pass, so the count has to be carried over.
    /// </summary>
    public int EarlierPasses { get; init; }
}

/// <summary>The result of sealing.</summary>
/// <param name="Message">What to send.</param>
/// <param name="Owned">Bytes made by the sealer, or null.</param>
public sealed record SealedMessage(OutgoingMessage Message, IMailBytes? Owned) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose() => Owned?.Dispose();
}

/// <summary>Hands mail to the next hop. Implemented by Reinjection.</summary>
public interface INextHop
{
    /// <summary>One reply for each recipient, the next hop's own code and text (421, 451 where it could not be reached). Never throws but for cancellation.</summary>
    Task<IReadOnlyList<SmtpReply>> DeliverAsync(Envelope envelope, OutgoingMessage message, CancellationToken cancellation);

    /// <summary>What the next hop announced last (<c>SIZE</c>, <c>8BITMIME</c>, <c>SMTPUTF8</c>, <c>DSN</c>, …), upper case; empty when it was never reached.</summary>
    IReadOnlySet<string> Extensions { get; }

    /// <summary>SIZE that the next hop announced (bytes), 0 when none.</summary>
    long MaximumSize { get; }

    /// <summary>Whether the next hop was ever reached. Until then Reception takes no mail: it could not announce what the next hop can do.</summary>
    bool IsKnown => Extensions.Count > 0;
}

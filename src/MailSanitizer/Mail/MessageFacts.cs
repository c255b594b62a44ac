using MailSanitizer.Content;

namespace MailSanitizer.Mail;

/// <summary>Everything that is known of one message when it is decided: what rules may read, and what the report tells.</summary>
public sealed record MessageFacts
{
    /// <summary>The id.</summary>
    public required Guid Id { get; init; }

    /// <summary>The envelope.</summary>
    public required Envelope Envelope { get; init; }

    /// <summary>Direction of each recipient, in the order of the envelope.</summary>
    public required IReadOnlyList<Direction> Directions { get; init; }

    /// <summary>Header fields in their order, raw.</summary>
    public required IReadOnlyList<HeaderFact> Headers { get; init; }

    /// <summary>Size of the message (bytes).</summary>
    public required long Size { get; init; }

    /// <summary>SHA-256 of the arriving bytes.</summary>
    public required string Sha256 { get; init; }

    /// <summary>When it arrived.</summary>
    public required DateTimeOffset ReceivedAt { get; init; }

    /// <summary>What was true on arrival.</summary>
    public required AuthenticationFacts Authentication { get; init; }

    /// <summary>The parts, in walking order.</summary>
    public required IReadOnlyList<PartFact> Parts { get; init; }

    /// <summary>The findings.</summary>
    public required IReadOnlyList<FindingFact> Findings { get; init; }

    /// <summary>The scans.</summary>
    public IReadOnlyList<ScanFact> Scans { get; init; } = [];

    /// <summary>The links.</summary>
    public IReadOnlyList<LinkFact> Links { get; init; } = [];

    /// <summary>Charsets of the text bodies, lower case.</summary>
    public IReadOnlyList<string> Charsets { get; init; } = [];

    /// <summary>Verdicts of a sandbox.</summary>
    public IReadOnlyList<ScanFact> SandboxVerdicts { get; init; } = [];

    /// <summary>Every part that a sandbox could look at has the verdict of every engine: a rule that waits for them has what it waited for.</summary>
    public bool SandboxComplete { get; init; }

    /// <summary>Days since the first mail of this correspondence; 0 for the first contact; null when unknown.</summary>
    public int? CorrespondenceDays { get; init; }
}

/// <summary>One header field.</summary>
/// <param name="Name">As written.</param>
/// <param name="RawValue">Unfolded, undecoded, one char a byte (Latin-1).</param>
/// <param name="Value">Decoded (RFC 2047; raw UTF-8), cut to 64 KiB.</param>
public sealed record HeaderFact(string Name, string RawValue, string Value);

/// <summary>Decides. Implemented by Rules (and, before rules are loaded, by the floor alone).</summary>
public interface IDecider
{
    /// <summary>Decides for all recipients. Pure: same facts, same decision.</summary>
    Decision Decide(MessageFacts facts);
}

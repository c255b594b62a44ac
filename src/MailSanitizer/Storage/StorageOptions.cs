namespace MailSanitizer.Storage;

/// <summary>How much the embedded storage may keep, and for how long.</summary>
public sealed record StorageOptions
{
    /// <summary>The state folder.</summary>
    public required string Folder { get; init; }

    /// <summary>Bytes on disk that stored messages may take in all; 0 for no limit but the disk. At 90 % the operator is told, at the limit new mail gets 452.</summary>
    public long LimitBytes { get; init; }

    /// <summary>Free disk that always stays (bytes): below it, or below twice the announced size, new mail gets 452. Origin: product decision, room for audit and index.</summary>
    public long ReserveBytes { get; init; } = 64L * 1024 * 1024;

    /// <summary>Held mail of one correspondence. Origin: product decision; over it a message is not held but decided at once.</summary>
    public Quota PerCorrespondence { get; init; } = new(50, 256L * 1024 * 1024);

    /// <summary>Held mail of one client network (/24, /64).</summary>
    public Quota PerClientNetwork { get; init; } = new(500, 1024L * 1024 * 1024);

    /// <summary>Held mail of one recipient.</summary>
    public Quota PerRecipient { get; init; } = new(200, 1024L * 1024 * 1024);

    /// <summary>Mails whose password candidates are kept for one correspondence (count), and passwords that opened something. Origin: product decision. Above it the oldest of that correspondence goes.</summary>
    public int CandidatesPerCorrespondence { get; init; } = 50;

    /// <summary>Rows of candidates that mails of one client network may have (count). Origin: product decision. Above it the oldest of that network goes.</summary>
    public int CandidatesPerClientNetwork { get; init; } = 5_000;

    /// <summary>How long the memory of hand-over lasts. Origin: Postfix gives up after 5 days (maximal_queue_lifetime).</summary>
    public TimeSpan HandoverFor { get; init; } = TimeSpan.FromDays(6);

    /// <summary>How long the row of a deleted message, and the key of a finished outbox entry, stay.</summary>
    public TimeSpan TraceFor { get; init; } = TimeSpan.FromDays(400);
}

/// <summary>A quota.</summary>
/// <param name="Messages">Messages at most; 0 for no limit.</param>
/// <param name="Bytes">Bytes of originals at most; 0 for no limit.</param>
public sealed record Quota(int Messages, long Bytes);

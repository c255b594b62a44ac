namespace MailSanitizer.Content;

/// <summary>Findings of the walk itself and of the daemon around it; the rooms declare their own.</summary>
public static class WalkFindings
{
    /// <summary>The limit <see cref="Limits.Depth"/> was reached.</summary>
    public static readonly FindingKind OverDepth = new("over-depth", FindingClass.Limit, "Nested deeper than the limit");

    /// <summary>The limit <see cref="Limits.Parts"/> was reached.</summary>
    public static readonly FindingKind OverParts = new("over-parts", FindingClass.Limit, "More parts than the limit");

    /// <summary>The limit <see cref="Limits.TotalBytes"/> was reached.</summary>
    public static readonly FindingKind OverSize = new("over-size", FindingClass.Limit, "More bytes than the limit");

    /// <summary>The limit <see cref="Limits.Ratio"/> was reached.</summary>
    public static readonly FindingKind OverRatio = new("over-ratio", FindingClass.Limit, "Expands more than the limit");

    /// <summary>The limit <see cref="Limits.JobCpuSeconds"/> was reached.</summary>
    public static readonly FindingKind OverTime = new("over-time", FindingClass.Limit, "Took more processor time than the limit");

    /// <summary>The limit <see cref="Limits.Findings"/> was reached.</summary>
    public static readonly FindingKind OverFindings = new("over-findings", FindingClass.Limit, "More findings than the limit");

    /// <summary>The worker died twice on this message, and the machine was proven well.</summary>
    public static readonly FindingKind WorkerDied = new("worker-died", FindingClass.Unscannable, "Killed the process that looked at it, twice") { NeverKept = true };

    /// <summary>The part was not seen by any scanner.</summary>
    public static readonly FindingKind NotScanned = new("not-scanned", FindingClass.Unscannable, "Not seen by the scanner") { NeverKept = true };

    /// <summary>A scanner knows it.</summary>
    public static readonly FindingKind Infected = new("infected", FindingClass.Unscannable, "Malware by name") { NeverKept = true };

    /// <summary>A sandbox saw it act badly.</summary>
    public static readonly FindingKind SandboxVerdict = new("sandbox-verdict", FindingClass.Unscannable, "Acts badly in a sandbox") { NeverKept = true };

    /// <summary>A reader of ours failed where it promises not to: a bug of ours, treated as not looked at.</summary>
    public static readonly FindingKind ParseError = new("parse-error", FindingClass.Unscannable, "Could not be read");

    /// <summary>Recognised, not on the list of passive formats, and no room can disarm it.</summary>
    public static readonly FindingKind NoDisarmer = new("no-disarmer", FindingClass.Unscannable, "A format whose active content nobody here can take out");

    /// <summary>A lock of the part, or of a member, that no password at hand opens.</summary>
    public static readonly FindingKind Locked = new("locked", FindingClass.Locked, "Locked by a password that is not known");

    /// <summary>
    /// Guessing ended at <see cref="Limits.GuessingPartMilliseconds"/> or <see cref="Limits.GuessingMessageMilliseconds"/> before every password at hand was tried.
    /// A kind of lock, not of limit: what is behind it stays locked and can still be opened by a later password.
    /// </summary>
    public static readonly FindingKind GuessingLimit = new("guessing-limit", FindingClass.Locked, "Not every known password was tried: that took more processor time than the limit");

    /// <summary>
    /// A lock whose only proof is a CRC-32, which can be forged: the same locked bytes may hold another content under another password. Disarmed by locking anew what was scanned.
    /// </summary>
    public static readonly FindingKind UnkeyedLock = new("unkeyed-lock", FindingClass.Active, "A lock that another password may open to another content");

    /// <summary>A CR or LF that stands alone in the arriving bytes (DESIGN.md, promise 10).</summary>
    public static readonly FindingKind BareLineEnd = new("bare-line-end", FindingClass.Ambiguous, "A line end that servers read differently");

    /// <summary>Mail that only its reader's key opens (RFC 1847, 3156, 8551).</summary>
    public static readonly FindingKind EncryptedMessage = new("encrypted-message", FindingClass.Unscannable, "Encrypted for the reader's key");
}

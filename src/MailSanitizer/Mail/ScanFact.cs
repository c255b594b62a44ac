namespace MailSanitizer.Mail;

/// <summary>How a scan ended: a value, never an exception.</summary>
public enum ScanOutcome
{
    /// <summary>The engine saw all of it and knows nothing bad.</summary>
    Clean,

    /// <summary>The engine knows it.</summary>
    Infected,

    /// <summary>The engine refused its size: not scanned.</summary>
    TooLarge,

    /// <summary>The engine did not answer: a fault of ours.</summary>
    Unavailable,
}

/// <summary>One engine's word on one piece of content.</summary>
/// <param name="Path">Path of the part (the first of equal ones); <c>skeleton</c> or <c>message</c> for those views.</param>
/// <param name="Sha256">Of the content.</param>
/// <param name="Engine"><c>clamd</c>, <c>hash-list</c>, …</param>
/// <param name="Version">Engine and database version, or empty.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="Name">Signature name when infected; reason when not scanned; else empty.</param>
/// <param name="Milliseconds">How long it took.</param>
public sealed record ScanFact(string Path, string Sha256, string Engine, string Version, ScanOutcome Outcome, string Name, double Milliseconds);

/// <summary>Something to be scanned: a path and its bytes.</summary>
/// <param name="Path">Path of the part.</param>
/// <param name="Sha256">SHA-256, lower-case hex.</param>
/// <param name="Bytes">The content; owned by the walk result.</param>
public sealed record ScanItem(string Path, string Sha256, IMailBytes Bytes);

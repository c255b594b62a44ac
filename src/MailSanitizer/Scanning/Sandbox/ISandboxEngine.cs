using MailSanitizer.Mail;

namespace MailSanitizer.Scanning.Sandbox;

/// <summary>Content for a sandbox: the original leaf, never the disarmed one.</summary>
/// <param name="Sha256">SHA-256, lower-case hex.</param>
/// <param name="Name">A name with the extension that decides how a sandbox opens it; made safe, never the sender's own words.</param>
/// <param name="Bytes">The content; not owned.</param>
public sealed record SandboxSample(string Sha256, string Name, IMailBytes Bytes);

/// <summary>How a sandbox's work on one sample stands: a value, never an exception.</summary>
/// <param name="State">What is known.</param>
/// <param name="Name">With <see cref="SandboxState.Malicious"/>: what it is; with the failing states: why; with <see cref="SandboxState.Pending"/>: the ticket to ask with.</param>
/// <param name="Version">Version of the engine and its rules, or empty: a clean verdict never outlives it.</param>
public sealed record SandboxAnswer(SandboxState State, string Name = "", string Version = "");

/// <summary>The states of <see cref="SandboxAnswer"/>.</summary>
public enum SandboxState
{
    /// <summary>Taken; the verdict comes later.</summary>
    Pending,

    /// <summary>Nothing bad was seen.</summary>
    Clean,

    /// <summary>It acts badly.</summary>
    Malicious,

    /// <summary>The engine does not take this size or kind: no verdict will come from it.</summary>
    Refused,

    /// <summary>The engine does not answer, or not sensibly: may be asked again.</summary>
    Unavailable,

    /// <summary>The ticket leads nowhere (the analysis failed, the engine forgot it): the file has to be handed over anew.</summary>
    Lost,
}

/// <summary>An engine that may answer late: submitted once, then asked until the verdict is there.</summary>
public interface ISandboxEngine
{
    /// <summary>Its name in facts, audit and report.</summary>
    string Name { get; }

    /// <summary>The version in force, or empty when the engine names none or does not answer.</summary>
    Task<string> VersionAsync(CancellationToken cancellation);

    /// <summary>Hands a sample over. Never throws but for cancellation.</summary>
    Task<SandboxAnswer> SubmitAsync(SandboxSample sample, CancellationToken cancellation);

    /// <summary>Asks for the verdict of a ticket. Never throws but for cancellation.</summary>
    Task<SandboxAnswer> PollAsync(string ticket, CancellationToken cancellation);
}

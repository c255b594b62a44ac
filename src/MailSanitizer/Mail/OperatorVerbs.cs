using System.Text.Json.Nodes;

namespace MailSanitizer.Mail;

/// <summary>Who asks: the name they give, and the user that the kernel says.</summary>
/// <param name="Name">For the audit (<c>user.name</c>).</param>
/// <param name="UserId">User id of the peer process.</param>
public sealed record Operator(string Name, uint UserId);

/// <summary>What a verb answers.</summary>
public sealed record VerbReply
{
    /// <summary>It was done.</summary>
    public required bool Ok { get; init; }

    /// <summary>Exit code for the command line: 0; 1 nothing to do or not found; 2 refused; 64 wrong arguments; 75 could not now.</summary>
    public int ExitCode { get; init; }

    /// <summary>Why not, in words; null when it was done.</summary>
    public string? Error { get; init; }

    /// <summary>The facts (<c>--json</c>).</summary>
    public JsonObject Result { get; init; } = [];

    /// <summary>Bytes behind the answer (an export); owned by the reply.</summary>
    public IMailBytes? Content { get; init; }

    /// <summary>Done.</summary>
    public static VerbReply Done(JsonObject result, int exitCode = 0) => new() { Ok = true, Result = result, ExitCode = exitCode };

    /// <summary>Not done.</summary>
    public static VerbReply Refused(int exitCode, string error) => new() { Ok = false, ExitCode = exitCode, Error = error };
}

/// <summary>What the daemon does for the command line.</summary>
public interface IOperatorVerb
{
    /// <summary>Name in requests: <c>quarantine.list</c>.</summary>
    string Name { get; }

    /// <summary>Does it. Throws <see cref="IOException"/> when the store or the audit cannot (answered with 75), <see cref="VerbArgumentException"/> for wrong arguments (64).</summary>
    Task<VerbReply> RunAsync(JsonObject arguments, Operator by, CancellationToken cancellation);

    /// <summary>The result as text for a terminal: nothing of a stranger in it is raw.</summary>
    string Render(JsonObject result);
}

/// <summary>An argument is missing or wrong.</summary>
public sealed class VerbArgumentException(string message) : Exception(message);

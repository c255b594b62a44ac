using System.CommandLine;
using MailSanitizer.Quarantine;

namespace MailSanitizer.Cli;

/// <summary><c>quarantine list|show|release|delete|export|rekey|reindex</c>.</summary>
public static class QuarantineVerb
{
    private const string Why = "Why; stands in the audit";

    /// <summary>The verb. What renders an answer needs no room behind it: the answer may come from the daemon.</summary>
    public static Command Command() => new("quarantine", "Mail that was kept: look, release, delete, copy")
    {
        new OperatorCommand("quarantine.list", "Stored messages, newest first. Exit 0", new QuarantineListVerb(null!).Render)
            .Texts("state", "STATE", "held-whole, held-part, unlocked, expired, quarantined (default), released, deleted, all")
            .Text("address", "A", "Sender or recipient")
            .Text("reason", "RULE", "Rule id or floor:FINDING that kept it")
            .Text("since", "TIME", "Stored at or after")
            .Text("until", "TIME", "Stored before")
            .Number("skip", "Messages to skip")
            .Number("take", "Messages at most (100)")
            .Command,
        new OperatorCommand("quarantine.show", "One message: envelope, header fields, parts, findings, the first lines of its text. Exit 0, 1 not found", new QuarantineShowVerb(null!, null!, null!).Render)
            .Argument("id", "ID", "The message's id")
            .Switch("no-text", "text", false, "Without the lines of its text")
            .Command,
        new OperatorCommand("quarantine.release", "Sends it on: the cleaned copy, checked once more, or the original. Exit 0, 1 not found, 2 refused or stopped, 75 cannot be checked now", new QuarantineReleaseVerb(null!).Render)
            .Argument("id", "ID", "The message's id")
            .Text("reason", "TEXT", Why, required: true)
            .Switch("original", "original", true, "The original instead of the cleaned copy")
            .Texts("to", "A", "To this recipient only")
            .Command,
        new OperatorCommand("quarantine.delete", "Destroys its key. Exit 0, 1 not found, 2 refused", new QuarantineDeleteVerb(null!, null!).Render)
            .Argument("id", "ID", "The message's id")
            .Text("reason", "TEXT", Why, required: true)
            .Command,
        new OperatorCommand("quarantine.export", "A copy of its bytes, and their SHA-256. Exit 0, 1 not found, 2 refused", new QuarantineExportVerb(null!, null!, null!).Render)
            .Argument("id", "ID", "The message's id")
            .Text("reason", "TEXT", Why, required: true)
            .Switch("cleaned", "cleaned", true, "The cleaned copy instead of the original")
            .Output("Where the bytes go: a new file that only you read")
            .Command,
        new OperatorCommand("quarantine.rekey", "Wraps every message's key with a new one and forgets the old", new QuarantineRekeyVerb(null!, null!).Render)
            .Text("reason", "TEXT", Why, required: true)
            .Command,
        new OperatorCommand("quarantine.reindex", "Makes the index anew from the stored folders. Exit 0, 1 with damaged folders", new QuarantineReindexVerb(null!, null!).Render)
            .Text("reason", "TEXT", Why, required: true)
            .Command,
    };
}

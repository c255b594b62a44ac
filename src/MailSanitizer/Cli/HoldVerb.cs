using System.CommandLine;
using MailSanitizer.Holding;

namespace MailSanitizer.Cli;

/// <summary><c>hold list|show|unlock|release</c>.</summary>
public static class HoldVerb
{
    private const string Why = "Why; stands in the audit";

    /// <summary>The verb. What renders an answer needs no room behind it: the answer may come from the daemon.</summary>
    public static Command Command() => new("hold", "Mail that waits for a password: look, unlock, let go")
    {
        new OperatorCommand("hold.list", "Messages on hold, oldest first. Exit 0", new HoldListVerb(null!).Render)
            .Text("address", "A", "Sender or recipient")
            .Number("skip", "Messages to skip")
            .Number("take", "Messages at most (100)")
            .Command,
        new OperatorCommand("hold.show", "What a message waits for, for whom, until when. Exit 0, 1 not on hold", new HoldShowVerb(null!, null!).Render)
            .Argument("id", "ID", "The message's id")
            .Command,
        new OperatorCommand("hold.unlock", "Tries a password, read from the terminal or the first line of standard input. Exit 0, 1 not on hold, 2 does not open or may not go on, 75 cannot be looked at now", new HoldUnlockVerb(null!, null!).Render)
            .Argument("id", "ID", "The message's id")
            .Text("reason", "TEXT", Why, required: true)
            .Secret("password", "Password: ")
            .Command,
        new OperatorCommand("hold.release", "Sends the original on, locked as it came. Exit 0, 1 not on hold, 2 refused", new HoldReleaseVerb(null!).Render)
            .Argument("id", "ID", "The message's id")
            .Text("reason", "TEXT", Why, required: true)
            .Command,
    };
}

using System.CommandLine;
using MailSanitizer.Quarantine;

namespace MailSanitizer.Cli;

/// <summary><c>queue list|flush|delete</c>.</summary>
public static class QueueVerb
{
    /// <summary>The verb.</summary>
    public static Command Command() => new("queue", "The outbox: mail that we accepted and still deliver")
    {
        new OperatorCommand("queue.list", "Its entries, with their tries and the next hop's last words. Exit 0", new QueueListVerb(null!).Render)
            .Number("take", "Entries at most (1000)")
            .Command,
        new OperatorCommand("queue.flush", "Makes all entries due now. Exit 0", new QueueFlushVerb(null!, null!, null!).Render)
            .Text("reason", "TEXT", "Why; stands in the audit")
            .Command,
        new OperatorCommand("queue.delete", "Removes mail that we accepted. Exit 0, 1 not found", new QueueDeleteVerb(null!, null!).Render)
            .Argument("key", "KEY", "The entry's key, or its first 12 digits and more")
            .Text("reason", "TEXT", "Why; stands in the audit", required: true)
            .Command,
    };
}

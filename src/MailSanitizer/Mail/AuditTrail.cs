using System.Text.Json.Nodes;

namespace MailSanitizer.Mail;

/// <summary>Where every stage reports what it decided or did. Implemented by Audit.</summary>
public interface IAuditTrail
{
    /// <summary>Appends one event and returns when it is on disk (fsync, grouped). Throws <see cref="IOException"/> when it cannot: mail then gets 451.</summary>
    Task AppendAsync(AuditEvent entry, CancellationToken cancellation);
}

/// <summary>One event. Time, sequence number and chain are added by the trail.</summary>
/// <param name="Action">The event's name from the catalog (<c>message.decided</c>, <c>message.handed-over</c>, …).</param>
/// <param name="MessageId">The message it belongs to, or null.</param>
/// <param name="Fields">The rest, ECS words where they exist. Holds no secret and no message text.</param>
public sealed record AuditEvent(string Action, Guid? MessageId, JsonObject Fields);

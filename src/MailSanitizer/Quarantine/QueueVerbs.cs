using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using MailSanitizer.Mail;
using MailSanitizer.Storage;

namespace MailSanitizer.Quarantine;

/// <summary><c>queue list</c>: argument <c>take</c> (1000).</summary>
public sealed class QueueListVerb(IOutbox outbox) : IOperatorVerb
{
    /// <inheritdoc/>
    public string Name => "queue.list";

    /// <inheritdoc/>
    public async Task<VerbReply> RunAsync(JsonObject arguments, Operator by, CancellationToken cancellation)
    {
        IReadOnlyList<OutboxEntry> all = await outbox.ListAsync(cancellation);
        return VerbReply.Done(new JsonObject
        {
            ["entries"] = new JsonArray([.. all.Take(arguments.Number("take", 1000, 1, 100_000)).Select(entry => (JsonNode)new JsonObject
            {
                ["key"] = entry.Key,
                ["message"] = entry.MessageId.ToString("D"),
                ["purpose"] = entry.Purpose,
                ["from"] = entry.Envelope.MailFrom,
                ["to"] = new JsonArray([.. entry.Envelope.Recipients.Select(recipient => (JsonNode)recipient.Address)]),
                ["size"] = entry.Size,
                ["enqueued"] = entry.EnqueuedAt.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
                ["attempts"] = entry.Attempts,
                ["next_attempt"] = entry.NextAttempt.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
                ["last_reply"] = entry.LastReply,
            })]),
            ["count"] = all.Count,
        });
    }

    /// <inheritdoc/>
    public string Render(JsonObject result)
    {
        StringBuilder text = new();
        foreach (JsonObject entry in (result["entries"] as JsonArray ?? []).OfType<JsonObject>())
        {
            text.Append(CultureInfo.InvariantCulture, $"{MessageView.Shown(entry["key"])[..12]}  {MessageView.Shown(entry["message"])}  {MessageView.Shown(entry["purpose"]),-9}  {MessageView.Shown(entry["size"]),9}  <{MessageView.Shown(entry["from"])}> -> {MessageView.Shown(entry["to"])}  tries {MessageView.Shown(entry["attempts"])}, next {MessageView.Shown(entry["next_attempt"])}  {MessageView.Shown(entry["last_reply"])}\n");
        }

        return text.Append(CultureInfo.InvariantCulture, $"{MessageView.Shown(result["count"])} in the outbox\n").ToString();
    }
}

/// <summary><c>queue flush --reason TEXT</c>: argument <c>reason</c>.</summary>
public sealed class QueueFlushVerb(IOutbox outbox, IAuditTrail audit, TimeProvider time) : IOperatorVerb
{
    /// <inheritdoc/>
    public string Name => "queue.flush";

    /// <inheritdoc/>
    public async Task<VerbReply> RunAsync(JsonObject arguments, Operator by, CancellationToken cancellation)
    {
        await audit.AppendAsync(new AuditEvent("queue.flushed", null, OperatorEvent.Fields(by, arguments.Text("reason"), [])), cancellation);
        await outbox.FlushAsync(time.GetUtcNow(), cancellation);
        return VerbReply.Done(new JsonObject { ["entries"] = (await outbox.ListAsync(cancellation)).Count });
    }

    /// <inheritdoc/>
    public string Render(JsonObject result) => $"{MessageView.Shown(result["entries"])} entries are due now\n";
}

/// <summary><c>queue delete KEY --reason TEXT</c>: arguments <c>key</c> (whole, or its first 12 digits and more), <c>reason</c>. Removes mail that was accepted: the reason is required.</summary>
public sealed class QueueDeleteVerb(IOutbox outbox, IAuditTrail audit) : IOperatorVerb
{
    /// <inheritdoc/>
    public string Name => "queue.delete";

    /// <inheritdoc/>
    public async Task<VerbReply> RunAsync(JsonObject arguments, Operator by, CancellationToken cancellation)
    {
        string key = arguments.RequiredText("key");
        string reason = arguments.RequiredText("reason");
        if (key.Length < 12) throw new VerbArgumentException("key has fewer than 12 digits");
        List<OutboxEntry> found = [.. (await outbox.ListAsync(cancellation)).Where(entry => entry.Key.StartsWith(key, StringComparison.OrdinalIgnoreCase))];
        if (found.Count != 1) return VerbReply.Refused(1, found.Count == 0 ? "there is no such entry" : "that is the start of several entries");
        JsonObject about = new()
        {
            ["email"] = new JsonObject
            {
                ["from"] = new JsonObject { ["address"] = found[0].Envelope.MailFrom },
                ["to"] = new JsonObject { ["address"] = new JsonArray([.. found[0].Envelope.Recipients.Select(recipient => (JsonNode)recipient.Address)]) },
            },
            ["outbox"] = new JsonObject { ["key"] = found[0].Key, ["purpose"] = found[0].Purpose },
        };
        await audit.AppendAsync(new AuditEvent("queue.deleted", found[0].MessageId, OperatorEvent.Fields(by, reason, about)), cancellation);
        bool gone = await outbox.DeleteAsync(found[0].Key, cancellation);
        return gone ? VerbReply.Done(new JsonObject { ["key"] = found[0].Key, ["deleted"] = true }) : VerbReply.Refused(1, "it was delivered meanwhile");
    }

    /// <inheritdoc/>
    public string Render(JsonObject result) => $"{MessageView.Shown(result["key"])} deleted\n";
}

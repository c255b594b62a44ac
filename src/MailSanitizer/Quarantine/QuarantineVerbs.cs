using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using MailSanitizer.Content;
using MailSanitizer.Content.Formats.HeaderFields;
using MailSanitizer.Mail;
using MailSanitizer.Storage;

namespace MailSanitizer.Quarantine;

/// <summary>
/// <c>quarantine list</c>: arguments <c>state</c> (list of words; default quarantined), <c>address</c>, <c>reason</c>, <c>since</c>, <c>until</c>, <c>skip</c>, <c>take</c> (100).
/// </summary>
public sealed class QuarantineListVerb(IMessageStore store) : IOperatorVerb
{
    /// <inheritdoc/>
    public string Name => "quarantine.list";

    /// <inheritdoc/>
    public async Task<VerbReply> RunAsync(JsonObject arguments, Operator by, CancellationToken cancellation)
    {
        List<StoredState> states = [];
        foreach (string word in arguments.Texts("state"))
        {
            if (word == "all") states.AddRange(Enum.GetValues<StoredState>());
            else states.Add(StateWord.TryRead(word, out StoredState state) ? state : throw new VerbArgumentException($"state {SafeText.ForTerminal(word, 40)} is none of held-whole, held-part, unlocked, expired, quarantined, released, deleted, all"));
        }

        StoreQuery query = new()
        {
            States = states.Count > 0 ? states : [StoredState.Quarantined],
            Address = arguments.Text("address"),
            Reason = arguments.Text("reason"),
            Since = arguments.Time("since"),
            Until = arguments.Time("until"),
            Skip = arguments.Number("skip", 0, 0, int.MaxValue),
            Take = arguments.Number("take", 100, 1, 10_000),
        };
        IReadOnlyList<StoredMessage> rows = await store.ListAsync(query, cancellation);
        StoreUsage usage = await store.UsageAsync(cancellation);
        return VerbReply.Done(new JsonObject { ["messages"] = new JsonArray([.. rows.Select(row => (JsonNode)MessageView.Row(row))]), ["stored"] = usage.Messages, ["stored_bytes"] = usage.Bytes });
    }

    /// <inheritdoc/>
    public string Render(JsonObject result)
    {
        StringBuilder text = new();
        foreach (JsonObject row in (result["messages"] as JsonArray ?? []).OfType<JsonObject>())
        {
            text.Append(CultureInfo.InvariantCulture, $"{MessageView.Shown(row["id"])}  {MessageView.Shown(row["stored"])}  {MessageView.Shown(row["state"]),-11}  {MessageView.Shown(row["size"]),9}  <{MessageView.Shown(row["from"])}> -> {MessageView.Shown(row["to"])}  [{MessageView.Shown(row["reasons"])}]\n");
        }

        return text.Append(CultureInfo.InvariantCulture, $"{(result["messages"] as JsonArray)?.Count ?? 0} shown; {MessageView.Shown(result["stored"])} messages, {MessageView.Shown(result["stored_bytes"])} bytes in the store\n").ToString();
    }
}

/// <summary><c>quarantine show ID</c>: arguments <c>id</c>, <c>text</c> (false: without the preview).</summary>
public sealed class QuarantineShowVerb(IMessageStore store, IContentWorkers workers, IAuditTrail audit) : IOperatorVerb
{
    private const int HeaderBytes = 256 * 1024;

    /// <inheritdoc/>
    public string Name => "quarantine.show";

    /// <inheritdoc/>
    public async Task<VerbReply> RunAsync(JsonObject arguments, Operator by, CancellationToken cancellation)
    {
        Guid id = arguments.Id("id");
        if (await store.FindAsync(id, cancellation) is not { } message) return VerbReply.Refused(1, "there is no such message");
        await audit.AppendAsync(new AuditEvent("quarantine.shown", id, OperatorEvent.Fields(by, null, [])), cancellation);
        JsonObject shown = MessageView.Row(message);
        shown["envelope_id"] = message.Envelope.EnvelopeId;
        shown["client"] = $"{message.Envelope.Client.Name} [{message.Envelope.Client.Address}]";
        shown["due"] = message.DueAt?.UtcDateTime.ToString("O", CultureInfo.InvariantCulture);
        shown["sha256"] = message.Sha256;
        shown["decision"] = await store.DecisionAsync(id, cancellation);
        using IMailBytes? original = await store.OriginalAsync(id, cancellation);
        if (original is null) return VerbReply.Done(shown);
        using IMailBytes? cleaned = await store.CleanedAsync(id, cancellation);
        shown["has_cleaned"] = cleaned is not null;
        shown["headers"] = Headers(original);
        if (arguments["text"] is null || arguments.Switch("text")) shown["text"] = await TextPreview.OfAsync(workers, original, cancellation);
        return VerbReply.Done(shown);
    }

    /// <inheritdoc/>
    public string Render(JsonObject result)
    {
        StringBuilder text = new();
        foreach (string key in (string[])["id", "state", "stored", "due", "size", "sha256", "from", "to", "released_to", "client", "reasons", "has_cleaned"])
        {
            if (result[key] is { } value) text.Append(CultureInfo.InvariantCulture, $"{key,-12} {MessageView.Shown(value)}\n");
        }

        text.Append("\nheader fields\n");
        foreach (JsonObject field in (result["headers"] as JsonArray ?? []).OfType<JsonObject>()) text.Append(CultureInfo.InvariantCulture, $"  {MessageView.Shown(field["name"])}: {SafeText.ForTerminal(field["value"]?.ToString(), 300)}\n");
        text.Append("\nparts\n");
        foreach (JsonObject part in ((result["decision"] as JsonObject)?["parts"] as JsonArray ?? []).OfType<JsonObject>())
        {
            text.Append(CultureInfo.InvariantCulture, $"  {SafeText.ForTerminal(part["path"]?.ToString(), 200)}  {SafeText.ForTerminal(part["name"]?.ToString(), 100)}  {MessageView.Shown(part["format"])}  {MessageView.Shown(part["size"])} bytes  {MessageView.Shown(part["sha256_in"])}\n");
            foreach (JsonObject finding in (part["findings"] as JsonArray ?? []).OfType<JsonObject>())
            {
                text.Append(CultureInfo.InvariantCulture, $"    {MessageView.Shown(finding["kind"])}  {SafeText.ForTerminal(finding["location"]?.ToString(), 100)}  {SafeText.ForTerminal(finding["detail"]?.ToString(), 200)}\n");
            }
        }

        if (result["text"] is { } preview) text.Append("\ntext\n").Append(string.Join('\n', preview.ToString().Split('\n').Select(line => "  " + SafeText.ForTerminal(line, 400)))).Append('\n');
        return text.ToString();
    }

    private static JsonArray Headers(IMailBytes original)
    {
        using Stream stream = original.OpenRead();
        byte[] start = new byte[(int)Math.Min(original.Length, HeaderBytes)];
        stream.ReadExactly(start);
        return [.. HeaderBlock.Read(start, Limits.Default).Fields.Take(200).Select(field => (JsonNode)new JsonObject { ["name"] = field.Name, ["value"] = field.Text.Length > 2000 ? field.Text[..2000] + "…" : field.Text })];
    }
}

/// <summary><c>quarantine release ID --reason TEXT [--original] [--to A]…</c>: arguments <c>id</c>, <c>reason</c>, <c>original</c>, <c>to</c>.</summary>
public sealed class QuarantineReleaseVerb(Release release) : IOperatorVerb
{
    /// <inheritdoc/>
    public string Name => "quarantine.release";

    /// <inheritdoc/>
    public async Task<VerbReply> RunAsync(JsonObject arguments, Operator by, CancellationToken cancellation)
    {
        ReleaseOrder order = new(arguments.Id("id"), arguments.Texts("to"), arguments.Switch("original"), by, arguments.RequiredText("reason"));
        ReleaseResult result = await release.RunAsync(order, cancellation);
        JsonObject facts = new()
        {
            ["id"] = order.Id.ToString("D"),
            ["outcome"] = result.Outcome.ToString().ToLowerInvariant(),
            ["to"] = new JsonArray([.. result.Recipients.Select(address => (JsonNode)address)]),
            ["text"] = result.Text,
        };
        return result.Outcome switch
        {
            ReleaseOutcome.Released or ReleaseOutcome.Already => VerbReply.Done(facts),
            ReleaseOutcome.NotFound => VerbReply.Refused(1, result.Text) with { Result = facts },
            ReleaseOutcome.TryLater => VerbReply.Refused(75, result.Text) with { Result = facts },
            _ => VerbReply.Refused(2, result.Text) with { Result = facts },
        };
    }

    /// <inheritdoc/>
    public string Render(JsonObject result) => $"{MessageView.Shown(result["id"])} {MessageView.Shown(result["outcome"])}: {MessageView.Shown(result["to"])} ({SafeText.ForTerminal(result["text"]?.ToString(), 300)})\n";
}

/// <summary><c>quarantine delete ID --reason TEXT</c>: arguments <c>id</c>, <c>reason</c>.</summary>
public sealed class QuarantineDeleteVerb(IMessageStore store, IAuditTrail audit) : IOperatorVerb
{
    /// <inheritdoc/>
    public string Name => "quarantine.delete";

    /// <inheritdoc/>
    public async Task<VerbReply> RunAsync(JsonObject arguments, Operator by, CancellationToken cancellation)
    {
        Guid id = arguments.Id("id");
        string reason = arguments.RequiredText("reason");
        StoredMessage? message = await store.FindAsync(id, cancellation);
        if (message is null or { State: StoredState.Deleted }) return VerbReply.Refused(1, "there is no such message");
        if (message.State is StoredState.HeldWhole or StoredState.HeldPart) return VerbReply.Refused(2, "it is on hold: nobody has decided on it yet");
        JsonObject about = new()
        {
            ["email"] = new JsonObject
            {
                ["from"] = new JsonObject { ["address"] = message.Envelope.MailFrom },
                ["to"] = new JsonObject { ["address"] = new JsonArray([.. message.Envelope.Recipients.Select(recipient => (JsonNode)recipient.Address)]) },
            },
        };
        await audit.AppendAsync(new AuditEvent("message.deleted", id, OperatorEvent.Fields(by, reason, about)), cancellation);
        await store.DeleteAsync(id, cancellation);
        return VerbReply.Done(new JsonObject { ["id"] = id.ToString("D"), ["deleted"] = true });
    }

    /// <inheritdoc/>
    public string Render(JsonObject result) => $"{MessageView.Shown(result["id"])} deleted: its key is destroyed\n";
}

/// <summary><c>quarantine export ID --reason TEXT [--cleaned] -o FILE</c>: arguments <c>id</c>, <c>reason</c>, <c>cleaned</c>. The bytes come behind the answer.</summary>
public sealed class QuarantineExportVerb(IMessageStore store, IAuditTrail audit, QuarantineOptions options) : IOperatorVerb
{
    /// <inheritdoc/>
    public string Name => "quarantine.export";

    /// <inheritdoc/>
    public async Task<VerbReply> RunAsync(JsonObject arguments, Operator by, CancellationToken cancellation)
    {
        Guid id = arguments.Id("id");
        string reason = arguments.RequiredText("reason");
        bool cleaned = arguments.Switch("cleaned");
        if (!cleaned && !options.MayHaveOriginal(by)) return VerbReply.Refused(2, "the original is another right");
        IMailBytes? content = cleaned ? await store.CleanedAsync(id, cancellation) : await store.OriginalAsync(id, cancellation);
        if (content is null) return VerbReply.Refused(1, "there is no such message, or no such copy of it");
        try
        {
            JsonObject about = new() { ["export"] = new JsonObject { ["copy"] = cleaned ? "cleaned" : "original", ["sha256"] = content.Sha256, ["bytes"] = content.Length } };
            await audit.AppendAsync(new AuditEvent("quarantine.exported", id, OperatorEvent.Fields(by, reason, about)), cancellation);
        }
        catch
        {
            content.Dispose();
            throw;
        }

        return VerbReply.Done(new JsonObject { ["id"] = id.ToString("D"), ["bytes"] = content.Length, ["sha256"] = content.Sha256 }) with { Content = content };
    }

    /// <inheritdoc/>
    public string Render(JsonObject result) => $"{MessageView.Shown(result["id"])} {MessageView.Shown(result["bytes"])} bytes, SHA-256 {MessageView.Shown(result["sha256"])}\n";
}

/// <summary><c>quarantine rekey --reason TEXT</c>: argument <c>reason</c>.</summary>
public sealed class QuarantineRekeyVerb(IStoreMaintenance maintenance, IAuditTrail audit) : IOperatorVerb
{
    /// <inheritdoc/>
    public string Name => "quarantine.rekey";

    /// <inheritdoc/>
    public async Task<VerbReply> RunAsync(JsonObject arguments, Operator by, CancellationToken cancellation)
    {
        string reason = arguments.RequiredText("reason");
        int count = await maintenance.RekeyAsync(cancellation);
        JsonObject figures = new() { ["folders"] = count };
        await audit.AppendAsync(new AuditEvent("quarantine.rekeyed", null, OperatorEvent.Fields(by, reason, new JsonObject { ["rekey"] = figures.DeepClone() })), cancellation);
        return VerbReply.Done(figures);
    }

    /// <inheritdoc/>
    public string Render(JsonObject result) => $"{MessageView.Shown(result["folders"])} message keys wrapped anew; the old key is gone\n";
}

/// <summary><c>quarantine reindex --reason TEXT</c>: argument <c>reason</c>.</summary>
public sealed class QuarantineReindexVerb(IStoreMaintenance maintenance, IAuditTrail audit) : IOperatorVerb
{
    /// <inheritdoc/>
    public string Name => "quarantine.reindex";

    /// <inheritdoc/>
    public async Task<VerbReply> RunAsync(JsonObject arguments, Operator by, CancellationToken cancellation)
    {
        string reason = arguments.RequiredText("reason");
        RecoveryReport report = await maintenance.ReindexAsync(cancellation);
        JsonObject figures = new() { ["messages"] = report.Messages, ["outbox"] = report.OutboxEntries, ["damaged"] = new JsonArray([.. report.Damaged.Select(path => (JsonNode)path)]) };
        await audit.AppendAsync(new AuditEvent("quarantine.reindexed", null, OperatorEvent.Fields(by, reason, new JsonObject { ["reindex"] = figures.DeepClone() })), cancellation);
        return VerbReply.Done(figures, report.Damaged.Count > 0 ? 1 : 0);
    }

    /// <inheritdoc/>
    public string Render(JsonObject result)
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"{MessageView.Shown(result["messages"])} messages and {MessageView.Shown(result["outbox"])} outbox entries indexed\n");
        foreach (JsonNode? damaged in result["damaged"] as JsonArray ?? []) text.Append(CultureInfo.InvariantCulture, $"damaged: {MessageView.Shown(damaged)}\n");
        return text.ToString();
    }
}

/// <summary>A stored message as facts.</summary>
internal static class MessageView
{
    public static JsonObject Row(StoredMessage message) => new()
    {
        ["id"] = message.Id.ToString("D"),
        ["state"] = StateWord.Of(message.State),
        ["stored"] = message.StoredAt.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
        ["size"] = message.Size,
        ["from"] = message.Envelope.MailFrom,
        ["to"] = new JsonArray([.. message.Envelope.Recipients.Select(recipient => (JsonNode)recipient.Address)]),
        ["reasons"] = new JsonArray([.. message.Reasons.Select(reason => (JsonNode)reason)]),
        ["decided_on"] = message.DecidedOn,
        ["released_to"] = message.ReleasedTo.Count == 0 ? null : new JsonArray([.. message.ReleasedTo.Select(address => (JsonNode)address)]),
    };

    /// <summary>A value for a terminal; lists with commas.</summary>
    public static string Shown(JsonNode? node) => node switch
    {
        null => "",
        JsonArray list => string.Join(", ", list.Take(20).Select(Shown)) + (list.Count > 20 ? $", … ({list.Count})" : ""),
        _ => SafeText.ForTerminal(node.ToString(), 300),
    };
}

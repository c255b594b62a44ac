using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using MailSanitizer.Mail;
using MailSanitizer.Storage;

namespace MailSanitizer.Holding;

/// <summary><c>hold list</c>: arguments <c>address</c>, <c>skip</c>, <c>take</c> (100). What ends first stands first by its arrival.</summary>
public sealed class HoldListVerb(IMessageStore store) : IOperatorVerb
{
    /// <inheritdoc/>
    public string Name => "hold.list";

    /// <inheritdoc/>
    public async Task<VerbReply> RunAsync(JsonObject arguments, Operator by, CancellationToken cancellation)
    {
        StoreQuery query = new() { States = [StoredState.HeldWhole, StoredState.HeldPart], Address = arguments.Text("address"), OldestFirst = true, Skip = arguments.Number("skip", 0, 0, int.MaxValue), Take = arguments.Number("take", 100, 1, 10_000) };
        return VerbReply.Done(new JsonObject { ["messages"] = new JsonArray([.. (await store.ListAsync(query, cancellation)).Select(row => (JsonNode)HoldView.Row(row))]) });
    }

    /// <inheritdoc/>
    public string Render(JsonObject result)
    {
        StringBuilder text = new();
        foreach (JsonObject row in (result["messages"] as JsonArray ?? []).OfType<JsonObject>())
            text.Append(CultureInfo.InvariantCulture, $"{HoldView.Shown(row["id"])}  {HoldView.Shown(row["state"]),-10}  until {HoldView.Shown(row["due"])}  {HoldView.Shown(row["size"]),9}  <{HoldView.Shown(row["from"])}> -> {HoldView.Shown(row["waiting"])}  [{HoldView.Shown(row["reasons"])}]\n");
        return text.Append(CultureInfo.InvariantCulture, $"{(result["messages"] as JsonArray)?.Count ?? 0} on hold\n").ToString();
    }
}

/// <summary><c>hold show ID</c>: what it waits for, for whom, until when. Never a candidate.</summary>
public sealed class HoldShowVerb(IMessageStore store, IAuditTrail audit) : IOperatorVerb
{
    /// <inheritdoc/>
    public string Name => "hold.show";

    /// <inheritdoc/>
    public async Task<VerbReply> RunAsync(JsonObject arguments, Operator by, CancellationToken cancellation)
    {
        Guid id = arguments.Id("id");
        if (await store.FindAsync(id, cancellation) is not { State: StoredState.HeldWhole or StoredState.HeldPart } row) return VerbReply.Refused(1, "no such message is on hold");
        await audit.AppendAsync(new AuditEvent("quarantine.shown", id, HoldView.By(by, null)), cancellation);
        HoldNote note = HoldNote.Read(await store.NoteAsync(id, cancellation));
        JsonObject shown = HoldView.Row(row);
        shown["for"] = note.Order.For;
        shown["at_end"] = note.Order.AtEnd;
        shown["received"] = note.ReceivedAt.UtcDateTime.ToString("O", CultureInfo.InvariantCulture);
        shown["sender"] = note.Sender;
        shown["parts"] = new JsonArray([.. note.Parts.Select(part => (JsonNode)new JsonObject { ["path"] = part.Path, ["name"] = part.Name })]);
        shown["told"] = new JsonObject(note.Told.Select(pair => KeyValuePair.Create<string, JsonNode?>(pair.Key, pair.Value)));
        return VerbReply.Done(shown);
    }

    /// <inheritdoc/>
    public string Render(JsonObject result)
    {
        StringBuilder text = new();
        foreach (string key in (string[])["id", "state", "for", "received", "due", "at_end", "size", "from", "to", "waiting", "sender", "reasons"])
            text.Append(CultureInfo.InvariantCulture, $"{key,-10} {HoldView.Shown(result[key])}\n");
        foreach (JsonObject part in (result["parts"] as JsonArray ?? []).OfType<JsonObject>()) text.Append(CultureInfo.InvariantCulture, $"part       {HoldView.Shown(part["path"])}  {HoldView.Shown(part["name"])}\n");
        foreach ((string reader, JsonNode? count) in result["told"] as JsonObject ?? []) text.Append(CultureInfo.InvariantCulture, $"told       {SafeText.ForTerminal(reader, 300)}: {HoldView.Shown(count)} times\n");
        return text.ToString();
    }
}

/// <summary><c>hold unlock ID --reason TEXT</c>: arguments <c>id</c>, <c>reason</c>, <c>password</c> (read from the terminal or standard input, never from the command line).</summary>
public sealed class HoldUnlockVerb(IHeldMail held, IAuditTrail audit) : IOperatorVerb
{
    /// <inheritdoc/>
    public string Name => "hold.unlock";

    /// <inheritdoc/>
    public async Task<VerbReply> RunAsync(JsonObject arguments, Operator by, CancellationToken cancellation)
    {
        Guid id = arguments.Id("id");
        string reason = arguments.RequiredText("reason");
        string password = arguments.Text("password", 512) is { Length: > 0 } given ? given : throw new VerbArgumentException("no password was given");
        await audit.AppendAsync(new AuditEvent("hold.unlocked", id, HoldView.By(by, reason)), cancellation);
        string outcome = await held.UnlockAsync(id, password, cancellation);
        JsonObject facts = new() { ["id"] = id.ToString("D"), ["outcome"] = outcome };
        return outcome switch
        {
            "unlocked" => VerbReply.Done(facts),
            "gone" => VerbReply.Refused(1, "no such message is on hold") with { Result = facts },
            "later" => VerbReply.Refused(75, "it cannot be looked at now") with { Result = facts },
            "quarantined" => VerbReply.Refused(2, "what it opened to may not go on: it is in quarantine now") with { Result = facts },
            _ => VerbReply.Refused(2, "the password does not open it, or does not open all of it") with { Result = facts },
        };
    }

    /// <inheritdoc/>
    public string Render(JsonObject result) => $"{HoldView.Shown(result["id"])} {HoldView.Shown(result["outcome"])}\n";
}

/// <summary><c>hold release ID --reason TEXT</c>: arguments <c>id</c>, <c>reason</c>. The original goes on, locked and unseen: a person answers for it.</summary>
public sealed class HoldReleaseVerb(IHeldMail held) : IOperatorVerb
{
    /// <inheritdoc/>
    public string Name => "hold.release";

    /// <inheritdoc/>
    public async Task<VerbReply> RunAsync(JsonObject arguments, Operator by, CancellationToken cancellation)
    {
        Guid id = arguments.Id("id");
        string reason = arguments.RequiredText("reason");
        (string outcome, string text) = await held.ReleaseAsync(id, by, reason, new AuditEvent("hold.released", id, HoldView.By(by, reason)), cancellation);
        JsonObject facts = new() { ["id"] = id.ToString("D"), ["outcome"] = outcome, ["text"] = text };
        return outcome switch
        {
            "released" => VerbReply.Done(facts),
            "gone" => VerbReply.Refused(1, "no such message is on hold") with { Result = facts },
            "later" => VerbReply.Refused(75, text) with { Result = facts },
            _ => VerbReply.Refused(2, text) with { Result = facts },
        };
    }

    /// <inheritdoc/>
    public string Render(JsonObject result) => $"{HoldView.Shown(result["id"])} {HoldView.Shown(result["outcome"])} ({SafeText.ForTerminal(result["text"]?.ToString(), 300)})\n";
}

internal static class HoldView
{
    public static JsonObject Row(StoredMessage row) => new()
    {
        ["id"] = row.Id.ToString("D"),
        ["state"] = StateWord.Of(row.State),
        ["stored"] = row.StoredAt.UtcDateTime.ToString("O", CultureInfo.InvariantCulture),
        ["due"] = row.DueAt?.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture),
        ["size"] = row.Size,
        ["from"] = row.Envelope.MailFrom,
        ["to"] = new JsonArray([.. row.Envelope.Recipients.Select(recipient => (JsonNode)recipient.Address)]),
        ["waiting"] = new JsonArray([.. row.Unserved.Select(recipient => (JsonNode)recipient.Address)]),
        ["reasons"] = new JsonArray([.. row.Reasons.Select(reason => (JsonNode)reason)]),
    };

    public static JsonObject By(Operator by, string? reason)
    {
        JsonObject fields = new() { ["user"] = new JsonObject { ["name"] = by.Name, ["id"] = by.UserId == uint.MaxValue ? "local" : by.UserId.ToString(CultureInfo.InvariantCulture) } };
        if (reason is not null) fields["event"] = new JsonObject { ["reason"] = reason };
        return fields;
    }

    public static string Shown(JsonNode? node) => node switch
    {
        null => "",
        JsonArray list => string.Join(", ", list.Take(20).Select(Shown)) + (list.Count > 20 ? $", … ({list.Count})" : ""),
        _ => SafeText.ForTerminal(node.ToString(), 300),
    };
}

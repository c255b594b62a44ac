using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using MailSanitizer.Content;
using MailSanitizer.Mail;
using MailSanitizer.Storage;

namespace MailSanitizer.Quarantine;

/// <summary>How a release ended.</summary>
public enum ReleaseOutcome
{
    /// <summary>Queued for the recipients.</summary>
    Released,

    /// <summary>It had been released to all of them before: nothing was done.</summary>
    Already,

    /// <summary>There is no such message, or it is deleted.</summary>
    NotFound,

    /// <summary>Not allowed, or its state does not permit it.</summary>
    Refused,

    /// <summary>The cleaned copy is not clean any more.</summary>
    Stopped,

    /// <summary>It cannot be checked now.</summary>
    TryLater,
}

/// <summary>The result of a release.</summary>
/// <param name="Outcome">How it ended.</param>
/// <param name="Recipients">Who gets it.</param>
/// <param name="Text">Why, in words.</param>
public sealed record ReleaseResult(ReleaseOutcome Outcome, IReadOnlyList<string> Recipients, string Text);

/// <summary>A person's order to release.</summary>
/// <param name="Id">The message.</param>
/// <param name="Recipients">Some of its recipients; empty for all.</param>
/// <param name="Original">The original instead of the cleaned copy.</param>
/// <param name="By">Who.</param>
/// <param name="Reason">Why.</param>
public sealed record ReleaseOrder(Guid Id, IReadOnlyList<string> Recipients, bool Original, Operator By, string Reason);

/// <summary>
/// Releases mail from quarantine, once for each recipient however many ask at once: checks the cleaned copy again, seals it, writes the audit, then queues it in the same transaction
/// that moves the message's state.
/// </summary>
public sealed class Release(IMessageStore store, IContentWorkers workers, IScanner scanner, ISealer sealer, ISpool spool, IAuditTrail audit, INotices notices, QuarantineOptions options, TimeProvider time)
{
    private readonly ConcurrentDictionary<Guid, SemaphoreSlim> _open = new();

    /// <summary>Does it. Throws <see cref="IOException"/> when store or audit cannot: nothing was released then, or it was and a second order says so.</summary>
    public async Task<ReleaseResult> RunAsync(ReleaseOrder order, CancellationToken cancellation)
    {
        // One order a message at a time: the audit names one release for each, not a hundred that came too late.
        SemaphoreSlim turn = _open.GetOrAdd(order.Id, _ => new SemaphoreSlim(1, 1));
        await turn.WaitAsync(cancellation);
        try
        {
            return await OneAsync(order, cancellation);
        }
        finally
        {
            turn.Release();
        }
    }

    private async Task<ReleaseResult> OneAsync(ReleaseOrder order, CancellationToken cancellation)
    {
        StoredMessage? message = await store.FindAsync(order.Id, cancellation);
        if (message is null or { State: StoredState.Deleted }) return new ReleaseResult(ReleaseOutcome.NotFound, [], "there is no such message");
        List<string> unknown = [.. order.Recipients.Where(address => !message.Envelope.Recipients.Any(recipient => Same(recipient.Address, address)))];
        if (unknown.Count > 0) return new ReleaseResult(ReleaseOutcome.Refused, [], $"{SafeText.ForTerminal(unknown[0])} is not a recipient of it");
        List<Recipient> wanted = [.. message.Envelope.Recipients.Where(recipient => order.Recipients.Count == 0 || order.Recipients.Any(address => Same(recipient.Address, address)))];
        List<Recipient> left = [.. wanted.Where(recipient => !message.ReleasedTo.Contains(recipient.Address))];
        if (left.Count == 0) return new ReleaseResult(ReleaseOutcome.Already, [.. wanted.Select(recipient => recipient.Address)], "it was released before");
        if (message.State != StoredState.Quarantined) return new ReleaseResult(ReleaseOutcome.Refused, [], $"its state is {message.State}, not quarantined");
        if (order.Original && !options.MayHaveOriginal(order.By)) return new ReleaseResult(ReleaseOutcome.Refused, [], "releasing the original is another right");
        using IMailBytes? content = order.Original ? await store.OriginalAsync(order.Id, cancellation) : await store.CleanedAsync(order.Id, cancellation);
        if (content is null) return new ReleaseResult(ReleaseOutcome.Refused, [], order.Original ? "the original cannot be read" : "there is no cleaned copy; only the original can be released");
        if (!order.Original && await CheckAsync(message, content, order, cancellation) is { } stopped) return stopped;
        return await QueueAsync(message, order, content, left, cancellation);
    }

    // What was clean when it was stored is looked at with today's eyes.
    private async Task<ReleaseResult?> CheckAsync(StoredMessage message, IMailBytes content, ReleaseOrder order, CancellationToken cancellation)
    {
        using WalkOutcome walk = await workers.WalkAsync(content, new WalkOrder { Candidates = false }, cancellation);
        if (walk.Fault is { } fault) return new ReleaseResult(ReleaseOutcome.TryLater, [], $"it cannot be walked now: {fault}");
        if (walk.Result is not { } result) return await StopAsync(message, order, ["worker-died"], "the copy killed its worker", cancellation);
        List<string> findings = [.. result.Findings.Where(finding => IsHit(finding.Kind)).Select(finding => finding.Kind).Distinct(StringComparer.Ordinal)];
        if (findings.Count > 0) return await StopAsync(message, order, findings, $"the copy now has {string.Join(", ", findings)}", cancellation);
        IReadOnlyList<ScanFact> scans = await scanner.ScanAsync(result.Leaves, cancellation);
        if (scans.FirstOrDefault(scan => scan.Outcome == ScanOutcome.Infected) is { } infected)
        {
            return await StopAsync(message, order, ["infected"], $"{infected.Engine} now finds {SafeText.ForTerminal(infected.Name, 100)}", cancellation);
        }

        if (scans.FirstOrDefault(scan => scan.Outcome != ScanOutcome.Clean) is { } unseen) return new ReleaseResult(ReleaseOutcome.TryLater, [], $"{unseen.Engine} could not scan it: {unseen.Outcome}");
        return null;
    }

    // Locked and unreadable content is what a person decides on; what acts, or has two readings, they were told is not in the cleaned copy.
    private static bool IsHit(string kind) => FindingKinds.Find(kind) is not { } row || row.Class == FindingClass.Active || row.NeverKept;

    private async Task<ReleaseResult> StopAsync(StoredMessage message, ReleaseOrder order, List<string> findings, string text, CancellationToken cancellation)
    {
        JsonObject fields = About(message, order, [], "stopped");
        fields["findings"] = new JsonArray([.. findings.Select(finding => (JsonNode)finding)]);
        await audit.AppendAsync(new AuditEvent("message.release-stopped", order.Id, fields), cancellation);
        await notices.TellOperatorsAsync(new OperatorNotice("release-stopped", "A release was stopped: the cleaned copy is not clean any more.", order.Id, [KeyValuePair.Create("findings", string.Join(", ", findings))]), cancellation);
        return new ReleaseResult(ReleaseOutcome.Stopped, [], text);
    }

    private async Task<ReleaseResult> QueueAsync(StoredMessage message, ReleaseOrder order, IMailBytes content, List<Recipient> left, CancellationToken cancellation)
    {
        AuthenticationFacts arrival = Arrival(await store.DecisionAsync(order.Id, cancellation));
        List<OutboxEntry> entries = [];
        try
        {
            foreach (IGrouping<Direction, Recipient> group in left.GroupBy(recipient => options.DirectionOf(message.Envelope, recipient)))
            {
                entries.Add(Entry(message, content, arrival, group.Key, [.. group], order.Original));
            }

            bool all = message.Envelope.Recipients.All(recipient => message.ReleasedTo.Contains(recipient.Address) || left.Contains(recipient));
            await audit.AppendAsync(new AuditEvent("message.released", order.Id, About(message, order, left, order.Original ? "original" : "cleaned")), cancellation);
            bool moved = await store.TransitionAsync(
                order.Id, StoredState.Quarantined, all ? StoredState.Released : StoredState.Quarantined, all ? time.GetUtcNow() + options.KeepReleased : message.DueAt, entries, cancellation);
            IReadOnlyList<string> names = [.. left.Select(recipient => recipient.Address)];
            return moved ? new ReleaseResult(ReleaseOutcome.Released, names, "queued") : new ReleaseResult(ReleaseOutcome.Already, names, "it was released or deleted meanwhile");
        }
        finally
        {
            foreach (OutboxEntry entry in entries) entry.Content?.Dispose();
        }
    }

    private OutboxEntry Entry(StoredMessage message, IMailBytes content, AuthenticationFacts arrival, Direction direction, List<Recipient> recipients, bool original)
    {
        ReceivedMessage received = new(message.Id, message.Envelope, content, new ListenerFacts("quarantine", "after-queue", "auto"), message.StoredAt, DateTimeOffset.MaxValue);
        SealOrder order = new(message.Id, direction, [KeyValuePair.Create("X-MailSanitizer-Decision", "released")], ReceivedField.Build(options.HostName, received));
        using SealedMessage ready = sealer.Seal(content, arrival, order);
        DateTimeOffset now = time.GetUtcNow();
        return new OutboxEntry
        {
            // A key of its own for each order: that nobody gets it twice is the store's to keep, in the transaction.
            Key = OutboxEntry.KeyOf(message.Id, recipients, $"release:{Guid.CreateVersion7():N}"),
            MessageId = message.Id,
            Purpose = "release",
            Envelope = message.Envelope.For(recipients),
            Content = spool.Copy(ready.Message),
            SenderVouched = arrival.Result("spf") == "pass" || arrival.Result("dmarc") == "pass",
            ContentIsSenders = original,
            EnqueuedAt = now,
            NextAttempt = now,
        };
    }

    // What was true on arrival stands in the report; what it does not say was not judged.
    private static AuthenticationFacts Arrival(JsonObject? decision)
    {
        if (decision?["authentication"] is not JsonArray list) return AuthenticationFacts.None;
        List<MethodResult> results = [];
        foreach (JsonNode? node in list)
        {
            if (node is not JsonObject entry || Text(entry["method"]) is not { } method || Text(entry["result"]) is not { } result) continue;
            List<KeyValuePair<string, string>> properties = [];
            if (entry["properties"] is JsonObject pairs) foreach ((string key, JsonNode? value) in pairs) if (Text(value) is { } text) properties.Add(KeyValuePair.Create(key, text));
            results.Add(new MethodResult(method, result, properties, Text(entry["reason"])));
        }

        return new AuthenticationFacts { Results = results };
    }

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    private static bool Same(string left, string right) => string.Equals(left, right, StringComparison.OrdinalIgnoreCase);

    private static JsonObject About(StoredMessage message, ReleaseOrder order, List<Recipient> recipients, string copy) => OperatorEvent.Fields(order.By, order.Reason, new JsonObject
    {
        ["email"] = new JsonObject
        {
            ["from"] = new JsonObject { ["address"] = message.Envelope.MailFrom },
            ["to"] = new JsonObject { ["address"] = new JsonArray([.. recipients.Select(recipient => (JsonNode)recipient.Address)]) },
        },
        ["release"] = new JsonObject { ["copy"] = copy },
    });
}

/// <summary>Fields that every operator's act has in the audit.</summary>
internal static class OperatorEvent
{
    public static JsonObject Fields(Operator by, string? reason, JsonObject fields)
    {
        fields["user"] = new JsonObject { ["name"] = by.Name, ["id"] = by.UserId == uint.MaxValue ? "local" : by.UserId.ToString(System.Globalization.CultureInfo.InvariantCulture) };
        if (reason is not null) fields["event"] = new JsonObject { ["reason"] = reason };
        return fields;
    }
}

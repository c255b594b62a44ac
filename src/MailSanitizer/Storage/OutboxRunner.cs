using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using MailSanitizer.Mail;

namespace MailSanitizer.Storage;

/// <summary>How the outbox is worked off.</summary>
public sealed record OutboxOptions
{
    /// <summary>Our host name, in notifications.</summary>
    public required string HostName { get; init; }

    /// <summary>Address in the From field of notifications.</summary>
    public required string From { get; init; }

    /// <summary>First wait after a temporary failure; doubled each time.</summary>
    public TimeSpan FirstWait { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Longest wait.</summary>
    public TimeSpan LongestWait { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How long it is tried. Origin: RFC 5321 4.5.4.1, at least 4-5 days.</summary>
    public TimeSpan GiveUpAfter { get; init; } = TimeSpan.FromDays(5);

    /// <summary>When a DELAY notification goes out, where it was asked for. Origin: RFC 3461 leaves it open; MTAs use 4 hours.</summary>
    public TimeSpan DelayedAfter { get; init; } = TimeSpan.FromHours(4);

    /// <summary>How long what cannot be delivered stays in quarantine.</summary>
    public TimeSpan KeepUndeliverable { get; init; } = TimeSpan.FromDays(30);

    /// <summary>Deliveries at once.</summary>
    public int Parallel { get; init; } = 4;

    /// <summary>How often the outbox is looked at.</summary>
    public TimeSpan Poll { get; init; } = TimeSpan.FromSeconds(2);
}

/// <summary>
/// Works off the outbox: hands entries to the next hop, recipient by recipient, backs off, gives up after five days. Whoever cannot be served is reported to a sender that SPF or DMARC
/// vouched for and that wants to know; else the message goes to quarantine and the operators are told. Nothing is dropped in silence.
/// </summary>
public sealed class OutboxRunner(IOutbox outbox, IMessageStore store, INextHop nextHop, IAuditTrail audit, INotices notices, IMailSigner? signer, OutboxOptions options, TimeProvider time, ILogger log)
{
    private const int Page = 64;

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using PeriodicTimer timer = new(options.Poll, time);
        try
        {
            do
            {
                try
                {
                    while (await RunDueAsync(cancellation) > 0)
                    {
                    }
                }
                // The disk may be full now and empty later: entries stay as they are.
                catch (Exception failure) when (failure is IOException or InvalidDataException)
                {
                    log.LogError(failure, "The outbox could not be worked off; it is tried again");
                }
            }
            while (await timer.WaitForNextTickAsync(cancellation));
        }
        catch (OperationCanceledException)
        {
        }
    }

    /// <summary>Tries everything that is due now, once. Returns how many entries were tried.</summary>
    public async Task<int> RunDueAsync(CancellationToken cancellation)
    {
        IReadOnlyList<OutboxEntry> due = await outbox.DueAsync(time.GetUtcNow(), Page, cancellation);
        await Parallel.ForEachAsync(due, new ParallelOptions { MaxDegreeOfParallelism = options.Parallel, CancellationToken = cancellation }, async (entry, token) => await TryAsync(entry, token));
        return due.Count;
    }

    private async Task TryAsync(OutboxEntry entry, CancellationToken cancellation)
    {
        using IMailBytes? content = await OpenAsync(entry, cancellation);
        IReadOnlyList<SmtpReply> replies = content is null
            ? [.. entry.Envelope.Recipients.Select(_ => new SmtpReply(451, "4.3.0", "the stored bytes cannot be read"))]
            : await DeliverAsync(entry, content, cancellation);
        List<(Recipient Recipient, SmtpReply Reply)> all = [.. entry.Envelope.Recipients.Zip(replies)];
        bool old = time.GetUtcNow() - entry.EnqueuedAt >= options.GiveUpAfter;
        List<(Recipient, SmtpReply)> taken = all.FindAll(one => one.Reply.IsPositive);
        List<(Recipient Recipient, SmtpReply Reply)> failed = all.FindAll(one => !one.Reply.IsPositive && (one.Reply.IsPermanent || old));
        List<(Recipient, SmtpReply)> waiting = all.FindAll(one => !one.Reply.IsPositive && !one.Reply.IsPermanent && !old);

        // Delivered is delivered, whether audit can write or not: it must never be sent again for that. Failures wait until the audit took them.
        if (taken.Count > 0)
        {
            await outbox.CompleteAsync(entry.Key, [.. taken.Select(one => one.Item1)], CancellationToken.None);
            await RecordAsync("message.handed-over", entry, taken);
            await ReportRelayedAsync(entry, content!, taken, cancellation);
        }

        if (failed.Count > 0) await GiveUpAsync(entry, content, failed, cancellation);
        if (waiting.Count > 0) await WaitAsync(entry, content, waiting, cancellation);
    }

    private async Task<IReadOnlyList<SmtpReply>> DeliverAsync(OutboxEntry entry, IMailBytes content, CancellationToken cancellation)
    {
        try
        {
            return await nextHop.DeliverAsync(entry.Envelope, new OutgoingMessage(default, content), cancellation);
        }
        // One entry whose bytes went bad under way must wait like any other, and not stop the rest.
        catch (InvalidDataException damaged)
        {
            log.LogError(damaged, "Outbox entry {Key} of message {Id} cannot be read", entry.Key, entry.MessageId);
            return [.. entry.Envelope.Recipients.Select(_ => new SmtpReply(451, "4.3.0", "the stored bytes cannot be read"))];
        }
    }

    private async Task<IMailBytes?> OpenAsync(OutboxEntry entry, CancellationToken cancellation)
    {
        try
        {
            return await outbox.ContentAsync(entry.Key, cancellation);
        }
        catch (InvalidDataException damaged)
        {
            log.LogError(damaged, "Outbox entry {Key} of message {Id} cannot be read", entry.Key, entry.MessageId);
            return null;
        }
    }

    private async Task WaitAsync(OutboxEntry entry, IMailBytes? content, List<(Recipient Recipient, SmtpReply Reply)> waiting, CancellationToken cancellation)
    {
        DateTimeOffset now = time.GetUtcNow();
        double factor = Math.Pow(2, Math.Min(entry.Attempts, 20));
        TimeSpan wait = TimeSpan.FromSeconds(Math.Min(options.FirstWait.TotalSeconds * factor, options.LongestWait.TotalSeconds));
        SmtpReply last = waiting[0].Reply;
        await outbox.PostponeAsync(entry.Key, now + wait, $"{last.Code} {last.Enhanced} {last.Text}", cancellation);
        // One record for the first failure, not one a minute: the last words stand in the queue list.
        if (entry.Attempts == 0) await RecordAsync("message.deferred", entry, waiting);
        if (content is null || now - entry.EnqueuedAt < options.DelayedAfter || !MayReport(entry)) return;
        List<(Recipient Recipient, SmtpReply Reply)> asked = waiting.FindAll(one => Wants(one.Recipient, "DELAY"));
        if (asked.Count > 0) await EnqueueReportAsync(entry, content, "delayed", [.. asked.Select(one => StatusOf(one.Recipient, one.Reply, "delayed", "4.4.1"))], "message.delayed", cancellation);
    }

    private async Task GiveUpAsync(OutboxEntry entry, IMailBytes? content, List<(Recipient Recipient, SmtpReply Reply)> failed, CancellationToken cancellation)
    {
        List<(Recipient Recipient, SmtpReply Reply)> reported = content is not null && MayReport(entry) ? failed.FindAll(one => Wants(one.Recipient, "FAILURE")) : [];
        List<(Recipient Recipient, SmtpReply Reply)> kept = [.. failed.Except(reported)];
        if (reported.Count > 0)
        {
            await EnqueueReportAsync(entry, content!, "failed", [.. reported.Select(one => StatusOf(one.Recipient, one.Reply, "failed", one.Reply.IsPermanent ? "5.0.0" : "4.4.7"))], "message.bounced", cancellation);
        }

        if (kept.Count > 0) await KeepAsync(entry, content, kept, cancellation);
        await outbox.CompleteAsync(entry.Key, [.. failed.Select(one => one.Recipient)], CancellationToken.None);
    }

    private async Task KeepAsync(OutboxEntry entry, IMailBytes? content, List<(Recipient Recipient, SmtpReply Reply)> kept, CancellationToken cancellation)
    {
        await RecordAsync("message.undeliverable", entry, kept);
        // Our own notices and notifications end here: a notice about a notice would be a loop.
        if (entry.Purpose is "notice" or "dsn") return;
        Guid id = await QuarantineAsync(entry, content, kept, cancellation);
        await notices.TellOperatorsAsync(
            new OperatorNotice("undeliverable", "A message that was accepted cannot be delivered, and its sender may not be told. It is in quarantine.", id,
                [KeyValuePair.Create("message", entry.MessageId.ToString("D")), KeyValuePair.Create("sender", entry.Envelope.MailFrom),
                    .. kept.Take(20).Select(one => KeyValuePair.Create(one.Recipient.Address, $"{one.Reply.Code} {one.Reply.Enhanced} {one.Reply.Text}"))]),
            cancellation);
    }

    // A message that the store has goes back to quarantine; what it does not have, or has in another form, is stored for itself.
    private async Task<Guid> QuarantineAsync(OutboxEntry entry, IMailBytes? content, List<(Recipient Recipient, SmtpReply Reply)> kept, CancellationToken cancellation)
    {
        DateTimeOffset due = time.GetUtcNow() + options.KeepUndeliverable;
        StoredMessage? there = await store.FindAsync(entry.MessageId, cancellation);
        if (there is { State: StoredState.Released or StoredState.Unlocked or StoredState.Expired })
        {
            await store.TransitionAsync(entry.MessageId, there.State, StoredState.Quarantined, due, [], cancellation);
            await store.TakeBackAsync(entry.MessageId, [.. kept.Select(one => one.Recipient.Address)], cancellation);
            return entry.MessageId;
        }

        if (there is { State: StoredState.Quarantined or StoredState.HeldPart or StoredState.HeldWhole } && entry.Serves)
        {
            await store.TakeBackAsync(entry.MessageId, [.. kept.Select(one => one.Recipient.Address)], cancellation);
            return entry.MessageId;
        }

        if (content is null) return entry.MessageId;
        if (there is null)
        {
            await PutAsync(entry.MessageId, entry, content, kept, due, cancellation);
            // Another copy of the same message may fail at the same moment: storing is idempotent by id, so whose bytes are there has to be looked at.
            if ((await store.FindAsync(entry.MessageId, cancellation))?.Sha256 == content.Sha256) return entry.MessageId;
        }

        Guid id = DerivedId(entry, kept);
        await PutAsync(id, entry, content, kept, due, cancellation);
        return id;
    }

    private Task PutAsync(Guid id, OutboxEntry entry, IMailBytes content, List<(Recipient Recipient, SmtpReply Reply)> kept, DateTimeOffset due, CancellationToken cancellation) => store.PutAsync(
        new StoredMessage { Id = id, State = StoredState.Quarantined, StoredAt = time.GetUtcNow(), DueAt = due, Reasons = ["undeliverable"], Envelope = entry.Envelope.For([.. kept.Select(one => one.Recipient)]) },
        content,
        null,
        new JsonObject
        {
            ["version"] = 1,
            ["id"] = id.ToString("D"),
            ["message"] = entry.MessageId.ToString("D"),
            ["decision"] = "undeliverable",
            ["replies"] = new JsonArray([.. kept.Select(one => (JsonNode)new JsonObject { ["address"] = one.Recipient.Address, ["reply"] = $"{one.Reply.Code} {one.Reply.Enhanced} {one.Reply.Text}" })]),
        },
        cancellation);

    // The same failure again gives the same id: a crash in between stores it once.
    private static Guid DerivedId(OutboxEntry entry, List<(Recipient Recipient, SmtpReply Reply)> kept) =>
        new(SHA256.HashData(Encoding.UTF8.GetBytes($"{entry.Key}\n{string.Join('\n', kept.Select(one => one.Recipient.Address))}")).AsSpan(0, 16));

    // RFC 3461 5.2.2: SUCCESS that the next hop cannot promise is answered with "relayed".
    private async Task ReportRelayedAsync(OutboxEntry entry, IMailBytes content, List<(Recipient Recipient, SmtpReply Reply)> taken, CancellationToken cancellation)
    {
        if (!MayReport(entry) || nextHop.Extensions.Contains("DSN")) return;
        List<(Recipient Recipient, SmtpReply Reply)> asked = taken.FindAll(one => one.Recipient.Notify is not null && Wants(one.Recipient, "SUCCESS"));
        if (asked.Count > 0) await EnqueueReportAsync(entry, content, "relayed", [.. asked.Select(one => StatusOf(one.Recipient, one.Reply, "relayed", "2.0.0"))], "message.relay-reported", cancellation);
    }

    private async Task EnqueueReportAsync(OutboxEntry entry, IMailBytes content, string action, IReadOnlyList<RecipientStatus> statuses, string happened, CancellationToken cancellation)
    {
        byte[] report = DeliveryStatus.Build(new DeliveryStatus.Order
        {
            HostName = options.HostName,
            From = options.From,
            MessageId = entry.MessageId,
            Envelope = entry.Envelope,
            ArrivedAt = entry.EnqueuedAt,
            Now = time.GetUtcNow(),
            RetryUntil = entry.EnqueuedAt + options.GiveUpAfter,
            Statuses = statuses,
            Content = content,
            // A failure may return everything, other reports the header only (RFC 3461 4.3).
            ReturnContent = action == "failed" && entry.ContentIsSenders && string.Equals(entry.Envelope.Ret, "FULL", StringComparison.OrdinalIgnoreCase) && content.Length <= 1024 * 1024,
        });
        Recipient sender = new(entry.Envelope.MailFrom, Notify: "NEVER");
        Envelope envelope = new()
        {
            MailFrom = "",
            Recipients = [sender],
            Body = report.AsSpan().ContainsAnyInRange((byte)0x80, (byte)0xFF) ? "8BITMIME" : null,
            SmtpUtf8 = !Ascii.IsValid(entry.Envelope.MailFrom) || statuses.Any(status => !Ascii.IsValid(status.Recipient.Address)),
        };
        ReadOnlyMemory<byte> signature = signer?.Sign(new MemoryMailBytes(report)) ?? default;
        using MemoryMailBytes signed = new((byte[])[.. signature.Span, .. report]);
        // The key names what is reported: tried again after a crash, it is queued once; a delay is reported once for each set of recipients.
        string key = OutboxEntry.KeyOf(entry.MessageId, statuses.Select(status => status.Recipient), $"dsn:{action}:{entry.Key}");
        await RecordAsync(happened, entry, [.. statuses.Select(status => (status.Recipient, new SmtpReply(0, status.Status, status.Diagnostic)))]);
        await outbox.EnqueueAsync(
            new OutboxEntry { Key = key, MessageId = entry.MessageId, Purpose = "dsn", Envelope = envelope, Content = signed, EnqueuedAt = time.GetUtcNow(), NextAttempt = time.GetUtcNow() },
            cancellation);
    }

    private static bool MayReport(OutboxEntry entry) => entry.SenderVouched && entry.Envelope.MailFrom.Length > 0 && entry.Purpose is not ("dsn" or "notice");

    // No NOTIFY means FAILURE, and DELAY at the MTA's choice (RFC 3461 4.1): we do not send what nobody asked for.
    private static bool Wants(Recipient recipient, string what) => recipient.Notify is null
        ? what == "FAILURE"
        : recipient.Notify.Split(',', StringSplitOptions.TrimEntries).Contains(what, StringComparer.OrdinalIgnoreCase);

    private static RecipientStatus StatusOf(Recipient recipient, SmtpReply reply, string action, string otherwise) =>
        new(recipient, action, action == "relayed" || !FitsAction(reply.Enhanced, action) ? otherwise : reply.Enhanced, $"{reply.Code} {reply.Enhanced} {reply.Text}".Replace("  ", " ", StringComparison.Ordinal).Trim());

    private static bool FitsAction(string enhanced, string action) => enhanced.Length > 0 && (action == "delayed" ? enhanced[0] == '4' : enhanced[0] is '5');

    private Task RecordAsync(string action, OutboxEntry entry, IReadOnlyList<(Recipient Recipient, SmtpReply Reply)> about) => audit.AppendAsync(
        new AuditEvent(action, entry.MessageId, new JsonObject
        {
            ["email"] = new JsonObject
            {
                ["from"] = new JsonObject { ["address"] = entry.Envelope.MailFrom },
                ["to"] = new JsonObject { ["address"] = new JsonArray([.. about.Select(one => (JsonNode)one.Recipient.Address)]) },
            },
            ["outbox"] = new JsonObject { ["purpose"] = entry.Purpose, ["attempts"] = entry.Attempts + 1 },
            ["recipients"] = new JsonArray([.. about.Select(one => (JsonNode)new JsonObject { ["address"] = one.Recipient.Address, ["reply"] = $"{(one.Reply.Code == 0 ? "" : one.Reply.Code)} {one.Reply.Enhanced} {one.Reply.Text}".Trim() })]),
        }),
        CancellationToken.None);
}

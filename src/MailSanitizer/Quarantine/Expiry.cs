using System.Text.Json.Nodes;
using MailSanitizer.Mail;
using MailSanitizer.Storage;

namespace MailSanitizer.Quarantine;

/// <summary>
/// Lets stored mail go: by age, each message at its own time; by size only what a person has decided on, so that a flood cannot remove evidence. At 90 % of the limit the operators
/// are told; at the limit the gauge makes Reception answer 452.
/// </summary>
public sealed class Expiry(IMessageStore store, IStoreGauge gauge, IAuditTrail audit, INotices notices, TimeProvider time, ILogger log)
{
    // Held mail is not ours: its due time is the end of a hold.
    private static readonly StoredState[] Ours = [StoredState.Quarantined, StoredState.Released, StoredState.Unlocked, StoredState.Expired];

    // Not Quarantined: what came back undelivered, or was released to some only, is still somebody's to look at.
    private static readonly StoredState[] Settled = [StoredState.Released, StoredState.Unlocked, StoredState.Expired];
    private StoreLevel _level;

    /// <summary>Runs until cancelled, once a minute.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using PeriodicTimer timer = new(TimeSpan.FromMinutes(1), time);
        try
        {
            do
            {
                try
                {
                    await RunOnceAsync(cancellation);
                }
                // A full disk stops the audit, and with it deletion; it is tried again.
                catch (IOException failure)
                {
                    log.LogError(failure, "Expiry of stored mail could not run");
                }
            }
            while (await timer.WaitForNextTickAsync(cancellation));
        }
        catch (OperationCanceledException)
        {
        }
    }

    /// <summary>One round. Returns how many messages went.</summary>
    public async Task<int> RunOnceAsync(CancellationToken cancellation)
    {
        int gone = await ByAgeAsync(cancellation) + await BySizeAsync(cancellation);
        await TellAsync(cancellation);
        return gone;
    }

    private async Task<int> ByAgeAsync(CancellationToken cancellation)
    {
        int gone = 0;
        while (true)
        {
            IReadOnlyList<StoredMessage> due = await store.ListAsync(new StoreQuery { States = Ours, DueBefore = time.GetUtcNow(), OldestFirst = true, Take = 100 }, cancellation);
            foreach (StoredMessage message in due) await DeleteAsync(message, "age", cancellation);
            gone += due.Count;
            if (due.Count < 100) return gone;
        }
    }

    private async Task<int> BySizeAsync(CancellationToken cancellation)
    {
        int gone = 0;
        while (gauge.Read(0) is { LimitBytes: > 0 } reading && reading.Usage.Bytes >= reading.LimitBytes / 10 * 9)
        {
            IReadOnlyList<StoredMessage> decided = await store.ListAsync(new StoreQuery { States = Settled, DecidedOn = true, OldestFirst = true, Take = 1 }, cancellation);
            if (decided.Count == 0) return gone;
            await DeleteAsync(decided[0], "size", cancellation);
            gone++;
        }

        return gone;
    }

    private async Task DeleteAsync(StoredMessage message, string why, CancellationToken cancellation)
    {
        await audit.AppendAsync(
            new AuditEvent("message.deleted", message.Id, new JsonObject
            {
                ["user"] = new JsonObject { ["name"] = "mailsanitizer" },
                ["event"] = new JsonObject { ["reason"] = why },
                ["reasons"] = new JsonArray([.. message.Reasons.Select(reason => (JsonNode)reason)]),
            }),
            cancellation);
        await store.DeleteAsync(message.Id, cancellation);
    }

    private async Task TellAsync(CancellationToken cancellation)
    {
        StoreReading reading = gauge.Read(0);
        StoreLevel before = _level;
        _level = reading.Level;
        if (reading.Level <= before) return;
        string kind = reading.Level == StoreLevel.Full ? "store-full" : "store-filling";
        JsonObject figures = new() { ["messages"] = reading.Usage.Messages, ["bytes"] = reading.Usage.Bytes, ["limit_bytes"] = reading.LimitBytes, ["free_bytes"] = reading.FreeBytes };
        await audit.AppendAsync(new AuditEvent(reading.Level == StoreLevel.Full ? "store.full" : "store.filling", null, new JsonObject { ["store"] = figures }), cancellation);
        await notices.TellOperatorsAsync(
            new OperatorNotice(kind, reading.Level == StoreLevel.Full ? "The message store is full: new mail is answered 452 and waits in the MTA." : "The message store is at 90 % of its room. Nothing that a person has not decided on is removed.", null,
                [.. figures.Select(pair => KeyValuePair.Create(pair.Key, pair.Value!.ToJsonString()))]),
            cancellation);
    }
}

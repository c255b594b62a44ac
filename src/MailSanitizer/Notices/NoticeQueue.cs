using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using MailSanitizer.Mail;
using MailSanitizer.Storage;

namespace MailSanitizer.Notices;

/// <summary>Decides whether a notice is sent now, later in a digest, or not at all, and queues it. Every one of these is in the audit.</summary>
public sealed class NoticeQueue(IOutbox outbox, INoticeLedger ledger, IAuditTrail audit, IMailSigner? signer, NoticeOptions options, TimeProvider time, ILogger log) : INotices
{
    private const string OperatorMark = "operator:";

    /// <inheritdoc/>
    public async Task TellRecipientsAsync(RecipientNotice notice, CancellationToken cancellation)
    {
        string? why = options.From is null ? "no-address" : notice.Envelope.MailFrom.Length == 0 ? "null-sender" : notice.IsListOrAutomatic ? "list-or-automatic" : null;
        if (why is not null)
        {
            await RecordAsync("message.notice-suppressed", notice.MessageId, notice.Kind, notice.Readers, why);
            return;
        }

        DateOnly today = DateOnly.FromDateTime(time.GetLocalNow().DateTime);
        foreach (string reader in notice.Readers.Distinct(StringComparer.OrdinalIgnoreCase))
        {
            // A notice to the address that notices come from, or that a held mail answers, would go round.
            if (string.Equals(reader, options.From, StringComparison.OrdinalIgnoreCase))
            {
                await RecordAsync("message.notice-suppressed", notice.MessageId, notice.Kind, [reader], "own-address");
                continue;
            }

            string key = OutboxEntry.KeyOf(notice.MessageId, [new Recipient(reader)], $"notice:{notice.Kind}");
            bool waits = options.Digest && notice.ReplyTo.Count == 0;
            if (waits || !await ledger.TryCountAsync(reader, today, options.PerReaderAndDay, cancellation))
            {
                await ledger.KeepForDigestAsync(reader, key, JsonSerializer.Serialize(notice with { Readers = [reader] }), cancellation);
                await RecordAsync("message.notice-suppressed", notice.MessageId, notice.Kind, [reader], waits ? "digest" : "rate-limit");
                continue;
            }

            await RecordAsync("message.notified", notice.MessageId, notice.Kind, [reader], null);
            await EnqueueAsync(key, notice.MessageId, reader, NoticeText.ForReader(notice, options.Ask), notice.ReplyTo.GetValueOrDefault(reader), cancellation);
        }
    }

    /// <inheritdoc/>
    public async Task TellOperatorsAsync(OperatorNotice notice, CancellationToken cancellation)
    {
        if (options.From is null || options.Operators.Count == 0)
        {
            log.LogWarning("{Kind}: {Text} (message {Id}); no operator's address is configured", notice.Kind, notice.Text, notice.MessageId);
            await RecordAsync("message.notice-suppressed", notice.MessageId, notice.Kind, [], "no-address");
            return;
        }

        DateOnly today = DateOnly.FromDateTime(time.GetLocalNow().DateTime);
        Guid id = notice.MessageId ?? Guid.CreateVersion7();
        bool now = await ledger.TryCountAsync(OperatorMark + notice.Kind, today, options.PerOperatorKindAndDay, cancellation);
        await RecordAsync("operator.told", notice.MessageId, notice.Kind, options.Operators, now ? null : "digest");
        foreach (string reader in options.Operators)
        {
            string key = OutboxEntry.KeyOf(id, [new Recipient(reader)], $"notice:operator:{notice.Kind}");
            if (now) await EnqueueAsync(key, id, reader, NoticeText.ForOperators(notice), null, cancellation);
            else await ledger.KeepForDigestAsync(OperatorMark + reader, key, JsonSerializer.Serialize(notice), cancellation);
        }
    }

    /// <summary>Sends digests once a day, until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using PeriodicTimer timer = new(TimeSpan.FromMinutes(1), time);
        try
        {
            do
            {
                try
                {
                    await SendDigestsAsync(cancellation);
                }
                // Tried again in a minute; the items are kept.
                catch (IOException failure)
                {
                    log.LogError(failure, "Digests could not be queued");
                }
            }
            while (await timer.WaitForNextTickAsync(cancellation));
        }
        catch (OperationCanceledException)
        {
        }
    }

    /// <summary>Queues a digest for every reader with items from before the last digest hour. Returns how many.</summary>
    public async Task<int> SendDigestsAsync(CancellationToken cancellation)
    {
        DateTimeOffset now = time.GetLocalNow();
        DateTimeOffset hour = new(now.Date + options.DigestAt.ToTimeSpan(), now.Offset);
        if (hour > now) hour = hour.AddDays(-1);
        int sent = 0;
        foreach (string reader in await ledger.DigestReadersAsync(hour, cancellation))
        {
            IReadOnlyList<KeyValuePair<string, string>> items = await ledger.DigestAsync(reader, 10_000, cancellation);
            bool operators = reader.StartsWith(OperatorMark, StringComparison.Ordinal);
            string address = operators ? reader[OperatorMark.Length..] : reader;
            NoticeBody body = operators
                ? NoticeText.OperatorDigest([.. items.Take(options.DigestItems).Select(item => JsonSerializer.Deserialize<OperatorNotice>(item.Value)!)], Math.Max(0, items.Count - options.DigestItems))
                : NoticeText.Digest([.. items.Take(options.DigestItems).Select(item => JsonSerializer.Deserialize<RecipientNotice>(item.Value)!)], Math.Max(0, items.Count - options.DigestItems), options.Ask);
            // Named by its items: cut off between queueing and forgetting them, it is queued once.
            Guid id = new(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', items.Select(item => item.Key)))).AsSpan(0, 16));
            await RecordAsync("message.notified", null, "digest", [address], null);
            await EnqueueAsync(OutboxEntry.KeyOf(id, [new Recipient(address)], "notice:digest"), id, address, body, null, cancellation);
            await ledger.DropDigestAsync(reader, [.. items.Select(item => item.Key)], cancellation);
            sent++;
        }

        return sent;
    }

    private async Task EnqueueAsync(string key, Guid message, string reader, NoticeBody body, string? replyTo, CancellationToken cancellation)
    {
        DateTimeOffset now = time.GetUtcNow();
        byte[] mail = NoticeMail.Build(body, options.From!, reader, replyTo, options.HostName, Guid.CreateVersion7(), now);
        ReadOnlyMemory<byte> signature = signer?.Sign(new MemoryMailBytes(mail)) ?? default;
        using MemoryMailBytes content = new((byte[])[.. signature.Span, .. mail]);
        // The null sender and NOTIFY=NEVER: nothing comes back, whatever happens to it.
        Envelope envelope = new() { MailFrom = "", Recipients = [new Recipient(reader, Notify: "NEVER")], SmtpUtf8 = !Ascii.IsValid(reader), Body = Ascii.IsValid(reader) ? null : "8BITMIME" };
        await outbox.EnqueueAsync(new OutboxEntry { Key = key, MessageId = message, Purpose = "notice", Envelope = envelope, Content = content, EnqueuedAt = now, NextAttempt = now }, cancellation);
    }

    private Task RecordAsync(string action, Guid? message, string kind, IReadOnlyList<string> readers, string? why)
    {
        JsonObject fields = new()
        {
            ["notice"] = new JsonObject { ["kind"] = kind },
            ["email"] = new JsonObject { ["to"] = new JsonObject { ["address"] = new JsonArray([.. readers.Select(reader => (JsonNode)reader)]) } },
        };
        if (why is not null) fields["event"] = new JsonObject { ["reason"] = why };
        return audit.AppendAsync(new AuditEvent(action, message, fields), CancellationToken.None);
    }
}

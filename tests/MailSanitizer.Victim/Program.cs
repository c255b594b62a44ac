using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using MailSanitizer.Audit;
using MailSanitizer.Mail;
using MailSanitizer.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace MailSanitizer.Victim;

/// <summary>
/// Takes mail as the daemon does: audit, then store or outbox, then a word on standard output, which stands for the 250. It stores, releases, deletes, queues and delivers until it is killed.
/// <c>deliver</c>: works off the outbox once into a folder and ends.
/// </summary>
public static class Program
{
    public static async Task<int> Main(string[] args)
    {
        string folder = args[0];
        TimeProvider time = TimeProvider.System;
        await using EmbeddedStorage storage = await EmbeddedStorage.OpenAsync(new StorageOptions { Folder = folder }, time, CancellationToken.None);
        AuditOptions options = new() { Folder = Path.Combine(folder, "audit"), KeyFolder = Path.Combine(folder, "keys"), RotateBytes = 40_000 };
        await using AuditTrail audit = AuditTrail.Open(options, time, NullLogger.Instance);
        using FolderNextHop hop = new(Path.Combine(folder, "delivered"));
        OutboxRunner runner = new(storage.Outbox, storage.Messages, hop, audit, new NoNotices(), null, new OutboxOptions { HostName = "h", From = "p@example.jp" }, time, NullLogger.Instance);
        if (args.Length > 1)
        {
            await storage.Outbox.FlushAsync(time.GetUtcNow(), CancellationToken.None);
            while (await runner.RunDueAsync(CancellationToken.None) > 0)
            {
            }

            return 0;
        }

        using Stream output = Console.OpenStandardOutput();
        Say(output, "ready");
        await Task.WhenAll([.. Enumerable.Range(0, 3).Select(lane => Task.Run(() => TakeAsync(lane, storage, audit, output, time))), Task.Run(async () =>
        {
            while (true)
            {
                await runner.RunDueAsync(CancellationToken.None);
                await Task.Delay(5);
            }
        })]);
        return 0;
    }

    private static async Task TakeAsync(int lane, EmbeddedStorage storage, AuditTrail audit, Stream output, TimeProvider time)
    {
        Random random = new(lane * 7919 + Environment.ProcessId);
        List<Guid> stored = [];
        while (true)
        {
            Guid id = Guid.CreateVersion7();
            MemoryMailBytes bytes = new(Encoding.ASCII.GetBytes($"Message: {id:D}\r\n\r\n{new string('x', random.Next(20_000))}"));
            Recipient recipient = new($"r{id:N}@example.jp");
            Envelope envelope = new() { MailFrom = "s@example.net", Recipients = [recipient] };
            Handover handover = new($"I{id:N}", bytes.Sha256, [recipient.Address]);
            await audit.AppendAsync(new AuditEvent("message.decided", id, new JsonObject { ["decision"] = "taken", ["pad"] = new string('p', random.Next(500)) }), CancellationToken.None);
            DateTimeOffset now = time.GetUtcNow();
            if (random.Next(2) == 0)
            {
                await storage.Messages.PutAsync(new StoredMessage { Id = id, State = StoredState.Quarantined, StoredAt = now, Envelope = envelope, Reasons = ["test"], Handover = handover }, bytes, random.Next(2) == 0 ? bytes : null, new JsonObject { ["n"] = 1 }, CancellationToken.None);
                stored.Add(id);
            }
            else
            {
                await storage.Outbox.EnqueueAsync(new OutboxEntry { Key = OutboxEntry.KeyOf(id, envelope.Recipients, "delivery"), MessageId = id, Purpose = "delivery", Envelope = envelope, Content = bytes, EnqueuedAt = now, NextAttempt = now, Handover = handover }, CancellationToken.None);
            }

            Say(output, $"taken {id:D} {bytes.Sha256}");
            if (stored.Count == 0 || random.Next(3) != 0) continue;
            Guid old = stored[random.Next(stored.Count)];
            stored.Remove(old);
            if (await storage.Messages.FindAsync(old, CancellationToken.None) is not { } row) continue;
            if (random.Next(3) == 0)
            {
                Say(output, $"deleting {old:D}");
                await audit.AppendAsync(new AuditEvent("message.deleted", old, []), CancellationToken.None);
                await storage.Messages.DeleteAsync(old, CancellationToken.None);
                continue;
            }

            using IMailBytes? original = await storage.Messages.OriginalAsync(old, CancellationToken.None);
            await audit.AppendAsync(new AuditEvent("message.released", old, []), CancellationToken.None);
            OutboxEntry entry = new() { Key = OutboxEntry.KeyOf(old, row.Envelope.Recipients, $"release:{Guid.NewGuid():N}"), MessageId = old, Purpose = "release", Envelope = row.Envelope, Content = original, EnqueuedAt = now, NextAttempt = now };
            await storage.Messages.TransitionAsync(old, StoredState.Quarantined, StoredState.Released, null, [entry], CancellationToken.None);
        }
    }

    private static void Say(Stream output, string line)
    {
        lock (output)
        {
            output.Write(Encoding.ASCII.GetBytes(line + "\n"));
            output.Flush();
        }
    }

    // One file a delivery, named by message and a number: counts what arrived, doubles included.
    private sealed class FolderNextHop : INextHop, IDisposable
    {
        private readonly string _folder;

        public FolderNextHop(string folder)
        {
            _folder = folder;
            Directory.CreateDirectory(folder);
        }

        public IReadOnlySet<string> Extensions { get; } = new HashSet<string>();

        public long MaximumSize => 0;

        public async Task<IReadOnlyList<SmtpReply>> DeliverAsync(Envelope envelope, OutgoingMessage message, CancellationToken cancellation)
        {
            string name = envelope.Recipients[0].Address.Split('@')[0][1..];
            // Whole or not at all: a file that was begun when the kill came is no delivery.
            string aside = Path.Combine(Path.GetTempPath(), $"mailsanitizer-victim-{Guid.NewGuid().ToString("N", CultureInfo.InvariantCulture)}");
            await File.WriteAllTextAsync(aside, message.Content.Sha256, cancellation);
            File.Move(aside, Path.Combine(_folder, $"{name}.{Path.GetFileName(aside)}"));
            return [.. envelope.Recipients.Select(_ => new SmtpReply(250, "2.0.0", "ok"))];
        }

        public void Dispose()
        {
        }
    }

    private sealed class NoNotices : INotices
    {
        public Task TellRecipientsAsync(RecipientNotice notice, CancellationToken cancellation) => Task.CompletedTask;

        public Task TellOperatorsAsync(OperatorNotice notice, CancellationToken cancellation) => Task.CompletedTask;
    }
}

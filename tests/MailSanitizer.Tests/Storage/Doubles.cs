using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;
using MailSanitizer.Content;
using MailSanitizer.Mail;

namespace MailSanitizer.Tests.Storage;

/// <summary>Keeps what it is told.</summary>
internal sealed class RecordedAudit : IAuditTrail
{
    public ConcurrentQueue<AuditEvent> Events { get; } = [];

    public bool Broken { get; set; }

    public Task AppendAsync(AuditEvent entry, CancellationToken cancellation)
    {
        if (Broken) throw new IOException("audit is broken");
        Events.Enqueue(entry with { Fields = (JsonObject)entry.Fields.DeepClone() });
        return Task.CompletedTask;
    }

    public int Count(string action) => Events.Count(entry => entry.Action == action);
}

internal sealed class RecordedNotices : INotices
{
    public ConcurrentQueue<RecipientNotice> Recipients { get; } = [];

    public ConcurrentQueue<OperatorNotice> Operators { get; } = [];

    public Task TellRecipientsAsync(RecipientNotice notice, CancellationToken cancellation)
    {
        Recipients.Enqueue(notice);
        return Task.CompletedTask;
    }

    public Task TellOperatorsAsync(OperatorNotice notice, CancellationToken cancellation)
    {
        Operators.Enqueue(notice);
        return Task.CompletedTask;
    }
}

/// <summary>A next hop whose answers are written down before.</summary>
internal sealed class ScriptedNextHop : INextHop
{
    public Func<string, SmtpReply> Answer { get; set; } = _ => new SmtpReply(250, "2.0.0", "ok");

    public ConcurrentQueue<(Envelope Envelope, byte[] Bytes)> Delivered { get; } = [];

    public int Calls;

    public IReadOnlySet<string> Extensions { get; set; } = new HashSet<string> { "DSN", "8BITMIME" };

    public long MaximumSize => 0;

    public Task<IReadOnlyList<SmtpReply>> DeliverAsync(Envelope envelope, OutgoingMessage message, CancellationToken cancellation)
    {
        Interlocked.Increment(ref Calls);
        SmtpReply[] replies = [.. envelope.Recipients.Select(recipient => Answer(recipient.Address))];
        Recipient[] taken = [.. envelope.Recipients.Where((_, at) => replies[at].IsPositive)];
        if (taken.Length > 0) Delivered.Enqueue((envelope.For(taken), [.. message.Prepended.ToArray(), .. BytesOf.ReadAll(message.Content)]));
        return Task.FromResult<IReadOnlyList<SmtpReply>>(replies);
    }
}

/// <summary>Workers that say what a test wants.</summary>
internal sealed class ScriptedWorkers : IContentWorkers
{
    public Func<IMailBytes, WalkOutcome> Walk { get; set; } = bytes => new WalkOutcome
    {
        Result = new WalkResult
        {
            Parts = [new PartFact { Path = "1", Format = "text", Sha256 = bytes.Sha256, IsBody = true, DeclaredType = "text/plain" }],
            Findings = [],
            Leaves = [new ScanItem("1", bytes.Sha256, new BytesOf(BytesOf.ReadAll(bytes)))],
        },
    };

    public int Walks;

    public Task<WalkOutcome> WalkAsync(IMailBytes original, WalkOrder order, CancellationToken cancellation)
    {
        Interlocked.Increment(ref Walks);
        return Task.FromResult(Walk(original));
    }

    public Task<RebuiltOutcome> RebuildAsync(IMailBytes original, RebuildOrder order, CancellationToken cancellation) => throw new InvalidOperationException("nothing is rebuilt here");
}

internal sealed class ScriptedScanner : IScanner
{
    public ScanOutcome Outcome { get; set; } = ScanOutcome.Clean;

    public string? ReducedScan => null;

    public Task<IReadOnlyList<ScanFact>> ScanAsync(IReadOnlyList<ScanItem> items, CancellationToken cancellation) =>
        Task.FromResult<IReadOnlyList<ScanFact>>([.. items.Select(item => new ScanFact(item.Path, item.Sha256, "test", "1", Outcome, Outcome == ScanOutcome.Infected ? "Eicar" : "", 1))]);
}

internal sealed class PlainSealer : ISealer
{
    public AuthenticationFacts? Seen { get; private set; }

    public SealedMessage Seal(IMailBytes content, AuthenticationFacts authentication, SealOrder order)
    {
        Seen = authentication;
        return new SealedMessage(new OutgoingMessage(Encoding.ASCII.GetBytes($"Authentication-Results: test\r\nX-MailSanitizer-Id: {order.Id:D}\r\n"), content), null);
    }
}

namespace MailSanitizer.Mail;

/// <summary>A message that has arrived and waits for our answer. Owned by Reception, which disposes of the bytes after the answer.</summary>
/// <param name="Id">UUIDv7: the one id in log, header, quarantine and audit.</param>
/// <param name="Envelope">Who and to whom.</param>
/// <param name="Original">The bytes as they arrived; never mutated.</param>
/// <param name="Listener">What the listener it came in on stands for.</param>
/// <param name="ReceivedAt">End of DATA.</param>
/// <param name="Deadline">When our answer has to be out (DESIGN.md, promise 11).</param>
public sealed record ReceivedMessage(Guid Id, Envelope Envelope, IMailBytes Original, ListenerFacts Listener, DateTimeOffset ReceivedAt, DateTimeOffset Deadline)
{
    /// <summary>The arriving bytes had a bare CR or LF (DESIGN.md, promise 10); the bytes are as they came.</summary>
    public bool HasBareCrOrLf { get; init; }

    /// <summary>The name of a single file that stands in a message's place (<c>disarm</c>): it has no header, no sender and no authentication. Null for mail.</summary>
    public string? FileName { get; init; }
}

/// <summary>What a listener stands for.</summary>
/// <param name="Name">Its URL, for logs.</param>
/// <param name="Mode"><c>after-queue</c> or <c>before-queue</c>.</param>
/// <param name="Direction"><c>auto</c>, <c>inbound</c> or <c>outbound</c>.</param>
public sealed record ListenerFacts(string Name, string Mode, string Direction);

/// <summary>Takes a received message through the product and answers for each recipient, in their order. Implemented by the Pipeline.</summary>
public interface IMessageReceiver
{
    /// <summary>
    /// Answers for each recipient. Never throws but for cancellation (the client is gone): a fault of ours is 451.
    /// A listener that speaks SMTP folds the replies into one, which the receiver has already made equal.
    /// </summary>
    Task<IReadOnlyList<SmtpReply>> ReceiveAsync(ReceivedMessage message, CancellationToken cancellation);
}

/// <summary>A reply with its enhanced status code (RFC 3463).</summary>
/// <param name="Code">Three digits.</param>
/// <param name="Enhanced"><c>2.0.0</c>; empty for replies that have none.</param>
/// <param name="Text">Text behind it; lines separated by LF. What a stranger can see of us is the id and a fixed class (promise 9).</param>
public sealed record SmtpReply(int Code, string Enhanced, string Text)
{
    /// <summary>2xx.</summary>
    public bool IsPositive => Code is >= 200 and < 300;

    /// <summary>4xx.</summary>
    public bool IsTransient => Code is >= 400 and < 500;

    /// <summary>5xx.</summary>
    public bool IsPermanent => Code is >= 500 and < 600;

    /// <summary>The general temporary failure.</summary>
    public static SmtpReply TryAgain(Guid id) => new(451, "4.3.0", $"{id} temporary failure, try again later");
}

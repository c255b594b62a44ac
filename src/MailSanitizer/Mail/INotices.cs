namespace MailSanitizer.Mail;

/// <summary>Tells people by mail. Implemented by Notices; each notice goes through the durable outbox, and an identical one is never sent twice.</summary>
public interface INotices
{
    /// <summary>Tells readers what was kept back or taken out of a message for them. Nothing is sent for mail from <c>&lt;&gt;</c>, from a list or an automatic sender, or above the day's limit.</summary>
    Task TellRecipientsAsync(RecipientNotice notice, CancellationToken cancellation);

    /// <summary>Tells the operators; without an operator's address it stands in the audit only.</summary>
    Task TellOperatorsAsync(OperatorNotice notice, CancellationToken cancellation);
}

/// <summary>What a reader is told.</summary>
public sealed record RecipientNotice
{
    /// <summary>The message.</summary>
    public required Guid MessageId { get; init; }

    /// <summary><c>quarantined</c>, <c>held</c>, <c>held-part</c>, <c>changed</c>, <c>expired</c>, <c>undeliverable</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>Its envelope.</summary>
    public required Envelope Envelope { get; init; }

    /// <summary>Who is told.</summary>
    public required IReadOnlyList<string> Readers { get; init; }

    /// <summary>Its subject, decoded, as the sender chose it.</summary>
    public string Subject { get; init; } = "";

    /// <summary>Address of its From field, or empty.</summary>
    public string From { get; init; } = "";

    /// <summary>When it arrived.</summary>
    public DateTimeOffset ReceivedAt { get; init; }

    /// <summary>It came from a list or an automatic sender (List-Id, Precedence, Auto-Submitted).</summary>
    public bool IsListOrAutomatic { get; init; }

    /// <summary>Parts that were kept back or changed.</summary>
    public IReadOnlyList<NoticeItem> Items { get; init; } = [];

    /// <summary>Reply-To for each reader (the address that takes a password), where there is one.</summary>
    public IReadOnlyDictionary<string, string> ReplyTo { get; init; } = new Dictionary<string, string>();

    /// <summary>How long it is kept, or null.</summary>
    public DateTimeOffset? KeptUntil { get; init; }
}

/// <summary>One part in a notice.</summary>
/// <param name="Name">Its name, as the sender chose it.</param>
/// <param name="Reason">A fixed class of reason: <c>infected</c>, <c>active-content</c>, <c>locked</c>, <c>program</c>, <c>not-checked</c>, <c>ambiguous</c>, <c>rule</c>.</param>
/// <param name="Did"><c>kept-back</c>, <c>replaced</c>, <c>disarmed</c>, <c>removed</c>.</param>
public sealed record NoticeItem(string Name, string Reason, string Did);

/// <summary>What operators are told.</summary>
/// <param name="Kind"><c>infected</c>, <c>worker-died</c>, <c>audit-chain</c>, <c>store-filling</c>, <c>store-full</c>, <c>undeliverable</c>, <c>loop</c>, <c>release-stopped</c>, <c>sandbox</c>.</param>
/// <param name="Text">What happened, in our own words.</param>
/// <param name="MessageId">The message, or null.</param>
/// <param name="Details">Names and values; values may be a stranger's text.</param>
public sealed record OperatorNotice(string Kind, string Text, Guid? MessageId, IReadOnlyList<KeyValuePair<string, string>> Details);

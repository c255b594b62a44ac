using MailSanitizer.Content;

namespace MailSanitizer.Mail;

/// <summary>What becomes of one recipient's copy, weakest first.</summary>
public enum Disposition
{
    /// <summary>Goes on to the next hop.</summary>
    Deliver,

    /// <summary>Waits for something: a password, a verdict.</summary>
    Hold,

    /// <summary>Kept; an auditor may release it.</summary>
    Quarantine,

    /// <summary>Refused with 5xx.</summary>
    Reject,
}

/// <summary>Where a message goes, a fact for each recipient.</summary>
public enum Direction
{
    /// <summary>From outside to one of ours.</summary>
    Inbound,

    /// <summary>From one of ours to outside.</summary>
    Outbound,

    /// <summary>From one of ours to one of ours.</summary>
    Internal,
}

/// <summary>What was decided for a group of recipients whose copies are equal.</summary>
public sealed record Branch
{
    /// <summary>The recipients.</summary>
    public required IReadOnlyList<Recipient> Recipients { get; init; }

    /// <summary>What becomes of the copy.</summary>
    public required Disposition Disposition { get; init; }

    /// <summary>Parts that do not go on as they came.</summary>
    public IReadOnlyList<Treatment> Treatments { get; init; } = [];

    /// <summary>Fields, subject tag and banners that are added.</summary>
    public Annotations Annotations { get; init; } = new();

    /// <summary>With <see cref="Disposition.Hold"/>: what it waits for and how long.</summary>
    public HoldOrder? Hold { get; init; }

    /// <summary>With <see cref="Disposition.Reject"/>: the reply. Its text tells a stranger no rule and no finding.</summary>
    public SmtpReply? Rejection { get; init; }

    /// <summary>Added recipients (copy-to), or the ones that replace these (redirect).</summary>
    public IReadOnlyList<string> CopyTo { get; init; } = [];

    /// <summary>Replacement recipients; null when the copy goes to its own.</summary>
    public IReadOnlyList<string>? RedirectTo { get; init; }

    /// <summary>Why: rule ids, or <c>floor:&lt;finding&gt;</c>.</summary>
    public IReadOnlyList<string> Reasons { get; init; } = [];
}

/// <summary>What is added to a copy.</summary>
public sealed record Annotations
{
    /// <summary>Tags in front of the subject, in order.</summary>
    public IReadOnlyList<string> SubjectTags { get; init; } = [];

    /// <summary>Header fields to prepend: name and (unencoded) value.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>Banners at the top of the bodies.</summary>
    public IReadOnlyList<Banner> Banners { get; init; } = [];

    /// <summary>Nothing is added to the subject or to a body.</summary>
    public bool LeavesMessageAlone => SubjectTags.Count == 0 && Banners.Count == 0;
}

/// <summary>What a held copy waits for.</summary>
/// <param name="For"><c>password</c> or <c>sandbox</c>.</param>
/// <param name="WholeFor">How long the whole message waits.</param>
/// <param name="KeepFor">How long the part waits on after that.</param>
/// <param name="AtEnd">What happens when nothing came: <c>quarantine</c> (default), <c>deliver-without</c>, <c>return</c>.</param>
public sealed record HoldOrder(string For, TimeSpan WholeFor, TimeSpan KeepFor, string AtEnd = "quarantine")
{
    /// <summary>With <c>sandbox</c>: what a password opened is submitted too. Else it never leaves the host.</summary>
    public bool SubmitUnlocked { get; init; }
}

/// <summary>The decision on a message.</summary>
public sealed record Decision
{
    /// <summary>One branch for each group of recipients with equal outcome; every recipient stands in exactly one.</summary>
    public required IReadOnlyList<Branch> Branches { get; init; }

    /// <summary>Each rule that hit, for report and audit.</summary>
    public IReadOnlyList<RuleHit> Hits { get; init; } = [];

    /// <summary>SHA-256 of the rule set that decided.</summary>
    public string RuleSetHash { get; init; } = "";
}

/// <summary>A rule that hit.</summary>
/// <param name="RuleId">Its id.</param>
/// <param name="Path">The part, or null for the message.</param>
/// <param name="Finding">The finding's id, or null.</param>
/// <param name="Did">What it did, in the words of <c>then</c>.</param>
/// <param name="Recorded">True for <c>status: test</c>: recorded, not done.</param>
public sealed record RuleHit(string RuleId, string? Path, string? Finding, string Did, bool Recorded = false);

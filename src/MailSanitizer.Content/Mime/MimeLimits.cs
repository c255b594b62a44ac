namespace MailSanitizer.Content;

public sealed partial record Limits
{
    /// <summary>Multiparts inside multiparts of one message (levels). Origin: MimeKit fails from 1,024 on, real mail has 6. At it: <c>over-depth</c>, the inner one is taken as one part.</summary>
    public int MimeDepth { get; init; } = 64;

    /// <summary>Second readings of one message that are followed (count). Each already made the message ambiguous. At it: <c>over-parts</c>.</summary>
    public int MimeReadings { get; init; } = 16;

    /// <summary>Bytes of a text part up to which it is decoded as a whole, for its charset, for candidates and for a banner (bytes). Above it: no candidates, no banner, a charset conflict counts as one.</summary>
    public int MimeText { get; init; } = 1024 * 1024;

    /// <summary>Bytes of a text part that stay in the skeleton (bytes). Larger ones are left out of it; they are scanned as leaves.</summary>
    public int SkeletonText { get; init; } = 128 * 1024;
}

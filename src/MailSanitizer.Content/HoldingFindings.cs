namespace MailSanitizer.Content;

/// <summary>What the daemon's holding of mail finds; declared here because every kind stands in this assembly's registry.</summary>
public static class HoldingFindings
{
    /// <summary>Mail from outside that is made up as one of our own notices, so that a reader gives it a password.</summary>
    public static readonly FindingKind NoticeImitation = new("notice-imitation", FindingClass.Unscannable, "Imitates a notice of this filter");
}

namespace MailSanitizer.Content;

/// <summary>Notes of the walk.</summary>
public static class PartWalkFindings
{
    /// <summary>A lock was opened; the detail is the source of the password.</summary>
    public static readonly FindingKind Opened = new("opened-by-password", FindingClass.Note, "A password opened it");
}

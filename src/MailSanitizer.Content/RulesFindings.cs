namespace MailSanitizer.Content;

/// <summary>What deciding itself finds.</summary>
public static class RulesFindings
{
    /// <summary>The rules were not asked to the end.</summary>
    public static readonly FindingKind OverRules = new("over-rules", FindingClass.Limit, "Asking all rules of all parts would take more than the limit");
}

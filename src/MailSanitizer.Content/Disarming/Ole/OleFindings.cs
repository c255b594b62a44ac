namespace MailSanitizer.Content.Disarming.Ole;

/// <summary>Findings of legacy office files (doc, xls, ppt) that no other format has.</summary>
public static class OleFindings
{
    /// <summary>The limit <see cref="Limits.OleStream"/> was reached: the stream was not looked into.</summary>
    public static readonly FindingKind OverStream = new("over-ole-stream", FindingClass.Limit, "A document stream longer than the limit");

    /// <summary>Chains that cross or loop: readers could read different streams. Disarmed by writing the file anew from one reading.</summary>
    public static readonly FindingKind Disorder = new("ole-disorder", FindingClass.Active, "A compound file that readers could read differently");
}

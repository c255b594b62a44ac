namespace MailSanitizer.Content.Disarming.Ole;

/// <summary>Findings of legacy office files (doc, xls, ppt) and of locked ones that no other format has.</summary>
public static class OleFindings
{
    /// <summary>The limit <see cref="Limits.OleStream"/> was reached: the stream was not looked into.</summary>
    public static readonly FindingKind OverStream = new("over-ole-stream", FindingClass.Limit, "A document stream longer than the limit");

    /// <summary>Chains that cross or loop: readers could read different streams. Disarmed by writing the file anew from one reading.</summary>
    public static readonly FindingKind Disorder = new("ole-disorder", FindingClass.Active, "A compound file that readers could read differently");

    /// <summary>A stream of properties that is locked in a form of its own and is not looked into. Disarmed by leaving it out.</summary>
    public static readonly FindingKind LockedProperties = new("locked-properties", FindingClass.Active, "Properties that are locked apart from the document");
}

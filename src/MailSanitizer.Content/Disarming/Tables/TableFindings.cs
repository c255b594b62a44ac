namespace MailSanitizer.Content.Disarming.Tables;

/// <summary>What a spreadsheet program would run of a CSV or TSV text.</summary>
public static class TableFindings
{
    /// <summary>A cell that starts a program or reaches out (DDE, <c>=cmd|…</c>, WEBSERVICE and its kin) when the file is opened.</summary>
    public static readonly FindingKind ActiveFormula = new("table-active-formula", FindingClass.Active, "A cell that runs a program or loads data when the table is opened");

    /// <summary>Any other cell that is computed instead of shown. Neutralised where a treatment names the kind.</summary>
    public static readonly FindingKind Formula = new("table-formula", FindingClass.Note, "A cell that is computed, not shown");

    /// <summary>Longer than the limit.</summary>
    public static readonly FindingKind OverLimit = new("table-over-limit", FindingClass.Limit, "A table with more text than the limit");
}

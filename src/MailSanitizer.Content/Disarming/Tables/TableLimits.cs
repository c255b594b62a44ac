namespace MailSanitizer.Content;

public sealed partial record Limits
{
    /// <summary>Bytes of a CSV or TSV text (bytes). Origin: Excel's million rows of 60 characters. At it: <c>table-over-limit</c>; nothing is read.</summary>
    public int TableBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>Cells reported one by one for one kind of finding (count); the rest is one line with their number. All are neutralised.</summary>
    public int TableFindings { get; init; } = 20;
}

namespace MailSanitizer.Content;

public sealed partial record Limits
{
    /// <summary>Bytes of one stream of a legacy office file that is read whole (bytes): text, workbook, presentation. Origin: product decision; pictures stand in streams of their own. At it: <c>over-ole-stream</c>.</summary>
    public int OleStream { get; init; } = 128 * 1024 * 1024;
}

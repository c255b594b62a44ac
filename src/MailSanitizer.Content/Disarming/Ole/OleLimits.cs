namespace MailSanitizer.Content;

public sealed partial record Limits
{
    /// <summary>Bytes of one stream of a legacy office file that is read whole (bytes): text, workbook, presentation. Origin: product decision; pictures stand in streams of their own. At it: <c>over-ole-stream</c>.</summary>
    public int OleStream { get; init; } = 128 * 1024 * 1024;

    /// <summary>Hashes that one try on an Office lock may cost (count). Origin: Office writes 100,000 and reads up to 10,000,000; a million takes half a second. At it: the part stays <c>locked</c>.</summary>
    public int OfficeLockRounds { get; init; } = 1_000_000;

    /// <summary>Bytes of a document that is locked anew, which is done in memory (bytes). Origin: product decision. At it: the document is replaced by a notice.</summary>
    public int OfficeLockBytes { get; init; } = 256 * 1024 * 1024;
}

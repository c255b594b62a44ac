namespace MailSanitizer.Content;

public sealed partial record Limits
{
    /// <summary>Objects of one PDF, every revision counted (count). Origin: the largest tagged books have 300,000. At it: <c>pdf-over-limit</c>.</summary>
    public int PdfObjects { get; init; } = 500_000;

    /// <summary>Decoded bytes of one object stream or cross-reference stream of a PDF (bytes). Origin: writers put 100 to 200 objects into one. At it: <c>pdf-over-limit</c>.</summary>
    public int PdfStreamBytes { get; init; } = 24 * 1024 * 1024;

    /// <summary>Decoded bytes of all object streams of one PDF (bytes). At it: <c>pdf-over-limit</c>.</summary>
    public long PdfDecodedBytes { get; init; } = 256L * 1024 * 1024;

    /// <summary>Text of one object without its stream data (bytes). At it: <c>pdf-over-limit</c>, the rest of the object is not read.</summary>
    public int PdfObjectBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>Arrays and dictionaries inside each other in one object of a PDF (levels). Origin: good files stay below 20. At it: <c>pdf-over-limit</c>.</summary>
    public int PdfDepth { get; init; } = 100;

    /// <summary>Cross-reference sections of one PDF (count). Origin: one an incremental save. At it: <c>pdf-over-limit</c>; the newest count.</summary>
    public int PdfRevisions { get; init; } = 2_000;
}

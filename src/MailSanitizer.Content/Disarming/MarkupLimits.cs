namespace MailSanitizer.Content;

public sealed partial record Limits
{
    /// <summary>Bytes of one HTML, SVG, XML or CSS part that are read as markup (bytes). Origin: the largest newsletters are 2 MB, saved pages with pictures inside 20 MB. At it: <c>markup-over-limit</c>, the part is not read.</summary>
    public int MarkupBytes { get; init; } = 32 * 1024 * 1024;
}

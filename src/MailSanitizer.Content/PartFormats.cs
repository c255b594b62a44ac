using MailSanitizer.Content.Identification;

namespace MailSanitizer.Content;

/// <summary>What the walker itself needs to know of formats.</summary>
public static class PartFormats
{
    /// <summary>A message (RFC 5322).</summary>
    public const string Message = "eml";

    /// <summary>Nothing that we know.</summary>
    public const string Unknown = "unknown";

    /// <summary>True for an id of the table of formats.</summary>
    public static bool IsKnown(string format) => FormatTable.Find(format) is not null;

    /// <summary>
    /// Boxes around files: when every member was taken out, the members are what is scanned. Documents are not boxes (a docx, an msg): scanners know them as whole files.
    /// </summary>
    public static bool IsContainer(string format) =>
        format is Message or "mht" or "mbox" or "tnef" or "p7m" or "pgp-message" || FormatTable.Find(format)?.Family is "archive" or "disk-image";

    /// <summary>Formats that only act (programs, scripts, shortcuts, disk images, …), with their family.</summary>
    public static IEnumerable<(string Id, string Family)> WithoutPassiveForm => FormatTable.All.Where(format => format.HasNoPassiveForm).Select(format => (format.Id, format.Family));

    /// <summary>
    /// The most special formats of a part that are neither passive nor taken by a handler: <c>docx</c> counts, not the <c>zip</c> that every docx also is.
    /// </summary>
    public static IEnumerable<string> Unhandled(IReadOnlySet<string> formats, IReadOnlyCollection<string> handled)
    {
        foreach (string format in formats)
        {
            if (format == Unknown || handled.Contains(format) || FormatTable.Find(format)?.IsPassive is true) continue;
            if (formats.Any(other => other != format && FormatTable.Is(other, format))) continue;
            yield return format;
        }
    }
}

namespace MailSanitizer.Content.Identification;

/// <summary>What identification itself finds.</summary>
public static class IdentificationFindings
{
    /// <summary>Content, names and declared type are of kinds that no reader treats alike.</summary>
    public static readonly FindingKind Mismatch = new("mismatch", FindingClass.Ambiguous, "Content, name and declared type do not fit together");

    /// <summary>The bytes are two formats at once.</summary>
    public static readonly FindingKind Polyglot = new("polyglot", FindingClass.Ambiguous, "A file that is two formats at once");

    /// <summary>The content is no format that we know.</summary>
    public static readonly FindingKind Unknown = new("unknown-format", FindingClass.Unscannable, "A format that is not known");

    /// <summary>A program that carries an archive.</summary>
    public static readonly FindingKind SelfExtracting = new("self-extracting", FindingClass.Note, "A program that carries an archive");

    /// <summary>A name such as <c>invoice.pdf.exe</c>.</summary>
    public static readonly FindingKind DoubleExtension = new("double-extension", FindingClass.Note, "A name that shows a harmless type before its real one");

    /// <summary>A name with characters that turn the reading direction.</summary>
    public static readonly FindingKind Bidi = new("name-bidi", FindingClass.Note, "A name that is displayed in another order than it is written");
}

namespace MailSanitizer.Content.Mime;

/// <summary>
/// Findings of the message room. Active ones are disagreements that are harmless and common in good mail: taking them out means that the part is written
/// anew from one reading, its header fields and encoding ours. Ambiguous ones never leave (<see cref="MimeDisagreements"/> has the reasons).
/// </summary>
public static class MimeFindings
{
    /// <summary>A header block or a field's parameters over the limit.</summary>
    public static readonly FindingKind HeaderOverLimit = new("header-over-limit", FindingClass.Limit, "More header than the limit");

    /// <summary>A piece of a message that the reader's program puts together (RFC 2046 5.2.2).</summary>
    public static readonly FindingKind MessagePartial = new("message-partial", FindingClass.Unscannable, "A piece of a message that comes in several mails");

    /// <summary>Content that lies elsewhere (RFC 2046 5.2.3).</summary>
    public static readonly FindingKind ExternalBody = new("message-external-body", FindingClass.Unscannable, "A part whose content lies elsewhere");

    /// <summary>A signature covers a part of the message.</summary>
    public static readonly FindingKind SignedMessage = new("signed-message", FindingClass.Note, "Signed mail");

    /// <summary>A signature was taken off, because something that it covers had to change.</summary>
    public static readonly FindingKind SignatureTakenOff = new("signature-taken-off", FindingClass.Note, "A signature was taken off because its content changed");

    /// <summary>Two fields of one name that say different things.</summary>
    public static readonly FindingKind DuplicateField = new("mime-duplicate-field", FindingClass.Ambiguous, "Two MIME header fields that contradict each other");

    /// <summary>Lines that are a boundary to some readers only.</summary>
    public static readonly FindingKind Boundary = new("mime-boundary", FindingClass.Ambiguous, "Boundary lines that readers take differently");

    /// <summary>A multipart without a boundary.</summary>
    public static readonly FindingKind BoundaryMissing = new("mime-boundary-missing", FindingClass.Ambiguous, "A multipart that names no boundary");

    /// <summary>A transfer encoding that nobody knows.</summary>
    public static readonly FindingKind EncodingUnknown = new("mime-encoding-unknown", FindingClass.Ambiguous, "An unknown transfer encoding");

    /// <summary>A transfer encoding on a multipart (RFC 2045 6.4 forbids it).</summary>
    public static readonly FindingKind EncodingOnMultipart = new("mime-encoding-on-multipart", FindingClass.Ambiguous, "A transfer encoding around a multipart");

    /// <summary>A header block that ends in different places for different readers, and it matters.</summary>
    public static readonly FindingKind HeaderAmbiguous = new("mime-header-ambiguous", FindingClass.Ambiguous, "A header that readers end in different places");

    /// <summary>HTTP's Content-Encoding in a mail.</summary>
    public static readonly FindingKind ContentEncoding = new("mime-content-encoding", FindingClass.Ambiguous, "A Content-Encoding that only some readers undo");

    /// <summary>A charset that turns text into other markup for some readers.</summary>
    public static readonly FindingKind CharsetAmbiguous = new("charset-ambiguous", FindingClass.Ambiguous, "Charsets that make two texts of the same bytes");

    /// <summary>One field several times with the same meaning.</summary>
    public static readonly FindingKind RepeatedField = new("mime-repeated-field", FindingClass.Active, "A MIME header field that is there more than once");

    /// <summary>Parameters that are not as RFC 2045 wants them.</summary>
    public static readonly FindingKind OddParameter = new("mime-odd-parameter", FindingClass.Active, "MIME parameters that readers may take differently");

    /// <summary>Several names for one part.</summary>
    public static readonly FindingKind NamesDiffer = new("mime-names-differ", FindingClass.Active, "A part with several names");

    /// <summary>A header block that no empty line ends.</summary>
    public static readonly FindingKind HeaderWithoutEnd = new("mime-header-without-end", FindingClass.Active, "A header that is not ended by an empty line");

    /// <summary>A multipart without its final boundary.</summary>
    public static readonly FindingKind Unclosed = new("mime-unclosed", FindingClass.Active, "A multipart without its final boundary");

    /// <summary>Bytes in base64 that are none.</summary>
    public static readonly FindingKind Base64Junk = new("mime-base64-junk", FindingClass.Active, "Base64 with foreign or trailing bytes");

    /// <summary>Wrong escapes in quoted-printable.</summary>
    public static readonly FindingKind QuotedPrintableJunk = new("mime-quoted-printable-junk", FindingClass.Active, "Quoted-printable with wrong escapes");

    /// <summary>A message inside a message in base64 or quoted-printable (RFC 2046 5.2.1 forbids it, mailers do it).</summary>
    public static readonly FindingKind EncodedMessage = new("mime-encoded-message", FindingClass.Active, "An attached message in a transfer encoding");

    /// <summary>A charset in the content that differs from the one in the header.</summary>
    public static readonly FindingKind CharsetConflict = new("charset-conflict", FindingClass.Active, "Text that names another charset than its header");
}

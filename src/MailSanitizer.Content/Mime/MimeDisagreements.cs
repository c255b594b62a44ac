namespace MailSanitizer.Content.Mime;

/// <summary>One disagreement between readers of mail, and what is done about it.</summary>
/// <param name="Kind">The finding. Its class is the verdict: active is written anew from one reading, ambiguous never leaves.</param>
/// <param name="Readings">How readers differ.</param>
/// <param name="Kept">The reading that is followed first, and delivered where the verdict allows it.</param>
/// <param name="Why">Why this verdict.</param>
public sealed record MimeDisagreement(FindingKind Kind, string Readings, string Kept, string Why);

/// <summary>The table of DESIGN.md, "Where readers could disagree", for mail. Every reading is extracted and scanned, whatever the verdict.</summary>
public static class MimeDisagreements
{
    /// <summary>One row a disagreement.</summary>
    public static IReadOnlyList<MimeDisagreement> All { get; } =
    [
        new(MimeFindings.DuplicateField, "the first field counts, or the last", "the first", "no mailer writes two different ones"),
        new(MimeFindings.Boundary, "exact line, prefix of a line, line behind a bare CR, boundary used again behind its end, two boundary parameters, one boundary for two levels", "the exact line behind LF", "only attacks and broken gateways"),
        new(MimeFindings.BoundaryMissing, "one text, or parts by a guessed boundary", "one text", "no mailer writes it"),
        new(MimeFindings.EncodingUnknown, "as it is, or decoded by guess", "as it is", "no mailer writes it"),
        new(MimeFindings.EncodingOnMultipart, "ignored, or decoded first", "ignored", "RFC 2045 6.4 forbids it"),
        new(MimeFindings.HeaderAmbiguous, "the header ends at the first line that is no field (Postfix, Python), or the line is skipped (others)", "ends there", "content fields behind such a line make two messages of one"),
        new(MimeFindings.ContentEncoding, "ignored, or undone", "ignored", "no mailer writes it"),
        new(MimeFindings.CharsetAmbiguous, "the header's charset, or that of mark, meta or escapes, in text other than HTML where one of them is UTF-16 or ISO-2022, and anywhere where it is UTF-7", "the header's", "text appears or vanishes, and nothing can tell which one was meant"),
        new(MimeFindings.RepeatedField, "first or last, with the same meaning", "the first", "gateways repeat fields"),
        new(MimeFindings.OddParameter, "what follows an open quote, a missing semicolon", "up to the end, or the next name", "old mailers and scripts"),
        new(MimeFindings.NamesDiffer, "filename, filename*, name, first or last", "the RFC 2231 form, then filename, then name", "fallback names for old readers; identification looks at all of them"),
        new(MimeFindings.HeaderWithoutEnd, "body begins at the line that is no field, or the line is skipped", "begins there", "scripts forget the empty line; nothing that matters follows"),
        new(MimeFindings.Unclosed, "parts up to the end, or the last part dropped", "up to the end", "truncated mail in bounces"),
        new(MimeFindings.Base64Junk, "foreign bytes skipped, or the end there; data behind the padding read, or not", "skipped and read on", "footers that gateways append"),
        new(MimeFindings.QuotedPrintableJunk, "a wrong escape stays, or goes", "stays", "scripts that forget to escape"),
        new(MimeFindings.EncodedMessage, "decoded, or read as it is", "decoded", "Exchange and others encode attached mails"),
        new(MimeFindings.CharsetConflict, "the header's charset, or that of mark, meta or escapes", "the header's", "gateways convert and forget the meta element; HTML is written anew in UTF-8"),
    ];
}

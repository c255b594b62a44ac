namespace MailSanitizer.Content.Disarming.Pdf;

/// <summary>Findings in PDF and FDF files (ISO 32000-2; clauses are cited from it). Names are stable: rules use them.</summary>
public static class PdfFindings
{
    /// <summary>A JavaScript: an action (12.6.4.17), the name tree, a field's trigger, a requirement handler, an FDF script.</summary>
    public static readonly FindingKind JavaScript = new("pdf-javascript", FindingClass.Active, "JavaScript in a PDF");

    /// <summary>A Launch action (12.6.4.6): starts a program or opens a file.</summary>
    public static readonly FindingKind Launch = new("pdf-launch", FindingClass.Active, "A PDF action that starts a program or opens a file");

    /// <summary>An OpenAction of the catalogue (7.7.2) that does more than go to a page.</summary>
    public static readonly FindingKind OpenAction = new("pdf-open-action", FindingClass.Active, "An action that runs when the PDF is opened");

    /// <summary>A trigger in an AA dictionary (12.6.3) whose action does more than navigate.</summary>
    public static readonly FindingKind AdditionalAction = new("pdf-additional-action", FindingClass.Active, "An action that an event in the PDF triggers");

    /// <summary>A SubmitForm action (12.7.6.2).</summary>
    public static readonly FindingKind SubmitForm = new("pdf-submit-form", FindingClass.Active, "A PDF form that sends its fields somewhere");

    /// <summary>A ResetForm action (12.7.6.3).</summary>
    public static readonly FindingKind ResetForm = new("pdf-reset-form", FindingClass.Active, "A PDF action that changes form fields");

    /// <summary>An ImportData action (12.7.6.4).</summary>
    public static readonly FindingKind ImportData = new("pdf-import-data", FindingClass.Active, "A PDF action that reads form fields from a file");

    /// <summary>A GoToR action, or a Thread or GoToDp action into another file (12.6.4.3, 12.6.4.7).</summary>
    public static readonly FindingKind GoToRemote = new("pdf-goto-remote", FindingClass.Active, "A PDF action that opens another document");

    /// <summary>A GoToE action (12.6.4.4).</summary>
    public static readonly FindingKind GoToEmbedded = new("pdf-goto-embedded", FindingClass.Active, "A PDF action that opens an embedded document");

    /// <summary>A URI action or base address (12.6.4.8) that is neither http(s) nor mailto nor tel.</summary>
    public static readonly FindingKind Uri = new("pdf-uri", FindingClass.Active, "A PDF link to something other than a web page or a mail address");

    /// <summary>A Named action (12.6.4.12) other than turning pages.</summary>
    public static readonly FindingKind NamedAction = new("pdf-named-action", FindingClass.Active, "A PDF action that runs a command of the viewer");

    /// <summary>An action of a type that this filter does not know.</summary>
    public static readonly FindingKind UnknownAction = new("pdf-unknown-action", FindingClass.Active, "A PDF action of an unknown type");

    /// <summary>A sound: action, annotation, object (13.3).</summary>
    public static readonly FindingKind Sound = new("pdf-sound", FindingClass.Active, "A sound in a PDF");

    /// <summary>A movie: action, annotation (13.4).</summary>
    public static readonly FindingKind Movie = new("pdf-movie", FindingClass.Active, "A movie in a PDF");

    /// <summary>A rendition, its name tree, or a screen annotation (13.2).</summary>
    public static readonly FindingKind Rendition = new("pdf-rendition", FindingClass.Active, "A media rendition in a PDF");

    /// <summary>Rich media (13.7), a portfolio's navigator, an alternate presentation (13.5).</summary>
    public static readonly FindingKind RichMedia = new("pdf-rich-media", FindingClass.Active, "Rich media in a PDF");

    /// <summary>3D artwork: annotation, stream, action (13.6).</summary>
    public static readonly FindingKind ThreeD = new("pdf-3d", FindingClass.Active, "3D artwork in a PDF");

    /// <summary>An XFA form (ISO 32000-1, 12.7.8).</summary>
    public static readonly FindingKind Xfa = new("pdf-xfa", FindingClass.Active, "An XFA form in a PDF");

    /// <summary>A calculation order (12.7.3, CO).</summary>
    public static readonly FindingKind CalculationOrder = new("pdf-calculation-order", FindingClass.Active, "Form fields of a PDF that are calculated");

    /// <summary>Web capture (14.10).</summary>
    public static readonly FindingKind WebCapture = new("pdf-web-capture", FindingClass.Active, "Web capture commands in a PDF");

    /// <summary>Stream data outside the file (7.3.8.2, F), a reference XObject (8.10.4), an OPI proxy (14.11.7).</summary>
    public static readonly FindingKind ExternalStream = new("pdf-external-stream", FindingClass.Active, "Content of a PDF that lies outside of it");

    /// <summary>A file specification that means a file outside, where a reader can open it.</summary>
    public static readonly FindingKind ExternalFile = new("pdf-external-file", FindingClass.Active, "A PDF's reference to a file outside of it");

    /// <summary>PostScript that is passed to a printer (8.8.2).</summary>
    public static readonly FindingKind PostScript = new("pdf-postscript", FindingClass.Active, "PostScript in a PDF");

    /// <summary>An embedded file (7.11.4): a part of its own, walked and decided on there; this line is for rules that take out any.</summary>
    public static readonly FindingKind EmbeddedFile = new("pdf-embedded-file", FindingClass.Note, "A file embedded in a PDF");

    /// <summary>An embedded file whose filter is not known or whose bytes do not decode.</summary>
    public static readonly FindingKind EmbeddedUnreadable = new("pdf-embedded-unreadable", FindingClass.Unscannable, "A file embedded in a PDF that cannot be read");

    /// <summary>Bytes before the header or behind the end that are no PDF. Taking them out means writing the file anew.</summary>
    public static readonly FindingKind ForeignBytes = new("pdf-foreign-bytes", FindingClass.Active, "Bytes around a PDF that do not belong to it");

    /// <summary>Objects that readers may read differently. Taking it out means writing the file anew from one reading.</summary>
    public static readonly FindingKind Malformed = new("pdf-malformed", FindingClass.Active, "A PDF that readers may read differently");

    /// <summary>The cross-references are broken; the objects were found by searching for them.</summary>
    public static readonly FindingKind Recovered = new("pdf-recovered", FindingClass.Note, "A PDF with broken cross-references");

    /// <summary>A signature (12.8).</summary>
    public static readonly FindingKind Signed = new("pdf-signed", FindingClass.Note, "A signed PDF");

    /// <summary>A signed PDF with active content: taking that out breaks the signature, which is then taken off.</summary>
    public static readonly FindingKind SignatureLost = new("pdf-signature-lost", FindingClass.Note, "A signature of a PDF that does not survive disarming");

    /// <summary>Neither a catalogue nor form data was found, or the lock is of a kind that no password opens.</summary>
    public static readonly FindingKind Unreadable = new("pdf-unreadable", FindingClass.Unscannable, "A PDF that cannot be read");

    /// <summary>A limit of <c>PdfLimits.cs</c> was reached.</summary>
    public static readonly FindingKind OverLimit = new("pdf-over-limit", FindingClass.Limit, "A PDF beyond a limit");
}

namespace MailSanitizer.Content.Disarming.Odf;

/// <summary>Findings that only OpenDocument has; the others are <see cref="OfficeFindings"/>.</summary>
public static class OdfFindings
{
    /// <summary>An event of the document, a shape or a control that calls a script.</summary>
    public static readonly FindingKind EventListener = new("odf-event-listener", FindingClass.Active, "An event that calls a script");

    /// <summary>A plug-in, applet or frame with another program's content.</summary>
    public static readonly FindingKind Plugin = new("odf-plugin", FindingClass.Active, "A plug-in or applet");

    /// <summary>A form that sends what was filled in.</summary>
    public static readonly FindingKind Submission = new("odf-form-submission", FindingClass.Active, "A form that sends what was filled in");

    /// <summary>The package is written in a way that readers could take differently in detail; written anew from one reading.</summary>
    public static readonly FindingKind Disagreement = new("odf-disagreement", FindingClass.Active, "A package whose readers could differ in detail");

    /// <summary>Readers could see different contents in the package.</summary>
    public static readonly FindingKind Ambiguous = new("odf-ambiguous", FindingClass.Ambiguous, "A package in which readers could see different contents");

    /// <summary>The limit <see cref="Limits.OdfXmlBytes"/> or <see cref="Limits.OdfXmlDepth"/> was reached.</summary>
    public static readonly FindingKind OverXml = new("odf-over-xml", FindingClass.Limit, "More or deeper XML than the limit");
}

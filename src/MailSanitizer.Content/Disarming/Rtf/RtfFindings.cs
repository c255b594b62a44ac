namespace MailSanitizer.Content.Disarming.Rtf;

/// <summary>Findings that only RTF has; the others are <see cref="OfficeFindings"/>.</summary>
public static class RtfFindings
{
    /// <summary><c>\objupdate</c>: the object is loaded before anybody clicks on it. Stands beside the object's own finding.</summary>
    public static readonly FindingKind ObjectUpdate = new("rtf-object-update", FindingClass.Active, "An object that loads by itself");

    /// <summary><c>\objhtml</c>: an object that is a web page.</summary>
    public static readonly FindingKind HtmlObject = new("rtf-html-object", FindingClass.Active, "An object that is a web page");

    /// <summary>A form field that runs a macro when it is entered or left.</summary>
    public static readonly FindingKind FormMacro = new("rtf-form-macro", FindingClass.Active, "A form field that runs a macro");

    /// <summary>XML data or a theme that is not what Word writes there: a place where code has been hidden.</summary>
    public static readonly FindingKind HiddenStore = new("rtf-hidden-store", FindingClass.Active, "A data store with something else in it");

    /// <summary>The HTML that RTF was made from has active content; it is taken out, the RTF stays.</summary>
    public static readonly FindingKind HtmlSource = new("rtf-html-source", FindingClass.Note, "Made from HTML, which mail readers show instead");

    /// <summary>A <c>\bin</c> or <c>\'</c> that readers take differently, so that what follows could be data to one and code to another.</summary>
    public static readonly FindingKind Disagreement = new("rtf-disagreement", FindingClass.Active, "Control codes that readers take differently");

    /// <summary>The limit <see cref="Limits.RtfDepth"/> was reached.</summary>
    public static readonly FindingKind OverDepth = new("rtf-over-depth", FindingClass.Limit, "Groups nested deeper than the limit");

    /// <summary>The limit <see cref="Limits.RtfPlaces"/> was reached.</summary>
    public static readonly FindingKind OverPlaces = new("rtf-over-places", FindingClass.Limit, "More objects, fields and links than the limit");

    /// <summary>The limit <see cref="Limits.RtfObjectBytes"/> was reached.</summary>
    public static readonly FindingKind OverObject = new("rtf-over-object", FindingClass.Limit, "An object larger than the limit");
}

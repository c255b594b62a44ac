namespace MailSanitizer.Content.Disarming.Ooxml;

/// <summary>Findings that only Office Open XML has; the ones it shares with the other office formats stand in <see cref="OfficeFindings"/>.</summary>
public static class OoxmlFindings
{
    /// <summary>A part that holds a document of another format (HTML, MHTML, RTF …) and that Word converts when it opens.</summary>
    public static readonly FindingKind AltChunk = new("alt-chunk", FindingClass.Active, "A document of another format that is converted on opening");

    /// <summary>A task pane or other web add-in.</summary>
    public static readonly FindingKind WebExtension = new("web-extension", FindingClass.Active, "A web add-in or task pane");

    /// <summary>A video frame whose HTML the program runs.</summary>
    public static readonly FindingKind WebVideo = new("web-video", FindingClass.Active, "A web video with HTML of its own");

    /// <summary>A style sheet that runs when the document is saved.</summary>
    public static readonly FindingKind XsltSave = new("save-through-xslt", FindingClass.Active, "A style sheet that runs on saving");

    /// <summary>A base for relative links that leads to a file or share.</summary>
    public static readonly FindingKind HyperlinkBase = new("hyperlink-base", FindingClass.Active, "A base that moves every relative link");

    /// <summary>A shape, control, field or name that calls a macro.</summary>
    public static readonly FindingKind MacroCall = new("macro-call", FindingClass.Active, "A shape or control that calls a macro");

    /// <summary>An EPS picture: a PostScript program.</summary>
    public static readonly FindingKind EpsImage = new("eps-image", FindingClass.Active, "An EPS picture (a PostScript program)");

    /// <summary>A font that travels with the document.</summary>
    public static readonly FindingKind EmbeddedFont = new("embedded-font", FindingClass.Active, "A font in the document");

    /// <summary>A part whose content type is not known to be passive, or whose content is not what its type says.</summary>
    public static readonly FindingKind UnknownPart = new("unknown-part", FindingClass.Active, "A part of a document that is not known to be passive");

    /// <summary>A relationship of a type that is not known to be passive.</summary>
    public static readonly FindingKind UnknownRelationship = new("unknown-relationship", FindingClass.Active, "A relationship that is not known to be passive");

    /// <summary>A part that no relationship reaches.</summary>
    public static readonly FindingKind UnreachablePart = new("unreachable-part", FindingClass.Active, "A part that no relationship reaches");

    /// <summary>Two content types for one part: the list is written anew with one.</summary>
    public static readonly FindingKind ContentTypeConflict = new("content-type-conflict", FindingClass.Active, "Two content types for one part");

    /// <summary>Two parts whose names readers take for one.</summary>
    public static readonly FindingKind AmbiguousPackage = new("ambiguous-package", FindingClass.Ambiguous, "Two parts of a document that readers take for one");

    /// <summary>A limit of the XML reader or of the package reader was reached.</summary>
    public static readonly FindingKind OverLimit = new("office-over-limit", FindingClass.Limit, "An office document larger or deeper than the limit");
}

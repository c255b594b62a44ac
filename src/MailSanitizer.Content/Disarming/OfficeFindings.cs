namespace MailSanitizer.Content.Disarming;

/// <summary>Findings that the office formats share: OOXML, legacy OLE2, RTF, OpenDocument. What only one of them has stands in that room's own file.</summary>
public static class OfficeFindings
{
    /// <summary>A VBA project (or another office macro library), its data and its signatures.</summary>
    public static readonly FindingKind VbaProject = new("vba-project", FindingClass.Active, "Macros (VBA project)");

    /// <summary>A VBA procedure that runs without being called (AutoOpen, Workbook_Open, an ActiveX event). Stands beside <see cref="VbaProject"/>.</summary>
    public static readonly FindingKind VbaAutorun = new("vba-autorun", FindingClass.Note, "A macro that runs by itself");

    /// <summary>A VBA call that programs, files, network or the registry are reached by. Stands beside <see cref="VbaProject"/>.</summary>
    public static readonly FindingKind VbaSuspicious = new("vba-suspicious", FindingClass.Note, "A macro with calls that droppers use");

    /// <summary>Compiled VBA whose source is missing or is of another module: what runs is not what can be read.</summary>
    public static readonly FindingKind VbaStomped = new("vba-stomped", FindingClass.Note, "Compiled macro code without its source");

    /// <summary>An Excel 4 macro sheet, a name that runs one, or a cell of a sheet that calls one.</summary>
    public static readonly FindingKind XlmMacro = new("xlm-macro", FindingClass.Active, "Excel 4 macro sheet");

    /// <summary>An ActiveX control or OCX.</summary>
    public static readonly FindingKind ActiveX = new("activex", FindingClass.Active, "ActiveX control");

    /// <summary>An embedded OLE object whose content is no document that we know.</summary>
    public static readonly FindingKind OleObject = new("ole-object", FindingClass.Active, "Embedded OLE object");

    /// <summary>A file of any kind packed as an object (Packager, Ole10Native).</summary>
    public static readonly FindingKind OlePackage = new("ole-package", FindingClass.Active, "A file packed as an object");

    /// <summary>An object that the Equation Editor opens (CVE-2017-11882, CVE-2018-0802).</summary>
    public static readonly FindingKind EquationObject = new("equation-object", FindingClass.Active, "Equation Editor object");

    /// <summary>An object that is a link to a file elsewhere.</summary>
    public static readonly FindingKind LinkedObject = new("linked-object", FindingClass.Active, "An object linked to a file elsewhere");

    /// <summary>Dynamic data exchange: a field, a formula or an external link that starts a program.</summary>
    public static readonly FindingKind Dde = new("dde", FindingClass.Active, "Dynamic data exchange (DDE)");

    /// <summary>A field that loads or runs something: INCLUDETEXT, INCLUDEPICTURE, IMPORT, LINK, DATABASE, MACROBUTTON and their kin.</summary>
    public static readonly FindingKind ActiveField = new("active-field", FindingClass.Active, "A field that loads or runs something");

    /// <summary>A template (attached template, add-in) that stands elsewhere.</summary>
    public static readonly FindingKind RemoteTemplate = new("remote-template", FindingClass.Active, "A template that is loaded from elsewhere");

    /// <summary>A reference to another document, workbook, picture or other file that opening the document loads.</summary>
    public static readonly FindingKind ExternalLink = new("external-link", FindingClass.Active, "A reference that loads a file from elsewhere");

    /// <summary>A hyperlink with a scheme other than http, https, mailto and tel.</summary>
    public static readonly FindingKind UnsafeHyperlink = new("unsafe-hyperlink", FindingClass.Active, "A hyperlink that does more than open a web page");

    /// <summary>A formula function that reaches outside the workbook: WEBSERVICE, IMAGE, RTD, CALL, REGISTER and their kin.</summary>
    public static readonly FindingKind ActiveFunction = new("active-function", FindingClass.Active, "A formula that reaches outside the workbook");

    /// <summary>A data connection, query table or mail-merge source.</summary>
    public static readonly FindingKind DataConnection = new("data-connection", FindingClass.Active, "A connection to outside data");

    /// <summary>A presentation's action setting that runs a program, a macro or an object's verb.</summary>
    public static readonly FindingKind SlideAction = new("slide-action", FindingClass.Active, "A slide action that runs something");

    /// <summary>Sound or video that is loaded from elsewhere.</summary>
    public static readonly FindingKind LinkedMedia = new("linked-media", FindingClass.Active, "Media loaded from elsewhere");

    /// <summary>Toolbars, menus, ribbons or key assignments that call macros.</summary>
    public static readonly FindingKind CustomUi = new("custom-ui", FindingClass.Active, "Menus or keys that call macros");

    /// <summary>A signature over the document that a change makes invalid.</summary>
    public static readonly FindingKind DocumentSignature = new("document-signature", FindingClass.Note, "A signed document: disarming it ends the signature");

    /// <summary>An office document, or a part of one, that cannot be read: what it holds is not known.</summary>
    public static readonly FindingKind DamagedDocument = new("damaged-document", FindingClass.Unscannable, "A document that cannot be read");
}

namespace MailSanitizer.Content.Disarming;

/// <summary>Findings in HTML, SVG, XML and style sheets, as bodies and as attachments. Active ones are taken out token by token; notes are facts for rules.</summary>
public static class MarkupFindings
{
    /// <summary>A script element, or one of its kin.</summary>
    public static readonly FindingKind Script = new("html-script", FindingClass.Active, "A script in a page");

    /// <summary>An attribute that runs a script on an event.</summary>
    public static readonly FindingKind Event = new("html-event", FindingClass.Active, "An attribute that runs a script");

    /// <summary>A URL outside the allow-list (<see cref="Formats.Links.UrlJudge"/>).</summary>
    public static readonly FindingKind ActiveUrl = new("html-active-url", FindingClass.Active, "A URL that runs something or reaches a file or a share");

    /// <summary>Another page inside the page.</summary>
    public static readonly FindingKind Frame = new("html-frame", FindingClass.Active, "A page inside the page");

    /// <summary>Objects, applets, plug-ins.</summary>
    public static readonly FindingKind Plugin = new("html-plugin", FindingClass.Active, "An object, applet or plug-in");

    /// <summary>Forms and what sends them.</summary>
    public static readonly FindingKind Form = new("html-form", FindingClass.Active, "A form");

    /// <summary>A meta element that goes elsewhere or sets something by itself.</summary>
    public static readonly FindingKind Refresh = new("html-refresh", FindingClass.Active, "A page that goes elsewhere by itself");

    /// <summary>A base for every relative URL of the page.</summary>
    public static readonly FindingKind Base = new("html-base", FindingClass.Active, "A base that moves every relative link");

    /// <summary>Style sheets, documents and manifests that are fetched when the page opens, so that nobody can have looked at them.</summary>
    public static readonly FindingKind Import = new("html-import", FindingClass.Active, "A style sheet or document fetched when the page opens");

    /// <summary>Data binding, behaviours and other old ways to act without a script.</summary>
    public static readonly FindingKind Binding = new("html-binding", FindingClass.Active, "Data binding or an imported behaviour");

    /// <summary>A request that following a link sends elsewhere.</summary>
    public static readonly FindingKind Ping = new("html-ping", FindingClass.Active, "A link that reports who follows it");

    /// <summary>Markup that one reader takes for text and another for elements.</summary>
    public static readonly FindingKind Mutation = new("html-mutation", FindingClass.Active, "Markup that readers take differently");

    /// <summary>Bytes that readers decode to different characters; the part is written anew in UTF-8.</summary>
    public static readonly FindingKind Encoding = new("html-charset", FindingClass.Active, "Markup that readers decode differently");

    /// <summary>A page that builds a file for its reader.</summary>
    public static readonly FindingKind Smuggling = new("html-smuggling", FindingClass.Active, "A page that builds a file by itself");

    /// <summary>A declaration that runs something (expression, behavior, -moz-binding), or loads from where nothing may.</summary>
    public static readonly FindingKind ActiveStyle = new("css-active", FindingClass.Active, "A style that acts");

    /// <summary>HTML inside SVG.</summary>
    public static readonly FindingKind ForeignObject = new("svg-foreign-object", FindingClass.Active, "A foreign document inside an SVG image");

    /// <summary>An animation that changes where a link goes or what runs.</summary>
    public static readonly FindingKind Animation = new("svg-animation", FindingClass.Active, "An animation that changes a link");

    /// <summary>An SVG image that takes something from outside.</summary>
    public static readonly FindingKind External = new("svg-external", FindingClass.Active, "A reference out of an SVG image");

    /// <summary>Entities and declarations of one's own, or from outside.</summary>
    public static readonly FindingKind Dtd = new("xml-dtd", FindingClass.Active, "Entities or a document type from outside");

    /// <summary>A processing instruction or an inclusion that loads.</summary>
    public static readonly FindingKind Instruction = new("xml-instruction", FindingClass.Active, "An instruction that loads something");

    /// <summary>The interactive twin of a mail's HTML.</summary>
    public static readonly FindingKind Amp = new("amp-html", FindingClass.Active, "An interactive body (AMP) beside the ordinary one");

    /// <summary>More markup than <see cref="Limits.MarkupBytes"/>.</summary>
    public static readonly FindingKind OverLimit = new("markup-over-limit", FindingClass.Limit, "More markup than the limit");

    /// <summary>Pictures, fonts and other passive content that is fetched when the page opens.</summary>
    public static readonly FindingKind Remote = new("remote-content", FindingClass.Note, "Pictures or other passive content from elsewhere");

    /// <summary>A link whose text shows another host than it goes to.</summary>
    public static readonly FindingKind LinkMismatch = new("link-mismatch", FindingClass.Note, "A link that goes elsewhere than its text says");

    /// <summary>A host name made to look like another one.</summary>
    public static readonly FindingKind Lookalike = new("lookalike-link", FindingClass.Note, "A link to a host name that looks like another one");

    /// <summary>A link through a host that sends on to wherever the link says.</summary>
    public static readonly FindingKind Redirector = new("redirector-link", FindingClass.Note, "A link that is sent on to another host");

    /// <summary>A form that asks for a password.</summary>
    public static readonly FindingKind PasswordForm = new("password-form", FindingClass.Note, "A form that asks for a password");

    /// <summary>A form that sends what is typed to another host than the sender's.</summary>
    public static readonly FindingKind ForeignForm = new("form-to-foreign-host", FindingClass.Note, "A form that sends to another host than the sender's");

    /// <summary>Text that is there and not to be seen, beyond the usual preview line.</summary>
    public static readonly FindingKind HiddenText = new("hidden-text", FindingClass.Note, "Text that is not to be seen");

    /// <summary>Words that make a reader paste a command.</summary>
    public static readonly FindingKind PasteInstruction = new("paste-instruction", FindingClass.Note, "Asks its reader to paste a command");
}

using MailSanitizer.Content.Formats.Markup;

namespace MailSanitizer.Content.Disarming.Html;

/// <summary>HTML and XHTML, bodies and attachments: what acts is taken out token by token, everything else stays byte for byte.</summary>
public sealed class HtmlHandler : MarkupHandler
{
    /// <inheritdoc/>
    public override IReadOnlyCollection<string> Formats { get; } = ["html", "xhtml", "amp-html"];

    /// <inheritdoc/>
    protected override string DefaultType => "text/html";

    // AMP needs its scripts; a mail that has it has the same as HTML and text beside it (AMP for Email, "Structure").
    private protected override FindingKind? WholeFinding(Part part) => part.Description.DeclaredType is "text/x-amp-html" ? MarkupFindings.Amp : null;

    private protected override MarkupEdits Find(MarkupSource source, Part part, CancellationToken cancellation)
    {
        HtmlFilter filter = new(source, cancellation);
        filter.Run();
        if (!part.Formats.Contains("xhtml")) return filter.Edits;

        // Browsers read it as XML, mail readers as HTML: what acts in either goes.
        XmlFilter strict = new(source, judgesNames: true, isDrawing: false, cancellation);
        strict.Run();
        filter.Edits.Join(strict.Edits);
        return filter.Edits;
    }

    private protected override void Notes(MarkupSource source, Part part, IWalkContext context) => new LureReader(source, part, context).Run();
}

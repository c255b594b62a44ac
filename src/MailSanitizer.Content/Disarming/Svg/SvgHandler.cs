using MailSanitizer.Content.Formats.Markup;

namespace MailSanitizer.Content.Disarming.Svg;

/// <summary>SVG, MathML and other XML: scripts, events, foreign documents, references to outside, entities and instructions that load.</summary>
public sealed class SvgHandler : MarkupHandler
{
    /// <inheritdoc/>
    public override IReadOnlyCollection<string> Formats { get; } = ["svg", "xml", "mathml"];

    /// <inheritdoc/>
    protected override string DefaultType => "image/svg+xml";

    private protected override MarkupEdits Find(MarkupSource source, Part part, CancellationToken cancellation)
    {
        bool drawing = part.Formats.Contains("svg");
        XmlFilter filter = new(source, drawing || part.Formats.Contains("mathml"), drawing, cancellation);
        filter.Run();
        return filter.Edits;
    }
}

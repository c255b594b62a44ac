using System.Text;
using MailSanitizer.Content.Formats.Markup;

namespace MailSanitizer.Content.Disarming.Svg;

/// <summary>Style sheets as files: those of saved pages and of pages in a message (MHTML).</summary>
public sealed class StyleSheetHandler : MarkupHandler
{
    /// <inheritdoc/>
    public override IReadOnlyCollection<string> Formats { get; } = ["css"];

    /// <inheritdoc/>
    protected override string DefaultType => "text/css";

    private protected override MarkupEdits Find(MarkupSource source, Part part, CancellationToken cancellation)
    {
        MarkupEdits edits = new();
        foreach (StyleFilter.StyleEdit edit in StyleFilter.Find(Encoding.Latin1.GetString(source.View)))
        {
            if (edit.Kind == MarkupFindings.Remote) edits.Remote(edit.Start, edit.End, edit.Host, edit.What, edit.Replacement);
            else edits.Add(edit.Start, edit.End, edit.Kind, edit.What, edit.Replacement);
        }

        return edits;
    }
}

namespace MailSanitizer.Content.Disarming.Odf;

/// <summary>OpenDocument in one XML file (fodt, fods, fodp, fodg): the same judgement as in a package.</summary>
public sealed class FlatOdfHandler : IPartHandler
{
    /// <inheritdoc/>
    public IReadOnlyCollection<string> Formats { get; } = ["fodt", "fods", "fodp", "fodg"];

    /// <inheritdoc/>
    public void Walk(Part part, IWalkContext context)
    {
        OdfFilter filter = new((kind, detail) =>
        {
            context.Report(kind, "", detail);
            return false;
        }, context.Limits, context.Cancellation);
        using Stream content = part.Bytes.OpenRead();
        OdfHandler.Ended(filter.Run(content, null), null, "", context);
    }

    /// <inheritdoc/>
    public RebuildOutcome Rebuild(Part part, IRebuildContext context, IPartOutput output)
    {
        OdfFilter dry = new((kind, _) => context.Removes(kind), context.Limits, context.Cancellation);
        using (Stream content = part.Bytes.OpenRead())
        {
            OdfXmlResult result = dry.Run(content, null);
            if (!dry.IsChanged) return RebuildOutcome.Unchanged;
            if (result != OdfXmlResult.Complete) return RebuildOutcome.Failed("not readable as XML");
        }

        OdfFilter filter = new((kind, _) =>
        {
            if (!context.Removes(kind)) return false;
            context.Done(kind, "", "removed");
            return true;
        }, context.Limits, context.Cancellation);
        using Stream again = part.Bytes.OpenRead();
        using MemoryStream written = new();
        if (filter.Run(again, written) != OdfXmlResult.Complete) return RebuildOutcome.Failed("not readable as XML");
        output.Write(written.GetBuffer().AsSpan(0, (int)written.Length));
        return RebuildOutcome.Rewritten;
    }
}

using MailSanitizer.Content.Formats.Cfb;

namespace MailSanitizer.Content.Disarming.Ole;

/// <summary>Legacy office files: doc, xls, ppt and their templates. What acts is taken out in place, so that no offset moves; the compound file is written anew without stale sectors.</summary>
public sealed class OleHandler : IPartHandler
{
    /// <inheritdoc/>
    public IReadOnlyCollection<string> Formats { get; } = ["doc", "xls", "ppt"];

    /// <inheritdoc/>
    public void Walk(Part part, IWalkContext context)
    {
        if (Read(part, context.Limits, context.Cancellation, out string problem) is not { } reading)
        {
            // A name alone makes it a doc: text, HTML and RTF under such a name belong to other rooms.
            if (CfbFile.IsCfb(part.Bytes) || part.Format is "doc" or "xls" or "ppt" or "unknown") context.Report(OfficeFindings.DamagedDocument, "", problem);
            return;
        }

        foreach ((FindingKind kind, string location, string detail) in reading.Troubles) context.Report(kind, location, detail);
        foreach (OleItem item in reading.Items)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            if (item.Project is { } project) VbaReporting.Report(context, item.Location, reading.File, project);
            else context.Report(item.Kind, item.Location, item.Detail);
        }

        foreach (OleChild child in reading.Children)
        {
            Stream content;
            try
            {
                content = child.Open();
            }
            catch (InvalidDataException broken)
            {
                context.Report(OfficeFindings.DamagedDocument, child.Description.Names[0].Text, broken.Message);
                continue;
            }

            using Stream opened = content;
            ChildResult result = context.Child(child.Description, content);
            if (result == ChildResult.Broken) context.Report(OfficeFindings.DamagedDocument, child.Description.Names[0].Text, "the embedded file cannot be read");
            if (result == ChildResult.Stop) return;
        }
    }

    /// <inheritdoc/>
    public RebuildOutcome Rebuild(Part part, IRebuildContext context, IPartOutput output)
    {
        if (Read(part, context.Limits, context.Cancellation, out _) is not { } reading) return RebuildOutcome.Unchanged;
        OleEdits edits = new(reading.File, context.Limits);
        bool changed = false;
        foreach (OleItem item in reading.Items.Where(item => context.Removes(item.Kind)))
        {
            if (item.Apply is null) return RebuildOutcome.Failed($"{item.Kind.Id} in {item.Location} cannot be taken out");
            item.Apply(edits);
            context.Done(item.Kind, item.Location, "removed");
            changed = true;
        }

        foreach (OleChild child in reading.Children)
        {
            ChildDecision decision = context.Child(child.Description, child.Open);
            if (decision.Kind == ChildDecisionKind.Keep) continue;
            child.Replace(edits, decision.Kind == ChildDecisionKind.Strip || decision.MediaType?.StartsWith("text/plain", StringComparison.Ordinal) is true ? null : decision.Content);
            changed = true;
        }

        if (!changed) return RebuildOutcome.Unchanged;
        if (reading.Troubles.Count > 0) return RebuildOutcome.Failed("not all of it can be read");
        return edits.Write(output, context.Cancellation) is { } failure ? RebuildOutcome.Failed(failure) : RebuildOutcome.Rewritten;
    }

    private static OleReading? Read(Part part, Limits limits, CancellationToken cancellation, out string problem)
    {
        cancellation.ThrowIfCancellationRequested();
        if (CfbFile.Open(part.Bytes, limits, out problem, cancellation) is not { } file) return null;
        OleReading reading = new(file, limits, cancellation);
        if (file.ListCut) reading.Trouble(OfficeFindings.DamagedDocument, "", "more entries than the limit");
        foreach (string broken in file.Problems.Where(one => one.Contains("twice", StringComparison.Ordinal)).Take(3)) reading.Add(OleFindings.Disorder, "", broken, static _ => { });
        if (file.Root.Find("EncryptedSummary") is not null) reading.Trouble(WalkFindings.Locked, "", "encrypted streams");
        OleObjects.Find(reading);
        CfbEntry? Named(params string[] names) => names.Select(file.Root.Find).FirstOrDefault(found => found is { Kind: CfbKind.Stream });
        if (Named("WordDocument") is { } word) WordText.Find(reading, word);
        foreach (CfbEntry book in file.Root.Children.Where(child => child.Kind == CfbKind.Stream && child.Name.ToUpperInvariant() is "WORKBOOK" or "BOOK")) WorkbookRecords.Find(reading, book);
        if (Named("PowerPoint Document") is { } slides) SlideRecords.Find(reading, slides);
        else if (Named("PP40") is { } old) reading.Trouble(OfficeFindings.DamagedDocument, old.Name, "a presentation older than PowerPoint 97");
        return reading;
    }
}

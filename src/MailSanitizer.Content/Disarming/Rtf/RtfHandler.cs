namespace MailSanitizer.Content.Disarming.Rtf;

/// <summary>RTF: objects, remote templates, fields and links that act are found wherever they stand and cut out; every other byte stays.</summary>
public sealed class RtfHandler : IPartHandler
{
    /// <inheritdoc/>
    public IReadOnlyCollection<string> Formats { get; } = ["rtf"];

    /// <inheritdoc/>
    public void Walk(Part part, IWalkContext context)
    {
        RtfScan scan = RtfScan.Of(part.Bytes, context.Limits, context.Cancellation);
        if (scan.Limit is { } limit) context.Report(limit);
        foreach (string link in scan.Links) context.Link(link, "rtf");
        foreach (RtfPlace place in scan.Places)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            if (place is RtfObjectPlace found)
            {
                if (!Object(found, part, context)) return;
            }
            else
            {
                context.Report(place.Kind, place.Location, place.Detail, Removed(part.Bytes, place.Ranges));
            }
        }
    }

    /// <inheritdoc/>
    public RebuildOutcome Rebuild(Part part, IRebuildContext context, IPartOutput output)
    {
        RtfScan scan = RtfScan.Of(part.Bytes, context.Limits, context.Cancellation);
        if (scan.Limit is { } limit) return RebuildOutcome.Failed(limit.Id);
        List<RtfRange> gone = [];
        foreach (RtfPlace place in scan.Places)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            if (place is RtfObjectPlace found)
            {
                Object(found, part, context, gone);
            }
            else if (context.Removes(place.Kind))
            {
                gone.AddRange(place.Ranges);
                gone.AddRange(scan.FieldWords(place));
                context.Done(place.Kind, place.Location, "removed");
            }
        }

        if (gone.Count == 0) return RebuildOutcome.Unchanged;
        Write(part.Bytes.Length, gone, output);
        return RebuildOutcome.Rewritten;
    }

    private static bool Object(RtfObjectPlace place, Part part, IWalkContext context)
    {
        RtfObjectContent content = RtfObjectContent.Of(place, part.Bytes, context.Limits, context.Cancellation);
        ReadOnlySpan<byte> removed = content.Decoded.IsEmpty ? Removed(part.Bytes, place.Ranges) : content.Decoded.Span;
        foreach ((FindingKind kind, string detail) in content.Findings) context.Report(kind, place.Location, detail, removed);
        if (place.Updates.Count > 0) context.Report(RtfFindings.ObjectUpdate, place.Location);
        if (content.IsCut) context.Report(RtfFindings.OverObject, place.Location);
        foreach ((ChildDescription description, ReadOnlyMemory<byte> file) in content.Files)
        {
            using MemoryPartBytes bytes = new(file);
            using Stream stream = bytes.OpenRead();
            if (context.Child(description, stream) == ChildResult.Stop) return false;
        }

        return true;
    }

    // An object goes as a whole, also when only a file in it has to: a change inside its data would need Word's own writer.
    private static void Object(RtfObjectPlace place, Part part, IRebuildContext context, List<RtfRange> gone)
    {
        RtfObjectContent content = RtfObjectContent.Of(place, part.Bytes, context.Limits, context.Cancellation);
        bool goes = content.Findings.Exists(found => context.Removes(found.Kind));
        foreach ((ChildDescription description, ReadOnlyMemory<byte> file) in content.Files)
        {
            using MemoryPartBytes bytes = new(file);
            goes |= context.Child(description, () => bytes.OpenRead()).Kind != ChildDecisionKind.Keep;
        }

        bool updates = place.Updates.Count > 0 && context.Removes(RtfFindings.ObjectUpdate);
        if (updates) context.Done(RtfFindings.ObjectUpdate, place.Location, "removed");
        gone.AddRange(goes ? place.Ranges : updates ? place.Updates : []);
        if (!goes) return;
        foreach ((FindingKind kind, _) in content.Findings) context.Done(kind, place.Location, "removed");
    }

    private static ReadOnlySpan<byte> Removed(PartBytes bytes, List<RtfRange> ranges)
    {
        if (ranges.Count == 0) return default;
        byte[] removed = new byte[(int)Math.Min(64 * 1024, ranges[0].End - ranges[0].Start)];
        return removed.AsSpan(0, bytes.Read(ranges[0].Start, removed));
    }

    private static void Write(long length, List<RtfRange> gone, IPartOutput output)
    {
        gone.Sort((a, b) => a.Start != b.Start ? a.Start.CompareTo(b.Start) : b.End.CompareTo(a.End));
        long at = 0;
        foreach (RtfRange range in gone)
        {
            if (range.Start > at)
            {
                output.Copy(at, range.Start - at);
                if (range.AfterBareWord) output.Write(" "u8);
            }

            at = Math.Max(at, range.End);
        }

        output.Copy(at, length - at);
    }
}

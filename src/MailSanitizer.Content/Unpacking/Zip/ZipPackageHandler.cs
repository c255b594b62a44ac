using MailSanitizer.Content.Formats.Opc;
using MailSanitizer.Content.Formats.Zip;

namespace MailSanitizer.Content.Unpacking.Zip;

/// <summary>
/// The archive level of document packages (docx is a zip and is not identified as one): everything in which readers of the archive could differ, judged by the same table as
/// for archives. The members are the document's own business: its disarmer reads them, and runs behind this on what this wrote.
/// </summary>
/// <remarks>Member names are not judged: a package is never unpacked to a disk by its reader.</remarks>
public sealed class ZipPackageHandler : IPartHandler
{
    /// <inheritdoc/>
    public IReadOnlyCollection<string> Formats => OpcFormats.All;

    /// <inheritdoc/>
    public void Walk(Part part, IWalkContext context)
    {
        // A plain archive under a document's name is the archive handler's.
        if (part.Formats.Contains("zip") || ZipReader.Read(part.Bytes, context.Limits, context.Cancellation) is not { } zip) return;
        if (zip.ListCut) context.Report(UnpackingFindings.OverEntries, "", $"limit {context.Limits.ArchiveEntries} members, {context.Limits.DirectoryBytes} bytes of directory");
        if (zip.Damaged) context.Report(ArchiveFindings.DamagedArchive, "", "the list of members is broken");
        Dictionary<FindingKind, int> said = [];
        foreach (ZipDisagreement found in zip.Disagreements)
        {
            if (Verdict(found) is not { } kind) continue;
            int count = said[kind] = said.GetValueOrDefault(kind) + 1;
            if (count <= 20) context.Report(kind, found.Entry?.Name ?? "", $"{found.Kind}: {found.Detail}");
        }

        foreach (ZipChild child in ZipChild.Of(zip).Where(child => child.Description.AlternativeReading))
        {
            context.Cancellation.ThrowIfCancellationRequested();
            using Stream content = Open(zip, child, context.Limits, context.Cancellation);
            if (context.Child(child.Description, content) == ChildResult.Stop) return;
        }
    }

    /// <inheritdoc/>
    public RebuildOutcome Rebuild(Part part, IRebuildContext context, IPartOutput output)
    {
        if (part.Formats.Contains("zip") || ZipReader.Read(part.Bytes, context.Limits, context.Cancellation) is not { } zip) return RebuildOutcome.Unchanged;
        if (zip.ListCut || zip.Damaged) return RebuildOutcome.Failed("not every member can be read");
        if (zip.Disagreements.Any(found => Verdict(found) is { Class: FindingClass.Ambiguous or FindingClass.Unscannable })) return RebuildOutcome.Failed("readers could see different contents");
        foreach (ZipChild child in ZipChild.Of(zip).Where(child => child.Description.AlternativeReading))
            _ = context.Child(child.Description, () => Open(zip, child, context.Limits, context.Cancellation));
        HashSet<ZipEntry> dropped = [];
        bool changed = false;
        foreach (ZipDisagreement found in zip.Disagreements)
        {
            if (Verdict(found) != UnpackingFindings.Disagreement || !context.Removes(UnpackingFindings.Disagreement)) continue;
            changed = true;
            if (found.Kind == ZipDisagreementKind.DuplicateMember && found.Entry is { } twin) dropped.Add(twin);
            context.Done(UnpackingFindings.Disagreement, found.Entry?.Name ?? "", "removed");
        }

        if (!changed) return RebuildOutcome.Unchanged;
        ZipWriter writer = new(output);
        foreach (ZipEntry entry in zip.Entries)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            if (dropped.Contains(entry)) continue;
            if (!entry.IsWhole) return RebuildOutcome.Failed("a member has no data");
            writer.Copy(entry);
        }

        writer.Finish();
        return RebuildOutcome.Rewritten;
    }

    // Padding is what some writers put in so that parts begin on a page: in a package it hides nothing.
    private static FindingKind? Verdict(ZipDisagreement found) =>
        found.Kind is ZipDisagreementKind.Padding ? null : ZipVerdicts.Of(found.Kind);

    private static Stream Open(ZipContents zip, ZipChild child, Limits limits, CancellationToken cancellation) =>
        child.Gap is { } gap ? zip.Bytes.OpenRead(gap.Offset, gap.Length) : zip.Open(child.Entry!, limits, cancellation);
}

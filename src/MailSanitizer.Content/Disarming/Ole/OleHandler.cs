using MailSanitizer.Content.Formats.Cfb;
using MailSanitizer.Content.Formats.Zip;

namespace MailSanitizer.Content.Disarming.Ole;

/// <summary>Legacy office files: doc, xls, ppt and their templates. What acts is taken out in place, so that no offset moves; the compound file is written anew without stale sectors.</summary>
public sealed class OleHandler : IPartHandler
{
    // A few hashes and 36 bytes of RC4, rounded up.
    private static readonly TimeSpan LegacyTry = TimeSpan.FromMicroseconds(10);

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Formats { get; } = ["doc", "xls", "ppt"];

    /// <inheritdoc/>
    public void Walk(Part part, IWalkContext context)
    {
        if (CfbFile.Open(part.Bytes, context.Limits, out _, context.Cancellation) is { } file && LockedDocument.Of(file, context.Limits, out string why) is { } locked)
        {
            WalkLocked(part, locked, context);
            return;
        }

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
        if (CfbFile.Open(part.Bytes, context.Limits, out _, context.Cancellation) is { } file && LockedDocument.Of(file, context.Limits, out _) is { } locked) return RebuildLocked(part, locked, context, output);
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

    // The unlocked document is a part of its own: what is said of it is said there.
    private static void WalkLocked(Part part, LockedDocument locked, IWalkContext context)
    {
        (OfficeKey? key, bool cut) = LockSearch.Find(context.Passwords, LegacyTry, context.ChargeGuessing, locked.KeyFor, context.Cancellation);
        if (key is null)
        {
            LockSearch.Report(context, "", locked.Name, cut);
            return;
        }

        if (Unlocked(locked, key, context.Cancellation) is not { } plain)
        {
            context.Report(OfficeFindings.DamagedDocument, "", "cannot be read behind its lock");
            return;
        }

        context.Opened(key.Password, "");
        if (!locked.IsKeyed) context.Report(WalkFindings.UnkeyedLock, "", locked.Name);
        foreach (CfbEntry properties in locked.Properties) context.Report(OleFindings.LockedProperties, properties.Name);
        using MemoryStream content = plain;
        _ = context.Child(LockSearch.Describe(part, key), content);
    }

    private static RebuildOutcome RebuildLocked(Part part, LockedDocument locked, IRebuildContext context, IPartOutput output)
    {
        if (LockSearch.Find(context.Passwords, LegacyTry, static _ => true, locked.KeyFor, context.Cancellation).Key is not { } key) return RebuildOutcome.Unchanged;
        if (Unlocked(locked, key, context.Cancellation) is not { } plain) return RebuildOutcome.Failed("cannot be read behind its lock");
        using MemoryStream content = plain;
        ChildDecision decision = context.Child(LockSearch.Describe(part, key), () => new MemoryStream(content.GetBuffer(), 0, (int)content.Length, writable: false));
        bool tidied = context.Removes(OleFindings.LockedProperties) && locked.Properties.Any();
        bool unkeyed = !locked.IsKeyed && context.Removes(WalkFindings.UnkeyedLock);
        if (decision.Kind == ChildDecisionKind.Keep && !tidied && !unkeyed && context.Repack != "open") return RebuildOutcome.Unchanged;
        if (decision.Kind == ChildDecisionKind.Strip || decision.MediaType?.StartsWith("text/plain", StringComparison.OrdinalIgnoreCase) is true) return RebuildOutcome.Failed("the locked document cannot be written without what has to go");
        if (context.Repack == "parts") return RebuildOutcome.Failed("a locked document cannot go on as parts of its own");
        using MemoryPartBytes unlocked = new(content.GetBuffer().AsMemory(0, (int)content.Length));
        PartBytes changed = decision.Content ?? unlocked;
        if (tidied) context.Done(OleFindings.LockedProperties, "", "removed");
        if (context.Repack == "open")
        {
            using Stream open = changed.OpenRead();
            byte[] buffer = new byte[64 * 1024];
            for (int got; (got = open.Read(buffer)) > 0;) output.Write(buffer.AsSpan(0, got));
            return new RebuildOutcome(RebuildKind.Rewritten, decision.Name, decision.MediaType);
        }

        // A lock of 16 bits can hold two contents for two passwords; there is no other lock that fits in its place.
        if (!locked.IsKeyed) return RebuildOutcome.Failed($"{WalkFindings.UnkeyedLock.Id}: {locked.Name} proves no password");
        if (CfbFile.Open(changed, context.Limits, out _, context.Cancellation) is not { } inner || locked.Lock(key.Key, inner, context.Cancellation) is not { } root) return RebuildOutcome.Failed("cannot be locked again");
        return CfbWriter.Write(root, output, context.Cancellation) is { } failure ? RebuildOutcome.Failed(failure) : new RebuildOutcome(RebuildKind.Rewritten, decision.Name, decision.MediaType);
    }

    private static MemoryStream? Unlocked(LockedDocument locked, OfficeKey key, CancellationToken cancellation)
    {
        MemoryStream written = new();
        if (locked.Open(key.Key, cancellation) is not { } root || CfbWriter.Write(root, new StreamPartOutput(written), cancellation) is not null) return null;
        written.Position = 0;
        return written;
    }

    private static OleReading? Read(Part part, Limits limits, CancellationToken cancellation, out string problem)
    {
        cancellation.ThrowIfCancellationRequested();
        if (CfbFile.Open(part.Bytes, limits, out problem, cancellation) is not { } file) return null;
        OleReading reading = new(file, limits, cancellation);
        if (file.ListCut) reading.Trouble(OfficeFindings.DamagedDocument, "", "more entries than the limit");
        foreach (string broken in file.Problems.Where(one => one.Contains("twice", StringComparison.Ordinal)).Take(3)) reading.Add(OleFindings.Disorder, "", broken, static _ => { });
        if (file.Root.Find("EncryptedSummary") is not null && LockedDocument.Of(file, limits, out string why) is null && why.Length > 0) reading.Trouble(WalkFindings.Locked, "", why);
        else if (file.Root.Find("EncryptedSummary") is { } summary) reading.Add(OleFindings.LockedProperties, summary.Name, "", edits => edits.Drop(summary));
        OleObjects.Find(reading);
        CfbEntry? Named(params string[] names) => names.Select(file.Root.Find).FirstOrDefault(found => found is { Kind: CfbKind.Stream });
        if (Named("WordDocument") is { } word) WordText.Find(reading, word);
        foreach (CfbEntry book in file.Root.Children.Where(child => child.Kind == CfbKind.Stream && child.Name.ToUpperInvariant() is "WORKBOOK" or "BOOK")) WorkbookRecords.Find(reading, book);
        if (Named("PowerPoint Document") is { } slides) SlideRecords.Find(reading, slides);
        else if (Named("PP40") is { } old) reading.Trouble(OfficeFindings.DamagedDocument, old.Name, "a presentation older than PowerPoint 97");
        return reading;
    }
}

using MailSanitizer.Content.Formats.Zip;

namespace MailSanitizer.Content.Unpacking.Zip;

/// <summary>One child that a ZIP archive hands out: a member, a member of another reading, or bytes that nobody owns.</summary>
/// <param name="Description">As the walker takes it; the same in a walk and in a rebuild.</param>
/// <param name="Entry">The member, or null for unowned bytes.</param>
/// <param name="Gap">The unowned bytes, or null.</param>
internal sealed record ZipChild(ChildDescription Description, ZipEntry? Entry, ZipGap? Gap)
{
    /// <summary>Everything of an archive, in a stable order: members, other readings, unowned bytes.</summary>
    public static IEnumerable<ZipChild> Of(ZipContents zip)
    {
        // Members that share one local header (bombs are made so) hold the same bytes: they are read once, under all their names.
        ILookup<long, ZipEntry> shared = zip.Entries.Where(entry => entry.Local is not null).ToLookup(entry => entry.DataOffset);
        foreach (ZipEntry entry in zip.Entries)
        {
            if (!HasContent(entry)) continue;
            ZipEntry[] twins = [.. shared[entry.DataOffset].Where(other => Same(entry, other))];
            if (twins.Length > 1 && twins[0] != entry) continue;
            IReadOnlyList<PartName> names = twins.Length <= 1 ? entry.Names : [.. twins.SelectMany(twin => twin.Names).Take(64)];
            yield return new ZipChild(new ChildDescription(names) { PackedSize = Math.Max(1, entry.PackedSize) }, entry, null);
        }

        foreach (ZipEntry entry in zip.Alternatives)
        {
            if (HasContent(entry)) yield return new ZipChild(new ChildDescription(entry.Names) { PackedSize = Math.Max(1, entry.PackedSize), AlternativeReading = true }, entry, null);
        }

        foreach (ZipGap gap in zip.Gaps)
            yield return new ZipChild(new ChildDescription { Segment = $"bytes-{gap.Offset}", PackedSize = gap.Length, AlternativeReading = true }, null, gap);
    }

    /// <summary>True for everything but folders that are empty, as they should be. A symbolic link has content: its target, which Windows programs write as a file.</summary>
    public static bool HasContent(ZipEntry entry) => entry.Local is not null && !(entry.IsFolder && entry.Size == 0 && entry.PackedSize <= 14);

    private static bool Same(ZipEntry a, ZipEntry b) => a.PackedSize == b.PackedSize && a.Size == b.Size && a.Method == b.Method && a.Crc == b.Crc;
}

namespace MailSanitizer.Content.Formats.Zip;

/// <summary>What a ZIP archive holds by the reading that most programs share, and everything that other readings add.</summary>
public sealed class ZipContents
{
    /// <summary>The archive.</summary>
    public required PartBytes Bytes { get; init; }

    /// <summary>Members in the order of the directory.</summary>
    public required IReadOnlyList<ZipEntry> Entries { get; init; }

    /// <summary>Members that other readings show: hidden between members, in a second directory, in an archive in front. Never part of what is written anew.</summary>
    public required IReadOnlyList<ZipEntry> Alternatives { get; init; }

    /// <summary>Bytes that belong to nothing, those that hold alternatives included.</summary>
    public required IReadOnlyList<ZipGap> Gaps { get; init; }

    /// <summary>All disagreements, in the order found.</summary>
    public required IReadOnlyList<ZipDisagreement> Disagreements { get; init; }

    /// <summary>The archive's comment.</summary>
    public ReadOnlyMemory<byte> Comment { get; init; }

    /// <summary>True when <see cref="Limits.ArchiveEntries"/> or <see cref="Limits.DirectoryBytes"/> cut the list.</summary>
    public bool ListCut { get; init; }

    /// <summary>True when some record could not be read: what is listed may not be everything.</summary>
    public bool Damaged { get; init; }

    /// <summary>The member of that name (exact, ordinal), or null. Office readers compare in any case: see <see cref="FindIgnoreCase"/>.</summary>
    public ZipEntry? Find(string name) => Entries.FirstOrDefault(entry => entry.Name == name);

    /// <summary>The first member of that name in any letter case, or null.</summary>
    public ZipEntry? FindIgnoreCase(string name) => Entries.FirstOrDefault(entry => string.Equals(entry.Name, name, StringComparison.OrdinalIgnoreCase));

    /// <summary>Opens a member's content, decompressed. Never null; see <see cref="ZipEntryStream"/> for what it promises. An encrypted member fails on the first read: decrypt it and use <see cref="ZipMethods.Open"/>.</summary>
    public ZipEntryStream Open(ZipEntry entry, Limits limits, CancellationToken cancellation = default)
    {
        if (entry.IsEncrypted) return ZipEntryStream.Failed("encrypted", entry, ZipProblem.Locked);
        if (entry.Local is null) return ZipEntryStream.Failed("no local header", entry, ZipProblem.Damaged);
        return ZipMethods.Open(entry, Bytes.OpenRead(entry.DataOffset, entry.PackedSize), entry.PackedSize, limits, cancellation);
    }

    /// <summary>The whole content of a member, or null when it is longer than <paramref name="max"/>, broken, or encrypted; <paramref name="why"/> says which.</summary>
    public byte[]? Read(ZipEntry entry, long max, Limits limits, out string why, CancellationToken cancellation = default)
    {
        using ZipEntryStream stream = Open(entry, limits, cancellation);
        using MemoryStream all = new((int)Math.Clamp(Math.Min(entry.Size, max), 0, 1 << 20));
        byte[] buffer = new byte[16 * 1024];
        for (int got; (got = stream.Read(buffer)) > 0;)
        {
            if (all.Length + got > max)
            {
                why = "longer than the limit";
                return null;
            }

            all.Write(buffer, 0, got);
        }

        why = stream.Problem ?? "";
        return stream.Problem is null ? all.ToArray() : null;
    }
}

namespace MailSanitizer.Content.Unpacking;

/// <summary>What a member of an archive is.</summary>
public enum MemberKind
{
    /// <summary>A file with content.</summary>
    File,

    /// <summary>A folder; it has a name only.</summary>
    Folder,

    /// <summary>A symbolic or hard link, a device, a pipe: a name that points elsewhere.</summary>
    Link,
}

/// <summary>One member as a reader meets it in its single pass over an archive. Valid until the pass goes on.</summary>
/// <param name="Description">Names and sizes, as the walker takes them.</param>
public sealed record ArchiveMember(ChildDescription Description)
{
    /// <summary>What it is.</summary>
    public MemberKind Kind { get; init; }

    /// <summary>Opens the content, decoded; called at most once. Null for folders, links and for what cannot be opened (then the reader has reported why).</summary>
    public Func<Stream>? Open { get; init; }

    /// <summary>The password that locks it and opened it, or null: it goes out again under no weaker lock.</summary>
    public Password? LockedBy { get; init; }

    /// <summary>Length that the archive declares (bytes); null when it declares none.</summary>
    public long? Size { get; init; }

    /// <summary>The checksum that the archive declares, fresh; null when it declares none.</summary>
    public MemberChecksum? Checksum { get; init; }

    /// <summary>Last change, as the archive states it (a local time is taken as UTC); null when it states none.</summary>
    public DateTime? Modified { get; init; }

    /// <summary>Unix permission bits, or null.</summary>
    public int? UnixMode { get; init; }

    /// <summary>With <see cref="MemberKind.Link"/>: what kind.</summary>
    public FindingKind LinkFinding { get; init; } = UnpackingFindings.SpecialFile;

    /// <summary>Where a link points to.</summary>
    public string? LinkTarget { get; init; }

    /// <summary>The name that readers show.</summary>
    public string Name => Description.Names.Count > 0 ? Description.Names[0].Text : "";
}

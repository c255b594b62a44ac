namespace MailSanitizer.Content.Unpacking.Unsupported;

/// <summary>Containers that are recognised and that nobody here opens: nothing passes because we could not look.</summary>
public sealed class UnsupportedHandler : IPartHandler
{
    /// <inheritdoc/>
    public IReadOnlyCollection<string> Formats { get; } =
    [
        "lz4", "br", "arc", "zoo", "shar", "stuffit", "alz", "egg", "dgca", "lrz", "snappy", "xar", "udf", "vhd", "vhdx", "vmdk", "vdi", "qcow2", "wim", "dmg", "nrg", "mdf",
        "bin-image", "daa", "fat-image", "squashfs", "ext-image", "pst", "dbx", "rpm", "ar", "deb", "pkg",
    ];

    /// <inheritdoc/>
    public void Walk(Part part, IWalkContext context) =>
        context.Report(ArchiveFindings.UnsupportedArchive, "", Formats.Contains(part.Format) ? part.Format : string.Join(' ', part.Formats.Where(Formats.Contains).Order(StringComparer.Ordinal)));

    /// <inheritdoc/>
    public RebuildOutcome Rebuild(Part part, IRebuildContext context, IPartOutput output) => RebuildOutcome.Unchanged;
}

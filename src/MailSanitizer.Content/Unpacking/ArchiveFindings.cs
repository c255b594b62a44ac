namespace MailSanitizer.Content.Unpacking;

/// <summary>Findings that every archive room shares.</summary>
public static class ArchiveFindings
{
    /// <summary>The structure or a member's content is broken; what could be read was walked.</summary>
    public static readonly FindingKind DamagedArchive = new("damaged-archive", FindingClass.Unscannable, "Broken archive: not everything could be read");

    /// <summary>The declared length of a member is not what it holds.</summary>
    public static readonly FindingKind SizeMismatch = new("size-mismatch", FindingClass.Ambiguous, "A member is longer or shorter than declared");

    /// <summary>The declared checksum of a member or header does not fit.</summary>
    public static readonly FindingKind ChecksumMismatch = new("checksum-mismatch", FindingClass.Ambiguous, "A checksum does not fit the content");

    /// <summary>Recognised, but nobody here can open it (or this method of it).</summary>
    public static readonly FindingKind UnsupportedArchive = new("unsupported-archive", FindingClass.Unscannable, "An archive of a kind that cannot be opened");

    /// <summary>Bytes between or behind the members that belong to none of them.</summary>
    public static readonly FindingKind ExtraBytes = new("extra-bytes", FindingClass.Ambiguous, "Bytes that belong to no member");

    /// <summary>One volume of a split archive whose other volumes are not in the same message.</summary>
    public static readonly FindingKind SplitArchive = new("split-archive", FindingClass.Unscannable, "A piece of a split archive");

    /// <summary>The memory that decoding asks for is above the limit.</summary>
    public static readonly FindingKind OverMemory = new("over-memory", FindingClass.Limit, "Decoding would take more memory than the limit");
}

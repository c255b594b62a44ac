namespace MailSanitizer.Content.Formats.Zip;

/// <summary>Everything in which two readers of one ZIP archive could differ. What each means is decided elsewhere (<c>Unpacking/Zip</c>); the reader only states it.</summary>
public enum ZipDisagreementKind
{
    /// <summary>The local name has other bytes and another text.</summary>
    NameDiffers,

    /// <summary>The local name has other bytes and the same text.</summary>
    NameBytesDiffer,

    /// <summary>The Unicode path field names another kind of file or another folder depth.</summary>
    UnicodePathDiffers,

    /// <summary>The Unicode path field spells what the name's charset could not.</summary>
    UnicodePathSpells,

    /// <summary>The name is flagged UTF-8 and is not.</summary>
    Utf8FlagWrong,

    /// <summary>Only one header says UTF-8, of a name beyond ASCII.</summary>
    Utf8FlagDiffers,

    /// <summary>Only one header says encrypted.</summary>
    EncryptionDiffers,

    /// <summary>Only one header says that a data descriptor follows.</summary>
    DescriptorFlagDiffers,

    /// <summary>Methods differ.</summary>
    MethodDiffers,

    /// <summary>CRCs differ, and no descriptor explains it.</summary>
    CrcDiffers,

    /// <summary>Packed sizes differ, and no descriptor explains it.</summary>
    PackedSizeDiffers,

    /// <summary>Sizes differ, and no descriptor explains it.</summary>
    SizeDiffers,

    /// <summary>Only one header has an AES field, or they differ.</summary>
    AesDiffers,

    /// <summary>There is no local header where the directory says.</summary>
    LocalMissing,

    /// <summary>The data runs over the end of the archive.</summary>
    DataBeyondEnd,

    /// <summary>A Zip64 value that is needed is missing or negative.</summary>
    Zip64Missing,

    /// <summary>The Zip64 end record and the end record state different values, neither being all ones.</summary>
    Zip64Differs,

    /// <summary>The Zip64 locator points to nothing.</summary>
    Zip64Broken,

    /// <summary>More than one end record leads to a directory.</summary>
    SeveralEndRecords,

    /// <summary>The last end record signature leads to no directory; an earlier one does.</summary>
    DecoyEndRecord,

    /// <summary>No end record at all: members were found by their local headers.</summary>
    NoEndRecord,

    /// <summary>The comment is longer than the file.</summary>
    CommentCut,

    /// <summary>A directory both at the written offset and right before the end record.</summary>
    SeveralDirectories,

    /// <summary>The directory lists another number of members than the end record says.</summary>
    CountDiffers,

    /// <summary>The directory is shorter or longer than the end record says.</summary>
    DirectorySizeDiffers,

    /// <summary>The directory is broken in the middle.</summary>
    DirectoryBroken,

    /// <summary>Offsets are counted from another place than the beginning: something was put in front.</summary>
    OffsetsShifted,

    /// <summary>Members or records share bytes.</summary>
    Overlap,

    /// <summary>Two directory entries stand for one local header.</summary>
    SharedLocal,

    /// <summary>A member that the directory does not list.</summary>
    HiddenMember,

    /// <summary>Bytes in front of the first member.</summary>
    Prefix,

    /// <summary>The marker of a formerly split archive in front of the first member.</summary>
    SplitMarker,

    /// <summary>Bytes behind the end record.</summary>
    Trailing,

    /// <summary>Bytes between the members that belong to none.</summary>
    HiddenBytes,

    /// <summary>Zeros between, before or behind the members.</summary>
    Padding,

    /// <summary>The data descriptor is missing or states other values.</summary>
    DescriptorDiffers,

    /// <summary>A stored member of unknown length holds something that looks like its end.</summary>
    FalseDescriptor,

    /// <summary>A folder that has content.</summary>
    FolderWithContent,

    /// <summary>The attributes say folder, the name says file.</summary>
    FolderByAttribute,

    /// <summary>One name is a file and a folder on another's path.</summary>
    FileAndFolder,

    /// <summary>Two members have the same name and different content.</summary>
    DuplicateName,

    /// <summary>Two members have the same name and, by CRC and size, the same content.</summary>
    DuplicateMember,

    /// <summary>Two names differ in case or form only.</summary>
    NameCollision,

    /// <summary>A NUL in the name: readers cut there or do not.</summary>
    NulInName,

    /// <summary>Extra fields that do not fill their place: readers ignore the rest, or refuse.</summary>
    ExtraBroken,

    /// <summary>The archive spans volumes.</summary>
    Split,
}

/// <summary>One disagreement.</summary>
/// <param name="Kind">Which.</param>
/// <param name="Entry">The member concerned, or null for the archive.</param>
/// <param name="Detail">The values, for people.</param>
public sealed record ZipDisagreement(ZipDisagreementKind Kind, ZipEntry? Entry, string Detail);

/// <summary>Bytes that belong to no member and no record.</summary>
/// <param name="Offset">Where they begin.</param>
/// <param name="Length">How many.</param>
public sealed record ZipGap(long Offset, long Length);

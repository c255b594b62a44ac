namespace MailSanitizer.Content.Unpacking;

/// <summary>
/// Findings about member names, links and readings, shared by all archive rooms. They stand on the archive, with the member as location.
/// </summary>
/// <remarks>
/// A dangerous name is <see cref="FindingClass.Active"/>: it acts when the archive is unpacked. Taking it out means writing the archive anew with the
/// member under <see cref="MemberNames.MakeSafe"/> (links are left out). Nothing here ever writes a file under a member's name.
/// </remarks>
public static class UnpackingFindings
{
    /// <summary>A name with a <c>..</c> segment.</summary>
    public static readonly FindingKind NameTraversal = new("member-name-traversal", FindingClass.Active, "A member name that leads out of the folder it is unpacked to");

    /// <summary>A name that begins at a root, a drive or a network share.</summary>
    public static readonly FindingKind NameAbsolute = new("member-name-absolute", FindingClass.Active, "A member name that begins at a root, drive or share");

    /// <summary>A name that Windows gives to a device (<c>CON</c>, <c>NUL.txt</c>).</summary>
    public static readonly FindingKind NameDevice = new("member-name-device", FindingClass.Active, "A member name that means a device");

    /// <summary>Control characters in a name.</summary>
    public static readonly FindingKind NameControl = new("member-name-control", FindingClass.Active, "Control characters in a member name");

    /// <summary>Characters that turn the reading direction of a name.</summary>
    public static readonly FindingKind NameBidi = new("member-name-bidi", FindingClass.Active, "A member name that is displayed in another order than it is written");

    /// <summary>A segment that ends in dots or spaces, which Windows drops.</summary>
    public static readonly FindingKind NameTrailing = new("member-name-trailing", FindingClass.Active, "A member name that ends in dots or spaces");

    /// <summary>A colon in a name: an alternate data stream on NTFS.</summary>
    public static readonly FindingKind NameStream = new("member-name-stream", FindingClass.Active, "A member name that means an alternate data stream");

    /// <summary>No name, or a name without any visible character.</summary>
    public static readonly FindingKind NameEmpty = new("member-name-empty", FindingClass.Active, "A member without a name");

    /// <summary>Two members that one file system cannot hold beside each other, though no reader mixes them up.</summary>
    public static readonly FindingKind NameCollision = new("member-name-collision", FindingClass.Note, "Member names that differ in letter case or form only");

    /// <summary>A symbolic link.</summary>
    public static readonly FindingKind SymbolicLink = new("member-symbolic-link", FindingClass.Active, "A member that is a symbolic link");

    /// <summary>A hard link.</summary>
    public static readonly FindingKind HardLink = new("member-hard-link", FindingClass.Active, "A member that is a hard link");

    /// <summary>A device, pipe or socket.</summary>
    public static readonly FindingKind SpecialFile = new("member-special-file", FindingClass.Active, "A member that is a device, a pipe or a socket");

    /// <summary>Two readers could see two contents, and the table of disagreements does not call it harmless.</summary>
    public static readonly FindingKind Ambiguous = new("ambiguous-archive", FindingClass.Ambiguous, "Readers could see different contents");

    /// <summary>Readers could differ in a way that is harmless once the archive is written anew from one reading, which is what taking it out means.</summary>
    public static readonly FindingKind Disagreement = new("archive-disagreement", FindingClass.Active, "Readers could differ in detail; written anew from one reading");

    /// <summary>The limit <see cref="Limits.ArchiveEntries"/> was reached.</summary>
    public static readonly FindingKind OverEntries = new("over-entries", FindingClass.Limit, "More members listed than the limit");
}

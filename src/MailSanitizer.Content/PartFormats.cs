using System.Collections.Frozen;

namespace MailSanitizer.Content;

/// <summary>What the walker itself needs to know of formats.</summary>
internal static class PartFormats
{
    /// <summary>A message (RFC 5322).</summary>
    public const string Message = "eml";

    /// <summary>Nothing that we know.</summary>
    public const string Unknown = "unknown";

    // Boxes around files: when every member was taken out, the members are what is scanned. Documents are not here: scanners know them as whole files.
    private static readonly FrozenSet<string> Containers = FrozenSet.ToFrozenSet(
        ["eml", "mht", "mbox", "zip", "7z", "rar", "tar", "gz", "bz2", "xz", "zst", "lz", "lzma", "z", "arj", "ace", "lzh", "cab", "iso", "cpio", "tnef",
         "uuencode", "yenc", "binhex", "applesingle", "appledouble", "cms", "p7m", "pgp"],
        StringComparer.Ordinal);

    private static readonly FrozenSet<string> Passive = FrozenSet.ToFrozenSet(["txt"], StringComparer.Ordinal);

    public static bool IsContainer(string format) => Containers.Contains(format);

    public static bool IsPassive(string format) => Passive.Contains(format);
}

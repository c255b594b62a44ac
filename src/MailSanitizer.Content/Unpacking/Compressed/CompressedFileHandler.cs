namespace MailSanitizer.Content.Unpacking.Compressed;

/// <summary>One compressed file without an archive around it (.gz, .bz2, .xz …): one child, named after the part.</summary>
public abstract class CompressedFileHandler : ArchiveHandler
{
    private static readonly (string Suffix, string Instead)[] Suffixes =
    [
        (".tgz", ".tar"), (".tbz2", ".tar"), (".tbz", ".tar"), (".txz", ".tar"), (".tzst", ".tar"), (".tlz", ".tar"), (".taz", ".tar"), (".tz", ".tar"),
        (".svgz", ".svg"), (".emz", ".emf"), (".wmz", ".wmf"),
        (".gz", ""), (".bz2", ""), (".bz", ""), (".xz", ""), (".zst", ""), (".lz", ""), (".lzma", ""), (".z", ""), ("-gz", ""),
    ];

    /// <summary>The part's name without the suffix of the compression.</summary>
    protected static string InnerName(string name)
    {
        foreach ((string suffix, string instead) in Suffixes)
        {
            if (name.Length > suffix.Length && name.EndsWith(suffix, StringComparison.OrdinalIgnoreCase)) return name[..^suffix.Length] + instead;
        }

        return name;
    }

    /// <summary>The part's name after its child was renamed.</summary>
    protected static string OuterName(string name, string renamedChild)
    {
        foreach ((string suffix, string instead) in Suffixes)
        {
            if (name.Length <= suffix.Length || !name.EndsWith(suffix, StringComparison.OrdinalIgnoreCase)) continue;
            if (instead.Length > 0 && renamedChild.EndsWith(instead, StringComparison.OrdinalIgnoreCase)) return renamedChild[..^instead.Length] + name[^suffix.Length..];
            return renamedChild + (instead.Length > 0 ? ".gz" : name[^suffix.Length..]);
        }

        return renamedChild + ".gz";
    }

    /// <summary>The child's description when the file states no name of its own.</summary>
    protected static ChildDescription Describe(ArchiveReading reading) =>
        new(new PartName("derived", InnerName(reading.Part.Name))) { PackedSize = reading.Bytes.Length };
}

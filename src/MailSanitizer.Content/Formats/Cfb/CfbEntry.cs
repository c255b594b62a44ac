namespace MailSanitizer.Content.Formats.Cfb;

/// <summary>What a directory entry is (MS-CFB 2.6.1).</summary>
public enum CfbKind
{
    /// <summary>The root: a storage, and the home of the mini stream.</summary>
    Root,

    /// <summary>A storage (folder).</summary>
    Storage,

    /// <summary>A stream (file).</summary>
    Stream,
}

/// <summary>One entry of a compound file.</summary>
public sealed class CfbEntry
{
    internal CfbEntry(int id, string name, CfbKind kind) => (Id, Name, Kind) = (id, name, kind);

    /// <summary>Number in the directory.</summary>
    public int Id { get; }

    /// <summary>The name; can hold control characters (<c>\u0005SummaryInformation</c>).</summary>
    public string Name { get; }

    /// <summary>What it is.</summary>
    public CfbKind Kind { get; }

    /// <summary>The storage it stands in; null for the root and for orphans.</summary>
    public CfbEntry? Parent { get; internal set; }

    /// <summary>What it holds, in the file's order (by length of name, then by name).</summary>
    public IReadOnlyList<CfbEntry> Children => ChildList;

    /// <summary>True when no storage leads to it: stale, and still readable by a recovery.</summary>
    public bool IsOrphan { get; internal set; }

    /// <summary>Class of the object.</summary>
    public Guid Clsid { get; internal init; }

    /// <summary>State bits.</summary>
    public uint StateBits { get; internal init; }

    /// <summary>Creation time as a FILETIME (100 ns since 1601); 0 when unset.</summary>
    public long Created { get; internal init; }

    /// <summary>Modification time as a FILETIME; 0 when unset.</summary>
    public long Modified { get; internal init; }

    /// <summary>Length of a stream (bytes), as stated.</summary>
    public long Size { get; internal init; }

    /// <summary>Path from the root, <c>/</c> between names.</summary>
    public string Path
    {
        get
        {
            List<string> names = [];
            for (CfbEntry? at = this; at is not null && at.Kind != CfbKind.Root; at = at.Parent) names.Add(at.Name);
            names.Reverse();
            return string.Join('/', names);
        }
    }

    internal List<CfbEntry> ChildList { get; } = [];

    internal uint Start { get; init; }

    internal uint Left { get; init; }

    internal uint Right { get; init; }

    internal uint Child { get; init; }

    internal CfbStreamBytes? Bytes { get; set; }

    /// <summary>The child of that name (CFB compares in any letter case), or null.</summary>
    public CfbEntry? Find(string name) => ChildList.Find(child => string.Equals(child.Name, name, StringComparison.OrdinalIgnoreCase));

    /// <inheritdoc/>
    public override string ToString() => Path;
}

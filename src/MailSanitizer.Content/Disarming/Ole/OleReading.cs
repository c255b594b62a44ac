using MailSanitizer.Content.Formats.Cfb;

namespace MailSanitizer.Content.Disarming.Ole;

/// <summary>One thing to take out. <see cref="Apply"/> is null where the file cannot be written without it.</summary>
internal sealed record OleItem(FindingKind Kind, string Location, string Detail, Action<OleEdits>? Apply, CfbEntry? Project = null);

/// <summary>An embedded file.</summary>
internal sealed record OleChild(ChildDescription Description, Func<Stream> Open, Action<OleEdits, PartBytes?> Replace);

/// <summary>What one pass over a file found; walk and rebuild make the same.</summary>
internal sealed class OleReading(CfbFile file, Limits limits, CancellationToken cancellation)
{
    public CfbFile File => file;

    public Limits Limits => limits;

    public CancellationToken Cancellation => cancellation;

    public List<OleItem> Items { get; } = [];

    public List<OleChild> Children { get; } = [];

    /// <summary>Findings that nothing can be taken out for.</summary>
    public List<(FindingKind Kind, string Location, string Detail)> Troubles { get; } = [];

    public void Add(FindingKind kind, string location, string detail, Action<OleEdits>? apply) => Items.Add(new OleItem(kind, location, detail, apply));

    public void Trouble(FindingKind kind, string location, string detail) => Troubles.Add((kind, location, detail));

    /// <summary>A stream as a whole; null when it is absent, or too long, which is said.</summary>
    public byte[]? Stream(CfbEntry? entry)
    {
        if (entry is not { Kind: CfbKind.Stream }) return null;
        cancellation.ThrowIfCancellationRequested();
        if (file.Content(entry).ToArray(limits.OleStream) is { } bytes) return bytes;
        Trouble(OleFindings.OverStream, entry.Path, $"{entry.Size} bytes");
        return null;
    }
}

/// <summary>Changes to a compound file, written at the end in one go without anything stale.</summary>
internal sealed class OleEdits(CfbFile file, Limits limits)
{
    private readonly HashSet<CfbEntry> _dropped = [];
    private readonly Dictionary<CfbEntry, byte[]> _patched = [];
    private readonly Dictionary<CfbEntry, PartBytes> _replaced = [];
    private readonly Dictionary<CfbEntry, CfbNode> _grafts = [];

    public void Drop(CfbEntry entry) => _dropped.Add(entry);

    /// <summary>The stream's bytes, to be changed in place.</summary>
    public byte[] Patch(CfbEntry entry)
    {
        if (!_patched.TryGetValue(entry, out byte[]? bytes)) _patched.Add(entry, bytes = file.Content(entry).ToArray(limits.OleStream)!);
        return bytes;
    }

    public void Replace(CfbEntry entry, PartBytes bytes) => _replaced[entry] = bytes;

    /// <summary>Puts what another compound file holds in the place of what a storage holds.</summary>
    public void Graft(CfbEntry storage, CfbNode content) => _grafts[storage] = content;

    public string? Write(IPartOutput output, CancellationToken cancellation)
    {
        CfbNode root = CfbNode.From(file, keep: entry => !_dropped.Contains(entry) && (entry.Parent is null || !_grafts.ContainsKey(entry.Parent)),
            replace: entry => _replaced.TryGetValue(entry, out PartBytes? bytes) ? bytes : _patched.TryGetValue(entry, out byte[]? patched) ? new MemoryPartBytes(patched) : null);
        foreach ((CfbEntry storage, CfbNode content) in _grafts) Find(root, storage)?.Children.AddRange(content.Children);
        return CfbWriter.Write(root, output, cancellation);
    }

    private static CfbNode? Find(CfbNode root, CfbEntry storage)
    {
        CfbNode? at = root;
        foreach (string name in storage.Path.Split('/')) at = at?.Children.Find(child => child.IsStorage && child.Name == name);
        return at;
    }
}

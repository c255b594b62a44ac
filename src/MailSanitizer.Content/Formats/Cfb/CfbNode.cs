namespace MailSanitizer.Content.Formats.Cfb;

/// <summary>One storage or stream to be written. The root's name and kind are the writer's.</summary>
public sealed class CfbNode
{
    private CfbNode(string name, bool isStorage, PartBytes? content) => (Name, IsStorage, Content) = (name, isStorage, content);

    /// <summary>The name: 1 to 31 UTF-16 units, none of <c>/ \ : !</c>.</summary>
    public string Name { get; }

    /// <summary>True for a storage.</summary>
    public bool IsStorage { get; }

    /// <summary>A stream's bytes; must live until the file is written.</summary>
    public PartBytes? Content { get; }

    /// <summary>What a storage holds, in any order.</summary>
    public List<CfbNode> Children { get; } = [];

    /// <summary>Class of the object.</summary>
    public Guid Clsid { get; set; }

    /// <summary>State bits.</summary>
    public uint StateBits { get; set; }

    /// <summary>FILETIME.</summary>
    public long Created { get; set; }

    /// <summary>FILETIME.</summary>
    public long Modified { get; set; }

    /// <summary>A storage.</summary>
    public static CfbNode Storage(string name) => new(name, true, null);

    /// <summary>A stream.</summary>
    public static CfbNode Stream(string name, PartBytes content) => new(name, false, content);

    /// <summary>
    /// A copy of everything under <paramref name="from"/> (by default the root) for which <paramref name="keep"/> is true; <paramref name="replace"/> may give a stream other
    /// bytes (null: the old ones). Orphans stay behind.
    /// </summary>
    public static CfbNode From(CfbFile file, CfbEntry? from = null, Func<CfbEntry, bool>? keep = null, Func<CfbEntry, PartBytes?>? replace = null)
    {
        CfbNode root = Like(from ?? file.Root, null);
        Queue<(CfbEntry Entry, CfbNode Node)> open = new([(from ?? file.Root, root)]);
        while (open.TryDequeue(out (CfbEntry Entry, CfbNode Node) next))
        {
            foreach (CfbEntry child in next.Entry.Children)
            {
                if (keep is not null && !keep(child)) continue;
                CfbNode node = Like(child, child.Kind == CfbKind.Stream ? replace?.Invoke(child) ?? file.Content(child) : null);
                next.Node.Children.Add(node);
                if (node.IsStorage) open.Enqueue((child, node));
            }
        }

        return root;
    }

    private static CfbNode Like(CfbEntry entry, PartBytes? content) => new(entry.Name, content is null, content)
    {
        Clsid = entry.Clsid,
        StateBits = entry.StateBits,
        Created = entry.Created,
        Modified = entry.Modified,
    };
}

using System.Buffers.Binary;
using MailSanitizer.Content.Formats.Cfb;

namespace MailSanitizer.Content.Unpacking.Msg;

/// <summary>Changes to an Outlook message, written at the end in one go: values in streams with their sizes in the property list, attachments, embedded messages ([MS-OXMSG] 2.1.3, 2.2.2, 2.4).</summary>
internal sealed class MsgEdits(CfbFile file)
{
    /// <summary>The stream that lists a storage's properties.</summary>
    public const string PropertyStream = "__properties_version1.0";

    /// <summary>The storage that gives named properties their numbers; in the outermost message only.</summary>
    public const string NamedStorage = "__nameid_version1.0";

    private const int TopHeader = 32;
    private const int EmbeddedHeader = 24;
    private const int AttachmentHeader = 8;
    private const int MostProperties = 4 * 1024 * 1024;

    private readonly HashSet<CfbEntry> _dropped = [];
    private readonly Dictionary<CfbEntry, PartBytes> _replaced = [];
    private readonly Dictionary<CfbEntry, byte[]> _properties = [];
    private readonly Dictionary<CfbEntry, List<CfbNode>> _added = [];
    private int _attachmentsGone;

    /// <summary>True when something changes.</summary>
    public bool Any => _dropped.Count > 0 || _replaced.Count > 0 || _properties.Count > 0 || _added.Count > 0;

    /// <summary>Why it cannot be written, or null.</summary>
    public string? Problem { get; private set; }

    /// <summary>Bytes in front of a storage's list of properties.</summary>
    public static int HeaderOf(CfbEntry storage) => storage.Kind == CfbKind.Root ? TopHeader : AttachmentHeader;

    /// <summary>Takes an attachment out.</summary>
    public void DropAttachment(CfbEntry storage)
    {
        if (_dropped.Add(storage)) _attachmentsGone++;
    }

    /// <summary>Gives a property another value where it has one as a stream of that type; its size follows.</summary>
    public void Set(CfbEntry storage, ushort id, ushort type, PartBytes value)
    {
        if (storage.Find($"__substg1.0_{id:X4}{type:X4}") is not { Kind: CfbKind.Stream } stream) return;
        _replaced[stream] = value;

        // 2.4.2.2: the size of a string counts the NUL that is not stored.
        Patch(storage, id, type, entry => BinaryPrimitives.WriteInt32LittleEndian(entry[8..], (int)value.Length + (type switch { 0x1F => 2, 0x1E => 1, _ => 0 })));
    }

    /// <summary>Gives a number another value.</summary>
    public void Set(CfbEntry storage, ushort id, int value) => Patch(storage, id, 3, entry => BinaryPrimitives.WriteInt32LittleEndian(entry[8..], value));

    /// <summary>Takes a property out, whatever its type.</summary>
    public void Drop(CfbEntry storage, ushort id)
    {
        foreach (CfbEntry child in storage.Children.Where(child => child.Name.StartsWith($"__substg1.0_{id:X4}", StringComparison.OrdinalIgnoreCase))) _dropped.Add(child);
        if (Properties(storage) is not { } properties) return;
        byte[] all = _properties[properties];
        List<byte> kept = [.. all.AsSpan(0, Math.Min(HeaderOf(storage), all.Length))];
        for (int at = HeaderOf(storage); at < all.Length; at += 16)
        {
            ReadOnlySpan<byte> entry = all.AsSpan(at, Math.Min(16, all.Length - at));
            if (entry.Length < 16 || BinaryPrimitives.ReadUInt16LittleEndian(entry[2..]) != id) kept.AddRange(entry);
        }

        _properties[properties] = [.. kept];
    }

    /// <summary>Puts a file in the place of an embedded message or object: an attachment by value.</summary>
    public void ByValue(CfbEntry storage, CfbEntry embedded, PartBytes content)
    {
        _dropped.Add(embedded);
        Add(storage, CfbNode.Stream("__substg1.0_37010102", content));
        Patch(storage, Mapi.AttachData, 0x000D, entry =>
        {
            BinaryPrimitives.WriteUInt16LittleEndian(entry, 0x0102);
            BinaryPrimitives.WriteInt32LittleEndian(entry[8..], (int)content.Length);
        });
        Set(storage, Mapi.AttachMethod, 1);
    }

    /// <summary>Puts a message or object that was written anew in the place of an embedded one.</summary>
    public void Embed(CfbEntry embedded, PartBytes content, bool message, Limits limits, CancellationToken cancellation)
    {
        if (CfbFile.Open(content, limits, out string problem, cancellation) is not { } inner)
        {
            Problem ??= problem;
            return;
        }

        bool named = embedded.Find(NamedStorage) is not null;
        CfbNode root = CfbNode.From(inner, keep: entry => !message || named || entry.Parent != inner.Root || entry.Name != NamedStorage,
            replace: entry => message && entry.Parent == inner.Root && entry.Name == PropertyStream ? EmbeddedProperties(inner.Content(entry)) : null);
        foreach (CfbEntry child in embedded.Children) _dropped.Add(child);
        foreach (CfbNode child in root.Children) Add(embedded, child);
    }

    /// <summary>Writes the message; null when done, else why not.</summary>
    public string? Write(IPartOutput output, CancellationToken cancellation)
    {
        if (Problem is not null) return Problem;
        if (_attachmentsGone > 0 && Properties(file.Root) is { } properties && _properties[properties] is { Length: >= TopHeader } top)
        {
            uint count = BinaryPrimitives.ReadUInt32LittleEndian(top.AsSpan(20));
            BinaryPrimitives.WriteUInt32LittleEndian(top.AsSpan(20), (uint)Math.Max(0, count - _attachmentsGone));
        }

        CfbNode root = CfbNode.From(file, keep: entry => !_dropped.Contains(entry), replace: entry => _replaced.TryGetValue(entry, out PartBytes? value) ? value : _properties.TryGetValue(entry, out byte[]? list) ? new MemoryPartBytes(list) : null);
        foreach ((CfbEntry storage, List<CfbNode> nodes) in _added)
        {
            CfbNode? at = root;
            foreach (string name in storage.Path.Split('/')) at = at?.Children.Find(child => child.IsStorage && child.Name == name);
            at?.Children.AddRange(nodes);
        }

        return CfbWriter.Write(root, output, cancellation);
    }

    private void Add(CfbEntry storage, CfbNode node)
    {
        if (!_added.TryGetValue(storage, out List<CfbNode>? nodes)) _added.Add(storage, nodes = []);
        nodes.Add(node);
    }

    private CfbEntry? Properties(CfbEntry storage)
    {
        if (storage.Find(PropertyStream) is not { Kind: CfbKind.Stream } found) return null;
        if (_properties.ContainsKey(found)) return found;
        return file.Content(found).ToArray(MostProperties) is { } bytes && _properties.TryAdd(found, bytes) ? found : null;
    }

    private delegate void EntryPatch(Span<byte> entry);

    private void Patch(CfbEntry storage, ushort id, ushort type, EntryPatch patch)
    {
        if (Properties(storage) is not { } properties) return;
        byte[] all = _properties[properties];
        for (int at = HeaderOf(storage); at + 16 <= all.Length; at += 16)
        {
            Span<byte> entry = all.AsSpan(at, 16);
            if (BinaryPrimitives.ReadUInt16LittleEndian(entry[2..]) == id && BinaryPrimitives.ReadUInt16LittleEndian(entry) == type) patch(entry);
        }
    }

    // The header of an embedded message lacks the last eight bytes.
    private static MemoryPartBytes EmbeddedProperties(PartBytes top)
    {
        byte[] all = top.ToArray(MostProperties) ?? [];
        return new MemoryPartBytes((byte[])[.. all.AsSpan(0, Math.Min(EmbeddedHeader, all.Length)), .. all.AsSpan(Math.Min(TopHeader, all.Length))]);
    }
}

using System.Buffers.Binary;
using System.Collections;
using System.Text;

namespace MailSanitizer.Content.Formats.Cfb;

/// <summary>
/// Reads compound files (OLE2, MS-CFB): doc, xls, ppt, msg, msi and more. Every chain is bounded by the number of sectors, every sector belongs to one chain,
/// the tree is walked without recursion; what breaks a rule is stated in <see cref="Problems"/> and what can still be read is read.
/// </summary>
public sealed class CfbFile
{
    private const uint MaxSector = 0xFFFFFFFA;
    private const uint None = 0xFFFFFFFF;
    private const int EntryLength = 128;

    private readonly PartBytes _bytes;
    private readonly int _shift;
    private readonly uint[] _fat;
    private readonly BitArray _used;
    private readonly List<string> _problems = [];
    private readonly List<CfbEntry> _entries = [];
    private uint[] _miniFat = [];
    private CfbStreamBytes? _mini;
    private BitArray _miniUsed = new(0);
    private int _miniShift = 6;
    private uint _cutoff = 4096;

    private CfbFile(PartBytes bytes, int shift, uint[] fat) => (_bytes, _shift, _fat, _used) = (bytes, shift, fat, new BitArray(fat.Length));

    /// <summary>The root storage.</summary>
    public CfbEntry Root { get; private set; } = new(0, "Root Entry", CfbKind.Root);

    /// <summary>Every entry that is in use, storages before what they hold; orphans last.</summary>
    public IReadOnlyList<CfbEntry> Entries => _entries;

    /// <summary>Rules of MS-CFB that the file breaks, for people: cycles, shared sectors, chains out of bounds, orphans. Empty for a good file.</summary>
    public IReadOnlyList<string> Problems => _problems;

    /// <summary>True when something could not be read because of a limit (<see cref="Limits.ArchiveEntries"/>).</summary>
    public bool ListCut { get; private set; }

    /// <summary>True when the bytes begin as a compound file does.</summary>
    public static bool IsCfb(PartBytes bytes)
    {
        Span<byte> head = stackalloc byte[8];
        return bytes.Read(0, head) == 8 && head.SequenceEqual<byte>([0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]);
    }

    /// <summary>Opens; null when it is no compound file or nothing can be read of it, and <paramref name="problem"/> says why.</summary>
    public static CfbFile? Open(PartBytes bytes, Limits limits, out string problem, CancellationToken cancellation = default)
    {
        problem = "";
        byte[] head = new byte[512];
        int got = bytes.Read(0, head);
        if (got < 512 || !IsCfb(bytes))
        {
            problem = "no compound file header";
            return null;
        }

        int shift = BinaryPrimitives.ReadUInt16LittleEndian(head.AsSpan(30));
        if (shift is not (9 or 12))
        {
            problem = $"sector size 2^{shift}";
            return null;
        }

        CfbFile file = new(bytes, shift, Fat(bytes, head, shift, cancellation));
        file._miniShift = BinaryPrimitives.ReadUInt16LittleEndian(head.AsSpan(32)) is var mini and >= 6 and <= 9 ? mini : 6;
        file._cutoff = BinaryPrimitives.ReadUInt32LittleEndian(head.AsSpan(56)) is var cutoff && cutoff is > 0 and <= 1 << 20 ? cutoff : 4096;
        if (file._cutoff != 4096) file._problems.Add($"mini stream cutoff {file._cutoff}");
        bool wide = BinaryPrimitives.ReadUInt16LittleEndian(head.AsSpan(26)) >= 4;
        if (!file.ReadDirectory(BinaryPrimitives.ReadUInt32LittleEndian(head.AsSpan(48)), wide, limits, cancellation))
        {
            problem = "no root entry";
            return null;
        }

        file.ReadMini(BinaryPrimitives.ReadUInt32LittleEndian(head.AsSpan(60)));
        foreach (CfbEntry entry in file._entries)
        {
            cancellation.ThrowIfCancellationRequested();
            if (entry.Kind == CfbKind.Stream) entry.Bytes = file.Chain(entry);
        }

        return file;
    }

    /// <summary>The stream at a path (<c>/</c> between names, any letter case), or null.</summary>
    public CfbEntry? Find(string path)
    {
        CfbEntry? at = Root;
        foreach (string name in path.Split('/'))
        {
            at = at?.Find(name);
        }

        return at;
    }

    /// <summary>A stream's bytes; empty for a storage. They live as long as the part does; disposing of them does nothing.</summary>
    public PartBytes Content(CfbEntry entry) => entry.Bytes ?? (PartBytes)new MemoryPartBytes(ReadOnlyMemory<byte>.Empty);

    // MS-CFB 2.3, 2.5: the header names 109 FAT sectors, a chain of DIFAT sectors the rest.
    private static uint[] Fat(PartBytes bytes, byte[] head, int shift, CancellationToken cancellation)
    {
        long sectors = Math.Min(bytes.Length >> shift, int.MaxValue / 4);
        int perSector = 1 << (shift - 2);
        List<uint> places = [];
        for (int i = 0; i < 109; i++) places.Add(BinaryPrimitives.ReadUInt32LittleEndian(head.AsSpan(76 + (4 * i))));
        byte[] sector = new byte[1 << shift];
        uint next = BinaryPrimitives.ReadUInt32LittleEndian(head.AsSpan(68));
        for (long seen = 0; next < MaxSector && seen <= sectors / perSector && ReadSector(bytes, next, shift, sector); seen++)
        {
            cancellation.ThrowIfCancellationRequested();
            for (int i = 0; i < perSector - 1; i++) places.Add(BinaryPrimitives.ReadUInt32LittleEndian(sector.AsSpan(4 * i)));
            next = BinaryPrimitives.ReadUInt32LittleEndian(sector.AsSpan(sector.Length - 4));
        }

        uint[] fat = new uint[(int)sectors];
        Array.Fill(fat, None);
        int at = 0;
        foreach (uint place in places)
        {
            if (at >= fat.Length) break;
            if (place < MaxSector && ReadSector(bytes, place, shift, sector))
            {
                for (int i = 0; i < perSector && at + i < fat.Length; i++) fat[at + i] = BinaryPrimitives.ReadUInt32LittleEndian(sector.AsSpan(4 * i));
            }

            if (place != None) at += perSector;
        }

        return fat;
    }

    // The last sector of many files is short; what is missing reads as zeros.
    private static bool ReadSector(PartBytes bytes, uint number, int shift, byte[] sector)
    {
        int got = bytes.Read(((long)number + 1) << shift, sector);
        sector.AsSpan(got).Clear();
        return got > 0;
    }

    private uint[] Follow(uint start, uint[] fat, BitArray used, long most, string what)
    {
        List<uint> chain = [];
        uint at = start;
        while (at < MaxSector && chain.Count < most)
        {
            if (at >= fat.Length || (fat == _fat && (((long)at + 1) << _shift) >= _bytes.Length))
            {
                _problems.Add($"{what}: sector {at} is outside the file");
                break;
            }

            if (used[(int)at])
            {
                _problems.Add($"{what}: sector {at} is used twice");
                break;
            }

            used[(int)at] = true;
            chain.Add(at);
            at = fat[at];
        }

        return [.. chain];
    }

    private CfbStreamBytes Sectors(uint start, long size, string what)
    {
        uint[] chain = Follow(start, _fat, _used, (size + (1L << _shift) - 1) >> _shift, what);
        long there = Math.Min(size, (long)chain.Length << _shift);
        if (there < size && size != long.MaxValue >> 1) _problems.Add($"{what}: {size} bytes stated, {there} there");
        return new CfbStreamBytes(_bytes, chain, _shift, 1L << _shift, there);
    }

    private CfbStreamBytes Chain(CfbEntry entry)
    {
        if (entry.Size <= 0 || entry.Start >= MaxSector) return new CfbStreamBytes(_bytes, [], _shift, 0, 0);
        if (entry.Size >= _cutoff || _mini is null) return Sectors(entry.Start, entry.Size, entry.Path);
        uint[] chain = Follow(entry.Start, _miniFat, _miniUsed, (entry.Size + (1L << _miniShift) - 1) >> _miniShift, entry.Path);
        long there = Math.Min(entry.Size, (long)chain.Length << _miniShift);
        if (there < entry.Size) _problems.Add($"{entry.Path}: {entry.Size} bytes stated, {there} there");
        return new CfbStreamBytes(_mini, chain, _miniShift, 0, there);
    }

    private void ReadMini(uint miniFatStart)
    {
        if (Root.Start >= MaxSector || Root.Size <= 0) return;
        CfbStreamBytes table = Sectors(miniFatStart, long.MaxValue >> 1, "mini FAT");
        byte[] raw = table.ToArray(256L << 20) ?? [];
        _mini = Sectors(Root.Start, Root.Size, "mini stream");
        int count = (int)Math.Min(raw.Length / 4, (_mini.Length + (1L << _miniShift) - 1) >> _miniShift);
        _miniFat = new uint[count];
        for (int i = 0; i < count; i++) _miniFat[i] = BinaryPrimitives.ReadUInt32LittleEndian(raw.AsSpan(4 * i));
        _miniUsed = new BitArray(count);
    }

    private bool ReadDirectory(uint start, bool wide, Limits limits, CancellationToken cancellation)
    {
        CfbStreamBytes directory = Sectors(start, long.MaxValue >> 1, "directory");
        long count = directory.Length / EntryLength;
        if (count > limits.ArchiveEntries)
        {
            count = limits.ArchiveEntries;
            ListCut = true;
        }

        CfbEntry?[] all = new CfbEntry?[count];
        byte[] raw = new byte[EntryLength];
        for (int id = 0; id < count; id++)
        {
            cancellation.ThrowIfCancellationRequested();
            if (directory.Read((long)id * EntryLength, raw) == EntryLength) all[id] = Entry(id, raw, wide);
        }

        if (count == 0 || all[0] is not { } root) return false;
        Root = root;
        if (root.Kind != CfbKind.Root) _problems.Add("the first entry is no root");
        Link(all, cancellation);
        return true;
    }

    private CfbEntry? Entry(int id, ReadOnlySpan<byte> raw, bool wide)
    {
        CfbKind kind;
        switch (raw[66])
        {
            case 1: kind = CfbKind.Storage; break;
            case 2: kind = CfbKind.Stream; break;
            case 5: kind = CfbKind.Root; break;
            default: return id == 0 ? new CfbEntry(0, "Root Entry", CfbKind.Storage) { Start = None, Left = None, Right = None, Child = None } : null;
        }

        // The length counts bytes with the final NUL; broken ones are cut at the first NUL.
        int nameLength = Math.Clamp((int)BinaryPrimitives.ReadUInt16LittleEndian(raw[64..]), 0, 64) & ~1;
        string name = Encoding.Unicode.GetString(raw[..nameLength]);
        int nul = name.IndexOf('\0', StringComparison.Ordinal);
        if (nul >= 0) name = name[..nul];
        long size = BinaryPrimitives.ReadInt64LittleEndian(raw[120..]);
        return new CfbEntry(id, name, kind)
        {
            Left = BinaryPrimitives.ReadUInt32LittleEndian(raw[68..]),
            Right = BinaryPrimitives.ReadUInt32LittleEndian(raw[72..]),
            Child = BinaryPrimitives.ReadUInt32LittleEndian(raw[76..]),
            Clsid = new Guid(raw.Slice(80, 16)),
            StateBits = BinaryPrimitives.ReadUInt32LittleEndian(raw[96..]),
            Created = BinaryPrimitives.ReadInt64LittleEndian(raw[100..]),
            Modified = BinaryPrimitives.ReadInt64LittleEndian(raw[108..]),
            Start = BinaryPrimitives.ReadUInt32LittleEndian(raw[116..]),

            // MS-CFB 2.6.1: version 3 writers leave rubbish in the high half.
            Size = wide ? Math.Max(0, size) : size & 0xFFFFFFFF,
        };
    }

    private void Link(CfbEntry?[] all, CancellationToken cancellation)
    {
        BitArray seen = new(all.Length);
        seen[0] = true;
        _entries.Add(Root);
        for (int next = 0; next < _entries.Count; next++)
        {
            cancellation.ThrowIfCancellationRequested();
            CfbEntry storage = _entries[next];
            if (storage.Kind != CfbKind.Stream) Siblings(storage, all, seen);
        }

        foreach (CfbEntry? entry in all)
        {
            if (entry is null || seen[entry.Id]) continue;
            entry.IsOrphan = true;
            _problems.Add($"entry {entry.Id} ({entry.Name}) is in no storage");
            _entries.Add(entry);
        }
    }

    // In-order walk of the binary tree of siblings, with a stack of our own.
    private void Siblings(CfbEntry storage, CfbEntry?[] all, BitArray seen)
    {
        Stack<CfbEntry> path = [];
        uint at = storage.Child;
        while (path.Count > 0 || at != None)
        {
            if (at != None)
            {
                if (at >= all.Length || all[at] is not { } entry)
                {
                    _problems.Add($"{storage.Path}: entry {at} is not there");
                    at = None;
                    continue;
                }

                if (seen[entry.Id])
                {
                    _problems.Add($"{storage.Path}: entry {at} is reached twice");
                    at = None;
                    continue;
                }

                seen[entry.Id] = true;
                path.Push(entry);
                at = entry.Left;
                continue;
            }

            CfbEntry done = path.Pop();
            done.Parent = storage;
            storage.ChildList.Add(done);
            _entries.Add(done);
            at = done.Right;
        }
    }
}

using System.Buffers.Binary;
using System.Text;

namespace MailSanitizer.Content.Formats.Cfb;

/// <summary>
/// Writes a compound file, version 3, 512-byte sectors: header, DIFAT, FAT, directory, mini FAT, mini stream, streams. Nothing of an older file is left in it,
/// for every sector is written anew and padded with zeros.
/// </summary>
public static class CfbWriter
{
    private const int Sector = 512;
    private const int Mini = 64;
    private const int Cutoff = 4096;
    private const uint End = 0xFFFFFFFE;
    private const uint Free = 0xFFFFFFFF;
    private const uint FatMark = 0xFFFFFFFD;
    private const uint DifatMark = 0xFFFFFFFC;

    /// <summary>Writes <paramref name="root"/> and all below it. Null when done; else why it cannot be written (too large for version 3, a bad name, two equal names).</summary>
    public static string? Write(CfbNode root, IPartOutput output, CancellationToken cancellation = default)
    {
        List<Slot> slots = Slots(root);
        foreach (Slot slot in slots)
        {
            if (slot.Node != root && (slot.Node.Name.Length is 0 or > 31)) return $"the name {slot.Node.Name} cannot be written";
            if (slot.Size > int.MaxValue) return $"the stream {slot.Node.Name} is too long";
        }

        if (slots.Exists(slot => slot.HasTwins)) return "two entries of one name";
        List<Slot> small = slots.FindAll(slot => slot.Size is > 0 and < Cutoff);
        List<Slot> large = slots.FindAll(slot => slot.Size >= Cutoff);
        long miniCount = small.Sum(slot => Blocks(slot.Size, Mini));
        long directory = Blocks(slots.Count, 4);
        long miniFat = Blocks(miniCount, Sector / 4);
        long miniStream = Blocks(miniCount, Sector / Mini);
        long data = directory + miniFat + miniStream + large.Sum(slot => Blocks(slot.Size, Sector));
        (long fat, long difat) = FatSize(data);
        if (data + fat + difat > int.MaxValue / 2) return "too large for a compound file of version 3";

        // Places, in the order of writing.
        uint at = (uint)(difat + fat);
        uint directoryStart = at;
        at += (uint)directory;
        uint miniFatStart = at;
        at += (uint)miniFat;
        uint miniStart = at;
        at += (uint)miniStream;
        foreach (Slot slot in large)
        {
            slot.Start = at;
            at += (uint)Blocks(slot.Size, Sector);
        }

        uint mini = 0;
        foreach (Slot slot in small)
        {
            slot.Start = mini;
            mini += (uint)Blocks(slot.Size, Mini);
        }

        if (miniCount > 0) (slots[0].Start, slots[0].RootSize) = (miniStart, miniCount * Mini);
        Blocked writer = new(output);
        Header(writer, fat, difat, directoryStart, miniCount > 0 ? miniFatStart : End, miniFat);
        Difat(writer, fat, difat);
        Table(writer, Chains(fat, difat, [directory, miniFat, miniStream, .. large.Select(slot => Blocks(slot.Size, Sector))]));
        foreach (Slot slot in slots) writer.Write(slot.Entry());
        byte[] unused = new byte[128];
        BinaryPrimitives.WriteInt32LittleEndian(unused.AsSpan(68), -1);
        BinaryPrimitives.WriteInt32LittleEndian(unused.AsSpan(72), -1);
        BinaryPrimitives.WriteInt32LittleEndian(unused.AsSpan(76), -1);
        for (long i = slots.Count; i < directory * 4; i++) writer.Write(unused);
        Table(writer, Chains(0, 0, small.Select(slot => Blocks(slot.Size, Mini))));
        foreach (Slot slot in small) writer.Content(slot.Node.Content!, Mini, cancellation);
        writer.Pad(Sector);
        foreach (Slot slot in large) writer.Content(slot.Node.Content!, Sector, cancellation);
        return null;
    }

    private static long Blocks(long length, int of) => (length + of - 1) / of;

    // The FAT describes its own sectors too: grow until it fits.
    private static (long Fat, long Difat) FatSize(long data)
    {
        long fat = 0, difat = 0;
        while (true)
        {
            long needFat = Blocks(data + fat + difat, Sector / 4);
            long needDifat = needFat > 109 ? Blocks(needFat - 109, (Sector / 4) - 1) : 0;
            if (needFat == fat && needDifat == difat) return (fat, difat);
            (fat, difat) = (needFat, needDifat);
        }
    }

    private static void Header(Blocked writer, long fat, long difat, uint directory, uint miniFat, long miniFatCount)
    {
        byte[] head = new byte[Sector];
        new byte[] { 0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1 }.CopyTo(head, 0);
        BinaryPrimitives.WriteUInt16LittleEndian(head.AsSpan(24), 0x3E);
        BinaryPrimitives.WriteUInt16LittleEndian(head.AsSpan(26), 3);
        BinaryPrimitives.WriteUInt16LittleEndian(head.AsSpan(28), 0xFFFE);
        BinaryPrimitives.WriteUInt16LittleEndian(head.AsSpan(30), 9);
        BinaryPrimitives.WriteUInt16LittleEndian(head.AsSpan(32), 6);
        BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(44), (uint)fat);
        BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(48), directory);
        BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(56), Cutoff);
        BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(60), miniFat);
        BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(64), (uint)miniFatCount);
        BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(68), difat > 0 ? 0 : End);
        BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(72), (uint)difat);
        for (int i = 0; i < 109; i++) BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(76 + (4 * i)), i < fat ? (uint)(difat + i) : Free);
        writer.Write(head);
    }

    private static void Difat(Blocked writer, long fat, long difat)
    {
        long number = 109;
        for (long sector = 0; sector < difat; sector++)
        {
            byte[] table = new byte[Sector];
            for (int i = 0; i < (Sector / 4) - 1; i++, number++) BinaryPrimitives.WriteUInt32LittleEndian(table.AsSpan(4 * i), number < fat ? (uint)(difat + number) : Free);
            BinaryPrimitives.WriteUInt32LittleEndian(table.AsSpan(Sector - 4), sector + 1 < difat ? (uint)(sector + 1) : End);
            writer.Write(table);
        }
    }

    private static IEnumerable<uint> Chains(long fat, long difat, IEnumerable<long> lengths)
    {
        for (long i = 0; i < difat; i++) yield return DifatMark;
        for (long i = 0; i < fat; i++) yield return FatMark;
        uint at = (uint)(fat + difat);
        foreach (long length in lengths)
        {
            for (long i = 0; i < length; i++, at++) yield return i + 1 < length ? at + 1 : End;
        }
    }

    private static void Table(Blocked writer, IEnumerable<uint> values)
    {
        byte[] sector = new byte[Sector];
        int at = 0;
        foreach (uint value in values)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(sector.AsSpan(at), value);
            at += 4;
            if (at < Sector) continue;
            writer.Write(sector);
            at = 0;
        }

        if (at == 0) return;
        sector.AsSpan(at).Fill(0xFF);
        writer.Write(sector);
    }

    private static List<Slot> Slots(CfbNode root)
    {
        List<Slot> slots = [new Slot(root, true)];
        for (int next = 0; next < slots.Count; next++)
        {
            Slot parent = slots[next];
            if (parent.Node.Children.Count == 0) continue;
            List<CfbNode> sorted = [.. parent.Node.Children];
            sorted.Sort(Compare);
            parent.HasTwins = sorted.Zip(sorted.Skip(1)).Any(pair => Compare(pair.First, pair.Second) == 0);
            int first = slots.Count;
            slots.AddRange(sorted.Select(node => new Slot(node, false)));
            parent.Child = Balance(slots, first, sorted.Count);
        }

        return slots;
    }

    // MS-CFB 2.6.4: shorter names first, then upper-cased code units. Excel finds its Workbook by this order, so it must be exact.
    private static int Compare(CfbNode a, CfbNode b) =>
        a.Name.Length != b.Name.Length ? a.Name.Length.CompareTo(b.Name.Length) : string.CompareOrdinal(a.Name.ToUpperInvariant(), b.Name.ToUpperInvariant());

    // The middle is the parent of both halves; the deepest row is red, all else black: a red-black tree. A list of ranges stands in for recursion.
    private static uint Balance(List<Slot> slots, int first, int count)
    {
        int full = System.Numerics.BitOperations.Log2((uint)count + 1);
        Stack<(int From, int To, int Depth, Action<uint> Set)> open = [];
        uint top = Free;
        open.Push((first, first + count, 0, id => top = id));
        while (open.TryPop(out (int From, int To, int Depth, Action<uint> Set) range))
        {
            if (range.From >= range.To) continue;
            int middle = (range.From + range.To) / 2;
            Slot slot = slots[middle];
            range.Set((uint)middle);
            slot.Black = range.Depth < full;
            open.Push((range.From, middle, range.Depth + 1, id => slot.Left = id));
            open.Push((middle + 1, range.To, range.Depth + 1, id => slot.Right = id));
        }

        return top;
    }

    private sealed class Slot(CfbNode node, bool isRoot)
    {
        public CfbNode Node => node;

        public long Size => node.IsStorage ? 0 : node.Content!.Length;

        public long RootSize { get; set; }

        public uint Start { get; set; } = isRoot ? End : 0;

        public uint Left { get; set; } = Free;

        public uint Right { get; set; } = Free;

        public uint Child { get; set; } = Free;

        public bool Black { get; set; } = true;

        public bool HasTwins { get; set; }

        public byte[] Entry()
        {
            byte[] entry = new byte[128];
            string name = isRoot ? "Root Entry" : node.Name;
            Encoding.Unicode.GetBytes(name, entry);
            BinaryPrimitives.WriteUInt16LittleEndian(entry.AsSpan(64), (ushort)((name.Length + 1) * 2));
            entry[66] = isRoot ? (byte)5 : node.IsStorage ? (byte)1 : (byte)2;
            entry[67] = Black ? (byte)1 : (byte)0;
            BinaryPrimitives.WriteUInt32LittleEndian(entry.AsSpan(68), Left);
            BinaryPrimitives.WriteUInt32LittleEndian(entry.AsSpan(72), Right);
            BinaryPrimitives.WriteUInt32LittleEndian(entry.AsSpan(76), Child);
            node.Clsid.TryWriteBytes(entry.AsSpan(80));
            BinaryPrimitives.WriteUInt32LittleEndian(entry.AsSpan(96), node.StateBits);
            BinaryPrimitives.WriteInt64LittleEndian(entry.AsSpan(100), node.Created);
            BinaryPrimitives.WriteInt64LittleEndian(entry.AsSpan(108), node.Modified);
            BinaryPrimitives.WriteUInt32LittleEndian(entry.AsSpan(116), !isRoot && !node.IsStorage && Size == 0 ? End : Start);
            BinaryPrimitives.WriteInt64LittleEndian(entry.AsSpan(120), isRoot ? RootSize : Size);
            return entry;
        }
    }

    private sealed class Blocked(IPartOutput output)
    {
        private long _position;

        public void Write(ReadOnlySpan<byte> bytes)
        {
            output.Write(bytes);
            _position += bytes.Length;
        }

        public void Content(PartBytes content, int block, CancellationToken cancellation)
        {
            byte[] buffer = new byte[(int)Math.Clamp(content.Length, 1, 64 * 1024)];
            long done = 0;
            for (int got; (got = content.Read(done, buffer)) > 0; done += got)
            {
                cancellation.ThrowIfCancellationRequested();
                Write(buffer.AsSpan(0, got));
            }

            if (done != content.Length) throw new InvalidOperationException("A stream changed its length while it was written.");
            Pad(block);
        }

        public void Pad(int block)
        {
            int over = (int)(_position % block);
            if (over > 0) Write(new byte[block - over]);
        }
    }
}

using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using MailSanitizer.Content.Formats.Zip;

namespace MailSanitizer.Content.Disarming.Ole;

/// <summary>
/// Drawings of legacy office files (MS-ODRAW): pictures that stand elsewhere, hyperlinks of shapes, the newer form of a shape that is kept in a property, and the pictures
/// inside, which are files of their own. Records are found wherever they stand: programs differ in which containers they follow.
/// </summary>
internal static class DrawingRecords
{
    // The three tables of properties of a shape (2.2.9 to 2.2.11).
    private static readonly byte[][] Tables = [[0x0B, 0xF0], [0x21, 0xF1], [0x22, 0xF1]];

    // Name, flags and picture, of a picture, a print picture, a fill and a line (2.3.23.7, 2.3.7.11, 2.3.8.8).
    private static readonly (int Name, int Flags, int Picture)[] Pictures = [(0x105, 0x106, 0x104), (0x110, 0x111, 0x10F), (0x187, 0x188, 0x186), (0x1C6, 0x1C7, 0x1C5)];

    // Only what cannot be told by its first bytes is named by its kind.
    private static readonly (int Kind, string Extension, bool Metafile)[] Blips = [(0x1A, ".emf", true), (0x1B, ".wmf", true), (0x1C, "", true), (0x1D, "", false), (0x1E, "", false), (0x1F, ".bmp", false), (0x29, "", false), (0x2A, "", false)];

    private static readonly HashSet<int> Instances = [0x3D4, 0x3D5, 0x216, 0x217, 0x542, 0x543, 0x46A, 0x46B, 0x6E2, 0x6E3, 0x6E0, 0x6E1, 0x7A8, 0x7A9, 0x6E4, 0x6E5];

    /// <summary>Looks at all drawings in these bytes.</summary>
    public static void Find(OleReading reading, OlePieces pieces)
    {
        byte[] bytes = pieces.Whole;
        if (bytes.Length == 0) return;
        foreach (byte[] mark in Tables)
        {
            for (int at = 0; bytes.AsSpan(at).IndexOf(mark) is var found and >= 0; at += 2)
            {
                reading.Cancellation.ThrowIfCancellationRequested();
                at += found;
                if (at >= 2 && (bytes[at - 2] & 15) == 3) Table(reading, pieces, at - 2);
            }
        }

        HyperlinkObject.Find(reading, pieces);
        Embedded(reading, pieces);
    }

    private static void Table(OleReading reading, OlePieces pieces, int at)
    {
        byte[] bytes = pieces.Whole;
        if (at + 8 > bytes.Length) return;
        int count = BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(at)) >> 4;
        uint size = BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + 4));
        if (count == 0 || size < 6 * count || size > bytes.Length - at - 8) return;
        int end = at + 8 + (int)size;
        int data = at + 8 + (6 * count);
        Dictionary<int, (int At, uint Value, int From, int Length)> properties = [];
        for (int i = 0; i < count; i++)
        {
            int entry = at + 8 + (6 * i);
            int id = BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(entry));
            uint value = BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(entry + 2));
            int length = (id & 0x8000) == 0 ? 0 : (int)Math.Min(value, end - data);
            properties.TryAdd(id & 0x3FFF, (entry, value, data, length));
            data += length;
        }

        foreach ((int name, int flags, int picture) in Pictures) Linked(reading, pieces, properties, name, flags, picture);
        if (properties.TryGetValue(0x3A9, out (int At, uint Value, int From, int Length) newer) && newer.Length > 0) Newer(reading, pieces, newer.From, newer.Length);
    }

    // MSOBLIPFLAGS (2.4.7): 2 a URL, 4 not saved, 8 linked. A path without a picture is one as well.
    private static void Linked(OleReading reading, OlePieces pieces, Dictionary<int, (int At, uint Value, int From, int Length)> properties, int name, int flags, int picture)
    {
        if (!properties.TryGetValue(name, out (int At, uint Value, int From, int Length) named) || named.Length < 4) return;
        string text = Encoding.Unicode.GetString(pieces.Whole, named.From, named.Length & ~1).Split('\0')[0];
        if (text.Length < 3 || text.Any(char.IsControl)) return;
        bool linked = properties.TryGetValue(flags, out (int At, uint Value, int From, int Length) how) && (how.Value & 0xE) != 0;
        if (!linked && (text.AsSpan().IndexOfAny("/\\:") < 0 || (properties.TryGetValue(picture, out (int At, uint Value, int From, int Length) inside) && inside.Value != 0))) return;
        reading.Add(OfficeFindings.ExternalLink, pieces.Place(named.At), text.Length > 200 ? text[..200] : text, edits =>
        {
            pieces.Clear(edits, named.From, named.Length);
            if (how.At > 0) pieces.Clear(edits, how.At + 2, 4);
        });
    }

    // The shape as an Open XML package, which newer programs read in place of it: passive only where none of it leads out or acts.
    private static void Newer(OleReading reading, OlePieces pieces, int from, int length)
    {
        if (!pieces.Whole.AsSpan(from, length).ContainsAnyExcept((byte)0)) return;
        if (Acts(reading, pieces.Whole.AsMemory(from, length)) is { } why) reading.Add(OfficeFindings.ExternalLink, pieces.Place(from), "newer form of a shape: " + why, edits => pieces.Clear(edits, from, length));
    }

    private static string? Acts(OleReading reading, ReadOnlyMemory<byte> package)
    {
        using MemoryPartBytes bytes = new(package);
        if (ZipReader.Read(bytes, reading.Limits, reading.Cancellation) is not { ListCut: false, Damaged: false } zip) return "not readable";
        foreach (ZipEntry entry in zip.Entries)
        {
            using ZipEntryStream content = zip.Open(entry, reading.Limits, reading.Cancellation);
            using MemoryStream text = new();
            byte[] buffer = new byte[16 * 1024];
            for (int got; (got = content.Read(buffer)) > 0 && text.Length < 8 * 1024 * 1024;) text.Write(buffer, 0, got);
            if (content.ProblemKind != ZipProblem.None || text.Length >= 8 * 1024 * 1024) return entry.Name + " is not readable";
            string read = Encoding.UTF8.GetString(text.GetBuffer(), 0, (int)text.Length).Replace("\0", "", StringComparison.Ordinal);
            if (read.Contains("external", StringComparison.OrdinalIgnoreCase) || read.Contains("ppaction:", StringComparison.OrdinalIgnoreCase) || read.Contains("oleobject", StringComparison.OrdinalIgnoreCase)) return entry.Name;
        }

        return null;
    }

    // Blips (2.2.23): ids, then a head, then the picture; metafiles are packed.
    private static void Embedded(OleReading reading, OlePieces pieces)
    {
        byte[] bytes = pieces.Whole;
        for (int at = 0; bytes.AsSpan(at).IndexOf((byte)0xF0) is var found and >= 0; at++)
        {
            at += found;
            if (at < 3 || at + 5 > bytes.Length || (bytes[at - 3] & 15) != 0) continue;
            int instance = BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(at - 3)) >> 4;
            (int Kind, string Extension, bool Metafile) blip = Array.Find(Blips, one => one.Kind == bytes[at - 1]);
            if (blip.Extension is null || !Instances.Contains(instance)) continue;
            uint size = BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + 1));
            int data = at + 5;
            if (size > bytes.Length - data) continue;
            int head = ((instance & 1) != 0 ? 32 : 16) + (blip.Metafile ? 34 : 1);
            if (size <= head || !bytes.AsSpan(data + head, (int)size - head).ContainsAnyExcept((byte)0)) continue;
            bool packed = blip.Metafile && bytes[data + head - 2] == 0;
            (int from, int length) = (data + head, (int)size - head);
            ChildDescription description = new(new PartName("picture", $"picture-{at - 3}{blip.Extension}")) { PackedSize = length };
            reading.Children.Add(new OleChild(description, () => Open(bytes, from, length, packed, blip.Kind), (edits, changed) => Put(pieces, edits, from, length, packed || blip.Kind == 0x1F ? null : changed)));
            at = data + (int)size - 1;
            if (at >= bytes.Length) return;
        }
    }

    private static Stream Open(byte[] bytes, int from, int length, bool packed, int kind)
    {
        if (kind == 0x1F && length >= 40) return new MemoryStream([.. BitmapHead(bytes.AsSpan(from, length)), .. bytes.AsSpan(from, length)], writable: false);
        MemoryStream raw = new(bytes, from, length, writable: false);
        return packed ? new ZLibStream(raw, CompressionMode.Decompress) : raw;
    }

    // A bitmap stands here without the head that a file has: "BM", sizes, where the pixels begin (behind the palette).
    private static byte[] BitmapHead(ReadOnlySpan<byte> bitmap)
    {
        uint info = BinaryPrimitives.ReadUInt32LittleEndian(bitmap);
        int bits = BinaryPrimitives.ReadUInt16LittleEndian(bitmap[14..]);
        uint colours = BinaryPrimitives.ReadUInt32LittleEndian(bitmap[32..]);
        if (colours == 0 && bits is > 0 and <= 8) colours = 1u << bits;
        byte[] head = [(byte)'B', (byte)'M', .. new byte[12]];
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(2), bitmap.Length + 14);
        BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(10), unchecked(14 + info + (colours * 4) + (info == 40 && BinaryPrimitives.ReadUInt32LittleEndian(bitmap[16..]) == 3 ? 12u : 0)));
        return head;
    }

    // In the room that there is: a shorter picture is followed by zeros, which its own end makes invisible; one that grew goes.
    private static void Put(OlePieces pieces, OleEdits edits, int from, int length, PartBytes? changed)
    {
        pieces.Clear(edits, from, length);
        if (changed is not null && changed.Length <= length && changed.ToArray(length) is { } picture) pieces.Write(edits, from, picture);
    }
}

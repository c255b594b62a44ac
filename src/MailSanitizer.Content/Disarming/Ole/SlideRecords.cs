using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using MailSanitizer.Content.Formats.Cfb;
using MailSanitizer.Content.Formats.Links;
using MailSanitizer.Content.Formats.Vba;
using MailSanitizer.Content.Formats.Zip;

namespace MailSanitizer.Content.Disarming.Ole;

/// <summary>The records of a presentation (MS-PPT), stale edits included: VBA, objects, actions, links. All is overwritten in place, so that no offset moves.</summary>
internal static class SlideRecords
{
    private const int Deepest = 64;

    public static void Find(OleReading reading, CfbEntry stream)
    {
        if (reading.Stream(stream) is not { } bytes) return;
        byte[] user = reading.Stream(reading.File.Root.Find("Current User")) ?? [];
        if (user.Length >= 16 && BinaryPrimitives.ReadUInt32LittleEndian(user.AsSpan(12)) == 0xF3D1C4DF)
        {
            if (!reading.Troubles.Exists(one => one.Kind == WalkFindings.Locked)) reading.Trouble(WalkFindings.Locked, stream.Name, "RC4 CryptoAPI");
            return;
        }

        DrawingRecords.Find(reading, new OlePieces(stream, bytes));
        if (reading.File.Root.Find("Pictures") is { Kind: CfbKind.Stream } pictures && reading.Stream(pictures) is { } all) DrawingRecords.Find(reading, new OlePieces(pictures, all));
        Stack<int> ends = new([bytes.Length]);
        Stack<int> kinds = new([0]);
        int at = 0;
        while (at + 8 <= bytes.Length)
        {
            reading.Cancellation.ThrowIfCancellationRequested();
            while (ends.Count > 1 && at >= ends.Peek())
            {
                ends.Pop();
                kinds.Pop();
            }

            int head = BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(at));
            int kind = BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(at + 2));
            uint size = BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + 4));
            int data = at + 8;
            if (size > bytes.Length - data)
            {
                // Zeros behind the last record are padding; anything else is not understood.
                if (bytes.AsSpan(at).ContainsAnyExcept((byte)0)) reading.Trouble(OfficeFindings.DamagedDocument, stream.Name, $"a record that ends outside, at {at}");
                return;
            }

            Record(reading, stream, bytes, kind, head >> 4, data, (int)size, kinds.Peek());
            if ((head & 15) == 15 && ends.Count < Deepest)
            {
                ends.Push(data + (int)size);
                kinds.Push(kind);
                at = data;
            }
            else
            {
                at = data + (int)size;
            }
        }
    }

    private static void Record(OleReading reading, CfbEntry stream, byte[] bytes, int kind, int instance, int data, int size, int parent)
    {
        string place = $"{stream.Name} offset {data - 8}";
        void Overwrite(FindingKind found, string detail, int from, int count, byte value) => reading.Add(found, place, detail, edits => edits.Patch(stream).AsSpan(from, count).Fill(value));
        switch (kind)
        {
            // VbaInfoAtom: reference to the project, and whether it has macros.
            case 0x0400 when size >= 8 && BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(data + 4)) != 0: Overwrite(OfficeFindings.VbaProject, "announced", data, 8, 0); break;

            // InteractiveInfoAtom: 1 macro, 2 program, 5 verb of an object.
            case 0x0FF3 when size >= 16 && bytes[data + 8] is 1 or 2 or 5:
                reading.Add(OfficeFindings.SlideAction, place, bytes[data + 8] switch { 1 => "macro", 2 => "program", _ => "object verb" }, edits => edits.Patch(stream).AsSpan(data + 4, 6).Clear());
                break;

            // A macro's name in an action, a target in a hyperlink, a path of media.
            case 0x0FBA when size >= 2 && parent is 0x0FD7 && instance is 1: Target(reading, stream, bytes, data, size, place, OfficeFindings.UnsafeHyperlink); break;
            case 0x0FBA when size >= 2 && parent is 0x1006 or 0x1007 or 0x100D or 0x1010 or 0x1005 or 0x100E: Target(reading, stream, bytes, data, size, place, OfficeFindings.LinkedMedia); break;
            case 0x1011 when size > 4: Storage(reading, stream, bytes, instance, data, size, place); break;
            default: break;
        }
    }

    private static void Target(OleReading reading, CfbEntry stream, byte[] bytes, int data, int size, string place, FindingKind kind)
    {
        string text = Encoding.Unicode.GetString(bytes, data, size & ~1).TrimEnd('\0');
        if (UrlJudge.Judge(text).Kind is not UrlKind.Acts) return;
        reading.Add(kind, place, text.Length > 200 ? text[..200] : text, edits =>
        {
            Span<byte> target = edits.Patch(stream).AsSpan(data, size & ~1);
            for (int i = 0; i < target.Length; i += 2) (target[i], target[i + 1]) = ((byte)' ', 0);
        });
    }

    // ExOleObjStg: a compound file, mostly compressed: a VBA project, an object, a control.
    private static void Storage(OleReading reading, CfbEntry stream, byte[] bytes, int instance, int data, int size, string place)
    {
        if (!bytes.AsSpan(data, size).ContainsAnyExcept((byte)0)) return;
        if (Inflate(reading, bytes, instance, data, size) is not { } content || CfbFile.Open(new MemoryPartBytes(content), reading.Limits, out _, reading.Cancellation) is not { } file)
        {
            reading.Add(OfficeFindings.OleObject, place, "cannot be read", edits => edits.Patch(stream).AsSpan(data, size).Clear());
            return;
        }

        void Empty(OleEdits edits) => Put(edits.Patch(stream), instance, data, size, null);
        if (VbaProject.IsProject(file.Root) || file.Root.Children.Any(VbaProject.IsProject))
        {
            VbaSummary summary = VbaSummary.Of(VbaProject.Read(file, VbaProject.IsProject(file.Root) ? file.Root : file.Root.Children.First(VbaProject.IsProject), reading.Limits, reading.Cancellation));
            reading.Add(OfficeFindings.VbaProject, place, "modules: " + string.Join(", ", summary.Modules), Empty);
            if (summary.Autorun.Count > 0) reading.Trouble(OfficeFindings.VbaAutorun, place, string.Join(", ", summary.Autorun));
            if (summary.Suspicious.Count > 0) reading.Trouble(OfficeFindings.VbaSuspicious, place, string.Join(", ", summary.Suspicious));
            return;
        }

        if (file.Root.Children.Count == 0) return;
        (FindingKind? kind, string detail) = OleObjects.Judge(file, file.Root);
        if (kind is not null) reading.Add(kind, place, detail, Empty);
        ChildDescription description = new(new PartName("object", $"object-{data}")) { PackedSize = size };
        if (file.Root.Find("\u0001Ole10Native") is { Kind: CfbKind.Stream } native && file.Content(native).ToArray(reading.Limits.OleStream) is { } packed)
        {
            (string name, int offset, int length) = OleObjects.Ole10(packed);
            if (name.Length == 0) return;
            description = new ChildDescription(new PartName("object", name)) { PackedSize = size };
            reading.Children.Add(new OleChild(description, () => new MemoryStream(packed, offset, length, writable: false), (edits, _) => Empty(edits)));
        }
        else if (kind is null && file.Root.Find("Package") is { Kind: CfbKind.Stream } package)
        {
            PartBytes inner = file.Content(package);
            reading.Children.Add(new OleChild(description, inner.OpenRead, (edits, changed) =>
            {
                byte[]? whole = changed is null ? null : Written(CfbNode.From(file, replace: entry => entry == package ? changed : null));
                Put(edits.Patch(stream), instance, data, size, whole);
            }));
        }
        else if (kind is null)
        {
            reading.Children.Add(new OleChild(description, () => new MemoryStream(content, writable: false), (edits, changed) => Put(edits.Patch(stream), instance, data, size, changed?.ToArray(reading.Limits.OleStream))));
        }
    }

    private static byte[]? Inflate(OleReading reading, byte[] bytes, int instance, int data, int size)
    {
        if (instance != 1) return bytes[data..(data + size)];
        uint stated = BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(data));
        if (stated > reading.Limits.OleStream || (stated > reading.Limits.RatioFloor && stated / (uint)size > reading.Limits.Ratio)) return null;
        try
        {
            using ZLibStream inflated = new(new MemoryStream(bytes, data + 4, size - 4), CompressionMode.Decompress);
            byte[] content = new byte[stated];
            int got = inflated.ReadAtLeast(content, content.Length, throwOnEndOfStream: false);
            return content[..got];
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    private static byte[]? Written(CfbNode root)
    {
        using MemoryStream to = new();
        return CfbWriter.Write(root, new StreamPartOutput(to)) is null ? to.ToArray() : null;
    }

    // In the old record's place: new content where it fits, else a compound file without anything in it, else zeros.
    private static void Put(byte[] bytes, int instance, int data, int size, byte[]? content)
    {
        Span<byte> place = bytes.AsSpan(data, size);
        byte[] packed = Packed(instance, content ?? Written(CfbNode.Storage(""))!);
        if (packed.Length > size) packed = Packed(instance, Written(CfbNode.Storage(""))!);
        place.Clear();
        if (packed.Length <= size) packed.CopyTo(place);
    }

    private static byte[] Packed(int instance, byte[] content)
    {
        if (instance != 1) return content;
        using MemoryStream to = new();
        to.Write(BitConverter.GetBytes(content.Length));
        using (ZLibStream deflated = new(to, CompressionLevel.SmallestSize, leaveOpen: true)) deflated.Write(content);
        return to.ToArray();
    }
}

using System.Buffers.Binary;
using System.Text;
using MailSanitizer.Content.Formats.Cfb;
using MailSanitizer.Content.Formats.Vba;
using MailSanitizer.Content.Formats.Zip;

namespace MailSanitizer.Content.Disarming.Ole;

/// <summary>Storages of a compound file: VBA projects, ActiveX controls, embedded and linked objects. The preview picture of an object stands elsewhere and stays.</summary>
internal static class OleObjects
{
    private static readonly Guid Equation = new("0002CE02-0000-0000-C000-000000000046");
    private static readonly string[] Documents = ["WordDocument", "Workbook", "Book", "PowerPoint Document", "Package", "EmbeddedOdf", "CONTENTS"];

    /// <summary>Sweeps all storages; the root itself is the document.</summary>
    public static void Find(OleReading reading)
    {
        CfbEntry root = reading.File.Root;
        if (VbaProject.IsProject(root)) reading.Trouble(OfficeFindings.DamagedDocument, "", "a VBA project in place of the document");
        foreach (CfbEntry stream in root.Children.Where(child => child.Kind == CfbKind.Stream))
        {
            if (stream.Name is "Ctls") reading.Add(OfficeFindings.ActiveX, stream.Name, "", edits => edits.Drop(stream));
            if (stream.Name is "XCB") reading.Add(OfficeFindings.CustomUi, stream.Name, "", edits => edits.Drop(stream));
            if (stream.Name is "\u0001Ole10Native") Native(reading, root, stream);
            if (stream.Name is "\u0001Ole" && IsLink(reading.File, root)) reading.Add(OfficeFindings.LinkedObject, "\\1Ole", "", edits => edits.Drop(stream));
        }

        Queue<CfbEntry> open = new(root.Children.Where(child => child.Kind != CfbKind.Stream));
        while (open.TryDequeue(out CfbEntry? storage))
        {
            reading.Cancellation.ThrowIfCancellationRequested();
            CfbEntry found = storage;
            if (VbaProject.IsProject(storage)) reading.Items.Add(new OleItem(OfficeFindings.VbaProject, storage.Path, "", edits => edits.Drop(found), storage));
            else if (IsObject(storage)) Object(reading, storage);
            else foreach (CfbEntry child in storage.Children.Where(child => child.Kind != CfbKind.Stream)) open.Enqueue(child);
        }
    }

    private static bool IsObject(CfbEntry storage) =>
        storage.Parent?.Name is "ObjectPool" || (storage.Name.Length > 3 && storage.Name[..3] is "MBD" or "LNK" && storage.Name[3..].All(char.IsAsciiHexDigit))
        || storage.Children.Any(child => child.Name is "\u0001Ole" or "\u0001CompObj" or "\u0001Ole10Native" or "\u0003OCXNAME" or "\u0003OCXDATA" or "Equation Native" or "Package" or "WordDocument" or "Workbook" or "Book" or "PowerPoint Document");

    private static void Object(OleReading reading, CfbEntry storage)
    {
        Action<OleEdits> drop = edits => edits.Drop(storage);
        (FindingKind? kind, string detail) = Judge(reading.File, storage);
        if (kind is not null) reading.Add(kind, storage.Path, detail, drop);
        if (storage.Find("\u0001Ole10Native") is { Kind: CfbKind.Stream } native) Child(reading, storage, native, drop);
        else if (kind is null) Document(reading, storage);
    }

    /// <summary>What an object's storage is; null for a document that we know and that is walked instead.</summary>
    public static (FindingKind? Kind, string Detail) Judge(CfbFile file, CfbEntry storage)
    {
        if (IsLink(file, storage) || storage.Name.StartsWith("LNK", StringComparison.Ordinal)) return (OfficeFindings.LinkedObject, "");
        if (storage.Children.Any(child => child.Name is "\u0003OCXNAME" or "\u0003OCXDATA")) return (OfficeFindings.ActiveX, "");
        if (storage.Find("Equation Native") is not null || storage.Clsid == Equation) return (OfficeFindings.EquationObject, "");
        if (storage.Find("\u0001Ole10Native") is not null) return (OfficeFindings.OlePackage, "");
        return Documents.Any(name => storage.Find(name) is { Kind: CfbKind.Stream }) ? (null, "") : (OfficeFindings.OleObject, storage.Clsid.ToString());
    }

    // MS-OLEDS 2.3.3: the lowest bit of the flags says link.
    private static bool IsLink(CfbFile file, CfbEntry storage)
    {
        Span<byte> head = stackalloc byte[8];
        return storage.Find("\u0001Ole") is { Kind: CfbKind.Stream } ole && file.Content(ole).Read(0, head) == 8 && (head[4] & 1) != 0;
    }

    private static void Native(OleReading reading, CfbEntry storage, CfbEntry stream)
    {
        reading.Add(OfficeFindings.OlePackage, stream.Name.TrimStart('\u0001'), "", edits => edits.Drop(stream));
        Child(reading, storage, stream, edits => edits.Drop(stream));
    }

    private static void Child(OleReading reading, CfbEntry storage, CfbEntry native, Action<OleEdits> drop)
    {
        if (reading.Stream(native) is not { } bytes) return;
        (string name, int offset, int length) = Ole10(bytes);

        // Without a name it is no file but an old program's own bytes: nothing that anybody could open, and it goes with the object.
        if (name.Length == 0) return;
        ChildDescription description = new(new PartName("object", name)) { PackedSize = length };

        // Changed or not, a packed file never goes on as an object once something in it changed: the document cannot show what it became.
        reading.Children.Add(new OleChild(description, () => new MemoryStream(bytes, offset, length, writable: false), (edits, _) => drop(edits)));
    }

    /// <summary>Name and place of the file in an Ole10Native stream; the whole behind the length when it is no package.</summary>
    public static (string Name, int Offset, int Length) Ole10(byte[] bytes)
    {
        int whole = Math.Max(0, bytes.Length - 4);
        (string, int, int) raw = ("", Math.Min(4, bytes.Length), whole);
        if (bytes.Length < 12 || BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(4)) != 2) return raw;
        int at = 6;
        if (!Skip(bytes, ref at, out string label) || !Skip(bytes, ref at, out string path)) return raw;
        at += 4;
        if (at + 4 > bytes.Length) return raw;
        uint temporary = BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at));
        if (temporary > bytes.Length - at - 8) return raw;
        at += 4 + (int)temporary;
        uint size = BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at));
        at += 4;
        string name = label.Length > 0 ? label : path;
        return (name[(name.LastIndexOfAny(['/', '\\']) + 1)..], at, (int)Math.Min(size, bytes.Length - at));
    }

    private static bool Skip(byte[] bytes, ref int at, out string text)
    {
        int end = bytes.AsSpan(at).IndexOf((byte)0);
        text = end < 0 ? "" : Encoding.Latin1.GetString(bytes, at, end);
        at += end + 1;
        return end >= 0 && at < bytes.Length;
    }

    private static void Document(OleReading reading, CfbEntry storage)
    {
        foreach (string name in (string[])["Package", "EmbeddedOdf", "CONTENTS"])
        {
            if (storage.Find(name) is not { Kind: CfbKind.Stream } stream) continue;
            PartBytes content = reading.File.Content(stream);
            reading.Children.Add(new OleChild(new ChildDescription(new PartName("object", storage.Name)) { PackedSize = Math.Max(1, content.Length) }, content.OpenRead, (edits, bytes) =>
            {
                if (bytes is null || bytes.Length == 0) edits.Drop(storage);
                else edits.Replace(stream, bytes);
            }));
            return;
        }

        reading.Children.Add(new OleChild(new ChildDescription(new PartName("object", storage.Name)) { PackedSize = Math.Max(1, reading.File.Root.Size) }, () => Extract(reading.File, storage, reading.Cancellation), (edits, bytes) =>
        {
            if (bytes is null || CfbFile.Open(bytes, reading.Limits, out _, reading.Cancellation) is not { } inner) edits.Drop(storage);
            else edits.Graft(storage, CfbNode.From(inner));
        }));
    }

    public static MemoryStream Extract(CfbFile file, CfbEntry storage, CancellationToken cancellation)
    {
        MemoryStream written = new();
        if (CfbWriter.Write(CfbNode.From(file, storage), new StreamPartOutput(written), cancellation) is { } failure) throw new InvalidDataException(failure);
        written.Position = 0;
        return written;
    }
}

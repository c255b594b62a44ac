using System.Text;
using MailSanitizer.Content.Formats.Cfb;
using MailSanitizer.Content.Formats.Compression;

namespace MailSanitizer.Content.Unpacking.Msg;

/// <summary>Outlook messages in compound files (.msg, [MS-OXMSG]): bodies, attachments, embedded messages and objects.</summary>
public sealed class MsgHandler : ArchiveHandler
{
    private const string PropertyStream = "__properties_version1.0";
    private const string NamedStorage = "__nameid_version1.0";
    private const int TopHeader = 32;
    private const int EmbeddedHeader = 24;
    private const int AttachmentHeader = 8;

    /// <inheritdoc/>
    public override IReadOnlyCollection<string> Formats { get; } = ["msg"];

    /// <inheritdoc/>
    protected override IEnumerable<ArchiveMember> Members(ArchiveReading reading)
    {
        CfbFile file = CfbFile.Open(reading.Bytes, reading.Limits, out string problem, reading.Cancellation) ?? throw new InvalidDataException(problem);
        foreach (string broken in file.Problems.Take(3)) reading.Report(ArchiveFindings.DamagedArchive, "", broken);
        if (file.ListCut) reading.Report(UnpackingFindings.OverEntries);
        CfbEntry root = file.Root;
        Mapi.JudgeClass(Text(file, root, Mapi.MessageClass), reading);
        Reminder(file, reading);
        if (Stream(file, root, Mapi.Body, out ushort type) is { } body) yield return Value("body.txt", "text/plain", body, type == 0x1F ? "utf-16le" : null);
        if (Stream(file, root, Mapi.Html, out type) is { } html) yield return Value("body.html", "text/html", html, type == 0x1F ? "utf-16le" : null);
        if (Stream(file, root, Mapi.RtfCompressed, out _) is { Length: > 16 } rtf)
        {
            byte[] head = new byte[8];
            _ = rtf.Read(0, head);
            yield return new ArchiveMember(new ChildDescription(new PartName("derived", "body.rtf")) { DeclaredType = "application/rtf", PackedSize = rtf.Length }) { Open = () => CompressedRtfStream.Open(rtf.OpenRead()), Size = Le.U32(head, 4) };
        }

        foreach (CfbEntry storage in root.Children.Where(child => child.Kind == CfbKind.Storage && child.Name.StartsWith("__attach_version1.0_", StringComparison.OrdinalIgnoreCase)))
        {
            foreach (ArchiveMember member in Attachment(file, storage, reading)) yield return member;
        }
    }

    private static ArchiveMember Value(string name, string type, PartBytes bytes, string? charset) =>
        new(new ChildDescription(new PartName("derived", name)) { DeclaredType = type, DeclaredCharset = charset, IsBody = true, PackedSize = bytes.Length }) { Open = bytes.OpenRead, Size = bytes.Length };

    private static IEnumerable<ArchiveMember> Attachment(CfbFile file, CfbEntry storage, ArchiveReading reading)
    {
        List<PartName> names = [];
        foreach ((string source, ushort id) in new[] { ("long", Mapi.AttachLongFileName), ("short", Mapi.AttachFileName), ("display", Mapi.DisplayName) })
        {
            if (Text(file, storage, id) is { Length: > 0 } name && (source != "display" || names.Count == 0) && names.All(known => known.Text != name)) names.Add(new PartName(source, name));
        }

        string shown = names.Count > 0 ? names[0].Text : storage.Name;
        if (names.Count == 0) names.Add(new PartName("derived", shown));
        string[] paths = [.. new[] { Text(file, storage, Mapi.AttachLongPathName), Text(file, storage, Mapi.AttachPathName) }.Where(path => !string.IsNullOrEmpty(path)).Select(path => path!)];
        Mapi.JudgeMethod(Number(file, storage, Mapi.AttachMethod, AttachmentHeader) ?? 1, paths, shown, reading);
        string? type = Text(file, storage, Mapi.AttachMimeTag)?.ToLowerInvariant();
        if (Stream(file, storage, Mapi.AttachData, out _) is { Length: > 0 } data)
        {
            yield return new ArchiveMember(new ChildDescription([.. names]) { DeclaredType = string.IsNullOrEmpty(type) ? null : type, PackedSize = data.Length }) { Open = data.OpenRead, Size = data.Length };
        }

        if (storage.Find("__substg1.0_3701000D") is { Kind: CfbKind.Storage } embedded)
        {
            bool message = embedded.Find(PropertyStream) is not null;
            ChildDescription description = message ? new ChildDescription(new PartName("derived", shown + ".msg")) { DeclaredType = "application/vnd.ms-outlook", PackedSize = reading.Bytes.Length } : new ChildDescription([.. names]) { PackedSize = reading.Bytes.Length };
            yield return new ArchiveMember(description) { Open = () => Extract(file, embedded, message, reading) };
        }
    }

    // An embedded message or object as a compound file of its own. The names of its properties stand in the outermost message only.
    private static Stream Extract(CfbFile file, CfbEntry storage, bool message, ArchiveReading reading)
    {
        CfbNode root = CfbNode.From(file, storage, replace: entry => message && entry.Parent == storage && entry.Name == PropertyStream ? TopProperties(file.Content(entry)) : null);
        if (message && root.Children.TrueForAll(child => child.Name != NamedStorage) && file.Root.Find(NamedStorage) is { Kind: CfbKind.Storage } named)
        {
            CfbNode copy = CfbNode.Storage(NamedStorage);
            copy.Children.AddRange(CfbNode.From(file, named).Children);
            root.Children.Add(copy);
        }

        MemoryStream written = new();
        if (CfbWriter.Write(root, new StreamOutput(written), reading.Cancellation) is { } failure) throw new InvalidDataException(failure);
        written.Position = 0;
        return written;
    }

    // The header of an embedded message's properties lacks the last eight bytes ([MS-OXMSG] 2.4.1).
    private static MemoryPartBytes TopProperties(PartBytes old)
    {
        byte[] all = old.ToArray(4 * 1024 * 1024) ?? throw new InvalidDataException("properties of an impossible length");
        int head = Math.Min(EmbeddedHeader, all.Length);
        return new MemoryPartBytes((byte[])[.. all[..head], .. new byte[TopHeader - head], .. all[head..]]);
    }

    private static void Reminder(CfbFile file, ArchiveReading reading)
    {
        byte[] entries = file.Find($"{NamedStorage}/__substg1.0_00030102") is { } listed ? file.Content(listed).ToArray(1024 * 1024) ?? [] : [];
        byte[] sets = file.Find($"{NamedStorage}/__substg1.0_00020102") is { } guids ? file.Content(guids).ToArray(1024 * 1024) ?? [] : [];
        for (int at = 0; at + 8 <= entries.Length; at += 8)
        {
            int kind = Le.U16(entries, at + 4);
            int set = (kind >> 1) - 3;
            bool common = set >= 0 && (set * 16) + 16 <= sets.Length && new Guid(sets.AsSpan(set * 16, 16)) == Mapi.Common;
            if ((kind & 1) != 0 || !common || Le.U32(entries, at) != Mapi.ReminderFileParameter) continue;
            if (Text(file, file.Root, (ushort)(0x8000 + Le.U16(entries, at + 6))) is { Length: > 0 } sound) reading.Report(MapiFindings.ReminderFile, "PidLidReminderFileParameter", sound);
        }
    }

    private static PartBytes? Stream(CfbFile file, CfbEntry storage, ushort id, out ushort type)
    {
        foreach (ushort candidate in (ushort[])[0x1F, 0x1E, 0x102])
        {
            type = candidate;
            if (storage.Find($"__substg1.0_{id:X4}{candidate:X4}") is { Kind: CfbKind.Stream } found) return file.Content(found);
        }

        type = 0;
        return null;
    }

    private static string? Text(CfbFile file, CfbEntry storage, ushort id)
    {
        if (Stream(file, storage, id, out ushort type) is not { } bytes || type == 0x102) return null;
        byte[] raw = new byte[Math.Min(bytes.Length, 4096)];
        _ = bytes.Read(0, raw);
        return (type == 0x1F ? Encoding.Unicode.GetString(raw) : ArchiveNames.Decode("", raw).Text).TrimEnd('\0');
    }

    private static int? Number(CfbFile file, CfbEntry storage, ushort id, int header)
    {
        if (storage.Find(PropertyStream) is not { Kind: CfbKind.Stream } found) return null;
        byte[] properties = file.Content(found).ToArray(1024 * 1024) ?? [];
        for (int at = header; at + 16 <= properties.Length; at += 16)
        {
            if (Le.U16(properties, at + 2) == id && Le.U16(properties, at) == 3) return (int)Le.U32(properties, at + 8);
        }

        return null;
    }

    private sealed class StreamOutput(Stream stream) : IPartOutput
    {
        public void Copy(long offset, long length) => throw new NotSupportedException();

        public void Write(ReadOnlySpan<byte> bytes) => stream.Write(bytes);
    }
}

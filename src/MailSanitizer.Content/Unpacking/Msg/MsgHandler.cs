using System.Text;
using MailSanitizer.Content.Formats.Cfb;
using MailSanitizer.Content.Formats.Compression;

namespace MailSanitizer.Content.Unpacking.Msg;

/// <summary>Outlook messages in compound files (.msg, [MS-OXMSG]): bodies, attachments, embedded messages and objects.</summary>
public sealed class MsgHandler : ArchiveHandler
{
    private const string PropertyStream = MsgEdits.PropertyStream;
    private const string NamedStorage = MsgEdits.NamedStorage;
    private const int TopHeader = 32;
    private const int EmbeddedHeader = 24;
    private const int AttachmentHeader = 8;

    /// <inheritdoc/>
    public override IReadOnlyCollection<string> Formats { get; } = ["msg"];

    /// <inheritdoc/>
    protected override IEnumerable<ArchiveMember> Members(ArchiveReading reading)
    {
        CfbFile file = CfbFile.Open(reading.Bytes, reading.Limits, out string problem, reading.Cancellation) ?? throw new InvalidDataException(problem);
        foreach ((ArchiveMember member, _) in Placed(file, reading, static (_, _) => { })) yield return member;
    }

    /// <inheritdoc/>
    public override RebuildOutcome Rebuild(Part part, IRebuildContext context, IPartOutput output)
    {
        ArchiveReading reading = new(part, context);
        try
        {
            if (CfbFile.Open(part.Bytes, context.Limits, out _, context.Cancellation) is not { } file) return RebuildOutcome.Unchanged;
            MsgEdits edits = new(file);
            foreach ((ArchiveMember member, Action<MsgEdits, ChildDecision> put) in Placed(file, reading, (kind, edit) => Take(context, edits, kind, edit)))
            {
                context.Cancellation.ThrowIfCancellationRequested();
                ArchiveNames.Report(member, reading);
                ChildDecision decision = context.Child(member.Description, member.Open!);
                if (decision.Kind != ChildDecisionKind.Keep) put(edits, decision);
            }

            if (!edits.Any) return RebuildOutcome.Unchanged;
            if (reading.Incomplete) return RebuildOutcome.Failed("not all of it can be read");
            return edits.Write(output, context.Cancellation) is { } failure ? RebuildOutcome.Failed(failure) : RebuildOutcome.Rewritten;
        }
        catch (Exception failure) when (Damage.Is(failure))
        {
            return RebuildOutcome.Failed(failure.Message);
        }
    }

    private static void Take(IRebuildContext context, MsgEdits edits, FindingKind kind, Action<MsgEdits> edit)
    {
        if (context.Removes(kind)) edit(edits);
    }

    // Every member with what is to be done to the message when it changes; take: what is to be done for a finding.
    private static IEnumerable<(ArchiveMember Member, Action<MsgEdits, ChildDecision> Put)> Placed(CfbFile file, ArchiveReading reading, Action<FindingKind, Action<MsgEdits>> take)
    {
        foreach (string broken in file.Problems.Take(3)) reading.Report(ArchiveFindings.DamagedArchive, "", broken);
        if (file.ListCut) reading.Report(UnpackingFindings.OverEntries);
        CfbEntry root = file.Root;
        if (Mapi.JudgeClass(Text(file, root, Mapi.MessageClass), reading)) take(MapiFindings.CustomForm, edits => PlainClass(edits, root));
        Named(file, reading, take);
        if (Stream(file, root, Mapi.Body, out ushort type) is { } body) yield return (Value("body.txt", "text/plain", body, type == 0x1F ? "utf-16le" : null), Body(root, Mapi.Body, type));
        if (Stream(file, root, Mapi.Html, out type) is { } html) yield return (Value("body.html", "text/html", html, type == 0x1F ? "utf-16le" : null), Body(root, Mapi.Html, type));
        if (Stream(file, root, Mapi.RtfCompressed, out _) is { Length: > 16 } rtf)
        {
            byte[] head = new byte[8];
            _ = rtf.Read(0, head);
            yield return (new ArchiveMember(new ChildDescription(new PartName("derived", "body.rtf")) { DeclaredType = "application/rtf", PackedSize = rtf.Length }) { Open = () => CompressedRtfStream.Open(rtf.OpenRead()), Size = Le.U32(head, 4) }, Rich(root));
        }

        foreach (CfbEntry storage in root.Children.Where(child => child.Kind == CfbKind.Storage && child.Name.StartsWith("__attach_version1.0_", StringComparison.OrdinalIgnoreCase)))
        {
            foreach ((ArchiveMember, Action<MsgEdits, ChildDecision>) member in Attachment(file, storage, reading, take)) yield return member;
        }
    }

    private static bool IsText(ChildDecision decision) => decision.MediaType?.StartsWith("text/plain", StringComparison.OrdinalIgnoreCase) is true;

    // Outlook shows the class of the form, and with IPM.Note its own.
    private static void PlainClass(MsgEdits edits, CfbEntry root)
    {
        edits.Set(root, Mapi.MessageClass, 0x1F, new MemoryPartBytes(Encoding.Unicode.GetBytes("IPM.Note")));
        edits.Set(root, Mapi.MessageClass, 0x1E, new MemoryPartBytes("IPM.Note"u8.ToArray()));
    }

    private static Action<MsgEdits, ChildDecision> Body(CfbEntry root, ushort id, ushort type) => (edits, decision) =>
    {
        if (decision.Content is not { } content)
        {
            edits.Drop(root, id);
            return;
        }

        // A notice is text in UTF-8, whatever stood here.
        if (IsText(decision) && (id == Mapi.Html || type == 0x1F))
        {
            string text = Encoding.UTF8.GetString(content.ToArray(1024 * 1024) ?? []);
            if (id == Mapi.Html) text = $"<html><head><meta charset=\"utf-8\"></head><body><pre>{System.Net.WebUtility.HtmlEncode(text)}</pre></body></html>";
            content = new MemoryPartBytes(type == 0x1F ? Encoding.Unicode.GetBytes(text) : Encoding.UTF8.GetBytes(text));
            if (type != 0x1F) edits.Set(root, Mapi.InternetCodepage, 65001);
        }

        edits.Set(root, id, type, content);
    };

    // Written as it is behind the head that says so ([MS-OXRTFCP] 2.1.3.1.1).
    private static Action<MsgEdits, ChildDecision> Rich(CfbEntry root) => (edits, decision) =>
    {
        if (decision.Content?.ToArray(64 * 1024 * 1024) is not { } rtf || IsText(decision))
        {
            edits.Drop(root, Mapi.RtfCompressed);
            return;
        }

        edits.Set(root, Mapi.RtfCompressed, 0x0102, new MemoryPartBytes((byte[])[.. BitConverter.GetBytes(rtf.Length + 12), .. BitConverter.GetBytes(rtf.Length), .. "MELA"u8, 0, 0, 0, 0, .. rtf]));
    };

    private static void Rename(MsgEdits edits, CfbEntry storage, ChildDecision decision)
    {
        if (decision.MediaType is { } type) Both(Mapi.AttachMimeTag, type.Split(';')[0]);
        if (decision.Name is not { } name) return;
        foreach (ushort id in (ushort[])[Mapi.AttachLongFileName, Mapi.AttachFileName, Mapi.DisplayName]) Both(id, name);
        Both(Mapi.AttachExtension, Path.GetExtension(name));

        void Both(ushort id, string value)
        {
            edits.Set(storage, id, 0x1F, new MemoryPartBytes(Encoding.Unicode.GetBytes(value)));
            edits.Set(storage, id, 0x1E, new MemoryPartBytes(Encoding.UTF8.GetBytes(value)));
        }
    }

    private static ArchiveMember Value(string name, string type, PartBytes bytes, string? charset) =>
        new(new ChildDescription(new PartName("derived", name)) { DeclaredType = type, DeclaredCharset = charset, IsBody = true, PackedSize = bytes.Length }) { Open = bytes.OpenRead, Size = bytes.Length };

    private static IEnumerable<(ArchiveMember, Action<MsgEdits, ChildDecision>)> Attachment(CfbFile file, CfbEntry storage, ArchiveReading reading, Action<FindingKind, Action<MsgEdits>> take)
    {
        List<PartName> names = [];
        foreach ((string source, ushort id) in new[] { ("long", Mapi.AttachLongFileName), ("short", Mapi.AttachFileName), ("display", Mapi.DisplayName) })
        {
            if (Text(file, storage, id) is { Length: > 0 } name && (source != "display" || names.Count == 0) && names.All(known => known.Text != name)) names.Add(new PartName(source, name));
        }

        string shown = names.Count > 0 ? names[0].Text : storage.Name;
        if (names.Count == 0) names.Add(new PartName("derived", shown));
        string[] paths = [.. new[] { Text(file, storage, Mapi.AttachLongPathName), Text(file, storage, Mapi.AttachPathName) }.Where(path => !string.IsNullOrEmpty(path)).Select(path => path!)];
        if (Mapi.JudgeMethod(Number(file, storage, Mapi.AttachMethod, AttachmentHeader) ?? 1, paths, shown, reading)) take(MapiFindings.AttachByReference, edits => edits.DropAttachment(storage));
        string? type = Text(file, storage, Mapi.AttachMimeTag)?.ToLowerInvariant();
        if (Stream(file, storage, Mapi.AttachData, out _) is { Length: > 0 } data)
        {
            ArchiveMember member = new(new ChildDescription([.. names]) { DeclaredType = string.IsNullOrEmpty(type) ? null : type, PackedSize = data.Length }) { Open = data.OpenRead, Size = data.Length };
            yield return (member, (edits, decision) =>
            {
                if (decision.Content is null)
                {
                    edits.DropAttachment(storage);
                    return;
                }

                edits.Set(storage, Mapi.AttachData, 0x0102, decision.Content);
                Rename(edits, storage, decision);
            });
        }

        if (storage.Find("__substg1.0_3701000D") is { Kind: CfbKind.Storage } embedded)
        {
            bool message = embedded.Find(PropertyStream) is not null;
            ChildDescription description = message ? new ChildDescription(new PartName("derived", shown + ".msg")) { DeclaredType = "application/vnd.ms-outlook", PackedSize = reading.Bytes.Length } : new ChildDescription([.. names]) { PackedSize = reading.Bytes.Length };
            yield return (new ArchiveMember(description) { Open = () => Extract(file, embedded, message, reading) }, (edits, decision) =>
            {
                if (decision.Content is null)
                {
                    edits.DropAttachment(storage);
                }
                else if (IsText(decision))
                {
                    edits.ByValue(storage, embedded, decision.Content);
                    Rename(edits, storage, decision);
                }
                else
                {
                    edits.Embed(embedded, decision.Content, message, reading.Limits, reading.Cancellation);
                }
            });
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

    // Properties that have names: the sound of a reminder, and what a form of its own consists of.
    private static void Named(CfbFile file, ArchiveReading reading, Action<FindingKind, Action<MsgEdits>> take)
    {
        byte[] entries = file.Find($"{NamedStorage}/__substg1.0_00030102") is { } listed ? file.Content(listed).ToArray(1024 * 1024) ?? [] : [];
        byte[] sets = file.Find($"{NamedStorage}/__substg1.0_00020102") is { } guids ? file.Content(guids).ToArray(1024 * 1024) ?? [] : [];
        for (int at = 0; at + 8 <= entries.Length; at += 8)
        {
            int kind = Le.U16(entries, at + 4);
            int set = (kind >> 1) - 3;
            bool common = set >= 0 && (set * 16) + 16 <= sets.Length && new Guid(sets.AsSpan(set * 16, 16)) == Mapi.Common;
            if ((kind & 1) != 0 || !common) continue;
            uint name = Le.U32(entries, at);
            ushort id = (ushort)(0x8000 + Le.U16(entries, at + 6));
            if (name == Mapi.ReminderFileParameter && Text(file, file.Root, id) is { Length: > 0 } sound)
            {
                reading.Report(MapiFindings.ReminderFile, "PidLidReminderFileParameter", sound);
                take(MapiFindings.ReminderFile, edits => edits.Drop(file.Root, id));
            }
            else if (Mapi.FormParts.TryGetValue(name, out string? what) && file.Root.Children.Any(child => child.Size > 0 && child.Name.StartsWith($"__substg1.0_{id:X4}", StringComparison.OrdinalIgnoreCase)))
            {
                reading.Report(MapiFindings.CustomForm, what, "a form in the message");
                take(MapiFindings.CustomForm, edits => edits.Drop(file.Root, id));
            }
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

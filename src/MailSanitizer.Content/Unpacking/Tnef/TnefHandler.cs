using System.Text;
using MailSanitizer.Content.Formats.Compression;

namespace MailSanitizer.Content.Unpacking.Tnef;

/// <summary>TNEF (winmail.dat, [MS-OXTNEF]): bodies, attachments, embedded messages and objects.</summary>
public sealed class TnefHandler : ArchiveHandler
{
    private const uint Signature = 0x223E9F78;
    private const uint RenderData = 0x00069002;
    private const uint AttachTitle = 0x00018010;
    private const uint AttachFile = 0x0006800F;
    private const uint AttachPicture = 0x00068011;
    private const uint AttachTransportName = 0x00069001;
    private const uint AttachProperties = 0x00069005;
    private const uint MessageProperties = 0x00069003;
    private const uint MessageBody = 0x0002800C;
    private const uint MessageClass = 0x00078008;

    /// <inheritdoc/>
    public override IReadOnlyCollection<string> Formats { get; } = ["tnef"];

    /// <inheritdoc/>
    protected override IEnumerable<ArchiveMember> Members(ArchiveReading reading)
    {
        if (Le.U32(reading.Take(0, 6) ?? [], 0) != Signature) throw new InvalidDataException("not a TNEF stream");
        TnefAttachment? attachment = null;
        long at = 6;
        while (at < reading.Bytes.Length)
        {
            reading.Cancellation.ThrowIfCancellationRequested();
            if (reading.Bytes.Length - at < 9 && IsPadding(reading, at)) break;
            byte[] head = reading.Take(at, 9) ?? throw new InvalidDataException("ends inside an attribute");
            uint id = Le.U32(head, 1);
            long start = at + 9;
            long length = Le.U32(head, 5);
            if (head[0] is not (1 or 2)) throw new InvalidDataException($"no attribute at offset {at}");
            bool cut = length > reading.Bytes.Length - start - 2;
            if (cut) length = Math.Max(0, reading.Bytes.Length - start);
            else if (!SumFits(reading, start, length)) reading.Report(ArchiveFindings.ChecksumMismatch, $"attribute {id:x8}", "the checksum does not fit");
            if (id == RenderData)
            {
                foreach (ArchiveMember member in attachment?.Members(reading) ?? []) yield return member;
                attachment = new TnefAttachment();
            }

            switch (id)
            {
                case MessageClass: Mapi.JudgeClass(Encoding.Latin1.GetString(reading.Take(start, (int)Math.Min(length, 256)) ?? []), reading); break;
                case MessageBody: yield return Value(reading, "body.txt", "text/plain", start, length); break;
                case MessageProperties:
                    foreach (ArchiveMember member in Bodies(reading, start, start + length)) yield return member;
                    break;
                case AttachTitle: (attachment ??= new TnefAttachment()).AddName(reading.Take(start, (int)Math.Min(length, 1024)) ?? []); break;
                case AttachTransportName: (attachment ??= new TnefAttachment()).AddName(reading.Take(start, (int)Math.Min(length, 1024)) ?? []); break;
                case AttachFile: (attachment ??= new TnefAttachment()).AddData(start, length); break;
                case AttachPicture: (attachment ??= new TnefAttachment()).Picture = (start, length); break;
                case AttachProperties:
                    attachment ??= new TnefAttachment();
                    foreach (TnefProperty property in TnefProperties.Read(reading, start, start + length)) attachment.Add(property, reading);
                    break;
            }

            if (cut)
            {
                reading.Report(ArchiveFindings.DamagedArchive, $"attribute {id:x8}", "ends in the middle");
                break;
            }

            at = start + length + 2;
        }

        foreach (ArchiveMember member in attachment?.Members(reading) ?? []) yield return member;
    }

    // Mailers add a line end behind what they take for text.
    private static bool IsPadding(ArchiveReading reading, long at) =>
        (reading.Take(at, (int)(reading.Bytes.Length - at)) ?? []).AsSpan().IndexOfAnyExcept((byte)0, (byte)'\r', (byte)'\n') < 0;

    internal static ArchiveMember Value(ArchiveReading reading, string name, string? type, long offset, long length) =>
        new(new ChildDescription(new PartName("derived", name)) { DeclaredType = type, PackedSize = length, IsBody = name.StartsWith("body.", StringComparison.Ordinal) })
        {
            Open = () => reading.Bytes.OpenRead(offset, length),
            Size = length,
        };

    private static IEnumerable<ArchiveMember> Bodies(ArchiveReading reading, long start, long end)
    {
        foreach (TnefProperty property in TnefProperties.Read(reading, start, end))
        {
            if (property.NameSet == Mapi.Common && property.NameId == Mapi.ReminderFileParameter && TnefProperties.Text(reading, property) is { Length: > 0 } sound) reading.Report(MapiFindings.ReminderFile, "PidLidReminderFileParameter", sound);
            switch (property.Id)
            {
                case Mapi.MessageClass: Mapi.JudgeClass(TnefProperties.Text(reading, property), reading); break;
                case Mapi.Body when property.Length > 0: yield return Value(reading, "body.txt", "text/plain", property.Offset, property.Length) with { Description = Charset(property, "body.txt", "text/plain") }; break;
                case Mapi.Html when property.Length > 0: yield return Value(reading, "body.html", "text/html", property.Offset, property.Length) with { Description = Charset(property, "body.html", "text/html") }; break;
                case Mapi.RtfCompressed when property.Length > 16:
                    yield return new ArchiveMember(new ChildDescription(new PartName("derived", "body.rtf")) { DeclaredType = "application/rtf", PackedSize = property.Length })
                    {
                        Open = () => CompressedRtfStream.Open(reading.Bytes.OpenRead(property.Offset, property.Length)),
                        Size = Le.U32(reading.Take(property.Offset + 4, 4) ?? [], 0),
                    };
                    break;
            }
        }
    }

    private static ChildDescription Charset(TnefProperty property, string name, string type)
    {
        return new ChildDescription(new PartName("derived", name)) { DeclaredType = type, DeclaredCharset = property.Type == 0x1F ? "utf-16le" : null, IsBody = true, PackedSize = property.Length };
    }

    private static bool SumFits(ArchiveReading reading, long start, long length)
    {
        using Stream content = reading.Bytes.OpenRead(start, length);
        byte[] buffer = new byte[16 * 1024];
        uint sum = 0;
        for (int got; (got = content.Read(buffer, 0, buffer.Length)) > 0;)
        {
            foreach (byte value in buffer.AsSpan(0, got)) sum += value;
        }

        return (ushort)sum == Le.U16(reading.Take(start + length, 2) ?? [], 0);
    }
}

/// <summary>An attachment while its attributes are read.</summary>
internal sealed class TnefAttachment
{
    private static readonly Guid MessageObject = new("00020307-0000-0000-C000-000000000046");

    private readonly List<PartName> _names = [];
    private readonly List<(long Offset, long Length)> _data = [];
    private readonly List<string> _paths = [];
    private int _method = 1;
    private string? _type;
    private (Guid Kind, long Offset, long Length)? _object;

    public (long Offset, long Length)? Picture { get; set; }

    public void AddName(byte[] raw)
    {
        int end = Array.IndexOf(raw, (byte)0);
        byte[] name = end < 0 ? raw : raw[..end];
        if (name.Length > 0) _names.Add(ArchiveNames.Decode("member", name));
    }

    public void AddData(long offset, long length) => _data.Add((offset, length));

    public void Add(TnefProperty property, ArchiveReading reading)
    {
        switch (property.Id)
        {
            case Mapi.AttachLongFileName: _names.Insert(0, new PartName("long", TnefProperties.Text(reading, property))); break;
            case Mapi.AttachFileName: _names.Add(new PartName("short", TnefProperties.Text(reading, property))); break;
            case Mapi.DisplayName when _names.Count == 0: _names.Add(new PartName("display", TnefProperties.Text(reading, property))); break;
            case Mapi.AttachPathName or Mapi.AttachLongPathName: _paths.Add(TnefProperties.Text(reading, property)); break;
            case Mapi.AttachMimeTag: _type = TnefProperties.Text(reading, property, 128).ToLowerInvariant(); break;
            case Mapi.AttachMethod: _method = TnefProperties.Number(reading, property); break;
            case Mapi.AttachData when property.Type == 0x0D && property.Length > 16:
                _object = (new Guid(reading.Take(property.Offset, 16)!), property.Offset + 16, property.Length - 16);
                break;
            case Mapi.AttachData when property.Type == 0x102: _data.Add((property.Offset, property.Length)); break;
        }
    }

    public IEnumerable<ArchiveMember> Members(ArchiveReading reading)
    {
        PartName[] names = [.. _names.Where(name => name.Text.Length > 0).DistinctBy(name => name.Text)];
        string shown = names.Length > 0 ? names[0].Text : "attachment";
        Mapi.JudgeMethod(_method, _paths, shown, reading);
        if (names.Length == 0) names = [new PartName("derived", shown)];
        foreach ((long offset, long length) in _data.Where(range => range.Length > 0).Distinct())
        {
            yield return new ArchiveMember(new ChildDescription(names) { DeclaredType = string.IsNullOrEmpty(_type) ? null : _type, PackedSize = length }) { Open = () => reading.Bytes.OpenRead(offset, length), Size = length };
        }

        if (_object is { } embedded)
        {
            ChildDescription description = embedded.Kind == MessageObject
                ? new ChildDescription(new PartName("derived", shown + ".tnef")) { DeclaredType = "application/ms-tnef", PackedSize = embedded.Length }
                : new ChildDescription([.. names]) { PackedSize = embedded.Length };
            yield return new ArchiveMember(description) { Open = () => reading.Bytes.OpenRead(embedded.Offset, embedded.Length), Size = embedded.Length };
        }

        if (Picture is { Length: > 0 } picture) yield return TnefHandler.Value(reading, shown + ".wmf", null, picture.Offset, picture.Length);
    }
}

using System.Buffers.Binary;

namespace MailSanitizer.Content.Unpacking.Encodings;

/// <summary>AppleSingle, AppleDouble (RFC 1740) and MacBinary: the forks of a Macintosh file.</summary>
public sealed class AppleHandler : ArchiveHandler
{
    /// <inheritdoc/>
    public override IReadOnlyCollection<string> Formats { get; } = ["applesingle", "appledouble", "macbinary"];

    /// <inheritdoc/>
    protected override IEnumerable<ArchiveMember> Members(ArchiveReading reading) =>
        reading.Part.Format == "macbinary" ? MacBinary(reading) : Entries(reading);

    private static IEnumerable<ArchiveMember> Entries(ArchiveReading reading)
    {
        byte[] head = Need(reading, 0, 26);
        int count = BinaryPrimitives.ReadUInt16BigEndian(head.AsSpan(24));
        byte[] table = Need(reading, 26, count * 12);
        List<(uint Id, long Offset, long Length)> entries = [];
        for (int at = 0; at < table.Length; at += 12)
        {
            entries.Add((BinaryPrimitives.ReadUInt32BigEndian(table.AsSpan(at)), BinaryPrimitives.ReadUInt32BigEndian(table.AsSpan(at + 4)), BinaryPrimitives.ReadUInt32BigEndian(table.AsSpan(at + 8))));
        }

        PartName name = new("derived", reading.Part.Name);
        foreach ((_, long offset, long length) in entries.Where(entry => entry.Id == 3 && entry.Length is > 0 and < 1024))
        {
            if (reading.Take(offset, (int)length) is { } raw) name = ArchiveNames.Decode("member", raw);
        }

        if (entries.GroupBy(entry => entry.Id).Any(group => group.Count() > 1)) reading.Report(UnpackingFindings.Ambiguous, "", "one fork twice");
        foreach ((uint id, long offset, long length) in entries)
        {
            if (length > 0 && offset > reading.Bytes.Length - length) reading.Report(ArchiveFindings.DamagedArchive, $"entry {id}", "lies beyond the end");
            if (length == 0 || id is not (1 or 2)) continue;
            yield return Fork(reading, id == 1 ? name : new PartName("derived", name.Text + ".rsrc"), offset, length);
        }
    }

    private static IEnumerable<ArchiveMember> MacBinary(ArchiveReading reading)
    {
        byte[] head = Need(reading, 0, 128);
        PartName name = ArchiveNames.Decode("member", head[2..(2 + Math.Min((int)head[1], 63))]);
        long data = BinaryPrimitives.ReadUInt32BigEndian(head.AsSpan(83));
        long resource = BinaryPrimitives.ReadUInt32BigEndian(head.AsSpan(87));
        long start = 128 + ((BinaryPrimitives.ReadUInt16BigEndian(head.AsSpan(120)) + 127) / 128 * 128);
        long second = start + ((data + 127) / 128 * 128);
        if (start + data > reading.Bytes.Length || (resource > 0 && second + resource > reading.Bytes.Length)) reading.Report(ArchiveFindings.DamagedArchive, name.Text, "a fork beyond the end");
        if (data > 0) yield return Fork(reading, name, start, data);
        if (resource > 0) yield return Fork(reading, new PartName("derived", name.Text + ".rsrc"), second, resource);
    }

    private static ArchiveMember Fork(ArchiveReading reading, PartName name, long offset, long length) =>
        new(new ChildDescription(name) { PackedSize = length }) { Open = () => reading.Bytes.OpenRead(offset, length), Size = length };

    private static byte[] Need(ArchiveReading reading, long at, int length) => reading.Take(at, length) ?? throw new InvalidDataException("ends inside the header");
}

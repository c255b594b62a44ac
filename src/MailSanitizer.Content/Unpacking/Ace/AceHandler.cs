using System.IO.Hashing;

namespace MailSanitizer.Content.Unpacking.Ace;

/// <summary>ACE: the list of members, and those that are stored. Compressed and locked members cannot be opened.</summary>
public sealed class AceHandler : ArchiveHandler
{
    /// <inheritdoc/>
    public override IReadOnlyCollection<string> Formats { get; } = ["ace"];

    /// <inheritdoc/>
    protected override IEnumerable<ArchiveMember> Members(ArchiveReading reading)
    {
        long at = 0;
        for (int block = 0; at < reading.Bytes.Length; block++)
        {
            byte[] head = reading.Take(at, 4) ?? throw new InvalidDataException("ends inside a header");
            int length = Le.U16(head, 2);
            byte[] header = length < 3 ? throw new InvalidDataException("a header of an impossible length") : reading.Take(at + 4, length) ?? throw new InvalidDataException("ends inside a header");
            if (block == 0 && (length < 27 || !header.AsSpan(3, 7).SequenceEqual("**ACE**"u8))) throw new InvalidDataException("not an ACE archive");

            // The lower half of a CRC-32 that is not inverted at its end.
            if ((ushort)~Crc32.HashToUInt32(header) != Le.U16(head, 0)) reading.Report(ArchiveFindings.ChecksumMismatch, $"offset {at}", "the header's checksum does not fit");
            int type = header[0];
            int flags = Le.U16(header, 1);
            long data = (flags & 1) != 0 && header.Length >= 7 ? Le.U32(header, 3) : 0;
            long start = at + 4 + length;
            if (block == 0 && (flags & 0x0800) != 0) reading.Report(ArchiveFindings.SplitArchive, "", "a volume of a set");
            if (type == 1 && block > 0) yield return Describe(header, flags, start, data, reading);
            else if (block > 0) reading.Report(ArchiveFindings.UnsupportedArchive, $"offset {at}", $"a block of kind {type}");
            if (data > reading.Bytes.Length - start) reading.Report(ArchiveFindings.DamagedArchive, $"offset {at}", "ends inside a member");
            at = start + (block == 0 ? 0 : data);
        }
    }

    private static ArchiveMember Describe(byte[] header, int flags, long start, long packed, ArchiveReading reading)
    {
        int nameLength = Le.U16(header, 29);
        if (header.Length < 31 + nameLength) throw new InvalidDataException("a name beyond its header");
        PartName name = ArchiveNames.Decode("member", header[31..(31 + nameLength)]);
        uint attributes = Le.U32(header, 15);
        int method = header[23];
        ArchiveMember member = new(new ChildDescription(name) { PackedSize = packed })
        {
            Kind = (attributes & 0x10) != 0 ? MemberKind.Folder : MemberKind.File,
            Size = Le.U32(header, 7),
            Modified = DosTime.Read(Le.U32(header, 11)),
            Checksum = MemberChecksum.Crc32(~Le.U32(header, 19)),
        };
        if (member.Kind == MemberKind.Folder) return member;
        if ((flags & 0x3000) != 0) reading.Report(ArchiveFindings.SplitArchive, name.Text, "begins or goes on in another volume");
        if ((flags & 0x4000) != 0) reading.Report(WalkFindings.Locked, name.Text, "locked; no ACE lock can be opened here");
        else if (method != 0) reading.Report(ArchiveFindings.UnsupportedArchive, name.Text, $"compressed by method {method}");
        else return member with { Open = () => reading.Bytes.OpenRead(start, packed) };
        return member;
    }
}

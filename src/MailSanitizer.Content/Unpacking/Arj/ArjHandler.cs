using MailSanitizer.Content.Formats.Compression;

namespace MailSanitizer.Content.Unpacking.Arj;

/// <summary>ARJ: own reader of all compression methods, and of its old lock (a password added to the bytes).</summary>
public sealed class ArjHandler : ArchiveHandler
{
    /// <inheritdoc/>
    public override IReadOnlyCollection<string> Formats { get; } = ["arj"];

    /// <inheritdoc/>
    protected override IEnumerable<ArchiveMember> Members(ArchiveReading reading)
    {
        ArjHeader main = ArjHeader.Read(reading, 0) ?? throw new InvalidDataException("an archive without a main header");
        if (!main.Sound) reading.Report(ArchiveFindings.ChecksumMismatch, "main header", "the header's checksum does not fit");
        if ((main.Flags & ArjHeader.Volume) != 0) reading.Report(ArchiveFindings.SplitArchive, "", "more volumes follow");
        long at = main.End;
        while (ArjHeader.Read(reading, at) is { } header)
        {
            long left = reading.Bytes.Length - header.End;
            if (header.Packed > left) reading.Report(ArchiveFindings.DamagedArchive, header.NameText, $"says {header.Packed} bytes, {left} are left");
            if (!header.Sound) reading.Report(ArchiveFindings.ChecksumMismatch, header.NameText, "the header's checksum does not fit");
            if ((header.Flags & ArjHeader.Continued) != 0) reading.Report(ArchiveFindings.SplitArchive, header.NameText, "continues a file of another volume");
            else if ((header.Flags & ArjHeader.Volume) != 0) reading.Report(ArchiveFindings.SplitArchive, header.NameText, "goes on in another volume");
            yield return Describe(header, reading);
            at = header.End + Math.Min(header.Packed, left);
        }

        if (Extra.Find(reading.Bytes, Math.Min(at + 4, reading.Bytes.Length)) is { } extra) reading.Report(ArchiveFindings.ExtraBytes, $"offset {extra}", "data behind the end of the archive");
    }

    private static ArchiveMember Describe(ArjHeader header, ArchiveReading reading)
    {
        ChildDescription description = new(ArchiveNames.Decode("member", header.Name)) { PackedSize = header.Packed };
        MemberKind kind = header.Type is 3 or 4 ? MemberKind.Folder : MemberKind.File;
        ArchiveMember member = new(description) { Kind = kind, Size = header.Size, Checksum = MemberChecksum.Crc32(header.Crc), Modified = DosTime.Read(header.Time) };
        if (kind == MemberKind.Folder) return member;
        if (header.Method > 4)
        {
            reading.Report(ArchiveFindings.UnsupportedArchive, header.NameText, $"method {header.Method}");
            return member;
        }

        if ((header.Flags & ArjHeader.Locked) == 0) return member with { Open = () => Decode(header, reading, null) };
        if (ArjLock.Find(header, reading, password => Decode(header, reading, password)) is not { } found)
        {
            reading.Report(WalkFindings.Locked, header.NameText, "locked by a password that none of the candidates is");
            return member;
        }

        reading.Report(WalkFindings.UnkeyedLock, header.NameText, "proven by a CRC");
        return member with { Description = description with { OpenedWith = found.Source }, LockedBy = found, Open = () => Decode(header, reading, found) };
    }

    private static Stream Decode(ArjHeader header, ArchiveReading reading, Password? password)
    {
        Stream source = reading.Bytes.OpenRead(header.End, header.Packed);
        if (password is not null) source = new ArjLock(source, header.Modifier, password.Text);
        return header.Method switch
        {
            0 => source,
            4 => new ArjFastestStream(source, header.Size),
            _ => new StaticLzhStream(source, 15, 17, 5, header.Size),
        };
    }
}

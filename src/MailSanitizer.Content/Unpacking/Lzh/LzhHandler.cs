using MailSanitizer.Content.Formats.Compression;

namespace MailSanitizer.Content.Unpacking.Lzh;

/// <summary>LZH (LHA): own reader of every method that LHA for DOS, UNIX and Windows wrote.</summary>
public sealed class LzhHandler : ArchiveHandler
{
    /// <inheritdoc/>
    public override IReadOnlyCollection<string> Formats { get; } = ["lzh"];

    /// <inheritdoc/>
    protected override IEnumerable<ArchiveMember> Members(ArchiveReading reading)
    {
        long at = 0;
        while (LzhHeader.Read(reading, at) is { } header)
        {
            ArchiveMember member = Describe(header, reading);
            if (!header.Sound) reading.Report(ArchiveFindings.ChecksumMismatch, member.Name, "the header's checksum does not fit");
            long left = reading.Bytes.Length - header.Content;
            if (header.Packed > left) reading.Report(ArchiveFindings.DamagedArchive, member.Name, $"says {header.Packed} bytes, {left} are left");
            yield return member;
            at = header.Content + Math.Min(header.Packed, left);
        }

        if (Extra.Find(reading.Bytes, Math.Min(at + 1, reading.Bytes.Length)) is { } extra) reading.Report(ArchiveFindings.ExtraBytes, $"offset {extra}", "data behind the end of the archive");
    }

    private static ArchiveMember Describe(LzhHeader header, ArchiveReading reading)
    {
        byte[] raw = (byte[])header.Name.Clone();
        raw.AsSpan().Replace((byte)0xFF, (byte)'/');
        int zero = Array.IndexOf(raw, (byte)0);
        PartName name = ArchiveNames.Decode("member", zero > 0 ? raw[..zero] : raw);
        PartName[] names = header.WideName is { } wide ? [new PartName("unicode", wide), name] : [name];

        // LHA for UNIX writes a symbolic link as a folder named "link|target".
        int bar = name.Text.IndexOf('|', StringComparison.Ordinal);
        bool link = (header.Mode & 0xF000) == 0xA000 || (header.Method == "-lhd-" && bar > 0);
        MemberKind kind = link ? MemberKind.Link : header.Method == "-lhd-" ? MemberKind.Folder : MemberKind.File;
        bool known = Decoder(header.Method) is not null;
        if (kind == MemberKind.File && !known) reading.Report(ArchiveFindings.UnsupportedArchive, name.Text, $"method {header.Method}");
        return new ArchiveMember(new ChildDescription(names) { PackedSize = header.Packed })
        {
            Kind = kind,
            Open = kind == MemberKind.File && known ? () => Decoder(header.Method)!(reading.Bytes.OpenRead(header.Content, header.Packed), header.Size) : null,
            Size = header.Size,
            Checksum = header.Crc is { } crc ? MemberChecksum.Crc16(crc) : null,
            Modified = header.Modified,
            UnixMode = header.Mode,
            LinkFinding = UnpackingFindings.SymbolicLink,
            LinkTarget = bar > 0 ? name.Text[(bar + 1)..] : null,
        };
    }

    private static Func<Stream, long, Stream>? Decoder(string method) => method switch
    {
        "-lh0-" or "-lz4-" or "-pm0-" => (source, _) => source,
        "-lh1-" => (source, size) => new EarlyLzhStream(source, 1, size),
        "-lh2-" => (source, size) => new EarlyLzhStream(source, 2, size),
        "-lh3-" => (source, size) => new EarlyLzhStream(source, 3, size),
        "-lh4-" => (source, size) => new StaticLzhStream(source, 12, 14, 4, size),
        "-lh5-" => (source, size) => new StaticLzhStream(source, 13, 14, 4, size),
        "-lh6-" => (source, size) => new StaticLzhStream(source, 15, 16, 5, size),
        "-lh7-" => (source, size) => new StaticLzhStream(source, 16, 17, 5, size),
        "-lhx-" => (source, size) => new StaticLzhStream(source, 20, 21, 5, size),
        "-lzs-" => (source, size) => new LArcStream(source, five: false, size),
        "-lz5-" => (source, size) => new LArcStream(source, five: true, size),
        _ => null,
    };
}

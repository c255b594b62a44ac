namespace MailSanitizer.Content.Unpacking.Iso;

/// <summary>
/// ISO 9660 images: the Joliet tree that Windows shows, the plain tree with Rock Ridge names that others show, and El Torito boot images. A file that
/// only one tree lists is seen by some readers and not by others.
/// </summary>
public sealed class IsoHandler : ArchiveHandler
{
    private const int Sector = 2048;
    private const int FirstDescriptor = 16;
    private const int MaxDescriptors = 64;

    /// <inheritdoc/>
    public override IReadOnlyCollection<string> Formats { get; } = ["iso"];

    /// <inheritdoc/>
    protected override IEnumerable<ArchiveMember> Members(ArchiveReading reading)
    {
        (byte[]? primary, byte[]? joliet, uint? bootCatalog) = Descriptors(reading);
        List<IsoFile> plain = primary is null ? [] : [.. new IsoVolume(reading, joliet: false).Files(primary)];
        List<IsoFile> wide = joliet is null ? [] : [.. new IsoVolume(reading, joliet: true).Files(joliet)];
        List<IsoFile> shown = joliet is null ? plain : wide;
        List<IsoFile> other = joliet is null ? [] : plain;
        ILookup<long, IsoFile> otherByPlace = other.Where(IsContent).ToLookup(file => file.Ranges[0].Offset);
        HashSet<(long, long)> seen = [];
        foreach (IsoFile file in shown)
        {
            if (file.Ranges.Count > 0) seen.Add((file.Ranges[0].Offset, file.Length));
            IEnumerable<string> names = IsContent(file) ? otherByPlace[file.Ranges[0].Offset].Where(twin => twin.Length == file.Length).Take(4).SelectMany(twin => new[] { twin.Path, twin.PlainPath }) : [];
            yield return Describe(file, names, reading);
        }

        foreach (IsoFile file in other.Where(file => IsContent(file) && !seen.Contains((file.Ranges[0].Offset, file.Length))))
        {
            reading.Report(UnpackingFindings.Ambiguous, file.Path, "listed in the ISO 9660 tree, not in the Joliet tree");
            yield return Describe(file, [], reading);
        }

        if (joliet is not null)
        {
            HashSet<(long, long)> places = [.. plain.Where(IsContent).Select(file => (file.Ranges[0].Offset, file.Length))];
            foreach (IsoFile file in wide.Where(file => IsContent(file) && !places.Contains((file.Ranges[0].Offset, file.Length)))) reading.Report(UnpackingFindings.Ambiguous, file.Path, "listed in the Joliet tree, not in the ISO 9660 tree");
        }

        if (bootCatalog is { } catalog)
        {
            foreach ((string name, long offset, long length) in IsoBoot.Images(reading, catalog))
            {
                yield return new ArchiveMember(new ChildDescription(new PartName("derived", name)) { PackedSize = length }) { Open = () => reading.Bytes.OpenRead(offset, length), Size = length };
            }
        }
    }

    private static bool IsContent(IsoFile file) => file.Kind == MemberKind.File && file.Length > 0;

    private static (byte[]? Primary, byte[]? Joliet, uint? BootCatalog) Descriptors(ArchiveReading reading)
    {
        byte[]? primary = null;
        byte[]? joliet = null;
        uint? boot = null;
        for (int number = 0; number < MaxDescriptors; number++)
        {
            byte[]? descriptor = reading.Take((FirstDescriptor + number) * (long)Sector, Sector);
            if (descriptor is null) break;
            if (descriptor.AsSpan(1, 3).SequenceEqual("NSR"u8)) reading.Report(ArchiveFindings.UnsupportedArchive, "", "holds a UDF file system as well, which Windows prefers");
            if (!descriptor.AsSpan(1, 5).SequenceEqual("CD001"u8)) continue;
            switch (descriptor[0])
            {
                case 0 when descriptor.AsSpan(7).StartsWith("EL TORITO SPECIFICATION"u8):
                    boot = Le.U32(descriptor, 0x47);
                    break;
                case 1 when primary is null:
                    primary = descriptor[156..190];
                    if (Le.U16(descriptor, 128) != Sector) throw new InvalidDataException("an unusual block size");
                    break;
                case 1:
                    reading.Report(UnpackingFindings.Ambiguous, "", "two primary volume descriptors");
                    break;
                case 2 when descriptor.AsSpan(88, 3).SequenceEqual("%/@"u8) || descriptor.AsSpan(88, 3).SequenceEqual("%/C"u8) || descriptor.AsSpan(88, 3).SequenceEqual("%/E"u8):
                    joliet ??= descriptor[156..190];
                    break;
            }
        }

        if (primary is null && joliet is null) throw new InvalidDataException("no volume descriptor");
        return (primary, joliet, boot);
    }

    private static ArchiveMember Describe(IsoFile file, IEnumerable<string> otherNames, ArchiveReading reading)
    {
        PartName[] names = [.. new[] { file.Path, file.PlainPath }.Concat(otherNames).Distinct(StringComparer.Ordinal).Select(name => new PartName("member", name))];
        long end = file.Ranges.Count == 0 ? 0 : file.Ranges.Max(range => range.Offset + range.Length);
        if (end > reading.Bytes.Length) reading.Report(ArchiveFindings.DamagedArchive, file.Path, "lies beyond the end of the image");
        if (file.Unsupported is { } why) reading.Report(ArchiveFindings.UnsupportedArchive, file.Path, why);
        return new ArchiveMember(new ChildDescription(names) { PackedSize = file.Length })
        {
            Kind = file.Kind,
            Open = file.Kind != MemberKind.File ? null : file.Ranges is [var only] ? () => reading.Bytes.OpenRead(only.Offset, only.Length) : () => new JoinedRanges(reading.Bytes, file.Ranges),
            Size = file.Length,
            Modified = file.Modified,
            LinkFinding = UnpackingFindings.SymbolicLink,
            LinkTarget = file.LinkTarget,
        };
    }
}

/// <summary>El Torito's boot images (Phoenix and IBM, 1995).</summary>
internal static class IsoBoot
{
    private const int Sector = 2048;

    /// <summary>Name, offset and length of each image of the catalog.</summary>
    public static IEnumerable<(string Name, long Offset, long Length)> Images(ArchiveReading reading, uint catalog)
    {
        byte[]? table = reading.Take((long)catalog * Sector, Sector);
        if (table is null || table[0] != 1 || table[30] != 0x55 || table[31] != 0xAA)
        {
            reading.Report(ArchiveFindings.DamagedArchive, $"sector {catalog}", "a boot catalog that is none");
            yield break;
        }

        int number = 0;
        for (int at = 32; at < Sector; at += 32)
        {
            byte indicator = table[at];
            if (indicator is 0x90 or 0x91 or 0x44) continue;
            if (indicator != 0x88 && at > 32) yield break;
            long offset = Le.U32(table, at + 8) * (long)Sector;
            long length = (table[at + 1] & 15) switch
            {
                1 => 1_228_800,
                2 => 1_474_560,
                3 => 2_949_120,
                4 => Disk(reading, offset),
                _ => Math.Max(Sector, Le.U16(table, at + 6) * 512L),
            };
            if (offset == 0 || offset >= reading.Bytes.Length) continue;
            yield return ($"boot-image-{++number}.img", offset, Math.Min(length, reading.Bytes.Length - offset));
        }
    }

    // A hard disk's image ends with its first partition (El Torito 2.2).
    private static long Disk(ArchiveReading reading, long offset)
    {
        byte[]? record = reading.Take(offset, 512);
        return record is null ? Sector : Math.Max(Sector, (Le.U32(record, 446 + 8) + (long)Le.U32(record, 446 + 12)) * 512);
    }
}

using System.Buffers.Binary;

namespace MailSanitizer.Content.Formats.Zip;

/// <summary>The fixed records, read one at a time from any offset. Null or false where the bytes are not such a record.</summary>
/// <remarks>
/// <code>
/// local header   PK 03 04  ver flags method time date crc packed size nlen elen | name extra | data | [descriptor]
/// central header PK 01 02  made ver flags method time date crc packed size nlen elen clen disk int ext(4) offset(4) | name extra comment
/// Zip64 end      PK 06 06  length(8) made ver disk(4) disk(4) count(8) count(8) size(8) offset(8)
/// Zip64 locator  PK 06 07  disk(4) offset(8) disks(4)
/// end record     PK 05 06  disk disk count count size(4) offset(4) clen | comment
/// </code>
/// </remarks>
internal static class ZipRecords
{
    public const uint LocalSignature = 0x04034B50;
    public const uint CentralSignature = 0x02014B50;
    public const uint EndSignature = 0x06054B50;
    public const uint Zip64EndSignature = 0x06064B50;
    public const uint Zip64LocatorSignature = 0x07064B50;
    public const uint DescriptorSignature = 0x08074B50;
    public const uint DirectorySignature = 0x05054B50;
    public const int CentralLength = 46;
    public const int EndLength = 22;

    public static ZipLocalHeader? ReadLocal(PartBytes bytes, long offset)
    {
        Span<byte> head = stackalloc byte[ZipLocalHeader.FixedLength];
        if (offset < 0 || bytes.Read(offset, head) < head.Length || BinaryPrimitives.ReadUInt32LittleEndian(head) != LocalSignature) return null;
        int nameLength = BinaryPrimitives.ReadUInt16LittleEndian(head[26..]);
        int extraLength = BinaryPrimitives.ReadUInt16LittleEndian(head[28..]);
        byte[] rest = new byte[nameLength + extraLength];
        if (bytes.Read(offset + head.Length, rest) < rest.Length) return null;
        long packed = BinaryPrimitives.ReadUInt32LittleEndian(head[18..]);
        long size = BinaryPrimitives.ReadUInt32LittleEndian(head[22..]);
        ReadOnlyMemory<byte> extra = rest.AsMemory(nameLength);

        // A missing Zip64 field leaves the all-ones values; the comparison with the central header then shows it.
        long none = 0;
        uint disk = 0;
        _ = ZipExtra.ApplyZip64(extra.Span, ref size, ref packed, ref none, ref disk);
        return new ZipLocalHeader(
            offset, BinaryPrimitives.ReadUInt16LittleEndian(head[4..]), BinaryPrimitives.ReadUInt16LittleEndian(head[6..]), BinaryPrimitives.ReadUInt16LittleEndian(head[8..]),
            BinaryPrimitives.ReadUInt32LittleEndian(head[10..]), BinaryPrimitives.ReadUInt32LittleEndian(head[14..]), packed, size, rest.AsMemory(0, nameLength), extra);
    }

    public static ZipEndRecord? ReadEnd(PartBytes bytes, long offset)
    {
        Span<byte> head = stackalloc byte[EndLength];
        if (offset < 0 || bytes.Read(offset, head) < head.Length || BinaryPrimitives.ReadUInt32LittleEndian(head) != EndSignature) return null;
        ZipEndRecord end = new(offset)
        {
            Disk = BinaryPrimitives.ReadUInt16LittleEndian(head[4..]),
            DirectoryDisk = BinaryPrimitives.ReadUInt16LittleEndian(head[6..]),
            Count = BinaryPrimitives.ReadUInt16LittleEndian(head[10..]),
            DirectorySize = BinaryPrimitives.ReadUInt32LittleEndian(head[12..]),
            DirectoryOffset = BinaryPrimitives.ReadUInt32LittleEndian(head[16..]),
            CommentLength = BinaryPrimitives.ReadUInt16LittleEndian(head[20..]),
            DirectoryEnd = offset,
        };
        Span<byte> locator = stackalloc byte[20];
        if (offset < 20 || bytes.Read(offset - 20, locator) < 20 || BinaryPrimitives.ReadUInt32LittleEndian(locator) != Zip64LocatorSignature) return end;

        // The offset is as shifted as all others when something was put in front; the record then stands right before the locator.
        end.HasLocator = true;
        end.DirectoryEnd = offset - 20;
        long written = BinaryPrimitives.ReadInt64LittleEndian(locator[8..]);
        return ApplyZip64(bytes, end, written) || ApplyZip64(bytes, end, offset - 20 - 56) ? end : end with { Zip64Broken = true };
    }

    private static bool ApplyZip64(PartBytes bytes, ZipEndRecord end, long at)
    {
        Span<byte> head = stackalloc byte[56];
        if (at < 0 || at > end.Offset || bytes.Read(at, head) < 56 || BinaryPrimitives.ReadUInt32LittleEndian(head) != Zip64EndSignature) return false;
        long count = BinaryPrimitives.ReadInt64LittleEndian(head[32..]);
        long size = BinaryPrimitives.ReadInt64LittleEndian(head[40..]);
        long offset = BinaryPrimitives.ReadInt64LittleEndian(head[48..]);
        if (count < 0 || size < 0 || offset < 0) return false;
        end.Zip64Differs = (end.Count != ushort.MaxValue && end.Count != count)
            || (end.DirectorySize != uint.MaxValue && end.DirectorySize != size)
            || (end.DirectoryOffset != uint.MaxValue && end.DirectoryOffset != offset);
        (end.Count, end.DirectorySize, end.DirectoryOffset, end.DirectoryEnd) = (count, size, offset, at);
        return true;
    }
}

/// <summary>An end record with the Zip64 values applied.</summary>
internal sealed record ZipEndRecord(long Offset)
{
    public int Disk { get; init; }

    public int DirectoryDisk { get; init; }

    public long Count { get; set; }

    public long DirectorySize { get; set; }

    public long DirectoryOffset { get; set; }

    public int CommentLength { get; init; }

    /// <summary>Where the records behind the directory begin: the Zip64 end record, its locator, or the end record.</summary>
    public long DirectoryEnd { get; set; }

    public bool HasLocator { get; set; }

    public bool Zip64Differs { get; set; }

    public bool Zip64Broken { get; init; }
}

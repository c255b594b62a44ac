using System.Buffers.Binary;

namespace MailSanitizer.Content.Formats.Zip;

/// <summary>One reading of the list of members.</summary>
internal sealed class ZipDirectory
{
    public required ZipEndRecord End { get; init; }

    public required long Start { get; init; }

    /// <summary>Added to every written offset.</summary>
    public long Shift { get; init; }

    public List<ZipEntry> Entries { get; } = [];

    public long EntriesEnd { get; set; }

    public bool Broken { get; set; }

    public ReadOnlyMemory<byte> Comment { get; set; }
}

/// <content>End records and the directories they lead to.</content>
public sealed partial class ZipReader
{
    // A comment has at most 65,535 bytes; 1 MB more are searched for what was appended (some readers go on, some do not).
    private const int Tail = 65_535 + ZipRecords.EndLength + (1024 * 1024);

    // More end records than this in the tail come from nobody honest; the finding is there already.
    private const int MaxEnds = 16;

    private (ZipDirectory? Main, List<ZipDirectory> Others) Directories()
    {
        ZipDirectory? main = null;
        List<ZipDirectory> others = [];
        List<long> ends = [.. Find(ZipRecords.EndSignature, Math.Max(0, _bytes.Length - Tail), _bytes.Length)];
        bool decoy = false;
        int tried = 0;
        for (int i = ends.Count - 1; i >= 0 && tried < MaxEnds; i--, tried++)
        {
            if (main is not null && Inside(main, ends[i])) continue;
            if (ZipRecords.ReadEnd(_bytes, ends[i]) is not { } end)
            {
                // A signature at the very end without a whole record: readers that search for 22 bytes do not see it.
                continue;
            }

            List<ZipDirectory> found = Open(end);
            if (found.Count == 0)
            {
                decoy |= main is null;
                continue;
            }

            if (main is null)
            {
                main = found[0];
                if (found.Count > 1) Add(ZipDisagreementKind.SeveralDirectories, null, "a directory at the written offset and another before the end record");
                others.AddRange(found.Skip(1));
            }
            else
            {
                others.AddRange(found);
            }
        }

        if (decoy && main is not null) Add(ZipDisagreementKind.DecoyEndRecord, null, "the last end record leads nowhere");
        return (main, others);
    }

    // An end record inside a member's data belongs to an archive in the archive, which the walker opens as a part of its own.
    private static bool Inside(ZipDirectory main, long offset)
    {
        foreach (ZipEntry entry in main.Entries)
        {
            if (entry.Local is not null && offset >= entry.DataOffset && offset < entry.DataOffset + entry.PackedSize) return true;
        }

        return false;
    }

    private List<ZipDirectory> Open(ZipEndRecord end)
    {
        long adjacent = end.DirectoryEnd - end.DirectorySize;
        long written = end.DirectoryOffset;
        List<ZipDirectory> found = [];
        if (end.DirectorySize == 0 && end.Count == 0)
        {
            found.Add(Comment(new ZipDirectory { End = end, Start = end.DirectoryEnd, EntriesEnd = end.DirectoryEnd }));
            return found;
        }

        if (adjacent >= 0 && Signature(adjacent) == ZipRecords.CentralSignature)
        {
            ZipDirectory shifted = List(end, adjacent, adjacent - written);
            found.Add(shifted);

            // Readers that never shift find other members when the written offsets lead to some as well.
            if (shifted.Shift != 0 && FirstOffset(adjacent) is { } first && Signature(first) == ZipRecords.LocalSignature) found.Add(List(end, adjacent, 0));
        }

        if (written != adjacent && written < end.Offset && Signature(written) == ZipRecords.CentralSignature) found.Add(List(end, written, 0));
        return found;
    }

    private ZipDirectory List(ZipEndRecord end, long start, long shift)
    {
        // Programs that make self-extracting archives either count from the new beginning or leave the offsets as they were: the first local header tells.
        if (shift != 0 && FirstOffset(start) is { } first && Signature(first) == ZipRecords.LocalSignature && Signature(first + shift) != ZipRecords.LocalSignature) shift = 0;
        ZipDirectory directory = new() { End = end, Start = start, Shift = shift };
        long length = end.Offset - start;
        if (length > _limits.DirectoryBytes) _listCut = true;
        byte[] records = new byte[(int)Math.Min(length, _limits.DirectoryBytes)];
        int available = _bytes.Read(start, records);
        int at = 0;
        while (available - at >= ZipRecords.CentralLength && BinaryPrimitives.ReadUInt32LittleEndian(records.AsSpan(at)) == ZipRecords.CentralSignature)
        {
            _cancellation.ThrowIfCancellationRequested();
            if (directory.Entries.Count >= _limits.ArchiveEntries)
            {
                _listCut = true;
                break;
            }

            int taken = Central(directory, records.AsMemory(at, available - at), start + at);
            if (taken == 0)
            {
                directory.Broken = true;
                break;
            }

            at += taken;
        }

        // The digital signature of the directory (APPNOTE 4.3.13) counts to its size; nobody checks it any more.
        if (available - at >= 6 && BinaryPrimitives.ReadUInt32LittleEndian(records.AsSpan(at)) == ZipRecords.DirectorySignature)
            at = Math.Min(available, at + 6 + BinaryPrimitives.ReadUInt16LittleEndian(records.AsSpan(at + 4)));
        directory.EntriesEnd = start + at;
        if (directory.Entries.Count < end.Count && !_listCut) directory.Broken = true;
        return Comment(directory);
    }

    private ZipDirectory Comment(ZipDirectory directory)
    {
        ZipEndRecord end = directory.End;
        byte[] comment = new byte[(int)Math.Clamp(_bytes.Length - end.Offset - ZipRecords.EndLength, 0, end.CommentLength)];
        _ = _bytes.Read(end.Offset + ZipRecords.EndLength, comment);
        directory.Comment = comment;
        return directory;
    }

    private long? FirstOffset(long start)
    {
        Span<byte> four = stackalloc byte[4];
        return _bytes.Read(start + 42, four) == 4 ? BinaryPrimitives.ReadUInt32LittleEndian(four) : null;
    }

    /// <summary>Reads one central header and the local header it points to; 0 when it runs over the end.</summary>
    private int Central(ZipDirectory directory, ReadOnlyMemory<byte> record, long offset)
    {
        ReadOnlySpan<byte> head = record.Span;
        int nameLength = U16(head, 28), extraLength = U16(head, 30), commentLength = U16(head, 32);
        int length = ZipRecords.CentralLength + nameLength + extraLength + commentLength;
        if (length > record.Length) return 0;
        ReadOnlyMemory<byte> extra = record.Slice(ZipRecords.CentralLength + nameLength, extraLength);
        long packed = U32(head, 20), size = U32(head, 24), local = U32(head, 42);
        uint disk = U16(head, 34);
        bool complete = ZipExtra.ApplyZip64(extra.Span, ref size, ref packed, ref local, ref disk);
        long localOffset = local > long.MaxValue - directory.Shift ? long.MaxValue : local + directory.Shift;
        ZipEntry entry = new()
        {
            Index = directory.Entries.Count,
            CentralOffset = offset,
            VersionMadeBy = U16(head, 4),
            VersionNeeded = U16(head, 6),
            Flags = U16(head, 8),
            Method = U16(head, 10),
            DosTime = U32(head, 12),
            Crc = U32(head, 16),
            PackedSize = packed,
            Size = size,
            DiskStart = disk,
            InternalAttributes = U16(head, 36),
            ExternalAttributes = U32(head, 38),
            LocalOffset = localOffset,
            Local = ZipRecords.ReadLocal(_bytes, localOffset),
            RawName = record.Slice(ZipRecords.CentralLength, nameLength),
            Extra = extra,
            Comment = record.Slice(ZipRecords.CentralLength + nameLength + extraLength, commentLength),
            Zip64Missing = !complete,
        };
        directory.Entries.Add(entry);
        return length;

        static ushort U16(ReadOnlySpan<byte> from, int at) => BinaryPrimitives.ReadUInt16LittleEndian(from[at..]);
        static uint U32(ReadOnlySpan<byte> from, int at) => BinaryPrimitives.ReadUInt32LittleEndian(from[at..]);
    }
}

using System.Buffers.Binary;

namespace MailSanitizer.Content.Formats.Zip;

/// <summary>
/// Reads what a ZIP archive lists, by the end record nearest to the end (as unzip, 7-Zip, Python, Java and Explorer do), then looks for everything another
/// reader could see: other end records, other directories, local headers that say something else, members nobody lists, bytes nobody owns.
/// </summary>
/// <remarks>Policy-free: states values and disagreements, decides nothing. Reads no content.</remarks>
public sealed partial class ZipReader
{
    private readonly PartBytes _bytes;
    private readonly Limits _limits;
    private readonly CancellationToken _cancellation;
    private readonly List<ZipDisagreement> _disagreements = [];
    private readonly List<ZipEntry> _alternatives = [];
    private readonly List<ZipGap> _gaps = [];
    private bool _listCut;
    private bool _damaged;

    private ZipReader(PartBytes bytes, Limits limits, CancellationToken cancellation) => (_bytes, _limits, _cancellation) = (bytes, limits, cancellation);

    /// <summary>Reads; any bytes are allowed. Null when there is neither an end record nor a local header at the beginning: no ZIP by any reading.</summary>
    public static ZipContents? Read(PartBytes bytes, Limits limits, CancellationToken cancellation = default) => new ZipReader(bytes, limits, cancellation).Read();

    private ZipContents? Read()
    {
        (ZipDirectory? main, List<ZipDirectory> others) = Directories();
        if (main is null)
        {
            List<ZipEntry> found = LocalEntries(0, _bytes.Length);
            if (found.Count == 0 && !(_bytes.Length >= 4 && Signature(0) == ZipRecords.LocalSignature)) return null;
            _damaged = true;
            Add(ZipDisagreementKind.NoEndRecord, null, $"{found.Count} members found by local headers");
            return Contents(found, default);
        }

        Judge(main);
        foreach (ZipEntry entry in main.Entries) Compare(entry);
        CompareNames(main.Entries);
        List<(long Start, long End)> owned = Ranges(main);
        foreach (ZipDirectory other in others) AddOther(main, other);

        // What a cut list does not name would all look hidden.
        if (!_listCut) FindGaps(owned);
        return Contents(main.Entries, main.Comment);
    }

    private ZipContents Contents(IReadOnlyList<ZipEntry> entries, ReadOnlyMemory<byte> comment) => new()
    {
        Bytes = _bytes,
        Entries = entries,
        Alternatives = _alternatives,
        Gaps = _gaps,
        Disagreements = _disagreements,
        Comment = comment,
        ListCut = _listCut,
        Damaged = _damaged,
    };

    private void Add(ZipDisagreementKind kind, ZipEntry? entry, string detail) => _disagreements.Add(new ZipDisagreement(kind, entry, detail));

    private void Judge(ZipDirectory directory)
    {
        ZipEndRecord end = directory.End;
        if (end.Disk != 0 && end.Disk != ushort.MaxValue) Add(ZipDisagreementKind.Split, null, $"volume {end.Disk + 1}, directory on volume {end.DirectoryDisk + 1}");
        if (end.Zip64Broken) Add(ZipDisagreementKind.Zip64Broken, null, "the Zip64 locator points to no record");
        if (end.Zip64Differs) Add(ZipDisagreementKind.Zip64Differs, null, "the Zip64 end record states other values");
        if (end.Offset + ZipRecords.EndLength + end.CommentLength > _bytes.Length) Add(ZipDisagreementKind.CommentCut, null, "the comment is longer than the file");
        if (directory.Shift != 0) Add(ZipDisagreementKind.OffsetsShifted, null, $"offsets are {directory.Shift} bytes short");
        if (_listCut) return;
        if (directory.Broken)
        {
            _damaged = true;
            Add(ZipDisagreementKind.DirectoryBroken, null, $"broken behind member {directory.Entries.Count}");
        }

        // Writers without Zip64 let the 16-bit counter run over; readers that go by the directory's size do not care.
        if (directory.Entries.Count != end.Count && (end.HasLocator || (directory.Entries.Count & 0xFFFF) != end.Count))
            Add(ZipDisagreementKind.CountDiffers, null, $"{end.Count} members stated, {directory.Entries.Count} listed");
        if (directory.EntriesEnd - directory.Start != end.DirectorySize)
            Add(ZipDisagreementKind.DirectorySizeDiffers, null, $"{end.DirectorySize} bytes stated, {directory.EntriesEnd - directory.Start} used");
    }

    private uint Signature(long offset)
    {
        Span<byte> four = stackalloc byte[4];
        return _bytes.Read(offset, four) == 4 ? BinaryPrimitives.ReadUInt32LittleEndian(four) : 0;
    }

    /// <summary>Offsets of a four-byte signature in a range, ascending.</summary>
    private IEnumerable<long> Find(uint signature, long from, long to)
    {
        byte[] wanted = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(wanted, signature);
        byte[] window = new byte[64 * 1024];
        for (long at = from; at < to;)
        {
            _cancellation.ThrowIfCancellationRequested();
            int got = _bytes.Read(at, window.AsSpan(0, (int)Math.Min(window.Length, to - at)));
            if (got < 4) yield break;
            for (int found, start = 0; (found = window.AsSpan(start, got - start).IndexOf(wanted)) >= 0; start += found + 1) yield return at + start + found;
            if (at + got >= to) yield break;
            at += got - 3;
        }
    }
}

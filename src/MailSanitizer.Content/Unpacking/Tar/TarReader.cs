using System.Text;

namespace MailSanitizer.Content.Unpacking.Tar;

/// <summary>One member of a tar file with the places of its bytes.</summary>
/// <param name="Start">Offset of its first header block, extension headers included.</param>
/// <param name="Header">Offset of its own header.</param>
/// <param name="Content">Offset of its content.</param>
/// <param name="Length">Length of its content (bytes).</param>
/// <param name="Type">Type flag.</param>
/// <param name="Name">Name in bytes.</param>
/// <param name="Link">Link target in bytes.</param>
internal sealed record TarEntry(long Start, long Header, long Content, long Length, byte Type, byte[] Name, byte[] Link)
{
    public int Mode { get; init; }

    public long Modified { get; init; }

    /// <summary>Other names that the headers give it: the short one under a long one.</summary>
    public byte[]? ShortName { get; init; }

    /// <summary>PAX records in front of it, for rewriting.</summary>
    public IReadOnlyList<(string Key, byte[] Value)> Pax { get; init; } = [];

    /// <summary>True when a GNU long name stands in front of it.</summary>
    public bool LongName { get; init; }

    /// <summary>Offset behind the padding.</summary>
    public long End => Content + ((Length + TarHeader.Block - 1) / TarHeader.Block * TarHeader.Block);
}

/// <summary>Reads tar files: V7, ustar, GNU (long names, sparse marked), PAX. Bounded: a header costs a block, an extension at most a megabyte.</summary>
internal sealed class TarReader(ArchiveReading reading)
{
    private const int MaxExtension = 1024 * 1024;

    private readonly Dictionary<string, byte[]> _global = new(StringComparer.Ordinal);
    private byte[]? _longName;
    private byte[]? _longLink;
    private List<(string Key, byte[] Value)> _pax = [];
    private long _start;

    /// <summary>Where the archive's end mark stands, or the part's end.</summary>
    public long EndMark { get; private set; }

    public IEnumerable<TarEntry> Entries()
    {
        long at = 0;
        _start = 0;
        while (true)
        {
            reading.Cancellation.ThrowIfCancellationRequested();
            EndMark = at;
            byte[]? block = reading.Take(at, TarHeader.Block);
            if (block is null)
            {
                if (at < reading.Bytes.Length) reading.Report(ArchiveFindings.DamagedArchive, $"offset {at}", "ends inside a header");
                yield break;
            }

            if (TarHeader.IsZero(block))
            {
                Tail(at);
                yield break;
            }

            TarHeader? header = TarHeader.Read(block);
            if (header is null || header.Size is not { } size)
            {
                reading.Report(ArchiveFindings.DamagedArchive, $"offset {at}", "a header without a fitting checksum");
                yield break;
            }

            if (Extension(header, at + TarHeader.Block, size))
            {
                at = Padded(at + TarHeader.Block, size);
                continue;
            }

            TarEntry entry = Entry(header, at, size);
            if (entry.Length < 0 || entry.Content > reading.Bytes.Length - entry.Length)
            {
                reading.Report(ArchiveFindings.DamagedArchive, Encoding.UTF8.GetString(entry.Name), $"says {entry.Length} bytes, {Math.Max(0, reading.Bytes.Length - entry.Content)} are left");
                if (entry.Length < 0 || entry.Content > reading.Bytes.Length) yield break;
                entry = entry with { Length = reading.Bytes.Length - entry.Content };
            }

            yield return entry;
            at = entry.End;
            _start = at;
        }
    }

    private static long Padded(long content, long size) => content + ((Math.Min(size, long.MaxValue / 2) + TarHeader.Block - 1) / TarHeader.Block * TarHeader.Block);

    private TarEntry Entry(TarHeader header, long at, long size)
    {
        // Links and folders carry no data, whatever size says; ustar allows a hard link with data under PAX only.
        bool dataless = header.Type is (byte)'1' or (byte)'2' or (byte)'3' or (byte)'4' or (byte)'5' or (byte)'6';
        byte[] shortName = header.Name();
        byte[]? paxName = Record("path");
        byte[] name = paxName ?? _longName ?? shortName;
        byte[] link = Record("linkpath") ?? _longLink ?? header.LinkName.ToArray();
        long length = size;
        if (Record("size") is { } text && long.TryParse(text, out long paxSize) && paxSize >= 0) length = paxSize;
        TarEntry entry = new(_start, at, at + TarHeader.Block, dataless ? 0 : length, header.Type, name, link)
        {
            Mode = header.Mode,
            Modified = header.Modified,
            ShortName = paxName is not null || _longName is not null ? shortName : null,
            Pax = _pax,
            LongName = _longName is not null,
        };
        if (header.Type == (byte)'S' || Record("GNU.sparse.major") is not null || Record("GNU.sparse.map") is not null) reading.Report(ArchiveFindings.UnsupportedArchive, Encoding.UTF8.GetString(name), "a sparse file: its holes are not filled in");
        if (dataless && length > 0 && header.Type != (byte)'5') reading.Report(ArchiveFindings.ExtraBytes, Encoding.UTF8.GetString(name), $"a link that declares {length} bytes");
        (_longName, _longLink, _pax) = (null, null, []);
        return entry;
    }

    private byte[]? Record(string key)
    {
        for (int at = _pax.Count - 1; at >= 0; at--)
        {
            if (_pax[at].Key == key) return _pax[at].Value;
        }

        return _global.GetValueOrDefault(key);
    }

    private bool Extension(TarHeader header, long content, long size)
    {
        if (header.Type is not ((byte)'L' or (byte)'K' or (byte)'x' or (byte)'X' or (byte)'g')) return false;
        byte[]? data = size > MaxExtension ? null : reading.Take(content, (int)size);
        if (data is null) throw new InvalidDataException($"an extension header of {size} bytes at {content}");
        switch (header.Type)
        {
            case (byte)'L': _longName = Terminated(data); break;
            case (byte)'K': _longLink = Terminated(data); break;
            case (byte)'g':
                foreach ((string key, byte[] value) in PaxRecords.Read(data) ?? throw new InvalidDataException($"malformed PAX records at {content}")) _global[key] = value;
                break;
            default:
                _pax = PaxRecords.Read(data) ?? throw new InvalidDataException($"malformed PAX records at {content}");
                break;
        }

        return true;
    }

    private static byte[] Terminated(byte[] data)
    {
        int end = Array.IndexOf(data, (byte)0);
        return end < 0 ? data : data[..end];
    }

    // Zeros to the end are padding (tar's record size). Anything else is what a reader with --ignore-zeros sees, and others do not.
    private void Tail(long at)
    {
        using Stream rest = reading.Bytes.OpenRead(at, reading.Bytes.Length - at);
        byte[] buffer = new byte[81920];
        long offset = at;
        for (int got; (got = rest.Read(buffer, 0, buffer.Length)) > 0; offset += got)
        {
            reading.Cancellation.ThrowIfCancellationRequested();
            int other = buffer.AsSpan(0, got).IndexOfAnyExcept((byte)0);
            if (other < 0) continue;
            reading.Report(ArchiveFindings.ExtraBytes, $"offset {offset + other}", "data behind the end of the archive");
            return;
        }
    }
}

using System.Text;

namespace MailSanitizer.Content.Unpacking.Lzh;

/// <summary>One member's header, of level 0, 1, 2 or 3 (LHA for UNIX, header.doc).</summary>
internal sealed record LzhHeader
{
    private const int MaxExtension = 64 * 1024;
    private const int MaxExtensions = 256;

    /// <summary>Compression method, <c>-lh5-</c>.</summary>
    public required string Method { get; init; }

    /// <summary>Offset of the content.</summary>
    public long Content { get; init; }

    /// <summary>Length of the compressed content (bytes).</summary>
    public long Packed { get; init; }

    /// <summary>Length of the content (bytes).</summary>
    public long Size { get; init; }

    /// <summary>CRC-16 of the content; null where a level 0 header has none.</summary>
    public ushort? Crc { get; init; }

    /// <summary>Name with its folder, in bytes; UTF-16 names are in <see cref="WideName"/>.</summary>
    public byte[] Name { get; init; } = [];

    /// <summary>The UTF-16 name, or null.</summary>
    public string? WideName { get; init; }

    /// <summary>Unix mode, or null.</summary>
    public int? Mode { get; init; }

    /// <summary>Last change.</summary>
    public DateTime? Modified { get; init; }

    /// <summary>False when the header's own checksum does not fit.</summary>
    public bool Sound { get; init; } = true;

    /// <summary>Reads the header at an offset; null at the end mark. Throws when it is broken.</summary>
    public static LzhHeader? Read(ArchiveReading reading, long at)
    {
        Span<byte> first = stackalloc byte[24];
        int got = reading.Bytes.Read(at, first);
        if (got == 0 || first[0] == 0 && (got < 21 || first[20] != 2)) return null;
        if (got < 22 || first[2] != '-' || first[6] != '-') throw new InvalidDataException($"no header at offset {at}");
        return first[20] switch
        {
            0 or 1 => ReadOld(reading, at, first[20]),
            2 => ReadNew(reading, at, Le.U16(first, 0), 24, 2),
            3 => ReadNew(reading, at, 0, 28, 4),
            _ => throw new InvalidDataException($"a header of unknown level {first[20]}"),
        };
    }

    private static LzhHeader ReadOld(ArchiveReading reading, long at, int level)
    {
        byte[] two = Need(reading, at, 2);
        byte[] raw = Need(reading, at, two[0] + 2);
        int nameLength = raw.Length > 21 ? raw[21] : 0;
        if (raw.Length < 22 + nameLength) throw new InvalidDataException("a name longer than its header");
        byte sum = 0;
        foreach (byte value in raw.AsSpan(2)) sum += value;
        int behind = 22 + nameLength;
        LzhHeader header = new()
        {
            Method = Encoding.Latin1.GetString(raw, 2, 5),
            Packed = Le.U32(raw, 7),
            Size = Le.U32(raw, 11),
            Modified = DosTime.Read(Le.U32(raw, 15)),
            Crc = raw.Length >= behind + 2 ? Le.U16(raw, behind) : null,
            Name = raw[22..behind],
            Content = at + raw.Length,
            Sound = sum == raw[1],
        };
        if (level == 0) return header;
        if (raw.Length < behind + 5) throw new InvalidDataException("a header without room for its extensions");
        return Extensions(reading, header, at + raw.Length, Le.U16(raw, raw.Length - 2), 2, raw, at, counted: true);
    }

    private static LzhHeader ReadNew(ArchiveReading reading, long at, long total, int fixedLength, int width)
    {
        byte[] raw = Need(reading, at, fixedLength + width);
        if (width == 4) total = Le.U32(raw, 24);
        LzhHeader header = new()
        {
            Method = Encoding.Latin1.GetString(raw, 2, 5),
            Packed = Le.U32(raw, 7),
            Size = Le.U32(raw, 11),
            Modified = Unix(Le.U32(raw, 15)),
            Crc = Le.U16(raw, 21),
        };
        int start = width == 4 ? 28 : 24;
        long next = width == 4 ? Le.U32(raw, 28) : Le.U16(raw, 24);
        header = Extensions(reading, header, at + start + width, next, width, raw, at, counted: false);
        if (total < start + width || at + total > reading.Bytes.Length) throw new InvalidDataException("a header of an impossible length");

        // Level 2: one padding byte may stand behind the extensions, so the declared length counts.
        return header with { Content = at + total, Sound = header.Sound && header.Content - at <= total && header.Content - at + 2 >= total };
    }

    private static LzhHeader Extensions(ArchiveReading reading, LzhHeader header, long at, long length, int width, byte[] raw, long start, bool counted)
    {
        byte[] file = header.Name;
        byte[] folder = [];
        string? wideFile = null;
        string? wideFolder = null;
        int? sumAt = null;
        ushort declared = 0;
        for (int count = 0; length != 0; count++)
        {
            if (length < width + 1 || length > MaxExtension || count > MaxExtensions) throw new InvalidDataException("an extension of an impossible length");
            byte[] extension = Need(reading, at, (int)length);
            ReadOnlySpan<byte> body = extension.AsSpan(1, extension.Length - 1 - width);
            switch (extension[0])
            {
                case 0x00 when body.Length >= 2:
                    declared = Le.U16(body, 0);
                    sumAt = (int)(at + 1 - start);
                    break;
                case 0x01: file = body.ToArray(); break;
                case 0x02: folder = body.ToArray(); break;
                case 0x41 when body.Length >= 16: header = header with { Modified = FileTime.Read(Le.U64(body, 8)) }; break;
                case 0x42 when body.Length >= 16: header = header with { Packed = (long)Le.U64(body, 0), Size = (long)Le.U64(body, 8) }; break;
                case 0x44: wideFile = Encoding.Unicode.GetString(body); break;
                case 0x45: wideFolder = Encoding.Unicode.GetString(body); break;
                case 0x50 when body.Length >= 2: header = header with { Mode = Le.U16(body, 0) }; break;
                case 0x54 when body.Length >= 4: header = header with { Modified = Unix(Le.U32(body, 0)) }; break;
            }

            if (counted) header = header with { Packed = header.Packed - length };
            at += length;
            length = width == 4 ? Le.U32(extension, extension.Length - 4) : Le.U16(extension, extension.Length - 2);
        }

        if (header.Packed < 0 || header.Size < 0) throw new InvalidDataException("a negative length");
        if (sumAt is { } place)
        {
            byte[] all = Need(reading, start, (int)Math.Min(at - start, int.MaxValue));
            int total = counted ? all.Length : Math.Max(all.Length, width == 4 ? (int)Math.Min(Le.U32(raw, 24), MaxExtension * 4L) : Le.U16(raw, 0));
            if (total > all.Length) all = Need(reading, start, total);
            all.AsSpan(place, 2).Clear();
            header = header with { Sound = header.Sound && Crc16Arc.Append(0, all) == declared };
        }

        return header with
        {
            Content = at,
            Name = [.. folder, .. file],
            WideName = wideFile is null ? null : ((wideFolder ?? "") + wideFile).Replace('\uFFFF', '/'),
        };
    }

    private static byte[] Need(ArchiveReading reading, long at, int length) => reading.Take(at, length) ?? throw new InvalidDataException("ends inside a header");

    private static DateTime? Unix(uint seconds) => seconds == 0 ? null : DateTimeOffset.FromUnixTimeSeconds(seconds).UtcDateTime;
}

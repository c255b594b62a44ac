using System.Text;

namespace MailSanitizer.Content.Unpacking.Iso;

/// <summary>One file of an ISO 9660 tree.</summary>
/// <param name="Path">Its path, by this tree's names.</param>
/// <param name="PlainPath">The ISO 9660 name where Rock Ridge gives another; else the same.</param>
/// <param name="Ranges">Where its content lies (offset, length).</param>
/// <param name="Kind">What it is.</param>
internal sealed record IsoFile(string Path, string PlainPath, IReadOnlyList<(long Offset, long Length)> Ranges, MemberKind Kind)
{
    public DateTime? Modified { get; init; }

    public string? LinkTarget { get; init; }

    /// <summary>What makes it unreadable here, or null.</summary>
    public string? Unsupported { get; init; }

    public long Length => Ranges.Sum(range => range.Length);
}

/// <summary>Reads one directory tree of a volume (ECMA-119 9; Joliet; Rock Ridge IEEE P1282).</summary>
internal sealed class IsoVolume(ArchiveReading reading, bool joliet)
{
    private const int Sector = 2048;
    private const int MaxDepth = 64;

    private readonly HashSet<uint> _visited = [];
    private int _entries;

    /// <summary>All files below a root directory record, breadth first.</summary>
    public IEnumerable<IsoFile> Files(byte[] root)
    {
        Queue<(uint Extent, uint Size, string Path, string PlainPath, int Depth)> folders = new();
        folders.Enqueue((Le.U32(root, 2), Le.U32(root, 10), "", "", 0));
        while (folders.TryDequeue(out (uint Extent, uint Size, string Path, string PlainPath, int Depth) folder))
        {
            if (!_visited.Add(folder.Extent)) continue;
            if (folder.Depth > MaxDepth) throw new InvalidDataException("folders nested too deep");
            List<(long, long)> pending = [];
            foreach (byte[] record in Records(folder.Extent, folder.Size))
            {
                if (++_entries > reading.Limits.ArchiveEntries + 1) yield break;
                if (record[32] == 1 && record[33] < 2) continue;
                IsoNames names = IsoNames.Read(record, joliet, reading);
                string path = folder.Path + names.Name;
                string plain = folder.PlainPath + names.Plain;
                if ((record[25] & 2) != 0)
                {
                    yield return new IsoFile(path + "/", plain + "/", [], MemberKind.Folder);
                    folders.Enqueue((Le.U32(record, 2), Le.U32(record, 10), path + "/", plain + "/", folder.Depth + 1));
                    continue;
                }

                pending.Add(((Le.U32(record, 2) + (long)record[1]) * Sector, Le.U32(record, 10)));
                if ((record[25] & 0x80) != 0) continue;
                yield return new IsoFile(path, plain, pending, names.Target is null ? MemberKind.File : MemberKind.Link)
                {
                    Modified = Time(record),
                    LinkTarget = names.Target,
                    Unsupported = record[26] != 0 || record[27] != 0 ? "interleaved" : names.Compressed ? "compressed by zisofs" : null,
                };
                pending = [];
            }
        }
    }

    private static DateTime? Time(byte[] record)
    {
        int year = 1900 + record[18];
        if (record[19] is < 1 or > 12 || record[20] < 1 || record[20] > DateTime.DaysInMonth(year, record[19]) || record[21] > 23 || record[22] > 59 || record[23] > 59) return null;
        return new DateTime(year, record[19], record[20], record[21], record[22], record[23], DateTimeKind.Utc).AddMinutes(-15 * (sbyte)record[24]);
    }

    private IEnumerable<byte[]> Records(uint extent, uint size)
    {
        long at = (long)extent * Sector;
        long end = at + size;
        if (end > reading.Bytes.Length)
        {
            reading.Report(ArchiveFindings.DamagedArchive, $"sector {extent}", "a folder beyond the end of the image");
            yield break;
        }

        while (at < end)
        {
            reading.Cancellation.ThrowIfCancellationRequested();
            byte one = Length(at);
            if (one == 0)
            {
                at = (at / Sector * Sector) + Sector;
                continue;
            }

            byte[]? record = one < 34 || at + one > end ? null : reading.Take(at, one);
            if (record is null || record[32] == 0 || 33 + record[32] > one) throw new InvalidDataException($"a broken entry at offset {at}");
            yield return record;
            at += one;
        }
    }

    private byte Length(long at)
    {
        Span<byte> one = stackalloc byte[1];
        return reading.Bytes.Read(at, one) == 1 ? one[0] : (byte)0;
    }
}

/// <summary>The names of one directory record.</summary>
/// <param name="Name">What readers of this tree show.</param>
/// <param name="Plain">The ISO 9660 name.</param>
/// <param name="Target">Where a symbolic link points to, or null.</param>
/// <param name="Compressed">True for content compressed by zisofs.</param>
internal sealed record IsoNames(string Name, string Plain, string? Target, bool Compressed)
{
    private const int MaxContinuations = 16;

    public static IsoNames Read(byte[] record, bool joliet, ArchiveReading reading)
    {
        int length = record[32];
        ReadOnlySpan<byte> raw = record.AsSpan(33, length);
        string plain = Unversioned(joliet ? Encoding.BigEndianUnicode.GetString(raw) : ArchiveNames.Decode("member", raw.ToArray()).Text);
        if (joliet) return new IsoNames(plain, plain, null, false);
        int start = 33 + length + ((length & 1) == 0 ? 1 : 0);
        List<byte> name = [];
        StringBuilder? target = null;
        bool compressed = false;
        byte[] area = start < record.Length ? record[start..] : [];
        for (int continuation = 0; area.Length > 0 && continuation < MaxContinuations; continuation++)
        {
            byte[] next = [];
            for (int at = 0; at + 4 <= area.Length && area[at + 2] >= 4 && at + area[at + 2] <= area.Length; at += area[at + 2])
            {
                ReadOnlySpan<byte> field = area.AsSpan(at, area[at + 2]);
                if (field.StartsWith("NM"u8) && field.Length > 5 && (field[4] & 6) == 0) name.AddRange(field[5..]);
                else if (field.StartsWith("SL"u8) && field.Length > 5) Link(field[5..], target ??= new StringBuilder());
                else if (field.StartsWith("ZF"u8)) compressed = true;
                else if (field.StartsWith("CE"u8) && field.Length >= 28) next = reading.Take((Le.U32(field, 4) * 2048L) + Le.U32(field, 12), (int)Math.Min(Le.U32(field, 20), 2048)) ?? [];
            }

            area = next;
        }

        string text = name.Count > 0 ? ArchiveNames.Decode("member", [.. name]).Text : plain;
        return new IsoNames(text, plain, target?.ToString(), compressed);
    }

    private static void Link(ReadOnlySpan<byte> components, StringBuilder target)
    {
        while (components.Length >= 2 && components.Length >= 2 + components[1])
        {
            if (target.Length > 0 && target[^1] != '/') target.Append('/');
            target.Append((components[0] & 0x0E) switch { 2 => ".", 4 => "..", 8 => "/", _ => Encoding.UTF8.GetString(components.Slice(2, components[1])) });
            components = components[(2 + components[1])..];
        }
    }

    // "NAME.EXT;1" and "NAME.;1".
    private static string Unversioned(string name)
    {
        int semicolon = name.LastIndexOf(';');
        if (semicolon > 0) name = name[..semicolon];
        return name.Length > 1 && name[^1] == '.' ? name[..^1] : name;
    }
}

namespace MailSanitizer.Content.Formats.Zip;

/// <content>Which bytes belong to what, and what hides in the rest.</content>
public sealed partial class ZipReader
{
    // Hidden members looked for in all gaps together; the findings are there long before.
    private const int MaxHidden = 4_096;

    private List<(long Start, long End)> Ranges(ZipDirectory main)
    {
        List<(long Start, long End, ZipEntry? Entry)> ranges = [];
        foreach (ZipEntry entry in main.Entries)
        {
            if (entry.Local is not null) ranges.Add((entry.LocalOffset, Math.Min(entry.End, _bytes.Length), entry));
        }

        if (main.EntriesEnd > main.Start) ranges.Add((main.Start, main.EntriesEnd, null));
        ranges.Add((main.End.DirectoryEnd, Math.Min(_bytes.Length, main.End.Offset + ZipRecords.EndLength + main.End.CommentLength), null));
        ranges.Sort((a, b) => a.Start != b.Start ? a.Start.CompareTo(b.Start) : a.End.CompareTo(b.End));
        List<(long Start, long End)> owned = new(ranges.Count);
        long reached = 0;
        ZipEntry? last = null;
        int reported = 0;
        foreach ((long start, long end, ZipEntry? entry) in ranges)
        {
            if (start < reached && reported++ < 16)
            {
                bool shared = entry is not null && last is not null && last.LocalOffset == entry.LocalOffset;
                Add(shared ? ZipDisagreementKind.SharedLocal : ZipDisagreementKind.Overlap, entry ?? last, $"shares bytes with {(last is null ? "a record" : $"member {last.Index}")}");
            }

            if (end > reached)
            {
                owned.Add((Math.Max(start, reached), end));
                reached = end;
                last = entry;
            }
        }

        return owned;
    }

    private void AddOther(ZipDirectory main, ZipDirectory other)
    {
        Add(ZipDisagreementKind.SeveralEndRecords, null, $"another directory of {other.Entries.Count} members at {other.Start}");
        HashSet<(long, long, int, string)> known = [.. main.Entries.Concat(_alternatives).Select(Key)];
        foreach (ZipEntry entry in other.Entries)
        {
            if (_alternatives.Count >= MaxHidden) return;
            if (entry.Local is null || !known.Add(Key(entry))) continue;
            entry.End = Math.Min(_bytes.Length, entry.DataOffset + Math.Min(entry.PackedSize, _bytes.Length));
            _alternatives.Add(entry);
        }

        static (long, long, int, string) Key(ZipEntry entry) => (entry.LocalOffset, entry.PackedSize, entry.Method | (entry.Flags << 16), entry.Name);
    }

    private void FindGaps(List<(long Start, long End)> owned)
    {
        long at = 0;
        foreach ((long start, long end) in owned)
        {
            if (start > at) Gap(at, start, at == 0, false);
            at = Math.Max(at, end);
        }

        if (at < _bytes.Length) Gap(at, _bytes.Length, at == 0, true);
    }

    private void Gap(long start, long end, bool first, bool last)
    {
        if (IsZero(start, end))
        {
            Add(ZipDisagreementKind.Padding, null, $"{end - start} zeros at {start}");
            return;
        }

        // "PK 07 08" or "PK00" in front: written by programs that were ready to split and did not have to (APPNOTE 8.5.3).
        if (first && end == 4 && Signature(0) is ZipRecords.DescriptorSignature or 0x30304B50)
        {
            Add(ZipDisagreementKind.SplitMarker, null, "marker of a split archive");
            return;
        }

        _gaps.Add(new ZipGap(start, end - start));
        List<ZipEntry> hidden = LocalEntries(start, end);
        foreach (ZipEntry entry in hidden)
        {
            Add(ZipDisagreementKind.HiddenMember, entry, $"a member at {entry.LocalOffset} that the directory does not list");
            if (_alternatives.TrueForAll(other => other.LocalOffset != entry.LocalOffset)) _alternatives.Add(entry);
        }

        ZipDisagreementKind kind = first ? ZipDisagreementKind.Prefix : last ? ZipDisagreementKind.Trailing : ZipDisagreementKind.HiddenBytes;
        Add(kind, null, $"{end - start} bytes at {start} belong to no member");
    }

    private bool IsZero(long start, long end)
    {
        byte[] window = new byte[(int)Math.Min(16 * 1024, end - start)];
        for (long at = start; at < end; at += window.Length)
        {
            int got = _bytes.Read(at, window.AsSpan(0, (int)Math.Min(window.Length, end - at)));
            if (window.AsSpan(0, got).ContainsAnyExcept((byte)0)) return false;
        }

        return true;
    }

    /// <summary>Members by their local headers alone, one behind the other, as a reader of a stream sees them.</summary>
    private List<ZipEntry> LocalEntries(long start, long end)
    {
        List<ZipEntry> found = [];
        long skipTo = start;
        List<long>? offsets = null;
        foreach (long at in Find(ZipRecords.LocalSignature, start, end))
        {
            if (at < skipTo) continue;
            if (found.Count + _alternatives.Count >= MaxHidden || found.Count >= _limits.ArchiveEntries)
            {
                _listCut = true;
                break;
            }

            if (ZipRecords.ReadLocal(_bytes, at) is not { } local || !IsLikely(local) || local.DataOffset > end) continue;
            bool known = (local.Flags & ZipFlags.Descriptor) == 0 || local.PackedSize > 0;
            long left = end - local.DataOffset;
            if (!known)
            {
                offsets ??= [.. Find(ZipRecords.LocalSignature, start, end).Take(MaxHidden), end];
                long next = offsets.Find(offset => offset > at);
                left = (next == 0 ? end : next) - local.DataOffset;
            }

            long packed = Math.Min(known ? local.PackedSize : left, left);
            found.Add(new ZipEntry
            {
                Index = found.Count,
                VersionNeeded = local.VersionNeeded,
                Flags = local.Flags,
                Method = local.Method,
                DosTime = local.DosTime,
                Crc = local.Crc,
                PackedSize = packed,
                Size = local.Size,
                SizesKnown = known && packed == local.PackedSize,
                LocalOffset = at,
                Local = local,
                RawName = local.RawName,
                Extra = local.Extra,
                End = local.DataOffset + packed,
                IsWhole = true,
            });
            skipTo = local.DataOffset + packed;
        }

        return found;
    }

    // The four bytes of a signature come by chance once in 4 GB; a version and a method that exist keep noise out without letting a real member by.
    private static bool IsLikely(ZipLocalHeader local) => (local.VersionNeeded & 0xFF) <= 100 && local.Method <= 99 && local.RawName.Length is > 0 and < 4_096;
}

using System.Buffers.Binary;
using System.Globalization;

namespace MailSanitizer.Content.Formats.Zip;

/// <content>Local against central header, data descriptors, names among each other.</content>
public sealed partial class ZipReader
{
    private void Compare(ZipEntry entry)
    {
        _cancellation.ThrowIfCancellationRequested();
        entry.End = entry.LocalOffset;
        if (entry.Zip64Missing) Add(ZipDisagreementKind.Zip64Missing, entry, "a Zip64 value is missing");
        if (entry.DiskStart is not 0 and not ushort.MaxValue) Add(ZipDisagreementKind.Split, entry, $"begins on volume {entry.DiskStart + 1}");
        if (entry.Local is not { } local)
        {
            Add(ZipDisagreementKind.LocalMissing, entry, $"no local header at {entry.LocalOffset}");
            return;
        }

        if (entry.PackedSize > _bytes.Length - local.DataOffset)
        {
            Add(ZipDisagreementKind.DataBeyondEnd, entry, $"{entry.PackedSize} bytes at {local.DataOffset} run over the end");
            entry.End = _bytes.Length;
        }
        else
        {
            entry.End = local.DataOffset + entry.PackedSize;
            entry.IsWhole = true;
        }

        if (!ZipExtra.IsWhole(entry.Extra.Span) || !ZipExtra.IsWhole(local.Extra.Span)) Add(ZipDisagreementKind.ExtraBroken, entry, "extra fields do not fill their place");
        CompareNames(entry, local);
        CompareFlags(entry, local);
        CompareSizes(entry, local);
        CompareKind(entry);
        if (entry.End < _bytes.Length) CompareDescriptor(entry, local);
        if (((entry.Flags ^ local.Flags) & (ZipFlags.Encrypted | ZipFlags.Descriptor)) != 0 || entry.Method != local.Method || IsOther(local.PackedSize, entry.PackedSize)) AddLocalReading(entry, local);

        bool IsOther(long value, long stated) => value != stated && value is not (0 or uint.MaxValue);
    }

    /// <summary>What a reader gets that goes by the local header.</summary>
    private void AddLocalReading(ZipEntry entry, ZipLocalHeader local)
    {
        if (_alternatives.Count >= MaxHidden) return;
        bool known = local.PackedSize > 0 || (local.Flags & ZipFlags.Descriptor) == 0;
        long packed = Math.Min(known ? local.PackedSize : entry.PackedSize, _bytes.Length - local.DataOffset);
        _alternatives.Add(new ZipEntry
        {
            Index = entry.Index,
            VersionNeeded = local.VersionNeeded,
            Flags = local.Flags,
            Method = local.Method,
            DosTime = local.DosTime,
            Crc = local.Crc,
            PackedSize = Math.Max(0, packed),
            Size = local.Size,
            SizesKnown = false,
            LocalOffset = local.Offset,
            Local = local,
            RawName = local.RawName,
            Extra = local.Extra,
            End = local.DataOffset + Math.Max(0, packed),
        });
    }

    private void CompareNames(ZipEntry entry, ZipLocalHeader local)
    {
        string central = ZipEntry.Decode(entry.RawName.Span, entry.Flags);
        string other = ZipEntry.Decode(local.RawName.Span, local.Flags);
        if (central != other) Add(ZipDisagreementKind.NameDiffers, entry, $"local name {other}");
        else if (!entry.RawName.Span.SequenceEqual(local.RawName.Span)) Add(ZipDisagreementKind.NameBytesDiffer, entry, "the local name is the same in another charset");
        bool plain = !entry.RawName.Span.ContainsAnyInRange((byte)0x80, (byte)0xFF);
        if (!plain && ((entry.Flags ^ local.Flags) & ZipFlags.Utf8) != 0) Add(ZipDisagreementKind.Utf8FlagDiffers, entry, "only one header says UTF-8");
        if (!plain && (entry.Flags & ZipFlags.Utf8) != 0 && Charsets.NameCharset.TryUtf8(entry.RawName.Span) is null) Add(ZipDisagreementKind.Utf8FlagWrong, entry, "flagged UTF-8 and is not");
        if (entry.RawName.Span.Contains((byte)0)) Add(ZipDisagreementKind.NulInName, entry, "NUL in the name");
        CompareUnicodePath(entry, entry.Extra, entry.RawName, central);
        CompareUnicodePath(entry, local.Extra, local.RawName, other);
    }

    // WinRAR and Info-ZIP write the name twice: in a local charset, with substitutes for what it cannot spell, and in UTF-8. That is harmless while both lead to
    // the same kind of file at the same depth; a field that names something else, or a stale one (CRC of another name), is followed by some readers only.
    private void CompareUnicodePath(ZipEntry entry, ReadOnlyMemory<byte> extra, ReadOnlyMemory<byte> raw, string name)
    {
        if (!ZipExtra.TryFind(extra.Span, ZipExtra.UnicodePathId, out _)) return;
        string? path = ZipExtra.UnicodePath(extra.Span);
        if (path is null)
        {
            Add(ZipDisagreementKind.UnicodePathDiffers, entry, "the Unicode path is no UTF-8");
            return;
        }

        if (path == name) return;
        bool fits = ZipExtra.UnicodePathFits(extra.Span, raw.Span);
        bool alike = Depth(path) == Depth(name) && string.Equals(Extension(path), Extension(name), StringComparison.OrdinalIgnoreCase);
        Add(fits && alike ? ZipDisagreementKind.UnicodePathSpells : ZipDisagreementKind.UnicodePathDiffers, entry, $"Unicode path {path}");

        static int Depth(string text) => text.Count(c => c is '/' or '\\');
        static string Extension(string text) => text[(text.LastIndexOf('.') + 1)..] is { Length: < 16 } tail && !tail.AsSpan().ContainsAny('/', '\\') ? tail : "";
    }

    private void CompareFlags(ZipEntry entry, ZipLocalHeader local)
    {
        int differ = entry.Flags ^ local.Flags;
        if ((differ & (ZipFlags.Encrypted | ZipFlags.StrongEncryption)) != 0) Add(ZipDisagreementKind.EncryptionDiffers, entry, "only one header says encrypted");
        if ((differ & ZipFlags.Descriptor) != 0) Add(ZipDisagreementKind.DescriptorFlagDiffers, entry, "only one header says that a descriptor follows");
        if (entry.Method != local.Method) Add(ZipDisagreementKind.MethodDiffers, entry, $"method {entry.Method}, local {local.Method}");
        if (ZipAesField.Find(entry.Extra.Span) != ZipAesField.Find(local.Extra.Span)) Add(ZipDisagreementKind.AesDiffers, entry, "the AES fields differ");
    }

    private void CompareSizes(ZipEntry entry, ZipLocalHeader local)
    {
        // With a descriptor the local values are zero, or all ones (Zip64 streams), or already right (7-Zip, .NET).
        bool descriptor = (local.Flags & ZipFlags.Descriptor) != 0;
        if (local.Crc != entry.Crc && !(descriptor && local.Crc == 0))
            Add(ZipDisagreementKind.CrcDiffers, entry, string.Create(CultureInfo.InvariantCulture, $"CRC {entry.Crc:x8}, local {local.Crc:x8}"));
        if (!Same(local.PackedSize, entry.PackedSize)) Add(ZipDisagreementKind.PackedSizeDiffers, entry, $"packed {entry.PackedSize} bytes, local {local.PackedSize}");
        if (!Same(local.Size, entry.Size)) Add(ZipDisagreementKind.SizeDiffers, entry, $"{entry.Size} bytes, local {local.Size}");

        bool Same(long value, long stated) => value == stated || (descriptor && value is 0 or uint.MaxValue);
    }

    private void CompareKind(ZipEntry entry)
    {
        bool named = entry.RawName.Length > 0 && entry.RawName.Span[^1] == (byte)'/';
        bool attribute = (entry.ExternalAttributes & 0x10) != 0 || (entry.UnixMode & 0xF000) == 0x4000;
        if (named && (entry.Size > 0 || entry.PackedSize > 2 + (entry.IsEncrypted ? 12 : 0))) Add(ZipDisagreementKind.FolderWithContent, entry, $"a folder with {entry.Size} bytes");
        else if (!named && attribute && entry.Size > 0) Add(ZipDisagreementKind.FolderWithContent, entry, $"a folder by its attributes, with {entry.Size} bytes");
        else if (!named && attribute) Add(ZipDisagreementKind.FolderByAttribute, entry, "a folder by its attributes, a file by its name");
    }

    // Four shapes are in use (APPNOTE 4.3.9): with or without signature, 32 or 64 bits; the known values tell which.
    private void CompareDescriptor(ZipEntry entry, ZipLocalHeader local)
    {
        if (((entry.Flags | local.Flags) & ZipFlags.Descriptor) == 0) return;
        Span<byte> tail = stackalloc byte[24];
        tail = tail[.._bytes.Read(entry.End, tail)];
        bool signed = tail.Length >= 4 && BinaryPrimitives.ReadUInt32LittleEndian(tail) == ZipRecords.DescriptorSignature;
        entry.DescriptorLength = Shape(tail, signed ? 4 : 0) is var length and > 0 ? length : !signed ? 0 : Shape(tail, 0);
        if (entry.DescriptorLength == 0)
        {
            // A folder or empty file often has bit 3 and nothing behind it.
            if (entry.PackedSize > 0 || signed) Add(ZipDisagreementKind.DescriptorDiffers, entry, "the data descriptor is missing or states other values");
            if (signed) entry.DescriptorLength = Math.Min(16, tail.Length);
        }

        entry.End += entry.DescriptorLength;
        if (entry.CompressionMethod == ZipMethods.Stored && entry.PackedSize > 0 && local.PackedSize != entry.PackedSize && HasFalseEnd(entry, local))
            Add(ZipDisagreementKind.FalseDescriptor, entry, "stored data of unknown length holds what looks like its end");

        int Shape(ReadOnlySpan<byte> bytes, int from)
        {
            if (bytes.Length >= from + 12 && U32(bytes, from) == entry.Crc && U32(bytes, from + 4) == (uint)entry.PackedSize && U32(bytes, from + 8) == (uint)entry.Size) return from + 12;
            return bytes.Length >= from + 20 && U32(bytes, from) == entry.Crc && U64(bytes, from + 4) == entry.PackedSize && U64(bytes, from + 12) == entry.Size ? from + 20 : 0;
        }

        static uint U32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);
        static long U64(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadInt64LittleEndian(bytes[at..]);
    }

    private bool HasFalseEnd(ZipEntry entry, ZipLocalHeader local)
    {
        byte[] tail = new byte[16];
        foreach (long at in Find(ZipRecords.DescriptorSignature, local.DataOffset, local.DataOffset + entry.PackedSize))
        {
            if (_bytes.Read(at, tail) == 16 && BinaryPrimitives.ReadUInt32LittleEndian(tail.AsSpan(8)) == (uint)(at - local.DataOffset)) return true;
        }

        return false;
    }

    private void CompareNames(List<ZipEntry> entries)
    {
        Dictionary<string, ZipEntry> exact = new(entries.Count, StringComparer.Ordinal);
        Dictionary<string, ZipEntry> loose = new(entries.Count, StringComparer.OrdinalIgnoreCase);
        foreach (ZipEntry entry in entries)
        {
            string name = entry.Name.Replace('\\', '/').TrimEnd('/');
            if (!exact.TryAdd(name, entry))
            {
                ZipEntry first = exact[name];
                bool same = first.Crc == entry.Crc && first.Size == entry.Size && first.IsFolder == entry.IsFolder && !entry.IsEncrypted;
                Add(first.IsFolder != entry.IsFolder ? ZipDisagreementKind.FileAndFolder : same ? ZipDisagreementKind.DuplicateMember : ZipDisagreementKind.DuplicateName, entry, $"the name of member {first.Index} again");
            }
            else if (!loose.TryAdd(Form(name), entry))
            {
                Add(ZipDisagreementKind.NameCollision, entry, $"like member {loose[Form(name)].Index} but for case or form");
            }
        }

        foreach (ZipEntry entry in entries)
        {
            string name = entry.Name.Replace('\\', '/').TrimEnd('/');
            for (int slash = name.LastIndexOf('/'); slash > 0; slash = name.LastIndexOf('/', slash - 1))
            {
                if (!exact.TryGetValue(name[..slash], out ZipEntry? parent)) continue;
                if (!parent.IsFolder) Add(ZipDisagreementKind.FileAndFolder, parent, $"a file, and the folder of member {entry.Index}");
                break;
            }
        }

        static string Form(string name)
        {
            try
            {
                return name.Normalize();
            }
            catch (ArgumentException)
            {
                return name;
            }
        }
    }
}

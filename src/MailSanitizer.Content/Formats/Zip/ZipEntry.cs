using MailSanitizer.Content.Formats.Charsets;

namespace MailSanitizer.Content.Formats.Zip;

/// <summary>One member of a ZIP archive, as its central header states it (or its local header alone, for a member no directory lists). Offsets are from the beginning of the part.</summary>
public sealed class ZipEntry
{
    private IReadOnlyList<PartName>? _names;

    /// <summary>Number in the order of the directory.</summary>
    public required int Index { get; init; }

    /// <summary>Where the central header stands; -1 when only a local header is there.</summary>
    public long CentralOffset { get; init; } = -1;

    /// <summary>Version made by (high byte: system).</summary>
    public ushort VersionMadeBy { get; init; }

    /// <summary>Version needed to extract.</summary>
    public ushort VersionNeeded { get; init; }

    /// <summary>General purpose flags (APPNOTE 4.4.4).</summary>
    public ushort Flags { get; init; }

    /// <summary>Compression method as written; 99 when WinZip AES hides the real one (see <see cref="CompressionMethod"/>).</summary>
    public ushort Method { get; init; }

    /// <summary>MS-DOS time (low 16 bits) and date (high 16 bits).</summary>
    public uint DosTime { get; init; }

    /// <summary>CRC-32 of the content.</summary>
    public uint Crc { get; init; }

    /// <summary>Bytes in the archive, encryption header included.</summary>
    public long PackedSize { get; init; }

    /// <summary>Bytes of content.</summary>
    public long Size { get; init; }

    /// <summary>False when no header states the sizes (hidden member with a data descriptor): <see cref="PackedSize"/> is then what is left, <see cref="Size"/> and <see cref="Crc"/> are not checked.</summary>
    public bool SizesKnown { get; init; } = true;

    /// <summary>Volume on which the member begins.</summary>
    public uint DiskStart { get; init; }

    /// <summary>Internal attributes.</summary>
    public ushort InternalAttributes { get; init; }

    /// <summary>External attributes: MS-DOS in the low byte, Unix mode in the high 16 bits when made on Unix.</summary>
    public uint ExternalAttributes { get; init; }

    /// <summary>Where the local header should stand.</summary>
    public required long LocalOffset { get; init; }

    /// <summary>The local header, or null when none is there.</summary>
    public ZipLocalHeader? Local { get; init; }

    /// <summary>The name's bytes.</summary>
    public ReadOnlyMemory<byte> RawName { get; init; }

    /// <summary>Extra fields of the central header.</summary>
    public ReadOnlyMemory<byte> Extra { get; init; }

    /// <summary>The member's comment.</summary>
    public ReadOnlyMemory<byte> Comment { get; init; }

    /// <summary>Where the data begins (encryption header included); -1 without a local header.</summary>
    public long DataOffset => Local?.DataOffset ?? -1;

    /// <summary>True when the data lies inside the archive, so that it can be copied.</summary>
    public bool IsWhole { get; internal set; }

    /// <summary>Behind the data and the data descriptor.</summary>
    public long End { get; internal set; }

    /// <summary>Length of the data descriptor behind the data (bytes); 0 when there is none.</summary>
    public int DescriptorLength { get; internal set; }

    /// <summary>True when a value of the central header is all ones and no Zip64 field gives it.</summary>
    public bool Zip64Missing { get; init; }

    /// <summary>True when the member is encrypted (bit 0 in either header).</summary>
    public bool IsEncrypted => (Flags & ZipFlags.Encrypted) != 0 || (Local is not null && (Local.Flags & ZipFlags.Encrypted) != 0);

    /// <summary>True for strong encryption or a masked directory (bits 6 and 13): patented, opened by nobody here.</summary>
    public bool IsStrongEncrypted => (Flags & (ZipFlags.StrongEncryption | ZipFlags.MaskedHeader)) != 0;

    /// <summary>The WinZip AES field, or null.</summary>
    public ZipAesField? Aes => ZipAesField.Find(Extra.Span) ?? (Local is null ? null : ZipAesField.Find(Local.Extra.Span));

    /// <summary>The method the content is compressed with.</summary>
    public ushort CompressionMethod => Method == ZipMethods.Aes && Aes is { } aes ? aes.Method : Method;

    /// <summary>True when the name ends in a slash.</summary>
    public bool IsFolder => RawName.Length > 0 && RawName.Span[^1] is (byte)'/' || Name.EndsWith('\\');

    /// <summary>Unix mode, or 0 when not made on Unix.</summary>
    public int UnixMode => VersionMadeBy >> 8 is 3 or 19 ? (int)(ExternalAttributes >> 16) : 0;

    /// <summary>True for a symbolic link (Unix mode).</summary>
    public bool IsSymbolicLink => (UnixMode & 0xF000) == 0xA000;

    /// <summary>The name that readers show first.</summary>
    public string Name => Names.Count > 0 ? Names[0].Text : "";

    /// <summary>Every name: central, Unicode path field, local when it differs.</summary>
    public IReadOnlyList<PartName> Names => _names ??= AllNames();

    /// <summary>Decodes a name or comment by flag bit 11, else by validity with code page 437 last (APPNOTE D.1).</summary>
    public static string Decode(ReadOnlySpan<byte> raw, int flags) =>
        (flags & ZipFlags.Utf8) != 0 && NameCharset.TryUtf8(raw) is { } utf8 ? utf8 : NameCharset.Decode(raw, 437);

    /// <inheritdoc/>
    public override string ToString() => Name;

    private List<PartName> AllNames()
    {
        bool listed = CentralOffset >= 0;
        List<PartName> names = [new(listed ? "central" : "local", Decode(RawName.Span, Flags), RawName)];
        Add("unicode-path", ZipExtra.UnicodePath(Extra.Span));
        if (Local is not null)
        {
            Add("local", Decode(Local.RawName.Span, Local.Flags), Local.RawName);
            Add("unicode-path", ZipExtra.UnicodePath(Local.Extra.Span));
        }

        // Readers written in C cut at NUL.
        int nul = names[0].Text.IndexOf('\0', StringComparison.Ordinal);
        if (nul >= 0) Add("cut-at-nul", names[0].Text[..nul]);
        return names;

        void Add(string source, string? text, ReadOnlyMemory<byte> raw = default)
        {
            if (text is not null && names.TrueForAll(name => name.Text != text)) names.Add(new PartName(source, text, raw));
        }
    }
}

/// <summary>A local header (APPNOTE 4.3.7).</summary>
/// <param name="Offset">Where it stands.</param>
/// <param name="VersionNeeded">Version needed.</param>
/// <param name="Flags">Flags.</param>
/// <param name="Method">Method.</param>
/// <param name="DosTime">Time and date.</param>
/// <param name="Crc">CRC-32; 0 when a descriptor follows.</param>
/// <param name="PackedSize">Bytes, Zip64 field applied.</param>
/// <param name="Size">Bytes, Zip64 field applied.</param>
/// <param name="RawName">Name bytes.</param>
/// <param name="Extra">Extra fields.</param>
public sealed record ZipLocalHeader(
    long Offset, ushort VersionNeeded, ushort Flags, ushort Method, uint DosTime, uint Crc, long PackedSize, long Size,
    ReadOnlyMemory<byte> RawName, ReadOnlyMemory<byte> Extra)
{
    /// <summary>Bytes before name and extra.</summary>
    public const int FixedLength = 30;

    /// <summary>Where the data begins.</summary>
    public long DataOffset => Offset + FixedLength + RawName.Length + Extra.Length;
}

/// <summary>Bits of the general purpose flags that matter here.</summary>
public static class ZipFlags
{
    /// <summary>Bit 0.</summary>
    public const int Encrypted = 1;

    /// <summary>Bit 3: sizes and CRC follow the data.</summary>
    public const int Descriptor = 8;

    /// <summary>Bit 5: patch data.</summary>
    public const int Patch = 1 << 5;

    /// <summary>Bit 6.</summary>
    public const int StrongEncryption = 1 << 6;

    /// <summary>Bit 11.</summary>
    public const int Utf8 = 1 << 11;

    /// <summary>Bit 13: local header values are masked.</summary>
    public const int MaskedHeader = 1 << 13;
}

using System.Buffers.Binary;
using System.Text;
using MailSanitizer.Content.Formats.Crypto;

namespace MailSanitizer.Content.Formats.Zip;

/// <summary>One member while it is written: both headers are made from here, so they cannot disagree.</summary>
internal sealed class ZipMember
{
    private readonly byte[] _name;
    private readonly byte[] _comment;
    private readonly byte[] _localExtra;
    private readonly byte[] _centralExtra;
    private readonly ushort _madeBy;
    private readonly ushort _needed;
    private readonly int _flags;
    private readonly uint _time;
    private readonly ushort _internal;
    private readonly uint _external;

    public ZipMember(ZipEntry like, byte[]? rawName, bool flagUtf8)
    {
        _name = rawName ?? like.RawName.ToArray();
        _comment = like.Comment.ToArray();
        (_madeBy, _needed, _time, _internal, _external) = (like.VersionMadeBy, Math.Max(like.VersionNeeded, (ushort)10), like.DosTime, like.InternalAttributes, like.ExternalAttributes);

        // With another name the Unicode path field would name the old one; without it the name is what the flag says.
        ReadOnlySpan<ushort> gone = rawName is null ? [ZipExtra.Zip64] : [ZipExtra.Zip64, ZipExtra.UnicodePathId];
        _localExtra = ZipExtra.Without(like.Local is null ? default : like.Local.Extra.Span, gone);
        _centralExtra = ZipExtra.Without(like.Extra.Span, gone);
        int flags = like.Flags & ~(ZipFlags.Descriptor | ZipFlags.Utf8 | ZipFlags.MaskedHeader);
        bool utf8 = rawName is null ? (like.Flags & ZipFlags.Utf8) != 0 : flagUtf8;
        _flags = utf8 ? flags | ZipFlags.Utf8 : flags;
    }

    public ZipMember(string name, uint dosTime)
    {
        _name = Encoding.UTF8.GetBytes(name);
        _flags = Ascii.IsValid(name) ? 0 : ZipFlags.Utf8;
        (_comment, _localExtra, _centralExtra, _madeBy, _needed, _time) = ([], [], [], 20, 20, dosTime);
    }

    public ushort Method { get; set; }

    public uint Crc { get; set; }

    public long PackedSize { get; set; }

    public long Size { get; set; }

    public long Offset { get; set; }

    /// <summary>A descriptor follows the data.</summary>
    public bool Descriptor { get; init; }

    /// <summary>New content: no lock, and the compression bits say nothing.</summary>
    public bool Plain { get; init; }

    /// <summary>The lock of new content, or null.</summary>
    public ZipSeal? Seal { get; init; }

    private bool Wide => Size >= uint.MaxValue || PackedSize >= uint.MaxValue;

    private ushort Flags => (ushort)((Plain ? _flags & ~(ZipFlags.Encrypted | ZipFlags.StrongEncryption | 6) : _flags) | (Descriptor ? ZipFlags.Descriptor : 0) | (Seal is null ? 0 : ZipFlags.Encrypted));

    private ushort Needed => Seal is { IsAes: true } ? (ushort)51 : Wide || Offset >= uint.MaxValue ? Math.Max(_needed, (ushort)45) : Plain ? (ushort)20 : _needed;

    public byte[] LocalHeader()
    {
        byte[] extra = Extra(_localExtra, Wide ? [Size, PackedSize] : []);
        byte[] header = new byte[ZipLocalHeader.FixedLength + _name.Length + extra.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(header, ZipRecords.LocalSignature);
        Common(header.AsSpan(4), _name.Length, extra.Length);
        _name.CopyTo(header, ZipLocalHeader.FixedLength);
        extra.CopyTo(header, ZipLocalHeader.FixedLength + _name.Length);
        return header;
    }

    public byte[] CentralHeader()
    {
        List<long> values = [];
        if (Wide) values.AddRange([Size, PackedSize]);
        if (Offset >= uint.MaxValue) values.Add(Offset);
        byte[] extra = Extra(_centralExtra, [.. values]);
        byte[] header = new byte[ZipRecords.CentralLength + _name.Length + extra.Length + _comment.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(header, ZipRecords.CentralSignature);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(4), _madeBy);
        Common(header.AsSpan(6), _name.Length, extra.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(32), (ushort)_comment.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(36), _internal);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(38), _external);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(42), (uint)Math.Min(Offset, uint.MaxValue));
        _name.CopyTo(header, ZipRecords.CentralLength);
        extra.CopyTo(header, ZipRecords.CentralLength + _name.Length);
        _comment.CopyTo(header, ZipRecords.CentralLength + _name.Length + extra.Length);
        return header;
    }

    public byte[] DescriptorRecord()
    {
        byte[] record = new byte[Wide ? 24 : 16];
        BinaryPrimitives.WriteUInt32LittleEndian(record, ZipRecords.DescriptorSignature);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(4), Crc);
        if (Wide)
        {
            BinaryPrimitives.WriteInt64LittleEndian(record.AsSpan(8), PackedSize);
            BinaryPrimitives.WriteInt64LittleEndian(record.AsSpan(16), Size);
        }
        else
        {
            BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(8), (uint)PackedSize);
            BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(12), (uint)Size);
        }

        return record;
    }

    // Version needed to extra length: the same 26 bytes in both headers.
    private void Common(Span<byte> to, int nameLength, int extraLength)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(to, Needed);
        BinaryPrimitives.WriteUInt16LittleEndian(to[2..], Flags);
        BinaryPrimitives.WriteUInt16LittleEndian(to[4..], Seal is { IsAes: true } ? ZipMethods.Aes : Method);
        BinaryPrimitives.WriteUInt32LittleEndian(to[6..], _time);
        BinaryPrimitives.WriteUInt32LittleEndian(to[10..], Seal is { Version: 2 } ? 0 : Crc);
        BinaryPrimitives.WriteUInt32LittleEndian(to[14..], Wide ? uint.MaxValue : (uint)PackedSize);
        BinaryPrimitives.WriteUInt32LittleEndian(to[18..], Wide ? uint.MaxValue : (uint)Size);
        BinaryPrimitives.WriteUInt16LittleEndian(to[22..], (ushort)nameLength);
        BinaryPrimitives.WriteUInt16LittleEndian(to[24..], (ushort)extraLength);
    }

    private byte[] Extra(byte[] kept, ReadOnlySpan<long> zip64)
    {
        byte[] rest = Plain ? ZipExtra.Without(kept, ZipExtra.AesId) : kept;
        if (Seal is not null) rest = [.. Seal.Extra(Method), .. rest];
        if (rest.Length > ushort.MaxValue) rest = Seal!.Extra(Method);
        if (zip64.IsEmpty) return rest;
        byte[] field = new byte[4 + (8 * zip64.Length)];
        BinaryPrimitives.WriteUInt16LittleEndian(field, ZipExtra.Zip64);
        BinaryPrimitives.WriteUInt16LittleEndian(field.AsSpan(2), (ushort)(8 * zip64.Length));
        for (int i = 0; i < zip64.Length; i++) BinaryPrimitives.WriteInt64LittleEndian(field.AsSpan(4 + (8 * i)), zip64[i]);

        // 65,535 bytes of fields and one more: the Zip64 field and the lock are those that must stay.
        return field.Length + rest.Length > ushort.MaxValue ? [.. field, .. Seal?.Extra(Method) ?? []] : [.. field, .. rest];
    }
}

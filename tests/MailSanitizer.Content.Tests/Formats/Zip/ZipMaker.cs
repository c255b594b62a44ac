using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using System.Text;

namespace MailSanitizer.Content.Tests.Formats.Zip;

/// <summary>Writes ZIP archives byte by byte, right or wrong: every field of every header can be set.</summary>
public sealed class ZipMaker
{
    private readonly MemoryStream _bytes = new();

    public List<Member> Members { get; } = [];

    public byte[] Comment { get; set; } = [];

    public long Position => _bytes.Position;

    public sealed class Member
    {
        public byte[] Name = [];
        public byte[]? LocalName;
        public byte[] Content = [];
        public byte[]? Packed;
        public int Method = 8;
        public int? LocalMethod;
        public int Flags;
        public int? LocalFlags;
        public uint? Crc;
        public uint? LocalCrc;
        public uint? Size;
        public uint? LocalSize;
        public uint? PackedSize;
        public uint? LocalPackedSize;
        public byte[] Extra = [];
        public byte[]? LocalExtra;
        public byte[] Comment = [];
        public uint Attributes;
        public int MadeBy = 20;
        public uint DosTime = 0x5A785C3D;
        public uint? Offset;
        public int Disk;
        public bool Descriptor;
        public byte[]? DescriptorBytes;
        public bool Listed = true;
        internal long At;

        public byte[] Data => Packed ??= Method == 8 ? Deflate(Content) : Content;
        internal uint TrueCrc => Crc32.HashToUInt32(Content);
    }

    public static byte[] Deflate(byte[] content)
    {
        using MemoryStream packed = new();
        using (DeflateStream deflate = new(packed, CompressionLevel.Optimal, true)) deflate.Write(content);
        return packed.ToArray();
    }

    public static byte[] One(string name, string content, Action<Member>? change = null) => new ZipMaker().Add(name, content, change).Finish();

    public ZipMaker Raw(params byte[] bytes)
    {
        _bytes.Write(bytes);
        return this;
    }

    public ZipMaker Add(string name, string content, Action<Member>? change = null) => Add(name, Encoding.UTF8.GetBytes(content), change);

    public ZipMaker Add(string name, byte[] content, Action<Member>? change = null)
    {
        Member member = new() { Name = Encoding.UTF8.GetBytes(name), Content = content, Flags = name.Any(c => c > 127) ? 0x800 : 0 };
        change?.Invoke(member);
        if (member.Descriptor) member.Flags |= 8;
        member.At = _bytes.Position;
        byte[] head = new byte[30];
        byte[] localName = member.LocalName ?? member.Name;
        byte[] localExtra = member.LocalExtra ?? member.Extra;
        int flags = member.LocalFlags ?? member.Flags;
        bool later = (flags & 8) != 0;
        U32(head, 0, 0x04034B50);
        U16(head, 4, 20);
        U16(head, 6, flags);
        U16(head, 8, member.LocalMethod ?? member.Method);
        U32(head, 10, member.DosTime);
        U32(head, 14, member.LocalCrc ?? (later ? 0 : member.Crc ?? member.TrueCrc));
        U32(head, 18, member.LocalPackedSize ?? (later ? 0 : member.PackedSize ?? (uint)member.Data.Length));
        U32(head, 22, member.LocalSize ?? (later ? 0 : member.Size ?? (uint)member.Content.Length));
        U16(head, 26, localName.Length);
        U16(head, 28, localExtra.Length);
        _bytes.Write(head);
        _bytes.Write(localName);
        _bytes.Write(localExtra);
        _bytes.Write(member.Data);
        if (member.Descriptor)
        {
            byte[] descriptor = new byte[16];
            U32(descriptor, 0, 0x08074B50);
            U32(descriptor, 4, member.TrueCrc);
            U32(descriptor, 8, (uint)member.Data.Length);
            U32(descriptor, 12, (uint)member.Content.Length);
            _bytes.Write(member.DescriptorBytes ?? descriptor);
        }

        if (member.Listed) Members.Add(member);
        return this;
    }

    public byte[] Finish(Action<byte[]>? end = null, long shift = 0, byte[]? beforeEnd = null)
    {
        long start = _bytes.Position;
        foreach (Member member in Members)
        {
            byte[] head = new byte[46];
            U32(head, 0, 0x02014B50);
            U16(head, 4, member.MadeBy);
            U16(head, 6, 20);
            U16(head, 8, member.Flags);
            U16(head, 10, member.Method);
            U32(head, 12, member.DosTime);
            U32(head, 16, member.Crc ?? member.TrueCrc);
            U32(head, 20, member.PackedSize ?? (uint)member.Data.Length);
            U32(head, 24, member.Size ?? (uint)member.Content.Length);
            U16(head, 28, member.Name.Length);
            U16(head, 30, member.Extra.Length);
            U16(head, 32, member.Comment.Length);
            U16(head, 34, member.Disk);
            U32(head, 38, member.Attributes);
            U32(head, 42, member.Offset ?? (uint)(member.At - shift));
            _bytes.Write(head);
            _bytes.Write(member.Name);
            _bytes.Write(member.Extra);
            _bytes.Write(member.Comment);
        }

        long size = _bytes.Position - start;
        if (beforeEnd is not null) _bytes.Write(beforeEnd);
        byte[] tail = new byte[22];
        U32(tail, 0, 0x06054B50);
        U16(tail, 8, Members.Count & 0xFFFF);
        U16(tail, 10, Members.Count & 0xFFFF);
        U32(tail, 12, (uint)size);
        U32(tail, 16, (uint)(start - shift));
        U16(tail, 20, Comment.Length);
        end?.Invoke(tail);
        _bytes.Write(tail);
        _bytes.Write(Comment);
        return _bytes.ToArray();
    }

    public static void U16(byte[] to, int at, int value) => BinaryPrimitives.WriteUInt16LittleEndian(to.AsSpan(at), (ushort)value);

    public static void U32(byte[] to, int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(to.AsSpan(at), value);
}

using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using MailSanitizer.Content.Formats.Crypto;

namespace MailSanitizer.Content.Formats.Zip;

/// <summary>
/// Writes a ZIP archive from one reading: fresh local and central headers that agree, sizes in front, no descriptors (but for ZipCrypto members, whose check
/// byte depends on bit 3), no gaps. Members of another archive are taken over compressed, byte for byte; new content is deflated or stored.
/// </summary>
/// <remarks>Call <see cref="Finish"/> at the end. One writer writes one archive; <see cref="IPartOutput"/> is append-only, so sizes are counted before the header is written.</remarks>
public sealed class ZipWriter(IPartOutput output)
{
    private readonly List<byte[]> _central = [];
    private long _position;

    /// <summary>Members written so far.</summary>
    public int Count => _central.Count;

    /// <summary>Bytes written so far.</summary>
    public long Position => _position;

    /// <summary>
    /// Takes a member over as it is: the packed bytes are copied from the part that <paramref name="entry"/> was read from, which must be the part that <c>output</c> copies from.
    /// Only for a member that <see cref="ZipEntry.IsWhole"/>. <paramref name="rawName"/>: other name bytes, else the same; <paramref name="flagUtf8"/> then says how they are flagged.
    /// </summary>
    public void Copy(ZipEntry entry, byte[]? rawName = null, bool flagUtf8 = false)
    {
        if (!entry.IsWhole) throw new ArgumentException("The member's data is not there.", nameof(entry));

        // ZipCrypto checks the password against the time instead of the CRC when bit 3 is set (APPNOTE 6.1.6): for locked members bit 3 and a descriptor must stay.
        bool descriptor = entry.IsEncrypted && entry.Aes is null && (entry.Flags & ZipFlags.Descriptor) != 0;
        ZipMember member = new(entry, rawName, flagUtf8)
        {
            Crc = entry.Crc,
            PackedSize = entry.PackedSize,
            Size = entry.Size,
            Method = entry.Method,
            Descriptor = descriptor,
        };
        Begin(member);
        output.Copy(entry.DataOffset, entry.PackedSize);
        _position += entry.PackedSize;
        End(member);
    }

    /// <summary>Writes new content in the place of <paramref name="entry"/>: same name, times, attributes and comment; method deflate or stored as it was (any other becomes deflate). Encryption is gone.</summary>
    public void Replace(ZipEntry entry, PartBytes content, byte[]? rawName = null, bool flagUtf8 = false, CancellationToken cancellation = default)
    {
        Replace(entry, content.OpenRead, content.Length, null, rawName, flagUtf8, cancellation);
    }

    /// <summary>
    /// As above, of content that <paramref name="open"/> gives the same twice: <paramref name="size"/> bytes (another length is an exception).
    /// <paramref name="seal"/>: how it is locked; null leaves it open.
    /// </summary>
    public void Replace(ZipEntry entry, Func<Stream> open, long size, ZipSeal? seal, byte[]? rawName = null, bool flagUtf8 = false, CancellationToken cancellation = default) =>
        Put(new ZipMember(entry, rawName, flagUtf8) { Plain = true, Seal = seal }, open, size, entry.CompressionMethod == ZipMethods.Stored, cancellation);

    /// <summary>Adds a new member. <paramref name="name"/> is written in UTF-8 (flagged beyond ASCII); <paramref name="dosTime"/> as in <see cref="ZipEntry.DosTime"/>, by default 1980-01-01, since nothing here has a clock; <paramref name="seal"/>: how it is locked, null for open.</summary>
    public void Add(string name, PartBytes content, bool store = false, uint dosTime = 0x00210000, ZipSeal? seal = null, CancellationToken cancellation = default) =>
        Put(new ZipMember(name, dosTime) { Plain = true, Seal = seal }, content.OpenRead, content.Length, store, cancellation);

    /// <summary>Writes the directory and the end records.</summary>
    public void Finish(ReadOnlySpan<byte> comment = default)
    {
        long start = _position;
        foreach (byte[] header in _central) Write(header);
        long size = _position - start;
        bool wide = _central.Count >= ushort.MaxValue || size >= uint.MaxValue || start >= uint.MaxValue;
        if (wide) WriteZip64End(start, size);
        if (comment.Length > ushort.MaxValue) comment = comment[..ushort.MaxValue];
        byte[] end = new byte[ZipRecords.EndLength];
        BinaryPrimitives.WriteUInt32LittleEndian(end, ZipRecords.EndSignature);
        ushort count = (ushort)Math.Min(_central.Count, ushort.MaxValue);
        BinaryPrimitives.WriteUInt16LittleEndian(end.AsSpan(8), count);
        BinaryPrimitives.WriteUInt16LittleEndian(end.AsSpan(10), count);
        BinaryPrimitives.WriteUInt32LittleEndian(end.AsSpan(12), (uint)Math.Min(size, uint.MaxValue));
        BinaryPrimitives.WriteUInt32LittleEndian(end.AsSpan(16), (uint)Math.Min(start, uint.MaxValue));
        BinaryPrimitives.WriteUInt16LittleEndian(end.AsSpan(20), (ushort)comment.Length);
        Write(end);
        Write(comment);
    }

    private void Put(ZipMember member, Func<Stream> open, long size, bool store, CancellationToken cancellation)
    {
        if (size == 0) store = true;
        member.Method = store ? ZipMethods.Stored : ZipMethods.Deflate;
        member.Size = size;

        // First pass: CRC and packed size, for the header in front. The packed bytes are kept when they are few, else made again: deflate is deterministic.
        using MemoryStream kept = new();
        CountingOutput first = new(store ? null : kept);
        member.Crc = Pack(open, size, first, store, cancellation);
        member.PackedSize = first.Count + (member.Seal?.Overhead ?? 0);
        Begin(member);
        long before = _position;
        ForwardingOutput plain = new(this);
        using ZipSealWriter? sealing = member.Seal is null ? null : new ZipSealWriter(plain, member.Seal, member.Crc);
        WriteOnlyStream target = sealing is null ? plain : new SealingOutput(sealing);
        if (!store && first.IsWhole)
        {
            target.Write(kept.GetBuffer().AsSpan(0, (int)kept.Length));
            sealing?.Finish();
        }
        else
        {
            Pack(open, size, target, store, cancellation);
            sealing?.Finish();
            if (_position - before != member.PackedSize) throw new InvalidOperationException("Compressing the same bytes again gave another length.");
        }

        End(member);
    }

    private static uint Pack(Func<Stream> open, long size, Stream to, bool store, CancellationToken cancellation)
    {
        Crc32 crc = new();
        byte[] buffer = new byte[64 * 1024];
        using Stream from = open();
        long count = 0;
        using Stream packer = store ? to : new DeflateStream(to, CompressionLevel.Optimal, leaveOpen: true);
        for (int got; (got = from.Read(buffer)) > 0;)
        {
            cancellation.ThrowIfCancellationRequested();
            crc.Append(buffer.AsSpan(0, got));
            count += got;
            packer.Write(buffer, 0, got);
        }

        packer.Flush();
        if (count != size) throw new InvalidOperationException("The content is not as long as it was said to be.");
        return crc.GetCurrentHashAsUInt32();
    }

    private void Begin(ZipMember member)
    {
        member.Offset = _position;
        Write(member.LocalHeader());
    }

    private void End(ZipMember member)
    {
        if (member.Descriptor) Write(member.DescriptorRecord());
        _central.Add(member.CentralHeader());
    }

    private void WriteZip64End(long start, long size)
    {
        byte[] wide = new byte[56 + 20];
        BinaryPrimitives.WriteUInt32LittleEndian(wide, ZipRecords.Zip64EndSignature);
        BinaryPrimitives.WriteInt64LittleEndian(wide.AsSpan(4), 44);
        BinaryPrimitives.WriteUInt16LittleEndian(wide.AsSpan(12), 45);
        BinaryPrimitives.WriteUInt16LittleEndian(wide.AsSpan(14), 45);
        BinaryPrimitives.WriteInt64LittleEndian(wide.AsSpan(24), _central.Count);
        BinaryPrimitives.WriteInt64LittleEndian(wide.AsSpan(32), _central.Count);
        BinaryPrimitives.WriteInt64LittleEndian(wide.AsSpan(40), size);
        BinaryPrimitives.WriteInt64LittleEndian(wide.AsSpan(48), start);
        BinaryPrimitives.WriteUInt32LittleEndian(wide.AsSpan(56), ZipRecords.Zip64LocatorSignature);
        BinaryPrimitives.WriteInt64LittleEndian(wide.AsSpan(64), _position);
        BinaryPrimitives.WriteUInt32LittleEndian(wide.AsSpan(72), 1);
        Write(wide);
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty) return;
        output.Write(bytes);
        _position += bytes.Length;
    }

    private sealed class CountingOutput(MemoryStream? keep) : WriteOnlyStream
    {
        private const int Most = 8 * 1024 * 1024;

        public long Count { get; private set; }

        public bool IsWhole => keep is not null && keep.Length == Count;

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            Count += buffer.Length;
            if (keep is not null && keep.Length + buffer.Length <= Most) keep.Write(buffer);
        }
    }

    private sealed class SealingOutput(ZipSealWriter sealing) : WriteOnlyStream
    {
        public override void Write(ReadOnlySpan<byte> buffer) => sealing.Write(buffer);
    }

    private sealed class ForwardingOutput(ZipWriter writer) : WriteOnlyStream
    {
        public override void Write(ReadOnlySpan<byte> buffer) => writer.Write(buffer);
    }
}

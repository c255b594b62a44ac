using System.Buffers.Binary;
using SharpCompress.Compressors;
using SharpCompress.Compressors.BZip2;
using SharpCompress.Compressors.LZMA;
using SharpCompress.Compressors.Lzw;
using SharpCompress.Compressors.Xz;
using SharpCompress.Compressors.ZStandard;

namespace MailSanitizer.Content.Unpacking.Compressed;

/// <summary>
/// Single files in bzip2, xz, zstd, lzip, compress and LZMA. The libraries stop at the end of the first stream or trip over what follows, so the
/// frames are found here and decoded one by one; their checksums are the libraries' to compare.
/// </summary>
public sealed class PackedStreamHandler : CompressedFileHandler
{
    /// <inheritdoc/>
    public override IReadOnlyCollection<string> Formats { get; } = ["bz2", "xz", "zst", "lz", "z", "lzma"];

    /// <inheritdoc/>
    protected override IEnumerable<ArchiveMember> Members(ArchiveReading reading)
    {
        PackedFormat format = PackedFormat.Of(reading.Part.Formats, reading.Part.Format, reading.Bytes) ?? throw new InvalidDataException("of no known kind");
        if (format.Memory(reading.Bytes) is { } memory && memory > reading.Limits.DictionaryBytes)
        {
            reading.Report(ArchiveFindings.OverMemory, "", $"asks for {memory} bytes");
            yield break;
        }

        PackedContent content = new(reading.Bytes, format, reading.Limits.DictionaryBytes, firstOnly: false);
        yield return new ArchiveMember(Describe(reading)) { Open = () => content };
        if (content.OverMemory) reading.Report(ArchiveFindings.OverMemory, "", "a later frame asks for more memory than the limit");
        if (content.Extra is { } extra) reading.Report(ArchiveFindings.ExtraBytes, $"offset {extra}", "data behind the compressed stream");
        if (content.Frames < 2) yield break;

        // Some readers stop behind the first frame: what they see is scanned too.
        yield return new ArchiveMember(Describe(reading) with { AlternativeReading = true }) { Open = () => new PackedContent(reading.Bytes, format, reading.Limits.DictionaryBytes, firstOnly: true) };
    }
}

/// <summary>The frames of a file one behind the other.</summary>
internal sealed class PackedContent(PartBytes bytes, PackedFormat format, long memory, bool firstOnly) : ForwardStream
{
    private long _at;
    private Stream? _source;
    private SalvagingStream? _frame;
    private bool _done;

    /// <summary>Frames read to their end.</summary>
    public int Frames { get; private set; }

    /// <summary>Where data begins that belongs to no frame, or null.</summary>
    public long? Extra { get; private set; }

    /// <summary>True when a frame was not opened because of its memory.</summary>
    public bool OverMemory { get; private set; }

    public override int Read(Span<byte> buffer)
    {
        while (!_done)
        {
            if (_frame is null && !Begin()) break;
            int got = _frame!.Read(buffer);
            if (got > 0 || buffer.IsEmpty) return got;
            Frames++;
            long end = format.End(bytes, _at, _source!);

            // A decoder that ends without having read anything would be asked for ever.
            if (end <= _at) throw new InvalidDataException("a frame without a byte");
            _at = end;
            _frame.Dispose();
            _frame = null;
            if (firstOnly) _done = true;
        }

        return 0;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) _frame?.Dispose();
        base.Dispose(disposing);
    }

    private bool Begin()
    {
        while (format.Skip(bytes, _at) is { } skipped) _at = skipped;
        if (_at > 0 && !format.IsFrame(bytes, _at))
        {
            Extra = Unpacking.Extra.Find(bytes, _at);
            _done = true;
            return false;
        }

        if (format.Memory(bytes, _at) is { } asked && asked > memory)
        {
            OverMemory = true;
            _done = true;
            return false;
        }

        long start = _at;
        _frame = new SalvagingStream(() => format.Open(_source = new EndingStream(format.Range(bytes, start))));
        return true;
    }
}

/// <summary>One way to compress a single file.</summary>
internal abstract class PackedFormat
{
    private static readonly PackedFormat[] All = [new Bzip2(), new Xz(), new Zstandard(), new Lzip(), new Compress(), new LzmaAlone()];

    protected abstract string Id { get; }

    protected abstract byte[] Magic { get; }

    public static PackedFormat? Of(IReadOnlySet<string> formats, string format, PartBytes bytes) =>
        All.FirstOrDefault(one => one.Id == format) ?? All.FirstOrDefault(one => one.Magic.Length > 0 && formats.Contains(one.Id) && one.IsFrame(bytes, 0));

    /// <summary>Opens the decoder of one frame.</summary>
    public abstract Stream Open(Stream source);

    /// <summary>True when a frame begins at an offset.</summary>
    public virtual bool IsFrame(PartBytes bytes, long at)
    {
        byte[] head = new byte[Magic.Length];
        return Magic.Length > 0 && bytes.Read(at, head) == head.Length && head.AsSpan().SequenceEqual(Magic);
    }

    /// <summary>The frame's bytes, as far as its length is known before decoding.</summary>
    public virtual Stream Range(PartBytes bytes, long at) => bytes.OpenRead(at, bytes.Length - at);

    /// <summary>Where the frame that began at an offset ended, after its decoder has read it.</summary>
    public virtual long End(PartBytes bytes, long at, Stream source) => at + source.Position;

    /// <summary>Where to go on when something stands at an offset that is no content; null when nothing does.</summary>
    public virtual long? Skip(PartBytes bytes, long at) => null;

    /// <summary>Memory that the decoder takes (bytes), or null when it is small.</summary>
    public virtual long? Memory(PartBytes bytes, long at = 0) => null;

    private static byte[] Head(PartBytes bytes, long at, int length)
    {
        byte[] head = new byte[length];
        _ = bytes.Read(at, head);
        return head;
    }

    private sealed class Bzip2 : PackedFormat
    {
        protected override string Id => "bz2";

        protected override byte[] Magic => [(byte)'B', (byte)'Z', (byte)'h'];

        public override Stream Open(Stream source) => BZip2Stream.Create(source, CompressionMode.Decompress, false, false, false);
    }

    private sealed class Xz : PackedFormat
    {
        protected override string Id => "xz";

        protected override byte[] Magic => [0xFD, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0];

        public override Stream Open(Stream source) => new XZStream(source);

        // Stream padding: zeros in fours (xz format 2.2).
        public override long? Skip(PartBytes bytes, long at) => at > 0 && at + 4 <= bytes.Length && Head(bytes, at, 4).AsSpan().IndexOfAnyExcept((byte)0) < 0 ? at + 4 : null;

        // The dictionary of the first block's LZMA2 filter (5.3.1): found by its id and the length 1.
        public override long? Memory(PartBytes bytes, long at)
        {
            byte[] block = Head(bytes, at + 12, 64);
            int length = Math.Min(block.Length, (block[0] + 1) * 4);
            for (int index = 2; index + 2 < length; index++)
            {
                if (block[index] != 0x21 || block[index + 1] != 1 || block[index + 2] > 40) continue;
                int bits = block[index + 2];
                return bits == 40 ? uint.MaxValue : (2L | (uint)(bits & 1)) << ((bits / 2) + 11);
            }

            return null;
        }
    }

    private sealed class Lzip : PackedFormat
    {
        protected override string Id => "lz";

        protected override byte[] Magic => "LZIP"u8.ToArray();

        public override Stream Open(Stream source) => LZipStream.Create(source, CompressionMode.Decompress, leaveOpen: false);

        public override long? Memory(PartBytes bytes, long at)
        {
            int coded = Head(bytes, at, 6)[5];
            long size = 1L << (coded & 31);
            return size - (size / 16 * (coded >> 5));
        }
    }

    private sealed class Compress : PackedFormat
    {
        protected override string Id => "z";

        protected override byte[] Magic => [0x1F, 0x9D];

        public override Stream Open(Stream source) => new LzwStream(source);

        public override long End(PartBytes bytes, long at, Stream source) => bytes.Length;
    }

    private sealed class LzmaAlone : PackedFormat
    {
        protected override string Id => "lzma";

        protected override byte[] Magic => [];

        public override bool IsFrame(PartBytes bytes, long at) => false;

        public override Stream Open(Stream source)
        {
            byte[] head = new byte[13];
            source.ReadExactly(head);
            return LzmaStream.Create(head[..5], source, source.Length - 13, BinaryPrimitives.ReadInt64LittleEndian(head.AsSpan(5)), leaveOpen: false);
        }

        public override long? Memory(PartBytes bytes, long at) => Le.U32(Head(bytes, at, 13), 1);
    }

    /// <summary>zstd (RFC 8878): frames are measured by their block headers, so that what follows them is known.</summary>
    private sealed class Zstandard : PackedFormat
    {
        protected override string Id => "zst";

        protected override byte[] Magic => [0x28, 0xB5, 0x2F, 0xFD];

        public override Stream Open(Stream source) => new DecompressionStream(source, leaveOpen: false);

        public override Stream Range(PartBytes bytes, long at) => bytes.OpenRead(at, Measure(bytes, at) - at);

        public override long End(PartBytes bytes, long at, Stream source) => Measure(bytes, at);

        public override long? Skip(PartBytes bytes, long at)
        {
            byte[] head = Head(bytes, at, 8);
            return at + 8 <= bytes.Length && (head[0] & 0xF0) == 0x50 && head.AsSpan(1, 3).SequenceEqual((byte[])[0x2A, 0x4D, 0x18]) ? at + 8 + Le.U32(head, 4) : null;
        }

        public override long? Memory(PartBytes bytes, long at)
        {
            byte[] head = Head(bytes, at, 14);
            if ((head[4] & 0x20) == 0) return (1L << (10 + (head[5] >> 3))) * (8 + (head[5] & 7)) / 8;
            int dictionary = (head[4] & 3) switch { 0 => 0, 1 => 1, 2 => 2, _ => 4 };
            int field = 5 + dictionary;
            return (head[4] >> 6) switch { 0 => head[field], 1 => Le.U16(head, field) + 256, 2 => Le.U32(head, field), _ => (long)Math.Min(Le.U64(head, Math.Min(field, 6)), long.MaxValue) };
        }

        private static long Measure(PartBytes bytes, long at)
        {
            byte[] head = Head(bytes, at, 5);
            bool single = (head[4] & 0x20) != 0;
            long next = at + 5 + (single ? 0 : 1) + ((head[4] & 3) switch { 0 => 0, 1 => 1, 2 => 2, _ => 4 }) + ((head[4] >> 6) switch { 0 => single ? 1 : 0, 1 => 2, 2 => 4, _ => 8 });
            while (next + 3 <= bytes.Length)
            {
                byte[] block = Head(bytes, next, 3);
                int header = block[0] | (block[1] << 8) | (block[2] << 16);
                next += 3 + ((header >> 1 & 3) == 1 ? 1 : header >> 3);
                if ((header & 1) == 0) continue;
                return Math.Min(bytes.Length, next + ((head[4] & 4) != 0 ? 4 : 0));
            }

            return bytes.Length;
        }
    }
}

using System.Buffers.Binary;
using System.IO.Compression;
using SharpCompress.Compressors.BZip2;
using SharpCompress.Compressors.Deflate64;
using SharpCompress.Compressors.LZMA;
using SharpCompress.Compressors.PPMd;
using SharpCompress.Compressors.Reduce;
using SharpCompress.Compressors.Xz;
using DeflateStream = System.IO.Compression.DeflateStream;
using ZStandardStream = SharpCompress.Compressors.ZStandard.DecompressionStream;

namespace MailSanitizer.Content.Formats.Zip;

/// <summary>The compression methods (APPNOTE 4.4.5).</summary>
public static class ZipMethods
{
    /// <summary>Not compressed.</summary>
    public const ushort Stored = 0;

    /// <summary>Deflate.</summary>
    public const ushort Deflate = 8;

    /// <summary>Deflate64.</summary>
    public const ushort Deflate64 = 9;

    /// <summary>bzip2.</summary>
    public const ushort BZip2 = 12;

    /// <summary>LZMA.</summary>
    public const ushort Lzma = 14;

    /// <summary>Zstandard, the number it had at first.</summary>
    public const ushort ZstandardOld = 20;

    /// <summary>Zstandard.</summary>
    public const ushort Zstandard = 93;

    /// <summary>XZ.</summary>
    public const ushort Xz = 95;

    /// <summary>PPMd version I.</summary>
    public const ushort Ppmd = 98;

    /// <summary>WinZip AES around another method.</summary>
    public const ushort Aes = 99;

    /// <summary>True when <see cref="Open"/> can decode it.</summary>
    public static bool IsSupported(ushort method) =>
        method is Stored or (>= 2 and <= 5) or Deflate or Deflate64 or BZip2 or Lzma or ZstandardOld or Zstandard or Xz or Ppmd;

    /// <summary>
    /// Decodes a member from its packed (and decrypted) bytes. <paramref name="packedSize"/>: length of <paramref name="packed"/>, which the result disposes of.
    /// An unknown method and a window above <see cref="Limits.DictionaryBytes"/> come back as a stream that is empty and says so in <see cref="ZipEntryStream.Problem"/>.
    /// </summary>
    public static ZipEntryStream Open(ZipEntry entry, Stream packed, long packedSize, Limits limits, CancellationToken cancellation = default)
    {
        ushort method = entry.CompressionMethod;
        if (!IsSupported(method)) return ZipEntryStream.Failed($"method {method} is not supported", entry, ZipProblem.Unsupported, packed);
        ZipInput input = new(packed, packedSize);
        try
        {
            Stream? decoder = Decoder(method, entry, input, limits, out string? problem);
            return decoder is null
                ? ZipEntryStream.Failed(problem!, entry, ZipProblem.OverMemory, input)
                : new ZipEntryStream(decoder, input, entry, cancellation);
        }
        catch (Exception failure) when (failure is not (OperationCanceledException or LimitReachedException))
        {
            // The decoders read their headers when they are made, and those of SharpCompress throw whatever they stumble over.
            return ZipEntryStream.Failed(failure.Message, entry, ZipProblem.Damaged, input);
        }
    }

    private static Stream? Decoder(ushort method, ZipEntry entry, ZipInput input, Limits limits, out string? problem)
    {
        problem = null;
        long size = entry.SizesKnown ? entry.Size : -1;
        switch (method)
        {
            case Stored: return input;
            case Deflate: return new DeflateStream(input, CompressionMode.Decompress, leaveOpen: true);
            case Deflate64: return new Deflate64Stream(input, SharpCompress.Compressors.CompressionMode.Decompress);
            case BZip2: return BZip2Stream.Create(input, SharpCompress.Compressors.CompressionMode.Decompress, false, false, false);
            case Lzma: return Lzma14(entry, input, size, limits, out problem);
            case Ppmd: return Ppmd98(input, limits, out problem);
            case Xz: return XzChecked(input, limits, out problem);
            case >= 2 and <= 5: return ReduceStream.Create(input, input.Length, entry.Size, method - 1);
            default: return ZstandardChecked(input, limits, out problem);
        }
    }

    // APPNOTE 5.8.8: version (2 bytes), length of the properties (2 bytes), properties (5 bytes). Bit 1 of the flags: an end marker is there.
    private static LzmaStream? Lzma14(ZipEntry entry, ZipInput input, long size, Limits limits, out string? problem)
    {
        byte[] head = new byte[9];
        input.ReadExactly(head);
        if (BinaryPrimitives.ReadUInt16LittleEndian(head.AsSpan(2)) != 5) throw new InvalidDataException("LZMA properties are not 5 bytes");
        if (!Fits(BinaryPrimitives.ReadUInt32LittleEndian(head.AsSpan(5)), limits, out problem)) return null;
        return LzmaStream.Create(head[4..9], input, input.Length - 9, (entry.Flags & 2) != 0 ? -1 : size, false);
    }

    // APPNOTE 5.10: order - 1 (4 bits), memory in MB - 1 (8 bits), restoration method (4 bits).
    private static PpmdStream? Ppmd98(ZipInput input, Limits limits, out string? problem)
    {
        byte[] head = new byte[2];
        input.ReadExactly(head);
        long megabytes = ((BinaryPrimitives.ReadUInt16LittleEndian(head) >> 4) & 0xFF) + 1;
        return Fits(megabytes << 20, limits, out problem) ? PpmdStream.Create(new PpmdProperties(head), input, false) : null;
    }

    // The XZ format, 5.3.1: the LZMA2 filter states its window as 2 or 3 shifted. Only the first block's header can be seen before decoding.
    private static XZStream? XzChecked(ZipInput input, Limits limits, out string? problem)
    {
        Span<byte> head = stackalloc byte[64];
        int got = input.Peek(head);
        for (int i = 14; i + 2 < got; i++)
        {
            if (head[i] != 0x21 || head[i + 1] != 1) continue;
            int bits = head[i + 2] & 0x3F;
            long window = bits >= 40 ? uint.MaxValue : (2L | (uint)(bits & 1)) << ((bits / 2) + 11);
            if (!Fits(window, limits, out problem)) return null;
            break;
        }

        problem = null;
        return new XZStream(input);
    }

    // RFC 8878 3.1.1.1.2: window size from the frame header, unless the frame is one segment (then the content size is the window).
    private static ZStandardStream? ZstandardChecked(ZipInput input, Limits limits, out string? problem)
    {
        Span<byte> head = stackalloc byte[18];
        int got = input.Peek(head);
        problem = null;
        if (got >= 6 && BinaryPrimitives.ReadUInt32LittleEndian(head) == 0xFD2FB528)
        {
            bool single = (head[4] & 0x20) != 0;
            if (!single)
            {
                long power = 1L << (10 + (head[5] >> 3));
                if (!Fits(power + (power / 8 * (head[5] & 7)), limits, out problem)) return null;
            }
        }

        return new ZStandardStream(input, 0, true, false);
    }

    private static bool Fits(long window, Limits limits, out string? problem)
    {
        problem = window > limits.DictionaryBytes ? $"needs {window} bytes of memory, limit {limits.DictionaryBytes}" : null;
        return problem is null;
    }
}

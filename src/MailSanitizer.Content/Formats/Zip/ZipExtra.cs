using System.Buffers.Binary;
using System.IO.Hashing;
using MailSanitizer.Content.Formats.Charsets;

namespace MailSanitizer.Content.Formats.Zip;

/// <summary>Extra fields: two bytes id, two bytes length, data (APPNOTE 4.5). A field that runs over the end ends the list, as in Info-ZIP.</summary>
public static class ZipExtra
{
    /// <summary>Zip64 sizes and offset.</summary>
    public const ushort Zip64 = 0x0001;

    /// <summary>Info-ZIP Unicode path.</summary>
    public const ushort UnicodePathId = 0x7075;

    /// <summary>WinZip AES.</summary>
    public const ushort AesId = 0x9901;

    /// <summary>The first field of that id; false when there is none.</summary>
    public static bool TryFind(ReadOnlySpan<byte> extra, ushort id, out ReadOnlySpan<byte> data)
    {
        while (extra.Length >= 4)
        {
            int length = BinaryPrimitives.ReadUInt16LittleEndian(extra[2..]);
            if (length > extra.Length - 4) break;
            if (BinaryPrimitives.ReadUInt16LittleEndian(extra) == id)
            {
                data = extra.Slice(4, length);
                return true;
            }

            extra = extra[(4 + length)..];
        }

        data = default;
        return false;
    }

    /// <summary>True when the fields fill their place exactly. Zeros behind them are padding, which aligners write.</summary>
    public static bool IsWhole(ReadOnlySpan<byte> extra)
    {
        while (extra.Length >= 4 && BinaryPrimitives.ReadUInt16LittleEndian(extra[2..]) is var length && length <= extra.Length - 4) extra = extra[(4 + length)..];
        return !extra.ContainsAnyExcept((byte)0);
    }

    /// <summary>All fields but those of the given ids, bytes as they were.</summary>
    public static byte[] Without(ReadOnlySpan<byte> extra, params ReadOnlySpan<ushort> ids)
    {
        List<byte> kept = new(extra.Length);
        while (extra.Length >= 4)
        {
            int length = BinaryPrimitives.ReadUInt16LittleEndian(extra[2..]);
            if (length > extra.Length - 4) break;
            if (!ids.Contains(BinaryPrimitives.ReadUInt16LittleEndian(extra))) kept.AddRange(extra[..(4 + length)]);
            extra = extra[(4 + length)..];
        }

        return [.. kept];
    }

    /// <summary>The name in the Unicode path field, whether or not its CRC fits; null when there is none or it is no UTF-8.</summary>
    public static string? UnicodePath(ReadOnlySpan<byte> extra) =>
        TryFind(extra, UnicodePathId, out ReadOnlySpan<byte> data) && data.Length >= 5 ? NameCharset.TryUtf8(data[5..]) : null;

    /// <summary>True when the Unicode path field was made for these name bytes (APPNOTE 4.6.9: else a reader should ignore it, and not all do).</summary>
    public static bool UnicodePathFits(ReadOnlySpan<byte> extra, ReadOnlySpan<byte> rawName) =>
        TryFind(extra, UnicodePathId, out ReadOnlySpan<byte> data) && data.Length >= 5
        && data[0] == 1 && BinaryPrimitives.ReadUInt32LittleEndian(data[1..]) == Crc32.HashToUInt32(rawName);

    /// <summary>Applies the Zip64 field: only values that are all ones in the header stand there, in this order (APPNOTE 4.5.3). False when a needed one is missing.</summary>
    internal static bool ApplyZip64(ReadOnlySpan<byte> extra, ref long size, ref long packed, ref long offset, ref uint disk)
    {
        bool needed = size == uint.MaxValue || packed == uint.MaxValue || offset == uint.MaxValue;
        if (!needed) return true;
        if (!TryFind(extra, Zip64, out ReadOnlySpan<byte> data)) return false;
        return Take(ref size, ref data) && Take(ref packed, ref data) && Take(ref offset, ref data) && TakeDisk(ref disk, data);

        static bool Take(ref long value, ref ReadOnlySpan<byte> data)
        {
            if (value != uint.MaxValue) return true;
            if (data.Length < 8) return false;
            long wide = BinaryPrimitives.ReadInt64LittleEndian(data);
            data = data[8..];
            if (wide < 0) return false;
            value = wide;
            return true;
        }

        static bool TakeDisk(ref uint disk, ReadOnlySpan<byte> data)
        {
            if (disk == ushort.MaxValue && data.Length >= 4) disk = BinaryPrimitives.ReadUInt32LittleEndian(data);
            return true;
        }
    }
}

/// <summary>The WinZip AES extra field 0x9901.</summary>
/// <param name="Version">1 (AE-1: CRC is set) or 2 (AE-2: CRC is 0, the HMAC alone counts).</param>
/// <param name="Strength">1, 2, 3: 128, 192, 256 bits.</param>
/// <param name="Method">Compression method of the content.</param>
public sealed record ZipAesField(ushort Version, byte Strength, ushort Method)
{
    /// <summary>Bytes of key (16, 24 or 32); 0 for an unknown strength.</summary>
    public int KeyLength => Strength is >= 1 and <= 3 ? 8 + (8 * Strength) : 0;

    /// <summary>Bytes of salt at the beginning of the data: half the key.</summary>
    public int SaltLength => KeyLength / 2;

    /// <summary>The field, or null when there is none or it is broken.</summary>
    public static ZipAesField? Find(ReadOnlySpan<byte> extra) =>
        ZipExtra.TryFind(extra, ZipExtra.AesId, out ReadOnlySpan<byte> data) && data.Length >= 7
            ? new ZipAesField(BinaryPrimitives.ReadUInt16LittleEndian(data), data[4], BinaryPrimitives.ReadUInt16LittleEndian(data[5..]))
            : null;
}

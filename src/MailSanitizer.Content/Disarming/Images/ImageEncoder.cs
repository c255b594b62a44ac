using System.Buffers.Binary;
using System.IO.Hashing;
using SkiaSharp;

namespace MailSanitizer.Content.Disarming.Images;

/// <summary>
/// Makes a JPEG, PNG or WebP anew from its pixels: what aims at a decoder ends in the one decoder that runs here, in the cage. Colour space and how the picture is turned stay;
/// details of its making go; of several pictures in turn the first stays.
/// </summary>
internal static class ImageEncoder
{
    // High enough that one more generation is not seen; most cameras write between 85 and 97.
    private const int Quality = 90;

    // A decoder goes over every pixel once a scan; a good progressive JPEG has about ten.
    private const int MostPasses = 64;

    /// <summary>The formats that are made anew.</summary>
    public static bool Takes(string format) => format is "jpeg" or "png" or "webp";

    /// <summary>Decodes and encodes; null and why when that cannot be done.</summary>
    public static byte[]? Encode(PartBytes part, ImageStructure image, Limits limits, out string why)
    {
        why = "broken, or more than the worker's memory";
        if (image.Pixels > limits.ImageDecodePixels || image.Passes > MostPasses || part.Length > limits.ImageDecodeBytes)
        {
            why = $"{image.Width} by {image.Height} pixels in {part.Length} bytes are more than the limit";
            return null;
        }

        using SKData? data = Load(part);
        using SKCodec? codec = data is null ? null : SKCodec.Create(data);
        if (codec is null) return null;
        SKImageInfo told = codec.Info;

        // The header that the decoder reads is the one that counts; ours was read to refuse early.
        if ((long)told.Width * told.Height > limits.ImageDecodePixels) return null;
        SKImageInfo info = new(told.Width, told.Height, told.ColorType is SKColorType.Gray8 ? SKColorType.Gray8 : SKImageInfo.PlatformColorType,
            told.AlphaType is SKAlphaType.Opaque ? SKAlphaType.Opaque : SKAlphaType.Unpremul, told.ColorSpace);
        using SKBitmap pixels = new();
        if (!pixels.TryAllocPixels(info))
        {
            why = "no memory for its pixels";
            return null;
        }

        pixels.Erase(SKColors.Transparent);

        // A picture cut short is shown as far as it goes, here as everywhere.
        if (codec.GetPixels(info, pixels.GetPixels()) is not (SKCodecResult.Success or SKCodecResult.IncompleteInput)) return null;
        using SKPixmap? pixmap = pixels.PeekPixels();
        using SKData? encoded = pixmap is null ? null : image.Format switch
        {
            "jpeg" => pixmap.Encode(new SKJpegEncoderOptions(Quality)),
            "png" => pixmap.Encode(SKPngEncoderOptions.Default),
            _ => pixmap.Encode(new SKWebpEncoderOptions(image.IsLossless ? SKWebpEncoderCompression.Lossless : SKWebpEncoderCompression.Lossy, image.IsLossless ? 75 : Quality)),
        };
        if (encoded is null) return null;
        return image.Orientation == 1 ? encoded.ToArray() : Turned(encoded.AsSpan(), image.Format, image.Orientation, info.IsOpaque);
    }

    /// <summary>The smallest piece of that format that says how the picture is turned.</summary>
    public static byte[] Turn(string format, int orientation)
    {
        byte[] exif = Exif.Only(orientation);
        switch (format)
        {
            case "jpeg":
                return [0xFF, 0xE1, 0, (byte)(2 + 6 + exif.Length), .. "Exif\0\0"u8, .. exif];
            case "png":
                byte[] chunk = [0, 0, 0, (byte)exif.Length, .. "eXIf"u8, .. exif, 0, 0, 0, 0];
                BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(chunk.Length - 4), Crc32.HashToUInt32(chunk.AsSpan(4, chunk.Length - 8)));
                return chunk;
            case "webp":
                return [.. "EXIF"u8, (byte)exif.Length, 0, 0, 0, .. exif];
            default:
                return [];
        }
    }

    /// <summary>The file in memory of the decoder; null when it cannot be read.</summary>
    public static SKData? Load(PartBytes part)
    {
        if (part.TryGetMemory(out ReadOnlyMemory<byte> memory)) return SKData.CreateCopy(memory.Span);
        SKData data = SKData.Create((int)part.Length);
        if (part.Read(0, data.Span) == part.Length) return data;
        data.Dispose();
        return null;
    }

    private static byte[] Turned(ReadOnlySpan<byte> encoded, string format, int orientation, bool isOpaque)
    {
        byte[] turn = Turn(format, orientation);
        int at = format switch { "jpeg" => 2, "png" => 33, _ => encoded.Length };
        if (format != "webp") return [.. encoded[..at], .. turn, .. encoded[at..]];

        // RFC 9649, 2.7: EXIF needs the extended header.
        byte[] header = encoded[12..].StartsWith("VP8X"u8) ? [] : Extended(encoded, isOpaque);
        byte[] file = [.. encoded[..12], .. header, .. encoded[12..], .. turn];
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(4), (uint)(file.Length - 8));
        file[WebpReader.Flags] |= 8;
        return file;
    }

    private static byte[] Extended(ReadOnlySpan<byte> encoded, bool isOpaque)
    {
        using MemoryPartBytes bytes = new(encoded.ToArray());
        ImageStructure size = ImageStructure.Read(bytes, "webp", Limits.Default, default)!;
        byte[] header = [.. "VP8X"u8, 10, 0, 0, 0, isOpaque ? (byte)0 : (byte)0x10, .. new byte[9]];
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(12), (uint)(size.Width - 1));
        header[15] = (byte)(size.Height - 1);
        header[16] = (byte)((size.Height - 1) >> 8);
        header[17] = (byte)((size.Height - 1) >> 16);
        return header;
    }
}

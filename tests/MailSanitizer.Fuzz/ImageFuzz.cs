using SkiaSharp;

namespace MailSanitizer.Fuzz;

/// <summary>Images: any bytes are walked by their structure and written anew without what acts.</summary>
public static class ImageFuzz
{
    public static FuzzTarget Structure { get; } = PassiveFuzz.Walked("image-structure", "a.jpg",
        [.. Encode(SKEncodedImageFormat.Jpeg), .. "<script>"u8],
        [.. Encode(SKEncodedImageFormat.Png), .. "%PDF-1.4"u8],
        [.. Encode(SKEncodedImageFormat.Webp), .. "PK\u0003\u0004"u8],
        [0xFF, 0xD8, 0xFF, 0xE1, 0, 40, .. "Exif\0\0II*\0"u8, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFE, 0, 10, .. "<script>"u8, 0xFF, 0xDA, 0, 2, 1, 0xFF, 0, 0xFF, 0xD9, 1],
        [.. "GIF89a"u8, 1, 0, 1, 0, 0x80, 0, 0, 0, 0, 0, 255, 255, 255, 0x21, 0xFE, 8, .. "<script>"u8, 0, 0x2C, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0, 0x3B],
        [.. "II*\0"u8, 12, 0, 0, 0, 1, 2, 3, 4, 3, 0, 0, 1, 3, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0x11, 1, 4, 0, 1, 0, 0, 0, 8, 0, 0, 0, 0x17, 1, 4, 0, 1, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0],
        [.. "II+\0\u0008\0\0\0\u0010\0\0\0\0\0\0\0\u0001\0\0\0\0\0\0\0"u8, 0, 1, 16, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        [0, 0, 1, 0, 1, 0, 8, 8, 0, 0, 1, 0, 32, 0, 40, 0, 0, 0, 22, 0, 0, 0, 40, 0, 0, 0, 8, 0, 0, 0, 16, 0, 0, 0, .. new byte[28]],
        [.. "BM"u8, 58, 0, 0, 0, 0, 0, 0, 0, 54, 0, 0, 0, 40, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 32, 0, .. new byte[28], .. "MZ"u8],
        [0, 0, 0, 20, .. "ftypheic"u8, 0, 0, 0, 0, .. "mif1"u8, 0, 0, 0, 28, .. "meta"u8, 0, 0, 0, 20, .. "ispe"u8, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 9, .. "mdat"u8, 1]);

    private static byte[] Encode(SKEncodedImageFormat format)
    {
        using SKBitmap picture = new(4, 4);
        using SKData data = picture.Encode(format, 80);
        return data.ToArray();
    }
}

using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using System.Text;
using SkiaSharp;

namespace MailSanitizer.Content.Tests.Disarming.Images;

/// <summary>Pictures of every kind, made here byte by byte or by Skia's encoders, and the ways in which things are hidden in them.</summary>
internal static class Pictures
{
    public static byte[] Jpeg { get; } = Encode(SKEncodedImageFormat.Jpeg);

    public static byte[] Png { get; } = MakePng();

    public static byte[] Webp { get; } = Encode(SKEncodedImageFormat.Webp);

    /// <summary>GIF of one pixel, told by hand (GIF89a, 18 to 23).</summary>
    public static byte[] Gif { get; } = MakeGif();

    public static byte[] Bmp { get; } = MakeBmp(4, 4);

    public static byte[] Icon { get; } = [0, 0, 1, 0, 1, 0, 8, 8, 0, 0, 1, 0, 32, 0, .. Little(Png.Length), 22, 0, 0, 0, .. Png];

    public static byte[] Tiff { get; } = MakeTiff("");

    /// <summary>A file type box, a description that tells a size, and media.</summary>
    public static byte[] Heic { get; } =
    [
        .. Box("ftyp", [.. "heic"u8, 0, 0, 0, 0, .. "mif1heic"u8]),
        .. Box("meta", [0, 0, 0, 0, .. Box("iprp", Box("ipco", Box("ispe", [0, 0, 0, 0, 0, 0, 0, 64, 0, 0, 0, 48])))]),
        .. Box("mdat", new byte[100]),
    ];

    public static IEnumerable<DisarmSample> All =>
    [
        new("a.jpg", Jpeg), new("a.png", Png), new("a.webp", Webp), new("a.gif", Gif), new("a.bmp", Bmp), new("a.ico", Icon), new("a.tif", Tiff), new("a.heic", Heic),
    ];

    public static byte[] Encode(SKEncodedImageFormat format, int width = 32, int height = 20)
    {
        using SKBitmap picture = Paint(width, height);
        using SKData data = picture.Encode(format, 90);
        return data.ToArray();
    }

    public static SKBitmap Paint(int width, int height)
    {
        SKBitmap picture = new(width, height);
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++)
                picture.SetPixel(x, y, new SKColor((byte)(x * 255 / width), (byte)(y * 255 / height), x < width / 2 ? (byte)200 : (byte)20));
        return picture;
    }

    /// <summary>The pixels that a decoder sees.</summary>
    public static SKColor[] Pixels(byte[] file)
    {
        using SKBitmap picture = SKBitmap.Decode(file) ?? throw new InvalidOperationException("not decoded");
        return picture.Pixels;
    }

    /// <summary>A marker segment behind SOI.</summary>
    public static byte[] WithSegment(byte[] jpeg, byte code, byte[] body) => [.. jpeg[..2], 0xFF, code, (byte)((body.Length + 2) >> 8), (byte)(body.Length + 2), .. body, .. jpeg[2..]];

    /// <summary>A chunk behind IHDR.</summary>
    public static byte[] WithChunk(byte[] png, string type, byte[] body) => [.. png[..33], .. Chunk(type, body), .. png[33..]];

    public static byte[] WithComment(byte[] gif, string text) => [.. gif[..19], 0x21, 0xFE, (byte)text.Length, .. Encoding.ASCII.GetBytes(text), 0, .. gif[19..]];

    /// <summary>An extended WebP (RFC 9649, 2.7) around the simple one, with one more chunk.</summary>
    public static byte[] WithWebpChunk(string type, byte flag, byte[] body)
    {
        byte[] chunks =
        [
            .. "VP8X"u8, 10, 0, 0, 0, flag, 0, 0, 0, 31, 0, 0, 19, 0, 0,
            .. Webp[12..],
            .. Encoding.ASCII.GetBytes(type), .. Little(body.Length), .. body, .. new byte[body.Length & 1],
        ];
        return [.. "RIFF"u8, .. Little(chunks.Length + 4), .. "WEBP"u8, .. chunks];
    }

    public static byte[] Zlib(string text)
    {
        using MemoryStream packed = new();
        using (ZLibStream zlib = new(packed, CompressionLevel.Optimal)) zlib.Write(Encoding.UTF8.GetBytes(text));
        return packed.ToArray();
    }

    /// <summary>EXIF with a model, an orientation and a place (EXIF 2.32, 4.6).</summary>
    public static byte[] ExifOf(int orientation) =>
    [
        .. "II*\0"u8, 8, 0, 0, 0, 3, 0,
        0x10, 0x01, 2, 0, 4, 0, 0, 0, .. "X1\0\0"u8,
        0x12, 0x01, 3, 0, 1, 0, 0, 0, (byte)orientation, 0, 0, 0,
        0x25, 0x88, 4, 0, 1, 0, 0, 0, 50, 0, 0, 0,
        0, 0, 0, 0,
        0, 0, 0, 0, 0, 0,
    ];

    public static byte[] Segment(int orientation) => [.. "Exif\0\0"u8, .. ExifOf(orientation)];

    /// <summary>A program's beginning: MZ, and a PE header where it says ([MS-PE] 2.5).</summary>
    public static byte[] Program { get; } = [.. "MZ"u8, .. new byte[58], 128, 0, 0, 0, .. new byte[64], .. "PE\0\0"u8, 0x64, 0x86, 1, 0, .. new byte[240]];

    public static byte[] Zip()
    {
        using MemoryStream file = new();
        using (ZipArchive zip = new(file, ZipArchiveMode.Create, leaveOpen: true))
        using (Stream entry = zip.CreateEntry("a.txt").Open())
            entry.Write("hidden text"u8);
        return file.ToArray();
    }

    public static byte[] Chunk(string type, byte[] body)
    {
        byte[] chunk = [.. Big(body.Length), .. Encoding.ASCII.GetBytes(type), .. body, 0, 0, 0, 0];
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(chunk.Length - 4), Crc32.HashToUInt32(chunk.AsSpan(4, chunk.Length - 8)));
        return chunk;
    }

    /// <summary>A PNG that says a size; its pixels may be fewer.</summary>
    public static byte[] MakePng(int width = 8, int height = 8)
    {
        byte[] rows = new byte[8 * 25];
        for (int at = 0; at < rows.Length; at++) rows[at] = at % 25 == 0 ? (byte)0 : (byte)(at * 7);
        using MemoryStream packed = new();
        using (ZLibStream zlib = new(packed, CompressionLevel.Optimal)) zlib.Write(rows);
        return [0x89, .. "PNG\r\n\u001A\n"u8, .. Chunk("IHDR", [.. Big(width), .. Big(height), 8, 2, 0, 0, 0]), .. Chunk("IDAT", packed.ToArray()), .. Chunk("IEND", [])];
    }

    public static byte[] MakeTiff(string description)
    {
        byte[] text = Encoding.ASCII.GetBytes(description + "\0\0\0\0\0\0");
        byte[][] tags =
        [
            Tag(256, 3, 1, 2), Tag(257, 3, 1, 2), Tag(258, 3, 1, 8), Tag(259, 3, 1, 1), Tag(262, 3, 1, 1),
            Tag(270, 2, text.Length, 8), Tag(273, 4, 1, 8 + text.Length), Tag(278, 3, 1, 2), Tag(279, 4, 1, 4),
        ];
        byte[] front = [.. "II*\0"u8, .. Little(8 + text.Length + 4), .. text, 10, 20, 30, 40];
        return [.. front, (byte)tags.Length, 0, .. tags.SelectMany(tag => tag), 0, 0, 0, 0];
    }

    private static byte[] Tag(int tag, int type, int count, int value) => [(byte)tag, (byte)(tag >> 8), (byte)type, 0, .. Little(count), .. Little(value)];

    private static byte[] MakeGif() =>
        [.. "GIF89a"u8, 1, 0, 1, 0, 0x80, 0, 0, 0, 0, 0, 255, 255, 255, 0x2C, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0, 0x3B];

    private static byte[] MakeBmp(int width, int height)
    {
        byte[] pixels = new byte[width * height * 4];
        for (int at = 0; at < pixels.Length; at++) pixels[at] = (byte)(at * 3);
        return [.. "BM"u8, .. Little(54 + pixels.Length), 0, 0, 0, 0, 54, 0, 0, 0, 40, 0, 0, 0, .. Little(width), .. Little(height), 1, 0, 32, 0, .. new byte[24], .. pixels];
    }

    private static byte[] Box(string type, byte[] body) => [.. Big(body.Length + 8), .. Encoding.ASCII.GetBytes(type), .. body];

    public static byte[] Big(int value) => [(byte)(value >> 24), (byte)(value >> 16), (byte)(value >> 8), (byte)value];

    public static byte[] Little(int value) => BitConverter.GetBytes(value);
}

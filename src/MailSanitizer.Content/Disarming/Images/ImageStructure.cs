namespace MailSanitizer.Content.Disarming.Images;

/// <summary>What a piece of an image is for.</summary>
internal enum ImageBlockUse
{
    /// <summary>Tells of the picture: camera, place, time, author, comment. The picture is the same without it.</summary>
    Metadata,

    /// <summary>The picture looks different without it (colour profile, adaptation).</summary>
    Display,
}

/// <summary>A piece of an image that holds no pixels.</summary>
/// <param name="Name">EXIF, XMP, comment …</param>
/// <param name="Start">First byte, frame included.</param>
/// <param name="End">Behind its last byte.</param>
/// <param name="Use">What it is for.</param>
/// <param name="Body">First byte of its content.</param>
/// <param name="IsPacked">The content is compressed (zlib), from <paramref name="Body"/> on.</param>
internal readonly record struct ImageBlock(string Name, long Start, long End, ImageBlockUse Use, long Body, bool IsPacked = false);

/// <summary>An image by its own structure: how large it says it is, where it ends, what stands in it beside pixels. Nothing is decoded.</summary>
internal sealed class ImageStructure
{
    /// <summary>Blocks that are kept in mind (count); more of them is a limit.</summary>
    private const int MostBlocks = 20_000;

    public required string Format { get; init; }

    /// <summary>Pixels across, of the largest picture in it.</summary>
    public long Width { get; private set; }

    /// <summary>Pixels down.</summary>
    public long Height { get; private set; }

    public long Pixels => Width * Height;

    /// <summary>Behind the last byte that belongs to the image; the length of the file where its structure tells no end or is cut off.</summary>
    public long End { get; set; }

    /// <summary>More pieces than the limit: the rest was not looked at.</summary>
    public bool IsCut { get; private set; }

    /// <summary>Shows more than one picture in turn.</summary>
    public bool IsAnimated { get; set; }

    /// <summary>Compressed without loss (WebP).</summary>
    public bool IsLossless { get; set; }

    /// <summary>Times that a decoder goes over the whole picture (progressive JPEG).</summary>
    public int Passes { get; set; }

    /// <summary>How the picture is to be turned (EXIF 0x0112); 1 when it stands.</summary>
    public int Orientation { get; set; } = 1;

    /// <summary>Where the picture was taken stands in it.</summary>
    public bool HasPlace { get; set; }

    public List<ImageBlock> Blocks { get; } = [];

    private int _pieces;

    public void Size(long width, long height)
    {
        if (width < 0 || height < 0 || width > uint.MaxValue || height > uint.MaxValue) return;
        if ((decimal)width * height > (decimal)Width * Height) (Width, Height) = (width, height);
    }

    /// <summary>Counts a piece; false when there are too many.</summary>
    public bool Count(Limits limits)
    {
        if (++_pieces > limits.ImageSegments || Blocks.Count > MostBlocks) IsCut = true;
        return !IsCut;
    }

    /// <summary>Reads what the content says it is; null for what is none of the images that are known here.</summary>
    public static ImageStructure? Read(PartBytes part, string format, Limits limits, CancellationToken cancellation)
    {
        ImageBytes bytes = new(part, cancellation);
        ImageStructure image = new() { Format = format, End = part.Length };
        switch (format)
        {
            case "jpeg": JpegReader.Read(bytes, image, limits); break;
            case "png": PngReader.Read(bytes, image, limits); break;
            case "gif": GifReader.Read(bytes, image, limits); break;
            case "webp": WebpReader.Read(bytes, image, limits); break;
            case "tiff": TiffReader.Read(bytes, image, limits); break;
            case "heic" or "avif" or "jp2" or "jxl" or "cr3": BoxReader.Read(bytes, image, limits); break;
            case "bmp": BitmapReader.ReadBmp(bytes, image); break;
            case "ico": BitmapReader.ReadIcon(bytes, image, limits); break;
            case "psd": image.Size(bytes.Big32(18), bytes.Big32(14)); break;
            case "pcx": image.Size(bytes.Little16(8) - bytes.Little16(4) + 1, bytes.Little16(10) - bytes.Little16(6) + 1); break;
            case "tga": image.Size(bytes.Little16(12), bytes.Little16(14)); break;
            case "pnm": BitmapReader.ReadPnm(bytes, image); break;
            default: return null;
        }

        return image;
    }
}

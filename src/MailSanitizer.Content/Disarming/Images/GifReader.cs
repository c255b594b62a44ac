namespace MailSanitizer.Content.Disarming.Images;

/// <summary>GIF (89a): blocks of sub-blocks, up to the trailer.</summary>
internal static class GifReader
{
    public static void Read(ImageBytes bytes, ImageStructure image, Limits limits)
    {
        image.Size(bytes.Little16(6), bytes.Little16(8));
        long at = 13 + Table(bytes.Byte(10));
        int pictures = 0;
        while (at < bytes.Length && image.Count(limits))
        {
            byte kind = bytes.Byte(at);
            switch (kind)
            {
                case 0x3B:
                    image.End = at + 1;
                    return;
                case 0x2C:
                    image.Size(bytes.Little16(at + 1) + bytes.Little16(at + 5), bytes.Little16(at + 3) + bytes.Little16(at + 7));
                    image.IsAnimated = ++pictures > 1;
                    at = SubBlocks(bytes, at + 11 + Table(bytes.Byte(at + 9)));
                    break;
                case 0x21:
                    long end = SubBlocks(bytes, at + 2);
                    if (Block(bytes, at, end) is { } block) image.Blocks.Add(block);
                    at = end;
                    break;
                case 0:
                    // Writers leave empty sub-blocks too many; readers pass over them.
                    at++;
                    break;
                default:
                    image.End = at;
                    return;
            }
        }
    }

    private static long Table(byte packed) => (packed & 0x80) == 0 ? 0 : 3L << ((packed & 7) + 1);

    private static long SubBlocks(ImageBytes bytes, long at)
    {
        while (at < bytes.Length && bytes.Byte(at) is > 0 and var size) at += size + 1;
        return Math.Min(at + 1, bytes.Length);
    }

    private static ImageBlock? Block(ImageBytes bytes, long at, long end)
    {
        switch (bytes.Byte(at + 1))
        {
            case 0xF9:
                return null;
            case 0xFE:
                return new ImageBlock("comment", at, end, ImageBlockUse.Metadata, at + 2);
            case 0xFF when bytes.Starts(at + 3, "NETSCAPE2.0"u8) || bytes.Starts(at + 3, "ANIMEXTS1.0"u8) || bytes.Starts(at + 3, "ICCRGBG1012"u8):
                return new ImageBlock("application", at, end, ImageBlockUse.Display, at + 14);
            case 0xFF:
                return new ImageBlock(bytes.Starts(at + 3, "XMP Data"u8) ? "XMP" : "application", at, end, ImageBlockUse.Metadata, at + 2);
            case 0x01:
                return new ImageBlock("plain text", at, end, ImageBlockUse.Display, at + 2);
            default:
                return new ImageBlock("extension", at, end, ImageBlockUse.Metadata, at + 2);
        }
    }
}

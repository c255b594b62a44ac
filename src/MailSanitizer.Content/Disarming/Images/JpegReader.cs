namespace MailSanitizer.Content.Disarming.Images;

/// <summary>JPEG (ITU-T T.81, annex B): marker segments with their length, and scans that end at the next marker. Forgiving as decoders are: what stands between segments is passed over.</summary>
internal static class JpegReader
{
    private const byte EndOfImage = 0xD9;
    private const byte StartOfScan = 0xDA;
    private const byte Comment = 0xFE;

    public static void Read(ImageBytes bytes, ImageStructure image, Limits limits)
    {
        long at = 2;
        while (image.Count(limits))
        {
            long mark = Marker(bytes, at);
            if (mark < 0) return;
            if (mark - at > 1) image.Blocks.Add(new ImageBlock("bytes between segments", at, mark - 1, ImageBlockUse.Metadata, at));
            byte code = bytes.Byte(mark);
            at = mark + 1;
            if (code == EndOfImage)
            {
                image.End = at;
                return;
            }

            if (code is 0x01 or 0xD8 or (>= 0xD0 and <= 0xD7)) continue;
            long end = at + bytes.Big16(at);
            if (end < at + 2 || end > bytes.Length) return;
            if (code is >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC)) image.Size(bytes.Big16(at + 5), bytes.Big16(at + 3));
            else if (code is (>= 0xE0 and <= 0xEF) or Comment) image.Blocks.Add(Block(bytes, code, mark - 1, end, image));
            at = end;
            if (code != StartOfScan) continue;
            image.Passes++;
            at = EndOfScan(bytes, at);
        }
    }

    /// <summary>The place of the next marker's code byte, or -1.</summary>
    private static long Marker(ImageBytes bytes, long at)
    {
        while ((at = bytes.Find(0xFF, at, bytes.Length)) >= 0)
        {
            while (bytes.Byte(at) == 0xFF && at < bytes.Length) at++;
            if (at >= bytes.Length) return -1;
            if (bytes.Byte(at) != 0) return at;
        }

        return -1;
    }

    // In a scan FF is followed by 00 (stuffed), by a restart marker, or by the marker that ends it (B.1.1.5).
    private static long EndOfScan(ImageBytes bytes, long at)
    {
        while ((at = bytes.Find(0xFF, at, bytes.Length)) >= 0)
        {
            byte next = bytes.Byte(at + 1);
            if (next is not (0 or 0xFF or (>= 0xD0 and <= 0xD7))) return at;
            at += next == 0xFF ? 1 : 2;
        }

        return bytes.Length;
    }

    private static ImageBlock Block(ImageBytes bytes, byte code, long start, long end, ImageStructure image)
    {
        long body = start + 4;
        bool Is(ReadOnlySpan<byte> word) => bytes.Starts(body, word);
        (string name, ImageBlockUse use) = code switch
        {
            Comment => ("comment", ImageBlockUse.Metadata),
            0xE0 => ("JFIF", ImageBlockUse.Display),
            0xE1 when Is("Exif\0"u8) => ("EXIF", ImageBlockUse.Metadata),
            0xE1 when Is("http://ns.adobe.com/x"u8) => ("XMP", ImageBlockUse.Metadata),
            0xE2 when Is("ICC_PROFILE\0"u8) => ("ICC", ImageBlockUse.Display),
            0xE2 when Is("MPF\0"u8) => ("MPF", ImageBlockUse.Metadata),
            0xED when Is("Photoshop"u8) => ("IPTC", ImageBlockUse.Metadata),
            0xEE when Is("Adobe"u8) => ("Adobe", ImageBlockUse.Display),
            _ => ($"APP{code - 0xE0}", ImageBlockUse.Metadata),
        };
        if (name == "EXIF")
        {
            Exif.Read(bytes, body + 6, end, image);
            if (Exif.IsOnly(bytes, body + 6, end)) use = ImageBlockUse.Display;
        }

        return new ImageBlock(name, start, end, use, body);
    }
}

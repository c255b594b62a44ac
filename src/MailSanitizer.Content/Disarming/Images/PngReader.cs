namespace MailSanitizer.Content.Disarming.Images;

/// <summary>PNG (W3C, third edition): chunks of length, type, content and CRC, the last of them IEND.</summary>
internal static class PngReader
{
    public static void Read(ImageBytes bytes, ImageStructure image, Limits limits)
    {
        long at = 8;
        while (bytes.Has(at, 12) && image.Count(limits))
        {
            uint length = bytes.Big32(at);
            string type = System.Text.Encoding.Latin1.GetString(bytes.At(at + 4, 4));
            long body = at + 8, end = body + length + 4;
            if (!type.All(char.IsAsciiLetter))
            {
                image.End = at;
                return;
            }

            if (length > int.MaxValue || end > bytes.Length) return;
            switch (type)
            {
                case "IHDR": image.Size(bytes.Big32(body), bytes.Big32(body + 4)); break;
                case "acTL": image.IsAnimated = true; break;
                case "IEND":
                    image.End = end;
                    return;
            }

            if (Use(type) is { } use) image.Blocks.Add(Block(bytes, type, at, end, use, image));
            at = end;
        }
    }

    // Critical chunks, and what changes how the picture looks, are no blocks: nothing but their own format can stand in them.
    private static ImageBlockUse? Use(string type) => type switch
    {
        "IHDR" or "PLTE" or "IDAT" or "CgBI" or "tRNS" or "gAMA" or "cHRM" or "sRGB" or "sBIT" or "cICP" or "mDCV" or "mDCv" or "cLLI" or "cLLi" or "acTL" or "fcTL" or "fdAT" => null,
        "iCCP" or "pHYs" or "bKGD" or "hIST" or "sPLT" => ImageBlockUse.Display,
        _ => ImageBlockUse.Metadata,
    };

    private static ImageBlock Block(ImageBytes bytes, string type, long start, long end, ImageBlockUse use, ImageStructure image)
    {
        long body = start + 8, stop = end - 4;
        switch (type)
        {
            case "eXIf":
                Exif.Read(bytes, body, stop, image);
                return new ImageBlock("EXIF", start, end, Exif.IsOnly(bytes, body, stop) ? ImageBlockUse.Display : use, body);
            case "zTXt" or "iCCP":
                long packed = bytes.Find(0, body, stop);
                return packed < 0 ? new ImageBlock(type, start, end, use, body) : new ImageBlock(Named(bytes, type, body), start, end, use, packed + 2, IsPacked: true);
            case "iTXt":
                long keyword = bytes.Find(0, body, stop);
                bool isPacked = keyword >= 0 && bytes.Byte(keyword + 1) == 1;
                if (!isPacked) return new ImageBlock(Named(bytes, type, body), start, end, use, body);
                long language = bytes.Find(0, keyword + 3, stop);
                long translated = language < 0 ? -1 : bytes.Find(0, language + 1, stop);
                return new ImageBlock(Named(bytes, type, body), start, end, use, translated < 0 ? body : translated + 1, IsPacked: translated >= 0);
            default:
                return new ImageBlock(type is "tEXt" ? Named(bytes, type, body) : type, start, end, use, body);
        }
    }

    private static string Named(ImageBytes bytes, string type, long body) => bytes.Starts(body, "XML:com.adobe.xmp"u8) ? "XMP" : type is "iCCP" ? "ICC" : "text";
}

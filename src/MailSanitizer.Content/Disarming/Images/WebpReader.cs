namespace MailSanitizer.Content.Disarming.Images;

/// <summary>WebP (RFC 9649): a RIFF file of chunks.</summary>
internal static class WebpReader
{
    /// <summary>Where the flags of the extended header stand (RFC 9649, 2.7.1.2), when there is one.</summary>
    public const int Flags = 20;

    public static void Read(ImageBytes bytes, ImageStructure image, Limits limits)
    {
        long stop = 8L + bytes.Little32(4);
        if (stop > bytes.Length) stop = bytes.Length;
        else image.End = stop;
        long at = 12;
        while (at + 8 <= stop && image.Count(limits))
        {
            long body = at + 8;
            uint length = bytes.Little32(at + 4);
            long end = Math.Min(body + length + (length & 1), stop);
            if (bytes.Starts(at, "VP8X"u8))
            {
                image.Size(1 + (bytes.Little32(body + 4) & 0xFFFFFF), 1 + (bytes.Little32(body + 6) >> 8));
                image.IsAnimated = (bytes.Byte(body) & 2) != 0;
            }
            else if (bytes.Starts(at, "VP8 "u8))
            {
                image.Size(bytes.Little16(body + 6) & 0x3FFF, bytes.Little16(body + 8) & 0x3FFF);
            }
            else if (bytes.Starts(at, "VP8L"u8))
            {
                image.IsLossless = true;
                uint bits = bytes.Little32(body + 1);
                image.Size(1 + (bits & 0x3FFF), 1 + ((bits >> 14) & 0x3FFF));
            }
            else if (bytes.Starts(at, "ANMF"u8))
            {
                image.IsAnimated = true;
            }
            else if (bytes.Starts(at, "EXIF"u8))
            {
                long exif = bytes.Starts(body, "Exif\0\0"u8) ? body + 6 : body;
                Exif.Read(bytes, exif, end, image);
                image.Blocks.Add(new ImageBlock("EXIF", at, end, Exif.IsOnly(bytes, exif, body + length) ? ImageBlockUse.Display : ImageBlockUse.Metadata, body));
            }
            else if (!bytes.Starts(at, "ALPH"u8) && !bytes.Starts(at, "ANIM"u8))
            {
                bool colour = bytes.Starts(at, "ICCP"u8);
                image.Blocks.Add(new ImageBlock(colour ? "ICC" : bytes.Starts(at, "XMP "u8) ? "XMP" : "chunk", at, end, colour ? ImageBlockUse.Display : ImageBlockUse.Metadata, body));
            }

            at = end;
        }
    }
}

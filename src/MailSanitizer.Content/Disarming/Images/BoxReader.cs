namespace MailSanitizer.Content.Disarming.Images;

/// <summary>Images in boxes (ISO/IEC 14496-12: HEIF, AVIF, CR3; JPEG 2000, JPEG XL): each with its length and type, one behind the other.</summary>
internal static class BoxReader
{
    private const int Describing = 1024 * 1024;

    public static void Read(ImageBytes bytes, ImageStructure image, Limits limits)
    {
        // A bare code stream (JPEG XL, JPEG 2000) has no boxes and tells no end.
        if (!bytes.Starts(4, "ftyp"u8) && !bytes.Starts(4, "jP  "u8) && !bytes.Starts(4, "JXL "u8)) return;
        long at = 0;
        while (bytes.Has(at, 8) && image.Count(limits))
        {
            long size = bytes.Big32(at);
            if (size == 1) size = (long)Math.Min(bytes.Big64(at + 8), long.MaxValue / 2);
            else if (size == 0 && bytes.Starts(at + 4, "mdat"u8)) return;
            if (size < 8 || at + size > bytes.Length || bytes.At(at + 4, 4).ContainsAnyExceptInRange((byte)' ', (byte)'~'))
            {
                image.End = at;
                return;
            }

            if (bytes.Starts(at + 4, "meta"u8)) Sizes(bytes.At(at, (int)Math.Min(size, Describing)), "ispe"u8, 8, image, isHeightFirst: false);
            if (bytes.Starts(at + 4, "jp2h"u8)) Sizes(bytes.At(at, (int)Math.Min(size, Describing)), "ihdr"u8, 4, image, isHeightFirst: true);
            at += size;
        }

        if (!image.IsCut) image.End = at;
    }

    // The boxes that tell a size stand at known depths and have a fixed form; to find their type is enough for a limit.
    private static void Sizes(ReadOnlySpan<byte> box, ReadOnlySpan<byte> type, int from, ImageStructure image, bool isHeightFirst)
    {
        for (int next; (next = box.IndexOf(type)) >= 0 && next + from + 8 <= box.Length; box = box[(next + 4)..])
        {
            uint first = System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(box[(next + from)..]);
            uint second = System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(box[(next + from + 4)..]);
            if (isHeightFirst) image.Size(second, first);
            else image.Size(first, second);
        }
    }
}

namespace MailSanitizer.Content.Disarming.Images;

/// <summary>The few things of EXIF (a TIFF inside of an image) that matter here, and the smallest EXIF that only turns the picture.</summary>
internal static class Exif
{
    private const int OrientationTag = 0x0112;
    private const int PlaceTag = 0x8825;

    /// <summary>Reads how the picture is turned and whether a place is in it; the first directory only, which is where both stand (EXIF 2.32, 4.6.4).</summary>
    public static void Read(ImageBytes bytes, long at, long end, ImageStructure image)
    {
        bool little = bytes.Starts(at, "II"u8);
        if (!little && !bytes.Starts(at, "MM"u8)) return;
        ushort Two(long place) => little ? bytes.Little16(place) : bytes.Big16(place);
        long directory = at + (little ? bytes.Little32(at + 4) : bytes.Big32(at + 4));
        int count = Two(directory);
        for (int entry = 0; entry < count && directory + 14 + (12L * entry) <= end; entry++)
        {
            long place = directory + 2 + (12L * entry);
            int tag = Two(place);
            if (tag == OrientationTag && Two(place + 8) is >= 1 and <= 8 and var turned) image.Orientation = turned;
            if (tag == PlaceTag) image.HasPlace = true;
        }
    }

    /// <summary>An EXIF of one directory with one tag.</summary>
    public static byte[] Only(int orientation) => [.. "MM\0*"u8, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, (byte)orientation, 0, 0, 0, 0, 0, 0];

    /// <summary>True for what <see cref="Only"/> wrote.</summary>
    public static bool IsOnly(ImageBytes bytes, long at, long end) => bytes.At(at, (int)Math.Min(64, end - at)) is { Length: 26 } all && all.SequenceEqual(Only(all[19]));
}

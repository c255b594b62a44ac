using MailSanitizer.Content.Formats.Pdf;
using SkiaSharp;

namespace MailSanitizer.Content.Disarming.Pdf;

/// <summary>
/// Pictures on the pages of a PDF, looked at for QR codes: JPEG, and plain samples behind Flate and its kin. Fax, JBIG2 and JPEG 2000 pictures (scans) and codes that are
/// drawn by lines are not looked at.
/// </summary>
internal static class PdfPictures
{
    /// <summary>Pictures of one file that are looked at (count). A mail that leads its reader by a code shows it on its first pages.</summary>
    public const int Most = 40;

    public static void Look(PdfFile file, IEnumerable<PdfStream> pictures, IWalkContext context)
    {
        foreach (PdfStream picture in pictures)
        {
            int width = Whole(file, picture, "Width", "W"), height = Whole(file, picture, "Height", "H");
            if (Math.Min(width, height) < QrPictures.SmallestSide || (long)width * height > context.Limits.ImageQrPixels) continue;
            string place = $"object {picture.Number}";
            if (!QrPictures.MayLook(context, place)) return;
            QrPictures.Look(() => Brightness(file, picture, width, height, context.Limits), place, context);
        }
    }

    private static (byte[] Bytes, int Width, int Height)? Brightness(PdfFile file, PdfStream picture, int width, int height, Limits limits)
    {
        using Stream? plain = PdfFilters.Decode(file, picture.Dictionary, file.OpenRaw(picture), out string? unknown, out Stream packed);
        if (plain is null)
        {
            using (packed)
            {
                if (unknown is not ("DCTDecode" or "DCT") || Read(packed, limits.ImageDecodeBytes) is not { } jpeg) return null;
                using SKData data = SKData.CreateCopy(jpeg);
                return QrPictures.Brightness(data, isJpeg: true, limits);
            }
        }

        bool mask = (file.Resolve(picture.Dictionary["ImageMask"]) as PdfPlain)?.Text == "true";
        int bits = mask ? 1 : Whole(file, picture, "BitsPerComponent", "BPC");
        (int each, bool indexed) = mask ? (1, false) : Components(file, file.Resolve(picture.Dictionary["ColorSpace"]) ?? file.Resolve(picture.Dictionary["CS"]));
        if (each is not (1 or 3) || bits is not (1 or 2 or 4 or 8) || (each == 3 && bits != 8)) return null;
        int row = ((width * each * bits) + 7) / 8;
        if ((long)row * height > limits.ImageDecodeBytes || Read(plain, row * height) is not { } samples || samples.Length < row * height) return null;
        return each == 3 ? QrPictures.Grey(samples, row, width, height, 3, limits) : QrPictures.Grey(Spread(samples, row, width, height, bits, indexed), width, width, height, 1, limits);
    }

    // One byte a sample. Of a palette only "the same colour as the first corner, or another" is asked.
    private static byte[] Spread(byte[] samples, int row, int width, int height, int bits, bool indexed)
    {
        byte[] grey = new byte[width * height];
        int most = (1 << bits) - 1;
        int first = samples[0] >> (8 - bits);
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                int bit = x * bits;
                int sample = (samples[(y * row) + (bit >> 3)] >> (8 - bits - (bit & 7))) & most;
                grey[(y * width) + x] = indexed ? sample == first ? (byte)255 : (byte)0 : (byte)(sample * 255 / most);
            }
        }

        return grey;
    }

    private static (int Each, bool Indexed) Components(PdfFile file, PdfValue? space)
    {
        string name = space switch { PdfName one => one.Text, PdfArray { Items.Count: > 0 } array => (file.Resolve(array.Items[0]) as PdfName)?.Text ?? "", _ => "" };
        switch (name)
        {
            case "DeviceGray" or "CalGray" or "G": return (1, false);
            case "DeviceRGB" or "CalRGB" or "RGB": return (3, false);
            case "Indexed" or "I": return (1, true);
            case "ICCBased" when space is PdfArray { Items.Count: > 1 } profile && file.ResolveDictionary(profile.Items[1]) is { } dictionary:
                return file.Resolve(dictionary["N"]) is PdfPlain { Whole: { } count } && count is 1 or 3 ? ((int)count, false) : (0, false);
            default: return (0, false);
        }
    }

    private static int Whole(PdfFile file, PdfStream picture, string key, string shortKey) =>
        (file.Resolve(picture.Dictionary[key]) ?? file.Resolve(picture.Dictionary[shortKey])) is PdfPlain { Whole: { } whole } ? (int)Math.Clamp(whole, 0, int.MaxValue / 64) : 0;

    // As much as there is, up to a limit; broken data gives what stands before the break, as readers show it.
    private static byte[]? Read(Stream from, int most)
    {
        using MemoryStream read = new();
        byte[] buffer = new byte[64 * 1024];
        try
        {
            for (int got; read.Length < most && (got = from.Read(buffer.AsSpan(0, (int)Math.Min(buffer.Length, most - read.Length)))) > 0;) read.Write(buffer, 0, got);
        }
        catch (InvalidDataException)
        {
            return read.ToArray();
        }

        return read.ToArray();
    }
}

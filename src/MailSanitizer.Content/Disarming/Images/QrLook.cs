using SkiaSharp;

namespace MailSanitizer.Content.Disarming.Images;

/// <summary>Looks for QR codes in an image; their links are facts of source <c>qr</c>.</summary>
internal static class QrLook
{
    // A code has 21 modules a side and needs a margin; below a pixel each nobody reads it.
    private const int SmallestSide = 25;
    private const int MostPasses = 16;

    /// <summary>Looks, within the limits of pixels and of the message's processor time.</summary>
    public static void Look(PartBytes part, ImageStructure image, IWalkContext context)
    {
        if (image.Format is not ("jpeg" or "png" or "gif" or "webp" or "bmp") || Math.Min(image.Width, image.Height) < SmallestSide) return;
        Limits limits = context.Limits;
        if (image.Pixels > (image.Format == "jpeg" ? limits.ImageDecodePixels : limits.ImageQrPixels) || image.Passes > MostPasses || part.Length > limits.ImageDecodeBytes)
        {
            context.Report(QrFindings.QrNotLooked, "", $"{image.Width} by {image.Height} pixels");
            return;
        }

        if (!context.ChargeLures(TimeSpan.Zero))
        {
            context.Report(QrFindings.QrNotLooked, "", "processor time");
            return;
        }

        TimeSpan start = context.Cpu;
        bool isComplete = true;
        IReadOnlyList<string> texts = [];
        int corners = 0;
        if (Brightness(part, image, limits) is { } picture)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            texts = QrReader.Read(picture.Bytes, picture.Width, picture.Height, () =>
            {
                context.Cancellation.ThrowIfCancellationRequested();
                return ++corners <= limits.ImageQrCorners && ((corners & 7) != 0 || (context.Cpu - start).TotalMilliseconds < limits.ImageQrMilliseconds);
            }, out isComplete);
        }

        context.ChargeLures(context.Cpu - start);
        if (!isComplete) context.Report(QrFindings.QrNotLooked, "", "more that looks like a code than the limit");
        foreach (string text in texts)
        {
            if (QrReader.Link(text) is { } link) LureReporting.Code(QrFindings.QrCode, link, "", context);
        }
    }

    /// <summary>How bright the picture is on white paper, made smaller where it is large; null when it cannot be decoded.</summary>
    private static (byte[] Bytes, int Width, int Height)? Brightness(PartBytes part, ImageStructure image, Limits limits)
    {
        using SKData? data = ImageEncoder.Load(part);
        using SKCodec? codec = data is null ? null : SKCodec.Create(data);
        if (codec is null) return null;
        SKSizeI size = codec.Info.Size;
        long pixels = (long)size.Width * size.Height;
        if (image.Format == "jpeg" && pixels > limits.ImageQrLook) size = codec.GetScaledDimensions((float)Math.Sqrt((double)limits.ImageQrLook / pixels));
        if (size.Width < SmallestSide || size.Height < SmallestSide || (long)size.Width * size.Height > limits.ImageQrPixels) return null;
        SKImageInfo info = new(size.Width, size.Height, codec.Info.ColorType is SKColorType.Gray8 ? SKColorType.Gray8 : SKColorType.Bgra8888, codec.Info.AlphaType is SKAlphaType.Opaque ? SKAlphaType.Opaque : SKAlphaType.Premul);
        using SKBitmap bitmap = new();
        if (!bitmap.TryAllocPixels(info)) return null;
        bitmap.Erase(SKColors.Transparent);
        if (codec.GetPixels(info, bitmap.GetPixels()) is not (SKCodecResult.Success or SKCodecResult.IncompleteInput)) return null;
        int smaller = 1;
        while ((long)(size.Width / smaller) * (size.Height / smaller) > limits.ImageQrLook) smaller++;
        return (Grey(bitmap.GetPixelSpan(), bitmap.RowBytes, info, smaller), size.Width / smaller, size.Height / smaller);
    }

    private static byte[] Grey(ReadOnlySpan<byte> pixels, int row, SKImageInfo info, int smaller)
    {
        int width = info.Width / smaller, height = info.Height / smaller, each = info.BytesPerPixel;
        byte[] grey = new byte[width * height];
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                int sum = 0;
                for (int below = 0; below < smaller; below++)
                {
                    ReadOnlySpan<byte> line = pixels.Slice((((y * smaller) + below) * row) + (x * smaller * each), smaller * each);
                    for (int at = 0; at < line.Length; at += each)
                        sum += each == 1 ? line[at] : (((line[at] * 29) + (line[at + 1] * 150) + (line[at + 2] * 77)) >> 8) + 255 - line[at + 3];
                }

                grey[(y * width) + x] = (byte)Math.Min(255, sum / (smaller * smaller));
            }
        }

        return grey;
    }
}

using SkiaSharp;

namespace MailSanitizer.Content.Disarming;

/// <summary>Pictures, made to brightness and small enough, and looked at for QR codes within the message's processor time.</summary>
internal static class QrPictures
{
    /// <summary>A code has 21 modules a side and needs a margin; below a pixel each nobody reads it.</summary>
    public const int SmallestSide = 25;

    private const int MostPasses = 16;

    /// <summary>True while the message's processor time lasts; else says so.</summary>
    public static bool MayLook(IWalkContext context, string place)
    {
        if (context.ChargeLures(TimeSpan.Zero)) return true;
        context.Report(QrFindings.QrNotLooked, place, "processor time");
        return false;
    }

    /// <summary>Makes the picture by <paramref name="make"/>, looks at it, says what it finds.</summary>
    public static void Look(Func<(byte[] Bytes, int Width, int Height)?> make, string place, IWalkContext context)
    {
        TimeSpan start = context.Cpu;
        bool isComplete = true;
        IReadOnlyList<string> texts = [];
        int corners = 0;
        if (make() is { } picture)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            texts = QrReader.Read(picture.Bytes, picture.Width, picture.Height, () =>
            {
                context.Cancellation.ThrowIfCancellationRequested();
                return ++corners <= context.Limits.ImageQrCorners && ((corners & 7) != 0 || (context.Cpu - start).TotalMilliseconds < context.Limits.ImageQrMilliseconds);
            }, out isComplete);
        }

        context.ChargeLures(context.Cpu - start);
        if (!isComplete) context.Report(QrFindings.QrNotLooked, place, "more that looks like a code than the limit");
        foreach (string text in texts)
            if (QrReader.Link(text) is { } link) LureReporting.Code(QrFindings.QrCode, link, place, context);
    }

    /// <summary>How bright an image file is on white paper, made smaller where it is large; null when it cannot be decoded.</summary>
    public static (byte[] Bytes, int Width, int Height)? Brightness(SKData data, bool isJpeg, Limits limits)
    {
        if (isJpeg && Passes(data.AsSpan()) > MostPasses) return null;
        using SKCodec? codec = SKCodec.Create(data);
        if (codec is null) return null;
        SKSizeI size = codec.Info.Size;
        long pixels = (long)size.Width * size.Height;
        if (isJpeg && pixels > limits.ImageQrLook && pixels <= limits.ImageDecodePixels) size = codec.GetScaledDimensions((float)Math.Sqrt((double)limits.ImageQrLook / pixels));
        if (size.Width < SmallestSide || size.Height < SmallestSide || (long)size.Width * size.Height > limits.ImageQrPixels) return null;
        SKImageInfo info = new(size.Width, size.Height, codec.Info.ColorType is SKColorType.Gray8 ? SKColorType.Gray8 : SKColorType.Bgra8888, codec.Info.AlphaType is SKAlphaType.Opaque ? SKAlphaType.Opaque : SKAlphaType.Premul);
        using SKBitmap bitmap = new();
        if (!bitmap.TryAllocPixels(info)) return null;
        bitmap.Erase(SKColors.Transparent);
        if (codec.GetPixels(info, bitmap.GetPixels()) is not (SKCodecResult.Success or SKCodecResult.IncompleteInput)) return null;
        return Grey(bitmap.GetPixelSpan(), bitmap.RowBytes, size.Width, size.Height, info.BytesPerPixel, limits);
    }

    /// <summary>Samples to brightness, whole numbers of them to one: 1 byte is brightness, 3 are red, green, blue, 4 are blue, green, red and cover.</summary>
    public static (byte[] Bytes, int Width, int Height) Grey(ReadOnlySpan<byte> pixels, int row, int width, int height, int each, Limits limits)
    {
        int smaller = 1;
        while ((long)(width / smaller) * (height / smaller) > limits.ImageQrLook) smaller++;
        (int across, int down) = (width / smaller, height / smaller);
        byte[] grey = new byte[across * down];
        for (int y = 0; y < down; y++)
        {
            for (int x = 0; x < across; x++)
            {
                int sum = 0;
                for (int below = 0; below < smaller; below++)
                {
                    ReadOnlySpan<byte> line = pixels.Slice((((y * smaller) + below) * row) + (x * smaller * each), smaller * each);
                    for (int at = 0; at < line.Length; at += each)
                    {
                        sum += each switch
                        {
                            1 => line[at],
                            3 => ((line[at] * 77) + (line[at + 1] * 150) + (line[at + 2] * 29)) >> 8,
                            _ => (((line[at] * 29) + (line[at + 1] * 150) + (line[at + 2] * 77)) >> 8) + 255 - line[at + 3],
                        };
                    }
                }

                grey[(y * across) + x] = (byte)Math.Min(255, sum / (smaller * smaller));
            }
        }

        return (grey, across, down);
    }

    // Start-of-scan markers: a decoder goes over the whole picture once for each.
    private static int Passes(ReadOnlySpan<byte> jpeg)
    {
        int count = 0;
        for (int at; count <= MostPasses && (at = jpeg.IndexOf<byte>([0xFF, 0xDA])) >= 0; jpeg = jpeg[(at + 2)..]) count++;
        return count;
    }
}

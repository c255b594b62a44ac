using SkiaSharp;

namespace MailSanitizer.Content.Disarming.Images;

/// <summary>Looks for QR codes in an image file.</summary>
internal static class QrLook
{
    /// <summary>Looks, within the limits of pixels and of the message's processor time.</summary>
    public static void Look(PartBytes part, ImageStructure image, IWalkContext context)
    {
        if (image.Format is not ("jpeg" or "png" or "gif" or "webp" or "bmp") || Math.Min(image.Width, image.Height) < QrPictures.SmallestSide) return;
        Limits limits = context.Limits;
        bool isJpeg = image.Format == "jpeg";
        if (image.Pixels > (isJpeg ? limits.ImageDecodePixels : limits.ImageQrPixels) || part.Length > limits.ImageDecodeBytes)
        {
            context.Report(QrFindings.QrNotLooked, "", $"{image.Width} by {image.Height} pixels");
            return;
        }

        if (!QrPictures.MayLook(context, "")) return;
        QrPictures.Look(() =>
        {
            using SKData? data = ImageEncoder.Load(part);
            return data is null ? null : QrPictures.Brightness(data, isJpeg, limits);
        }, "", context);
    }
}

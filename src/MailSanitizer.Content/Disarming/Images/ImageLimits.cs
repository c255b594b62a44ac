namespace MailSanitizer.Content;

public sealed partial record Limits
{
    /// <summary>Pixels that an image may say it has (pixels). Origin: a scan of A0 at 600 dpi has 560 million. At it: <c>image-over-limit</c>; nothing is decoded.</summary>
    public long ImagePixels { get; init; } = 1_000_000_000;

    /// <summary>Pixels of an image that is decoded for re-encoding (pixels; 4 bytes each). Origin: cameras reach 100 million. At it: the re-encoding fails and a notice comes in the image's place.</summary>
    public int ImageDecodePixels { get; init; } = 100_000_000;

    /// <summary>Pixels of an image that is decoded to look for QR codes (pixels); larger JPEGs are decoded smaller. At it: no QR code is looked for. A lure is found less, nothing is passed by it.</summary>
    public int ImageQrPixels { get; init; } = 20_000_000;

    /// <summary>Segments, chunks or records of an image that are looked at (count). At it: <c>image-over-limit</c>.</summary>
    public int ImageSegments { get; init; } = 1_000_000;
}

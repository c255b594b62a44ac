namespace MailSanitizer.Content;

public sealed partial record Limits
{
    /// <summary>Pixels that an image may say it has (pixels). Origin: a scan of A0 at 600 dpi has 560 million. At it: <c>image-over-limit</c>; nothing is decoded.</summary>
    public long ImagePixels { get; init; } = 1_000_000_000;

    /// <summary>Pixels of an image that is decoded for re-encoding (pixels; 4 bytes each of the worker's memory). Origin: telephones reach 50 million, and <c>workers.memory</c> is 512 MB. At it: the re-encoding fails and a notice comes in the image's place.</summary>
    public int ImageDecodePixels { get; init; } = 50_000_000;

    /// <summary>Bytes of an image file that is decoded (bytes). Origin: what stands in mail; they are in memory beside the pixels. At it: as at <see cref="ImageDecodePixels"/>.</summary>
    public int ImageDecodeBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>Pixels of an image that is decoded to look for QR codes (pixels); JPEGs above <see cref="ImageQrLook"/> are decoded smaller. At it: <c>qr-not-looked</c>; a lure is found less, nothing is passed by it.</summary>
    public int ImageQrPixels { get; init; } = 24_000_000;

    /// <summary>Pixels in which QR codes are looked for (pixels): a larger image is made smaller by whole numbers first. Origin: a code that a telephone reads from a screen fills a tenth of it.</summary>
    public int ImageQrLook { get; init; } = 3_000_000;

    /// <summary>Processor time for QR codes of one message (milliseconds). Origin: below that of the slow lane. At it: <c>qr-not-looked</c> for each image that is left.</summary>
    public int ImageQrMilliseconds { get; init; } = 1_500;

    /// <summary>Places in an image that look like the corner of a QR code (count); readers try combinations of them. At it: <c>qr-not-looked</c>.</summary>
    public int ImageQrCorners { get; init; } = 120;

    /// <summary>Segments, chunks or records of an image that are looked at (count). At it: <c>image-over-limit</c>.</summary>
    public int ImageSegments { get; init; } = 1_000_000;
}

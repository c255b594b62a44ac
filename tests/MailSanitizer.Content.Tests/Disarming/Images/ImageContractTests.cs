namespace MailSanitizer.Content.Tests.Disarming.Images;

public sealed class ImageContractTests : DisarmerContract
{
    public override IEnumerable<DisarmSample> Good =>
    [
        .. Pictures.All,
        new("photo.jpg", [.. Pictures.WithSegment(Pictures.Jpeg, 0xE1, Pictures.Segment(6)), .. Pictures.Jpeg]),
        new("text.png", Pictures.WithChunk(Pictures.Png, "tEXt", [.. "Software\0An editor"u8])),
        new("comment.gif", Pictures.WithComment(Pictures.Gif, "made by hand")),
        new("place.webp", Pictures.WithWebpChunk("EXIF", 8, Pictures.ExifOf(3))),
    ];

    public override IEnumerable<DisarmSample> Attacks =>
    [
        new("a.jpg", [.. Pictures.Jpeg, .. Pictures.Program]),
        new("b.jpg", Pictures.WithSegment(Pictures.Jpeg, 0xFE, [.. "<script>x()</script>"u8])),
        new("a.png", [.. Pictures.WithChunk(Pictures.Png, "zTXt", [.. "Comment\0\0"u8, .. Pictures.Zlib("<script>")]), .. Pictures.Program]),
        new("a.gif", [.. Pictures.WithComment(Pictures.Gif, "<script>x()</script>"), .. "<?php x();"u8]),
        new("a.webp", [.. Pictures.WithWebpChunk("XMP ", 4, [.. "<svg onload=x()>"u8]), .. Pictures.Program]),
        new("a.bmp", [.. Pictures.Bmp, .. Pictures.Program]),
        new("a.tif", [.. Pictures.MakeTiff("<script>x()</script>"), .. Pictures.Program]),
        new("a.ico", [.. Pictures.Icon, .. Pictures.Program]),
        new("a.heic", [.. Pictures.Heic, .. Pictures.Program]),
    ];

    public override IEnumerable<(DisarmSample Sample, Limits Limits, FindingKind Kind)> OverLimits =>
    [
        .. Pictures.All.Select(sample => (sample, Limits.Default with { ImagePixels = 0 }, Content.Disarming.Images.ImageFindings.OverPixels)),
        .. Pictures.All.Where(sample => sample.Name is not ("a.bmp" or "a.ico")).Select(sample => (sample, Limits.Default with { ImageSegments = 0 }, Content.Disarming.Images.ImageFindings.OverPixels)),
    ];
}

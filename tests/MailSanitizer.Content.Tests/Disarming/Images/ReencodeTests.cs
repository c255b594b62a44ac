using MailSanitizer.Content.Tests.PartWalking;
using SkiaSharp;

namespace MailSanitizer.Content.Tests.Disarming.Images;

/// <summary>Images made anew from their pixels, when a treatment names <c>image-reencode</c>.</summary>
public sealed class ReencodeTests
{
    private static (RebuildReport Report, byte[] Bytes) Reencode(string name, byte[] file, Limits? limits = null)
    {
        string sha256 = Disarmed.Walk(new DisarmSample(name, file)).Parts[0].Sha256;
        RebuildJob job = new() { FileName = name, Limits = limits ?? Limits.Default, Treatments = [new Treatment("", sha256, TreatmentKind.Disarm) { Also = ["image-reencode"] }] };
        (RebuildReport report, byte[] bytes, long _) = Walks.Rebuild(file, job, PartHandlers.All);
        return (report, bytes);
    }

    private static SKBitmap Decode(byte[] file) => SKBitmap.Decode(file) ?? throw new InvalidOperationException("not decoded");

    [Theory]
    [InlineData("a.jpg", SKEncodedImageFormat.Jpeg)]
    [InlineData("a.png", SKEncodedImageFormat.Png)]
    [InlineData("a.webp", SKEncodedImageFormat.Webp)]
    public void No_byte_of_the_file_stays_and_the_picture_does(string name, SKEncodedImageFormat format)
    {
        byte[] before = [.. Pictures.Encode(format, 64, 48), .. Pictures.Program];
        (RebuildReport report, byte[] after) = Reencode(name, before);
        Assert.Null(report.Failure);
        Assert.Contains(report.Done, done => done.Kind == "image-reencode" && done.Done == "made anew");
        Assert.NotEqual(before, after);
        using SKCodec codec = SKCodec.Create(new MemoryStream(after));
        Assert.Equal(format, codec.EncodedFormat);
        using SKBitmap one = Decode(before), two = Decode(after);
        Assert.Equal((64, 48), (two.Width, two.Height));
        Assert.True(one.Pixels.Zip(two.Pixels, (a, b) => Math.Abs(a.Red - b.Red) + Math.Abs(a.Green - b.Green) + Math.Abs(a.Blue - b.Blue)).Average() < 12);
        RecordingSink sink = Disarmed.Walk(new DisarmSample(name, after));
        Assert.Empty(sink.Findings);
        Assert.Equal(Path.GetExtension(name) == ".jpg" ? "jpeg" : Path.GetExtension(name)[1..], sink.Parts[0].Format);
    }

    [Theory]
    [InlineData("a.jpg")]
    [InlineData("a.png")]
    [InlineData("a.webp")]
    public void How_it_is_turned_stays_and_where_it_was_taken_goes(string name)
    {
        byte[] before = name switch
        {
            "a.jpg" => Pictures.WithSegment(Pictures.Jpeg, 0xE1, Pictures.Segment(6)),
            "a.png" => Pictures.WithChunk(Pictures.Png, "eXIf", Pictures.ExifOf(6)),
            _ => Pictures.WithWebpChunk("EXIF", 8, Pictures.ExifOf(6)),
        };
        byte[] after = Reencode(name, before).Bytes;
        Assert.Empty(Disarmed.Walk(new DisarmSample(name, after)).Findings);
        using MemoryPartBytes bytes = new(after);
        Assert.Equal(6, Content.Disarming.Images.ImageStructure.Read(bytes, name == "a.jpg" ? "jpeg" : name[2..], Limits.Default, default)!.Orientation);
        using SKCodec codec = SKCodec.Create(new MemoryStream(after));
        if (name != "a.png") Assert.Equal(SKEncodedOrigin.RightTop, codec.EncodedOrigin);
        using SKBitmap picture = Decode(after);
        Assert.Equal(Pictures.Pixels(before).Length, picture.Pixels.Length);
    }

    [Fact]
    public void Colour_space_and_transparency_stay()
    {
        using SKColorSpace wide = SKColorSpace.CreateRgb(SKColorSpaceTransferFn.Srgb, SKColorSpaceXyz.DisplayP3);
        using SKBitmap bitmap = new(new SKImageInfo(20, 20, SKColorType.Rgba8888, SKAlphaType.Unpremul, wide));
        bitmap.Erase(new SKColor(250, 10, 30, 120));
        foreach (SKEncodedImageFormat format in new[] { SKEncodedImageFormat.Png, SKEncodedImageFormat.Webp, SKEncodedImageFormat.Jpeg })
        {
            using SKData data = bitmap.Encode(format, 100);
            using SKCodec before = SKCodec.Create(new MemoryStream(data.ToArray()));
            Assert.False(before.Info.ColorSpace.IsSrgb);
            byte[] anew = Reencode(format switch { SKEncodedImageFormat.Png => "a.png", SKEncodedImageFormat.Webp => "a.webp", _ => "a.jpg" }, data.ToArray()).Bytes;
            using SKCodec after = SKCodec.Create(new MemoryStream(anew));
            Assert.True(SKColorSpace.Equal(before.Info.ColorSpace, after.Info.ColorSpace));
            if (format is SKEncodedImageFormat.Png) Assert.Equal(Pictures.Pixels(data.ToArray()), Pictures.Pixels(anew));
            if (format is SKEncodedImageFormat.Webp) Assert.InRange(Pictures.Pixels(anew)[0].Alpha, 118, 122);
        }
    }

    [Fact]
    public void A_grey_picture_stays_grey()
    {
        using SKBitmap grey = new(new SKImageInfo(16, 16, SKColorType.Gray8, SKAlphaType.Opaque));
        grey.Erase(SKColors.Gray);
        using SKData data = grey.Encode(SKEncodedImageFormat.Jpeg, 90);
        using SKCodec codec = SKCodec.Create(new MemoryStream(Reencode("a.jpg", data.ToArray()).Bytes));
        Assert.Equal(SKColorType.Gray8, codec.Info.ColorType);
    }

    [Fact]
    public void A_picture_that_moves_becomes_its_first()
    {
        byte[] moving = Pictures.WithChunk(Pictures.Png, "acTL", [0, 0, 0, 1, 0, 0, 0, 0]);
        (RebuildReport report, byte[] bytes) = Reencode("a.png", moving);
        Assert.Contains(report.Done, done => done.Done == "first picture made anew");
        Assert.Equal(Pictures.Pixels(Pictures.Png), Pictures.Pixels(bytes));
    }

    [Fact]
    public void More_pixels_than_the_limit_are_not_decoded_and_a_notice_stands_in_their_place()
    {
        (RebuildReport report, byte[] bytes) = Reencode("a.png", Pictures.MakePng(), Limits.Default with { ImageDecodePixels = 63 });
        Assert.Contains(report.Changes, change => change.Done == "disarm-failed" && change.Detail.Contains("limit", StringComparison.Ordinal));
        Assert.Equal("txt", Disarmed.Walk(new DisarmSample("a.txt", bytes)).Parts[0].Format);
    }

    [Fact]
    public void What_no_decoder_reads_becomes_a_notice()
    {
        byte[] broken = [.. Pictures.Png[..40], .. new byte[60]];
        Assert.Contains(Reencode("a.png", broken).Report.Changes, change => change.Done == "disarm-failed");
    }

    [Fact]
    public void Other_formats_are_left_alone()
    {
        foreach (DisarmSample sample in Pictures.All.Where(sample => sample.Name is not ("a.jpg" or "a.png" or "a.webp")))
            Assert.Equal(sample.Bytes, Reencode(sample.Name, sample.Bytes).Bytes);
    }
}

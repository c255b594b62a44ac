using System.Text;
using MailSanitizer.Content.Tests.PartWalking;
using SkiaSharp;

namespace MailSanitizer.Content.Tests.Disarming.Images;

/// <summary>Each thing that an image carries beside its picture, one test an item.</summary>
public sealed class ImageTests
{
    public static TheoryData<string, string> Formats => new(
        [.. Pictures.All.SelectMany(sample => new[] { "program", "zip", "script", "pdf" }.Select(hidden => (sample.Name, hidden)))]);

    private static byte[] Hidden(string what) => what switch
    {
        "program" => Pictures.Program,
        "zip" => Pictures.Zip()[..^1],
        "script" => "<script>alert(1)</script>"u8.ToArray(),
        _ => "%PDF-1.4\nno end"u8.ToArray(),
    };

    [Theory]
    [MemberData(nameof(Formats))]
    public void A_file_behind_an_image_is_found_and_cut_off(string name, string what)
    {
        DisarmSample image = Pictures.All.Single(sample => sample.Name == name);
        byte[] hidden = Hidden(what);
        byte[] file = [.. image.Bytes, .. new byte[7], .. hidden];
        Assert.True(file.AsSpan().IndexOf(hidden) > 0);
        Disarmed run = Disarmed.Run(new DisarmSample(name, file));
        Assert.Contains("file-behind-image", run.Before.Kinds);
        Assert.Contains(run.Before.Parts, part => part.Path == "behind" && part.Size == hidden.Length);
        Assert.Equal(image.Bytes, run.Bytes);
        Assert.Empty(Disarmed.Active(run.After));
    }

    [Fact]
    public void An_archive_that_ends_the_file_is_a_second_format()
    {
        RecordingSink sink = Disarmed.Walk(new DisarmSample("a.jpg", [.. Pictures.Jpeg, .. Pictures.Zip()]));
        Assert.Contains("polyglot", sink.Kinds);
        Assert.Contains("file-behind-image", sink.Kinds);
    }

    public static TheoryData<string, string> Behind => new()
    {
        { "a second picture", "jpeg" },
        { "a film", "film" },
        { "records of a camera", "samsung" },
        { "unknown", "other" },
    };

    [Theory]
    [MemberData(nameof(Behind))]
    public void What_cameras_write_behind_their_pictures_is_a_note_and_goes_when_told(string what, string kind)
    {
        byte[] behind = kind switch
        {
            "jpeg" => Pictures.WithSegment(Pictures.Jpeg, 0xE1, [.. "http://ns.adobe.com/xap/1.0/\0<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF/></x:xmpmeta>"u8]),
            "film" => [0, 0, 0, 24, .. "ftypmp42"u8, .. new byte[12], .. Sample(40_000)],
            "samsung" => [0, 0, 0x30, 0x0A, 16, 0, 0, 0, .. "MotionPhoto_Data"u8, .. Sample(40_000), .. "SEFH"u8, .. new byte[20], .. "SEFT"u8],
            _ => Sample(5_000),
        };
        byte[] file = [.. Pictures.Jpeg, .. behind];
        Disarmed run = Disarmed.Run(new DisarmSample("a.jpg", file));
        Assert.True(run.IsUnchanged);
        Assert.Contains(run.Before.Findings, finding => finding.Kind == "data-behind-image" && finding.Detail.Contains(what, StringComparison.Ordinal));
        Assert.Empty(Disarmed.Active(run.Before));
        Assert.Equal(Pictures.Jpeg, Disarmed.Run(new DisarmSample("a.jpg", file), also: ["data-behind-image"]).Bytes);
    }

    [Fact]
    public void Filling_behind_an_image_is_nothing()
    {
        foreach (DisarmSample sample in Pictures.All) Assert.DoesNotContain("data-behind-image", Disarmed.Walk(sample with { Bytes = [.. sample.Bytes, .. new byte[5_000], 13, 10] }).Kinds);
    }

    public static TheoryData<string> Scripted => new(ScriptedImages.Keys);

    private static readonly Dictionary<string, DisarmSample> ScriptedImages = new(StringComparer.Ordinal)
    {
        ["jpeg comment"] = new("a.jpg", Pictures.WithSegment(Pictures.Jpeg, 0xFE, [.. "<?PHP system($_GET[0]); ?>"u8])),
        ["jpeg exif"] = new("a.jpg", Pictures.WithSegment(Pictures.Jpeg, 0xE1, [.. Pictures.Segment(1), .. "<Script>x()</script>"u8])),
        ["jpeg xmp"] = new("a.jpg", Pictures.WithSegment(Pictures.Jpeg, 0xE1, [.. "http://ns.adobe.com/xap/1.0/\0<x><a href='javascript:x()'/></x>"u8])),
        ["jpeg between segments"] = new("a.jpg", [.. Pictures.Jpeg[..20], .. "<iframe src=x>"u8, .. Pictures.Jpeg[20..]]),
        ["jpeg javascript"] = new("a.jpg", [.. Pictures.Jpeg[..2], 0xFF, 0xE0, 0x2F, 0x2A, .. new byte[0x2F28], 0xFF, 0xFE, 0, 16, .. "*/=alert(1);/*"u8, .. Pictures.Jpeg[2..]]),
        ["png text"] = new("a.png", Pictures.WithChunk(Pictures.Png, "tEXt", [.. "Comment\0<script>x()</script>"u8])),
        ["png packed text"] = new("a.png", Pictures.WithChunk(Pictures.Png, "zTXt", [.. "Comment\0\0"u8, .. Pictures.Zlib("so <script>x()</script>")])),
        ["png international text"] = new("a.png", Pictures.WithChunk(Pictures.Png, "iTXt", [.. "Comment\0\u0001\0en\0Kommentar\0"u8, .. Pictures.Zlib("<html><body>")])),
        ["png translated keyword"] = new("a.png", Pictures.WithChunk(Pictures.Png, "iTXt", [.. "Comment\0\u0001\0en\0<script>x()</script>\0"u8, .. Pictures.Zlib("x")])),
        ["png private chunk"] = new("a.png", Pictures.WithChunk(Pictures.Png, "prVt", [.. "<script>x()</script>"u8])),
        ["gif comment"] = new("a.gif", Pictures.WithComment(Pictures.Gif, "<script>x()</script>")),
        ["webp xmp"] = new("a.webp", Pictures.WithWebpChunk("XMP ", 4, [.. "<svg onload=x()>"u8])),
        ["tiff description"] = new("a.tif", Pictures.MakeTiff("<script>x()</script>")),
    };

    [Theory]
    [MemberData(nameof(Scripted))]
    public void A_script_in_a_comment_is_found_and_gone_and_the_picture_stays(string which)
    {
        DisarmSample sample = ScriptedImages[which];
        Disarmed run = Disarmed.Run(sample);
        Assert.Contains("script-in-image", run.Before.Kinds);
        Assert.Empty(Disarmed.Active(run.After));
        string text = Encoding.Latin1.GetString(run.Bytes);
        foreach (string word in new[] { "x()", "system", "<iframe", "alert", "<html" }) Assert.DoesNotContain(word, text);
        byte[] plain = Pictures.All.Single(image => image.Name == sample.Name).Bytes;
        if (sample.Name is not ("a.tif" or "a.webp")) Assert.Equal(which is "jpeg javascript" ? sample.Bytes.Length - 18 : plain.Length, run.Bytes.Length);
        if (sample.Name != "a.tif") Assert.Equal(Pictures.Pixels(plain), Pictures.Pixels(run.Bytes));
        else Assert.Equal(sample.Bytes.Length, run.Bytes.Length);
    }

    [Theory]
    [InlineData("a.jpg")]
    [InlineData("a.png")]
    [InlineData("a.webp")]
    public void Details_of_its_making_are_a_note_and_go_when_told_but_for_how_it_is_turned(string name)
    {
        byte[] profile = [.. "ICC_PROFILE\0\u0001\u0001"u8, .. new byte[40]];
        byte[] file = name switch
        {
            "a.jpg" => Pictures.WithSegment(Pictures.WithSegment(Pictures.Jpeg, 0xE2, profile), 0xE1, Pictures.Segment(6)),
            "a.png" => Pictures.WithChunk(Pictures.WithChunk(Pictures.Png, "eXIf", Pictures.ExifOf(6)), "tIME", [7, 0, 1, 1, 1, 1, 1]),
            _ => Pictures.WithWebpChunk("EXIF", 8, Pictures.ExifOf(6)),
        };
        Assert.Equal(SKEncodedOrigin.RightTop, Turned(file));
        Disarmed kept = Disarmed.Run(new DisarmSample(name, file));
        Assert.True(kept.IsUnchanged);
        Assert.Contains(kept.Before.Findings, finding => finding.Kind == "image-metadata" && finding.Detail.Contains("EXIF", StringComparison.Ordinal) && finding.Detail.Contains("GPS position", StringComparison.Ordinal));
        Disarmed run = Disarmed.Run(new DisarmSample(name, file), also: ["image-metadata"]);
        Assert.DoesNotContain("image-metadata", run.After.Kinds);
        Assert.True(run.Bytes.AsSpan().IndexOf("X1\0\0"u8) < 0 && file.AsSpan().IndexOf("X1\0\0"u8) > 0);
        Assert.Equal(SKEncodedOrigin.RightTop, Turned(run.Bytes));
        Assert.Equal(Pictures.Pixels(file), Pictures.Pixels(run.Bytes));
        if (name == "a.jpg") Assert.True(run.Bytes.AsSpan().IndexOf("ICC_PROFILE"u8) > 0);
        Assert.True(Disarmed.Run(new DisarmSample(name, run.Bytes), also: ["image-metadata"]).IsUnchanged);
    }

    private static SKEncodedOrigin Turned(byte[] file)
    {
        // Skia does not ask a PNG: the chunk is read by hand, big or little endian, its orientation being the entry with tag 0x0112.
        if (file.AsSpan().IndexOf("eXIf"u8) is > 0 and var chunk)
        {
            int length = (file[chunk - 2] << 8) | file[chunk - 1];
            Assert.Equal(Pictures.Chunk("eXIf", file[(chunk + 4)..(chunk + 4 + length)]), file[(chunk - 4)..(chunk + 8 + length)]);
            int tag = file.AsSpan(chunk).IndexOf<byte>([0x01, 0x12, 0, 3]);
            return (SKEncodedOrigin)(tag > 0 ? file[chunk + tag + 9] : file[chunk + file.AsSpan(chunk).IndexOf<byte>([0x12, 0x01, 3, 0]) + 8]);
        }

        using SKCodec codec = SKCodec.Create(new MemoryStream(file));
        return codec.EncodedOrigin;
    }

    [Theory]
    [InlineData("a.png", 640)]
    [InlineData("a.jpg", 640)]
    [InlineData("a.gif", 1)]
    [InlineData("a.bmp", 16)]
    [InlineData("a.ico", 64)]
    [InlineData("a.webp", 640)]
    [InlineData("a.tif", 4)]
    [InlineData("a.heic", 3072)]
    public void Pixels_are_counted_from_the_header(string name, long pixels)
    {
        DisarmSample sample = Pictures.All.Single(image => image.Name == name);
        if (name == "a.png") sample = sample with { Bytes = Pictures.MakePng(32, 20) };
        Assert.DoesNotContain("image-over-limit", Disarmed.Walk(sample, Limits.Default with { ImagePixels = pixels }).Kinds);
        Assert.Contains("image-over-limit", Disarmed.Walk(sample, Limits.Default with { ImagePixels = pixels - 1 }).Kinds);
    }

    [Fact]
    public void An_image_that_claims_to_be_huge_is_over_the_limit() =>
        Assert.Contains("image-over-limit", Disarmed.Walk(new DisarmSample("a.png", Pictures.MakePng(int.MaxValue, int.MaxValue))).Kinds);

    [Fact]
    public void A_picture_cut_short_is_only_a_picture_cut_short()
    {
        foreach (DisarmSample sample in Pictures.All)
            Assert.Empty(Disarmed.Active(Disarmed.Walk(sample with { Bytes = sample.Bytes[..^5] })));
    }

    private static byte[] Sample(int length)
    {
        byte[] bytes = new byte[length];
        new Random(5).NextBytes(bytes);
        return bytes;
    }
}

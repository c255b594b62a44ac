using System.Text;
using MailSanitizer.Content.Tests.PartWalking;
using QRCoder;
using SkiaSharp;

namespace MailSanitizer.Content.Tests.Disarming.Images;

/// <summary>QR codes in images: their links are facts.</summary>
public sealed class QrTests
{
    private const string Target = "https://login.evil.example/a?b=c";

    public static byte[] Code(string text, int pixels = 4)
    {
        using QRCodeData data = QRCodeGenerator.GenerateQrCode(text, QRCodeGenerator.ECCLevel.M);
        using PngByteQRCode code = new(data);
        return code.GetGraphic(pixels);
    }

    /// <summary>The code within a larger picture, turned and grown.</summary>
    private static byte[] Photo(SKEncodedImageFormat format, int width, int height, float degrees, float side, SKColor paper, params string[] texts)
    {
        using SKBitmap picture = new(width, height);
        using SKCanvas canvas = new(picture);
        canvas.Clear(paper);
        for (int at = 0; at < texts.Length; at++)
        {
            using SKBitmap code = SKBitmap.Decode(Code(texts[at]));
            using SKImage image = SKImage.FromBitmap(code);
            canvas.Save();
            canvas.Translate(width * (at + 1f) / (texts.Length + 1), height / 2f);
            canvas.RotateDegrees(degrees);
            canvas.DrawImage(image, new SKRect(-side / 2, -side / 2, side / 2, side / 2), new SKSamplingOptions(SKFilterMode.Linear));
            canvas.Restore();
        }

        using SKData data = picture.Encode(format, 80);
        return data.ToArray();
    }

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(10)]
    public void A_code_in_a_png_is_read(int pixels)
    {
        RecordingSink sink = Disarmed.Walk(new DisarmSample("a.png", Code(Target, pixels)));
        Assert.Equal([(Target, "qr")], sink.Links.Select(link => (link.Url, link.Source)));
        Assert.Contains(sink.Findings, finding => finding.Kind == "qr-code" && finding.Detail == "to login.evil.example");
    }

    [Theory]
    [InlineData("a.jpg", SKEncodedImageFormat.Jpeg, 1200, 900, 12f, 260f)]
    [InlineData("b.jpg", SKEncodedImageFormat.Jpeg, 4000, 3000, 3f, 900f)]
    [InlineData("a.webp", SKEncodedImageFormat.Webp, 800, 600, 45f, 300f)]
    [InlineData("a.png", SKEncodedImageFormat.Png, 2400, 1800, 0f, 400f)]
    public void A_code_in_a_photograph_is_read(string name, SKEncodedImageFormat format, int width, int height, float degrees, float side) =>
        Assert.Equal(Target, Assert.Single(Disarmed.Walk(new DisarmSample(name, Photo(format, width, height, degrees, side, new SKColor(180, 190, 170), Target))).Links).Url);

    [Fact]
    public void Every_code_of_a_picture_is_read()
    {
        string[] texts = ["https://a.example/", "https://b.example/", "https://c.example/"];
        byte[] picture = Photo(SKEncodedImageFormat.Png, 1000, 400, 0, 200, SKColors.White, texts);
        Assert.Equal(texts, Disarmed.Walk(new DisarmSample("a.png", picture)).Links.Select(link => link.Url).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Light_on_dark_and_dark_on_nothing_are_read()
    {
        using SKBitmap dark = SKBitmap.Decode(Code(Target));
        using SKBitmap inverted = new(dark.Width, dark.Height), clear = new(dark.Width, dark.Height);
        for (int y = 0; y < dark.Height; y++)
        {
            for (int x = 0; x < dark.Width; x++)
            {
                bool isDark = dark.GetPixel(x, y).Red < 128;
                inverted.SetPixel(x, y, isDark ? SKColors.White : SKColors.Black);
                clear.SetPixel(x, y, isDark ? SKColors.Black : SKColors.Transparent);
            }
        }

        foreach (SKBitmap picture in new[] { inverted, clear })
        {
            using SKData data = picture.Encode(SKEncodedImageFormat.Png, 100);
            Assert.Equal(Target, Assert.Single(Disarmed.Walk(new DisarmSample("a.png", data.ToArray())).Links).Url);
        }
    }

    [Theory]
    [InlineData("WIFI:S:Guests;T:WPA;P:geheim;;", null)]
    [InlineData("1234567890", null)]
    [InlineData("Seat 12, row B", null)]
    [InlineData("mailto:a@example.com", "mailto:a@example.com")]
    [InlineData("HTTPS://EVIL.EXAMPLE/A", "HTTPS://EVIL.EXAMPLE/A")]
    [InlineData("www.evil.example/a", "http://www.evil.example/a")]
    [InlineData("intent://evil.example#Intent;scheme=http;end", "intent://evil.example#Intent;scheme=http;end")]
    public void Only_what_a_telephone_opens_is_a_link(string text, string? url)
    {
        RecordingSink sink = Disarmed.Walk(new DisarmSample("a.png", Code(text)));
        Assert.Equal(url, sink.Links.SingleOrDefault()?.Url);
        Assert.Equal(url is not null, sink.Kinds.Contains("qr-code"));
    }

    [Fact]
    public void A_host_that_looks_like_another_is_noted() =>
        Assert.Contains("lookalike-link", Disarmed.Walk(new DisarmSample("a.png", Code("https://xn--80ak6aa92e.com/"))).Kinds);

    [Fact]
    public void A_code_in_a_message_and_in_a_document_is_read()
    {
        byte[] code = Code(Target);
        string mail = $"From: a@example.com\r\nMIME-Version: 1.0\r\nContent-Type: image/png; name=\"scan me.png\"\r\nContent-Transfer-Encoding: base64\r\n\r\n{Convert.ToBase64String(code, Base64FormattingOptions.InsertLineBreaks)}\r\n";
        Assert.Contains(Walks.Walk(Encoding.ASCII.GetBytes(mail), handlers: PartHandlers.All).Links, link => link is { Url: Target, Source: "qr" });
        byte[] docx = Ooxml.Packages.Docx().Relate("word/document.xml", "rId9", Ooxml.Packages.R + "/image", "media/a.png").Part("word/media/a.png", null, code).Bytes();
        Assert.Contains(Disarmed.Walk(new DisarmSample("a.docx", docx)).Links, link => link is { Url: Target, Source: "qr" });
    }

    [Fact]
    public void What_is_not_looked_at_is_said()
    {
        DisarmSample sample = new("a.png", Code(Target));
        foreach (Limits limits in new[] { Limits.Default with { ImageQrPixels = 100 }, Limits.Default with { ImageQrMilliseconds = 0 }, Limits.Default with { ImageQrCorners = 1 } })
        {
            RecordingSink sink = Disarmed.Walk(sample, limits);
            Assert.Contains("qr-not-looked", sink.Kinds);
            Assert.Empty(sink.Links);
        }
    }

    [Fact]
    public void A_thousand_corners_cost_no_more_than_the_limit_allows()
    {
        using SKBitmap picture = new(1_500, 1_500);
        using SKCanvas canvas = new(picture);
        canvas.Clear(SKColors.White);
        using SKPaint black = new() { Color = SKColors.Black }, white = new() { Color = SKColors.White };
        for (int y = 10; y < 1_460; y += 40)
        {
            for (int x = 10; x < 1_460; x += 40)
            {
                canvas.DrawRect(x, y, 28, 28, black);
                canvas.DrawRect(x + 4, y + 4, 20, 20, white);
                canvas.DrawRect(x + 8, y + 8, 12, 12, black);
            }
        }

        using SKData data = picture.Encode(SKEncodedImageFormat.Png, 100);
        Assert.Contains(Disarmed.Walk(new DisarmSample("a.png", data.ToArray())).Findings, finding => finding.Kind == "qr-not-looked" && finding.Detail.StartsWith("more that looks", StringComparison.Ordinal));
    }
}

using MailSanitizer.Content;
using MailSanitizer.Mail;
using SkiaSharp;

namespace MailSanitizer.Tests.Isolation;

/// <summary>The decoders of pictures, native code, run in the shipped worker's cage and within its memory.</summary>
public sealed class PictureTests
{
    private const string Code = "iVBORw0KGgoAAAANSUhEUgAAAEIAAABCAQAAAADLLz1FAAAAoUlEQVR4nK3SQQrEMAgFUMFtIVcR/jbg1QMeoFcJuA04kGnI2M6yrh4I+hEprmr0kogBIU1Sb0BkCfh0foifqoSb1Lt5ZP3bG+FY+ZbIBWVO2eIKPUYkndJ0aJZUM1iWkhUWTeoxiDSrWXOXSNJK/dvdGuSgmX4rooQiizgMc9uWem86k24JzOi4qwyek3/FnWeqLfXKhiziY/Trzkvv/tAHJwByxrQ24AgAAAAASUVORK5CYII=";

    private static string Picture(SKEncodedImageFormat format, int width, int height)
    {
        using SKBitmap bitmap = new(width, height);
        using SKCanvas canvas = new(bitmap);
        canvas.Clear(SKColors.Teal);
        using SKPaint paint = new() { Color = SKColors.Orange };
        canvas.DrawCircle(width / 2f, height / 2f, height / 3f, paint);
        using SKData data = bitmap.Encode(format, 80);
        return Convert.ToBase64String(data.AsSpan(), Base64FormattingOptions.InsertLineBreaks);
    }

    [Fact]
    public async Task Pictures_are_decoded_and_made_anew_inside_the_cage()
    {
        string[] pictures =
        [
            $"Content-Type: image/png\r\n{Encoding}{Code}",
            $"Content-Type: image/jpeg\r\n{Encoding}{Picture(SKEncodedImageFormat.Jpeg, 1600, 1200)}",
            $"Content-Type: image/webp\r\n{Encoding}{Picture(SKEncodedImageFormat.Webp, 640, 480)}",
        ];
        byte[] mail = System.Text.Encoding.ASCII.GetBytes(
            "From: a@example.com\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" + string.Concat(pictures.Select(picture => $"--b\r\n{picture}\r\n")) + "--b--\r\n");
        await using Pool pool = new(options => options with { Workers = 1 }, faulty: false);
        using IMailBytes original = pool.Bytes(mail);
        using WalkOutcome walk = await pool.Workers.WalkAsync(original, new WalkOrder(), default);
        Assert.Null(walk.Fault);
        Assert.Contains(walk.Result!.Links, link => link is { Url: "https://evil.example/", Source: "qr" });
        Treatment[] treatments = [.. walk.Result.Parts.Where(part => part.Path.Length > 0).Select(part => new Treatment(part.Path, part.Sha256, TreatmentKind.Disarm) { Also = ["image-reencode"] })];
        Assert.Equal(3, treatments.Length);
        using RebuiltOutcome rebuilt = await pool.Workers.RebuildAsync(original, new RebuildOrder { Treatments = treatments }, default);
        Assert.Null(rebuilt.Fault);
        Assert.Null(rebuilt.Failed);
        using WalkOutcome after = await pool.Workers.WalkAsync(rebuilt.Bytes!, new WalkOrder(), default);
        Assert.Equal(["png", "jpeg", "webp"], after.Result!.Parts.Where(part => part.Path.Length > 0).Select(part => part.Format));
        Assert.DoesNotContain(after.Result.Parts, part => treatments.Any(treatment => treatment.Sha256In == part.Sha256));
    }

    private const string Encoding = "Content-Transfer-Encoding: base64\r\n\r\n";
}

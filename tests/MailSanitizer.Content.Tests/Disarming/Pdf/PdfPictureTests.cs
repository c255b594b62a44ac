using System.Collections;
using System.Text;
using MailSanitizer.Content.Tests.PartWalking;
using QRCoder;
using SkiaSharp;

namespace MailSanitizer.Content.Tests.Disarming.Pdf;

/// <summary>QR codes in the pictures of a PDF.</summary>
public sealed class PdfPictureTests
{
    private const string Target = "https://login.evil.example/";
    private const int Scale = 3;

    private static List<BitArray> Modules()
    {
        using QRCodeData data = QRCodeGenerator.GenerateQrCode(Target, QRCodeGenerator.ECCLevel.M);
        return data.ModuleMatrix;
    }

    private static string Latin(byte[] bytes) => Encoding.Latin1.GetString(bytes);

    private static string Picture(string kind)
    {
        List<BitArray> modules = Modules();
        int side = modules.Count * Scale;
        string size = $"/Type /XObject /Subtype /Image /Width {side} /Height {side}";
        bool Dark(int y, int x) => modules[y / Scale][x / Scale];
        switch (kind)
        {
            case "jpeg" or "jpeg in flate":
                using (SKBitmap bitmap = new(new SKImageInfo(side, side, SKColorType.Gray8, SKAlphaType.Opaque)))
                {
                    for (int y = 0; y < side; y++)
                        for (int x = 0; x < side; x++) bitmap.SetPixel(x, y, Dark(y, x) ? SKColors.Black : SKColors.White);
                    using SKData data = bitmap.Encode(SKEncodedImageFormat.Jpeg, 80);
                    string jpeg = Latin(data.ToArray());
                    return kind == "jpeg" ? PdfFiles.Stream($"{size} /Filter /DCTDecode", jpeg) : PdfFiles.Stream($"{size} /Filter [/FlateDecode /DCTDecode]", PdfFiles.Zlib(jpeg));
                }

            case "one bit" or "mask" or "palette":
                byte[] bits = new byte[(side + 7) / 8 * side];
                for (int y = 0; y < side; y++)
                    for (int x = 0; x < side; x++)
                        if (!Dark(y, x)) bits[(y * ((side + 7) / 8)) + (x / 8)] |= (byte)(0x80 >> (x % 8));
                string space = kind switch { "mask" => "/ImageMask true", "palette" => "/BitsPerComponent 1 /ColorSpace [/Indexed /DeviceRGB 1 <0000FFFFFFFF>]", _ => "/BitsPerComponent 1 /ColorSpace /DeviceGray" };
                return PdfFiles.Packed($"{size} {space}", Latin(bits));
            default:
                byte[] samples = new byte[side * side * 3];
                for (int at = 0; at < side * side; at++) samples.AsSpan(at * 3, 3).Fill(Dark(at / side, at % side) ? (byte)20 : (byte)240);
                return PdfFiles.Packed($"{size} /BitsPerComponent 8 /ColorSpace /DeviceRGB", Latin(samples));
        }
    }

    [Theory]
    [InlineData("jpeg")]
    [InlineData("jpeg in flate")]
    [InlineData("one bit")]
    [InlineData("mask")]
    [InlineData("palette")]
    [InlineData("colour")]
    public void A_code_in_a_picture_of_a_page_is_read(string kind)
    {
        RecordingSink sink = Disarmed.Walk(new DisarmSample("a.pdf", PdfFiles.Document("", "", Picture(kind))));
        Assert.Contains(sink.Links, link => link is { Url: Target, Source: "qr" });
        Assert.Equal([("qr-code", "object 6")], sink.Findings.Select(finding => (finding.Kind, finding.Location)));
    }

    [Fact]
    public void The_messages_time_for_codes_is_kept()
    {
        RecordingSink sink = Disarmed.Walk(new DisarmSample("a.pdf", PdfFiles.Document("", "", Picture("colour"))), Limits.Default with { ImageQrMilliseconds = 0 });
        Assert.Empty(sink.Links);
        Assert.Contains("qr-not-looked", sink.Kinds);
    }
}

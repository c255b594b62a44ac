using BenchmarkDotNet.Attributes;
using MailSanitizer.Content;
using MailSanitizer.Content.Disarming.Images;
using SkiaSharp;

namespace MailSanitizer.Benchmarks;

/// <summary>A photograph: its structure and what is behind it, with and without the look for QR codes; cut, made anew; beside decoding alone.</summary>
[MemoryDiagnoser]
public class ImageBenchmarks
{
    private readonly PartWalker _walker = new([new ImageHandler()], new NoScratch());
    private byte[] _photo = [];
    private byte[] _hidden = [];
    private Treatment _anew = null!;
    private Treatment _cut = null!;

    /// <summary>Pixels across; three quarters of it down.</summary>
    [Params(1_600, 4_000)]
    public int Width { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        using SKBitmap bitmap = new(Width, Width * 3 / 4);
        Random random = new(3);
        using (SKCanvas canvas = new(bitmap))
        {
            canvas.Clear(SKColors.SlateGray);
            using SKPaint paint = new();
            for (int at = 0; at < 3_000; at++)
            {
                paint.Color = new SKColor((uint)random.Next() | 0xFF000000);
                canvas.DrawCircle(random.Next(Width), random.Next(Width), random.Next(Width / 20), paint);
            }
        }

        using SKData data = bitmap.Encode(SKEncodedImageFormat.Jpeg, 88);
        _photo = data.ToArray();
        _hidden = [.. _photo, .. "%PDF-1.4 hidden"u8];
        using MemoryPartBytes photo = new(_photo), hidden = new(_hidden);
        _anew = new Treatment("", photo.Sha256, TreatmentKind.Disarm) { Also = [ImageFindings.Reencode.Id] };
        _cut = new Treatment("", hidden.Sha256, TreatmentKind.Disarm);
    }

    [Benchmark(Baseline = true)]
    public int Decode()
    {
        using SKBitmap bitmap = SKBitmap.Decode(_photo);
        return bitmap.Height;
    }

    [Benchmark]
    public int Walk() => Walk(Limits.Default);

    [Benchmark]
    public int WalkWithoutCodes() => Walk(Limits.Default with { ImageQrMilliseconds = 0 });

    [Benchmark]
    public long Cut() => Rebuild(_hidden, _cut);

    [Benchmark]
    public long MakeAnew() => Rebuild(_photo, _anew);

    private int Walk(Limits limits)
    {
        CountingSink sink = new();
        using MemoryPartBytes bytes = new(_photo);
        _walker.Walk(bytes, new WalkJob { FileName = "a.jpg", Candidates = false, Send = [], Limits = limits }, sink);
        return sink.Count;
    }

    private long Rebuild(byte[] file, Treatment treatment)
    {
        CountingOutput output = new();
        using MemoryPartBytes bytes = new(file);
        _walker.Rebuild(bytes, new RebuildJob { FileName = "a.jpg", Treatments = [treatment] }, output);
        return output.Length;
    }
}

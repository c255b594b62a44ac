using System.Diagnostics;
using System.Globalization;
using System.Text;
using BenchmarkDotNet.Attributes;
using MailSanitizer.Content;
using MailSanitizer.Content.Disarming.Pdf;
using MailSanitizer.Content.Formats.Zip;

namespace MailSanitizer.Benchmarks;

/// <summary>A PDF of 15 MB and 3,000 objects, one of them JavaScript: looked at, and written anew without it; beside it qpdf, which rewrites the same file.</summary>
[MemoryDiagnoser]
[ShortRunJob]
public class PdfBenchmarks
{
    private readonly PdfHandler _handler = new();
    private byte[] _document = [];
    private string _folder = "";

    [GlobalSetup]
    public void Make()
    {
        Random random = new(1);
        MemoryStream file = new();
        List<long> offsets = [];
        Put("%PDF-1.7\n");
        Add("<< /Type /Catalog /Pages 2 0 R /OpenAction << /S /JavaScript /JS (app.alert) >> >>");
        Add($"<< /Type /Pages /Count 1499 /Kids [{string.Concat(Enumerable.Range(0, 1499).Select(page => $"{3 + (2 * page)} 0 R "))}] >>");
        byte[] data = new byte[10_200];
        for (int page = 0; page < 1499; page++)
        {
            Add($"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {4 + (2 * page)} 0 R >>");
            random.NextBytes(data);
            offsets.Add(file.Position);
            Put($"{offsets.Count} 0 obj\n<< /Length {data.Length} >>\nstream\n");
            file.Write(data);
            Put("\nendstream\nendobj\n");
        }

        long start = file.Position;
        Put($"xref\n0 {offsets.Count + 1}\n0000000000 65535 f \n");
        foreach (long offset in offsets) Put($"{offset:D10} 00000 n \n");
        Put($"trailer\n<< /Size {offsets.Count + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n");
        _document = file.ToArray();
        _folder = Directory.CreateTempSubdirectory("pdf-benchmark").FullName;
        File.WriteAllBytes(Path.Combine(_folder, "a.pdf"), _document);

        void Put(string text) => file.Write(Encoding.Latin1.GetBytes(text));

        void Add(string value)
        {
            offsets.Add(file.Position);
            Put(string.Create(CultureInfo.InvariantCulture, $"{offsets.Count} 0 obj\n{value}\nendobj\n"));
        }
    }

    [GlobalCleanup]
    public void Remove() => Directory.Delete(_folder, recursive: true);

    [Benchmark]
    public int Walk()
    {
        using MemoryPartBytes bytes = new(_document);
        CountingSink sink = new();
        new PartWalker([_handler], new NoScratch()).Walk(bytes, new WalkJob { FileName = "a.pdf", Candidates = false }, sink);
        return sink.Findings;
    }

    [Benchmark]
    public int Rebuild()
    {
        using MemoryPartBytes bytes = new(_document);
        RebuildJob job = new() { FileName = "a.pdf", Treatments = [new Treatment("", bytes.Sha256, TreatmentKind.Disarm)] };
        return new PartWalker([_handler], new NoScratch()).Rebuild(bytes, job, new StreamPartOutput(Stream.Null, bytes)).Done.Count;
    }

    [Benchmark(Baseline = true)]
    public int Qpdf()
    {
        using Process process = Process.Start(new ProcessStartInfo("qpdf", ["a.pdf", "b.pdf"]) { WorkingDirectory = _folder })!;
        process.WaitForExit();
        return process.ExitCode;
    }
}

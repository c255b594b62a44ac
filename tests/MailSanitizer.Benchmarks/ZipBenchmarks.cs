using System.Diagnostics;
using BenchmarkDotNet.Attributes;
using MailSanitizer.Content;
using MailSanitizer.Content.Formats.Zip;
using MailSanitizer.Content.Identification;

namespace MailSanitizer.Benchmarks;

/// <summary>One ZIP of 64 MB text in 8 deflated members: read to the end by us (CRC checked), tested by unzip, listed and identified.</summary>
[MemoryDiagnoser]
public class ZipBenchmarks
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"zip-benchmark-{Environment.ProcessId}.zip");
    private byte[] _archive = [];

    [GlobalSetup]
    public void Make()
    {
        using MemoryStream to = new();
        ZipWriter writer = new(new StreamPartOutput(to));
        Random random = new(1);
        for (int member = 0; member < 8; member++)
        {
            byte[] text = new byte[8 * 1024 * 1024];
            for (int i = 0; i < text.Length; i++) text[i] = (byte)(i % 61 == 60 ? '\n' : 'a' + (random.Next(26) & random.Next(26)));
            writer.Add($"member{member}.txt", new MemoryPartBytes(text));
        }

        writer.Finish();
        _archive = to.ToArray();
        File.WriteAllBytes(_path, _archive);
    }

    [GlobalCleanup]
    public void Remove() => File.Delete(_path);

    [Benchmark]
    public long Ours()
    {
        using MemoryPartBytes bytes = new(_archive);
        ZipContents zip = ZipReader.Read(bytes, Limits.Default)!;
        byte[] buffer = new byte[128 * 1024];
        long total = 0;
        foreach (ZipEntry entry in zip.Entries)
        {
            using ZipEntryStream content = zip.Open(entry, Limits.Default);
            for (int got; (got = content.Read(buffer)) > 0;) total += got;
            if (content.Problem is { } problem) throw new InvalidOperationException(problem);
        }

        return total;
    }

    /// <summary>With the start of a process, some milliseconds.</summary>
    [Benchmark(Baseline = true)]
    public int Unzip()
    {
        using Process process = Process.Start(new ProcessStartInfo("unzip", ["-tqq", _path]) { RedirectStandardOutput = true })!;
        process.WaitForExit();
        return process.ExitCode == 0 ? 0 : throw new InvalidOperationException("unzip failed");
    }

    [Benchmark]
    public string Identify()
    {
        using MemoryPartBytes bytes = new(_archive);
        return Identifier.Identify(new ChildDescription(new PartName("filename", "a.zip")), bytes, Limits.Default).Format;
    }
}

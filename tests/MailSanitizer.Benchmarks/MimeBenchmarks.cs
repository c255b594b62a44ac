using System.Security.Cryptography;
using System.Text;
using BenchmarkDotNet.Attributes;
using MailSanitizer.Content;
using MailSanitizer.Content.Mime;

namespace MailSanitizer.Benchmarks;

/// <summary>Walk and splice of a message with one base64 attachment, beside the floor they are measured against: base64 decoding and one SHA-256 a byte.</summary>
[MemoryDiagnoser]
public class MimeBenchmarks
{
    private readonly PartWalker _walker = new([new MimeHandler()], new TemporaryScratch());
    private byte[] _message = [];
    private byte[] _encoded = [];
    private Treatment _replace = null!;
    private Treatment _last = null!;

    /// <summary>Bytes of the attachment.</summary>
    [Params(6_000, 60_000, 700_000, 7_000_000)]
    public int Size { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        byte[] content = new byte[Size];
        new Random(1).NextBytes(content);
        _encoded = Encoding.ASCII.GetBytes(Convert.ToBase64String(content, Base64FormattingOptions.InsertLineBreaks));
        string head = "From: a@b.example\r\nTo: c@d.example\r\nSubject: =?UTF-8?B?5pel5pys?=\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"b\"\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nhello\r\n--b\r\nContent-Type: application/octet-stream; name=a.bin\r\nContent-Transfer-Encoding: base64\r\n\r\n";
        _message = [.. Encoding.ASCII.GetBytes(head), .. _encoded, .. "\r\n--b\r\nContent-Type: text/plain; name=n.txt\r\n\r\nsmall\r\n--b--\r\n"u8];
        _replace = new Treatment("1.2/a.bin", Convert.ToHexStringLower(SHA256.HashData(content)), TreatmentKind.Replace) { Notice = "taken out" };
        _last = new Treatment("1.3/n.txt", Convert.ToHexStringLower(SHA256.HashData("small"u8)), TreatmentKind.Replace) { Notice = "taken out" };
    }

    [Benchmark(Baseline = true)]
    public int DecodeAndHash()
    {
        byte[] decoded = new byte[Size + 3];
        System.Buffers.Text.Base64.DecodeFromUtf8(_encoded, decoded, out _, out int written);
        return SHA256.HashData(decoded.AsSpan(0, written)).Length;
    }

    [Benchmark]
    public int Walk()
    {
        CountingSink sink = new();
        _walker.Walk(new MemoryPartBytes(_message), new WalkJob(), sink);
        return sink.Count;
    }

    [Benchmark]
    public long ReplaceTheAttachment() => Rebuild(_replace);

    [Benchmark]
    public long ReplaceTheSmallPart() => Rebuild(_last);

    [Benchmark]
    public int StructureByMimeKit()
    {
        using MimeKit.MimeMessage message = MimeKit.MimeMessage.Load(new MemoryStream(_message), persistent: true);
        return message.Headers.Count;
    }

    private long Rebuild(Treatment treatment)
    {
        CountingOutput output = new();
        RebuildReport report = _walker.Rebuild(new MemoryPartBytes(_message), new RebuildJob { Treatments = [treatment] }, output);
        return report.Failure is null ? output.Length : throw new InvalidOperationException(report.Failure);
    }

    private sealed class TemporaryScratch : IScratch
    {
        public FileStream CreateUnlinked() => new(Path.GetTempFileName(), FileMode.Create, FileAccess.ReadWrite, FileShare.None, 4096, FileOptions.DeleteOnClose);
    }
}

using System.Text;
using BenchmarkDotNet.Attributes;
using MailSanitizer.Content;
using MailSanitizer.Content.Disarming.Html;

namespace MailSanitizer.Benchmarks;

/// <summary>Walk and disarm of a newsletter of tables, without and with scripts in it, beside decoding it to text.</summary>
[MemoryDiagnoser]
public class MarkupBenchmarks
{
    private readonly PartWalker _walker = new([new HtmlHandler()], new NoScratch());
    private byte[] _clean = [];
    private byte[] _active = [];
    private Treatment _disarm = null!;

    /// <summary>Rows of the table; one is about 450 bytes.</summary>
    [Params(200, 10_000)]
    public int Rows { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        const string row = "<tr><td align=\"center\" style=\"padding:10px 0;font-family:'Segoe UI',Arial,sans-serif;color:#333333\"><a href=\"https://click.example.com/?u=https%3A%2F%2Fexample.com%2F1\" target=\"_blank\"><img src=\"https://cdn.example.com/a.png\" width=\"600\" alt=\"offer\" style=\"display:block;border:0\"></a></td><td class=\"x\" width=\"50%\"><p style=\"margin:0\">いつもありがとうございます &amp; more<br>text</p></td></tr>\r\n";
        string head = "<!DOCTYPE html><html><head><meta charset=\"utf-8\"><style>td{padding:0} @media (max-width:480px){.x{width:100%}}</style></head><body><table>";
        _clean = Encoding.UTF8.GetBytes(head + string.Concat(Enumerable.Repeat(row, Rows)) + "</table></body></html>");
        _active = Encoding.UTF8.GetBytes(head + string.Concat(Enumerable.Repeat(row, Rows)) + "</table><script>alert(1)</script><p onclick=x>y</p></body></html>");
        using MemoryPartBytes bytes = new(_active);
        _disarm = new Treatment("", bytes.Sha256, TreatmentKind.Disarm);
    }

    [Benchmark(Baseline = true)]
    public int Decode() => Encoding.UTF8.GetString(_clean).Length;

    [Benchmark]
    public int Walk()
    {
        CountingSink sink = new();
        using MemoryPartBytes bytes = new(_clean);
        _walker.Walk(bytes, new WalkJob { FileName = "news.html", Candidates = false, Send = [] }, sink);
        return sink.Count;
    }

    [Benchmark]
    public long Disarm()
    {
        CountingOutput output = new();
        using MemoryPartBytes bytes = new(_active);
        _walker.Rebuild(bytes, new RebuildJob { FileName = "news.html", Treatments = [_disarm] }, output);
        return output.Length;
    }
}

using System.Text;
using BenchmarkDotNet.Attributes;
using MailSanitizer.Reception;
using MailSanitizer.Reinjection;

namespace MailSanitizer.Benchmarks;

/// <summary>Taking the dots out on arrival and putting them in on the way out, over 10 MB in pieces of 4 KB, as a pipe gives them.</summary>
[MemoryDiagnoser]
public class DotBenchmarks
{
    private const int Piece = 4096;
    private byte[] _content = [];
    private byte[] _wire = [];
    private readonly byte[] _output = new byte[2 * Piece];

    /// <summary><c>base64</c>: lines of 76 characters; <c>dots</c>: each line begins with one.</summary>
    [Params("base64", "dots")]
    public string Lines { get; set; } = "";

    [GlobalSetup]
    public void Setup()
    {
        string line = Lines == "dots" ? "." + new string('x', 75) + "\r\n" : new string('x', 76) + "\r\n";
        _content = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(line, 10_000_000 / line.Length)));
        _wire = Encoding.ASCII.GetBytes(Encoding.ASCII.GetString(_content).Replace("\r\n.", "\r\n..", StringComparison.Ordinal) + ".\r\n");
    }

    [Benchmark]
    public long Unstuff()
    {
        DataReader reader = new();
        Counter counter = new();
        for (int at = 0; at < _wire.Length; at += Piece)
        {
            if (reader.Read(_wire.AsSpan(at, Math.Min(Piece, _wire.Length - at)), counter, out _)) break;
        }

        return counter.Length;
    }

    [Benchmark]
    public long Stuff()
    {
        DotStuffer stuffer = new();
        long length = 0;
        for (int at = 0; at < _content.Length; at += Piece) length += stuffer.Write(_content.AsSpan(at, Math.Min(Piece, _content.Length - at)), _output);
        return length;
    }

    private sealed class Counter : IDataSink
    {
        public long Length { get; private set; }

        public void Write(ReadOnlySpan<byte> bytes) => Length += bytes.Length;
    }
}

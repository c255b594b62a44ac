using MailSanitizer.Content;

namespace MailSanitizer.Benchmarks;

/// <summary>No scratch: what a benchmark reads fits into memory.</summary>
internal sealed class NoScratch : IScratch
{
    public FileStream CreateUnlinked() => throw new IOException("no scratch in this benchmark");
}

/// <summary>Counts what a walk tells.</summary>
internal sealed class CountingSink : IWalkSink
{
    public int Count { get; private set; }

    public int Findings { get; private set; }

    public void Part(PartFact fact) => Count++;

    public void Finding(FindingFact fact)
    {
        Count++;
        Findings++;
    }

    public void Candidate(CandidateFact fact) => Count++;

    public void Link(LinkFact fact) => Count++;

    public void Leaf(string path, string sha256, string view, PartBytes bytes) => Count++;
}

/// <summary>Counts the bytes of a rebuild.</summary>
internal sealed class CountingOutput : IPartOutput
{
    public long Length { get; private set; }

    public void Copy(long offset, long length) => Length += length;

    public void Write(ReadOnlySpan<byte> bytes) => Length += bytes.Length;
}

using System.Text;

namespace MailSanitizer.Content.Tests.PartWalking;

/// <summary>Writes down what a walk says.</summary>
public sealed class RecordingSink : IWalkSink
{
    public List<PartFact> Parts { get; } = [];

    public List<FindingFact> Findings { get; } = [];

    public List<CandidateFact> Candidates { get; } = [];

    public List<LinkFact> Links { get; } = [];

    public List<(string Path, string Sha256, string View, byte[] Bytes)> Leaves { get; } = [];

    public IEnumerable<string> Kinds => Findings.Select(finding => finding.Kind);

    public void Part(PartFact fact) => Parts.Add(fact);

    public void Finding(FindingFact fact) => Findings.Add(fact);

    public void Candidate(CandidateFact fact) => Candidates.Add(fact);

    public void Link(LinkFact fact) => Links.Add(fact);

    public void Leaf(string path, string sha256, string view, PartBytes bytes) => Leaves.Add((path, sha256, view, bytes.ToArray(int.MaxValue)!));

    public byte[] Leaf(string path) => Leaves.Single(leaf => leaf.Path == path && leaf.View != "skeleton").Bytes;
}

/// <summary>Scratch files that go when they are closed.</summary>
public sealed class TemporaryScratch : IScratch
{
    public int Created { get; private set; }

    public FileStream CreateUnlinked()
    {
        Created++;
        return new FileStream(Path.GetTempFileName(), FileMode.Create, FileAccess.ReadWrite, FileShare.None, 4096, FileOptions.DeleteOnClose);
    }
}

/// <summary>Collects what a rebuild puts out.</summary>
public sealed class MemoryOutput(byte[] source) : IPartOutput
{
    private readonly MemoryStream _written = new();

    public long Copied { get; private set; }

    public byte[] Bytes => _written.ToArray();

    public void Copy(long offset, long length)
    {
        Copied += length;
        _written.Write(source, (int)offset, (int)length);
    }

    public void Write(ReadOnlySpan<byte> bytes) => _written.Write(bytes);
}

/// <summary>Short ways to walk and rebuild.</summary>
public static class Walks
{
    /// <summary>The message room alone: what these tests are about.</summary>
    public static IReadOnlyList<IPartHandler> MailOnly { get; } = [new Content.Mime.MimeHandler()];

    public static byte[] Mail(string text) => Encoding.Latin1.GetBytes(text.ReplaceLineEndings("\r\n"));

    public static RecordingSink Walk(byte[] message, WalkJob? job = null, IReadOnlyList<IPartHandler>? handlers = null, IScratch? scratch = null, Func<TimeSpan>? cpu = null)
    {
        RecordingSink sink = new();
        using MemoryPartBytes bytes = new(message);
        new PartWalker(handlers ?? MailOnly, scratch ?? new TemporaryScratch(), cpu).Walk(bytes, job ?? new WalkJob(), sink, TestContext.Current.CancellationToken);
        return sink;
    }

    public static (RebuildReport Report, byte[] Bytes, long Copied) Rebuild(byte[] message, RebuildJob job, IReadOnlyList<IPartHandler>? handlers = null)
    {
        MemoryOutput output = new(message);
        using MemoryPartBytes bytes = new(message);
        RebuildReport report = new PartWalker(handlers ?? MailOnly, new TemporaryScratch()).Rebuild(bytes, job, output, TestContext.Current.CancellationToken);
        return (report, output.Bytes, output.Copied);
    }

    public static RebuildJob Job(params IEnumerable<Treatment> treatments) => new() { Treatments = [.. treatments] };

    public static Treatment Treat(RecordingSink sink, string path, TreatmentKind kind, string? notice = null, string? noticeName = null) =>
        new(path, sink.Parts.Single(part => part.Path == path).Sha256, kind) { Notice = notice, NoticeName = noticeName };
}

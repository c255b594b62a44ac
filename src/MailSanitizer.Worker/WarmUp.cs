using System.Reflection;
using MailSanitizer.Content;

namespace MailSanitizer.Worker;

/// <summary>
/// One job on a small message of our own that holds each format, before the filter is loaded: what the readers load and compile on first use is
/// loaded and compiled then, and the first real message does not pay for it.
/// </summary>
internal static class WarmUp
{
    public static void Run(IContentJobs jobs, IScratch scratch)
    {
        using Stream resource = Assembly.GetExecutingAssembly().GetManifestResourceStream("probe.eml") ?? throw new InvalidOperationException("probe.eml is not embedded");
        byte[] message = new byte[resource.Length];
        resource.ReadExactly(message);
        MemoryPartBytes bytes = new(message);
        Recorder recorder = new();
        jobs.Walk(bytes, new WalkJob(), recorder);

        // Every part through its writer, too; what comes of it is of no interest.
        // Pictures through the decoder and the encoder: their native library must be loaded before the cage closes.
        Treatment[] treatments = [.. recorder.Parts.Where(part => part.Path.Length > 0).Select(part => new Treatment(part.Path, part.Sha256, TreatmentKind.Disarm) { Also = Anew })];
        _ = jobs.Rebuild(bytes, new RebuildJob { Treatments = treatments }, new Nowhere());
        _ = WorkerShapes.Write(recorder.Parts[0], WorkerShapes.Default.PartFact);
        using FileStream file = scratch.CreateUnlinked();
        file.Write(message);
    }

    private static readonly string[] Anew = ["image-reencode"];

    private sealed class Recorder : IWalkSink
    {
        public List<PartFact> Parts { get; } = [];

        public void Part(PartFact fact) => Parts.Add(fact);

        public void Finding(FindingFact fact)
        {
        }

        public void Candidate(CandidateFact fact)
        {
        }

        public void Link(LinkFact fact)
        {
        }

        public void Leaf(string path, string sha256, string view, PartBytes bytes)
        {
        }
    }

    private sealed class Nowhere : IPartOutput
    {
        public void Copy(long offset, long length)
        {
        }

        public void Write(ReadOnlySpan<byte> bytes)
        {
        }
    }
}

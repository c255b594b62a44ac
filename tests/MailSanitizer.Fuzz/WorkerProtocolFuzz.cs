using System.Text.Json.Serialization.Metadata;
using MailSanitizer.Content;
using MailSanitizer.Isolation;
using MailSanitizer.Mail;

namespace MailSanitizer.Fuzz;

/// <summary>What a worker sends is read as hostile: any bytes give facts within their bounds, or the one exception that ends the worker.</summary>
public static class WorkerProtocolFuzz
{
    private static readonly Spool Space = new(Path.Combine(Path.GetTempPath(), $"mailsanitizer-fuzz-{Environment.ProcessId}"));
    private static readonly byte[] Message = "Subject: fuzz\r\n\r\nbody\r\n"u8.ToArray();
    private static readonly string Hash = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Message));
    private static readonly string BodyHash = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData("body"u8));
    private static readonly Limits Small = new() { Parts = 50, Findings = 50, Links = 50 };

    public static FuzzTarget Frames { get; } = new("worker-frames", [Walked(), Rebuilt(), Told()], input =>
    {
        WorkerFrameReader reader = new(new Slow(input));
        try
        {
            long bytes = 0;
            while (reader.Read() is { } frame)
            {
                bytes += frame.Cost;
                if (bytes > input.Length) throw new InvalidOperationException("more bytes than came");
                Shape(frame);
            }
        }
        catch (WorkerProtocolException)
        {
            // What it promises for bytes that are no frames.
        }
    });

    public static FuzzTarget Walk { get; } = new("worker-walk", [Walked(), Rebuilt()], input =>
    {
        using IMailBytes original = Original();
        using UntrustedWalk walk = new(original, new WalkOrder { Limits = Small }, Space);
        if (!Feed(input, walk)) return;
        using WalkResult result = walk.Result();
        HashSet<string> paths = [.. result.Parts.Select(part => part.Path)];
        if (result.Parts[0].Sha256 != Hash || paths.Count != result.Parts.Count) throw new InvalidOperationException("parts");
        if (result.Parts.Any(part => part.Names.Any(name => name is null) || part.Formats.Any(format => format is null))) throw new InvalidOperationException("null");
        if (result.Findings.Any(finding => FindingKinds.Find(finding.Kind) is null || !paths.Contains(finding.Path))) throw new InvalidOperationException("findings");
        foreach (ScanItem leaf in result.Leaves)
        {
            using Stream stream = leaf.Bytes.OpenRead();
            if (Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(stream)) != leaf.Sha256) throw new InvalidOperationException("leaf");
        }
    });

    public static FuzzTarget Rebuild { get; } = new("worker-rebuild", [Rebuilt(), Walked()], input =>
    {
        using IMailBytes original = Original();
        using UntrustedRebuild rebuild = new(original, new RebuildOrder { Treatments = [], Limits = Small }, Space);
        if (!Feed(input, rebuild)) return;
        using RebuiltOutcome outcome = rebuild.Result();
        if (outcome.Failed is null == outcome.Bytes is null) throw new InvalidOperationException("outcome");
    });

    private static bool Feed(byte[] input, UntrustedJob job)
    {
        WorkerFrameReader reader = new(new MemoryStream(input));
        WorkerCredit credit = new();
        try
        {
            while (reader.Read() is { } frame)
            {
                _ = credit.Received(frame.Cost);
                if (frame.Type == WorkerFrameType.Credit)
                {
                    credit.Granted(frame);
                }
                else if (frame.Type == WorkerFrameType.Done)
                {
                    job.Finish(WorkerShapes.Read(frame, WorkerShapes.Default.JobDone));
                    return true;
                }
                else
                {
                    job.Take(frame);
                }
            }
        }
        catch (WorkerProtocolException)
        {
            // What ends the worker.
        }

        return false;
    }

    private static void Shape(in WorkerFrame frame)
    {
        WorkerShapes shapes = WorkerShapes.Default;
        switch (frame.Type)
        {
            case WorkerFrameType.Hello: _ = WorkerShapes.Read(frame, shapes.WorkerHello).Cage?.ToString(); break;
            case WorkerFrameType.Fault: _ = WorkerShapes.Read(frame, shapes.WorkerFault); break;
            case WorkerFrameType.JobStart: _ = WorkerShapes.Read(frame, shapes.JobStart); break;
            case WorkerFrameType.Password: _ = WorkerShapes.Read(frame, shapes.Password); break;
            case WorkerFrameType.Treatment: _ = WorkerShapes.Read(frame, shapes.Treatment); break;
            case WorkerFrameType.Banner: _ = WorkerShapes.Read(frame, shapes.Banner); break;
            case WorkerFrameType.Part: _ = WorkerShapes.Read(frame, shapes.PartFact); break;
            case WorkerFrameType.Finding: _ = WorkerShapes.Read(frame, shapes.FindingFact); break;
            case WorkerFrameType.Credit: new WorkerCredit().Granted(frame); break;
        }
    }

    private static IMailBytes Original()
    {
        using ISpoolWriter writer = Space.Create();
        writer.Write(Message);
        return writer.Complete();
    }

    private static byte[] Walked() => Stream(
        Json(WorkerFrameType.Part, new PartFact { Path = "", Format = "eml", Formats = ["eml"], Size = Message.Length, Sha256 = Hash }, WorkerShapes.Default.PartFact),
        Json(WorkerFrameType.Part, new PartFact { Path = "1", Parent = "", Depth = 1, Format = "txt", Names = ["a.txt"], Formats = ["txt"], Size = 4, Sha256 = BodyHash }, WorkerShapes.Default.PartFact),
        Json(WorkerFrameType.Finding, new FindingFact("parse-error", "1", "offset 1", "why", null), WorkerShapes.Default.FindingFact),
        Json(WorkerFrameType.Candidate, new CandidateFact("secret", 0, "labelled", "1"), WorkerShapes.Default.CandidateFact),
        Json(WorkerFrameType.Link, new LinkFact("1", "https://example.com/", "text", "here"), WorkerShapes.Default.LinkFact),
        Json(WorkerFrameType.LeafStart, new LeafStart("1", BodyHash, "leaf", 4, false), WorkerShapes.Default.LeafStart),
        (WorkerFrameType.LeafBytes, "body"u8.ToArray()),
        (WorkerFrameType.LeafEnd, []),
        Json(WorkerFrameType.LeafStart, new LeafStart("1", BodyHash, "container", 4, true), WorkerShapes.Default.LeafStart),
        Json(WorkerFrameType.Done, new JobDone { CpuMilliseconds = 1 }, WorkerShapes.Default.JobDone));

    private static byte[] Rebuilt() => Stream(
        Json(WorkerFrameType.Copy, new OutputCopy(0, 8), WorkerShapes.Default.OutputCopy),
        (WorkerFrameType.NewBytes, "new"u8.ToArray()),
        Json(WorkerFrameType.Copy, new OutputCopy(8, 4), WorkerShapes.Default.OutputCopy),
        Json(WorkerFrameType.Change, new ChangeFact("1", BodyHash, null, "stripped", ""), WorkerShapes.Default.ChangeFact),
        Json(WorkerFrameType.TakenOut, new DoneFact("parse-error", "1", "", "removed"), WorkerShapes.Default.DoneFact),
        Json(WorkerFrameType.Done, new JobDone(), WorkerShapes.Default.JobDone));

    private static byte[] Told() => Stream(
        Json(WorkerFrameType.Hello, new WorkerHello(1, "b", "w", new WorkerCage { Seccomp = true }), WorkerShapes.Default.WorkerHello),
        Json(WorkerFrameType.JobStart, new JobStart { Kind = JobKind.Rebuild, Length = 1, Sha256 = Hash, Limits = Small }, WorkerShapes.Default.JobStart),
        Json(WorkerFrameType.Password, new Password("p", "message"), WorkerShapes.Default.Password),
        Json(WorkerFrameType.Treatment, new Treatment("1", BodyHash, TreatmentKind.Disarm) { Remove = ["vba-project"] }, WorkerShapes.Default.Treatment),
        Json(WorkerFrameType.Banner, new Banner("plain", "<p>html</p>"), WorkerShapes.Default.Banner),
        (WorkerFrameType.Credit, [0, 0, 1, 0]),
        Json(WorkerFrameType.Fault, new WorkerFault("full"), WorkerShapes.Default.WorkerFault));

    private static (WorkerFrameType Type, byte[] Payload) Json<T>(WorkerFrameType type, T value, JsonTypeInfo<T> shape) => (type, WorkerShapes.Write(value, shape));

    private static byte[] Stream(params (WorkerFrameType Type, byte[] Payload)[] frames)
    {
        using MemoryStream stream = new();
        WorkerFrameWriter writer = new(stream);
        foreach ((WorkerFrameType type, byte[] payload) in frames) writer.Write(type, 1, payload);
        writer.Flush();
        return stream.ToArray();
    }

    // Gives one to seven bytes a read: a frame may come in any pieces.
    private sealed class Slow(byte[] content) : MemoryStream(content, 0, content.Length, writable: false, publiclyVisible: true)
    {
        private int _step;

        // Not base.Read(span): for a derived stream that comes back to the array overload.
        public override int Read(Span<byte> buffer)
        {
            int count = (int)Math.Min(Math.Min(buffer.Length, 1 + (_step++ % 7)), Length - Position);
            GetBuffer().AsSpan((int)Position, count).CopyTo(buffer);
            Position += count;
            return count;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));
    }
}

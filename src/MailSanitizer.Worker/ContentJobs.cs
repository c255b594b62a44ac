using MailSanitizer.Content;

namespace MailSanitizer.Worker;

/// <summary>The walker behind the jobs.</summary>
public sealed class ContentJobs(IScratch scratch) : IContentJobs
{
    /// <inheritdoc/>
    public void Walk(PartBytes bytes, WalkJob job, IWalkSink sink, CancellationToken cancellation)
    {
        _ = scratch;
        sink.Part(new PartFact { Path = "", Format = "unknown", Formats = ["unknown"], Size = bytes.Length, Sha256 = bytes.Sha256 });
        sink.Finding(new FindingFact(WalkFindings.ParseError.Id, "", "", "no reader in this build", null));
        sink.Leaf("", bytes.Sha256, "leaf", bytes);
    }

    /// <inheritdoc/>
    public RebuildReport Rebuild(PartBytes bytes, RebuildJob job, IPartOutput output, CancellationToken cancellation)
    {
        if (job.Treatments.Count + job.Banners.Count > 0) return new RebuildReport([], [], "no writer in this build");
        output.Copy(0, bytes.Length);
        return new RebuildReport([], []);
    }
}

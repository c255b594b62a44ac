using MailSanitizer.Content;

namespace MailSanitizer.Worker;

/// <summary>The walker behind the jobs. Processor time is metered by the walker itself; wall time is the daemon's to watch.</summary>
public sealed class ContentJobs(IScratch scratch) : IContentJobs
{
    private readonly PartWalker _walker = new(PartHandlers.All, scratch);

    /// <inheritdoc/>
    public void Walk(PartBytes bytes, WalkJob job, IWalkSink sink) => _walker.Walk(bytes, job, sink);

    /// <inheritdoc/>
    public RebuildReport Rebuild(PartBytes bytes, RebuildJob job, IPartOutput output) => _walker.Rebuild(bytes, job, output);
}

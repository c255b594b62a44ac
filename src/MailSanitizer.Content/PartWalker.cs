namespace MailSanitizer.Content;

/// <summary>
/// Goes through everything that a message holds, depth first, within <see cref="Limits"/>, and writes it anew with some of it changed. The only recursion over
/// parts in the product: handlers hand their children here. Stateless: one instance serves many jobs, one after the other or side by side.
/// </summary>
/// <param name="handlers">All handlers, in the order in which they apply.</param>
/// <param name="scratch">Space for what is too large for memory.</param>
/// <param name="cpu">Processor time used so far, by whatever the job's limit is measured on; that of the process when null.</param>
public sealed class PartWalker(IReadOnlyList<IPartHandler> handlers, IScratch scratch, Func<TimeSpan>? cpu = null)
{
    private readonly Func<TimeSpan> _cpu = cpu ?? (static () => Environment.CpuUsage.TotalTime);

    /// <summary>
    /// Walks. Whatever the bytes are, the outcome is facts and findings in the sink. Throws <see cref="OperationCanceledException"/>,
    /// <see cref="ScratchFailedException"/> and <see cref="OutOfMemoryException"/>, which are the host's troubles, and what the sink throws.
    /// </summary>
    public void Walk(PartBytes input, WalkJob job, IWalkSink sink, CancellationToken cancellation = default)
    {
        PartWalkJob meter = new(handlers, scratch, job.Limits, _cpu, cancellation);
        new PartWalkSession(meter, job, new GuardedSink(sink, meter)).Run(input);
    }

    /// <summary>
    /// Writes the input anew. What nothing touches is copied; a report with a failure means that what was written is to be thrown away.
    /// Throws what <see cref="Walk"/> throws.
    /// </summary>
    public RebuildReport Rebuild(PartBytes input, RebuildJob job, IPartOutput output, CancellationToken cancellation = default) =>
        new PartRebuildSession(new PartWalkJob(handlers, scratch, job.Limits, _cpu, cancellation), job).Run(input, output);
}

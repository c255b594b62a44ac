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
        using MemoryStream sent = new();
        JobChannel channel = new(new WorkerFrameReader(Stream.Null), new WorkerFrameWriter(sent), 0);
        jobs.Walk(bytes, new WalkJob(), new FrameWalkSink(channel));
        FrameOutput output = new(channel, bytes);
        _ = jobs.Rebuild(bytes, new RebuildJob(), output);
        output.Finish();
        using FileStream file = scratch.CreateUnlinked();
        file.Write(message);
    }
}

using MailSanitizer.Mail;

namespace MailSanitizer.Isolation;

/// <summary>
/// A message of our own that every fresh worker has to walk before it gets anybody's. While it passes, machine and build are well, and a death after it
/// is the content's; where it does not, nothing that dies is.
/// </summary>
internal static class Probe
{
    /// <summary>Text of one part, as it must come out of the walk.</summary>
    private const string Expected = "The quick brown fox jumps over the lazy dog.";

    private static readonly byte[] Message = Load();

    /// <summary>Sends it; returns what went wrong, or null.</summary>
    public static async Task<string?> FailsAsync(WorkerProcess worker, ISpool spool)
    {
        using IMailBytes original = Spooled(spool);
        using UntrustedWalk walk = new(original, new WalkOrder { FileName = "probe.eml" }, spool);
        Attempt attempt = await worker.RunAsync(walk);
        if (attempt.End != AttemptEnd.Done) return $"the probe ended with {attempt.End}: {attempt.Text}";
        using WalkResult result = walk.Result();
        return result.Leaves.Any(Holds) ? null : "the probe's text did not come out of the walk";
    }

    private static bool Holds(ScanItem leaf)
    {
        using StreamReader reader = new(leaf.Bytes.OpenRead());
        return leaf.Bytes.Length < 64 * 1024 && reader.ReadToEnd().Contains(Expected, StringComparison.Ordinal);
    }

    private static IMailBytes Spooled(ISpool spool)
    {
        try
        {
            using ISpoolWriter writer = spool.Create();
            writer.Write(Message);
            return writer.Complete();
        }
        catch (IOException failure)
        {
            throw new SpoolFailedException(failure);
        }
    }

    private static byte[] Load()
    {
        using Stream resource = typeof(Probe).Assembly.GetManifestResourceStream("probe.eml") ?? throw new InvalidOperationException("probe.eml is not embedded");
        byte[] message = new byte[resource.Length];
        resource.ReadExactly(message);
        return message;
    }
}

using MailSanitizer.Content;
using MailSanitizer.Mail;

namespace MailSanitizer.Isolation;

/// <summary>
/// One job as the daemon sees it: what is sent, and what comes back, which is believed only after <see cref="Finish"/>. A new one for each try, so that
/// nothing of a try without Done is left. Whatever does not hold is a <see cref="WorkerProtocolException"/>: to the daemon a worker that lies is dead.
/// </summary>
internal abstract class UntrustedJob(IMailBytes original) : IDisposable
{
    /// <summary>Room for the mark where the worker cut a text (characters).</summary>
    private const int CutMark = 64;

    /// <summary>The message.</summary>
    public IMailBytes Original => original;

    /// <summary>Number of the worker that was given the job.</summary>
    public int Worker { get; set; }

    /// <summary>The first frame.</summary>
    public abstract JobStart Start { get; }

    /// <summary>Passwords that are sent along.</summary>
    public abstract IReadOnlyList<Password> Passwords { get; }

    /// <summary>The list frames, in the protocol's order.</summary>
    public abstract IEnumerable<(WorkerFrameType Type, byte[] Payload)> Lists();

    /// <summary>Takes a frame of the worker, credit, fault and done excepted.</summary>
    public abstract void Take(in WorkerFrame frame);

    /// <summary>Takes the last frame, and checks what can be checked only now.</summary>
    public abstract void Finish(JobDone done);

    /// <summary>True when the worker has seen a secret or opened a lock, and is not used again.</summary>
    public virtual bool SpendsWorker => Passwords.Any(password => password.Source != "default");

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Gives back what was kept.</summary>
    protected virtual void Dispose(bool disposing)
    {
    }

    /// <summary>Refuses a broken promise.</summary>
    protected static void Require(bool holds, string what)
    {
        if (!holds) throw new WorkerProtocolException(what);
    }

    /// <summary>A text within the limit of facts.</summary>
    protected void RequireText(string? text, string what) => Require(text is null || text.Length <= Start.Limits.FactText + CutMark, $"{what} is too long");

    /// <summary>A path as long as depth and segments can make it.</summary>
    protected void RequirePath(string? path, string what) =>
        Require(path is null || path.Length <= (Start.Limits.Depth + 2L) * 2 * (Start.Limits.PathSegment + CutMark), $"{what} is too long");

    /// <summary>A word of the format table or a media type: nothing that could act in a log or a header.</summary>
    protected static void RequireWord(string? text, string what) =>
        Require(text is { Length: > 0 and <= 256 } && text.All(letter => letter is > ' ' and < '\x7f'), $"{what} is no word");

    /// <summary>64 lower-case hex digits.</summary>
    protected static void RequireSha256(string text, string what) =>
        Require(text.Length == 64 && text.All(digit => char.IsAsciiDigit(digit) || digit is >= 'a' and <= 'f'), $"{what} is no SHA-256");

    /// <summary>JSON of one list frame; an entry that is too large for a frame is our caller's mistake.</summary>
    protected static IEnumerable<(WorkerFrameType Type, byte[] Payload)> Frames<T>(WorkerFrameType type, IEnumerable<T> items, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> shape) =>
        items.Select(item => (type, WorkerShapes.Write(item, shape)));
}

using System.Reflection;

namespace MailSanitizer.Content;

/// <summary>What a frame is. The numbers are the wire form and are never reused.</summary>
public enum WorkerFrameType : byte
{
    /// <summary>Worker, once, first: <see cref="WorkerHello"/>.</summary>
    Hello = 1,

    /// <summary>Worker instead of <see cref="Hello"/>, or of <see cref="Done"/>: <see cref="WorkerFault"/>, a fault of the host and never of the content.</summary>
    Fault = 2,

    /// <summary>Either side: 4 bytes, big-endian, so many bytes more may be sent to me.</summary>
    Credit = 3,

    /// <summary>Daemon: <see cref="JobStart"/>.</summary>
    JobStart = 16,

    /// <summary>Daemon, after <see cref="JobStart"/>: a <see cref="Content.Password"/>.</summary>
    Password = 17,

    /// <summary>Daemon: a <see cref="Content.Treatment"/>.</summary>
    Treatment = 18,

    /// <summary>Daemon: a <see cref="Content.Banner"/>.</summary>
    Banner = 19,

    /// <summary>Daemon: bytes of the message, in order.</summary>
    MessageBytes = 20,

    /// <summary>Daemon: that was all; empty.</summary>
    MessageEnd = 21,

    /// <summary>Worker: a <see cref="PartFact"/>.</summary>
    Part = 32,

    /// <summary>Worker: a <see cref="FindingFact"/>.</summary>
    Finding = 33,

    /// <summary>Worker: a <see cref="CandidateFact"/>.</summary>
    Candidate = 34,

    /// <summary>Worker: a <see cref="LinkFact"/>.</summary>
    Link = 35,

    /// <summary>Worker: <see cref="Content.LeafStart"/>.</summary>
    LeafStart = 36,

    /// <summary>Worker: bytes of the leaf that was started.</summary>
    LeafBytes = 37,

    /// <summary>Worker: the leaf is whole; empty.</summary>
    LeafEnd = 38,

    /// <summary>Worker: a <see cref="ChangeFact"/>.</summary>
    Change = 48,

    /// <summary>Worker: a <see cref="DoneFact"/>.</summary>
    TakenOut = 49,

    /// <summary>Worker: <see cref="OutputCopy"/>, a range of the original.</summary>
    Copy = 50,

    /// <summary>Worker: new bytes of the rebuilt message.</summary>
    NewBytes = 51,

    /// <summary>Worker, last of a job: <see cref="JobDone"/>. What came before counts only now.</summary>
    Done = 63,
}

/// <summary>
/// The one language between daemon and worker, over the worker's standard input and output. A frame is: length of the payload (4 bytes, big-endian,
/// <see cref="MaximumPayload"/> at most), type (1 byte), job (4 bytes, big-endian; 0 for the connection itself), payload. A payload is raw bytes or one
/// JSON object of the shape that its type declares.
/// </summary>
/// <remarks>
/// The worker has been fed by a stranger: the daemon reads every frame as hostile. Nothing here recurses or allocates by a number that was read.
/// Credit: each side may send <see cref="Window"/> bytes (headers counted) of job frames to begin with, and more as the other grants; credit frames
/// themselves are free. So neither can fill the other's memory, and neither can block the other for good.
/// </remarks>
public static class WorkerProtocol
{
    /// <summary>Version of the frames. Another one in the hello is a fault of ours: daemon and worker are shipped together.</summary>
    public const int Version = 1;

    /// <summary>Payload at most (bytes).</summary>
    public const int MaximumPayload = 256 * 1024;

    /// <summary>Header (bytes).</summary>
    public const int HeaderLength = 9;

    /// <summary>Credit that each side starts a job with (bytes).</summary>
    public const int Window = 2 * 1024 * 1024;

    /// <summary>Granted at once when this much was taken in (bytes): few credit frames, and never more than <c>Window / CreditStep</c> unread ones in the pipe.</summary>
    public const int CreditStep = Window / 4;

    /// <summary>Names and formats of one part at most (count).</summary>
    public const int MaximumNames = 64;

    /// <summary>
    /// The build of this assembly: version and module id. The compiler is deterministic, so the same source has the same id, and one changed line has another.
    /// </summary>
    public static string Build { get; } = BuildOf(typeof(WorkerProtocol).Assembly);

    /// <summary>The build of an assembly, as the hello names it.</summary>
    public static string BuildOf(Assembly assembly) => $"{assembly.GetName().Version}/{assembly.ManifestModule.ModuleVersionId:N}";

    /// <summary>True for frames that spend the sender's credit.</summary>
    public static bool SpendsCredit(WorkerFrameType type) => type is not (WorkerFrameType.Hello or WorkerFrameType.Fault or WorkerFrameType.Credit);
}

/// <summary>The other side broke the protocol. In the daemon that is the worker's death, in the worker it is its end.</summary>
public sealed class WorkerProtocolException(string message, Exception? inner = null) : IOException(message, inner);

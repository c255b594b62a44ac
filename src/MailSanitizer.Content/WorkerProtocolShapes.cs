using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace MailSanitizer.Content;

/// <summary>First frame of a worker: who it is and what cage it is in.</summary>
/// <param name="Protocol"><see cref="WorkerProtocol.Version"/>.</param>
/// <param name="Build"><see cref="WorkerProtocol.Build"/> of the content library that it loaded.</param>
/// <param name="Worker">Build of the worker's own assembly.</param>
/// <param name="Cage">What was obtained.</param>
public sealed record WorkerHello(int Protocol, string Build, string Worker, WorkerCage Cage);

/// <summary>The confinement that a worker obtained and verified itself.</summary>
public sealed record WorkerCage
{
    /// <summary>PR_SET_NO_NEW_PRIVS holds.</summary>
    public bool NoNewPrivileges { get; init; }

    /// <summary>RLIMIT_DATA in force (bytes); 0 for none.</summary>
    public long DataLimit { get; init; }

    /// <summary>Managed heap at most (bytes); 0 for none.</summary>
    public long HeapLimit { get; init; }

    /// <summary>RLIMIT_FSIZE in force (bytes); 0 for none.</summary>
    public long FileLimit { get; init; }

    /// <summary>RLIMIT_NOFILE in force (descriptors); 0 for none.</summary>
    public int Descriptors { get; init; }

    /// <summary>Landlock's ABI version; 0 when the kernel has none.</summary>
    public int Landlock { get; init; }

    /// <summary>The seccomp filter is loaded in every thread.</summary>
    public bool Seccomp { get; init; }

    /// <summary>Every capability is dropped.</summary>
    public bool NoCapabilities { get; init; }

    /// <summary>Own network namespace.</summary>
    public bool OwnNetwork { get; init; }

    /// <summary>User id.</summary>
    public int Uid { get; init; }

    /// <summary>Paths that it tried to open and could not (count): the daemon's state and keys.</summary>
    public int ClosedPaths { get; init; }

    /// <summary>Short form for log, <c>/readyz</c> and <c>config show</c>.</summary>
    public override string ToString() => string.Join(' ', new[]
    {
        Seccomp ? "seccomp" : "", Landlock > 0 ? $"landlock:{Landlock}" : "", DataLimit > 0 ? "rlimits" : "", NoNewPrivileges ? "no-new-privs" : "",
        NoCapabilities ? "no-capabilities" : "", OwnNetwork ? "network-namespace" : "", $"uid:{Uid}",
    }.Where(word => word.Length > 0));
}

/// <summary>A fault of the host, told by the worker.</summary>
/// <param name="Text">What is wrong and what to do; no content.</param>
public sealed record WorkerFault(string Text);

/// <summary>What a job is.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<JobKind>))]
public enum JobKind
{
    /// <summary><see cref="WalkJob"/>.</summary>
    Walk,

    /// <summary><see cref="RebuildJob"/>.</summary>
    Rebuild,
}

/// <summary>Begin of a job. The lists follow as frames of their own, in the order passwords, treatments, banners, then the message.</summary>
public sealed record JobStart
{
    /// <summary>Walk or rebuild.</summary>
    public required JobKind Kind { get; init; }

    /// <summary>Bytes of the message.</summary>
    public required long Length { get; init; }

    /// <summary>SHA-256 of the message, lower-case hex.</summary>
    public required string Sha256 { get; init; }

    /// <summary>Limits in force.</summary>
    public required Limits Limits { get; init; }

    /// <summary>Name of a single file, or null.</summary>
    public string? FileName { get; init; }

    /// <summary>Views wanted (walk).</summary>
    public IReadOnlyList<string> Send { get; init; } = [];

    /// <summary>Whether candidates are read (walk).</summary>
    public bool Candidates { get; init; }

    /// <summary>Words in front of the subject (rebuild).</summary>
    public IReadOnlyList<string> SubjectTags { get; init; } = [];

    /// <summary>See <see cref="RebuildJob.NoticeId"/> (rebuild).</summary>
    public string? NoticeId { get; init; }

    /// <summary>Password frames that follow.</summary>
    public int Passwords { get; init; }

    /// <summary>Treatment frames that follow (rebuild).</summary>
    public int Treatments { get; init; }

    /// <summary>Banner frames that follow (rebuild).</summary>
    public int Banners { get; init; }
}

/// <summary>Begin of a leaf.</summary>
/// <param name="Path">The part.</param>
/// <param name="Sha256">SHA-256 of the bytes; the daemon computes its own.</param>
/// <param name="View"><c>leaf</c>, <c>skeleton</c> or <c>container</c>.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Again">True: the same bytes were sent whole before in this job; nothing follows.</param>
public sealed record LeafStart(string Path, string Sha256, string View, long Length, bool Again);

/// <summary>A range of the original that goes on unchanged.</summary>
/// <param name="Offset">Where (bytes).</param>
/// <param name="Length">How much (bytes).</param>
public sealed record OutputCopy(long Offset, long Length);

/// <summary>End of a job.</summary>
public sealed record JobDone
{
    /// <summary>Processor time of the job (ms).</summary>
    public long CpuMilliseconds { get; init; }

    /// <summary>Resident memory after it (bytes).</summary>
    public long ResidentBytes { get; init; }

    /// <summary>Rebuild: why nothing usable was written, or null.</summary>
    public string? Failure { get; init; }

    /// <summary>Rebuild: new name of a single file, or null.</summary>
    public string? FileName { get; init; }
}

/// <summary>The JSON of the frames: strict (no unknown or doubled member, none missing), flat, and cut off in depth.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Strict, MaxDepth = 8, IgnoreReadOnlyProperties = true,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(WorkerHello))]
[JsonSerializable(typeof(WorkerFault))]
[JsonSerializable(typeof(JobStart))]
[JsonSerializable(typeof(Password))]
[JsonSerializable(typeof(Treatment))]
[JsonSerializable(typeof(Banner))]
[JsonSerializable(typeof(PartFact))]
[JsonSerializable(typeof(FindingFact))]
[JsonSerializable(typeof(CandidateFact))]
[JsonSerializable(typeof(LinkFact))]
[JsonSerializable(typeof(LeafStart))]
[JsonSerializable(typeof(ChangeFact))]
[JsonSerializable(typeof(DoneFact))]
[JsonSerializable(typeof(OutputCopy))]
[JsonSerializable(typeof(JobDone))]
public sealed partial class WorkerShapes : JsonSerializerContext
{
    /// <summary>Reads the object of a frame; anything but exactly that shape is a <see cref="WorkerProtocolException"/>, without the text that was read.</summary>
    public static T Read<T>(in WorkerFrame frame, JsonTypeInfo<T> shape)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(frame.Payload.Span, shape) ?? throw new WorkerProtocolException($"{frame.Type}: null");
        }
        catch (Exception failure) when (failure is JsonException or NotSupportedException or ArgumentException or FormatException or InvalidOperationException)
        {
            // No inner exception: its message can quote a password or a body.
            throw new WorkerProtocolException($"{frame.Type}: not the declared shape ({failure.GetType().Name})");
        }
    }

    /// <summary>The JSON of an object.</summary>
    public static byte[] Write<T>(T value, JsonTypeInfo<T> shape) => JsonSerializer.SerializeToUtf8Bytes(value, shape);
}

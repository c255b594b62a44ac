namespace MailSanitizer.Audit;

/// <summary>How the audit is kept.</summary>
public sealed record AuditOptions
{
    /// <summary>The folder of the files.</summary>
    public required string Folder { get; init; }

    /// <summary>The folder of the keys (<c>audit-ed25519.key</c>, <c>audit-subject.key</c>), made on first start.</summary>
    public required string KeyFolder { get; init; }

    /// <summary>A file is closed when it has grown to this (bytes), and when the day (UTC) ends.</summary>
    public long RotateBytes { get; init; } = 64L * 1024 * 1024;

    /// <summary>Closed files older than this are removed; zero keeps them for ever.</summary>
    public TimeSpan KeepFor { get; init; } = TimeSpan.Zero;

    /// <summary>The oldest closed files are removed while all together have more than this (bytes); 0 for no limit.</summary>
    public long KeepBytes { get; init; }

    /// <summary>Subjects in clear text instead of a keyed hash.</summary>
    public bool SubjectInClear { get; init; }

    /// <summary>A further copy of the head, on another file system or mount; null for none.</summary>
    public string? HeadFile { get; init; }

    /// <summary>How often a changed head is signed and sent.</summary>
    public TimeSpan HeadEvery { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Where the head is sent: <c>udp://host:514</c>, <c>tcp://host:601</c>, <c>tls://host:6514</c>, <c>unix:/dev/log</c>; null for nowhere.</summary>
    public string? Syslog { get; init; }

    /// <summary>Bytes of one record (bytes); longer lists are cut and counted. Origin: product decision; syslog readers and SIEMs stop at 1 MiB.</summary>
    public int RecordBytes { get; init; } = 1024 * 1024;
}

using MailSanitizer.Configuration;
using MailSanitizer.Isolation;
using MailSanitizer.Mail;
using MailSanitizer.Scanning;

namespace MailSanitizer.Pipeline;

/// <summary>The rooms that look at content and write it anew: workers, scanner, assessor, preparer. What <c>serve</c>, <c>clean</c> and <c>disarm</c> share; knows no state folder.</summary>
public sealed class ContentRooms : IAsyncDisposable
{
    private ContentRooms(Settings settings, string folder, IAuthenticator authenticator, ICandidateSource candidates, TimeProvider time, ILoggerFactory logs)
    {
        ILogger log = logs.CreateLogger("MailSanitizer.Scanning");
        Options = OptionsOf(settings);
        Spool = new Spool(Path.Combine(folder, "spool"));
        Workers = new ContentWorkers(
            new IsolationOptions
            {
                ScratchFolder = Path.Combine(folder, "scratch"),
                Workers = settings.Workers,
                Memory = settings.WorkerMemory,
                MustNotOpen = [.. SecretFiles(settings)],
                RunAs = settings.WorkerUser,
            },
            Spool,
            time,
            logs.CreateLogger<ContentWorkers>());
        Scanner = new Scanner(
            new ScanningOptions { Clamd = settings.ClamavAddress, HashList = settings.HashList, WhenDown = settings.ClamavWhenDown },
            time,
            text => log.LogWarning("{Text}", text));
        Authenticator = authenticator;
        Assessor = new Assessor(Workers, Scanner, authenticator, candidates, () => Options, time);
        Preparer = new CopyPreparer(Workers, Scanner, () => Options, time);
    }

    /// <summary>The snapshot in force; replaced whole on a reload.</summary>
    public PipelineOptions Options { get; set; }

    /// <summary>Worker processes.</summary>
    public ContentWorkers Workers { get; }

    /// <summary>Engines.</summary>
    public Scanner Scanner { get; }

    /// <summary>Bytes at rest while a message is looked at.</summary>
    public Spool Spool { get; }

    /// <summary>Who sent it.</summary>
    public IAuthenticator Authenticator { get; }

    /// <summary>Looks.</summary>
    public Assessor Assessor { get; }

    /// <summary>Makes copies.</summary>
    public CopyPreparer Preparer { get; }

    /// <summary>Makes the rooms over a folder for spool and scratch.</summary>
    public static ContentRooms Open(Settings settings, string folder, IAuthenticator authenticator, ICandidateSource candidates, TimeProvider time, ILoggerFactory logs)
    {
        Directory.CreateDirectory(Path.Combine(folder, "spool"));
        Directory.CreateDirectory(Path.Combine(folder, "scratch"));
        return new ContentRooms(settings, folder, authenticator, candidates, time, logs);
    }

    /// <summary>What the pipeline reads of the settings.</summary>
    public static PipelineOptions OptionsOf(Settings settings) => new()
    {
        Directions = new Directions(settings.LocalDomains, settings.InternalNetworks),
        HostName = settings.AuthservId,
        Send = settings.ClamavSend,
        AcceptUnscanned = settings.ClamavWhenDown == "accept",
        Limits = settings.Limits,
        QuarantineKeepFor = settings.QuarantineKeepFor,
        Imitation = settings.NoticesFrom is { } from ? new Holding.NoticeImitation(from) : null,
    };

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Workers.DisposeAsync();
        Scanner.Dispose();
    }

    // Each worker tries these before it says hello, and refuses to serve when one opens.
    private static IEnumerable<string> SecretFiles(Settings settings) => new[]
    {
        settings.State,
        Path.Combine(settings.State, "keys", "store.key"),
        Path.Combine(settings.State, "keys", "candidates.key"),
        Path.Combine(settings.State, "keys", "unlock.key"),
        Path.Combine(settings.State, "index.db"),
        settings.Seal?.Key,
    }.Concat(settings.SignOutbound.Concat(settings.NoticesDkim).Select(signing => signing.Key)).OfType<string>().Where(Path.Exists);
}

using System.Threading.Channels;
using MailSanitizer.Configuration;
using MailSanitizer.Mail;
using MailSanitizer.Scanning.Sandbox;

namespace MailSanitizer.Pipeline;

/// <summary>Sandboxes of the settings with their desk; without engines the desk alone.</summary>
internal sealed class SandboxRooms : IDisposable
{
    private readonly Channel<Guid> _came = Channel.CreateUnbounded<Guid>();
    private readonly SandboxLedger? _ledger;
    private readonly Sandboxes? _sandboxes;

    private SandboxRooms(Sandboxes? sandboxes, SandboxLedger? ledger, ISpool spool, IAuditTrail audit)
    {
        (_sandboxes, _ledger) = (sandboxes, ledger);
        Desk = new SandboxDesk(sandboxes, audit, spool);
        if (sandboxes is null) return;
        sandboxes.VerdictCame += sha256 =>
        {
            foreach (Guid id in Desk.Waited(sha256)) _came.Writer.TryWrite(id);
        };
    }

    /// <summary>Decides with verdicts.</summary>
    public SandboxDesk Desk { get; }

    /// <summary>Held messages that a verdict came for.</summary>
    public ChannelReader<Guid> Came => _came.Reader;

    /// <summary>Opens the ledger in the state folder, where an engine is configured.</summary>
    public static SandboxRooms Open(Settings settings, ISpool spool, IAuditTrail audit, INotices notices, TimeProvider time, ILogger log)
    {
        if (settings.Sandbox.Engines.Count == 0) return new SandboxRooms(null, null, spool, audit);
        SandboxLedger ledger = new(Path.Combine(settings.State, "sandbox.db"), settings.Sandbox.CacheFor, time);
        Sandboxes sandboxes = new(settings.Sandbox, ledger, time, Tell);
        return new SandboxRooms(sandboxes, ledger, spool, audit);

        void Tell(string text)
        {
            log.LogWarning("{Text}", text);
            _ = TellAsync(text);
        }

        async Task TellAsync(string text)
        {
            try
            {
                await notices.TellOperatorsAsync(new OperatorNotice("sandbox", text, null, []), CancellationToken.None);
            }
            catch (Exception failure) when (failure is IOException or InvalidDataException)
            {
                log.LogError(failure, "The operators could not be told");
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _sandboxes?.Dispose();
        _ledger?.Dispose();
    }
}

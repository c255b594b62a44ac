using System.Text.Json.Nodes;
using MailSanitizer.Audit;
using MailSanitizer.Configuration;
using MailSanitizer.Control;
using MailSanitizer.Mail;
using MailSanitizer.Notices;
using MailSanitizer.Quarantine;
using MailSanitizer.Reception;
using MailSanitizer.Reinjection;
using MailSanitizer.Sealing;
using MailSanitizer.Storage;

namespace MailSanitizer.Pipeline;

/// <summary>All rooms of a running daemon over one state folder, which it alone owns. Opening it recovers what a killed daemon left half done.</summary>
public sealed class Daemon : IAsyncDisposable
{
    private readonly List<Func<ValueTask>> _closing = [];

    private Daemon(Settings settings) => Settings = settings;

    /// <summary>What is in force.</summary>
    public Settings Settings { get; private set; }

    /// <summary>Workers and scanner.</summary>
    public required ContentRooms Content { get; init; }

    /// <summary>Store, outbox, memory.</summary>
    public required EmbeddedStorage Storage { get; init; }

    /// <summary>The audit trail.</summary>
    public required AuditTrail Audit { get; init; }

    /// <summary>The next hop.</summary>
    public required NextHop NextHop { get; init; }

    /// <summary>Takes messages.</summary>
    public required IMessageReceiver Pipeline { get; init; }

    /// <summary>The rules in force.</summary>
    public required RulesInForce Rules { get; init; }

    /// <summary>The doors.</summary>
    public required MailReception Reception { get; init; }

    /// <summary>Opens everything but the doors. Throws <see cref="IOException"/> with a sentence for the operator when the state folder cannot be used.</summary>
    public static async Task<Daemon> OpenAsync(Settings settings, IPipelineObserver observer, TimeProvider time, ILoggerFactory logs, CancellationToken cancellation)
    {
        StateLock state = StateLock.TryTake(settings.State) ?? throw new IOException($"another daemon, or a running command, owns {settings.State}");
        EmbeddedStorage storage = await EmbeddedStorage.OpenAsync(OperatorRooms.StorageOptionsOf(settings), time, cancellation);
        AuditTrail audit = AuditTrail.Open(OperatorRooms.AuditOptionsOf(settings), time, logs.CreateLogger("MailSanitizer.Audit"));
        RulesInForce rules = await RulesInForce.OpenAsync(settings, audit, time, logs.CreateLogger("MailSanitizer.Rules"), cancellation);
        // What a reload changes is read here, once the daemon is there.
        Daemon? open = null;
        HoldRooms holding = HoldRooms.Open(() => open?.Settings ?? settings, storage, () => rules.Current, time);
        ContentRooms content = ContentRooms.Open(settings, settings.State, Composition.Authenticator(settings), holding.Candidates, time, logs);
        NextHop nextHop = new(new NextHopOptions { Endpoint = Endpoint(settings.NextHop), HostName = settings.AuthservId }, time, logs.CreateLogger<NextHop>());
        byte[] idKey = SecretKey.LoadOrCreate(Path.Combine(settings.State, "keys", "id.key"));
        Sealer sealer = new(Composition.SealingOptions(settings, idKey), content.Spool, time);
        IMailSigner signer = Composition.Signer(settings);
        NoticeQueue notices = OperatorRooms.Notices(settings, storage, audit, signer, time, logs.CreateLogger("MailSanitizer.Notices"));
        SandboxRooms sandbox = SandboxRooms.Open(settings, content.Spool, audit, notices, time, logs.CreateLogger("MailSanitizer.Sandbox"));
        StoredCopies stored = new(storage.Messages, audit, notices, holding.Intake, () => OperatorRooms.QuarantineOptionsOf(settings), time);
        CopySealer copySealer = new(sealer, content.Scanner, content.Spool, () => content.Options, time);
        IdField passes = new(idKey);
        holding.Furnish(storage, content, copySealer, stored, signer, notices, passes, audit, sandbox.Desk, time, logs.CreateLogger("MailSanitizer.Holding"));
        BranchDelivery delivery = new(nextHop, settings.NextHop, copySealer, stored, storage.Outbox, storage.Handovers, audit);
        MessagePipeline pipeline = new(
            content.Assessor, content.Preparer, () => rules.Current, sandbox.Desk, delivery, holding, storage.Handovers, audit, passes, observer, time, logs.CreateLogger<MessagePipeline>());
        MailReception reception = new(ReceptionOptionsOf(settings), pipeline, content.Spool, nextHop, time, logs.CreateLogger<MailReception>(), () => FreeBytes(storage));
        Daemon daemon = new(settings) { Content = content, Storage = storage, Audit = audit, NextHop = nextHop, Pipeline = pipeline, Reception = reception, Rules = rules };
        open = daemon;

        OutboxRunner runner = new(
            storage.Outbox,
            storage.Messages,
            nextHop,
            audit,
            notices,
            signer,
            new OutboxOptions { HostName = settings.AuthservId, From = settings.NoticesFrom ?? $"postmaster@{settings.AuthservId}" },
            time,
            logs.CreateLogger("MailSanitizer.Storage"));
        Expiry expiry = new(storage.Messages, storage.Gauge, audit, notices, time, logs.CreateLogger("MailSanitizer.Quarantine"));
        ControlSocket control = ControlSocket.Listen(
            settings.State, OperatorRooms.Verbs(settings, storage, audit, content, holding, sealer, notices, time, logs.CreateLogger("MailSanitizer.Control")), time, logs.CreateLogger("MailSanitizer.Control"));
        daemon._closing.Add(control.DisposeAsync);
        daemon.Run("next hop probes", nextHop.RunProbesAsync, logs);
        daemon.Run("outbox", runner.RunAsync, logs);
        daemon.Run("notices", notices.RunAsync, logs);
        daemon.Run("rule files", rules.RunAsync, logs);
        daemon.Run("expiry", expiry.RunAsync, logs);
        daemon.Run("holds that are due", holding.Loop.RunTimersAsync, logs);
        daemon.Run("matches of held mail", holding.Loop.RunMatchesAsync, logs);
        daemon.Run("verdicts of sandboxes", token => holding.Loop.RunVerdictsAsync(sandbox.Came, token), logs);
        daemon._closing.Add(() => { sandbox.Dispose(); return ValueTask.CompletedTask; });
        daemon._closing.Add(() => { nextHop.Dispose(); return ValueTask.CompletedTask; });
        daemon._closing.Add(() => { rules.Dispose(); return ValueTask.CompletedTask; });
        daemon._closing.Add(content.DisposeAsync);
        daemon._closing.Add(() => StoppedAsync(audit, logs));
        daemon._closing.Add(audit.DisposeAsync);
        daemon._closing.Add(storage.DisposeAsync);
        daemon._closing.Add(() => { state.Dispose(); return ValueTask.CompletedTask; });
        await content.Workers.WarmAsync(cancellation);
        await audit.AppendAsync(Started(settings, rules.Current), cancellation);
        return daemon;
    }

    /// <summary>Takes over what can change without a restart; returns the keys that need one.</summary>
    public async Task<IReadOnlyList<string>> ReloadAsync(Settings next, CancellationToken cancellation)
    {
        // A rule set that is refused leaves the old one in force; the rest of the configuration is taken over all the same.
        await Rules.ReloadAsync(next, cancellation);
        IReadOnlyList<string> waiting = [.. ConfigKeys.All.Where(key => !key.Live && key.Show(next) != key.Show(Settings)).Select(key => key.Path)];
        Content.Options = ContentRooms.OptionsOf(next);
        Settings = next;
        await Audit.AppendAsync(new AuditEvent("config.loaded", null, new JsonObject { ["config"] = new JsonObject { ["restart_needed_for"] = new JsonArray([.. waiting.Select(key => (JsonNode)key)]) } }), cancellation);
        return waiting;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (Func<ValueTask> close in _closing) await close();
    }

    // The configuration as a hash of every key and value: an auditor sees when it changed, not what it says.
    private static AuditEvent Started(Settings settings, Rules.RuleSet rules)
    {
        string keys = string.Join('\n', ConfigKeys.All.Select(key => $"{key.Path}: {key.Show(settings)}"));
        return new AuditEvent("service.started", null, new JsonObject
        {
            ["service"] = new JsonObject { ["version"] = typeof(Daemon).Assembly.GetName().Version?.ToString() },
            ["config"] = new JsonObject { ["hash"] = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(keys))) },
            ["rules"] = new JsonObject { ["hash"] = rules.Hash, ["count"] = rules.Rules.Count },
        });
    }

    private static async ValueTask StoppedAsync(AuditTrail audit, ILoggerFactory logs)
    {
        try
        {
            await audit.AppendAsync(new AuditEvent("service.stopped", null, []), CancellationToken.None);
        }
        catch (IOException failure)
        {
            // The disk is full, or the trail failed before: the chain ends without it, and the log says why.
            logs.CreateLogger("MailSanitizer.Audit").LogError("the end could not be written: {Why}", failure.Message);
        }
    }

    // A loop that ends by itself is a bug: it is told, and the process goes on serving what it can.
    private void Run(string name, Func<CancellationToken, Task> loop, ILoggerFactory logs)
    {
        CancellationTokenSource stop = new();
        Task running = Task.Run(async () =>
        {
            try
            {
                await loop(stop.Token);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                // The daemon is closing.
            }
            catch (Exception failure)
            {
                logs.CreateLogger("MailSanitizer.Pipeline").LogCritical(failure, "{Loop} ended", name);
            }
        });
        _closing.Add(async () =>
        {
            await stop.CancelAsync();
            await running;
            stop.Dispose();
        });
    }

    // Promise 12: at the store's limit new mail gets 452, as on a full disk.
    private static long FreeBytes(EmbeddedStorage storage)
    {
        StoreReading reading = storage.Gauge.Read(0);
        return reading.Level == StoreLevel.Full ? 0 : reading.FreeBytes;
    }

    private static ReceptionOptions ReceptionOptionsOf(Settings settings)
    {
        ReceptionOptions options = new()
        {
            HostName = settings.AuthservId,
            Listeners = [.. settings.Listen.Select(door => new ListenerOptions(Endpoint(door.Url), door.Mode, door.Direction))],
            TrustedPeers = settings.TrustedPeers,
            BeforeQueueTime = TimeBudget.BeforeQueue,
            AfterQueueTime = TimeBudget.AfterQueue,
        };
        ListenSetting? tls = settings.Listen.FirstOrDefault(door => door.Certificate is not null);
        return tls is null ? options : options with { Certificate = System.Security.Cryptography.X509Certificates.X509Certificate2.CreateFromPemFile(tls.Certificate!, tls.Key) };
    }

    private static MailEndpoint Endpoint(string text) =>
        MailEndpoint.TryParse(text, out MailEndpoint? endpoint, out string error) ? endpoint : throw new IOException(error);
}

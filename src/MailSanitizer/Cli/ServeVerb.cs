using System.CommandLine;
using System.Runtime.InteropServices;
using MailSanitizer.Configuration;
using MailSanitizer.Content;
using MailSanitizer.Pipeline;
using MailSanitizer.Web;

namespace MailSanitizer.Cli;

/// <summary><c>serve</c>: the daemon. SIGHUP reloads, SIGTERM drains.</summary>
public static class ServeVerb
{
    /// <summary>The verb.</summary>
    public static Command Command()
    {
        Option<string?> config = ConfigFile.Option();
        Command command = new("serve", "The daemon; SIGHUP reloads, SIGTERM drains") { config };
        command.SetAction(async (parsed, cancellation) =>
        {
            string? path = parsed.GetValue(config);
            return ConfigFile.Read(path) is { } settings ? await RunAsync(settings, path, cancellation) : ExitCode.Usage;
        });
        return command;
    }

    private static async Task<int> RunAsync(Settings settings, string? path, CancellationToken cancellation)
    {
        using ILoggerFactory logs = LoggerFactory.Create(Log);
        ILogger log = logs.CreateLogger("MailSanitizer");
        foreach (string warning in ConfigWarnings.Of(settings)) log.LogWarning("{Warning}", warning);
        Metrics metrics = new();
        try
        {
            await using Daemon daemon = await Daemon.OpenAsync(settings, metrics, TimeProvider.System, logs, cancellation);
            AddGauges(metrics, daemon);
            await using WebApplication app = DaemonHost.Build(daemon, routes => HealthEndpoints.Map(routes, metrics, token => ReadyAsync(daemon, token)), Log);
            using PosixSignalRegistration reload = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context =>
            {
                context.Cancel = true;
                Reload(daemon, path, log);
            });
            await app.StartAsync(cancellation);
            log.LogInformation("{Ready}", DaemonHost.Describe(daemon));
            await app.WaitForShutdownAsync(cancellation);
            return ExitCode.Ok;
        }
        catch (IOException failure)
        {
            // A port in use, a state folder that another daemon owns, a full disk: a sentence, not a stack.
            log.LogCritical("cannot start: {Why}", failure.Message);
            return ExitCode.TryAgain;
        }
    }

    private static void Reload(Daemon daemon, string? path, ILogger log)
    {
        ConfigReading reading = ConfigReader.ReadFile(path);
        if (reading.Errors.Count > 0)
        {
            foreach (ConfigError error in reading.Errors) log.LogError("{Error}", error);
            log.LogError("reload refused, the configuration in force stays");
            return;
        }

        IReadOnlyList<string> waiting = daemon.Reload(reading.Settings);
        log.LogInformation("reloaded{Waiting}", waiting.Count == 0 ? "" : $"; a restart is needed for {string.Join(", ", waiting)}");
    }

    private static void AddGauges(Metrics metrics, Daemon daemon)
    {
        metrics.Add("mailsanitizer_worker_deaths_total", "Workers that died on a message.", "counter", () => daemon.Content.Workers.State.Deaths);
        metrics.Add("mailsanitizer_worker_starts_total", "Workers started.", "counter", () => daemon.Content.Workers.State.Started);
        metrics.Add("mailsanitizer_workers", "Workers alive.", "gauge", () => daemon.Content.Workers.State.Workers);
        metrics.Add("mailsanitizer_worker_resident_bytes", "Resident memory of all workers.", "gauge", () => daemon.Content.Workers.State.ResidentBytes);
        metrics.Add("mailsanitizer_jobs_waiting", "Jobs that wait for a worker.", "gauge", () => daemon.Content.Workers.State.Waiting);
        metrics.Add("mailsanitizer_scanner_up", "1 when clamd answered at the last try.", "gauge", () => daemon.Content.Scanner.Clamd is { Healthy: true } ? 1 : 0);
        metrics.Add("mailsanitizer_connections", "Connections of peers.", "gauge", () => daemon.Reception.Connections);
        metrics.Add("mailsanitizer_store_messages", "Messages held and quarantined.", "gauge", () => daemon.Storage.Gauge.Read(0).Usage.Messages);
        metrics.Add("mailsanitizer_store_bytes", "Their bytes.", "gauge", () => daemon.Storage.Gauge.Read(0).Usage.Bytes);
        metrics.Add("mailsanitizer_audit_seq", "Sequence number of the last audit record.", "counter", () => daemon.Audit.LastSeq);
    }

    private static async Task<IReadOnlyList<ReadyCheck>> ReadyAsync(Daemon daemon, CancellationToken cancellation)
    {
        WorkerCage? cage = daemon.Content.Workers.State.Cage;
        string? fault = daemon.Content.Workers.State.Fault;
        List<ReadyCheck> checks =
        [
            new("workers", fault is null, fault ?? $"{daemon.Content.Workers.State.Workers} alive; {cage}"),
            new("next-hop", daemon.NextHop.IsKnown, daemon.NextHop.IsKnown ? daemon.Settings.NextHop : $"{daemon.Settings.NextHop} was not reached yet"),
        ];
        if (daemon.Content.Scanner.Clamd is { } clamd)
        {
            string? version = await clamd.VersionAsync(cancellation);
            checks.Add(new ReadyCheck("clamd", version is not null, version ?? "does not answer"));
        }

        return checks;
    }

    // JSON for machines, one readable line for a terminal.
    private static void Log(ILoggingBuilder logging)
    {
        logging.SetMinimumLevel(LogLevel.Information);
        logging.AddFilter("Microsoft", LogLevel.Warning);
        logging.AddFilter("System", LogLevel.Warning);
        if (Console.IsOutputRedirected) logging.AddJsonConsole(options => { options.UseUtcTimestamp = true; options.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ"; });
        else logging.AddSimpleConsole(options => { options.SingleLine = true; options.TimestampFormat = "HH:mm:ss "; });
    }
}

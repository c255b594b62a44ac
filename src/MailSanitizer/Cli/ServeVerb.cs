using System.CommandLine;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using MailSanitizer.Configuration;
using MailSanitizer.Mail;
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
            foreach (Gauge gauge in DaemonHealth.Gauges(daemon)) metrics.Add(gauge.Name, gauge.Help, gauge.Type, gauge.Read);
            await using WebApplication app = DaemonHost.Build(daemon, routes => HealthEndpoints.Map(routes, metrics, token => ReadyAsync(daemon, token)), Log);
            using PosixSignalRegistration reload = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context =>
            {
                context.Cancel = true;
                _ = ReloadAsync(daemon, path, log);
            });
            await app.StartAsync(cancellation);
            log.LogInformation("{Ready}", DaemonHost.Describe(daemon));
            await app.WaitForShutdownAsync(cancellation);
            return ExitCode.Ok;
        }
        catch (Exception failure) when (failure is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            // A port in use, a state folder that another daemon owns, a full disk: a sentence, not a stack.
            log.LogCritical("cannot start: {Why}", failure.Message);
            return ExitCode.TryAgain;
        }
    }

    private static async Task ReloadAsync(Daemon daemon, string? path, ILogger log)
    {
        try
        {
            await TakeOverAsync(daemon, path, log);
        }
        catch (IOException failure)
        {
            log.LogError("reload failed, the configuration in force stays: {Why}", failure.Message);
        }
    }

    private static async Task TakeOverAsync(Daemon daemon, string? path, ILogger log)
    {
        ConfigReading reading = ConfigReader.ReadFile(path);
        if (reading.Errors.Count > 0)
        {
            foreach (ConfigError error in reading.Errors) log.LogError("{Error}", error);
            log.LogError("reload refused, the configuration in force stays");
            await daemon.Audit.AppendAsync(new AuditEvent("config.refused", null, new JsonObject { ["event"] = new JsonObject { ["reason"] = reading.Errors[0].ToString() } }), CancellationToken.None);
            return;
        }

        IReadOnlyList<string> waiting = await daemon.ReloadAsync(reading.Settings, CancellationToken.None);
        log.LogInformation("reloaded{Waiting}", waiting.Count == 0 ? "" : $"; a restart is needed for {string.Join(", ", waiting)}");
    }

    private static async Task<IReadOnlyList<ReadyCheck>> ReadyAsync(Daemon daemon, CancellationToken cancellation) =>
        [.. (await DaemonHealth.ReadyAsync(daemon, cancellation)).Select(check => new ReadyCheck(check.Name, check.Well, check.Text))];

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

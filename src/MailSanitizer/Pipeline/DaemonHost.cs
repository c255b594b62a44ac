using System.Globalization;
using MailSanitizer.Reception;

namespace MailSanitizer.Pipeline;

/// <summary>Puts a daemon's doors, and the web page beside them, into one Kestrel.</summary>
public static class DaemonHost
{
    /// <summary>A host that serves the doors. <paramref name="web"/> maps what <c>web.listen</c> shows.</summary>
    public static WebApplication Build(Daemon daemon, Action<IEndpointRouteBuilder> web, Action<ILoggingBuilder> logging)
    {
        // Arguments and environment variables of ASP.NET are not ours: the configuration file alone says where we listen.
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "mailsanitizer" });
        logging(builder.Logging);
        builder.Services.AddRouting();
        builder.Services.AddSystemd();
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeBudget.AfterQueue);
        builder.WebHost.UseKestrelCore();
        builder.WebHost.UseSockets(sockets =>
        {
            sockets.NoDelay = true;
            // The default of 1 MB for each connection would let 2,000 peers hold 2 GB, and hide a vanished client behind pipelined input.
            sockets.MaxReadBufferSize = 64 * 1024;
        });
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.AddMailListeners(daemon.Reception);
            if (daemon.Settings.WebListen is { } url)
            {
                Uri uri = new(url);
                kestrel.Listen(System.Net.IPAddress.Parse(uri.Host.Trim('[', ']')), uri.Port, listen => listen.Protocols = Microsoft.AspNetCore.Server.Kestrel.Core.HttpProtocols.Http1);
            }
        });
        WebApplication app = builder.Build();
        web(app);
        app.Lifetime.ApplicationStarted.Register(() => KestrelListeners.SetSocketModes(daemon.Reception.Options));
        return app;
    }

    /// <summary>One line for the log and for <c>serve</c>'s reader: where we listen and what stands behind.</summary>
    public static string Describe(Daemon daemon) => string.Create(
        CultureInfo.InvariantCulture,
        $"listening on {string.Join(", ", daemon.Settings.Listen.Select(door => door.Url))}; next hop {daemon.Settings.NextHop}; clamd {(daemon.Settings.ClamavAddress.Count == 0 ? "none (hash list only)" : string.Join(", ", daemon.Settings.ClamavAddress))}; {daemon.Content.Workers.State.Workers} workers; state {daemon.Settings.State}");
}

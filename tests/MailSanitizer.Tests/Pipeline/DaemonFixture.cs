using MailSanitizer.Configuration;
using MailSanitizer.Pipeline;
using MailSanitizer.Storage;
using MailSanitizer.Tests.Servers;
using MailSanitizer.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace MailSanitizer.Tests.Pipeline;

/// <summary>A whole daemon in this process: real workers, real clamd, a receiving server behind it, LMTP and SMTP doors in front.</summary>
public sealed class DaemonFixture : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mailsanitizer-daemon-").FullName;
    private WebApplication? _app;

    private DaemonFixture(ReceivingServer hop, ClamdServer? clamd)
    {
        Hop = hop;
        LmtpPort = FreePort.Take();
        SmtpPort = FreePort.Take();
        Settings = new Settings
        {
            Listen =
            [
                new ListenSetting($"lmtp://127.0.0.1:{LmtpPort}", "auto", "after-queue", null, null),
                new ListenSetting($"smtp://127.0.0.1:{SmtpPort}", "auto", "before-queue", null, null),
            ],
            NextHop = hop.SmtpUrl,
            State = Path.Combine(_folder, "state"),
            AuthservId = "mx.example.jp",
            WebListen = null,
            ClamavAddress = clamd is null ? [] : [clamd.UnixAddress],
            LocalDomains = ["example.jp"],
            DnsServers = [ResolverServer.Shared.Address],
        };
    }

    public ReceivingServer Hop { get; }

    public int LmtpPort { get; }

    public int SmtpPort { get; }

    public Settings Settings { get; private set; }

    public Daemon Daemon { get; private set; } = null!;

    public Metrics Metrics { get; } = new();

    public static async Task<DaemonFixture> StartAsync(ClamdServer? clamd = null, Func<DaemonFixture, Settings, Settings>? change = null, ReceivingBehaviour? hop = null, bool withClamd = true)
    {
        DaemonFixture fixture = new(ReceivingServer.Start(hop), withClamd ? clamd ?? ClamdServer.Shared : null);
        if (change is not null) fixture.Settings = change(fixture, fixture.Settings);
        await fixture.UpAsync();
        return fixture;
    }

    public async Task UpAsync()
    {
        Daemon = await Daemon.OpenAsync(Settings, Metrics, TimeProvider.System, NullLoggerFactory.Instance, CancellationToken.None);
        _app = DaemonHost.Build(Daemon, _ => { }, logging => logging.ClearProviders());
        await _app.StartAsync();
    }

    public async Task DownAsync()
    {
        if (_app is not null) await _app.DisposeAsync();
        _app = null;
        await Daemon.DisposeAsync();
    }

    /// <summary>One transaction; the replies after DATA, one for each recipient over LMTP, one over SMTP.</summary>
    public async Task<IReadOnlyList<string>> SendAsync(string message, string[]? recipients = null, bool smtp = false, string? ident = null, string from = "sender@example.com", string? client = null)
    {
        await using WireClient wire = await WireClient.ConnectAsync(smtp ? SmtpPort : LmtpPort);
        await wire.ExpectAsync(220);
        await wire.CommandAsync(smtp ? "EHLO test" : "LHLO test", 250);
        if (ident is not null || client is not null) await wire.CommandAsync($"XFORWARD{(client is null ? "" : $" ADDR={client}")}{(ident is null ? "" : $" IDENT={ident}")}", 250);
        await wire.CommandAsync($"MAIL FROM:<{from}>", 250);
        string[] to = recipients ?? ["a@example.jp"];
        foreach (string recipient in to) await wire.CommandAsync($"RCPT TO:<{recipient}>", 250);
        await wire.CommandAsync("DATA", 354);
        await wire.SendAsync(message + ".\r\n");
        List<string> replies = [];
        for (int at = 0; at < (smtp ? 1 : to.Length); at++) replies.Add(await wire.ReplyAsync());
        return replies;
    }

    public Task<IReadOnlyList<StoredMessage>> StoredAsync() => Daemon.Storage.Messages.ListAsync(new StoreQuery(), CancellationToken.None);

    public string AuditText() => string.Concat(Directory.GetFiles(Path.Combine(Settings.State, "audit"), "*.jsonl").Order(StringComparer.Ordinal).Select(ReadShared));

    public async ValueTask DisposeAsync()
    {
        await DownAsync();
        await Hop.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static string ReadShared(string path)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using StreamReader reader = new(file);
        return reader.ReadToEnd();
    }
}

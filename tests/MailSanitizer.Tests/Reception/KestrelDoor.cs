using MailSanitizer.Mail;
using MailSanitizer.Reception;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace MailSanitizer.Tests.Reception;

/// <summary>Reception in a real Kestrel, on free ports and Unix sockets.</summary>
internal sealed class KestrelDoor : IAsyncDisposable
{
    private readonly WebApplication _server;
    private readonly string _folder;
    private bool _stopped;

    private KestrelDoor(WebApplication server, MailReception room, string folder)
    {
        _server = server;
        _folder = folder;
        Room = room;
    }

    public MailReception Room { get; }

    public IReadOnlyList<int> Ports => [.. _server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Where(address => !address.Contains("unix")).Select(address => new Uri(address).Port)];

    public int Port => Ports[0];

    public static async Task<KestrelDoor> StartAsync(IMessageReceiver receiver, INextHop nextHop, Func<ReceptionOptions, ReceptionOptions>? change = null, params string[] listeners)
    {
        string folder = Directory.CreateTempSubdirectory("ms-kestrel-").FullName;
        if (listeners.Length == 0) listeners = ["lmtp://127.0.0.1:0"];
        ReceptionOptions options = new() { HostName = "ms.test", Listeners = [.. listeners.Select(Listener)] };
        if (change is not null) options = change(options);
        MailReception room = new(options, receiver, new Spool(folder), nextHop, TimeProvider.System, NullLogger<MailReception>.Instance, () => long.MaxValue);
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.AddMailListeners(room));
        WebApplication server = builder.Build();
        await server.StartAsync();
        KestrelListeners.SetSocketModes(options);
        return new KestrelDoor(server, room, folder);
    }

    public Task StopAsync()
    {
        _stopped = true;
        return _server.StopAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_stopped) await _server.StopAsync(new CancellationToken(canceled: true));
        await _server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static ListenerOptions Listener(string url)
    {
        bool before = url.StartsWith("before:", StringComparison.Ordinal);
        Assert.True(MailEndpoint.TryParse(before ? url["before:".Length..] : url, out MailEndpoint? endpoint, out string error), error);
        return new ListenerOptions(endpoint, before ? "before-queue" : "after-queue");
    }
}

using System.Diagnostics;
using System.Net.Sockets;

namespace MailSanitizer.Tests.Servers;

/// <summary>The product itself as its own process: <c>mailsanitizer serve</c> with a state folder of its own, so that it can be killed.</summary>
public sealed class DaemonServer : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ms-daemon-").FullName;
    private readonly System.Text.StringBuilder _log = new();
    private Process? _process;

    private DaemonServer(int port) => Port = port;

    /// <summary>Where it listens.</summary>
    public int Port { get; }

    /// <summary>Its log so far.</summary>
    public string Log
    {
        get
        {
            lock (_log) return _log.ToString();
        }
    }

    /// <summary>Starts one and waits for its greeting.</summary>
    /// <param name="nextHop">Next hop, as configured.</param>
    /// <param name="clamd">clamd, or null for the hash list only.</param>
    /// <param name="mode"><c>after-queue</c> or <c>before-queue</c>.</param>
    /// <param name="port">Where it is to listen; 0 for a free port.</param>
    /// <param name="settings">Further lines of its configuration.</param>
    /// <param name="scheme"><c>lmtp</c> or <c>smtp</c>.</param>
    /// <param name="dns">Whom it asks; by default a resolver that knows no name.</param>
    public static async Task<DaemonServer> StartAsync(string nextHop, ClamdServer? clamd, string mode = "after-queue", int port = 0, string settings = "", string scheme = "lmtp", System.Net.IPEndPoint? dns = null)
    {
        DaemonServer server = new(port == 0 ? FreePort.Take() : port);
        await File.WriteAllTextAsync(Path.Combine(server._folder, "mailsanitizer.yaml"), $$"""
            listen: [{ url: "{{scheme}}://127.0.0.1:{{server.Port}}", direction: auto, mode: {{mode}} }]
            next-hop: {{nextHop}}
            local-domains: [rcpt.test]
            authserv-id: ms.test
            state: {{server._folder}}/state
            web: { listen: "http://127.0.0.1:{{FreePort.Take()}}" }
            {{(clamd is null ? "" : $"clamav: {{ address: \"{clamd.UnixAddress}\" }}")}}
            dns: { servers: ["{{dns ?? ResolverServer.Shared.Address}}"] }
            {{settings}}

            """);
        try
        {
            await server.UpAsync();
            return server;
        }
        catch
        {
            server.Dispose();
            throw;
        }
    }

    /// <summary>Starts it (again) and waits for its greeting.</summary>
    public async Task UpAsync()
    {
        ProcessStartInfo start = new(Path.Combine(AppContext.BaseDirectory, "mailsanitizer"), ["serve", "--config", Path.Combine(_folder, "mailsanitizer.yaml")]) { RedirectStandardOutput = true, RedirectStandardError = true };
        _process = Process.Start(start)!;
        _process.OutputDataReceived += Keep;
        _process.ErrorDataReceived += Keep;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        // Ready when a session is greeted with 220: before the next hop was reached it says 421.
        for (Stopwatch watch = Stopwatch.StartNew(); !await GreetsAsync(); await Task.Delay(50))
        {
            if (_process.HasExited || watch.Elapsed.TotalSeconds > 120) throw new InvalidOperationException($"the daemon does not serve: {Log}");
        }
    }

    /// <summary>The highest resident memory so far of the daemon itself, without its workers (bytes).</summary>
    public long PeakMemory
    {
        get
        {
            string line = File.ReadLines($"/proc/{_process!.Id}/status").First(text => text.StartsWith("VmHWM:", StringComparison.Ordinal));
            return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], System.Globalization.CultureInfo.InvariantCulture) * 1024;
        }
    }

    /// <summary>kill -9.</summary>
    public void Kill()
    {
        _process!.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
        _process = null;
    }

    public void Dispose()
    {
        if (_process is not null) Kill();
        Directory.Delete(_folder, recursive: true);
    }

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        lock (_log) _log.AppendLine(line.Data);
    }

    private async Task<bool> GreetsAsync()
    {
        try
        {
            await using WireClient client = await WireClient.ConnectAsync(Port);
            return (await client.ReplyAsync()).StartsWith("220", StringComparison.Ordinal);
        }
        catch (Exception notYet) when (notYet is SocketException or IOException)
        {
            return false;
        }
    }
}

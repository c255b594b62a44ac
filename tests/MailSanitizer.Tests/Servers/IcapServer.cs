using System.Diagnostics;
using System.Net.Sockets;

namespace MailSanitizer.Tests.Servers;

/// <summary>Debian's c-icap with its virus scanning service, asking a real clamd.</summary>
public sealed class IcapServer : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ms-icap-").FullName;
    private Process? _process;

    private IcapServer()
    {
    }

    /// <summary>Whether it is installed.</summary>
    public static bool Exists => File.Exists("/usr/bin/c-icap") && File.Exists("/usr/lib/x86_64-linux-gnu/c_icap/virus_scan.so");

    /// <summary>Its port on 127.0.0.1.</summary>
    public int Port { get; } = FreePort.Take();

    /// <summary>The virus scanning service.</summary>
    public string Url => $"icap://127.0.0.1:{Port}/avscan";

    /// <summary>Starts one and waits until it takes connections.</summary>
    public static async Task<IcapServer> StartAsync(ClamdServer clamd)
    {
        IcapServer server = new();
        File.WriteAllText(Path.Combine(server._folder, "c-icap.conf"), $"""
            PidFile {server._folder}/pid
            CommandsSocket {server._folder}/ctl
            Timeout 30
            MaxKeepAliveRequests 100
            KeepAliveTimeout 60
            StartServers 1
            MaxServers 2
            MinSpareThreads 2
            MaxSpareThreads 8
            ThreadsPerChild 8
            Port 127.0.0.1:{server.Port}
            TmpDir {server._folder}
            MaxMemObject 131072
            ModulesDir /usr/lib/x86_64-linux-gnu/c_icap
            ServicesDir /usr/lib/x86_64-linux-gnu/c_icap
            TemplateDir /usr/share/c_icap/templates/
            TemplateDefaultLanguage en
            LoadMagicFile /etc/c-icap/c-icap.magic
            ServerLog {server._folder}/server.log
            AccessLog {server._folder}/access.log
            Service echo srv_echo.so
            Module common clamd_mod.so
            clamd_mod.ClamdSocket {clamd.SocketPath}
            Service antivirus_module virus_scan.so
            ServiceAlias avscan virus_scan?allow204=on&sizelimit=off&mode=simple
            virus_scan.DefaultEngine clamd
            virus_scan.ScanFileTypes TEXT DATA EXECUTABLE ARCHIVE GIF JPEG MSOFFICE
            virus_scan.SendPercentData 5
            virus_scan.StartSendPercentDataAfter 2M
            virus_scan.MaxObjectSize 5M

            """);
        await server.UpAsync();
        return server;
    }

    /// <summary>Starts it again.</summary>
    public async Task UpAsync()
    {
        _process = Process.Start(new ProcessStartInfo("/usr/bin/c-icap", ["-N", "-f", Path.Combine(_folder, "c-icap.conf")]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        _process.OutputDataReceived += (_, _) => { };
        _process.ErrorDataReceived += (_, _) => { };
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        for (Stopwatch watch = Stopwatch.StartNew(); ; await Task.Delay(20))
        {
            using Socket probe = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await probe.ConnectAsync("127.0.0.1", Port);
                return;
            }
            catch (SocketException) when (watch.Elapsed.TotalSeconds < 30 && !_process.HasExited)
            {
                // Not yet.
            }
        }
    }

    /// <summary>Stops it hard.</summary>
    public void Down()
    {
        _process?.Kill(entireProcessTree: true);
        _process?.WaitForExit();
        _process?.Dispose();
        _process = null;
    }

    public void Dispose()
    {
        Down();
        Directory.Delete(_folder, recursive: true);
    }
}

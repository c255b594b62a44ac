using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace MailSanitizer.Tests.Servers;

/// <summary>A real unbound that knows no name and says so at once, for daemons whose tests are not about DNS.</summary>
/// <remarks>A port where nobody listens is no stand-in: where the host's network drops the ICMP answer, every question waits for its time-out.</remarks>
public sealed class ResolverServer : IDisposable
{
    private static readonly Lazy<ResolverServer> One = new(() =>
    {
        ResolverServer server = new();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => server.Dispose();
        return server;
    });

    private readonly string _folder = Directory.CreateTempSubdirectory("ms-unbound-").FullName;
    private readonly Process _process;

    private ResolverServer()
    {
        Address = new IPEndPoint(IPAddress.Loopback, FreePort.Take());
        string configuration = Path.Combine(_folder, "unbound.conf");
        File.WriteAllText(configuration, $"""
            server:
              interface: 127.0.0.1@{Address.Port}
              username: ""
              chroot: ""
              directory: "{_folder}"
              pidfile: ""
              use-syslog: no
              logfile: "{_folder}/unbound.log"
              do-daemonize: no
              num-threads: 1
              local-zone: "." static
            remote-control:
              control-enable: no
            """);
        // The shell that holds our pipe ends it when the pipe closes, also when this process dies.
        ProcessStartInfo start = new("/bin/sh", ["-c", "/usr/sbin/unbound -d -c \"$0\" >\"$1\" 2>&1 </dev/null & read _; kill -9 $!; wait", configuration, Path.Combine(_folder, "stdout")]) { RedirectStandardInput = true };
        _process = Process.Start(start)!;
        Stopwatch watch = Stopwatch.StartNew();
        while (!Answers())
        {
            if (watch.Elapsed > TimeSpan.FromSeconds(60)) throw new TimeoutException($"unbound did not start: {File.ReadAllText(Path.Combine(_folder, "stdout"))}");
            Thread.Sleep(20);
        }
    }

    /// <summary>The one of this test run, started when it is first asked for. Skips the test where unbound is not installed.</summary>
    public static ResolverServer Shared
    {
        get
        {
            Assert.SkipUnless(File.Exists("/usr/sbin/unbound"), "unbound is not installed");
            return One.Value;
        }
    }

    /// <summary>Where it answers, UDP and TCP.</summary>
    public IPEndPoint Address { get; }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private bool Answers()
    {
        try
        {
            using TcpClient client = new();
            client.Connect(Address);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}

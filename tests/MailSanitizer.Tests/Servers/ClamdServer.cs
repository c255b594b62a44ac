using System.Diagnostics;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace MailSanitizer.Tests.Servers;

/// <summary>A real clamd with its own scratch folder and four local signatures, on a Unix socket and a free TCP port. No network, no official database.</summary>
/// <remarks>
/// It knows EICAR (file start), the marker <see cref="Marker"/> anywhere, a ZIP member named like <c>invoice*.exe</c>, and the Yara string
/// <c>MAILSANITIZER-YARA-MARKER</c>. Use <see cref="Shared"/> unless a test stops or slows it.
/// </remarks>
public sealed class ClamdServer : IDisposable
{
    /// <summary>Any object that has it is <c>MS.Test.Marker.UNOFFICIAL</c>.</summary>
    public const string Marker = "MAILSANITIZER-TEST-VIRUS-A";

    private static readonly Lazy<ClamdServer> One = new(() =>
    {
        ClamdServer server = Start();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => server.Dispose();
        return server;
    });

    private readonly string _folder;
    private readonly string _configuration;
    private Process? _process;

    private ClamdServer(string folder, int port, string extra)
    {
        _folder = folder;
        Port = port;
        SocketPath = Path.Combine(folder, "clamd.sock");
        _configuration = Path.Combine(folder, "clamd.conf");
        WriteDatabase(Path.Combine(folder, "db"));
        Directory.CreateDirectory(Path.Combine(folder, "tmp"));
        File.WriteAllText(_configuration, Configuration(extra));
    }

    /// <summary>The one of this test run, started when it is first asked for. Skips the test where clamd is not installed.</summary>
    public static ClamdServer Shared
    {
        get
        {
            Assert.SkipUnless(IsInstalled, "clamd is not installed");
            return One.Value;
        }
    }

    /// <summary>Whether there is a clamd to start.</summary>
    public static bool IsInstalled => File.Exists("/usr/sbin/clamd");

    /// <summary>The EICAR test file, split here so that this source is none.</summary>
    public static string Eicar => "X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR" + "-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*";

    /// <summary>TCP port on 127.0.0.1.</summary>
    public int Port { get; }

    /// <summary>Unix socket.</summary>
    public string SocketPath { get; }

    /// <summary>As a value of <c>clamav.address</c>.</summary>
    public string UnixAddress => $"unix:{SocketPath}";

    /// <summary>As a value of <c>clamav.address</c>.</summary>
    public string TcpAddress => $"tcp://127.0.0.1:{Port}";

    /// <summary>Its log so far.</summary>
    public string Log => File.Exists(Path.Combine(_folder, "clamd.log")) ? File.ReadAllText(Path.Combine(_folder, "clamd.log")) : "";

    /// <summary>Starts an own one and waits until it answers.</summary>
    /// <param name="extra">Further lines of clamd.conf; they win over the ones here.</param>
    public static ClamdServer Start(string extra = "")
    {
        ClamdServer server = new(Directory.CreateTempSubdirectory("ms-clamd-").FullName, FreePort.Take(), extra);
        server.Up();
        return server;
    }

    /// <summary>Stops it hard; <see cref="Up"/> starts it again on the same socket and port.</summary>
    public void Down()
    {
        if (_process is null) return;
        // The shell that holds our pipe kills clamd when the pipe closes, also when this test process dies.
        _process.StandardInput.Close();
        if (!_process.WaitForExit(10_000)) _process.Kill(entireProcessTree: true);
        _process.Dispose();
        _process = null;
    }

    /// <summary>Starts it and waits for its PONG.</summary>
    public void Up()
    {
        File.Delete(SocketPath);
        ProcessStartInfo start = new("/bin/sh", ["-c", "clamd -c \"$0\" >\"$1\" 2>&1 </dev/null & read _; kill -9 $!; wait", _configuration, Path.Combine(_folder, "stdout")]) { RedirectStandardInput = true };
        start.Environment["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin";
        _process = Process.Start(start)!;
        Stopwatch watch = Stopwatch.StartNew();
        while (!Answers())
        {
            if (watch.Elapsed > TimeSpan.FromSeconds(60)) throw new TimeoutException($"clamd did not start: {Log}{File.ReadAllText(Path.Combine(_folder, "stdout"))}");
            Thread.Sleep(20);
        }
    }

    public void Dispose()
    {
        Down();
        try
        {
            Directory.Delete(_folder, recursive: true);
        }
        catch (IOException)
        {
            // clamd may still be removing its own temporary files; the folder lies in /tmp.
        }
    }

    private bool Answers()
    {
        try
        {
            using Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            socket.ReceiveTimeout = 2000;
            socket.Connect(new UnixDomainSocketEndPoint(SocketPath));
            socket.Send("zPING\0"u8);
            byte[] answer = new byte[16];
            int got = socket.Receive(answer);
            return Encoding.ASCII.GetString(answer, 0, got).TrimEnd('\0') == "PONG";
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static void WriteDatabase(string folder)
    {
        Directory.CreateDirectory(folder);
        string eicar = Convert.ToHexStringLower(Encoding.ASCII.GetBytes(Eicar));
        string marker = Convert.ToHexStringLower(Encoding.ASCII.GetBytes(Marker[..^1]));
        File.WriteAllText(Path.Combine(folder, "local.ndb"), $"MS.Test.Eicar:0:0:{eicar}\nMS.Test.Marker:0:*:{marker}\n");
        File.WriteAllText(Path.Combine(folder, "local.hsb"), $"{Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(Eicar)))}:68:MS.Test.EicarHash\n");
        File.WriteAllText(Path.Combine(folder, "local.cdb"), "MS.Test.ExeInZip:CL_TYPE_ZIP:*:invoice.*\\.exe$:*:*:*:*:*:*\n");
        File.WriteAllText(Path.Combine(folder, "local.yar"), "rule MS_Test_Yara { strings: $a = \"MAILSANITIZER-YARA-MARKER\" condition: $a }\n");
    }

    private string Configuration(string extra)
    {
        HashSet<string> own = [.. extra.Split('\n').Select(line => line.Trim().Split(' ')[0])];
        string[] lines =
        [
            $"LogFile {_folder}/clamd.log", "LogTime yes", "LogFileMaxSize 0", "ExtendedDetectionInfo yes", $"TemporaryDirectory {_folder}/tmp", $"DatabaseDirectory {_folder}/db",
            "OfficialDatabaseOnly no", $"LocalSocket {SocketPath}", "LocalSocketMode 666", "FixStaleSocket yes", $"TCPSocket {Port}", "TCPAddr 127.0.0.1", "Foreground yes", "MaxThreads 4",
            "MaxQueue 200", "MaxConnectionQueueLength 200", "IdleTimeout 30", "ReadTimeout 180", "CommandReadTimeout 30", "SelfCheck 0", "ConcurrentDatabaseReload no", "StreamMaxLength 64M",
            "MaxScanSize 200M", "MaxFileSize 64M", "MaxRecursion 17", "MaxFiles 10000", "MaxScanTime 120000", "HeuristicAlerts yes", "AlertEncrypted yes", "AlertOLE2Macros no",
            "AlertExceedsMax yes", "Bytecode yes",
        ];
        // No "User" line: it runs as whoever runs the tests; its folder holds nothing of value.
        return string.Join('\n', lines.Where(line => !own.Contains(line.Split(' ')[0]))) + "\n" + extra + "\n";
    }
}

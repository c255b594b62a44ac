using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using MailSanitizer.Authentication.Dns;

namespace MailSanitizer.Tests.Authentication;

/// <summary>A real nsd on a free port of the loopback, authoritative for the root.</summary>
internal sealed class NameServer : IDisposable
{
    private readonly string _folder;
    private readonly Process _process;

    private NameServer(string folder, Process process, IPEndPoint address)
    {
        (_folder, _process, Address) = (folder, process, address);
    }

    public IPEndPoint Address { get; }

    public static bool Exists => File.Exists("/usr/sbin/nsd");

    public static async Task<NameServer> StartAsync(string zone)
    {
        string folder = Directory.CreateTempSubdirectory("nsd").FullName;
        IPEndPoint address = FreePort();
        File.WriteAllText(Path.Combine(folder, "root.zone"), zone);
        File.WriteAllText(Path.Combine(folder, "nsd.conf"), $"""
            server:
              ip-address: 127.0.0.1@{address.Port}
              username: ""
              chroot: ""
              zonesdir: "{folder}"
              database: ""
              pidfile: "{folder}/nsd.pid"
              xfrdfile: "{folder}/xfrd.state"
              zonelistfile: "{folder}/zone.list"
              xfrdir: "{folder}"
              server-count: 1
              rrl-ratelimit: 0
              logfile: "{folder}/nsd.log"
            remote-control:
              control-enable: no
            zone:
              name: "."
              zonefile: "root.zone"
            """);
        Process process = Process.Start(new ProcessStartInfo("/usr/sbin/nsd", ["-d", "-c", Path.Combine(folder, "nsd.conf")]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        NameServer server = new(folder, process, address);
        Resolver resolver = new(new DnsOptions { Servers = [address], Timeout = TimeSpan.FromMilliseconds(200), Retries = 0 });
        for (int round = 0; round < 100; round++)
        {
            DnsAnswer answer = await resolver.AskAsync("ns", DnsKind.A, TestContext.Current.CancellationToken);
            if (answer.Addresses.Count == 1) return server;
            if (process.HasExited) break;
            await Task.Delay(20);
        }

        string log = File.Exists(Path.Combine(folder, "nsd.log")) ? File.ReadAllText(Path.Combine(folder, "nsd.log")) : "no log";
        server.Dispose();
        throw new InvalidOperationException("nsd does not answer: " + log);
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    internal static IPEndPoint FreePort() => new(IPAddress.Loopback, Servers.FreePort.Take());
}

/// <summary>A server that misbehaves: gets the bytes of each question, gives the bytes of the answer or none. UDP only.</summary>
internal sealed class OddNameServer : IDisposable
{
    private readonly UdpClient _udp = new(new IPEndPoint(IPAddress.Loopback, 0));
    private readonly CancellationTokenSource _end = new();
    private readonly Task _loop;
    private int _questions;

    public OddNameServer(Func<string, int, byte[], Task<byte[]?>> answer)
    {
        _loop = Task.Run(() => LoopAsync(answer));
    }

    public IPEndPoint Address => (IPEndPoint)_udp.Client.LocalEndPoint!;

    public int Questions => _questions;

    /// <summary>Passes questions on to a real server, but for those that are dropped.</summary>
    public static OddNameServer InFrontOf(NameServer server, Func<string, int, bool> drop) => new(async (name, type, question) =>
    {
        if (drop(name, type)) return null;
        using UdpClient relay = new();
        relay.Connect(server.Address);
        await relay.SendAsync(question);
        return (await relay.ReceiveAsync()).Buffer;
    });

    public void Dispose()
    {
        _end.Cancel();
        _udp.Dispose();
        _end.Dispose();
    }

    private async Task LoopAsync(Func<string, int, byte[], Task<byte[]?>> answer)
    {
        while (!_end.IsCancellationRequested)
        {
            try
            {
                UdpReceiveResult question = await _udp.ReceiveAsync(_end.Token);
                Interlocked.Increment(ref _questions);
                _ = Task.Run(async () =>
                {
                    (string name, int type) = Question(question.Buffer);
                    if (await answer(name, type, question.Buffer) is { } reply) await _udp.SendAsync(reply, question.RemoteEndPoint);
                });
            }
            catch (Exception ending) when (ending is OperationCanceledException or ObjectDisposedException or SocketException)
            {
                if (_end.IsCancellationRequested) return;
            }
        }
    }

    private static (string Name, int Type) Question(byte[] bytes)
    {
        List<string> labels = [];
        int at = 12;
        for (; bytes[at] > 0; at += bytes[at] + 1) labels.Add(System.Text.Encoding.Latin1.GetString(bytes, at + 1, bytes[at]));
        return (string.Join('.', labels), (bytes[at + 1] << 8) | bytes[at + 2]);
    }
}

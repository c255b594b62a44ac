#pragma warning disable CA1416 // File modes: Linux only.
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MailSanitizer.Mail;
using MailSanitizer.Reception;
using MailSanitizer.Tests.Servers;

namespace MailSanitizer.Tests.Reception;

/// <summary>Reception on real sockets: transports, TLS, crowds, slow peers, drain.</summary>
public sealed class KestrelTests
{
    [Fact]
    public async Task TCP_and_Unix_sockets_serve_both_protocols()
    {
        string path = Path.Combine(Path.GetTempPath(), $"ms-{Guid.NewGuid():N}.sock");
        // Left by a killed daemon: bound once, nobody listens.
        using (Socket left = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)) left.Bind(new UnixDomainSocketEndPoint(path));
        TestReceiver receiver = new();
        await using KestrelDoor door = await KestrelDoor.StartAsync(receiver, new AnnouncingHop(), null, "lmtp://127.0.0.1:0", "smtp://[::1]:0", $"lmtp+unix:{path}");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite, File.GetUnixFileMode(path));
        foreach (string hello in new[] { "LHLO c.test", "EHLO c.test" })
        {
            foreach (WireMode mode in Enum.GetValues<WireMode>())
            {
                await using (WireClient tcp = await WireClient.ConnectAsync(door.Port, mode)) await SendAsync(tcp, hello);
                await using WireClient unix = await WireClient.ConnectUnixAsync(path, mode);
                await SendAsync(unix, hello);
            }
        }

        Assert.Equal(12, receiver.Arrivals.Count);
        Assert.Equal(6, receiver.Arrivals.Count(arrival => arrival.Envelope.PeerAddress == "unix"));
        Assert.Contains(receiver.Arrivals, arrival => arrival.Message.Listener.Name == $"lmtp+unix:{path}");
    }

    [Theory]
    [MemberData(nameof(WireClient.Modes), MemberType = typeof(WireClient))]
    public async Task STARTTLS(WireMode mode)
    {
        TestReceiver receiver = new();
        using X509Certificate2 certificate = Certificate();
        await using KestrelDoor door = await KestrelDoor.StartAsync(receiver, new AnnouncingHop(), options => options with { Certificate = certificate });
        await using WireClient client = await WireClient.ConnectAsync(door.Port, mode);
        await client.ExpectAsync(220);
        Assert.Contains("STARTTLS", await client.CommandAsync("EHLO c.test", 250));
        await client.CommandAsync("STARTTLS", 220);
        await client.StartTlsAsync();
        await client.CommandAsync("MAIL FROM:<a@a.example>", 503);
        Assert.DoesNotContain("STARTTLS", await client.CommandAsync("LHLO c.test", 250));
        await client.CommandAsync("STARTTLS", 503);
        await client.SendAsync("MAIL FROM:<a@a.example>\r\nRCPT TO:<b@b.example>\r\nDATA\r\n");
        foreach (int code in new[] { 250, 250, 354 }) await client.ExpectAsync(code);
        string content = string.Concat(Enumerable.Repeat("0123456789\r\n", 500));
        await client.SendAsync(content + ".\r\nQUIT\r\n");
        foreach (int code in new[] { 250, 221 }) await client.ExpectAsync(code);
        Assert.Equal(content, Assert.Single(receiver.Arrivals).Text);
    }

    [Fact]
    public async Task Plain_text_behind_STARTTLS_is_thrown_away()
    {
        TestReceiver receiver = new();
        using X509Certificate2 certificate = Certificate();
        await using KestrelDoor door = await KestrelDoor.StartAsync(receiver, new AnnouncingHop(), options => options with { Certificate = certificate });
        await using WireClient client = await WireClient.ConnectAsync(door.Port);
        await client.ExpectAsync(220);
        await client.CommandAsync("EHLO c.test", 250);
        await client.SendAsync("STARTTLS\r\nEHLO evil.test\r\nMAIL FROM:<evil@evil.example>\r\nRCPT TO:<victim@b.example>\r\n");
        await client.ExpectAsync(220);
        await client.StartTlsAsync();
        await client.CommandAsync("RCPT TO:<b@b.example>", 503);
        await client.CommandAsync("EHLO c.test", 250);
        await client.CommandAsync("RCPT TO:<b@b.example>", 503);
    }

    [Fact]
    public async Task A_thousand_connections_at_once()
    {
        TestReceiver receiver = new();
        await using KestrelDoor door = await KestrelDoor.StartAsync(receiver, new AnnouncingHop());
        WireClient[] clients = await Task.WhenAll(Enumerable.Range(0, 1000).Select(async _ => await WireClient.ConnectAsync(door.Port)));
        try
        {
            await Task.WhenAll(clients.Select(client => client.ExpectAsync(220)));
            Assert.Equal(1000, door.Room.Connections);
            await Task.WhenAll(clients.Select((client, index) => SendAsync(client, "LHLO c.test", $"{index}@b.example", greeted: true)));
        }
        finally
        {
            foreach (WireClient client in clients) await client.DisposeAsync();
        }

        Assert.Equal(1000, receiver.Arrivals.Select(arrival => arrival.Envelope.Recipients[0].Address).Distinct().Count());
    }

    [Fact]
    public async Task Slow_writers_hold_nobody_up()
    {
        TestReceiver receiver = new();
        await using KestrelDoor door = await KestrelDoor.StartAsync(receiver, new AnnouncingHop());
        List<WireClient> slow = [];
        for (int count = 0; count < 50; count++)
        {
            WireClient client = await WireClient.ConnectAsync(door.Port);
            slow.Add(client);
            await client.ExpectAsync(220);
            await client.CommandAsync("LHLO c.test", 250);
            await client.SendAsync("MAIL FROM:<>\r\nRCPT TO:<slow@b.example>\r\nDATA\r\nSubject: half\r\n");
            foreach (int code in new[] { 250, 250, 354 }) await client.ExpectAsync(code);
        }

        await using (WireClient quick = await WireClient.ConnectAsync(door.Port)) await SendAsync(quick, "LHLO c.test", "quick@b.example");
        Assert.Equal("quick@b.example", Assert.Single(receiver.Arrivals).Envelope.Recipients[0].Address);
        foreach (WireClient client in slow)
        {
            await client.SendAsync("\r\nrest\r\n.\r\n");
            await client.ExpectAsync(250);
            await client.DisposeAsync();
        }

        Assert.Equal(51, receiver.Arrivals.Count);
    }

    [Fact]
    public async Task A_peer_that_reads_no_replies_is_closed()
    {
        await using KestrelDoor door = await KestrelDoor.StartAsync(new TestReceiver(), new AnnouncingHop(), options => options with
        {
            Limits = new ReceptionLimits { ReplyTime = TimeSpan.FromMilliseconds(300), IdleCommands = int.MaxValue },
        });
        await using WireClient client = await WireClient.ConnectAsync(door.Port);
        byte[] commands = System.Text.Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("NOOP\r\n", 10_000)));
        await Assert.ThrowsAnyAsync<IOException>(async () =>
        {
            for (int round = 0; round < 10_000; round++) await client.SendAsync(commands);
        });
        while (door.Room.Connections > 0) await Task.Delay(5);
    }

    [Fact]
    public async Task A_peer_that_vanishes_in_any_state_leaves_nothing_behind()
    {
        TestReceiver receiver = new();
        await using KestrelDoor door = await KestrelDoor.StartAsync(receiver, new AnnouncingHop());
        const string Script = "LHLO c.test\r\nMAIL FROM:<a@a.example>\r\nRCPT TO:<b@b.example>\r\nDATA\r\nSubject: x\r\n\r\nbody\r\n.\r";
        for (int length = 0; length <= Script.Length; length++)
        {
            WireClient client = await WireClient.ConnectAsync(door.Port);
            await client.SendAsync(Script[..length]);
            await client.DisposeAsync();
        }

        while (door.Room.Connections > 0) await Task.Delay(5);
        Assert.Empty(receiver.Arrivals);
        await using WireClient whole = await WireClient.ConnectAsync(door.Port);
        await SendAsync(whole, "LHLO c.test");
        Assert.Single(receiver.Arrivals);
    }

    [Fact]
    public async Task A_peer_that_vanishes_while_we_decide_cancels_the_receiver()
    {
        TestReceiver receiver = new();
        TaskCompletionSource cancelled = new();
        receiver.Answer = async (_, cancellation) =>
        {
            cancellation.Register(cancelled.SetResult);
            await Task.Delay(Timeout.Infinite, cancellation);
            return [];
        };
        await using KestrelDoor door = await KestrelDoor.StartAsync(receiver, new AnnouncingHop());
        WireClient client = await WireClient.ConnectAsync(door.Port);
        await client.SendAsync("LHLO c.test\r\nMAIL FROM:<>\r\nRCPT TO:<b@b.example>\r\nDATA\r\n.\r\n");
        while (receiver.Arrivals.IsEmpty) await Task.Delay(1);
        await client.DisposeAsync();
        await cancelled.Task.WaitAsync(TimeSpan.FromSeconds(30));
        while (door.Room.Connections > 0) await Task.Delay(5);
    }

    [Fact]
    public async Task Drain_finishes_what_is_coming_and_sends_the_idle_away()
    {
        TestReceiver receiver = new();
        TaskCompletionSource decide = new();
        receiver.Answer = async (message, _) =>
        {
            await decide.Task;
            return [new SmtpReply(250, "2.0.0", "taken")];
        };
        await using KestrelDoor door = await KestrelDoor.StartAsync(receiver, new AnnouncingHop());
        await using WireClient idle = await WireClient.ConnectAsync(door.Port);
        await using WireClient envelope = await WireClient.ConnectAsync(door.Port);
        await using WireClient sending = await WireClient.ConnectAsync(door.Port);
        await using WireClient waiting = await WireClient.ConnectAsync(door.Port);
        foreach (WireClient client in new[] { idle, envelope, sending, waiting })
        {
            await client.ExpectAsync(220);
            await client.CommandAsync("LHLO c.test", 250);
        }

        await envelope.CommandAsync("MAIL FROM:<>", 250);
        foreach (WireClient client in new[] { sending, waiting })
        {
            await client.SendAsync("MAIL FROM:<>\r\nRCPT TO:<b@b.example>\r\nDATA\r\n");
            foreach (int code in new[] { 250, 250, 354 }) await client.ExpectAsync(code);
        }

        await waiting.SendAsync("x\r\n.\r\n");
        await sending.SendAsync("half ");
        while (receiver.Arrivals.IsEmpty) await Task.Delay(1);

        Task stopping = door.StopAsync();
        await idle.ExpectAsync(421);
        Assert.Equal("", await idle.ToEndAsync());
        await envelope.ExpectAsync(421);
        await Assert.ThrowsAnyAsync<SocketException>(() => WireClient.ConnectAsync(door.Port));
        await sending.SendAsync("a message\r\n.\r\n");
        while (receiver.Arrivals.Count < 2) await Task.Delay(1);
        Assert.False(stopping.IsCompleted);
        decide.SetResult();
        foreach (WireClient client in new[] { sending, waiting })
        {
            await client.ExpectAsync(250);
            await client.ExpectAsync(421);
            Assert.Equal("", await client.ToEndAsync());
        }

        await stopping;
        Assert.Contains(receiver.Arrivals, arrival => arrival.Text == "half a message\r\n");
    }

    [Fact]
    public async Task Two_hundred_megabytes_grow_the_process_by_less_than_64()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("MAILSANITIZER_FULL") == "1", "MAILSANITIZER_FULL=1: measures the whole test process, to be run alone");
        TestReceiver receiver = new() { KeepContent = false };
        await using KestrelDoor door = await KestrelDoor.StartAsync(receiver, new AnnouncingHop());
        await using WireClient client = await WireClient.ConnectAsync(door.Port);
        await SendAsync(client, "LHLO c.test");
        await client.SendAsync("MAIL FROM:<>\r\nRCPT TO:<b@b.example>\r\nDATA\r\n");
        foreach (int code in new[] { 250, 250, 354 }) await client.ExpectAsync(code);
        byte[] piece = System.Text.Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(new string('x', 76) + "\r\n", 1000)));
        long before = Environment.WorkingSet;
        long most = 0;
        for (long sent = 0; sent < 200L * 1024 * 1024; sent += piece.Length)
        {
            await client.SendAsync(piece);
            most = Math.Max(most, Environment.WorkingSet);
        }

        await client.SendAsync(".\r\n");
        await client.ExpectAsync(250);
        TestContext.Current.SendDiagnosticMessage($"working set grew by {(most - before) >> 20} MB");
        Assert.InRange(most - before, long.MinValue, 64L * 1024 * 1024);
    }

    private static async Task SendAsync(WireClient client, string hello, string recipient = "b@b.example", bool greeted = false)
    {
        if (!greeted) await client.ExpectAsync(220);
        await client.CommandAsync(hello, 250);
        await client.SendAsync($"MAIL FROM:<a@a.example>\r\nRCPT TO:<{recipient}>\r\nDATA\r\n");
        foreach (int code in new[] { 250, 250, 354 }) await client.ExpectAsync(code);
        await client.SendAsync("Subject: x\r\n\r\nbody\r\n.\r\n");
        await client.ExpectAsync(250);
    }

    private static X509Certificate2 Certificate()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=localhost", key, HashAlgorithmName.SHA256);
        using X509Certificate2 made = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
    }
}

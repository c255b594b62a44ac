using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using MailSanitizer.Mail;
using MailSanitizer.Scanning;
using MailSanitizer.Tests.Servers;

namespace MailSanitizer.Tests.Scanning;

/// <summary>The clamd client against the real clamd, and against the ways in which it fails.</summary>
public sealed class ClamdEngineTests
{
    private static ScanItem Item(byte[] bytes) => new("1/x", Convert.ToHexStringLower(SHA256.HashData(bytes)), new MemoryMailBytes(bytes));

    private static ScanItem Item(string text) => Item(Encoding.Latin1.GetBytes(text));

    private static ClamdEngine Engine(params string[] addresses) => new(
        new ScanningOptions { Clamd = addresses, ScanTimeout = TimeSpan.FromSeconds(5), ConnectTimeout = TimeSpan.FromSeconds(1) }, TimeProvider.System);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Clean_and_infected_over_unix_and_tcp(bool unix)
    {
        ClamdServer clamd = ClamdServer.Shared;
        ClamdEngine engine = Engine(unix ? clamd.UnixAddress : clamd.TcpAddress);
        ScanFact clean = await engine.ScanAsync(Item("nothing to see"), CancellationToken.None);
        ScanFact infected = await engine.ScanAsync(Item(ClamdServer.Eicar), CancellationToken.None);
        Assert.Equal(ScanOutcome.Clean, clean.Outcome);
        Assert.StartsWith("ClamAV ", clean.Version, StringComparison.Ordinal);
        Assert.Equal(ScanOutcome.Infected, infected.Outcome);
        Assert.NotEmpty(infected.Name);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(65535 - 10 - 4)]
    [InlineData(65536 - 10)]
    [InlineData(65536)]
    [InlineData(65537)]
    [InlineData(3_000_000)]
    public async Task Every_size_reaches_clamd_whole(int before)
    {
        // The marker is the last thing in the stream: a byte lost anywhere hides it.
        byte[] bytes = [.. Encoding.ASCII.GetBytes(new string(' ', before)), .. Encoding.ASCII.GetBytes(ClamdServer.Marker)];
        ScanFact fact = await Engine(ClamdServer.Shared.UnixAddress).ScanAsync(Item(bytes), CancellationToken.None);
        Assert.Equal(ScanOutcome.Infected, fact.Outcome);
    }

    [Fact]
    public async Task Over_StreamMaxLength_is_too_large_and_never_clean()
    {
        using ClamdServer clamd = ClamdServer.Start("StreamMaxLength 1M");
        ScanFact fact = await Engine(clamd.UnixAddress).ScanAsync(Item(new byte[20_000_000]), CancellationToken.None);
        Assert.Equal(ScanOutcome.TooLarge, fact.Outcome);
    }

    [Fact]
    public async Task Down_is_unavailable_and_up_again_works()
    {
        using ClamdServer clamd = ClamdServer.Start();
        ClamdEngine engine = Engine(clamd.UnixAddress);
        Assert.Equal(ScanOutcome.Clean, (await engine.ScanAsync(Item("a"), CancellationToken.None)).Outcome);
        clamd.Down();
        ScanFact down = await engine.ScanAsync(Item("a"), CancellationToken.None);
        Assert.Equal(ScanOutcome.Unavailable, down.Outcome);
        Assert.Contains(clamd.UnixAddress, down.Name, StringComparison.Ordinal);
        Assert.False(engine.Healthy);
        clamd.Up();
        Assert.Equal(ScanOutcome.Clean, (await engine.ScanAsync(Item("a"), CancellationToken.None)).Outcome);
        Assert.True(engine.Healthy);
    }

    [Fact]
    public async Task A_second_address_takes_over()
    {
        ScanFact fact = await Engine("unix:/nonexistent/clamd.ctl", ClamdServer.Shared.TcpAddress).ScanAsync(Item(ClamdServer.Eicar), CancellationToken.None);
        Assert.Equal(ScanOutcome.Infected, fact.Outcome);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task One_that_accepts_and_stays_silent_is_unavailable_within_the_deadline(bool v6)
    {
        using TcpListener silent = new(v6 ? IPAddress.IPv6Loopback : IPAddress.Loopback, 0);
        silent.Start();
        string address = $"tcp://{silent.LocalEndpoint}";
        ClamdEngine engine = new(new ScanningOptions { Clamd = [address], ScanTimeout = TimeSpan.FromSeconds(1), ConnectTimeout = TimeSpan.FromMilliseconds(200) }, TimeProvider.System);
        ScanFact fact = await engine.ScanAsync(Item("a"), CancellationToken.None);
        Assert.Equal(ScanOutcome.Unavailable, fact.Outcome);
        Assert.Contains("no answer within 1 s", fact.Name, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("stream: O")]
    [InlineData("garbage\0")]
    [InlineData("stream: OK")]
    public async Task An_answer_cut_short_is_no_scan(string answer)
    {
        using TcpListener odd = new(IPAddress.Loopback, 0);
        odd.Start();
        using CancellationTokenSource stop = new();
        Task serve = ServeAsync(odd, answer, stop.Token);
        ClamdEngine engine = Engine($"tcp://{odd.LocalEndpoint}");
        Assert.Equal(ScanOutcome.Unavailable, (await engine.ScanAsync(Item("a"), CancellationToken.None)).Outcome);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => serve);
    }

    [Fact]
    public async Task Cancelling_closes_the_connection()
    {
        using TcpListener silent = new(IPAddress.Loopback, 0);
        silent.Start();
        using CancellationTokenSource cancel = new();
        Task<ScanFact> scan = Engine($"tcp://{silent.LocalEndpoint}").ScanAsync(Item(new byte[100]), cancel.Token);
        using TcpClient peer = await silent.AcceptTcpClientAsync();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => scan);
        byte[] buffer = new byte[1000];
        int got;
        do got = await peer.GetStream().ReadAsync(buffer); while (got > 0);
    }

    [Theory]
    [InlineData("stream: OK", ScanOutcome.Clean, "")]
    [InlineData("stream: Eicar-Test FOUND", ScanOutcome.Infected, "Eicar-Test")]
    [InlineData("stream: A B FOUND", ScanOutcome.Infected, "A B")]
    [InlineData("stream: Heuristics.Limits.Exceeded.MaxRecursion FOUND", ScanOutcome.TooLarge, "Heuristics.Limits.Exceeded.MaxRecursion")]
    [InlineData("stream: Heuristics.Encrypted.Zip FOUND", ScanOutcome.Clean, "Heuristics.Encrypted.Zip")]
    [InlineData("INSTREAM size limit exceeded. ERROR", ScanOutcome.TooLarge, "over clamd's StreamMaxLength")]
    [InlineData("COMMAND READ TIMED OUT ERROR", ScanOutcome.Unavailable, "clamd said: COMMAND READ TIMED OUT ERROR")]
    [InlineData("stream: Can't allocate memory ERROR", ScanOutcome.Unavailable, "clamd said: stream: Can't allocate memory ERROR")]
    [InlineData("stream: OK FOUND OK", ScanOutcome.Unavailable, "clamd said: stream: OK FOUND OK")]
    [InlineData("", ScanOutcome.Unavailable, "clamd closed the connection without an answer")]
    public void Replies_are_read_strictly(string reply, ScanOutcome outcome, string name) => Assert.Equal((outcome, name), ClamdReply.Read(reply));

    [Theory]
    [InlineData("unix:/run/clamav/clamd.ctl", true)]
    [InlineData("tcp://127.0.0.1:3310", true)]
    [InlineData("tcp://[::1]:3310", true)]
    [InlineData("tcp://clamd.example:3310", true)]
    [InlineData("tcp://127.0.0.1", false)]
    [InlineData("unix:run", false)]
    [InlineData("http://127.0.0.1:3310", false)]
    [InlineData("tcp://127.0.0.1:3310/x", false)]
    public void Addresses(string text, bool good)
    {
        Assert.Equal(good, ClamdAddress.TryParse(text, out _, out string error));
        Assert.Equal(good, error.Length == 0);
    }

    private static async Task ServeAsync(TcpListener listener, string answer, CancellationToken stop)
    {
        while (true)
        {
            using TcpClient client = await listener.AcceptTcpClientAsync(stop);
            _ = await client.GetStream().ReadAsync(new byte[4096], stop);
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(answer), stop);
        }
    }
}

using System.Security.Cryptography;
using System.Text;
using MailSanitizer.Scanning.Sandbox;
using MailSanitizer.Tests.Servers;

namespace MailSanitizer.Tests.Scanning.Sandbox;

/// <summary>The ICAP client against Debian's c-icap with a real clamd, and against services that break the protocol.</summary>
public sealed class IcapTests
{
    private const string Options = "ICAP/1.0 200 OK\r\nMethods: RESPMOD, REQMOD\r\nISTag: \"T1\"\r\nAllow: 204\r\nPreview: 0\r\nEncapsulated: null-body=0\r\n\r\n";
    private const string NoPreview = "ICAP/1.0 200 OK\r\nMethods: RESPMOD\r\nISTag: \"T1\"\r\nAllow: 204\r\nEncapsulated: null-body=0\r\n\r\n";

    [Theory]
    [InlineData("RESPMOD")]
    [InlineData("REQMOD")]
    public async Task A_real_service_tells_good_from_bad_on_one_connection(string method)
    {
        Assert.SkipUnless(IcapServer.Exists && ClamdServer.IsInstalled, "needs c-icap with virus_scan, and clamd");
        using IcapServer server = await IcapServer.StartAsync(ClamdServer.Shared);
        using IcapEngine engine = (IcapEngine)Sandboxes.Make(SandboxBench.Engine(server.Url) with { Method = method }, TimeProvider.System);
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        Assert.NotEqual("", await engine.VersionAsync(cancellation));
        byte[] marker = Encoding.ASCII.GetBytes($"text {ClamdServer.Marker} text");
        byte[] large = RandomNumberGenerator.GetBytes(700_000);
        for (int round = 0; round < 3; round++)
        {
            SandboxAnswer bad = await engine.SubmitAsync(SandboxBench.Sample(marker), cancellation);
            Assert.Equal(SandboxState.Malicious, bad.State);
            Assert.Contains("MS.Test.Marker", bad.Name);
            Assert.NotEqual("", bad.Version);
            Assert.Equal(SandboxState.Clean, (await engine.SubmitAsync(SandboxBench.Sample("plain text"u8.ToArray()), cancellation)).State);
            Assert.Equal(SandboxState.Clean, (await engine.SubmitAsync(SandboxBench.Sample([]), cancellation)).State);
            Assert.Equal(SandboxState.Clean, (await engine.SubmitAsync(SandboxBench.Sample(large), cancellation)).State);
            Assert.Equal(SandboxState.Malicious, (await engine.SubmitAsync(SandboxBench.Sample([.. large[..300_000], .. marker]), cancellation)).State);
        }

        // Restarted in between: the kept connections are dead, and nobody notices.
        server.Down();
        await server.UpAsync();
        Assert.Equal(SandboxState.Malicious, (await engine.SubmitAsync(SandboxBench.Sample(marker), cancellation)).State);
        server.Down();
        Assert.Equal(SandboxState.Unavailable, (await engine.SubmitAsync(SandboxBench.Sample(marker), cancellation)).State);
    }

    [Theory]
    [InlineData("ICAP/1.0 204 No Content\r\nISTag: \"T1\"\r\n\r\n", SandboxState.Clean, "")]
    [InlineData("ICAP/1.0 204 No Content\r\nX-Infection-Found: Type=0; Resolution=2; Threat=Bad.Thing;\r\n\r\n", SandboxState.Malicious, "Bad.Thing")]
    [InlineData("ICAP/1.0 204 No Content\r\nX-Virus-ID: Trojan.X\r\n\r\n", SandboxState.Malicious, "Trojan.X")]
    [InlineData("ICAP/1.0 204 No Content\r\nX-Violations-Found: 1\r\n\tfile.doc\r\n\tMacro.Y\r\n\t0\r\n\t0\r\n\r\n", SandboxState.Malicious, "Macro.Y")]
    [InlineData("ICAP/1.0 204 No Content\r\nX-Virus-ID: none\r\n\r\n", SandboxState.Clean, "")]
    [InlineData("ICAP/1.0 200 OK\r\nEncapsulated: res-hdr=0, res-body=26\r\n\r\nHTTP/1.1 403 Forbidden\r\n\r\n4\r\nstop\r\n0\r\n\r\n", SandboxState.Malicious, "blocked with HTTP 403")]
    [InlineData("ICAP/1.0 200 OK\r\nEncapsulated: res-hdr=0, res-body=19\r\n\r\nHTTP/1.1 200 OK\r\n\r\n4\r\nelse\r\n0\r\n\r\n", SandboxState.Malicious, "changed by the service")]
    [InlineData("ICAP/1.0 200 OK\r\nEncapsulated: res-hdr=0, res-body=19\r\n\r\nHTTP/1.1 200 OK\r\n\r\n4;x=y\r\nsame\r\n0\r\n\r\n", SandboxState.Clean, "")]
    [InlineData("ICAP/1.0 413 Too large\r\n\r\n", SandboxState.Refused, "ICAP 413 Too large")]
    [InlineData("ICAP/1.0 404 Service not found\r\n\r\n", SandboxState.Unavailable, "ICAP 404 Service not found")]
    [InlineData("ICAP/1.0 503 Overloaded\r\n\r\n", SandboxState.Unavailable, "ICAP 503 Overloaded")]
    [InlineData("ICAP/1.0 5\r\n\r\n", SandboxState.Unavailable, "'ICAP/1.0 5' is no reply of ICAP")]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n", SandboxState.Unavailable, "'HTTP/1.1 200 OK' is no reply of ICAP")]
    [InlineData("ICAP/1.0 200 OK\r\nEncapsulated: res-hdr=0, res-body=19\r\n\r\nHTTP/1.1 200 OK\r\n\r\nzz\r\n", SandboxState.Unavailable, "'zz' is no chunk size")]
    [InlineData("ICAP/1.0 200 OK\r\nEncapsulated: res-hdr=0, res-body=19\r\n\r\nHTTP/1.1 200 OK\r\n\r\n7fffffff\r\n", SandboxState.Unavailable, "it returns more than was sent")]
    public async Task Each_reply_is_read_as_what_it_says(string reply, SandboxState state, string name)
    {
        await using ScriptedServer server = new(async (number, stream, stop) =>
        {
            await ScriptedServer.HeadAsync(stream, stop);
            await stream.WriteAsync(Encoding.Latin1.GetBytes(NoPreview), stop);
            await ScriptedServer.HeadAsync(stream, stop);
            // The encapsulated heads and the body come next; they end in the last chunk.
            string rest = "";
            while (!rest.EndsWith("\r\n0\r\n\r\n", StringComparison.Ordinal)) rest += await ScriptedServer.HeadAsync(stream, stop);
            await stream.WriteAsync(Encoding.Latin1.GetBytes(reply), stop);
            await Task.Delay(Timeout.Infinite, stop);
        });
        SandboxAnswer answer = await SandboxBench.JudgeAsync($"icap://127.0.0.1:{server.Port}/scan", "same"u8.ToArray());
        Assert.Equal((state, name), (answer.State, answer.Name));
    }

    [Fact]
    public async Task A_preview_that_suffices_is_all_that_is_sent()
    {
        string seen = "";
        await using ScriptedServer server = new(async (number, stream, stop) =>
        {
            await ScriptedServer.HeadAsync(stream, stop);
            await stream.WriteAsync(Encoding.Latin1.GetBytes(Options.Replace("Preview: 0", "Preview: 4", StringComparison.Ordinal)), stop);
            string all = "";
            while (!all.EndsWith("\r\n0\r\n\r\n", StringComparison.Ordinal)) all += await ScriptedServer.HeadAsync(stream, stop);
            seen = all;
            await stream.WriteAsync("ICAP/1.0 204 No Content\r\n\r\n"u8.ToArray(), stop);
        });
        SandboxAnswer answer = await SandboxBench.JudgeAsync($"icap://127.0.0.1:{server.Port}/scan", Encoding.ASCII.GetBytes("ABCDEFGHIJ"));
        Assert.Equal(SandboxState.Clean, answer.State);
        Assert.Contains("\r\nPreview: 4\r\n", seen);
        Assert.Contains("\r\nAllow: 204\r\n", seen);
        Assert.EndsWith("4\r\nABCD\r\n0\r\n\r\n", seen);
        Assert.DoesNotContain("EFGHIJ", seen);
        // The offsets say where the parts begin (RFC 3507 4.4.1).
        string encapsulated = seen.Split("\r\n").Single(line => line.StartsWith("Encapsulated: ", StringComparison.Ordinal));
        string heads = seen[(seen.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];
        int response = int.Parse(encapsulated.Split("res-hdr=")[1].Split(',')[0], System.Globalization.CultureInfo.InvariantCulture);
        int body = int.Parse(encapsulated.Split("res-body=")[1], System.Globalization.CultureInfo.InvariantCulture);
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", heads[response..]);
        Assert.StartsWith("4\r\nABCD", heads[body..]);
    }

    [Fact]
    public async Task After_100_the_rest_follows()
    {
        string rest = "";
        await using ScriptedServer server = new(async (number, stream, stop) =>
        {
            await ScriptedServer.HeadAsync(stream, stop);
            await stream.WriteAsync(Encoding.Latin1.GetBytes(Options.Replace("Preview: 0", "Preview: 4", StringComparison.Ordinal)), stop);
            string all = "";
            while (!all.EndsWith("\r\n0\r\n\r\n", StringComparison.Ordinal)) all += await ScriptedServer.HeadAsync(stream, stop);
            await stream.WriteAsync("ICAP/1.0 100 Continue\r\n\r\n"u8.ToArray(), stop);
            rest = await ScriptedServer.HeadAsync(stream, stop);
            await stream.WriteAsync("ICAP/1.0 204 No Content\r\n\r\n"u8.ToArray(), stop);
        });
        Assert.Equal(SandboxState.Clean, (await SandboxBench.JudgeAsync($"icap://127.0.0.1:{server.Port}/scan", Encoding.ASCII.GetBytes("ABCDEFGHIJ"))).State);
        Assert.Equal("6\r\nEFGHIJ\r\n0\r\n\r\n", rest);
    }

    [Fact]
    public async Task A_service_that_never_answers_is_unavailable_in_time_and_then_left_alone()
    {
        await using ScriptedServer server = new((_, _, stop) => Task.Delay(Timeout.Infinite, stop));
        ISandboxEngine engine = Sandboxes.Make(SandboxBench.Engine($"icap://127.0.0.1:{server.Port}/scan") with { RequestTime = TimeSpan.FromMilliseconds(300) }, TimeProvider.System);
        for (int count = 0; count < 6; count++) Assert.Equal(SandboxState.Unavailable, (await engine.SubmitAsync(SandboxBench.Sample([1]), TestContext.Current.CancellationToken)).State);
        // The breaker opened after the fourth: no connection more.
        Assert.InRange(server.Connections, 1, 4);
    }

    [Theory]
    [InlineData("icap://127.0.0.1/x", "127.0.0.1", 1344, "x", false)]
    [InlineData("icap://[::1]:1345/a/b?c=d", "::1", 1345, "a/b?c=d", false)]
    [InlineData("icaps://box.example/respmod", "box.example", 11344, "respmod", true)]
    public void Addresses_are_read(string text, string host, int port, string service, bool tls) => Assert.Equal(new IcapAddress(host, port, service, tls), IcapAddress.TryParse(text));

    [Theory]
    [InlineData("http://host/x")]
    [InlineData("icap://host")]
    [InlineData("icap://u:p@host/x")]
    [InlineData("host:1344")]
    public void What_is_no_address_is_refused(string text) => Assert.Null(IcapAddress.TryParse(text));
}

using MailSanitizer.Scanning.Sandbox;
using MailSanitizer.Tests.Servers;

namespace MailSanitizer.Tests.Scanning.Sandbox;

/// <summary>The CAPE client: its ways, its failures, its slowness.</summary>
public sealed class CapeTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Submitted_asked_reported()
    {
        await using CapeServer server = await CapeServer.StartAsync();
        (server.Token, server.PollsUntilReported) = ("secret", 2);
        ISandboxEngine engine = Sandboxes.Make(SandboxBench.Engine(server.Url) with { Token = "secret", Tags = "win10" }, TimeProvider.System);
        SandboxAnswer taken = await engine.SubmitAsync(SandboxBench.Sample([1, 2, 3], "report.docm"), Cancellation);
        Assert.Equal(new SandboxAnswer(SandboxState.Pending, "1"), taken);
        (string name, byte[] content, string tags) = Assert.Single(server.Taken);
        Assert.Equal(("report.docm", "win10"), (name, tags));
        Assert.Equal([1, 2, 3], content);
        Assert.Equal(SandboxState.Pending, (await engine.PollAsync("1", Cancellation)).State);
        Assert.Equal(SandboxState.Pending, (await engine.PollAsync("1", Cancellation)).State);
        Assert.Equal(new SandboxAnswer(SandboxState.Clean, "", "2.4"), await engine.PollAsync("1", Cancellation));
        Assert.Equal("2.4", await engine.VersionAsync(Cancellation));
    }

    [Theory]
    [InlineData("""{ "info": { "version": "2.4" }, "malscore": 9.5, "malfamily": "Emotet" }""", 7, 0, SandboxState.Malicious, "Emotet 9.5")]
    [InlineData("""{ "info": { "score": 7.0, "version": "2.4" }, "signatures": [ { "name": "low", "severity": 1 }, { "name": "injects", "severity": 3 } ] }""", 7, 0, SandboxState.Malicious, "injects 7.0")]
    [InlineData("""{ "info": { "score": 6.9, "version": "2.4" } }""", 7, 0, SandboxState.Clean, "")]
    [InlineData("""{ "info": { "score": 1.0, "version": "2.4" }, "signatures": [ { "name": "injects", "severity": 3 } ] }""", 7, 3, SandboxState.Malicious, "injects 1.0")]
    [InlineData("""{ "info": { "score": 1.0, "version": "2.4" }, "signatures": [ { "name": "injects", "severity": 2 } ] }""", 7, 3, SandboxState.Clean, "")]
    [InlineData("""{ "info": { "version": "2.4" } }""", 7, 0, SandboxState.Lost, "the report has no score")]
    [InlineData("""[ 1 ]""", 7, 0, SandboxState.Lost, "its answer is no object")]
    [InlineData("""{ "info": """, 7, 0, SandboxState.Unavailable, null)]
    public async Task A_report_is_read_by_score_and_signatures(string report, double score, int severity, SandboxState state, string? name)
    {
        await using CapeServer server = await CapeServer.StartAsync();
        (server.Report, server.PollsUntilReported) = (report, 0);
        ISandboxEngine engine = Sandboxes.Make(SandboxBench.Engine(server.Url) with { MaliciousScore = score, MaliciousSeverity = severity }, TimeProvider.System);
        await engine.SubmitAsync(SandboxBench.Sample([1]), Cancellation);
        SandboxAnswer answer = await engine.PollAsync("1", Cancellation);
        Assert.Equal(state, answer.State);
        if (name is not null) Assert.Equal(name, answer.Name);
    }

    [Fact]
    public async Task Each_failure_is_a_value()
    {
        await using CapeServer server = await CapeServer.StartAsync();
        async Task<SandboxAnswer> Submit(Func<SandboxEngineOptions, SandboxEngineOptions>? change = null) => await SandboxBench.JudgeAsync(server.Url, [1], change);
        async Task<SandboxAnswer> Poll()
        {
            ISandboxEngine engine = Sandboxes.Make(SandboxBench.Engine(server.Url), TimeProvider.System);
            return await engine.PollAsync("1", Cancellation);
        }

        server.Token = "right";
        Assert.Equal(SandboxState.Unavailable, (await Submit(options => options with { Token = "wrong" })).State);
        server.Token = null;
        server.RefusesFiles = true;
        Assert.Equal(new SandboxAnswer(SandboxState.Unavailable, "Task creation failed"), await Submit());
        server.RefusesFiles = false;
        server.Status = 502;
        Assert.Equal(SandboxState.Unavailable, (await Submit()).State);
        server.Status = 200;
        server.Stalls = true;
        Assert.Equal(new SandboxAnswer(SandboxState.Unavailable, "no answer in time"), await Submit(options => options with { RequestTime = TimeSpan.FromMilliseconds(300) }));
        server.Stalls = false;
        Assert.Equal(SandboxState.Refused, (await Submit(options => options with { MaximumSize = 0 })).State);
        Assert.Equal(SandboxState.Lost, (await Poll()).State);
        Assert.Equal(SandboxState.Pending, (await Submit()).State);
        server.Fails = true;
        Assert.Equal(new SandboxAnswer(SandboxState.Lost, "the analysis failed_analysis"), await Poll());
    }
}

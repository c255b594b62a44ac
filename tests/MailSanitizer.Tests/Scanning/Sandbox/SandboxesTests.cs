using System.Collections.Concurrent;
using MailSanitizer.Mail;
using MailSanitizer.Scanning.Sandbox;
using MailSanitizer.Tests.Servers;

namespace MailSanitizer.Tests.Scanning.Sandbox;

/// <summary>All engines together: once per content, over restarts, the worst verdict, quotas, the cache.</summary>
public sealed class SandboxesTests : IDisposable
{
    private static readonly byte[] Content = [1, 2, 3];
    private static readonly string Sha256 = SandboxBench.Sample(Content).Sha256;
    private readonly string _folder = Directory.CreateTempSubdirectory("mailsanitizer-sandbox-").FullName;
    private readonly ConcurrentQueue<string> _said = new();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private SandboxLedger Ledger() => new(Path.Combine(_folder, "sandbox.db"), TimeSpan.FromDays(1), TimeProvider.System);

    private Sandboxes Open(SandboxLedger ledger, SandboxOptions options) =>
        new(options with { AskEvery = TimeSpan.FromMilliseconds(30) }, ledger, TimeProvider.System, _said.Enqueue);

    private static async Task<IReadOnlyList<ScanFact>> UntilAsync(Sandboxes boxes)
    {
        for (int tries = 0; tries < 400; tries++)
        {
            if (await boxes.KnownAsync("1", Sha256, "docx", TestContext.Current.CancellationToken) is { } facts) return facts;
            await Task.Delay(25);
        }

        throw new TimeoutException("no verdict came");
    }

    [Fact]
    public async Task The_same_content_in_twenty_mails_is_submitted_once_and_the_verdict_is_kept()
    {
        await using CapeServer server = await CapeServer.StartAsync();
        using SandboxLedger ledger = Ledger();
        using Sandboxes boxes = Open(ledger, new SandboxOptions { Engines = [SandboxBench.Engine(server.Url)] });
        ConcurrentQueue<string> came = new();
        boxes.VerdictCame += came.Enqueue;
        for (int mail = 0; mail < 20; mail++) Assert.True(boxes.Submit(Sha256, "a.docx", "docx", "192.0.2.0/24", () => SandboxBench.Bytes(Content)));
        Assert.Equal(ScanOutcome.Clean, Assert.Single(await UntilAsync(boxes)).Outcome);
        Assert.Single(server.Taken);
        Assert.Equal([Sha256], came);
    }

    [Fact]
    public async Task A_restart_in_the_middle_asks_for_the_ticket_and_submits_nothing_again()
    {
        await using CapeServer server = await CapeServer.StartAsync();
        server.Holds = true;
        SandboxOptions options = new() { Engines = [SandboxBench.Engine(server.Url)] };
        using (SandboxLedger ledger = Ledger())
        using (Sandboxes boxes = Open(ledger, options))
        {
            boxes.Submit(Sha256, "a.docx", "docx", "n", () => SandboxBench.Bytes(Content));
            for (int tries = 0; ledger.Ticket("box", Sha256) is null && tries < 400; tries++) await Task.Delay(25);
        }

        server.Holds = false;
        using SandboxLedger again = Ledger();
        using Sandboxes after = Open(again, options);
        // The quota is not charged for what was submitted before.
        Assert.True(after.Submit(Sha256, "a.docx", "docx", "n", () => SandboxBench.Bytes(Content)));
        await UntilAsync(after);
        Assert.Single(server.Taken);
    }

    [Fact]
    public async Task Engines_work_side_by_side_and_every_verdict_is_told()
    {
        await using CapeServer good = await CapeServer.StartAsync();
        await using CapeServer bad = await CapeServer.StartAsync();
        bad.Report = """{ "info": { "version": "2.4", "score": 10 }, "malfamily": "Bad" }""";
        using SandboxLedger ledger = Ledger();
        using Sandboxes boxes = Open(ledger, new SandboxOptions { Engines = [SandboxBench.Engine(good.Url, "one"), SandboxBench.Engine(bad.Url, "two")] });
        boxes.Submit(Sha256, "a.docx", "docx", "n", () => SandboxBench.Bytes(Content));
        IReadOnlyList<ScanFact> facts = await UntilAsync(boxes);
        Assert.Equal([("one", ScanOutcome.Clean, ""), ("two", ScanOutcome.Infected, "Bad 10.0")], facts.Select(fact => (fact.Engine, fact.Outcome, fact.Name)));
    }

    [Fact]
    public async Task A_clean_verdict_does_not_outlive_the_engine_s_version_and_a_bad_one_does()
    {
        await using CapeServer server = await CapeServer.StartAsync();
        using SandboxLedger ledger = Ledger();
        using Sandboxes boxes = Open(ledger, new SandboxOptions { Engines = [SandboxBench.Engine(server.Url)] });
        boxes.Submit(Sha256, "a.docx", "docx", "n", () => SandboxBench.Bytes(Content));
        await UntilAsync(boxes);
        server.Version = "2.5";
        Assert.Null(await boxes.KnownAsync("1", Sha256, "docx", TestContext.Current.CancellationToken));
        ledger.Keep("box", Sha256, new SandboxAnswer(SandboxState.Malicious, "Bad", "2.4"));
        Assert.Equal(ScanOutcome.Infected, Assert.Single((await boxes.KnownAsync("1", Sha256, "docx", TestContext.Current.CancellationToken))!).Outcome);
    }

    [Fact]
    public async Task An_engine_that_was_down_is_asked_again_and_its_failures_are_told_once()
    {
        await using CapeServer server = await CapeServer.StartAsync();
        server.Status = 503;
        using SandboxLedger ledger = Ledger();
        using Sandboxes boxes = Open(ledger, new SandboxOptions { Engines = [SandboxBench.Engine(server.Url)] });
        boxes.Submit(Sha256, "a.docx", "docx", "n", () => SandboxBench.Bytes(Content));
        for (int tries = 0; _said.IsEmpty && tries < 400; tries++) await Task.Delay(25);
        Assert.StartsWith("sandbox box does not answer: HTTP 503", Assert.Single(_said));
        server.Status = 200;
        await UntilAsync(boxes);
        Assert.EndsWith("answers again", _said.Last());
    }

    [Fact]
    public async Task A_lost_task_is_handed_over_anew()
    {
        await using CapeServer server = await CapeServer.StartAsync();
        server.Fails = true;
        using SandboxLedger ledger = Ledger();
        using Sandboxes boxes = Open(ledger, new SandboxOptions { Engines = [SandboxBench.Engine(server.Url)] });
        boxes.Submit(Sha256, "a.docx", "docx", "n", () => SandboxBench.Bytes(Content));
        for (int tries = 0; server.Taken.Count < 2 && tries < 400; tries++) await Task.Delay(25);
        server.Fails = false;
        await UntilAsync(boxes);
        Assert.True(server.Taken.Count >= 2);
    }

    [Fact]
    public void A_network_s_quota_is_its_own_and_kinds_that_no_engine_takes_cost_nothing()
    {
        using SandboxLedger ledger = Ledger();
        using Sandboxes boxes = Open(ledger, new SandboxOptions { PerNetworkHour = 2, Engines = [SandboxBench.Engine("cape+http://127.0.0.1:9") with { Formats = new HashSet<string> { "docx" } }] });
        string Other(byte one) => SandboxBench.Sample([one]).Sha256;
        Assert.True(boxes.Submit(Other(1), "a", "docx", "a", () => SandboxBench.Bytes([1])));
        Assert.True(boxes.Submit(Other(2), "a", "docx", "a", () => SandboxBench.Bytes([2])));
        Assert.True(boxes.Submit(Other(9), "a", "png", "a", () => SandboxBench.Bytes([9])));
        Assert.False(boxes.Submit(Other(3), "a", "docx", "a", () => SandboxBench.Bytes([3])));
        Assert.True(boxes.Submit(Other(3), "a", "docx", "b", () => SandboxBench.Bytes([3])));
    }
}

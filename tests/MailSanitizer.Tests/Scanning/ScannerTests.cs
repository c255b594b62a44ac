using System.Security.Cryptography;
using System.Text;
using MailSanitizer.Mail;
using MailSanitizer.Scanning;
using MailSanitizer.Tests.Servers;

namespace MailSanitizer.Tests.Scanning;

/// <summary>All engines on all items, and the hash list.</summary>
public sealed class ScannerTests : IDisposable
{
    private readonly string _list = Path.GetTempFileName();
    private readonly List<string> _reports = [];

    public void Dispose() => File.Delete(_list);

    private static ScanItem Item(string text, string path = "1")
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        return new ScanItem(path, Convert.ToHexStringLower(SHA256.HashData(bytes)), new MemoryMailBytes(bytes));
    }

    [Fact]
    public async Task Every_item_is_seen_by_every_engine()
    {
        ScanItem bad = Item("listed");
        await File.WriteAllTextAsync(_list, $"# known\n{bad.Sha256.ToUpperInvariant()}  Dropper.A\n");
        using Scanner scanner = new(new ScanningOptions { Clamd = [ClamdServer.Shared.UnixAddress], HashList = _list }, TimeProvider.System, _reports.Add);
        IReadOnlyList<ScanFact> facts = await scanner.ScanAsync([Item("good", "1"), bad, Item(ClamdServer.Eicar, "3")], CancellationToken.None);
        Assert.Equal(6, facts.Count);
        Assert.Equal("Dropper.A", Assert.Single(facts, fact => fact is { Engine: "hash-list", Outcome: ScanOutcome.Infected }).Name);
        Assert.Equal("3", Assert.Single(facts, fact => fact is { Engine: "clamd", Outcome: ScanOutcome.Infected }).Path);
        Assert.Null(scanner.ReducedScan);
    }

    [Fact]
    public async Task The_list_is_read_again_when_it_changes_and_a_bad_line_leaves_the_good_list()
    {
        ScanItem one = Item("one");
        ScanItem two = Item("two");
        await File.WriteAllTextAsync(_list, one.Sha256);
        using Scanner scanner = new(new ScanningOptions { HashList = _list }, TimeProvider.System, _reports.Add);
        Assert.Equal("hash-list-only", scanner.ReducedScan);
        Assert.Equal([ScanOutcome.Infected, ScanOutcome.Clean], (await scanner.ScanAsync([one, two], CancellationToken.None)).Select(fact => fact.Outcome));

        await File.WriteAllTextAsync(_list, $"{one.Sha256}\n{two.Sha256}");
        Assert.Equal([ScanOutcome.Infected, ScanOutcome.Infected], (await scanner.ScanAsync([one, two], CancellationToken.None)).Select(fact => fact.Outcome));

        await File.WriteAllTextAsync(_list, $"{one.Sha256}\nnot-a-hash");
        Assert.Equal([ScanOutcome.Infected, ScanOutcome.Infected], (await scanner.ScanAsync([one, two], CancellationToken.None)).Select(fact => fact.Outcome));
        Assert.Contains($"{_list}:2: expected 64 hexadecimal digits", Assert.Single(_reports), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_list_that_was_never_read_is_a_fault_and_not_clean()
    {
        using Scanner scanner = new(new ScanningOptions { HashList = "/nonexistent/hashes.txt" }, TimeProvider.System, _reports.Add);
        ScanFact fact = Assert.Single(await scanner.ScanAsync([Item("a")], CancellationToken.None));
        Assert.Equal(ScanOutcome.Unavailable, fact.Outcome);
        Assert.NotEmpty(_reports);
    }

    [Fact]
    public async Task Many_at_once_are_bounded_and_all_answered()
    {
        using Scanner scanner = new(new ScanningOptions { Clamd = [ClamdServer.Shared.UnixAddress], Parallel = 4 }, TimeProvider.System, _reports.Add);
        ScanItem[] items = [.. Enumerable.Range(0, 300).Select(number => Item($"item {number}", $"{number}"))];
        IReadOnlyList<ScanFact> facts = await scanner.ScanAsync(items, CancellationToken.None);
        Assert.Equal(items.Select(item => item.Path), facts.Select(fact => fact.Path));
        Assert.All(facts, fact => Assert.Equal(ScanOutcome.Clean, fact.Outcome));
    }
}

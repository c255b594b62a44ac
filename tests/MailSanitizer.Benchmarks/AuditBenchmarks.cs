using System.Text.Json.Nodes;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Engines;
using MailSanitizer.Audit;
using MailSanitizer.Mail;
using Microsoft.Extensions.Logging.Abstractions;

namespace MailSanitizer.Benchmarks;

/// <summary>
/// A million audit records: the whole chain verified, and a filtered page found by the index. The aims are 10 s and 200 ms. <c>--filter '*AuditReading*'</c>.
/// </summary>
[SimpleJob(RunStrategy.Monitoring, launchCount: 1, warmupCount: 1, iterationCount: 3)]
[MemoryDiagnoser]
public class AuditReading
{
    private string _folder = "";
    private AuditIndex _index = null!;
    private AuditReader _reader = null!;
    private string _key = "";

    /// <summary>Records.</summary>
    [Params(1_000_000)]
    public int Records { get; set; }

    /// <summary>Writes the records, with several writers so that they share fsyncs, and indexes them.</summary>
    [GlobalSetup]
    public async Task WriteAsync()
    {
        _folder = Directory.CreateTempSubdirectory("mailsanitizer-audit-").FullName;
        AuditOptions options = new() { Folder = Path.Combine(_folder, "audit"), KeyFolder = Path.Combine(_folder, "keys") };
        await using (AuditTrail trail = AuditTrail.Open(options, TimeProvider.System, NullLogger.Instance))
        {
            await Parallel.ForAsync(0, Records, new ParallelOptions { MaxDegreeOfParallelism = 512 }, async (number, token) => await trail.AppendAsync(Sample(number), token));
        }

        _key = await File.ReadAllTextAsync(Path.Combine(_folder, "keys", "audit-ed25519.key.pub"));
        _index = new AuditIndex(options.Folder);
        await _index.CatchUpAsync(CancellationToken.None);
        _reader = new AuditReader(options.Folder, _index, TimeProvider.System);
    }

    /// <summary>Removes them.</summary>
    [GlobalCleanup]
    public void Remove()
    {
        _index.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>The whole chain.</summary>
    [Benchmark]
    public long Verify()
    {
        AuditVerification found = AuditVerifier.Verify(Path.Combine(_folder, "audit"), _key);
        return found.IsWhole ? found.Records : throw new InvalidOperationException(found.Problem!.Text);
    }

    /// <summary>A page of 100 of one sender's quarantined mail.</summary>
    [Benchmark]
    public async Task<int> FilteredPage() => (await _reader.ShowAsync(new AuditQuery { Address = "sender77@example.net", Decision = "quarantine", Skip = 50, Take = 100 }, CancellationToken.None)).Count;

    /// <summary>A page of 100 by a rule that hit half of all mail and a decision of a tenth.</summary>
    [Benchmark]
    public async Task<int> CommonRule() => (await _reader.ShowAsync(new AuditQuery { Rule = "rule-0", Decision = "quarantine", Take = 100 }, CancellationToken.None)).Count;

    /// <summary>Two common things that never come together: the worst case, all of the rarer one is looked at.</summary>
    [Benchmark]
    public async Task<int> NeverTogether() => (await _reader.ShowAsync(new AuditQuery { Rule = "rule-1", Decision = "quarantine", Take = 100 }, CancellationToken.None)).Count;

    internal static AuditEvent Sample(int number) => new("message.decided", Guid.CreateVersion7(), new JsonObject
    {
        ["decision"] = number % 10 == 0 ? "quarantine" : "deliver",
        ["email"] = new JsonObject
        {
            ["from"] = new JsonObject { ["address"] = $"sender{number % 997}@example.net" },
            ["to"] = new JsonObject { ["address"] = new JsonArray($"reader{number % 4001}@example.jp") },
            ["subject"] = $"subject {number}",
        },
        ["rules"] = new JsonArray(new JsonObject { ["id"] = $"rule-{number % 2}" }),
        ["parts"] = new JsonArray(new JsonObject { ["path"] = "1", ["sha256_in"] = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(BitConverter.GetBytes(number))) }),
        ["ms"] = new JsonObject { ["walk"] = 1.5, ["scan"] = 2.25 },
    });
}

/// <summary>What audit and store cost a message at 8 sessions, with fsync. <c>--filter '*StoreWriting*'</c>.</summary>
[SimpleJob(RunStrategy.Monitoring, launchCount: 1, warmupCount: 1, iterationCount: 5)]
public class StoreWriting
{
    private const int Messages = 2000;
    private string _folder = "";
    private AuditTrail _trail = null!;
    private Storage.EmbeddedStorage _storage = null!;
    private readonly MemoryMailBytes _mail = new(new byte[10 * 1024]);

    /// <summary>Opens both.</summary>
    [GlobalSetup]
    public async Task OpenAsync()
    {
        _folder = Directory.CreateTempSubdirectory("mailsanitizer-store-").FullName;
        _trail = AuditTrail.Open(new AuditOptions { Folder = Path.Combine(_folder, "audit"), KeyFolder = Path.Combine(_folder, "keys") }, TimeProvider.System, NullLogger.Instance);
        _storage = await Storage.EmbeddedStorage.OpenAsync(new Storage.StorageOptions { Folder = _folder }, TimeProvider.System, CancellationToken.None);
    }

    /// <summary>Closes and removes both.</summary>
    [GlobalCleanup]
    public async Task CloseAsync()
    {
        await _trail.DisposeAsync();
        await _storage.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>What a delivered message costs: two records and the memory of hand-over.</summary>
    [Benchmark(OperationsPerInvoke = Messages)]
    public Task Delivered() => Parallel.ForAsync(0, Messages, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (number, token) =>
    {
        await _trail.AppendAsync(AuditReading.Sample(number), token);
        await _trail.AppendAsync(new AuditEvent("message.handed-over", Guid.CreateVersion7(), []), token);
        await _storage.Handovers.RememberAsync("IDENT", Guid.NewGuid().ToString("N"), ["reader@example.jp"], token);
    });

    /// <summary>What a quarantined message of 10 KB costs: two records and the store.</summary>
    [Benchmark(OperationsPerInvoke = Messages)]
    public Task Quarantined() => Parallel.ForAsync(0, Messages, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (number, token) =>
    {
        Guid id = Guid.CreateVersion7();
        await _trail.AppendAsync(AuditReading.Sample(number), token);
        Envelope envelope = new() { MailFrom = "s@example.net", Recipients = [new Recipient("r@example.jp")] };
        Storage.StoredMessage message = new() { Id = id, State = Storage.StoredState.Quarantined, StoredAt = DateTimeOffset.UnixEpoch, Envelope = envelope, Reasons = ["r"] };
        await _storage.Messages.PutAsync(message, _mail, null, new JsonObject { ["decision"] = "quarantine" }, token);
        await _trail.AppendAsync(new AuditEvent("message.quarantined", id, []), token);
    });
}

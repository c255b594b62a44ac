using System.Collections.Concurrent;
using System.Text;
using MailSanitizer.Authentication.Arc;
using MailSanitizer.Authentication.Dns;
using MailSanitizer.Mail.Signatures;
using MailSanitizer.Tests.Sealing;
using YamlDotNet.RepresentationModel;

namespace MailSanitizer.Tests.Authentication;

/// <summary>ValiMail's ARC suite, its keys served by nsd.</summary>
public sealed class ArcSuiteTests(ArcSuiteTests.Servers servers) : IClassFixture<ArcSuiteTests.Servers>
{
    private static readonly string? Suite = Suites.Find("arc/arc-draft-validation-tests.yml");

    private static readonly Lazy<IReadOnlyList<YamlMappingNode>> Scenarios = new(() => Suites.Documents(Suite!));

    /// <summary>Cases in which the suite is older than the RFCs; each with the clause that wins.</summary>
    private static readonly Dictionary<string, string> Disputed = new()
    {
        ["ams_fields_h_empty"] = "fail: RFC 6376 5.4 (a signature that does not cover From vouches for nothing; RFC 8617 4.1.2 keeps that clause)",
    };

    public static TheoryData<int, string> Cases()
    {
        TheoryData<int, string> data = [];
        if (Suite is null) return data;
        for (int at = 0; at < Scenarios.Value.Count; at++)
        {
            foreach (YamlNode name in ((YamlMappingNode)Scenarios.Value[at].Node("tests")!).Children.Keys) data.Add(at, ((YamlScalarNode)name).Value!);
        }

        return data;
    }

    [Fact]
    public void The_suite_has_all_its_cases()
    {
        if (Suite is null) Assert.Skip("suites/arc is not here");
        // 171 names; four of them stand twice.
        Assert.Equal(175, Cases().Count);
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cases))]
    public async Task Case(int scenario, string name)
    {
        if (!NameServer.Exists) Assert.Skip("nsd is not installed");
        YamlMappingNode document = Scenarios.Value[scenario];
        YamlMappingNode test = (YamlMappingNode)((YamlMappingNode)document.Node("tests")!).Node(name)!;
        IDns dns = await servers.ForAsync(scenario, document);
        byte[] message = Encoding.UTF8.GetBytes(test.Text("message")!.ReplaceLineEndings("\r\n"));

        MessageHeader header = MessageHeader.Read(message)!;
        ArcValidator validator = new(header);
        BodyHashes hashes = new(new MemoryMail(message), header.BodyOffset, validator.BodyForms);
        ArcVerdict verdict = await validator.JudgeAsync(dns, hashes, TestContext.Current.CancellationToken);

        // An empty cv stands where the suite's draft gave no verdict: a chain whose own seal says fail. RFC 8617 5.2 step 2 does: fail.
        string expected = test.Text("cv")!.Trim().ToLowerInvariant() is { Length: > 0 } cv ? cv : "fail";
        if (Disputed.TryGetValue(name, out string? clause)) expected = clause.Split(':')[0];
        Assert.True(expected == verdict.Result, $"{verdict.Result} ({verdict.Reason}), expected {expected}: {test.Text("description")}");
    }

    public sealed class Servers : IAsyncLifetime
    {
        private readonly ConcurrentDictionary<int, IDns> _resolvers = [];
        private readonly List<IDisposable> _running = [];
        private readonly SemaphoreSlim _one = new(1);

        public async Task<IDns> ForAsync(int scenario, YamlMappingNode document)
        {
            await _one.WaitAsync();
            try
            {
                if (_resolvers.TryGetValue(scenario, out IDns? known)) return known;
                NameServer server = await NameServer.StartAsync(ZoneData.OfArcSuite((YamlMappingNode)document.Node("txt-records")!).Zone);
                _running.Add(server);
                DnsOptions options = new() { Servers = [server.Address], Timeout = TimeSpan.FromSeconds(5) };
                return _resolvers[scenario] = new DnsCache(new Resolver(options), options.CacheBytes, TimeProvider.System);
            }
            finally
            {
                _one.Release();
            }
        }

        public ValueTask InitializeAsync() => default;

        public ValueTask DisposeAsync()
        {
            foreach (IDisposable one in _running) one.Dispose();
            _one.Dispose();
            return default;
        }
    }
}

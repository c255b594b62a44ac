using System.Net;
using MailSanitizer.Authentication.Dns;
using MailSanitizer.Authentication.Spf;
using YamlDotNet.RepresentationModel;

namespace MailSanitizer.Tests.Authentication;

/// <summary>The test suite of RFC 7208, each scenario's zone served by nsd; names that are to time out are swallowed by a relay in front of it.</summary>
public sealed class SpfSuiteTests(SpfSuiteTests.Servers servers) : IClassFixture<SpfSuiteTests.Servers>
{
    private static readonly string? Suite = Suites.Find("spf/rfc7208-tests.yml");

    public static TheoryData<string, string> Cases()
    {
        TheoryData<string, string> data = [];
        if (Suite is null) return data;
        foreach (YamlMappingNode scenario in Suites.Documents(Suite))
        {
            foreach (YamlNode name in ((YamlMappingNode)scenario.Node("tests")!).Children.Keys) data.Add(scenario.Text("description")!, ((YamlScalarNode)name).Value!);
        }

        return data;
    }

    [Fact]
    public void The_suite_has_all_its_cases()
    {
        if (Suite is null) Assert.Skip("suites/spf is not here");
        Assert.Equal(203, Cases().Count);
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cases))]
    public async Task Case(string scenario, string name)
    {
        if (!NameServer.Exists) Assert.Skip("nsd is not installed");
        YamlMappingNode document = Suites.Documents(Suite!).Single(one => one.Text("description") == scenario);
        YamlMappingNode test = (YamlMappingNode)((YamlMappingNode)document.Node("tests")!).Node(name)!;
        IDns dns = await servers.ForAsync(scenario, (YamlMappingNode)document.Node("zonedata")!);

        string helo = test.Text("helo")!, from = test.Text("mailfrom")!;
        string sender = from.Length == 0 ? $"postmaster@{helo}" : from;
        SpfQuestion question = new(IPAddress.Parse(test.Text("host")!), sender[(sender.LastIndexOf('@') + 1)..], sender, helo);
        SpfVerdict verdict = await SpfEvaluator.CheckAsync(dns, question, new SpfLimits(), "receiver.example", DateTimeOffset.UnixEpoch, TestContext.Current.CancellationToken);

        string[] expected = test.Node("result") is YamlSequenceNode many ? [.. many.Select(one => ((YamlScalarNode)one).Value!)] : [test.Text("result")!];
        Assert.True(expected.Contains(verdict.Result), $"{verdict.Result} ({verdict.Reason}), expected {string.Join(" or ", expected)}");
        if (test.Text("explanation") is { } explanation) Assert.Equal(explanation == "DEFAULT" ? null : explanation, verdict.Explanation);
    }

    public sealed class Servers : IAsyncLifetime
    {
        private readonly Dictionary<string, IDns> _resolvers = [];
        private readonly List<IDisposable> _running = [];
        private readonly SemaphoreSlim _one = new(1);

        public async Task<IDns> ForAsync(string scenario, YamlMappingNode data)
        {
            await _one.WaitAsync();
            try
            {
                if (_resolvers.TryGetValue(scenario, out IDns? known)) return known;
                ZoneData zone = ZoneData.OfSpfSuite(data);
                NameServer server = await NameServer.StartAsync(zone.Zone);
                _running.Add(server);
                DnsOptions options = new() { Servers = [server.Address], Timeout = TimeSpan.FromSeconds(5), Retries = 1 };
                if (zone.TimeOuts.Count > 0)
                {
                    OddNameServer front = OddNameServer.InFrontOf(server, (name, type) => zone.TimeOuts.Contains(name) && !zone.Answered.Contains((name.ToLowerInvariant(), type)));
                    _running.Add(front);
                    options = options with { Servers = [front.Address], Timeout = TimeSpan.FromMilliseconds(300), Retries = 1 };
                }

                // The cache remembers failures too, so that each swallowed name costs its time-out once.
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
            foreach (IDisposable one in Enumerable.Reverse(_running)) one.Dispose();
            _one.Dispose();
            return default;
        }
    }
}

using MailSanitizer.Configuration;

namespace MailSanitizer.Tests.Configuration;

/// <summary>The configuration file: each error at its place, the example true to the table.</summary>
public sealed class ConfigReaderTests
{
    [Theory]
    [InlineData("nxt-hop: smtp://127.0.0.1:25", 1, 1, "unknown key 'nxt-hop'; did you mean 'next-hop'?")]
    [InlineData("state: /s\nclamav:\n  adress: unix:/x", 3, 3, "unknown key 'clamav.adress'; did you mean 'address'?")]
    [InlineData("clamav:\n  address: udp://x:1", 2, 12, "clamav.address: 'udp://x:1' is no clamd address: unix:/run/clamav/clamd.ctl or tcp://127.0.0.1:3310")]
    [InlineData("hold: { whole-for: 10 }", 1, 20, "hold.whole-for: '10' is no time: expected a number and s, m, h or d (10m, 3d)")]
    [InlineData("hold: 10m", 1, 7, "hold: expected keys below it: whole-for, keep-for, messages-per-correspondence, size-per-correspondence, messages-per-client-network, size-per-client-network, messages-per-recipient, size-per-recipient")]
    [InlineData("internal-networks: [192.0.2.7/33]", 1, 21, "internal-networks: '192.0.2.7/33' is no network: expected 192.0.2.0/24, 2001:db8::/32 or one address")]
    [InlineData("listen:\n  - { url: \"lmtp://127.0.0.1:10024\", mod: after-queue }", 2, 38, "listen: unknown key 'mod'; did you mean 'mode'?")]
    [InlineData("listen: [http://x:1]", 1, 10, "listen: 'http://x:1': expected lmtp://host:port or smtp://host:port or lmtp+unix:/path")]
    [InlineData("clamav: { when-down: acept }", 1, 22, "clamav.when-down: 'acept' is none of tempfail, accept; did you mean 'accept'?")]
    [InlineData("local-domains: [\"exa mple\"]", 1, 17, "local-domains: 'exa mple' is no domain: expected example.jp")]
    [InlineData("state: var", 1, 8, "state: 'var': expected an absolute path")]
    [InlineData("workers: { count: many }", 1, 19, "workers.count: 'many' is no number from 0 to 256")]
    [InlineData("message-size-limit: 10XB", 1, 21, "message-size-limit: '10XB' is no size: expected bytes, or a number and KB, MB or GB")]
    [InlineData("seal: { domain: example.jp, key: /k }", 1, 7, "seal: 'selector' is missing")]
    [InlineData("- a", 1, 1, "expected keys and values (listen: …)")]
    [InlineData("notices: { from: nobody }", 1, 18, "notices.from: 'nobody' is no mail address")]
    [InlineData("limits: { depth: 0 }", 1, 18, "limits.depth: expected a positive number")]
    [InlineData("dns: { servers: [localhost] }", 1, 18, "dns.servers: 'localhost' is no address: expected 127.0.0.1:53 or [::1]:53")]
    [InlineData("web: { listen: \"https://x\" }", 1, 16, "web.listen: 'https://x': expected http://address:port, or off")]
    [InlineData("rules: { shipped: maybe }", 1, 19, "rules.shipped: 'maybe' is neither true nor false")]
    public void Errors_name_place_and_remedy(string yaml, int line, int column, string message)
    {
        ConfigError error = Assert.Single(ConfigReader.Read(yaml, "f.yaml").Errors);
        Assert.Equal($"f.yaml:{line}:{column}: {message}", error.ToString());
    }

    [Theory]
    [InlineData("a: [")]
    [InlineData("a: b: c")]
    [InlineData("state: /a\nstate: /b")]
    [InlineData("x: &a [*a]")]
    public void Bad_yaml_is_one_error(string yaml) => Assert.NotEmpty(ConfigReader.Read(yaml, "f.yaml").Errors);

    [Fact]
    public void All_errors_are_told_at_once() => Assert.Equal(2, ConfigReader.Read("stat: /a\nhold: { whole-for: x }", "f").Errors.Count);

    [Fact]
    public void Nothing_given_is_loopback_and_embedded()
    {
        Settings settings = ConfigReader.Read("", "f").Settings;
        Assert.Equal("lmtp://127.0.0.1:10024", Assert.Single(settings.Listen).Url);
        Assert.Equal("smtp://127.0.0.1:10025", settings.NextHop);
        Assert.Empty(settings.ClamavAddress);
    }

    [Fact]
    public void The_example_reads_without_an_error_and_names_every_key()
    {
        ConfigReading reading = ConfigReader.Read(ConfigExample.Write(), "example");
        Assert.Empty(reading.Errors);
        Assert.Equal(ConfigKeys.All.Where(key => !key.Path.StartsWith("limits.", StringComparison.Ordinal)).Select(key => key.Path).Order(), reading.Origins.Keys.Order());
    }

    [Fact]
    public void Every_limit_is_a_key_and_reads_its_own_default()
    {
        ConfigKey[] limits = [.. ConfigKeys.All.Where(key => key.Path.StartsWith("limits.", StringComparison.Ordinal))];
        Assert.True(limits.Length > 8);
        ConfigReading reading = ConfigReader.Read("limits:\n" + string.Concat(limits.Select(key => $"  {key.Path["limits.".Length..]}: {key.Example}\n")), "f");
        Assert.Empty(reading.Errors);
        Assert.Equal(global::MailSanitizer.Content.Limits.Default, reading.Settings.Limits);
    }

    [Fact]
    public void The_shipped_example_is_the_one_the_table_writes()
    {
        string path = Path.Combine(Repository.Root, "src/MailSanitizer/Deployment/mailsanitizer.example.yaml");
        if (Environment.GetEnvironmentVariable("UPDATE") == "1") File.WriteAllText(path, ConfigExample.Write());
        Assert.Equal(ConfigExample.Write(), File.ReadAllText(path));
    }

    [Fact]
    public void What_is_shown_is_what_was_read()
    {
        ConfigReading reading = ConfigReader.Read("hold: { whole-for: 90s }\nmessage-size-limit: 10MB\nlimits: { depth: 5 }\nlisten: \"smtp://127.0.0.1:2525\"", "f");
        Assert.Empty(reading.Errors);
        string Show(string path) => ConfigKeys.All.Single(key => key.Path == path).Show(reading.Settings);
        Assert.Equal("90s", Show("hold.whole-for"));
        Assert.Equal("10MB", Show("message-size-limit"));
        Assert.Equal("5", Show("limits.depth"));
        Assert.Equal("smtp://127.0.0.1:2525 (auto, after-queue)", Show("listen"));
        Assert.Equal("f:1", reading.Origins["hold.whole-for"]);
    }
}

using System.Text.Json.Nodes;

namespace MailSanitizer.Tests.Cli;

[Collection(ConsoleCollection.Name)]
public sealed class OneMessageVerbTests : IDisposable
{
    private readonly CommandLineRun _line = new();

    public void Dispose() => _line.Dispose();

    [Theory]
    [InlineData("rsa")]
    [InlineData("ed25519")]
    public void A_key_is_made_once_for_its_owner(string algorithm)
    {
        string[] command = ["seal", "keygen", "--domain", "example.jp", "--selector", "ms", "--algorithm", algorithm, "-o", _line["dkim.key"]];
        Printed made = CommandLineRun.RunAsTyped(command);
        Assert.Equal((0, ""), (made.Exit, made.Error));
        Assert.StartsWith($"ms._domainkey.example.jp. IN TXT ( \"v=DKIM1; k={algorithm};", made.Output, StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_line["dkim.key"]));
        string key = File.ReadAllText(_line["dkim.key"]);
        Assert.DoesNotContain(key.Split('\n')[1], made.Output, StringComparison.Ordinal);
        Assert.Equal(64, CommandLineRun.RunAsTyped(command).Exit);
        Assert.Equal(key, File.ReadAllText(_line["dkim.key"]));
    }

    [Theory]
    [InlineData("--domain", "not a domain")]
    [InlineData("--algorithm", "dsa")]
    [InlineData("--bits", "1024")]
    public void A_key_that_nobody_should_use_is_not_made(string option, string value)
    {
        List<string> words = ["seal", "keygen", option, value, "-o", _line["dkim.key"]];
        if (option != "--domain") words.AddRange(["--domain", "example.jp"]);
        words.AddRange(["--selector", "ms"]);
        Printed printed = CommandLineRun.RunAsTyped([.. words]);
        Assert.Equal(64, printed.Exit);
        Assert.StartsWith($"mailsanitizer: {option}", printed.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(_line["dkim.key"]));
    }

    [Fact]
    public async Task A_message_is_judged_without_a_server()
    {
        if (!Authentication.NameServer.Exists) Assert.Skip("nsd is not installed");
        using Authentication.NameServer server = await Authentication.NameServer.StartAsync(
            "$ORIGIN .\n$TTL 60\n@ SOA ns. h. 1 3600 600 86400 60\n@ NS ns.\nns. A 127.0.0.1\nexample.net. TXT \"v=spf1 ip4:198.51.100.7 -all\"\n_dmarc.example.net. TXT \"v=DMARC1; p=reject\"\n");
        File.WriteAllText(_line["message.eml"], "From: s@example.net\r\nSubject: x\r\n\r\ntext\r\n");
        string[] command = ["authenticate", _line["message.eml"], "--client-ip", "198.51.100.7", "--helo", "mail.example.net", "--mail-from", "s@example.net", "--dns", server.Address.ToString(), "--time", "1790000000"];
        Printed printed = _line.Run(command);
        Assert.Equal((0, ""), (printed.Exit, printed.Error));
        Assert.Contains("spf=pass", printed.Output, StringComparison.Ordinal);
        Assert.Contains("dmarc=pass", printed.Output, StringComparison.Ordinal);
        Assert.Contains("Authentication-Results: mx.example.jp;", printed.Output, StringComparison.Ordinal);
        JsonNode json = JsonNode.Parse(_line.Run([.. command, "--json"]).Output)!;
        Assert.Equal(("example.net", "reject"), ((string?)json["from-domain"], (string?)json["dmarc-policy"]));
        command[3] = "203.0.113.9";
        Assert.Contains("spf=fail", _line.Run(command).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--client-ip", "nowhere")]
    [InlineData("--time", "tomorrow")]
    [InlineData("--dns", "resolver")]
    [InlineData("--hello", "x")]
    public void What_is_mistyped_is_not_judged(string option, string value)
    {
        File.WriteAllText(_line["message.eml"], "From: s@example.net\r\n\r\n");
        List<string> words = ["authenticate", _line["message.eml"], "--helo", "h", "--mail-from", "", option, value];
        if (option != "--client-ip") words.AddRange(["--client-ip", "198.51.100.7"]);
        Assert.Equal(64, _line.Run([.. words]).Exit);
        Assert.Equal(64, _line.Run("authenticate", _line["none.eml"], "--client-ip", "198.51.100.7", "--helo", "h", "--mail-from", "").Exit);
    }
}

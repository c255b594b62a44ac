using System.Text;
using MailSanitizer.Cli;
using MailSanitizer.Tests.Servers;

namespace MailSanitizer.Tests.Pipeline;

/// <summary><c>clean</c> and <c>passwords</c> as a user calls them: files in, exit codes and files out.</summary>
public sealed class OneMessageTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mailsanitizer-clean-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Write(string name, string text)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllText(path, text, new UTF8Encoding(false));
        return path;
    }

    private string Config() => Write("c.yaml", $"clamav: {{ address: \"{ClamdServer.Shared.UnixAddress}\" }}\nauthserv-id: mx.example.jp\n");

    [Fact]
    public void Clean_text_is_unchanged_behind_our_fields()
    {
        string mail = "From: a@example.com\r\nSubject: x\r\n\r\nhello\r\n";
        string output = Path.Combine(_folder, "out.eml");
        string report = Path.Combine(_folder, "report.json");
        Assert.Equal(0, CommandLine.Run(["clean", Write("m.eml", mail), "-o", output, "--report", report, "--config", Config()]));
        string text = File.ReadAllText(output);
        Assert.EndsWith("\r\n" + mail, text, StringComparison.Ordinal);
        Assert.StartsWith("Authentication-Results: mx.example.jp;", text, StringComparison.Ordinal);
        Assert.Contains("\"decision\": \"unchanged\"", File.ReadAllText(report), StringComparison.Ordinal);
    }

    [Fact]
    public void An_infected_message_is_not_deliverable_and_writes_nothing()
    {
        string output = Path.Combine(_folder, "out.eml");
        Assert.Equal(2, CommandLine.Run(["clean", Write("m.eml", $"From: a@example.com\r\n\r\n{ClamdServer.Marker}\r\n"), "-o", output, "--config", Config()]));
        Assert.False(File.Exists(output));
    }

    [Theory]
    [InlineData(64, "clean")]
    [InlineData(64, "clean", "/nonexistent/m.eml")]
    [InlineData(64, "cleam", "m.eml")]
    [InlineData(64, "clean", "m.eml", "--dns", "nowhere")]
    [InlineData(64, "clean", "m.eml", "--config", "/nonexistent/c.yaml")]
    [InlineData(64, "config", "check", "--config", "/nonexistent/c.yaml")]
    public void Wrong_use_is_64(int expected, params string[] arguments) => Assert.Equal(expected, CommandLine.Run(arguments));

    [Fact]
    public void A_silent_clamd_is_75()
    {
        string config = Write("c.yaml", "clamav: { address: \"unix:/nonexistent/clamd.ctl\" }\n");
        Assert.Equal(75, CommandLine.Run(["clean", Write("m.eml", "From: a@example.com\r\n\r\nhello\r\n"), "--config", config]));
    }

    [Fact]
    public void Passwords_of_a_second_mail_are_listed_and_none_is_1()
    {
        Assert.Equal(0, CommandLine.Run(["passwords", Write("m.eml", "From: a@example.com\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nパスワード：Kx7-pQ2m です。\r\n"), "--json"]));
        Assert.Equal(1, CommandLine.Run(["passwords", Write("e.eml", "From: a@example.com\r\n\r\n\r\n")]));
    }
}

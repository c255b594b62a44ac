using System.IO.Compression;
using System.Text;
using MailSanitizer.Cli;
using MailSanitizer.Tests.Servers;

namespace MailSanitizer.Tests.Pipeline;

/// <summary><c>disarm</c> as a user calls it: one file in, exit code and file out.</summary>
public sealed class DisarmVerbTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mailsanitizer-disarm-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string this[string name] => Path.Combine(_folder, name);

    private string Config()
    {
        File.WriteAllText(this["c.yaml"], $"clamav: {{ address: \"{ClamdServer.Shared.UnixAddress}\" }}\n");
        return this["c.yaml"];
    }

    [Fact]
    public void A_passive_file_is_unchanged_to_the_byte()
    {
        byte[] content = Encoding.UTF8.GetBytes("From: nobody, this is a text and no mail\n東京\n");
        File.WriteAllBytes(this["note.txt"], content);
        Assert.Equal(0, CommandLine.Run(["disarm", this["note.txt"], "-o", this["out.txt"], "--config", Config()]));
        Assert.Equal(content, File.ReadAllBytes(this["out.txt"]));
    }

    [Fact]
    public void What_a_scanner_knows_is_not_written()
    {
        File.WriteAllText(this["a.txt"], ClamdServer.Marker);
        Assert.Equal(2, CommandLine.Run(["disarm", this["a.txt"], "-o", this["out.txt"], "--report", this["r.json"], "--config", Config()]));
        Assert.False(File.Exists(this["out.txt"]));
        Assert.Contains("\"infected\"", File.ReadAllText(this["r.json"]), StringComparison.Ordinal);
    }

    [Fact]
    public void A_whole_archive_is_unchanged_and_a_truncated_one_kept_back()
    {
        using (ZipArchive zip = ZipFile.Open(this["a.zip"], ZipArchiveMode.Create))
        {
            using StreamWriter member = new(zip.CreateEntry("a.txt").Open());
            member.Write("text");
        }

        Assert.Equal(0, CommandLine.Run(["disarm", this["a.zip"], "-o", this["b.zip"], "--config", Config()]));
        Assert.Equal(File.ReadAllBytes(this["a.zip"]), File.ReadAllBytes(this["b.zip"]));
        byte[] truncated = File.ReadAllBytes(this["a.zip"])[..40];
        File.WriteAllBytes(this["t.zip"], truncated);
        Assert.Equal(2, CommandLine.Run(["disarm", this["t.zip"], "-o", this["u.zip"], "--config", Config()]));
        Assert.False(File.Exists(this["u.zip"]));
    }

    [Theory]
    [InlineData("disarm")]
    [InlineData("disarm", "a.txt")]
    [InlineData("disarm", "/nonexistent/a.txt", "-o", "/nonexistent/b.txt")]
    public void Wrong_use_is_64(params string[] arguments) => Assert.Equal(64, CommandLine.Run(arguments));
}

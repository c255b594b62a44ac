using MailSanitizer.Rules;

namespace MailSanitizer.Tests.Rules;

/// <summary>Broken rule files, each with exactly the errors that expected.txt says.</summary>
public sealed class BrokenRulesTests
{
    public static readonly string Folder = Path.Combine(Repository.Root, "tests/MailSanitizer.Tests/Rules/Broken");

    [Fact]
    public void Each_broken_file_has_exactly_its_errors()
    {
        string[] files = [.. Directory.GetFiles(Folder, "*.yaml").Order(StringComparer.Ordinal)];
        Assert.True(files.Length >= 60);
        string[] found = [.. files.SelectMany(file => RuleSetLoader.ReadRule(File.ReadAllText(file), Path.GetFileName(file)).Errors.Select(error => error.ToString()).DefaultIfEmpty($"{Path.GetFileName(file)}: no error"))];
        string expected = File.ReadAllText(Path.Combine(Folder, "expected.txt"));
        if (Environment.GetEnvironmentVariable("MAILSANITIZER_WRITE_EXPECTED") == "1") File.WriteAllLines(Path.Combine(Folder, "expected.txt"), found);
        Assert.Equal(expected.Split('\n', StringSplitOptions.RemoveEmptyEntries), found);
        Assert.DoesNotContain(found, line => line.EndsWith("no error", StringComparison.Ordinal));
    }
}

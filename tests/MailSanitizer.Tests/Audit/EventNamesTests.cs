using System.Text.RegularExpressions;

namespace MailSanitizer.Tests.Audit;

/// <summary>Every event that the source writes stands in the catalog.</summary>
public sealed partial class EventNamesTests
{
    [Fact]
    public void Every_event_in_the_source_is_in_the_catalog()
    {
        string source = Path.Combine(Repository.Root, "src/MailSanitizer");
        string[] names = [.. Directory.GetFiles(source, "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal))
            .SelectMany(file => Event().Matches(File.ReadAllText(file)).Select(match => match.Groups[1].Value))
            .Distinct()];
        string catalog = File.ReadAllText(Path.Combine(source, "Audit/EVENTS.md"));
        Assert.Contains("message.decided", names);
        Assert.All(names, name => Assert.Contains($"`{name}`", catalog, StringComparison.Ordinal));
    }

    [GeneratedRegex("new AuditEvent\\(\\s*\"([a-z.-]+)\"", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Event();
}

using MailSanitizer.Content.Tests.PartWalking;

namespace MailSanitizer.Content.Tests.Mime;

/// <summary>Every message of <c>suites/mime</c>: untouched it comes back whole; one leaf replaced, all others stay.</summary>
public sealed class SuiteTests
{
    public static string? Suites()
    {
        if (Environment.GetEnvironmentVariable("MAILSANITIZER_SUITES") is { Length: > 0 } set) return Directory.Exists(set) ? set : null;
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            string beside = Path.Combine(at.FullName, "..", "shared", "suites");
            if (File.Exists(Path.Combine(at.FullName, "MailSanitizer.sln")) && Directory.Exists(beside)) return beside;
        }

        return null;
    }

    public static IEnumerable<string> Messages() => Suites() is not { } suites ? [] :
        Directory.EnumerateFiles(Path.Combine(suites, "mime"), "*", SearchOption.AllDirectories)
            .Where(file => file.EndsWith(".eml", StringComparison.Ordinal) || file.EndsWith(".msg", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal);

    [Fact]
    public void Without_treatments_the_message_comes_back_byte_for_byte()
    {
        Assert.SkipWhen(Suites() is null, "no suites beside the project");
        int count = 0;
        foreach (string file in Messages())
        {
            byte[] message = File.ReadAllBytes(file);
            (RebuildReport report, byte[] bytes, long copied) = Walks.Rebuild(message, new RebuildJob());
            Assert.Null(report.Failure);
            Assert.Equal(message, bytes);
            Assert.Equal(message.Length, copied);
            count++;
        }

        Assert.True(count >= 180, $"only {count} messages");
    }

    [Fact]
    public void Replacing_one_leaf_leaves_all_other_leaves_as_they_were()
    {
        Assert.SkipWhen(Suites() is null, "no suites beside the project");
        int replaced = 0;
        List<string> wrong = [];
        foreach (string file in Messages())
        {
            byte[] message = File.ReadAllBytes(file);
            RecordingSink before = Walks.Walk(message);
            List<PartFact> leaves = [.. before.Parts.Where(part => part.Parent == "" && !part.AlternativeReading && !part.Path.EndsWith("amble", StringComparison.Ordinal) && !part.Path.EndsWith("epilogue", StringComparison.Ordinal))];
            foreach (PartFact leaf in leaves.Take(12))
            {
                (RebuildReport report, byte[] bytes, _) = Walks.Rebuild(message, Walks.Job(Walks.Treat(before, leaf.Path, TreatmentKind.Replace, "removed\r\n", "note.txt")));
                if (report.Failure is not null)
                {
                    wrong.Add($"{Path.GetFileName(file)} {leaf.Path}: {report.Failure}");
                    continue;
                }

                RecordingSink after = Walks.Walk(bytes);
                // A signature whose content changed is taken off (MimeRebuildTests shows it).
                if (before.Kinds.Contains("signed-message")) continue;
                string expected = Tree(before, leaf.Path);
                string actual = Tree(after, leaf.Path);
                if (expected != actual) wrong.Add($"{file} {leaf.Path}:\n{expected}\n--\n{actual}");
                replaced++;
            }
        }

        Assert.True(wrong.Count == 0, $"{wrong.Count} of {replaced}\n" + string.Join("\n", wrong.Take(6)));
        Assert.True(replaced > 400, $"only {replaced}");
    }

    // The tree without the replaced part: number and content of each.
    private static string Tree(RecordingSink walk, string replaced)
    {
        string index = replaced.Split('/')[0];
        return string.Join("\n", walk.Parts.Where(part => part.Path.Length > 0 && part.Path.Split('/')[0] is var first && first != index && !part.AlternativeReading)
            .Select(part => $"{part.Path} {part.Sha256}"));
    }
}

using System.Text;

namespace MailSanitizer.Content.Tests.Disarming.Ole;

/// <summary>The legacy office files of the public suite through walk, rebuild and walk: no failure of ours, nothing active left. A fixed sample; all of them with MAILSANITIZER_FULL=1.</summary>
public sealed class OleSuiteTests(ITestOutputHelper output)
{
    internal static IReadOnlyList<string> Files()
    {
        bool full = Environment.GetEnvironmentVariable("MAILSANITIZER_FULL") == "1";
        return [.. Directory.EnumerateFiles(Suites.Folder("office/poi"), "*", SearchOption.AllDirectories).Where(file => Path.GetExtension(file) is ".doc" or ".xls" or ".ppt").Order(StringComparer.Ordinal).Where((_, index) => full || index % 8 == 0)];
    }

    [Fact]
    public void The_suite_comes_out_disarmed_or_unchanged()
    {
        bool full = Environment.GetEnvironmentVariable("MAILSANITIZER_FULL") == "1";
        string folder = Suites.Folder("office/poi");
        IReadOnlyList<string> files = Files();
        int unchanged = 0, disarmed = 0;
        StringBuilder others = new(), told = new();
        List<string> wrong = [];
        foreach (string file in files)
        {
            DisarmSample sample = new(Path.GetFileName(file), File.ReadAllBytes(file));
            Disarmed run = Disarmed.Run(sample);
            string name = Path.GetRelativePath(folder, file);
            if (run.Before.Kinds.Concat(run.After.Kinds).Contains(WalkFindings.ParseError.Id) || run.Report.Failure is not null) wrong.Add($"{name}: {run.Report.Failure} {string.Join(", ", run.Before.Findings)}");
            string[] troubles = [.. run.Before.Findings.Where(finding => FindingKinds.Find(finding.Kind)!.Class is not (FindingClass.Note or FindingClass.Active)).Select(finding => $"{finding.Kind} {finding.Path} {finding.Detail}").Distinct().Take(3)];
            ChangeFact[] failed = [.. run.Report.Changes.Where(change => change.Done == "disarm-failed")];
            if (run.Left.Any()) wrong.Add($"{name} still has {string.Join(", ", Disarmed.Active(run.After))}");
            if (troubles.Length > 0 || failed.Length > 0) others.AppendLine($"{name}: {string.Join("; ", troubles)} {string.Join("; ", failed.Select(one => one.Detail))}");
            else if (run.IsUnchanged) unchanged++;
            else disarmed++;
            if (full && Disarmed.Active(run.Before).Any()) told.AppendLine($"{name}: {string.Join(" | ", Disarmed.Active(run.Before).Select(finding => finding.Kind + " " + finding.Detail).Distinct().Take(4))}");
        }

        output.WriteLine($"{files.Count} files: {unchanged} unchanged, {disarmed} disarmed, others:\n{others}");
        if (Environment.GetEnvironmentVariable("MAILSANITIZER_LIST") is { Length: > 0 } list) File.WriteAllText(list, told.ToString() + others);
        Assert.True(wrong.Count == 0, string.Join("\n", wrong));
        Assert.True(unchanged + disarmed > files.Count * 3 / 4, others.ToString());
    }
}

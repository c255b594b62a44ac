using System.Diagnostics;

namespace MailSanitizer.Content.Tests.Disarming.Ooxml;

/// <summary>The Office files of the Apache POI project, through the whole machine: a sample normally, all with <c>MAILSANITIZER_FULL=1</c>.</summary>
public class OoxmlSuiteTests
{
    // Not whole to begin with, locked, or made to attack a reader: a finding and quarantine is what they are there for.
    private static readonly string[] Extensions = [".docx", ".docm", ".dotx", ".xlsx", ".xlsm", ".xlsb", ".pptx", ".pptm", ".ppsx", ".vsdx"];

    internal static bool IsFull => Environment.GetEnvironmentVariable("MAILSANITIZER_FULL") == "1";

    internal static IReadOnlyList<string> Files(int sample)
    {
        string folder = Suites.Folder("office/poi");
        string[] all = [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Where(file => Extensions.Contains(Path.GetExtension(file).ToLowerInvariant())).Order(StringComparer.Ordinal)];
        return IsFull ? all : [.. all.Where((_, index) => index % Math.Max(1, all.Length / sample) == 0)];
    }

    [Fact]
    public void Every_file_is_unchanged_disarmed_or_a_finding()
    {
        List<string> lines = [];
        int good = 0;
        foreach (string file in Files(40))
        {
            byte[] bytes = File.ReadAllBytes(file);
            Stopwatch watch = Stopwatch.StartNew();
            Disarmed run = Disarmed.Run(new DisarmSample(Path.GetFileName(file), bytes));
            Assert.True(run.Report.Failure is null && !run.Before.Kinds.Contains("parse-error") && !run.After.Kinds.Contains("parse-error"), $"{file}: {run.Report.Failure} {string.Join(", ", run.Before.Findings)}");
            string[] held = [.. run.Before.Findings.Where(finding => FindingKinds.Find(finding.Kind)!.Class is not (FindingClass.Active or FindingClass.Note)).Select(finding => $"{finding.Kind}@{finding.Path}:{finding.Location}({finding.Detail})").Distinct().Take(4)];
            bool failed = run.Report.Changes.Any(change => change.Done == "disarm-failed");
            if (held.Length == 0 && !failed) Assert.False(run.Left.Any(), $"{file}: left {string.Join(", ", Disarmed.Active(run.After))}");
            if (held.Length == 0 && !failed)
            {
                good++;
                if (!run.IsUnchanged && run.After.Parts[0].Format is not "zip") OoxmlAttackTests.AssertReferences(run.Bytes);
            }

            string state = held.Length > 0 ? "held" : failed ? "failed" : run.IsUnchanged ? "unchanged" : "disarmed";
            string kinds = string.Join(" ", Disarmed.Active(run.Before).GroupBy(finding => finding.Kind).Select(group => $"{group.Key}×{group.Count()}({group.First().Location}: {group.First().Detail})"));
            lines.Add($"{state} {watch.ElapsedMilliseconds} {Path.GetFileName(file)} {string.Join(" | ", held)} {(failed ? run.Report.Changes.First(change => change.Done == "disarm-failed").Detail : "")} {kinds}");
        }

        if (Environment.GetEnvironmentVariable("MAILSANITIZER_LIST") is { Length: > 0 } list) File.WriteAllLines(list, lines);
        Assert.True(good * 100 >= lines.Count * 85, $"{good} of {lines.Count}\n{string.Join("\n", lines.Where(line => line.StartsWith("held", StringComparison.Ordinal) || line.StartsWith("failed", StringComparison.Ordinal)))}");
    }
}

using System.Diagnostics;
using MailSanitizer.Content.Tests.Unpacking;

namespace MailSanitizer.Content.Tests.Disarming.Pdf;

/// <summary>The public PDFs: none throws, none takes long; what qpdf opens without an error comes out disarmed or unchanged, and clean where it was clean.</summary>
public sealed class PdfSuiteTests
{
    private static bool Full => Environment.GetEnvironmentVariable("MAILSANITIZER_FULL") == "1";

    [Fact]
    public void Files_that_qpdf_opens_come_out_disarmed_or_unchanged()
    {
        using Workshop shop = new();
        string[] files = [.. Directory.EnumerateFiles(Suites.Folder("pdf/pdfjs"), "*.pdf").Order(StringComparer.Ordinal)];
        if (!Full) files = [.. files.Where((_, index) => index % 20 == 3)];
        List<string> failures = [];
        int opened = 0, refused = 0;
        foreach (string file in files)
        {
            byte[] bytes = File.ReadAllBytes(file);
            long start = Stopwatch.GetTimestamp();
            Disarmed run = Disarmed.Run(new DisarmSample(Path.GetFileName(file), bytes));
            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            string name = Path.GetFileName(file);
            if (seconds > 10) failures.Add($"{name}: {seconds} s");
            if (run.Before.Kinds.Contains(WalkFindings.ParseError.Id)) failures.Add($"{name}: {string.Join(", ", run.Before.Findings)}");
            int before = Check(shop, bytes);
            if (before == 2) continue;
            opened++;
            bool bad = run.Before.Findings.Any(finding => finding.Path.Length == 0 && FindingKinds.Find(finding.Kind)!.Class is FindingClass.Unscannable or FindingClass.Limit or FindingClass.Ambiguous);
            if (bad || run.Report.Changes.Any(change => change.Path.Length == 0 && change.Done != "disarmed"))
            {
                refused++;
                TestContext.Current.SendDiagnosticMessage("{0}: {1} {2}", name, string.Join(", ", run.Before.Findings.Select(one => one.Kind + " " + one.Detail).Distinct()), string.Join(", ", run.Report.Changes));
                continue;
            }

            if (run.IsUnchanged) continue;
            if (run.Left.Any()) failures.Add($"{name} still has {string.Join(", ", run.Left)}");
            if (Check(shop, run.Bytes) > before) failures.Add($"{name}: qpdf was {before}");
        }

        Assert.True(failures.Count == 0, string.Join("\n", failures));
        Assert.True(refused <= opened * 0.03, $"{refused} of {opened} refused");
    }

    // 0 clean, 3 warnings, 2 errors; ordered as 0, 1, 2.
    private static int Check(Workshop shop, byte[] bytes)
    {
        shop.Write("a.pdf", bytes);
        string end = shop.Run("qpdf", "--check a.pdf >/dev/null 2>&1; echo $?").Trim();
        return end switch { "0" => 0, "3" => 1, _ => 2 };
    }
}

using System.Diagnostics;
using MailSanitizer.Content.Tests.Unpacking;

namespace MailSanitizer.Content.Tests.Disarming.Pdf;

/// <summary>
/// The public PDFs: none throws, none takes long; what qpdf opens without an error comes out disarmed or unchanged; what was written anew is clean for
/// qpdf where it was clean, has the same text for pdftotext and looks the same to pdftoppm. A fixed sample of them; all with MAILSANITIZER_FULL=1.
/// </summary>
public sealed class PdfSuiteTests
{
    /// <summary>Files that qpdf opens and that are refused, with the reason.</summary>
    private static readonly Dictionary<string, string> Refused = new(StringComparer.Ordinal)
    {
        ["issue15590.pdf"] = "its page tree is a JavaScript action: without it there is nothing to show",
    };

    private static bool Full => Environment.GetEnvironmentVariable("MAILSANITIZER_FULL") == "1";

    [Fact]
    public void Files_that_qpdf_opens_come_out_disarmed_or_unchanged()
    {
        using Workshop shop = new();
        string[] files = [.. Directory.EnumerateFiles(Suites.Folder("pdf/pdfjs"), "*.pdf").Order(StringComparer.Ordinal)];
        if (!Full) files = [.. files.Where((_, index) => index % 20 == 3)];
        List<string> failures = [];
        int opened = 0, refused = 0, rewritten = 0, compared = 0, looked = 0;
        double slowest = 0;
        foreach (string file in files)
        {
            byte[] bytes = File.ReadAllBytes(file);
            string name = Path.GetFileName(file);
            long start = Stopwatch.GetTimestamp();
            Disarmed run = Disarmed.Run(new DisarmSample(name, bytes));
            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            slowest = Math.Max(slowest, seconds);
            if (seconds > 10) failures.Add($"{name}: {seconds} s");
            if (run.Before.Kinds.Contains(WalkFindings.ParseError.Id)) failures.Add($"{name}: {string.Join(", ", run.Before.Findings)}");
            bool isRefused = run.Before.Findings.Any(finding => finding.Path.Length == 0 && FindingKinds.Find(finding.Kind)!.Class is FindingClass.Unscannable or FindingClass.Limit or FindingClass.Ambiguous)
                || run.Report.Changes.Any(change => change.Path.Length == 0 && change.Done != "disarmed");
            // What came through as it was needs no look at what qpdf says of it, but for the share.
            if (!Full && run.IsUnchanged && !isRefused) continue;
            int before = Check(shop, bytes);
            if (before == 2) continue;
            opened++;
            if (run.IsUnchanged && !isRefused) continue;
            if (isRefused)
            {
                refused++;
                if (!Refused.ContainsKey(name)) failures.Add($"{name} is refused: {string.Join(", ", run.Before.Findings.Select(one => one.Kind + " " + one.Detail).Distinct())} {string.Join(", ", run.Report.Changes)}");
                continue;
            }

            rewritten++;
            if (run.Left.Any()) failures.Add($"{name} still has {string.Join(", ", run.Left)}");
            if (Check(shop, run.Bytes) > before) failures.Add($"{name}: qpdf was {before}");
            shop.Write("before.pdf", bytes).Write("after.pdf", run.Bytes);
            if (Text(shop, "before.pdf") is { } text)
            {
                compared++;
                if (text != Text(shop, "after.pdf")) failures.Add($"{name}: other text");
            }

            if (Pages(shop, "before") is not { } pages) continue;
            looked++;
            if (pages != Pages(shop, "after")) failures.Add($"{name} looks different: {string.Join(", ", run.Before.Kinds.Distinct())}");
        }

        TestContext.Current.SendDiagnosticMessage("{0} files, {1} that qpdf opens, {2} refused here, {3} written anew, text of {4} and pages of {5} compared, slowest {6:F1} s", files.Length, opened, refused, rewritten, compared, looked, slowest);
        Assert.True(failures.Count == 0, string.Join("\n", failures));
        Assert.True(!Full || refused <= opened * 0.03, $"{refused} of {opened} refused");
    }

    // 0 clean, 3 warnings, 2 errors; ordered as 0, 1, 2.
    private static int Check(Workshop shop, byte[] bytes)
    {
        shop.Write("a.pdf", bytes);
        string end = shop.Run("qpdf", "--check a.pdf >/dev/null 2>&1; echo $?").Trim();
        return end switch { "0" => 0, "3" => 1, _ => 2 };
    }

    private static string? Text(Workshop shop, string file)
    {
        string text = shop.Run("pdftotext", $"{file} - 2>/dev/null; echo $?");
        return text.EndsWith("0\n", StringComparison.Ordinal) ? text : null;
    }

    // The hashes of the first pages as pictures; null when there are none.
    private static string? Pages(Workshop shop, string name)
    {
        string hashes = shop.Run("pdftoppm", $"-r 40 -l {(Full ? 3 : 1)} {name}.pdf page 2>/dev/null; sha256sum page*.ppm 2>/dev/null; rm -f page*.ppm");
        return hashes.Length == 0 ? null : hashes;
    }
}

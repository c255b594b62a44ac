using System.Diagnostics;
using MailSanitizer.Content.Tests.Disarming.Ole;
using MailSanitizer.Content.Tests.Disarming.Ooxml;

namespace MailSanitizer.Content.Tests.Disarming;

/// <summary>What a reader sees of the documents that were changed: LibreOffice opens them, shows the same text, and draws the same pages. A sample; all of the suite with <c>MAILSANITIZER_FULL=1</c>.</summary>
public class OfficeOracleTests
{
    // What is meant to be gone is seen in these: labels of objects and check boxes, the name of a file that lost its m, results of macro functions, an equation's own text, linked pictures.
    private static readonly string[] ShownOtherwise =
    [
        "drawing", "57181", "37376", "44840", "WithCheckBoxes", "ex45046-21984", "excelant", "mortgage-calculation", "testNames", "20-Force-on-a-current-S00", "Bug51890", "PPTWithAttachments", "BrNotClosed",
    ];

    [Fact]
    public void LibreOffice_shows_the_same_text_and_the_same_pages()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/soffice") && File.Exists("/usr/bin/pdftotext"), "libreoffice or poppler-utils is not installed");
        DirectoryInfo place = Directory.CreateTempSubdirectory("office-text-");
        try
        {
            List<string> names = [];
            foreach ((DisarmSample sample, Disarmed run) in Samples())
            {
                string name = $"{names.Count}-{Path.GetFileNameWithoutExtension(sample.Name)}";
                names.Add(name);
                File.WriteAllBytes(Path.Combine(place.FullName, "before-" + name + Path.GetExtension(sample.Name)), sample.Bytes);
                File.WriteAllBytes(Path.Combine(place.FullName, "after-" + name + Path.GetExtension(run.Report.FileName ?? sample.Name)), run.Bytes);
            }

            // One start of the program for all of them; with all of the suite a start for every forty, since one file can end the program.
            foreach (string[] files in names.Chunk(40))
            {
                string list = string.Join(' ', files.SelectMany(name => Directory.GetFiles(place.FullName, $"*-{name}.*")).Select(file => $"'{file}'"));
                Run($"timeout 500 soffice -env:UserInstallation=file://{place.FullName}/profile --headless --norestore --convert-to pdf --outdir {place.FullName}/pdf {list}", place.FullName);
            }

            int compared = 0, drawn = 0;
            List<string> other = [];
            foreach (string name in names)
            {
                string before = Path.Combine(place.FullName, "pdf", $"before-{name}.pdf");
                if (!File.Exists(before)) continue;
                string after = Path.Combine(place.FullName, "pdf", $"after-{name}.pdf");
                if (!File.Exists(after))
                {
                    other.Add($"{name}: LibreOffice opens it no more");
                    continue;
                }

                if (ShownOtherwise.Contains(name[(name.IndexOf('-', StringComparison.Ordinal) + 1)..])) continue;
                if (Difference(Text(before), Text(after)) is { } difference) other.Add($"{name}: {difference}");
                compared++;

                // Of each document its first two pages; buttons, and pictures that stood elsewhere, are what may be missing.
                if (drawn >= (OoxmlSuiteTests.IsFull ? 40 : 4)) continue;
                double differs = Pixels(before, after);
                if (differs > 0.01) other.Add($"{name}: {differs:P2} of the pixels differ");
                drawn++;
            }

            if (Environment.GetEnvironmentVariable("MAILSANITIZER_LIST") is { Length: > 0 } log) File.WriteAllLines(log, [$"{compared} compared, {drawn} drawn", .. other]);
            Assert.True(other.Count == 0, string.Join("\n", other));
            Assert.True(compared >= 6 && drawn >= 2, $"{compared} compared, {drawn} drawn");
        }
        finally
        {
            place.Delete(recursive: true);
        }

        // Some show their own names.
        string Text(string pdf) => string.Join(' ', Run($"pdftotext -layout '{pdf}' -", place.FullName).Replace("before-", "", StringComparison.Ordinal).Replace("after-", "", StringComparison.Ordinal).Split([' ', '\n', '\r', '\f', '\t'], StringSplitOptions.RemoveEmptyEntries));

        double Pixels(string before, string after)
        {
            byte[] one = Drawn(before), two = Drawn(after);
            if (one.Length != two.Length) return 1;
            int differ = 0;
            for (int at = 0; at < one.Length; at++)
            {
                if (Math.Abs(one[at] - two[at]) > 48) differ++;
            }

            return one.Length == 0 ? 0 : (double)differ / one.Length;
        }

        byte[] Drawn(string pdf)
        {
            Run($"pdftoppm -gray -r 36 -l 2 '{pdf}' '{pdf}'", place.FullName);
            return [.. Directory.GetFiles(Path.GetDirectoryName(pdf)!, Path.GetFileName(pdf) + "-*.pgm").Order(StringComparer.Ordinal).SelectMany(File.ReadAllBytes)];
        }
    }

    private static IEnumerable<(DisarmSample, Disarmed)> Samples()
    {
        IEnumerable<DisarmSample> all = OoxmlSuiteTests.IsFull ? OoxmlSuiteTests.Files(40).Concat(OleSuiteTests.Files()).Select(file => new DisarmSample(Path.GetFileName(file), File.ReadAllBytes(file)))
            : OoxmlSuiteTests.Files(40).Select(file => new DisarmSample(Path.GetFileName(file), File.ReadAllBytes(file))).Where(sample => sample.Bytes.Length < 200_000);
        IEnumerable<(DisarmSample Sample, Disarmed Run)> changed = all.Select(sample => (sample, Disarmed.Run(sample))).Where(one => !one.Item2.IsUnchanged && !one.Item2.Report.Changes.Any(change => change.Done == "disarm-failed" && change.Path.Length == 0));
        if (OoxmlSuiteTests.IsFull) return changed;
        IEnumerable<DisarmSample> few = OoxmlAttacks.All.Where(attack => attack.Name is "DDEAUTO split over runs" or "other workbook" or "OLE object with its picture").Select(attack => attack.Sample)
            .Concat(new[] { "spreadsheet/SimpleMacro.xls", "document/two_images.doc", "document/word_with_embeded_ooxml.doc", "slideshow/SimpleMacro.ppt" }.Select(OleFiles.Poi));
        return changed.Take(2).Concat(few.Select(sample => (sample, Disarmed.Run(sample))));
    }

    private static string? Difference(string before, string after)
    {
        if (before == after) return null;
        int at = 0;
        while (at < before.Length && at < after.Length && before[at] == after[at]) at++;
        return $"'{Around(before, at)}' became '{Around(after, at)}'";

        static string Around(string text, int at) => text[Math.Max(0, at - 30)..Math.Min(text.Length, at + 60)];
    }

    private static string Run(string command, string folder)
    {
        ProcessStartInfo start = new("/bin/sh", ["-c", command]) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["HOME"] = folder;
        using Process process = Process.Start(start)!;
        process.StandardError.ReadToEndAsync().ContinueWith(_ => { }, TaskScheduler.Default);
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return output;
    }
}

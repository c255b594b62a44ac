using System.Diagnostics;
using DocumentFormat.OpenXml.Packaging;
using DocumentFormat.OpenXml.Validation;

namespace MailSanitizer.Content.Tests.Disarming.Ooxml;

/// <summary>What other programs say of what comes out: the OpenXML SDK's validator finds no new error, LibreOffice shows the same text.</summary>
public class OoxmlOracleTests
{
    // One shows the label of an object's icon once the object is gone; the other shows its own file's name, which loses its m.
    private static readonly string[] ShownOtherwise = ["drawing", "57181"];

    [Fact]
    public void The_validator_finds_no_new_error()
    {
        int looked = 0;
        foreach (DisarmSample sample in OoxmlAttacks.All.Select(attack => attack.Sample).Concat(Changed()))
        {
            if (Errors(sample.Name, sample.Bytes) is not { } before) continue;
            Disarmed run = Disarmed.Run(sample);
            string[]? after = Errors(run.Report.FileName ?? sample.Name, run.Bytes);
            Assert.True(after is not null, $"{sample}: the SDK cannot open what came out");
            string[] added = [.. after.Except(before)];
            Assert.True(added.Length == 0, $"{sample}: {string.Join("\n", added.Take(3))}");
            looked++;
        }

        Assert.True(looked > 20);
    }

    [Fact]
    public void LibreOffice_shows_the_same_text()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/soffice") && File.Exists("/usr/bin/pdftotext"), "libreoffice or poppler-utils is not installed");
        DirectoryInfo place = Directory.CreateTempSubdirectory("ooxml-text-");
        try
        {
            List<string> names = [];
            foreach (DisarmSample sample in OoxmlSuiteTests.IsFull ? Changed() : Changed().Take(3).Concat(OoxmlAttacks.All.Where(attack => attack.Name is "DDEAUTO split over runs" or "other workbook" or "OLE object with its picture").Select(attack => attack.Sample)))
            {
                Disarmed run = Disarmed.Run(sample);
                string name = Path.GetFileNameWithoutExtension(sample.Name);
                names.Add(name);
                File.WriteAllBytes(Path.Combine(place.FullName, "before-" + name + Path.GetExtension(sample.Name)), sample.Bytes);
                File.WriteAllBytes(Path.Combine(place.FullName, "after-" + name + Path.GetExtension(run.Report.FileName ?? sample.Name)), run.Bytes);
            }

            // One start of the program for all of them.
            string files = string.Join(' ', Directory.GetFiles(place.FullName).Select(file => $"'{file}'"));
            Run($"soffice -env:UserInstallation=file://{place.FullName}/profile --headless --norestore --convert-to pdf --outdir {place.FullName}/pdf {files}", place.FullName);

            int compared = 0;
            List<string> other = [];
            foreach (string name in names.Distinct())
            {
                string before = Path.Combine(place.FullName, "pdf", $"before-{name}.pdf");
                if (!File.Exists(before)) continue;
                string after = Path.Combine(place.FullName, "pdf", $"after-{name}.pdf");
                Assert.True(File.Exists(after), $"{name}: LibreOffice opens it no more");
                if (ShownOtherwise.Contains(name)) continue;
                if (Difference(Text(before), Text(after)) is { } difference) other.Add($"{name}: {difference}");
                compared++;
            }

            Assert.True(other.Count == 0, string.Join("\n", other));
            Assert.True(compared >= 5, $"{compared} compared");
        }
        finally
        {
            place.Delete(recursive: true);
        }

        string Text(string pdf) => string.Join(' ', Run($"pdftotext -layout '{pdf}' -", place.FullName).Split([' ', '\n', '\r', '\f', '\t'], StringSplitOptions.RemoveEmptyEntries));
    }

    private static string? Difference(string before, string after)
    {
        if (before == after) return null;
        int at = 0;
        while (at < before.Length && at < after.Length && before[at] == after[at]) at++;
        return $"'{Around(before, at)}' became '{Around(after, at)}'";

        static string Around(string text, int at) => text[Math.Max(0, at - 30)..Math.Min(text.Length, at + 60)];
    }

    private static IEnumerable<DisarmSample> Changed()
    {
        foreach (string file in OoxmlSuiteTests.Files(40))
        {
            byte[] bytes = File.ReadAllBytes(file);
            if (!OoxmlSuiteTests.IsFull && bytes.Length > 200_000) continue;
            DisarmSample sample = new(Path.GetFileName(file), bytes);
            Disarmed run = Disarmed.Run(sample);
            if (!run.IsUnchanged && !run.Report.Changes.Any(change => change.Done == "disarm-failed")) yield return sample;
        }
    }

    private static string[]? Errors(string name, byte[] bytes)
    {
        try
        {
            using MemoryStream stream = new(bytes);
            using OpenXmlPackage package = Path.GetExtension(name)[1..4] switch
            {
                "doc" or "dot" => WordprocessingDocument.Open(stream, false),
                "xls" => SpreadsheetDocument.Open(stream, false),
                _ => PresentationDocument.Open(stream, false),
            };
            return [.. new OpenXmlValidator().Validate(package, TestContext.Current.CancellationToken).Select(error => $"{error.Part?.Uri} {error.Id} {error.Description}").Distinct()];
        }
        catch (Exception unreadable) when (unreadable is not OperationCanceledException)
        {
            // The SDK refuses more than programs do.
            return null;
        }
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

using MailSanitizer.Content.Tests.PartWalking;

namespace MailSanitizer.Content.Tests.Disarming.Html;

/// <summary>How often good mail is noted: the HTML parts of the mails among the suites, and the ordinary mails of these tests.</summary>
public class GoodMailTests
{
    private static readonly string[] Lures = ["link-mismatch", "lookalike-link", "redirector-link", "password-form", "form-to-foreign-host", "hidden-text", "paste-instruction", "qr-code-drawn"];

    [Fact]
    public void Lures_and_disarming_are_rare_in_good_mail()
    {
        int parts = 0, lured = 0, active = 0, texts = 0, luredTexts = 0;
        List<string> what = [];
        IEnumerable<(string Name, RecordingSink Sink)> walks = Directory.EnumerateFiles(Suites.Folder("mime"), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Where(file => Path.GetExtension(file) is ".msg" or ".eml" or ".txt" && new FileInfo(file).Length < 1024 * 1024)
            .Select(file => (Path.GetFileName(file), Walks.Walk(File.ReadAllBytes(file), handlers: PartHandlers.All)))
            .Concat(HtmlMails.All.Select(sample => (sample.Name, Disarmed.Walk(sample))));
        foreach ((string name, RecordingSink sink) in walks)
        {
            foreach (PartFact part in sink.Parts.Where(part => part.Format == "txt" && part.IsBody && !part.AlternativeReading))
            {
                texts++;
                if (sink.Findings.Any(finding => finding.Path == part.Path && (Lures.Contains(finding.Kind) || finding.Kind.StartsWith("qr-", StringComparison.Ordinal)))) luredTexts++;
            }

            foreach (PartFact part in sink.Parts.Where(part => part.Formats.Contains("html") && !part.AlternativeReading))
            {
                parts++;
                List<string> kinds = [.. sink.Findings.Where(finding => finding.Path == part.Path).Select(finding => finding.Kind).Distinct()];
                if (kinds.Exists(Lures.Contains)) lured++;
                if (kinds.Exists(kind => kind.StartsWith("html-", StringComparison.Ordinal) || kind.StartsWith("css-", StringComparison.Ordinal))) active++;
                if (kinds.Count > 0) what.Add($"{name}: {string.Join(", ", kinds)}");
            }
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{parts} HTML parts, {lured} with a lure, {active} disarmed; {texts} text bodies, {luredTexts} with a lure\n{string.Join("\n", what)}");
        Assert.True(texts >= 50 && luredTexts * 50 <= texts, $"{texts} text bodies, {luredTexts} with a lure");
        Assert.True(parts >= 50, $"{parts} parts");
        Assert.True(lured * 50 <= parts && active * 10 <= parts, $"{parts} HTML parts, {lured} with a lure, {active} disarmed\n{string.Join("\n", what)}");
    }
}

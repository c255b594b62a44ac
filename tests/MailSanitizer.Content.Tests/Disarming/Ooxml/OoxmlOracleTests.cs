using DocumentFormat.OpenXml.Packaging;
using DocumentFormat.OpenXml.Validation;

namespace MailSanitizer.Content.Tests.Disarming.Ooxml;

/// <summary>What another program says of what comes out: the OpenXML SDK's validator finds no new error.</summary>
public class OoxmlOracleTests
{
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
}

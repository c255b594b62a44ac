using System.IO.Compression;
using MailSanitizer.Content.Tests.PartWalking;

namespace MailSanitizer.Content.Tests.Disarming.Images;

/// <summary>Pictures of other people's making: those that stand in the Office files of the suites.</summary>
public sealed class GoodImagesTests
{
    private static readonly string[] Endings = [".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp", ".ico"];

    [Fact]
    public void Nothing_active_is_found_in_pictures_of_documents()
    {
        bool full = Environment.GetEnvironmentVariable("MAILSANITIZER_FULL") == "1";
        int seen = 0, noted = 0;
        List<string> wrong = [];
        HashSet<string> known = new(StringComparer.Ordinal);
        foreach (string file in Directory.EnumerateFiles(Suites.Folder("office/poi"), "*", SearchOption.AllDirectories).Where(file => Path.GetExtension(file) is ".docx" or ".pptx" or ".xlsx").Order(StringComparer.Ordinal))
        {
            if (!full && seen >= 60) break;
            foreach ((string name, byte[] picture) in Pictures(file))
            {
                RecordingSink sink = Disarmed.Walk(new DisarmSample(name, picture));
                if (!known.Add(sink.Parts[0].Sha256)) continue;
                seen++;
                if (sink.Kinds.Contains("data-behind-image")) noted++;
                if (sink.Findings.Any(finding => finding.Kind is not ("mismatch" or "unknown-format") && FindingKinds.Find(finding.Kind)!.Class is not FindingClass.Note)) wrong.Add($"{Path.GetFileName(file)} {name}: {string.Join(", ", sink.Findings)}");
            }
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{seen} pictures, {noted} with bytes behind their end");
        Assert.True(seen >= 50, $"{seen} pictures");
        Assert.True(wrong.Count == 0, string.Join("\n", wrong));
    }

    private static IEnumerable<(string Name, byte[] Bytes)> Pictures(string file)
    {
        List<(string, byte[])> pictures = [];
        try
        {
            using ZipArchive zip = ZipFile.OpenRead(file);
            foreach (ZipArchiveEntry entry in zip.Entries.Where(entry => Endings.Contains(Path.GetExtension(entry.Name), StringComparer.OrdinalIgnoreCase) && entry.Length is > 0 and < 2 * 1024 * 1024))
            {
                using Stream content = entry.Open();
                using MemoryStream bytes = new();
                content.CopyTo(bytes);
                pictures.Add((entry.Name, bytes.ToArray()));
            }
        }
        catch (InvalidDataException)
        {
            // The suite's broken packages.
        }

        return pictures;
    }
}

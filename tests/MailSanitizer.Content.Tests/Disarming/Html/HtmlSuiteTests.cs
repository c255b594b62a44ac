using System.Text;
using System.Text.Json;

namespace MailSanitizer.Content.Tests.Disarming.Html;

/// <summary>DOMPurify's published vectors.</summary>
public class HtmlSuiteTests
{
    public static IReadOnlyList<(string Title, string Payload)> Cases()
    {
        using JsonDocument suite = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Suites.Folder("html"), "dompurify.json")));
        return [.. suite.RootElement.EnumerateArray().Select((one, number) => ($"{number} {(one.TryGetProperty("title", out JsonElement title) ? title.GetString() : "")}", one.GetProperty("payload").GetString()!))];
    }

    [Fact]
    public void Nothing_that_acts_is_left_in_any_of_them()
    {
        IReadOnlyList<(string Title, string Payload)> cases = Cases();
        Assert.Equal(223, cases.Count);
        List<string> left = [];
        int acting = 0;
        foreach ((string title, string payload) in cases)
        {
            string page = "<html><body>" + payload;
            bool acts = BrowserReading.Acting(page).Count > 0;
            Disarmed run = Disarmed.Run(DisarmSample.Of("case.html", page));
            string output = Encoding.UTF8.GetString(run.Bytes);
            if (acts) acting++;
            if (acts && !Disarmed.Active(run.Before).Any()) left.Add($"{title}: not found: {payload}");
            List<string> after = BrowserReading.Acting(output);
            if (after.Count > 0 || run.Left.Any() || run.Report.Failure is not null) left.Add($"{title}: {string.Join(", ", after)} {string.Join(", ", run.Left)} {run.Report.Failure}\n   {payload}\n   {output}");
        }

        Assert.True(left.Count == 0, $"{left.Count}\n" + string.Join("\n", left));
        Assert.InRange(acting, 120, 223);
    }
}

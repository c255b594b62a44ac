using System.Text;
using MailSanitizer.Content.Tests.Disarming.Svg;

namespace MailSanitizer.Content.Tests.Disarming.Html;

/// <summary>What ran in a real browser before does not run afterwards.</summary>
public class ChromiumTests
{
    private static bool IsFull => Environment.GetEnvironmentVariable("MAILSANITIZER_FULL") == "1";

    [Fact]
    public async Task No_vector_of_the_suite_runs_afterwards()
    {
        IReadOnlyList<(string Title, string Payload)> cases = HtmlSuiteTests.Cases();
        List<(string Name, byte[] Page)> pages = [.. cases.Where((_, number) => IsFull || number % 16 == 4).Select(one => (one.Title, Encoding.UTF8.GetBytes("<!doctype html><meta charset=utf-8><body>" + one.Payload)))];
        (int before, List<string> after) = await RunAsync(pages, ".html");
        TestContext.Current.TestOutputHelper?.WriteLine($"{before} of {pages.Count} ran before, {after.Count} after");
        Assert.Empty(after);
        Assert.InRange(before, IsFull ? 45 : 2, pages.Count);
    }

    [Fact]
    public async Task None_of_our_items_runs_afterwards()
    {
        List<(string Name, byte[] Page)> pages = [.. HtmlItems.All.Where((item, number) => (IsFull || number % 6 == 0) && item.Markup.Contains("alert", StringComparison.Ordinal)).Select(item => (item.Name, Encoding.UTF8.GetBytes("<!doctype html>" + item.Page)))];
        (int before, List<string> after) = await RunAsync(pages, ".html");
        TestContext.Current.TestOutputHelper?.WriteLine($"{before} of {pages.Count} ran before, {after.Count} after");
        Assert.Empty(after);
        Assert.InRange(before, IsFull ? 15 : 1, pages.Count);
    }

    [Fact]
    public async Task No_drawing_runs_afterwards()
    {
        List<(string Name, byte[] Page)> pages = [.. SvgItemTests.All.Where(item => (item.Image + item.Head).Contains("alert", StringComparison.Ordinal)).Select(item => (item.Name, Encoding.UTF8.GetBytes(item.Image)))];
        (int before, List<string> after) = await RunAsync(pages, ".svg");
        TestContext.Current.TestOutputHelper?.WriteLine($"{before} of {pages.Count} ran before, {after.Count} after");
        Assert.Empty(after);
        Assert.InRange(before, 4, pages.Count);
    }

    private static async Task<(int Before, List<string> After)> RunAsync(List<(string Name, byte[] Page)> pages, string extension)
    {
        await using Chromium browser = await Chromium.StartAsync();
        int before = 0;
        List<string> after = [];
        foreach ((string name, byte[] page) in pages)
        {
            if ((await browser.OpenAsync(page, extension)).Count > 0) before++;
            Disarmed run = Disarmed.Run(new DisarmSample("case" + extension, page));
            IReadOnlyList<string> ran = await browser.OpenAsync(run.Bytes, extension);
            if (ran.Count > 0) after.Add($"{name}: {string.Join(", ", ran)}: {Encoding.UTF8.GetString(run.Bytes)}");
        }

        return (before, after);
    }
}

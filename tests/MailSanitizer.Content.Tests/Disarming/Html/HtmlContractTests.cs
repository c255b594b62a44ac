using MailSanitizer.Content.Disarming;

namespace MailSanitizer.Content.Tests.Disarming.Html;

public class HtmlContractTests : DisarmerContract
{
    public override IEnumerable<DisarmSample> Good => HtmlMails.All;

    public override IEnumerable<DisarmSample> Attacks => HtmlItems.All.Where(item => !item.Page.Contains('\0', StringComparison.Ordinal)).Select(item => DisarmSample.Of("page.html", item.Page)).Concat(HtmlCharsets.Attacks);

    public override IEnumerable<DisarmSample> Hostile =>
    [
        new("nul.html", new byte[4096]),
        new("odd.html", [.. "<html>"u8, .. Enumerable.Range(0, 256).Select(one => (byte)one), .. Enumerable.Range(0, 256).Select(one => (byte)(255 - one))]),
        DisarmSample.Of("deep.html", "<html>" + string.Concat(Enumerable.Repeat("<div><script>", 20_000))),
        DisarmSample.Of("comments.html", "<html>" + string.Concat(Enumerable.Repeat("<!--[if x]><script>", 5_000)) + "-->"),
        DisarmSample.Of("quotes.html", "<html><a href='" + new string('"', 100_000)),
        DisarmSample.Of("open.html", "<html>" + new string('<', 200_000)),
        DisarmSample.Of("attributes.html", "<html><a " + string.Concat(Enumerable.Range(0, 20_000).Select(one => $"a{one}=b onclick=x ")) + ">"),
        DisarmSample.Of("noscript.html", "<html>" + string.Concat(Enumerable.Repeat("<noscript><xmp><style>", 3_000))),
        DisarmSample.Of("css.html", "<html><style>" + new string('{', 50_000) + new string('(', 50_000) + "</style>"),
        DisarmSample.Of("escapes.html", "<html><p style='" + string.Concat(Enumerable.Repeat("\\65\\", 20_000)) + "'>"),
        DisarmSample.Of("references.html", "<html><p title='" + string.Concat(Enumerable.Repeat("&#x0000000000000000000000041;&lt", 10_000)) + "'>"),
    ];

    public override IEnumerable<(DisarmSample Sample, Limits Limits, FindingKind Kind)> OverLimits =>
    [
        (DisarmSample.Of("page.html", HtmlMails.Newsletter), Limits.Default with { MarkupBytes = 1_000 }, MarkupFindings.OverLimit),
    ];
}

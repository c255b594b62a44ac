using System.Text;
using MailSanitizer.Content.Disarming;

namespace MailSanitizer.Content.Tests.Disarming.Html;

/// <summary>Each item alone: it is in the input to an independent reader, it is found by its name, it is not in the output, and the words around it are.</summary>
public class HtmlItemTests
{
    public static TheoryData<string> Names => [.. HtmlItems.All.Select(item => item.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Found_and_gone(string name)
    {
        HtmlItem item = HtmlItems.All.Single(one => one.Name == name);
        if (item.Sign is not null) Assert.Matches(item.Sign, item.Page);
        else Assert.NotEmpty(BrowserReading.Acting(item.Page));
        Disarmed run = Disarmed.Run(DisarmSample.Of("page.html", item.Page));
        Assert.Contains(item.Kind, run.Before.Kinds);
        string output = Encoding.UTF8.GetString(run.Bytes);
        if (item.Sign is not null) Assert.DoesNotMatch(item.Sign, output);
        Assert.Empty(BrowserReading.Acting(output));
        Assert.Empty(run.Left);
        Assert.Matches("^<html><body><p>before</p>", output);
        if (name is not ("event in an unfinished tag" or "comment without an end")) Assert.Contains("<p>after</p>", output, StringComparison.Ordinal);
        Assert.Contains(item.Kind, run.Report.Done.Select(done => done.Kind));
    }

    [Theory]
    [InlineData("<p onclick=\"x\" class=\"a\">t</p>", "<p class=\"a\">t</p>")]
    [InlineData("<p class=\"a\" onclick=\"x\">t</p>", "<p class=\"a\">t</p>")]
    [InlineData("<p class=\"a\"onclick=\"x\"id=b>t</p>", "<p class=\"a\"id=b>t</p>")]
    [InlineData("<a href=javascript:x>t</a>", "<a>t</a>")]
    [InlineData("<object data=x><b>instead</b></object>", "<b>instead</b>")]
    [InlineData("<form action=x>Name: <input name=n> <b>ok</b></form>", "Name:  <b>ok</b>")]
    [InlineData("<style>a{b:c} @import 'x'; d{e:f}</style>", "<style>a{b:c}  d{e:f}</style>")]
    [InlineData("<p style=\"a:b;width:expression(1);c:d\">t</p>", "<p style=\"a:b;c:d\">t</p>")]
    [InlineData("<p style=\"font-family:&quot;x&quot;;background:url(file:///x) red\">t</p>", "<p style=\"font-family:&quot;x&quot;;background:none red\">t</p>")]
    [InlineData("<svg><title>a<b>c</title></svg>", "<svg><title>a&lt;b>c</title></svg>")]
    [InlineData("<noscript><p title=\"</noscript>x\">y</noscript>", "<p title=\"</noscript>x\">y")]
    public void Only_that_goes(string input, string expected)
    {
        Disarmed run = Disarmed.Run(DisarmSample.Of("page.html", "<html>" + input));
        Assert.Equal("<html>" + expected, Encoding.UTF8.GetString(run.Bytes));
    }

    [Fact]
    public void Remote_pictures_stay_unless_a_treatment_takes_them_out()
    {
        DisarmSample sample = DisarmSample.Of("news.html", HtmlMails.Newsletter);
        Disarmed kept = Disarmed.Run(sample);
        Assert.Contains(MarkupFindings.Remote.Id, kept.Before.Kinds);
        Assert.True(kept.IsUnchanged);
        Disarmed taken = Disarmed.Run(sample, also: [MarkupFindings.Remote.Id]);
        string output = Encoding.UTF8.GetString(taken.Bytes);
        Assert.DoesNotContain("cdn.example.com", output, StringComparison.Ordinal);
        Assert.DoesNotContain("t.example.com", output, StringComparison.Ordinal);
        Assert.Contains("https://click.example.com/?u=https%3A%2F%2Fexample.com%2Fbuy", output, StringComparison.Ordinal);
        Assert.Contains("data:image/gif", output, StringComparison.Ordinal);
        Assert.DoesNotContain(MarkupFindings.Remote.Id, taken.After.Kinds);
    }

    [Fact]
    public void What_a_rule_allows_stays()
    {
        Disarmed run = Disarmed.Run(DisarmSample.Of("page.html", "<html><form action='https://a.example/'><input onclick=x></form><script>1</script>"), treat: treatment => treatment with { Allow = [MarkupFindings.Form.Id] });
        Assert.Equal("<html><form action='https://a.example/'><input></form>", Encoding.UTF8.GetString(run.Bytes));
    }

    [Fact]
    public void Built_without_end_it_becomes_a_notice()
    {
        string nested = string.Concat(Enumerable.Repeat("<scr", 40)) + "<script></script>" + string.Concat(Enumerable.Repeat("ipt>x</script>", 40));
        Disarmed run = Disarmed.Run(DisarmSample.Of("page.html", "<html>" + nested));
        Assert.Empty(BrowserReading.Acting(Encoding.UTF8.GetString(run.Bytes)));
    }

    [Fact]
    public void Removed_bytes_are_hashed()
    {
        RecordingSinkOf("<html><script>1</script>", out FindingFact finding);
        Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData("<script>1</script>"u8)), finding.Sha256);
        Assert.Equal("offset 6 script", finding.Location);

        static void RecordingSinkOf(string page, out FindingFact finding) => finding = Disarmed.Walk(DisarmSample.Of("page.html", page)).Findings.Single(one => one.Kind == MarkupFindings.Script.Id);
    }
}

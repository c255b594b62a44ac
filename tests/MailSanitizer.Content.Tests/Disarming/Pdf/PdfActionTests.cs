using MailSanitizer.Content.Tests.Unpacking;

namespace MailSanitizer.Content.Tests.Disarming.Pdf;

/// <summary>Every kind of action in every place that can hold one: the checker sees it in the input, and not in the output.</summary>
public sealed class PdfActionTests
{
    private static bool Full => Environment.GetEnvironmentVariable("MAILSANITIZER_FULL") == "1";

    public static TheoryData<string> Places() => [.. PdfAttacks.Places.Keys];

    [Theory]
    [MemberData(nameof(Places))]
    public void No_action_is_left(string place)
    {
        using Workshop shop = new();
        int number = 0;
        foreach (PdfItem action in PdfAttacks.Actions)
        {
            byte[] file = PdfAttacks.Places[place](action.Text);
            Assert.True(PdfSight.Shows(file, action.Pattern), $"{action.Name} is not in the input");
            Disarmed run = Disarmed.Run(new DisarmSample("a.pdf", file));
            Assert.True(run.Before.Kinds.Contains(action.Kind), $"{action.Name}: {string.Join(", ", run.Before.Findings)}");
            Assert.False(run.Left.Any(), $"{action.Name} left {string.Join(", ", run.Left)}");
            Assert.DoesNotContain(run.Report.Changes, change => change.Done != "disarmed");
            Assert.False(PdfSight.Shows(run.Bytes, action.Pattern), $"{action.Name} is in the output: {PdfSight.Of(run.Bytes)}");
            Assert.True(PdfSight.Shows(run.Bytes, "Hello reader"), $"{action.Name}: the text is gone");
            Assert.Equal("pdf", run.After.Parts[0].Format);
            shop.Write($"{number++}.pdf", run.Bytes);
        }

        // One of each place, all where there is time.
        string files = Full ? "*.pdf" : $"{PdfAttacks.Places.Keys.ToList().IndexOf(place) % number}.pdf";
        Assert.Equal("", shop.Run("qpdf", $"--version >/dev/null; for f in {files}; do qpdf --check $f >/dev/null 2>&1 || echo $f; done"));
    }

    [Theory]
    [InlineData("/OpenAction [3 0 R /Fit]", "")]
    [InlineData("/OpenAction << /S /GoTo /D [3 0 R /XYZ 0 0 1] >>", "")]
    [InlineData("/OpenAction << /Type /Action /S /GoTo /D (place) /Next << /S /Named /N /NextPage >> >> /Names << /Dests << /Names [(place) [3 0 R /Fit]] >> >>", "")]
    [InlineData("", "/AA << /O << /S /Named /N /FirstPage >> >>")]
    [InlineData("", "/Annots [<< /Type /Annot /Subtype /Link /Rect [0 0 9 9] /A << /S /URI /URI (https://example.org/a?b=c) >> >> << /Type /Annot /Subtype /Link /Rect [0 0 9 9] /A << /S /URI /URI (mailto:a@example.org) >> >>]")]
    [InlineData("", "/Annots [<< /Type /Annot /Subtype /Link /Rect [0 0 9 9] /A << /S /Hide /T (x) >> >> << /Type /Annot /Subtype /Link /Rect [0 0 9 9] /Dest [3 0 R /Fit] >>]")]
    [InlineData("/URI << /Base (https://example.org/) >>", "/Annots [<< /Type /Annot /Subtype /Link /Rect [0 0 9 9] /A << /S /URI /URI (page.html) >> >>]")]
    public void What_only_goes_somewhere_stays(string catalogue, string page)
    {
        Disarmed run = Disarmed.Run(new DisarmSample("a.pdf", PdfFiles.Document(catalogue, page)));
        Assert.Empty(Disarmed.Active(run.Before));
        Assert.True(run.IsUnchanged);
    }

    [Fact]
    public void Links_are_facts()
    {
        Disarmed run = Disarmed.Run(new DisarmSample("a.pdf", PdfFiles.Document("", "/Annots [<< /Subtype /Link /Rect [0 0 9 9] /A << /S /URI /URI (https://example.org/a) >> >>]")));
        Assert.Contains(run.Before.Links, link => link is { Url: "https://example.org/a", Source: "pdf" });
    }

    [Fact]
    public void An_action_without_a_type_that_no_reader_knows_goes_where_actions_stand()
    {
        byte[] file = PdfFiles.Document("", "/Annots [<< /Subtype /Link /Rect [0 0 9 9] /A << /S /Mystery >> >>]");
        Disarmed run = Disarmed.Run(new DisarmSample("a.pdf", file));
        Assert.Contains("pdf-unknown-action", run.Before.Kinds);
        Assert.True(PdfSight.Shows(file, "/Mystery") && !PdfSight.Shows(run.Bytes, "/Mystery"));
    }

    [Fact]
    public void A_rule_that_allows_a_kind_keeps_that_kind_alone()
    {
        byte[] file = PdfFiles.Document("/OpenAction << /S /JavaScript /JS (one) >>", "/Annots [<< /Subtype /Link /Rect [0 0 9 9] /A << /S /ResetForm >> >>]");
        Disarmed run = Disarmed.Run(new DisarmSample("a.pdf", file), treat: treatment => treatment with { Allow = ["pdf-reset-form"] });
        Assert.True(PdfSight.Shows(run.Bytes, "/ResetForm") && !PdfSight.Shows(run.Bytes, "/JavaScript"));
    }
}

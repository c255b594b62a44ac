using MailSanitizer.Content.Disarming;
using MailSanitizer.Content.Disarming.Ole;

namespace MailSanitizer.Content.Tests.Disarming.Ole;

/// <summary>Legacy office files under the contract that every disarmer keeps.</summary>
public sealed class OleContractTests : DisarmerContract
{
    public override IEnumerable<DisarmSample> Good => Samples("document/SampleDoc.doc", "document/simple.doc", "spreadsheet/1900DateWindowing.xls", "spreadsheet/SimpleWithStyling.xls", "slideshow/basic_test_ppt_file.ppt");

    public override IEnumerable<DisarmSample> Attacks => Samples("spreadsheet/SimpleMacro.xls", "slideshow/SimpleMacro.ppt", "slideshow/WithMacros.ppt", "spreadsheet/WithEmbeddedObjects.xls", "spreadsheet/XRefCalcData.xls").Where(sample => Disarmed.Active(Disarmed.Walk(sample)).Any())
        .Append(new DisarmSample("dde.doc", OleFiles.WithField("DDEAUTO")));

    public override IEnumerable<(DisarmSample Sample, Limits Limits, FindingKind Kind)> OverLimits => [(Good.First(), Limits.Default with { OleStream = 100 }, OleFindings.OverStream)];

    private static IEnumerable<DisarmSample> Samples(params string[] names) => names.Select(OleFiles.Poi);
}

/// <summary>What is taken out, item by item: the file's own bytes prove that it was in and that it is out, without a line of the disarmer's.</summary>
public sealed class OleAttackTests
{
    [Theory]
    [InlineData("spreadsheet/SimpleMacro.xls")]
    [InlineData("slideshow/SimpleMacro.ppt")]
    public void A_vba_project_goes(string name)
    {
        DisarmSample sample = OleFiles.Poi(name);
        Assert.True(OleFiles.NamesOf(sample.Bytes).Contains("_VBA_PROJECT") || OleFiles.HasMacroFlag(sample.Bytes), "the attack is not in the input");
        Disarmed run = Disarmed.Run(sample);
        Assert.Contains(OfficeFindings.VbaProject.Id, run.Before.Kinds);
        Assert.DoesNotContain("_VBA_PROJECT", OleFiles.NamesOf(run.Bytes));
        Assert.False(OleFiles.HasMacroFlag(run.Bytes));
        Assert.Empty(run.Left);
    }

    [Theory]
    [InlineData("DDE", "dde")]
    [InlineData("DDEAUTO", "dde")]
    [InlineData("INCLUDETEXT", "active-field")]
    [InlineData("INCLUDEPICTURE", "active-field")]
    [InlineData("IMPORT", "active-field")]
    [InlineData("MACROBUTTON", "active-field")]
    [InlineData("LINK", "linked-object")]
    [InlineData("DATABASE", "data-connection")]
    public void A_field_that_acts_is_blanked(string keyword, string kind)
    {
        byte[] attack = OleFiles.WithField(keyword);
        Assert.True(OleFiles.HasText(attack, $" {keyword} cmd"), "the attack is not in the input");
        Disarmed run = Disarmed.Run(new DisarmSample("field.doc", attack));
        Assert.Contains(kind, run.Before.Kinds);
        Assert.False(OleFiles.HasText(run.Bytes, $"{keyword} cmd"));
        Assert.Empty(run.Left);
    }

    [Fact]
    public void An_embedded_document_is_disarmed_in_its_place()
    {
        DisarmSample sample = OleFiles.Poi("document/word_with_embeded_ooxml.doc");
        Assert.True(OleFiles.HasText(sample.Bytes, "Embeded\\empty.mp3"), "the attack is not in the input");
        Disarmed run = Disarmed.Run(sample);
        Assert.Contains(run.Before.Findings, finding => finding.Kind == OfficeFindings.LinkedMedia.Id && finding.Path.Length > 0);
        Assert.False(OleFiles.HasText(run.Bytes, "Embeded\\empty.mp3"));
        Assert.Empty(run.Left);
    }

    [Fact]
    public void A_link_to_a_program_goes_nowhere()
    {
        DisarmSample sample = OleFiles.Poi("spreadsheet/49219.xls");
        Assert.True(OleFiles.HasText(sample.Bytes, "IDT\u0003IMKB"), "the attack is not in the input");
        Disarmed run = Disarmed.Run(sample);
        Assert.Contains(OfficeFindings.Dde.Id, run.Before.Kinds);
        Assert.False(OleFiles.HasText(run.Bytes, "IDT\u0003"));
        Assert.Empty(run.Left);
    }

    [Theory]
    [InlineData("spreadsheet/37376.xls", "Ctls", "activex")]
    [InlineData("poifs/20-Force-on-a-current-S00.doc", "_1009175562", "equation-object")]
    [InlineData("document/53379.doc", "\u0001Ole10Native", "ole-package")]
    public void An_object_goes(string name, string stream, string kind)
    {
        DisarmSample sample = OleFiles.Poi(name);
        Assert.Contains(stream, OleFiles.NamesOf(sample.Bytes));
        Disarmed run = Disarmed.Run(sample);
        Assert.Contains(kind, run.Before.Kinds);
        Assert.DoesNotContain(stream, OleFiles.NamesOf(run.Bytes));
        Assert.Empty(run.Left);
    }

    [Fact]
    public void A_macro_sheet_becomes_an_empty_sheet_and_its_auto_name_a_plain_one()
    {
        byte[] attack = OleFiles.MacroSheet();
        Assert.True(OleFiles.HasRecord(attack, 0x0085, [2, 1]) && OleFiles.HasRecord(attack, 0x0006, []), "the attack is not in the input");
        Disarmed run = Disarmed.Run(new DisarmSample("macro.xls", attack));
        Assert.Equal(4, Disarmed.Active(run.Before).Count(finding => finding.Kind == OfficeFindings.XlmMacro.Id));
        Assert.False(OleFiles.HasRecord(run.Bytes, 0x0085, [2, 1]));
        Assert.False(OleFiles.HasText(run.Bytes, "\u0042\u0003\u006E\u0000"));
        Assert.Empty(run.Left);
    }

    [Fact]
    public void A_template_from_another_host_goes()
    {
        byte[] attack = OleFiles.WithTemplate(@"\\evil.example\share\t.dot");
        Assert.True(OleFiles.HasText(attack, "evil.example"), "the attack is not in the input");
        Disarmed run = Disarmed.Run(new DisarmSample("template.doc", attack));
        Assert.Contains(OfficeFindings.RemoteTemplate.Id, run.Before.Kinds);
        Assert.False(OleFiles.HasText(run.Bytes, "evil.example"));
        Assert.Empty(run.Left);
    }

    [Fact]
    public void A_macro_is_reported_with_its_modules()
    {
        Disarmed run = Disarmed.Run(OleFiles.Poi("spreadsheet/SimpleMacro.xls"));
        Assert.Contains(run.Before.Findings, finding => finding.Kind == OfficeFindings.VbaProject.Id && finding.Detail.Contains("Module1", StringComparison.Ordinal));
    }

    [Fact]
    public void A_field_that_a_nested_one_splits_is_found()
    {
        byte[] attack = OleFiles.WithInstruction("\u0013 QUOTE x \u0014DDE\u0015AUTO cmd");
        Assert.True(OleFiles.HasText(attack, "DDE\u0015AUTO"), "the attack is not in the input");
        Disarmed run = Disarmed.Run(new DisarmSample("split.doc", attack));
        Assert.Contains("dde", run.Before.Kinds);
        Assert.False(OleFiles.HasText(run.Bytes, "AUTO cmd"));
        Assert.Empty(run.Left);
    }

    [Theory]
    [InlineData("spreadsheet/45365.xls", "D:\\Jac-Jackson-MSC_1.csv")]
    [InlineData("spreadsheet/57456.xls", "http://bugstop.lenexa.ibm.com:8080/")]
    public void A_query_loses_its_source(string name, string source)
    {
        DisarmSample sample = OleFiles.Poi(name);
        Assert.True(OleFiles.HasText(sample.Bytes, source), "the attack is not in the input");
        Disarmed run = Disarmed.Run(sample);
        Assert.Contains(OfficeFindings.DataConnection.Id, run.Before.Kinds);
        Assert.False(OleFiles.HasText(run.Bytes, source));
        Assert.Empty(run.Left);
    }

    [Fact]
    public void A_tangent_is_no_macro_and_keeps_its_formula()
    {
        Disarmed run = Disarmed.Run(OleFiles.Poi("spreadsheet/FormulaEvalTestData.xls"));
        Assert.DoesNotContain(OfficeFindings.ActiveFunction.Id, run.Before.Kinds);
    }
}

using System.Text.RegularExpressions;

namespace MailSanitizer.Content.Tests.Disarming.Ooxml;

public partial class OoxmlAttackTests
{
    public static TheoryData<string> Names => [.. OoxmlAttacks.All.Select(attack => attack.Name)];

    /// <summary>Each item: by a look that knows nothing of the disarmer it is there before and not after, what can be read is there before and after.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void The_item_goes_and_the_rest_stays(string name)
    {
        OoxmlAttack attack = OoxmlAttacks.All.Single(one => one.Name == name);
        string before = Look.All(attack.Sample.Bytes);
        foreach (string text in attack.Marks.Concat(attack.Stays)) Assert.Contains(text, before, StringComparison.Ordinal);
        Disarmed run = Disarmed.Run(attack.Sample);
        Assert.Contains(attack.Kind.Id, run.Before.Kinds);
        string after = Look.All(run.Bytes);
        foreach (string text in attack.Marks) Assert.DoesNotContain(text, after, StringComparison.Ordinal);
        foreach (string text in attack.Stays) Assert.Contains(text, after, StringComparison.Ordinal);
        Assert.Empty(Disarmed.Active(run.After));
        Assert.DoesNotContain(run.Report.Changes, change => change.Done == "disarm-failed");
        AssertReferences(run.Bytes);
    }

    [Theory]
    [InlineData("a.docm", "a.docx")]
    public void The_name_follows_the_content(string before, string after)
    {
        OoxmlAttack attack = OoxmlAttacks.All.First(one => one.Sample.Name == before);
        Assert.Equal(after, Disarmed.Run(attack.Sample).Report.FileName);
    }

    [Fact]
    public void Untouched_parts_are_copied_packed()
    {
        OoxmlAttack attack = OoxmlAttacks.All.Single(one => one.Name == "remote template");
        Disarmed run = Disarmed.Run(attack.Sample);
        Assert.Equal(Look.Text(attack.Sample.Bytes, "word/document.xml"), Look.Text(run.Bytes, "word/document.xml"));
        Assert.Contains(run.Report.Done, done => done.Kind == "remote-template");
    }

    [Fact]
    public void A_rule_may_allow_one_kind()
    {
        OoxmlAttack attack = OoxmlAttacks.All.Single(one => one.Name == "remote image");
        Disarmed run = Disarmed.Run(attack.Sample, treat: treatment => treatment with { Allow = ["external-link"] });
        Assert.True(run.IsUnchanged);
    }

    [Fact]
    public void A_signed_document_that_changes_loses_its_signature_and_says_so()
    {
        const string Signature = "http://schemas.openxmlformats.org/package/2006/relationships/digital-signature";
        Packages Signed(string body) => Packages.Docx(body).Relate("", "rId9", Signature + "/origin", "_xmlsignatures/origin.sigs").Part("_xmlsignatures/origin.sigs", "application/vnd.openxmlformats-package.digital-signature-origin", Array.Empty<byte>())
            .Relate("_xmlsignatures/origin.sigs", "rId1", Signature + "/signature", "sig1.xml").Part("_xmlsignatures/sig1.xml", "application/vnd.openxmlformats-package.digital-signature-xmlsignature+xml", "<Signature/>");
        Disarmed plain = Disarmed.Run(Signed("").As("s.docx"));
        Assert.True(plain.IsUnchanged);
        Assert.Contains("document-signature", plain.Before.Kinds);
        Disarmed changed = Disarmed.Run(Signed("<w:p><w:fldSimple w:instr=\"DDE x y\"/></w:p>").As("s.docx"));
        Assert.DoesNotContain(Look.Names(changed.Bytes), member => member.Contains("xmlsignatures", StringComparison.Ordinal));
        Assert.Contains(changed.Report.Done, done => done.Kind == "document-signature");
    }

    [Theory]
    [InlineData("<!DOCTYPE w:document [<!ENTITY x \"y\">]>")]
    [InlineData("<unclosed>")]
    public void What_no_program_would_read_is_damaged(string xml)
    {
        Disarmed run = Disarmed.Run(Packages.Docx().Part("word/document.xml", null, System.Text.Encoding.UTF8.GetBytes(xml)).As("bad.docx"));
        Assert.Contains("damaged-document", run.Before.Kinds);
    }

    [Fact]
    public void Parts_that_readers_take_for_one_are_ambiguous()
    {
        Disarmed run = Disarmed.Run(Packages.Docx().Part("WORD/document.xml", null, "<x/>").As("twins.docx"));
        Assert.Contains("ambiguous-package", run.Before.Kinds);
    }

    /// <summary>No id refers to a relationship that is not there: a program would ask to repair.</summary>
    internal static void AssertReferences(byte[] bytes)
    {
        IReadOnlyList<string> names = Look.Names(bytes);
        foreach (string name in names.Where(name => name.EndsWith(".xml", StringComparison.Ordinal) && name[0] != '['))
        {
            int slash = name.LastIndexOf('/') + 1;
            string list = $"{name[..slash]}_rels/{name[slash..]}.rels";
            string relationships = names.Contains(list) ? Look.Text(bytes, list) : "";
            foreach (Match id in Reference().Matches(Look.Text(bytes, name)))
                Assert.True(id.Groups[1].Length == 0 || relationships.Contains($"Id=\"{id.Groups[1].Value}\"", StringComparison.Ordinal), $"{name} refers to {id.Value}");
        }
    }

    [GeneratedRegex(" r:(?:id|embed|link|pict)=\"([^\"]*)\"", RegexOptions.NonBacktracking)]
    private static partial Regex Reference();
}

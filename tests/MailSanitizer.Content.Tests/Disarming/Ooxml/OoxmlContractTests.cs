using MailSanitizer.Content.Disarming.Ooxml;

namespace MailSanitizer.Content.Tests.Disarming.Ooxml;

public class OoxmlContractTests : DisarmerContract
{
    public override IEnumerable<DisarmSample> Good =>
    [
        Packages.Docx("<w:p><w:r><w:fldChar w:fldCharType=\"begin\"/></w:r><w:r><w:instrText> PAGE </w:instrText></w:r><w:r><w:fldChar w:fldCharType=\"end\"/></w:r></w:p>").As("good.docx"),
        Packages.Xlsx("<c r=\"A1\"><f>SUM(B1:B2)</f><v>3</v></c>").As("good.xlsx"),
        Packages.Pptx().As("good.pptx"),
        Packages.Vsdx("<Cell N='PinX' V='1' F='GUARD(IF(Width&gt;1,2,SETATREF(Controls.X)))'/><Section N='Hyperlink'><Row N='Row_1'><Cell N='Address' V='https://example.jp/'/></Row></Section>").As("good.vsdx"),
        Packages.Docx("<w:p><w:hyperlink r:id=\"rId9\"><w:r><w:t>x</w:t></w:r></w:hyperlink></w:p>").Relate("word/document.xml", "rId9", Packages.R + "/hyperlink", "https://example.jp/", true).As("link.docx"),
        Packages.Docx().Relate("word/document.xml", "rId9", Packages.R + "/image", "media/a.png").Part("word/media/a.png", null, Packages.Png).As("picture.docx"),
    ];

    // Where only an embedded document changes, the outer one is repacked: that has its own test.
    public override IEnumerable<DisarmSample> Attacks => OoxmlAttacks.All.Where(attack => attack.Marks.Length > 0).Select(attack => attack.Sample);

    public override IEnumerable<(DisarmSample Sample, Limits Limits, FindingKind Kind)> OverLimits =>
    [
        (Good.First(), Limits.Default with { XmlDepth = 3 }, OoxmlFindings.OverLimit),
        (Good.First(), Limits.Default with { XmlPartBytes = 200 }, OoxmlFindings.OverLimit),
        (Good.First(), Limits.Default with { XmlTagBytes = 64 }, OoxmlFindings.OverLimit),
        (Good.First(), Limits.Default with { XmlTextLength = 3 }, OoxmlFindings.OverLimit),
    ];

    protected override string FormatAfter(string format) => format switch
    {
        "docm" => "docx",
        "dotm" => "dotx",
        "xlsm" => "xlsx",
        "xltm" => "xltx",
        "pptm" => "pptx",
        "ppsm" => "ppsx",
        "potm" => "potx",
        "vsdm" => "vsdx",
        _ => format,
    };
}

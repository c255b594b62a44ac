using System.Text;
using MailSanitizer.Content.Disarming.Pdf;

namespace MailSanitizer.Content.Tests.Disarming.Pdf;

/// <summary>What every disarmer promises, for PDF and FDF.</summary>
public sealed class PdfContractTests : DisarmerContract
{
    public override IEnumerable<DisarmSample> Good =>
    [
        new("plain.pdf", PdfFiles.Document()),
        new("packed.pdf", PdfFiles.InObjectStream(PdfFiles.Objects("/Outlines 6 0 R", "", "<< /Type /Outlines /First 7 0 R /Last 7 0 R >>", "<< /Title (one) /Parent 6 0 R /Dest [3 0 R /Fit] >>"))),
        new("hybrid.pdf", PdfFiles.InObjectStream(PdfFiles.Objects("", "", "<< /Producer (x) >>"), hybrid: true)),
        new("saved.pdf", PdfFiles.Saved(PdfFiles.Document(), (4, PdfFiles.Stream("", "BT /F1 9 Tf (anew) Tj ET")))),
        new("data.fdf", PdfFiles.Written(["<< /FDF << /Fields [<< /T (a) /V (1) >>] >> >>"], header: "%FDF-1.2\n")),
        new("form.pdf", PdfFiles.Document("/AcroForm << /Fields [6 0 R] /DA (/F1 9 Tf) >>", "/Annots [6 0 R]", "<< /Subtype /Widget /FT /Tx /T (a) /V (text) /Rect [0 0 9 9] >>")),
    ];

    public override IEnumerable<DisarmSample> Attacks =>
    [
        .. PdfAttacks.Places.Where((_, at) => at % 4 == 0).Select(place => new DisarmSample(place.Key + ".pdf", place.Value(PdfAttacks.Actions[0].Text))),
        .. PdfItems.All.Where((_, at) => at % 4 == 1).Select(item => new DisarmSample(item.Key + (PdfFiles.Text(item.Value.File).StartsWith("%FDF", StringComparison.Ordinal) ? ".fdf" : ".pdf"), item.Value.File)),
    ];

    public override IEnumerable<DisarmSample> Hostile =>
    [
        new("empty.pdf", Encoding.ASCII.GetBytes("%PDF-")),
        new("deep.pdf", PdfFiles.Document("/X " + new string('[', 200_000))),
        new("deep dictionaries.pdf", PdfFiles.Document("/X " + string.Concat(Enumerable.Repeat("<</A", 100_000)))),
        new("tree in a circle.pdf", PdfFiles.Bytes(PdfFiles.Text(PdfFiles.Document("/AA << /WC << /S /Launch >> >>")).Replace("/Kids [3 0 R]", "/Kids [2 0 R]", StringComparison.Ordinal))),
        new("reference to itself.pdf", PdfFiles.Document("/OpenAction 6 0 R", "", "6 0 R")),
        new("length of itself.pdf", PdfFiles.Document("/OpenAction << /S /Launch >>", "", "<< /Length 6 0 R >>\nstream\nx\nendstream")),
        new("save before itself.pdf", PdfFiles.Written(PdfFiles.Objects("/OpenAction << /S /Launch >>", ""), "/Prev 300")),
        new("object stream in itself.pdf", PdfFiles.Document("/OpenAction 20 0 R", "", PdfFiles.Stream("/Type /ObjStm /N 1 /First 4", "6 0 << /S /Launch >>"))),
        new("actions in a circle.pdf", PdfFiles.Document("/OpenAction 6 0 R", "", "<< /S /JavaScript /JS (x) /Next 7 0 R >>", "<< /S /Launch /Next 6 0 R >>")),
        new("a chain of specifications.pdf", PdfFiles.Document("/AF [6 0 R] /OpenAction << /S /Launch >>", "", [.. Enumerable.Range(7, 20_000).Select(next => $"<< /Subtype /FileAttachment /FS {next} 0 R /EF << /F {next} 0 R >> >>")])),
        new("many filters.pdf", PdfFiles.Document("/OpenAction << /S /Launch >>", "", PdfFiles.Stream($"/Type /ObjStm /N 1 /First 4 /Filter [{string.Concat(Enumerable.Repeat("/FlateDecode ", 5_000))}]", "x"))),
        new("strange widths.pdf", PdfFiles.Bytes(PdfFiles.Text(PdfFiles.InObjectStream(PdfFiles.Objects("", ""))).Replace("/W [1 3 1]", "/W [9 9 9]", StringComparison.Ordinal))),
        new("lock without end.pdf", PdfFiles.Written(PdfFiles.Objects("", ""), "/Encrypt 6 0 R /ID [6 0 R]")),
        new("lock with holes.pdf", PdfFiles.Written(PdfFiles.Objects("", ""), "/Encrypt << /Filter /Standard /V 5 /R 6 /O (x) /U (y) /Length -1 >>")),
    ];

    public override IEnumerable<(DisarmSample Sample, Limits Limits, FindingKind Kind)> OverLimits =>
    [
        (new("objects.pdf", PdfFiles.Document()), Limits.Default with { PdfObjects = 3 }, PdfFindings.OverLimit),
        (new("stream.pdf", PdfFiles.InObjectStream(PdfFiles.Objects("", ""))), Limits.Default with { PdfStreamBytes = 20 }, PdfFindings.OverLimit),
        (new("decoded.pdf", PdfFiles.InObjectStream(PdfFiles.Objects("", ""))), Limits.Default with { PdfDecodedBytes = 20 }, PdfFindings.OverLimit),
        (new("object.pdf", PdfFiles.Document("/X (" + new string('x', 20_000) + ")")), Limits.Default with { PdfObjectBytes = 5_000 }, PdfFindings.OverLimit),
        (new("depth.pdf", PdfFiles.Document("/X [[[[[[[]]]]]]]")), Limits.Default with { PdfDepth = 5 }, PdfFindings.OverLimit),
        (new("revisions.pdf", PdfFiles.Saved(PdfFiles.Saved(PdfFiles.Document(), (6, "1")), (6, "2"))), Limits.Default with { PdfRevisions = 2 }, PdfFindings.OverLimit),
    ];

    [Fact]
    public void A_bomb_in_an_object_stream_is_cut_at_its_limit()
    {
        string zeros = new(' ', 40 * 1024 * 1024);
        byte[] file = PdfFiles.Document("", "", PdfFiles.Packed("/Type /ObjStm /N 1 /First 4", "9 0 " + zeros));
        Assert.True(file.Length < 100_000);
        Assert.Contains("pdf-over-limit", Disarmed.Walk(new DisarmSample("a.pdf", file)).Kinds);
    }

    [Fact]
    public void A_bomb_in_an_image_is_not_decoded_and_goes_as_it_came()
    {
        byte[] file = PdfFiles.Document("", "", PdfFiles.Packed("/Type /XObject /Subtype /Image /Width 60000 /Height 700 /ColorSpace /DeviceGray /BitsPerComponent 8", new string('\0', 40 * 1024 * 1024)));
        Disarmed run = Disarmed.Run(new DisarmSample("a.pdf", file), Limits.Default with { PdfDecodedBytes = 1024 * 1024 });
        Assert.Empty(run.Before.Findings);
        Assert.True(run.IsUnchanged);
    }

    [Fact]
    public void A_bomb_in_an_attachment_is_cut_by_the_limit_of_every_part()
    {
        byte[] file = PdfFiles.Document("/Names << /EmbeddedFiles << /Names [(a) << /Type /Filespec /F (a.txt) /EF << /F 6 0 R >> >>] >> >>", "", PdfFiles.Packed("/Type /EmbeddedFile", new string('a', 60 * 1024 * 1024)));
        Assert.Contains(Disarmed.Walk(new DisarmSample("a.pdf", file)).Findings, finding => FindingKinds.Find(finding.Kind)!.Class is FindingClass.Limit);
    }
}

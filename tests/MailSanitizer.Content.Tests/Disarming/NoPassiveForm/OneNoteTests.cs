using System.Text;
using MailSanitizer.Content.Tests.Identification;
using MailSanitizer.Content.Tests.PartWalking;

namespace MailSanitizer.Content.Tests.Disarming.NoPassiveForm;

public sealed class OneNoteTests
{
    /// <summary>A section with embedded files: [MS-ONESTORE] 2.6.13, header, length, content padded to 8 bytes, footer.</summary>
    internal static byte[] Section(params byte[][] files)
    {
        using MemoryStream to = new();
        to.Write(Samples.All.First(sample => sample.Id == "one").Bytes);
        foreach (byte[] file in files)
        {
            to.Write(new Guid("BDE316E7-2665-4511-A4C4-8D4D0B7A9EAC").ToByteArray());
            to.Write(BitConverter.GetBytes((ulong)file.Length));
            to.Write(new byte[12]);
            to.Write(file);
            to.Write(new byte[(8 - (file.Length % 8)) % 8]);
            to.Write(new Guid("71FBA722-0F79-4A0B-BB13-899256426B24").ToByteArray());
        }

        return to.ToArray();
    }

    private static RecordingSink Walk(byte[] section) => Walks.Walk(section, new WalkJob { FileName = "a.one" }, PartHandlers.All);

    [Fact]
    public void Embedded_files_are_walked()
    {
        byte[] script = "<job id=\"x\"><script language=\"VBScript\">"u8.ToArray();
        RecordingSink sink = Walk(Section(script, Samples.Pe(0x0102, 2), new byte[70_000]));
        Assert.Contains("onenote", sink.Kinds);
        Assert.Equal(script, sink.Leaf("embedded-file-1"));
        Assert.Contains(sink.Findings, finding => finding is { Kind: "script-file", Path: "embedded-file-1" });
        Assert.Contains(sink.Findings, finding => finding is { Kind: "program", Path: "embedded-file-2" });
        Assert.Equal(70_000, sink.Parts.Single(part => part.Path == "embedded-file-3").Size);
    }

    [Fact]
    public void A_length_that_lies_is_cut_and_hides_nothing()
    {
        byte[] section = Section("MZ"u8.ToArray(), "second"u8.ToArray());
        int first = section.AsSpan().IndexOf(new Guid("BDE316E7-2665-4511-A4C4-8D4D0B7A9EAC").ToByteArray());
        BitConverter.GetBytes(ulong.MaxValue).CopyTo(section, first + 16);
        RecordingSink sink = Walk(section);
        Assert.Equal(section.Length - first - 36, sink.Parts.Single(part => part.Path == "embedded-file-1").Size);
        Assert.Equal("second", Encoding.ASCII.GetString(sink.Leaf("embedded-file-2")));
    }

    [Fact]
    public void A_section_goes_as_a_whole()
    {
        byte[] section = Section(Samples.Pe(0x0102, 2));
        RecordingSink before = Walk(section);
        foreach (string path in new[] { "", "embedded-file-1" })
        {
            RebuildJob job = new() { FileName = "a.one", Treatments = [Walks.Treat(before, path, TreatmentKind.Disarm)] };
            (RebuildReport report, byte[] after, _) = Walks.Rebuild(section, job, PartHandlers.All);
            Assert.Null(report.Failure);
            Assert.Contains(report.Changes, change => change is { Path: "", Done: "disarm-failed" });
            Assert.Equal(-1, after.AsSpan().IndexOf("MZ"u8));
        }
    }

    [Fact]
    public void Any_cut_is_read_without_a_fault()
    {
        byte[] section = Section("one"u8.ToArray(), "two"u8.ToArray());
        for (int length = 16; length < section.Length; length += 3) Assert.DoesNotContain("parse-error", Walk(section[..length]).Kinds);
    }
}

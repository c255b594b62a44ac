using System.Text;
using System.Text.RegularExpressions;
using MailSanitizer.Content.Identification;

namespace MailSanitizer.Content.Tests.PartWalking;

/// <summary>The text in a part's place: what it says, and what a sender cannot make of it.</summary>
public sealed partial class PartNoticeTests
{
    private const string Id = "0192e4a0-7c3b-7d2e-8f00-112233445566";

    // What mail readers make links of, written without the code under test: schemes, www, hosts and addresses.
    [GeneratedRegex(@"[a-z][a-z0-9+.-]*:/|www\.|\w\.\w|\w@\w|mailto:|tel:", RegexOptions.IgnoreCase | RegexOptions.NonBacktracking)]
    private static partial Regex LinkLike { get; }

    private static string NameLine(string notice) => notice.Split("\r\n").Single(line => line.Contains("File name", StringComparison.Ordinal));

    private static (string Notice, string Name, RecordingSink After) Replace(string name, byte[] content, RebuildJob job)
    {
        byte[] mail = [.. Walks.Mail($"From: a@sender.example\nSubject: x\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nhello\n--b\nContent-Type: application/octet-stream\nContent-Disposition: attachment; filename*=utf-8''{Uri.EscapeDataString(name)}\nContent-Transfer-Encoding: base64\n\n{Convert.ToBase64String(content)}\n--b--\n")];
        RecordingSink before = Walks.Walk(mail, handlers: PartHandlers.All);
        PartFact part = before.Parts[^1];
        (RebuildReport report, byte[] after, _) = Walks.Rebuild(mail, job with { Treatments = [new Treatment(part.Path, part.Sha256, TreatmentKind.Disarm) { Reasons = job.Treatments.Count > 0 ? job.Treatments[0].Reasons : [] }] }, PartHandlers.All);
        Assert.Null(report.Failure);
        RecordingSink sink = Walks.Walk(after, handlers: PartHandlers.All);
        PartFact notice = sink.Parts[^1];
        return (Encoding.UTF8.GetString(sink.Leaf(notice.Path)), notice.Name, sink);
    }

    [Fact]
    public void It_names_the_file_its_type_size_hash_reason_and_the_message()
    {
        byte[] content = "@echo off\r\ncalc.exe\r\n"u8.ToArray();
        (string notice, string name, RecordingSink after) = Replace("見積書.bat", content, new RebuildJob { NoticeId = Id });
        Assert.Equal("見積書.bat.txt", name);
        Assert.Contains("見積書 .bat", notice, StringComparison.Ordinal);
        Assert.Contains("bat (script)", notice, StringComparison.Ordinal);
        Assert.Contains(content.Length + " bytes", notice, StringComparison.Ordinal);
        Assert.Contains(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(content)), notice, StringComparison.Ordinal);
        Assert.Contains("開くと実行されるスクリプト / A script that runs when it is opened", notice, StringComparison.Ordinal);
        Assert.Contains("ID: " + Id, notice, StringComparison.Ordinal);
        Assert.DoesNotContain(after.Findings, finding => FindingKinds.Find(finding.Kind)!.Class is not FindingClass.Note);
        Assert.True(notice.Length < 1_000);
    }

    [Fact]
    public void The_reasons_of_the_decision_go_before_ours()
    {
        (string notice, _, _) = Replace("a.bat", "x"u8.ToArray(), new RebuildJob { Treatments = [new Treatment("", "", TreatmentKind.Disarm) { Reasons = ["infected", "no-such-kind"] }] });
        Assert.Contains("ウイルスが見つかりました / Malware by name", notice, StringComparison.Ordinal);
        Assert.DoesNotContain("ID:", notice, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://evil.example/login.exe")]
    [InlineData("www.evil.example.com")]
    [InlineData("mailto:a@evil.example.exe")]
    [InlineData("evil.zip.exe")]
    [InlineData("tel:0312345678.exe")]
    public void A_name_cannot_become_a_link(string name)
    {
        string line = NameLine(PartNotice.Write(name, "exe", ["exe"], 1, "00", [], null));
        Assert.Matches(LinkLike, name);
        Assert.DoesNotMatch(LinkLike, line["ファイル名 / File name:".Length..]);
    }

    [Fact]
    public void A_name_is_cut_and_cleaned()
    {
        string name = "a\r\nBcc: x\u202Egpj\u200B\u0007\u2028" + new string('あ', 500) + ".exe";
        string notice = PartNotice.Write(name, "exe", ["exe"], 1, "00", [], "id\r\nX: y");
        string line = NameLine(notice);
        Assert.DoesNotContain(notice.Replace("\r\n", "", StringComparison.Ordinal), c => char.IsControl(c) || char.GetUnicodeCategory(c) is System.Globalization.UnicodeCategory.Format or System.Globalization.UnicodeCategory.LineSeparator);
        Assert.True(line.Length < 120, line);
        Assert.Equal(PartNotice.Write("a", "exe", ["exe"], 1, "00", [], "id").Split("\r\n").Length, notice.Split("\r\n").Length);
    }

    // What would be typed as a program again would never get through the proof.
    [Theory]
    [InlineData("evil.exe")]
    [InlineData("evil.exe:x")]
    [InlineData("evil.exe\0")]
    [InlineData("evil.exe\r\nx")]
    [InlineData("evil.ｅｘｅ")]
    [InlineData("evil.exe\" ")]
    [InlineData("dir/evil.exe.")]
    [InlineData("desktop.ini")]
    public void The_notices_own_name_is_that_of_a_text(string name)
    {
        string own = PartNotice.FileName(name, 80);
        Identified identified = Identifier.Identify(new ChildDescription(new PartName("filename", own)), new MemoryPartBytes("text"u8.ToArray()), Limits.Default);
        Assert.Equal(["txt"], identified.Formats);
    }
}

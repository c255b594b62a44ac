using System.Text;
using MailSanitizer.Content.Identification;
using MailSanitizer.Content.Tests.Formats.Zip;

namespace MailSanitizer.Content.Tests.Identification;

public sealed class IdentifierTests
{
    private static Identified Identify(byte[] bytes, string name = "", string? declared = null, bool body = false) => Identifier.Identify(
        new ChildDescription(name.Length == 0 ? [] : [new PartName("filename", name)]) { DeclaredType = declared, IsBody = body }, new MemoryPartBytes(bytes), Limits.Default);

    private static IEnumerable<string> Kinds(Identified identified) => identified.Findings.Select(finding => finding.Kind.Id);

    public static TheoryData<int, string> Rows() => [.. Samples.All.Select((sample, index) => (index, sample.Id))];

    [Theory]
    [MemberData(nameof(Rows))]
    public void A_true_file_is_told(int row, string id)
    {
        Identified identified = Identify(Samples.All[row].Bytes);
        Assert.Equal(id, identified.Format);
        Assert.Contains(id, identified.Formats);
        Assert.NotNull(FormatTable.Find(id));
        Assert.DoesNotContain("mismatch", Kinds(identified));
        Assert.DoesNotContain("polyglot", Kinds(identified));
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void A_near_miss_is_not(int row, string id)
    {
        (_, byte[] bytes, int decisive) = Samples.All[row];
        byte[] miss = (byte[])bytes.Clone();
        if (decisive >= 0) miss[decisive] ^= 0x15;
        else if (decisive == -1) miss[^22] ^= 0x15;
        else if (decisive == -2) miss = Miss(bytes);
        else if (decisive == -3) miss[1024 + 128] ^= 0x15;
        else if (decisive == -4) miss[1024 + 80] ^= 0x15;
        else if (decisive == -5) miss = [.. bytes, 0, 1, 2];
        else miss = Encoding.Latin1.GetBytes("x " + Encoding.Latin1.GetString(bytes).Replace('<', '(').Replace('[', '(').Replace("%!PS", "%PS").Replace("(This", "(That").Replace("Attribute", "").Replace("full a", "empty a")
            .Replace("Obj", "Abj", StringComparison.OrdinalIgnoreCase).Replace("tell app", "ask app").Replace("@echo", "echo").Replace("eval", "oval").Replace("Culture", "Culture is").Replace("WScript.", "Shell "));
        if (id == "zip") miss[0] ^= 0x15;
        Assert.NotEqual(id, Identify(miss).Format);
    }

    // A package with the decisive name or type spelt otherwise.
    private static byte[] Miss(byte[] package)
    {
        string text = Encoding.Latin1.GetString(package);
        foreach (string word in new[] { "ContentType=\"application", "mimetype", "AndroidManifest", "META-INF", "AppxManifest", "AppxMetadata", "extension.", "AppManifest", "Payload", ".nuspec", "__main__", "Index/", "theme/" })
        {
            if (!text.Contains(word, StringComparison.Ordinal)) continue;
            return Encoding.Latin1.GetBytes(text.Replace(word, new string([.. word.Reverse()]), StringComparison.Ordinal));
        }

        throw new InvalidOperationException("no decisive word");
    }

    [Fact]
    public void At_least_120_types_have_both_tests() => Assert.True(Samples.All.Select(sample => sample.Id).Distinct().Count() >= 120, $"{Samples.All.Select(sample => sample.Id).Distinct().Count()}");

    [Fact]
    public void Every_signature_has_a_sample() => Assert.Empty(Signatures.Ids.Except(Samples.All.Select(sample => sample.Id)).Except(["mat-file", "docuworks", "grp", "wab", "nib", "pfb", "bplist", "daa"]));

    [Theory]
    [InlineData("run.bat", "bat")]
    [InlineData("a.JS", "js")]
    [InlineData("a.rdp", "rdp")]
    [InlineData("dir/a.vbs. ", "vbs")]
    [InlineData("a.ｅｘｅ", "exe")]
    [InlineData("a.e\u200Bxe", "exe")]
    [InlineData("a.txt:evil.exe", "exe")]
    [InlineData("evil.exe:x.txt", "exe")]
    [InlineData("evil.exe\0.txt", "exe")]
    [InlineData("desktop.ini", "desktop-ini")]
    [InlineData("a.hta\"", "hta")]
    public void A_text_is_what_any_of_its_names_makes_it(string name, string id) => Assert.Contains(id, Identify("hello"u8.ToArray(), name).Formats);

    [Fact]
    public void All_names_and_the_declared_type_count()
    {
        ChildDescription description = new(new PartName("central", "a.txt"), new PartName("local", "a.hta")) { DeclaredType = "text/calendar" };
        Identified identified = Identifier.Identify(description, new MemoryPartBytes("hello"u8.ToArray()), Limits.Default);
        Assert.Superset(new HashSet<string> { "hta", "ics" }, new HashSet<string>(identified.Formats));
    }

    [Theory]
    [InlineData("invoice.pdf.exe", true)]
    [InlineData("見積書.docx      .scr", true)]
    [InlineData("photo.jpg.js", true)]
    [InlineData("setup.exe", false)]
    [InlineData("archive.tar.gz", false)]
    [InlineData("v1.2.docx", false)]
    public void Double_extensions_are_found(string name, bool expected) => Assert.Equal(expected, Kinds(Identify(Samples.Pe(0x0102, 2), name)).Contains("double-extension"));

    [Fact]
    public void Right_to_left_override_is_found() => Assert.Contains("name-bidi", Kinds(Identify("x"u8.ToArray(), "photo\u202Egpj.exe")));

    [Theory]
    [InlineData("%PDF-1.4\n", "a.zip")]
    [InlineData("GIF89a\u0001\u0001", "a.pdf")]
    [InlineData("hello", "a.dwg")]
    [InlineData("hello", "a.exe")]
    public void Types_that_cannot_be_reconciled_are_a_mismatch(string content, string name) => Assert.Contains("mismatch", Kinds(Identify(Encoding.Latin1.GetBytes(content.PadRight(64)), name)));

    [Theory]
    [InlineData("{\\rtf1}", "a.doc", "application/msword")]
    [InlineData("<html><table>", "a.xls", "application/vnd.ms-excel")]
    [InlineData("a,b,c\r\n", "a.csv", "application/vnd.ms-excel")]
    [InlineData("hello", "a.log", "application/octet-stream")]
    [InlineData("hello", "a.unheard-of", "text/plain")]
    [InlineData("hello", "a.ts", null)]
    [InlineData("hello", "a.jpg", "image/jpeg")]
    [InlineData("\0\u0005\u0016\u0007\0\u0002\0\0", "._photo.jpg", null)]
    public void What_good_mail_mixes_up_is_no_mismatch(string content, string name, string? declared) => Assert.DoesNotContain("mismatch", Kinds(Identify(Encoding.ASCII.GetBytes(content), name, declared)));

    [Fact]
    public void Two_formats_at_once_are_both_and_found()
    {
        byte[] zip = ZipMaker.One("a.exe", "MZ");
        byte[] gif = [.. Encoding.Latin1.GetBytes("GIF89a\u0001\0\u0001\0;"), .. zip];
        Identified both = Identify(gif, "a.gif");
        Assert.Contains("polyglot", Kinds(both));
        Assert.Superset(new HashSet<string> { "gif", "zip" }, new HashSet<string>(both.Formats));
        byte[] gifPdf = Encoding.Latin1.GetBytes("GIF89a\u0001\0\u0001\0\n%PDF-1.4\n1 0 obj\nstartxref\n0\n%%EOF");
        Assert.Contains("polyglot", Kinds(Identify(gifPdf, "a.gif")));
        byte[] junk = Encoding.Latin1.GetBytes("some junk first\n%PDF-1.4\n1 0 obj\nstartxref\n0\n%%EOF");
        Assert.Equal("pdf", Identify(junk, "a.pdf").Format);
        byte[] image = new byte[40_000];
        "%PDF-1.4"u8.CopyTo(image);
        "CD001"u8.CopyTo(image.AsSpan(32_769));
        Assert.Contains("polyglot", Kinds(Identify(image, "a.pdf")));
    }

    [Fact]
    public void A_self_extracting_program_is_also_its_archive()
    {
        Identified zip = Identify([.. Samples.Pe(0x0102, 2), .. ZipMaker.One("a.txt", "x")], "setup.exe");
        Assert.Superset(new HashSet<string> { "exe", "zip" }, new HashSet<string>(zip.Formats));
        Assert.Contains("self-extracting", Kinds(zip));
        Assert.DoesNotContain("polyglot", Kinds(zip));
        Assert.Contains("rar", Identify([.. Samples.Pe(0x0102, 2), .. new byte[1000], 0x52, 0x61, 0x72, 0x21, 0x1A, 0x07, 0x01, 0x00], "setup.exe").Formats);
    }

    [Fact]
    public void What_is_unknown_says_so()
    {
        byte[] noise = new byte[1000];
        new Random(5).NextBytes(noise);
        noise[0] = 0x13;
        Identified unknown = Identify(noise, "a.dat");
        Assert.Equal("unknown", unknown.Format);
        Assert.Contains("unknown-format", Kinds(unknown));
        Assert.Contains("unknown-format", Kinds(Identify(noise, "a.png")));
        Assert.Empty(Identify([], "a.dat").Findings);
    }

    [Fact]
    public void A_body_is_what_it_is_declared_as()
    {
        Assert.Equal("txt", Identify("#!/bin/sh\n"u8.ToArray(), declared: "text/plain", body: true).Format);
        Assert.Equal("html", Identify("hello"u8.ToArray(), declared: "text/html", body: true).Format);
        Assert.Equal("exe", Identify(Samples.Pe(0x0102, 2), declared: "text/plain", body: true).Format);
    }

    // No finding of class ambiguous on files that are what they say. The known exceptions are not what their names say.
    [Theory]
    [InlineData("office/poi")]
    [InlineData("pdf/pdfjs")]
    [InlineData("archives/yauzl/success")]
    public void No_mismatch_on_good_files(string folder)
    {
        List<string> wrong = [];
        foreach (string path in Directory.EnumerateFiles(Suites.Folder(folder), "*", SearchOption.AllDirectories))
        {
            Identified identified = Identifier.Identify(new ChildDescription(new PartName("filename", Path.GetFileName(path))), new MemoryPartBytes(File.ReadAllBytes(path)), Limits.Default);
            string found = string.Join(" ", identified.Findings.Where(finding => finding.Kind.Class == FindingClass.Ambiguous).Select(finding => $"{finding.Kind}: {finding.Detail}"));
            if (found.Length > 0) wrong.Add($"{Path.GetFileName(path)} {found}");
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }
}

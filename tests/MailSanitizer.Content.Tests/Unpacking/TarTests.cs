using System.Text;
using MailSanitizer.Content.Unpacking.Compressed;
using MailSanitizer.Content.Unpacking.Tar;

namespace MailSanitizer.Content.Tests.Unpacking;

public sealed class TarTests
{
    private static readonly TarHandler Tar = new();
    private static readonly GzipHandler Gzip = new();

    [Theory]
    [InlineData("gnu")]
    [InlineData("oldgnu")]
    [InlineData("posix")]
    [InlineData("ustar")]
    [InlineData("v7")]
    public void Every_kind_of_tar_gives_its_files(string format)
    {
        using Workshop shop = new();
        string longName = new string('d', 60) + "/" + (format is "v7" ? "n" : new string('n', 80)) + ".txt";
        foreach ((string name, byte[] bytes) in Sample.Files) shop.Write(name, bytes);
        shop.Write(longName, Sample.Text);
        shop.Write("日本語.txt", Sample.Text);
        shop.Run("tar", $"--format={format} -cf a.tar text.txt noise.bin runs.dat empty '{longName}' 日本語.txt");
        Walked walked = Walked.Do(Tar, shop.Read("a.tar"), "a.tar");
        Assert.Equal([.. Sample.Files.Select(file => file.Name), longName, "日本語.txt"], walked.Files.Select(file => file.Name));
        Assert.Equal([.. Sample.Files.Select(file => file.Bytes), Sample.Text, Sample.Text], walked.Files.Select(file => file.Bytes));
        Assert.Empty(walked.Findings);
    }

    [Fact]
    public void Links_and_bad_names_are_findings()
    {
        using Workshop shop = new();
        shop.Write("x/a.txt", Sample.Text).Write("x/b", []);
        shop.Run("ln", "-s /etc/passwd x/link");
        shop.Run("ln", "x/a.txt x/hard");
        shop.Run("mkfifo", "x/pipe");
        shop.Run("tar", "-P --transform='s,x/b,../../b,' -cf a.tar x/a.txt x/hard x/link x/pipe x/b");
        Walked walked = Walked.Do(Tar, shop.Read("a.tar"));
        Assert.Equal(["member-hard-link", "member-symbolic-link", "member-special-file", "member-name-traversal"], walked.Kinds);
    }

    [Fact]
    public void Shift_jis_names_come_out_right_and_go_back_unchanged()
    {
        byte[] tar = Archive([("報告書.txt", Sample.Text), ("b.txt", [1])], MailSanitizer.Content.Formats.Charsets.Charset.Cp932);
        Walked walked = Walked.Do(Tar, tar);
        Assert.Equal("報告書.txt", walked.Files.First().Name);
        Rebuilt rebuilt = Rebuilt.Do(Tar, tar, "a.tar", new Rebuilt { Decide = Rebuilt.Replace("b.txt", [2, 2]) });
        Assert.Equal(RebuildKind.Rewritten, rebuilt.Outcome.Kind);
        Walked again = Walked.Do(Tar, rebuilt.Bytes);
        Assert.Equal(walked.Children[0].Description.Names[0].Raw.ToArray(), again.Children[0].Description.Names[0].Raw.ToArray());
        Assert.Equal([2, 2], again.Files.Last().Bytes);
    }

    [Theory]
    [InlineData("gnu")]
    [InlineData("posix")]
    public void A_replaced_member_leaves_all_else_as_it_was(string format)
    {
        using Workshop shop = new();
        string longName = new('n', 150);
        foreach ((string name, byte[] bytes) in Sample.Files) shop.Write(name, bytes);
        shop.Write(longName, Sample.Text);
        shop.Run("chmod", "640 text.txt");
        shop.Run("tar", $"--format={format} -cf a.tar text.txt noise.bin {longName} runs.dat empty");
        byte[] original = shop.Read("a.tar");
        Rebuilt rebuilt = Rebuilt.Do(Tar, original, "a.tar", new Rebuilt
        {
            Decide = child => child.Names[0].Text switch
            {
                "noise.bin" => ChildDecision.Strip,
                "runs.dat" => new ChildDecision(ChildDecisionKind.Replace, new MemoryPartBytes(Sample.Noise)),
                var name when name == longName => new ChildDecision(ChildDecisionKind.Replace, new MemoryPartBytes("new"u8.ToArray()), new string('m', 140)),
                _ => ChildDecision.Keep,
            },
        });
        Assert.Equal(RebuildKind.Rewritten, rebuilt.Outcome.Kind);
        shop.Write("b.tar", rebuilt.Bytes);
        shop.Run("mkdir", "out");
        shop.Run("tar", "-C out -xf b.tar");
        Assert.Equal(Sample.Text, shop.Read("out/text.txt"));
        Assert.Equal(Sample.Noise, shop.Read("out/runs.dat"));
        Assert.Equal("new"u8.ToArray(), shop.Read("out/" + new string('m', 140)));
        Assert.Equal(4, Directory.GetFiles(shop["out"]).Length);
        string before = shop.Run("tar", "-tvf a.tar text.txt empty");
        Assert.Equal(before, shop.Run("tar", "-tvf b.tar text.txt empty"));
        Walked walked = Walked.Do(Tar, rebuilt.Bytes);
        Assert.Empty(walked.Findings);
    }

    [Fact]
    public void Dangerous_names_are_made_safe_and_links_taken_out_when_asked()
    {
        byte[] tar = Archive([("../../up.txt", Sample.Text), ("ok.txt", [1])]);
        Rebuilt rebuilt = Rebuilt.Do(Tar, tar, "a.tar", new Rebuilt { Takes = kind => kind.Id == "member-name-traversal" });
        Assert.Equal(["up.txt", "ok.txt"], Walked.Do(Tar, rebuilt.Bytes).Files.Select(file => file.Name));
        Assert.Equal(("member-name-traversal", "neutralised"), (rebuilt.DoneList[0].Kind.Id, rebuilt.DoneList[0].Done));
    }

    [Fact]
    public void An_unchanged_archive_is_not_written()
    {
        Assert.Equal(RebuildKind.Unchanged, Rebuilt.Do(Tar, Archive([("a", Sample.Text)]), "a.tar", new Rebuilt()).Outcome.Kind);
    }

    [Fact]
    public void Data_behind_the_end_and_doubled_names_are_findings()
    {
        byte[] tar = Archive([("a", [1]), ("a", [2])]);
        Assert.Equal(["ambiguous-archive", "extra-bytes"], Walked.Do(Tar, [.. tar, .. Archive([("hidden", [3])])]).Kinds);
    }

    [Fact]
    public void Broken_archives_give_what_is_whole_and_a_finding()
    {
        byte[] tar = Archive([("a", Sample.Text), ("b", Sample.Noise)]);
        foreach (int cut in new[] { 100, 700, Sample.Text.Length, tar.Length - 40_000 })
        {
            Walked walked = Walked.Do(Tar, tar[..cut]);
            Assert.Contains("damaged-archive", walked.Kinds);
        }

        tar[512 + ((Sample.Text.Length + 511) / 512 * 512) + 10] ^= 1;
        Walked second = Walked.Do(Tar, tar);
        Assert.Equal(["damaged-archive"], second.Kinds);
        Assert.Equal(Sample.Text, Assert.Single(second.Files).Bytes);
    }

    [Fact]
    public void More_entries_than_the_limit_are_a_finding()
    {
        byte[] tar = Archive([.. Enumerable.Range(0, 30).Select(number => ($"f{number}", new byte[] { 1 }))]);
        Walked walked = Walked.Do(Tar, tar, context: new Walked { Limits = Limits.Default with { ArchiveEntries = 10 } });
        Assert.Equal(["over-entries"], walked.Kinds);
        Assert.Equal(10, walked.Children.Count);
    }

    [Fact]
    public void Gzip_gives_its_content_and_both_names()
    {
        using Workshop shop = new();
        shop.Write("報告.txt", Sample.Text);
        shop.Run("gzip", "-k 報告.txt");
        Walked walked = Walked.Do(Gzip, shop.Read("報告.txt.gz"), "attached.csv.gz");
        Assert.Equal(Sample.Text, Assert.Single(walked.Children).Bytes);
        Assert.Equal(["報告.txt", "attached.csv"], walked.Children[0].Description.Names.Select(name => name.Text));
        Assert.Empty(walked.Findings);
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("-9")]
    public void Inflate_agrees_with_gzip_on_all_kinds_of_content(string level)
    {
        using Workshop shop = new();
        foreach (byte[] content in new[] { Sample.Text, Sample.Noise, Sample.Runs, [], [7], Sample.Make(300_000, 4), [.. Sample.Text, .. Sample.Noise, .. Sample.Text] })
        {
            shop.Write("x", content);
            shop.Run("gzip", $"{level} -kf x");
            Walked walked = Walked.Do(Gzip, shop.Read("x.gz"), "x.gz");
            Assert.Equal(content, Assert.Single(walked.Children).Bytes);
            Assert.Empty(walked.Findings);
        }
    }

    [Fact]
    public void A_second_gzip_member_is_read_on_and_the_first_alone_as_another_reading()
    {
        byte[] gz = [.. Gz("one"u8.ToArray()), .. Gz("two"u8.ToArray())];
        Walked walked = Walked.Do(Gzip, gz, "a.gz");
        Assert.Equal("onetwo"u8.ToArray(), walked.Children[0].Bytes);
        Assert.True(walked.Children[1].Description.AlternativeReading);
        Assert.Equal("one"u8.ToArray(), walked.Children[1].Bytes);
    }

    [Fact]
    public void Wrong_sums_cuts_and_tails_of_gzip_are_findings_and_the_bytes_are_scanned()
    {
        byte[] gz = Gz(Sample.Text);
        byte[] wrong = [.. gz];
        wrong[^8] ^= 1;
        Walked walked = Walked.Do(Gzip, wrong);
        Assert.Equal(Sample.Text, walked.Children[0].Bytes);
        Assert.Equal(["checksum-mismatch"], walked.Kinds);
        wrong = [.. gz];
        wrong[^4] ^= 1;
        Assert.Equal(["size-mismatch"], Walked.Do(Gzip, wrong).Kinds);
        walked = Walked.Do(Gzip, gz[..^12]);
        Assert.Equal(["damaged-archive"], walked.Kinds);
        Assert.True(Sample.Text.AsSpan().StartsWith(walked.Children[0].Bytes) && walked.Children[0].Bytes.Length > Sample.Text.Length - 300);
        Assert.Equal(["extra-bytes"], Walked.Do(Gzip, [.. gz, 0, 0, 1, 2, 3]).Kinds);
        Assert.Empty(Walked.Do(Gzip, [.. gz, 0, 0]).Kinds);
    }

    [Fact]
    public void Gzip_is_written_again_as_gzip()
    {
        using Workshop shop = new();
        shop.Write("a.docm", Sample.Text);
        shop.Run("gzip", "-k a.docm");
        Rebuilt rebuilt = Rebuilt.Do(Gzip, shop.Read("a.docm.gz"), "a.docm.gz", new Rebuilt { Decide = Rebuilt.Replace("a.docm", Sample.Noise, "a.docx") });
        Assert.Equal("a.docx.gz", rebuilt.Outcome.Name);
        shop.Write("b.gz", rebuilt.Bytes);
        shop.Run("gzip", "-d -N b.gz");
        Assert.Equal(Sample.Noise, shop.Read("a.docx"));
        Assert.Equal(RebuildKind.Unchanged, Rebuilt.Do(Gzip, shop.Read("a.docm.gz"), "a.docm.gz", new Rebuilt()).Outcome.Kind);
    }

    [Theory]
    [InlineData("Tar.tar")]
    [InlineData("Tar.mod.tar")]
    [InlineData("Tar.noEmptyDirs.tar")]
    [InlineData("Tar.PaxLocalHeader.tar")]
    [InlineData("ustar with long names.tar")]
    [InlineData("very long filename.tar")]
    public void Suite_files_are_read_without_a_finding(string name)
    {
        Walked walked = Walked.Do(Tar, Workshop.Suite("archives/sharpcompress/Archives/" + name), name);
        Assert.NotEmpty(walked.Children);
        Assert.DoesNotContain(walked.Findings, finding => finding.Kind.Class != FindingClass.Active && finding.Kind.Class != FindingClass.Note);
    }

    internal static byte[] Gz(byte[] content)
    {
        MemoryStream stream = new();
        using (System.IO.Compression.GZipStream gzip = new(stream, System.IO.Compression.CompressionLevel.Optimal, leaveOpen: true)) gzip.Write(content);
        return stream.ToArray();
    }

    internal static byte[] Archive(IReadOnlyList<(string Name, byte[] Bytes)> files, Encoding? encoding = null)
    {
        MemoryStream tar = new();
        foreach ((string name, byte[] bytes) in files)
        {
            tar.Write(TarHeader.Rewrite(TarHeader.Make("", (byte)'0', 0), bytes.Length, (encoding ?? Encoding.UTF8).GetBytes(name)));
            tar.Write(bytes);
            tar.Write(new byte[(512 - (bytes.Length % 512)) % 512]);
        }

        tar.Write(new byte[1024]);
        return tar.ToArray();
    }
}

using System.Text;
using MailSanitizer.Content.Tests.Unpacking.Writers;
using MailSanitizer.Content.Unpacking.Arj;
using MailSanitizer.Content.Unpacking.Cab;
using MailSanitizer.Content.Unpacking.Cpio;
using MailSanitizer.Content.Unpacking.Lzh;

namespace MailSanitizer.Content.Tests.Unpacking;

public sealed class LzhTests
{
    private static readonly LzhHandler Lzh = new();

    public static TheoryData<int, string> Kinds()
    {
        TheoryData<int, string> data = [];
        foreach (string method in new[] { "-lh0-", "-lh1-", "-lh2-", "-lh3-", "-lh4-", "-lh5-", "-lh6-", "-lh7-", "-lzs-", "-lz4-", "-lz5-" })
        {
            for (int level = 0; level < 4; level++)
            {
                if (level < 2 || method is "-lh5-" or "-lh7-") data.Add(level, method);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Every_method_and_level_gives_its_files(int level, string method)
    {
        byte[] archive = LzhWriter.Archive(level, method, Sample.Files);
        Walked walked = Walked.Do(Lzh, archive);
        Assert.Equal(Sample.Files.Select(file => file.Name), walked.Files.Select(file => file.Name));
        Assert.Equal(Sample.Files.Select(file => file.Bytes), walked.Files.Select(file => file.Bytes));
        Assert.Empty(walked.Findings);
    }

    [Theory]
    [InlineData(0, "-lh0-")]
    [InlineData(0, "-lh1-")]
    [InlineData(1, "-lh4-")]
    [InlineData(1, "-lh5-")]
    [InlineData(2, "-lh6-")]
    [InlineData(3, "-lh7-")]
    [InlineData(0, "-lzs-")]
    [InlineData(0, "-lz5-")]
    public void What_our_tests_write_lhasa_reads(int level, string method)
    {
        using Workshop shop = new();
        shop.Write("a.lzh", LzhWriter.Archive(level, method, Sample.Files.Take(3)));
        shop.Run("lhasa", "xq a.lzh");
        foreach ((string name, byte[] bytes) in Sample.Files.Take(3)) Assert.Equal(bytes, shop.Read(name));
    }

    [Fact]
    public void Japanese_names_and_folders_come_out_right()
    {
        byte[] archive = LzhWriter.Archive(2, "-lh5-", [("資料/見積書ソ表.txt", Sample.Text)], MailSanitizer.Content.Formats.Charsets.Charset.Cp932);
        Walked walked = Walked.Do(Lzh, archive);
        Assert.Equal("資料/見積書ソ表.txt", walked.Files.Single().Name);
        Assert.Empty(walked.Findings);
    }

    [Fact]
    public void Wrong_sums_are_findings_and_the_bytes_are_scanned()
    {
        byte[] archive = LzhWriter.Archive(0, "-lh0-", [("a.txt", Sample.Text)]);
        archive[^40] ^= 1;
        Walked walked = Walked.Do(Lzh, archive);
        Assert.Equal(["checksum-mismatch"], walked.Kinds);
        Assert.Equal(Sample.Text.Length, walked.Files.Single().Bytes.Length);
        archive = LzhWriter.Archive(2, "-lh5-", [("a.txt", Sample.Text)]);
        archive[16] ^= 1;
        Assert.Contains("checksum-mismatch", Walked.Do(Lzh, archive).Kinds);
    }

    [Fact]
    public void Unknown_methods_cuts_and_tails_are_findings()
    {
        byte[] archive = LzhWriter.Archive(1, "-lh5-", [("a.txt", Sample.Text)]);
        Assert.Contains("damaged-archive", Walked.Do(Lzh, archive[..(archive.Length / 2)]).Kinds);
        Assert.Contains("damaged-archive", Walked.Do(Lzh, archive[..10]).Kinds);
        Assert.Equal(["extra-bytes"], Walked.Do(Lzh, [.. archive, 1, 2, 3]).Kinds);
        byte[] unknown = [.. archive];
        unknown[5] = (byte)'9';
        Assert.Contains("unsupported-archive", Walked.Do(Lzh, unknown).Kinds);
    }
}

public sealed class CabTests
{
    private static readonly CabHandler Cab = new();

    private static IReadOnlyList<(byte[], byte[], int)> Files { get; } = [.. Sample.Files.Select(file => (Encoding.UTF8.GetBytes(file.Name), file.Bytes, 0)), ("prog.exe"u8.ToArray(), Program(), 0)];

    [Theory]
    [InlineData("none", 15)]
    [InlineData("mszip", 15)]
    [InlineData("lzx", 15)]
    [InlineData("lzx", 18)]
    [InlineData("lzx", 21)]
    [InlineData("lzx-aligned", 16)]
    [InlineData("lzx-raw", 17)]
    [InlineData("quantum", 10)]
    [InlineData("quantum", 12)]
    public void Every_method_gives_its_files_as_cabextract_does(string method, int window)
    {
        byte[] cabinet = CabWriter.Cabinet(method, Files, window);
        Walked walked = Walked.Do(Cab, cabinet);
        Assert.Equal([.. Sample.Files.Select(file => file.Name), "prog.exe"], walked.Files.Select(file => file.Name));
        Assert.Equal([.. Sample.Files.Select(file => file.Bytes), Program()], walked.Files.Select(file => file.Bytes));
        Assert.Empty(walked.Findings);
        using Workshop shop = new();
        shop.Write("a.cab", cabinet);
        shop.Run("cabextract", "-q a.cab");
        foreach ((string name, byte[] bytes) in Sample.Files) Assert.Equal(bytes, shop.Read(name));
    }

    [Fact]
    public void The_sample_of_clamav_is_opened()
    {
        Walked walked = Walked.Do(Cab, Workshop.ClamAv("clam.cab"));
        Assert.Equal(Workshop.ClamAv("clam.exe"), Assert.Single(walked.Files).Bytes);
    }

    [Fact]
    public void Japanese_names_come_out_right()
    {
        byte[] cabinet = CabWriter.Cabinet("mszip", [(MailSanitizer.Content.Formats.Charsets.Charset.Cp932.GetBytes("報告書.txt"), Sample.Text, 0), (Encoding.UTF8.GetBytes("見積.txt"), [1], 0x80)]);
        Assert.Equal(["報告書.txt", "見積.txt"], Walked.Do(Cab, cabinet).Files.Select(file => file.Name));
    }

    [Fact]
    public void Wrong_sums_cuts_tails_and_overlaps_are_findings()
    {
        byte[] cabinet = CabWriter.Cabinet("none", Files);
        byte[] wrong = [.. cabinet];
        wrong[^10] ^= 1;
        Assert.Equal(["checksum-mismatch"], Walked.Do(Cab, wrong).Kinds);
        Assert.Contains("damaged-archive", Walked.Do(Cab, cabinet[..^100]).Kinds);
        Assert.Contains("damaged-archive", Walked.Do(Cab, cabinet[..50]).Kinds);
        Assert.Equal(["extra-bytes"], Walked.Do(Cab, [.. cabinet, 1]).Kinds);
        wrong = [.. cabinet];
        wrong[44 + 16 + "text.txt".Length + 1 + 4] = 0;
        wrong[44 + 16 + "text.txt".Length + 1 + 5] = 0;
        wrong[44 + 16 + "text.txt".Length + 1 + 6] = 0;
        Assert.Contains("ambiguous-archive", Walked.Do(Cab, wrong).Kinds);
        wrong = [.. cabinet];
        wrong[42] = 5;
        Assert.Contains("unsupported-archive", Walked.Do(Cab, wrong).Kinds);
    }

    private static byte[] Program()
    {
        byte[] program = Sample.Make(50_001, 9);
        for (int at = 100; at < program.Length - 5; at += 97) program[at] = 0xE8;
        return program;
    }
}

public sealed class CpioTests
{
    private static readonly CpioHandler Cpio = new();

    [Theory]
    [InlineData("newc")]
    [InlineData("crc")]
    [InlineData("odc")]
    [InlineData("bin")]
    public void Every_kind_gives_its_files(string format)
    {
        using Workshop shop = new();
        foreach ((string name, byte[] bytes) in Sample.Files) shop.Write(name, bytes);
        shop.Write("日本語.txt", Sample.Text);
        shop.Run("ln", "-s /etc/passwd link");
        shop.Run("printf", @"'text.txt\nnoise.bin\nruns.dat\nempty\n日本語.txt\nlink\n' | cpio --quiet -o -H " + format + " > a.cpio");
        Walked walked = Walked.Do(Cpio, shop.Read("a.cpio"));
        Assert.Equal([.. Sample.Files.Select(file => file.Name), "日本語.txt"], walked.Files.Select(file => file.Name));
        Assert.Equal([.. Sample.Files.Select(file => file.Bytes), Sample.Text], walked.Files.Select(file => file.Bytes));
        Assert.Equal(["member-symbolic-link"], walked.Kinds);
        if (format == "crc")
        {
            byte[] wrong = shop.Read("a.cpio");
            wrong[400] ^= 1;
            Assert.Contains("checksum-mismatch", Walked.Do(Cpio, wrong).Kinds);
        }
    }

    [Theory]
    [InlineData("clam.bin-be.cpio")]
    [InlineData("clam.bin-le.cpio")]
    [InlineData("clam.newc.cpio")]
    [InlineData("clam.odc.cpio")]
    public void The_samples_of_clamav_are_opened(string name)
    {
        Walked walked = Walked.Do(Cpio, Workshop.ClamAv(name));
        Assert.Contains(walked.Files, file => file.Bytes.AsSpan().SequenceEqual(Workshop.ClamAv("clam.exe")));
    }

    [Fact]
    public void Broken_ones_are_findings()
    {
        byte[] good = Workshop.ClamAv("clam.newc.cpio");
        foreach (int cut in new[] { 3, 60, 150, 500 }) Assert.Contains("damaged-archive", Walked.Do(Cpio, good[..cut]).Kinds);
    }
}

public sealed class ArjTests
{
    private static readonly ArjHandler Arj = new();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Every_method_gives_its_files(int method)
    {
        using Workshop shop = new();
        foreach ((string name, byte[] bytes) in Sample.Files) shop.Write(name, bytes);
        shop.Run("arj", $"a -m{method} a.arj text.txt noise.bin runs.dat empty");
        Walked walked = Walked.Do(Arj, shop.Read("a.arj"));
        Assert.Equal(Sample.Files.OrderBy(file => file.Name).Select(file => (file.Name, Convert.ToHexString(file.Bytes))), walked.Files.OrderBy(file => file.Name).Select(file => (file.Name, Convert.ToHexString(file.Bytes))));
        Assert.Empty(walked.Findings);
    }

    [Fact]
    public void A_locked_one_is_opened_by_its_password_only()
    {
        using Workshop shop = new();
        shop.Write("text.txt", Sample.Text);
        shop.Run("arj", "a -gsecret a.arj text.txt");
        Assert.Equal(["locked"], Walked.Do(Arj, shop.Read("a.arj"), context: new Walked { Passwords = [new("wrong", "message")] }).Kinds);
        Walked walked = Walked.Do(Arj, shop.Read("a.arj"), context: new Walked { Passwords = [new("wrong", "message"), new("secret", "other-mail")] });
        Assert.Equal(Sample.Text, walked.Files.Single().Bytes);
        Assert.Equal("other-mail", walked.Children[0].Description.OpenedWith);
        Assert.Equal("other-mail", walked.Unlocked.Single().Password.Source);
        Assert.Equal(["unkeyed-lock"], walked.Kinds);
    }

    [Theory]
    [InlineData("Arj.store.arj")]
    [InlineData("Arj.method1.arj")]
    [InlineData("Arj.method2.arj")]
    [InlineData("Arj.method3.arj")]
    [InlineData("Arj.method4.arj")]
    [InlineData("Arj.method4.largefile.arj")]
    [InlineData("Arj.method1.largefile.arj")]
    public void Suite_files_are_opened(string name)
    {
        Walked walked = Walked.Do(Arj, Workshop.Suite("archives/sharpcompress/Archives/" + name));
        Assert.NotEmpty(walked.Files);
        Assert.All(walked.Children, child => Assert.Equal(ChildResult.Complete, child.Result));
        Assert.Empty(walked.Findings);
    }

    [Fact]
    public void Broken_and_split_ones_are_findings()
    {
        byte[] good = Workshop.Suite("archives/sharpcompress/Archives/Arj.method1.arj");
        foreach (int cut in new[] { 3, 60, 150, good.Length / 2 }) Assert.Contains("damaged-archive", Walked.Do(Arj, good[..cut]).Kinds);
        Assert.Contains("split-archive", Walked.Do(Arj, Workshop.Suite("archives/sharpcompress/Archives/Arj.store.split.arj")).Kinds);
        byte[] wrong = [.. good];
        wrong[20] ^= 1;
        Assert.Contains("checksum-mismatch", Walked.Do(Arj, wrong).Kinds);
    }
}

using MailSanitizer.Content.Unpacking.Ace;
using MailSanitizer.Content.Unpacking.Compressed;
using MailSanitizer.Content.Unpacking.Rar;
using MailSanitizer.Content.Unpacking.SelfExtracting;
using MailSanitizer.Content.Unpacking.SevenZip;

namespace MailSanitizer.Content.Tests.Unpacking;

public sealed class SevenZipTests
{
    private static readonly SevenZipHandler SevenZip = new();

    [Theory]
    [InlineData("7Zip.LZMA.7z")]
    [InlineData("7Zip.LZMA2.7z")]
    [InlineData("7Zip.BZip2.7z")]
    [InlineData("7Zip.PPMd.7z")]
    [InlineData("7Zip.Copy.7z")]
    [InlineData("7Zip.BCJ.7z")]
    [InlineData("7Zip.BCJ2.7z")]
    [InlineData("7Zip.delta.7z")]
    [InlineData("7Zip.ZSTD.7z")]
    [InlineData("7Zip.solid.7z")]
    [InlineData("7Zip.nonsolid.7z")]
    public void Suite_files_give_the_same_three_files(string name)
    {
        Walked walked = Walked.Do(SevenZip, Workshop.Suite("archives/sharpcompress/Archives/" + name));
        AssertTheThree(walked);
        Assert.Empty(walked.Findings);
    }

    [Theory]
    [InlineData("7Zip.LZMA.Aes.7z", "testpassword")]
    [InlineData("7Zip.LZMA2.Aes.7z", "testpassword")]
    [InlineData("7Zip.encryptedFiles.7z", "password")]
    public void Locked_ones_open_by_the_right_password_only(string name, string password)
    {
        byte[] archive = Workshop.Suite("archives/sharpcompress/Archives/" + name);
        Walked closed = Walked.Do(SevenZip, archive, context: new Walked { Passwords = [new("wrong", "message")] });
        Assert.Contains("locked", closed.Kinds);
        Assert.All(closed.Kinds, kind => Assert.Equal("locked", kind));
        Assert.Empty(closed.Children);
        Assert.True(closed.Guessed > TimeSpan.Zero);
        Walked walked = Walked.Do(SevenZip, archive, context: new Walked { Passwords = [new("wrong", "message"), new(password, "other-mail")] });
        AssertTheThree(walked);
        // A CRC is no proof that keeps the locked bytes: it goes out locked anew.
        Assert.Equal(["unkeyed-lock"], walked.Kinds);
        Assert.All(walked.Children, child => Assert.Equal("other-mail", child.Description.OpenedWith));
        Assert.NotEmpty(walked.Unlocked);
    }

    [Fact]
    public void A_locked_list_opens_too_and_the_meter_stops_guessing()
    {
        using Workshop shop = new();
        shop.Write("報告書.txt", Sample.Text);
        shop.Run("7zz", "a -mhe=on -p秘密 a.7z 報告書.txt >/dev/null");
        byte[] archive = shop.Read("a.7z");
        Assert.Equal(["locked"], Walked.Do(SevenZip, archive).Kinds);
        Walked walked = Walked.Do(SevenZip, archive, context: new Walked { Passwords = [new("秘密", "message")] });
        Assert.Equal(("報告書.txt", Convert.ToHexString(Sample.Text)), (walked.Files.Single().Name, Convert.ToHexString(walked.Files.Single().Bytes)));
        Walked stopped = Walked.Do(SevenZip, archive, context: new Walked { GuessingAllowed = TimeSpan.Zero, Passwords = [new("wrong", "message"), new("秘密", "message")] });
        Assert.Equal(["locked"], stopped.Kinds);
    }

    [Fact]
    public void A_dictionary_or_key_derivation_above_the_limit_is_not_opened()
    {
        using Workshop shop = new();
        shop.Write("a.txt", Sample.Text);
        shop.Run("7zz", "a -m0=lzma2:d=256m a.7z a.txt >/dev/null");
        shop.Run("7zz", "a -psecret b.7z a.txt >/dev/null");
        Walked small = Walked.Do(SevenZip, shop.Read("a.7z"));
        Assert.True(small.Kinds.All(kind => kind == "over-memory"));
        Assert.Equal(["over-memory"], Walked.Do(SevenZip, shop.Read("b.7z"), context: new Walked { Limits = Limits.Default with { DictionaryBytes = 1000 } }).Kinds);
        Walked costly = Walked.Do(SevenZip, shop.Read("b.7z"), context: new Walked { Limits = Limits.Default with { SevenZipCyclesPower = 10 }, Passwords = [new("secret", "message")] });
        Assert.Equal(["locked"], costly.Kinds);
        Assert.Equal(TimeSpan.Zero, costly.Guessed);
    }

    [Fact]
    public void Broken_ones_are_findings()
    {
        byte[] good = Workshop.Suite("archives/sharpcompress/Archives/7Zip.LZMA2.7z");
        foreach (int cut in new[] { 10, 40, good.Length / 2, good.Length - 3 }) Assert.Contains("damaged-archive", Walked.Do(SevenZip, good[..cut]).Kinds);
        byte[] wrong = [.. good];
        wrong[5000] ^= 1;
        Assert.Contains("damaged-archive", Walked.Do(SevenZip, wrong).Kinds);
        Assert.Contains("extra-bytes", Walked.Do(SevenZip, [.. good, 1, 2]).Kinds);
    }

    [Fact]
    public void A_changed_one_is_written_as_zip_under_a_new_name()
    {
        using Workshop shop = new();
        foreach ((string name, byte[] bytes) in Sample.Files) shop.Write("d/" + name, bytes);
        shop.Run("7zz", "a a.7z d >/dev/null");
        byte[] archive = shop.Read("a.7z");
        Rebuilt rebuilt = Rebuilt.Do(SevenZip, archive, "見積.7z", new Rebuilt { OpensAll = true, Decide = child => child.Names[0].Text == "d/text.txt" ? new ChildDecision(ChildDecisionKind.Replace, new MemoryPartBytes("new"u8.ToArray()), "text.md") : ChildDecision.Keep });
        Assert.Equal((RebuildKind.Rewritten, "見積.zip", "application/zip"), (rebuilt.Outcome.Kind, rebuilt.Outcome.Name, rebuilt.Outcome.MediaType));
        shop.Write("b.zip", rebuilt.Bytes);
        shop.Run("mkdir", "out");
        shop.Run("unzip", "-q b.zip -d out");
        Assert.Equal("new"u8.ToArray(), shop.Read("out/d/text.md"));
        Assert.Equal(Sample.Noise, shop.Read("out/d/noise.bin"));
        Assert.Equal(Sample.Runs, shop.Read("out/d/runs.dat"));
        Assert.Equal(RebuildKind.Unchanged, Rebuilt.Do(SevenZip, archive, "a.7z", new Rebuilt()).Outcome.Kind);
    }

    [Fact]
    public void A_member_larger_than_memory_is_decoded_again_for_writing()
    {
        using Workshop shop = new();
        shop.Write("big.txt", Sample.Text).Write("small.txt", [1]);
        shop.Run("7zz", "a a.7z big.txt small.txt >/dev/null");
        Rebuilt rebuilt = Rebuilt.Do(SevenZip, shop.Read("a.7z"), "a.7z", new Rebuilt { Limits = Limits.Default with { PartMemory = 4000 }, Decide = Rebuilt.Replace("small.txt", [2]) });
        shop.Write("b.zip", rebuilt.Bytes);
        shop.Run("mkdir", "out");
        shop.Run("unzip", "-q b.zip -d out");
        Assert.Equal(Sample.Text, shop.Read("out/big.txt"));
        Assert.Equal([2], shop.Read("out/small.txt"));
    }

    [Fact]
    public void A_self_extracting_one_is_found_in_its_program()
    {
        Walked outer = Walked.Do(new SelfExtractingHandler(), Workshop.Suite("archives/sharpcompress/Archives/7Zip.LZMA2.exe"));
        Assert.Equal("archive-1.7z", Assert.Single(outer.Files).Name);
        AssertTheThree(Walked.Do(SevenZip, outer.Files.Single().Bytes));
    }

    internal static void AssertTheThree(Walked walked)
    {
        string original = Path.Combine(Workshop.Suites, "archives/sharpcompress/Original");
        IEnumerable<string> expected = Directory.GetFiles(original, "*", SearchOption.AllDirectories).Where(file => Path.GetFileName(file) is "test.exe" or "test.jpg" or "TEST.EXE").Select(file => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(file))));
        HashSet<string> found = [.. walked.Files.Select(file => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(file.Bytes)))];
        Assert.All(expected, hash => Assert.Contains(hash, found));
        Assert.Contains(walked.Files, file => file.Name.EndsWith(".txt", StringComparison.OrdinalIgnoreCase) && file.Bytes.Length == 15498);
    }
}

public sealed class RarTests
{
    private static readonly RarHandler Rar = new();

    [Theory]
    [InlineData("Rar.rar")]
    [InlineData("Rar.none.rar")]
    [InlineData("Rar.solid.rar")]
    [InlineData("Rar4.rar")]
    [InlineData("Rar2.rar")]
    [InlineData("Rar15.rar")]
    [InlineData("Rar5.rar")]
    [InlineData("Rar5.none.rar")]
    [InlineData("Rar5.solid.rar")]
    [InlineData("Rar5.crc_blake2.rar")]
    [InlineData("Rar.comment.rar")]
    public void Suite_files_give_the_same_three_files(string name)
    {
        Walked walked = Walked.Do(Rar, Workshop.Suite("archives/sharpcompress/Archives/" + name));
        SevenZipTests.AssertTheThree(walked);
        Assert.Empty(walked.Findings);
    }

    [Theory]
    [InlineData("Rar.encrypted_filesOnly.rar")]
    [InlineData("Rar.encrypted_filesAndHeader.rar")]
    [InlineData("Rar.Encrypted.rar")]
    [InlineData("Rar5.encrypted_filesOnly.rar")]
    [InlineData("Rar5.encrypted_filesAndHeader.rar")]
    public void Locked_ones_open_by_the_right_password_only(string name)
    {
        byte[] archive = Workshop.Suite("archives/sharpcompress/Archives/" + name);
        Walked closed = Walked.Do(Rar, archive, context: new Walked { Passwords = [new("wrong", "message"), new("Test", "message"), new("x", "message")] });
        Assert.Contains("locked", closed.Kinds);
        Assert.Empty(closed.Children);
        Walked walked = Walked.Do(Rar, archive, context: new Walked { Passwords = [new("wrong", "message"), new("test", "rule")] });
        SevenZipTests.AssertTheThree(walked);
        // A CRC is no proof that keeps the locked bytes: it goes out locked anew.
        Assert.Equal(["unkeyed-lock"], walked.Kinds);
        Assert.NotEmpty(walked.Unlocked);
    }

    [Fact]
    public void Volumes_broken_and_costly_ones_are_findings()
    {
        Assert.Contains("split-archive", Walked.Do(Rar, Workshop.Suite("archives/sharpcompress/Archives/Rar.multi.part01.rar")).Kinds);
        Assert.Contains("split-archive", Walked.Do(Rar, Workshop.Suite("archives/sharpcompress/Archives/Rar5.multi.part01.rar")).Kinds);
        byte[] good = Workshop.Suite("archives/sharpcompress/Archives/Rar5.rar");
        foreach (int cut in new[] { 5, 20, good.Length / 2 }) Assert.NotEmpty(Walked.Do(Rar, good[..cut]).Kinds);
        byte[] wrong = [.. good];
        wrong[good.Length / 2] ^= 1;
        Assert.Contains("damaged-archive", Walked.Do(Rar, wrong).Kinds);
        Assert.Equal(["over-memory"], Walked.Do(Rar, good, context: new Walked { Limits = Limits.Default with { DictionaryBytes = 1000 } }).Kinds);
        Walked costly = Walked.Do(Rar, Workshop.Suite("archives/sharpcompress/Archives/Rar5.encrypted_filesOnly.rar"), context: new Walked { Limits = Limits.Default with { RarKdfPower = 3 }, Passwords = [new("test", "rule")] });
        Assert.Equal(("locked", TimeSpan.Zero), (Assert.Single(costly.Kinds), costly.Guessed));
    }

    [Fact]
    public void One_behind_a_program_is_found()
    {
        byte[] rar = Workshop.Suite("archives/sharpcompress/Archives/Rar5.rar");
        Walked outer = Walked.Do(new SelfExtractingHandler(), [.. "MZ"u8, .. Sample.Make(100_000), .. rar]);
        Assert.Equal(rar, Assert.Single(outer.Files).Bytes);
    }
}

public sealed class AceTests
{
    private static readonly AceHandler Ace = new();

    [Fact]
    public void Stored_members_are_read_and_others_are_findings()
    {
        Walked walked = Walked.Do(Ace, Workshop.Suite("archives/sharpcompress/Archives/Ace.store.ace"));
        Assert.NotEmpty(walked.Files);
        Assert.Empty(walked.Findings);
        Assert.Contains("unsupported-archive", Walked.Do(Ace, Workshop.Suite("archives/sharpcompress/Archives/Ace.method1.ace")).Kinds);
        Assert.Contains("locked", Walked.Do(Ace, Workshop.Suite("archives/sharpcompress/Archives/Ace.encrypted.ace")).Kinds);
        Assert.Contains("split-archive", Walked.Do(Ace, Workshop.Suite("archives/sharpcompress/Archives/Ace.store.split.ace")).Kinds);
        byte[] good = Workshop.Suite("archives/sharpcompress/Archives/Ace.store.ace");
        Assert.Contains("damaged-archive", Walked.Do(Ace, good[..(good.Length / 2)]).Kinds);
        good[^20] ^= 1;
        Assert.Contains("checksum-mismatch", Walked.Do(Ace, good).Kinds);
    }
}

public sealed class PackedStreamTests
{
    private static readonly PackedStreamHandler Packed = new();

    [Theory]
    [InlineData("bz2", "bzip2", "-k a")]
    [InlineData("xz", "xz", "-k a")]
    [InlineData("xz", "xz", "-k -C sha256 a")]
    [InlineData("xz", "xz", "-k -C crc32 --block-size=10000 a")]
    [InlineData("zst", "zstd", "-q -k a")]
    [InlineData("zst", "zstd", "-q -k --no-check --content-size a")]
    [InlineData("lzma", "xz", "-k --format=lzma a")]
    [InlineData("z", "compress", "-k a")]
    public void Every_kind_gives_its_content(string format, string tool, string options)
    {
        using Workshop shop = new();
        foreach (byte[] content in new[] { Sample.Text, Sample.Noise, Sample.Runs })
        {
            foreach (string old in Directory.GetFiles(shop.Folder)) File.Delete(old);
            shop.Write("a", content);
            shop.Run(tool, options, mayFail: tool == "compress");
            string made = Directory.GetFiles(shop.Folder).FirstOrDefault(file => Path.GetFileName(file) != "a") ?? "";
            if (made.Length == 0) continue;
            Walked walked = Walked.Do(Packed, File.ReadAllBytes(made), "report.txt." + format, format: format);
            Assert.Equal(content, Assert.Single(walked.Children).Bytes);
            Assert.Equal("report.txt", walked.Files.Single().Name);
            Assert.Empty(walked.Findings);
        }
    }

    [Theory]
    [InlineData("bz2", "bzip2", "-k a")]
    [InlineData("xz", "xz", "-k a")]
    [InlineData("zst", "zstd", "-q -k a")]
    public void Wrong_sums_cuts_tails_and_second_frames_are_seen_and_the_bytes_scanned(string format, string tool, string options)
    {
        using Workshop shop = new();
        shop.Write("a", Sample.Text);
        shop.Run(tool, options);
        byte[] good = shop.Read("a." + format);
        Walked walked = Walked.Do(Packed, good[..(good.Length * 9 / 10)], format: format);
        Assert.Equal(["damaged-archive"], walked.Kinds);
        Assert.True(format != "xz" || Sample.Text.AsSpan().CommonPrefixLength(walked.Children[0].Bytes) > Sample.Text.Length / 2);
        Assert.Equal(["extra-bytes"], Walked.Do(Packed, [.. good, .. "other"u8], format: format).Kinds);
        Walked two = Walked.Do(Packed, [.. good, .. good], format: format);
        Assert.Equal([.. Sample.Text, .. Sample.Text], two.Children[0].Bytes);
        Assert.Equal((true, true), (two.Children[1].Description.AlternativeReading, two.Children[1].Bytes.AsSpan().SequenceEqual(Sample.Text)));
        Assert.Empty(two.Findings);
        byte[] wrong = [.. good];
        wrong[format switch { "bz2" => 12, "zst" => good.Length - 2, _ => good.Length - 28 }] ^= 1;
        walked = Walked.Do(Packed, wrong, format: format);
        Assert.Equal(["damaged-archive"], walked.Kinds);
        if (format != "bz2") Assert.True(walked.Children[0].Bytes.Length > Sample.Text.Length - 200);
    }

    [Theory]
    [InlineData("bz2")]
    [InlineData("xz")]
    [InlineData("zst")]
    [InlineData("lz")]
    [InlineData("z")]
    [InlineData("lzma")]
    public void An_empty_file_ends(string format)
    {
        Assert.Equal(["damaged-archive"], Walked.Do(Packed, [], format: format).Kinds);
    }

    [Fact]
    public void The_lzip_file_of_the_suite_is_read()
    {
        Walked walked = Walked.Do(Packed, Workshop.Suite("archives/sharpcompress/Archives/Tar.tar.lz"), "Tar.tar.lz", format: "lz");
        Assert.Equal(Walked.Do(new GzipHandler(), Workshop.Suite("archives/sharpcompress/Archives/Tar.tar.gz"), "a.gz").Children[0].Bytes.Length, Assert.Single(walked.Children).Bytes.Length);
        Assert.Empty(walked.Findings);
    }

    [Fact]
    public void Dictionaries_above_the_limit_are_not_made()
    {
        using Workshop shop = new();
        shop.Write("a", Sample.Text);
        shop.Run("xz", "-k --lzma2=dict=512MiB a");
        shop.Run("xz", "-k --format=lzma --lzma1=dict=512MiB a");
        shop.Run("zstd", "-q --ultra --long=30 -k --no-check - < a > a.zst");
        Assert.Equal(["over-memory"], Walked.Do(Packed, shop.Read("a.xz"), format: "xz").Kinds);
        Assert.Equal(["over-memory"], Walked.Do(Packed, shop.Read("a.lzma"), format: "lzma").Kinds);
        Assert.Equal(["over-memory"], Walked.Do(Packed, shop.Read("a.zst"), format: "zst").Kinds);
    }

    [Fact]
    public void A_changed_one_is_written_as_zip()
    {
        using Workshop shop = new();
        shop.Write("a.docm", Sample.Text);
        shop.Run("xz", "-k a.docm");
        Rebuilt rebuilt = Rebuilt.Do(Packed, shop.Read("a.docm.xz"), "a.docm.xz", new Rebuilt { Decide = Rebuilt.Replace("a.docm", Sample.Noise, "a.docx") }, "xz");
        Assert.Equal("a.docm.zip", rebuilt.Outcome.Name);
        shop.Write("b.zip", rebuilt.Bytes);
        shop.Run("unzip", "-q b.zip");
        Assert.Equal(Sample.Noise, shop.Read("a.docx"));
    }
}

using System.Security.Cryptography;
using System.Text;
using MailSanitizer.Content.Tests.Formats.Zip;
using MailSanitizer.Content.Unpacking.Zip;

namespace MailSanitizer.Content.Tests.Unpacking.Zip;

/// <summary>What programs write and what they read, against what we see.</summary>
public sealed class ZipProgramsTests
{
    private static readonly ZipHandler Handler = new();

    private static Walked Walk(byte[] archive) => Walked.Do(Handler, archive, "a.zip");

    private static string Hash(byte[] bytes) => Convert.ToHexString(SHA256.HashData(bytes));

    // No finding at all: nothing that these programs write is a disagreement.
    private static void Good(byte[] archive, int members)
    {
        Walked walked = Walk(archive);
        Assert.True(walked.Findings.Count == 0, string.Join('\n', walked.Findings));
        Assert.Equal(members, walked.Children.Count);
    }

    private static Workshop Files()
    {
        Workshop shop = new();
        byte[] noise = new byte[70_000];
        new Random(7).NextBytes(noise);
        shop.Write("in/a.txt", Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 30_000).Select(i => $"line {i}\n"))));
        shop.Write("in/sub/noise.bin", noise);
        shop.Write("in/sub/日本語.txt", "日本語"u8.ToArray());
        shop.Write("in/empty", []);
        return shop;
    }

    [Theory]
    [InlineData("zip", "-qr out.zip in", 4)]
    [InlineData("zip", "-q0r out.zip in", 4)]
    [InlineData("zip", "-qrfz out.zip in", 4)]
    [InlineData("zip", "-qr -Z bzip2 out.zip in", 4)]
    [InlineData("zip", "-qr - in > out.zip", 4)]
    [InlineData("zip", "-q - in/a.txt < /dev/null | cat > out.zip", 1)]
    [InlineData("7zz", "a -bd -tzip out.zip in", 4)]
    [InlineData("7zz", "a -bd -tzip -mm=Deflate64 out.zip in", 4)]
    [InlineData("7zz", "a -bd -tzip -mm=BZip2 out.zip in", 4)]
    [InlineData("7zz", "a -bd -tzip -mm=LZMA out.zip in", 4)]
    [InlineData("7zz", "a -bd -tzip -mm=PPMd out.zip in", 4)]
    [InlineData("7zz", "a -bd -tzip -mcu=on out.zip in", 4)]
    [InlineData("7zz", "a -bd -tzip -so x in > out.zip", 4)]
    [InlineData("python3", "-m zipfile -c out.zip in", 4)]
    [InlineData("python3", "-c \"import zipfile,sys; z=zipfile.ZipFile('out.zip','w',zipfile.ZIP_LZMA); z.write('in/a.txt'); z.close()\"", 1)]
    [InlineData("python3", "-c \"import zipfile,sys,io; z=zipfile.ZipFile(sys.stdout.buffer,'w'); z.write('in/a.txt'); z.write('in/sub/noise.bin'); z.close()\" | cat > out.zip", 2)]
    [InlineData("python3", "-c \"import zipfile,sys,io; z=zipfile.ZipFile(sys.stdout.buffer,'w',zipfile.ZIP_DEFLATED); z.writestr('a','b'*9999); f=z.open('big','w',force_zip64=True); f.write(b'x'*5000); f.close(); z.close()\" | cat > out.zip", 2)]
    public void Programs_on_this_machine_write_nothing_ambiguous(string tool, string arguments, int members)
    {
        using Workshop shop = Files();
        shop.Run(tool, arguments);
        byte[] archive = shop.Read("out.zip");
        Good(archive, members);
        HashSet<string> hashes = [.. Directory.EnumerateFiles(shop["in"], "*", SearchOption.AllDirectories).Select(file => Hash(File.ReadAllBytes(file))), Hash(Encoding.ASCII.GetBytes(new string('b', 9999))), Hash(Encoding.ASCII.GetBytes(new string('x', 5000)))];
        Assert.All(Walk(archive).Children, child => Assert.Contains(Hash(child.Bytes), hashes));
    }

    // Explorer: version 2.0, FAT, names in the system's code page, folders listed, no descriptors.
    [Fact]
    public void Explorer_writes_nothing_ambiguous()
    {
        Encoding cp932 = CodePagesEncodingProvider.Instance.GetEncoding(932)!;
        Good(new ZipMaker()
            .Add("x", "", m => (m.Name, m.Flags, m.Method, m.Attributes) = (cp932.GetBytes("フォルダ/"), 0, 0, 0x10))
            .Add("x", "content", m => (m.Name, m.Flags, m.Attributes) = (cp932.GetBytes("フォルダ/表示.txt"), 0, 0x20))
            .Add("x", "content", m => (m.Name, m.Flags, m.Attributes) = ("新しい.txt"u8.ToArray(), 0x800, 0x20)).Finish(), 2);
    }

    // macOS Archive Utility: made on Unix, bit 3 with signed descriptors, "UX" fields that are longer in the local header, resource forks beside.
    [Fact]
    public void MacOs_writes_nothing_ambiguous()
    {
        byte[] local = [0x55, 0x58, 12, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0xF5, 1, 20, 0], central = [0x55, 0x58, 8, 0, 1, 2, 3, 4, 5, 6, 7, 8];
        void Mac(ZipMaker.Member m) => (m.MadeBy, m.Attributes, m.LocalExtra, m.Extra, m.Flags, m.Descriptor) = (0x0315, 0x81A44000, local, central, 0, true);
        Good(new ZipMaker()
            .Add("書類/", "", m => (m.MadeBy, m.Attributes, m.Method, m.Flags, m.Extra) = (0x0315, 0x41ED4000, 0, 0, central))
            .Add("書類/か\u3099.txt", "content", Mac)
            .Add("__MACOSX/書類/._か\u3099.txt", "\0\u0005\u0016\u0007", Mac).Finish(), 2);
    }

    // WinRAR: the name in the OEM code page with substitutes, the whole name in the Unicode path field.
    [Fact]
    public void WinRar_writes_nothing_ambiguous()
    {
        byte[] Path(string raw, string path) => ZipReaderTests.UnicodePath(raw, path);
        Good(new ZipMaker()
            .Add("x", "content", m => (m.Name, m.Flags, m.MadeBy, m.Attributes, m.Extra) = ("___.txt"u8.ToArray(), 0, 0x14, 0x20, Path("___.txt", "日本語.txt")))
            .Add("plain.txt", "content", m => m.Extra = Path("plain.txt", "plain.txt")).Finish(), 2);
    }

    // Lhaplus: CP932 without flag, no folders, times in FAT format, made by 0.
    [Fact]
    public void Lhaplus_writes_nothing_ambiguous()
    {
        Encoding cp932 = CodePagesEncodingProvider.Instance.GetEncoding(932)!;
        Good(new ZipMaker().Add("x", "content", m => (m.Name, m.Flags, m.MadeBy, m.Attributes) = (cp932.GetBytes("資料\\能力表.doc"), 0, 10, 0x20)).Add("y", "", m => (m.Name, m.Flags, m.Method, m.MadeBy) = (cp932.GetBytes("空.txt"), 0, 0, 10)).Finish(), 2);
    }

    // Whatever unzip, 7-Zip or Python take out of a disagreeing archive, we have scanned, or the archive is refused by its floor.
    [Fact]
    public void What_other_readers_extract_was_scanned_or_refused()
    {
        using Workshop shop = new();
        List<byte[]> archives = [.. ZipReaderTests.Wrong().Select(row => row.Data.Item2), .. Mutants()];
        for (int i = 0; i < archives.Count; i++) shop.Write($"{i}/a.zip", archives[i]);
        shop.Write("all.sh", Encoding.ASCII.GetBytes($"""
            for i in $(seq 0 {archives.Count - 1}); do
              unzip -qq -o -P x $i/a.zip -d $i/unzip
              7zz x -y -bd -px -o$i/7zz $i/a.zip
            done
            """));
        shop.Write("all.py", Encoding.ASCII.GetBytes($"""
            import zipfile
            for i in range({archives.Count}):
                try:
                    for member in zipfile.ZipFile(f'{"{i}"}/a.zip').infolist():
                        try: zipfile.ZipFile(f'{"{i}"}/a.zip').extract(member, f'{"{i}"}/py')
                        except Exception: pass
                except Exception: pass
            """));
        shop.Run("7zz", "> /dev/null; unzip -v > /dev/null");
        shop.Run("sh", "all.sh < /dev/null > /dev/null 2>&1", mayFail: true);
        shop.Run("python3", "all.py > /dev/null 2>&1", mayFail: true);
        int extracted = 0;
        List<string> missed = [];
        for (int i = 0; i < archives.Count; i++)
        {
            Walked walked = Walk(archives[i]);
            HashSet<string> scanned = [.. walked.Children.Select(child => Hash(child.Bytes)), Hash([])];
            bool refused = walked.Findings.Any(found => found.Kind.Class is FindingClass.Ambiguous or FindingClass.Unscannable or FindingClass.Limit or FindingClass.Locked);
            foreach (string file in Directory.EnumerateFiles(shop[$"{i}"], "*", SearchOption.AllDirectories))
            {
                if (Path.GetFileName(file) == "a.zip" || !File.Exists(file) || (File.GetAttributes(file) & FileAttributes.ReparsePoint) != 0) continue;
                extracted++;
                if (!refused && !scanned.Contains(Hash(File.ReadAllBytes(file)))) missed.Add($"{file[shop.Folder.Length..]}; {string.Join(", ", walked.Kinds)}");
            }
        }

        // Names that are no UTF-8 cannot be deleted from here.
        shop.Run("chmod", "-R u+rwx .", mayFail: true);
        shop.Run("rm", "-rf *", mayFail: true);
        Assert.True(missed.Count == 0, string.Join('\n', missed));
        Assert.True(extracted > 50, $"{extracted} files");
    }

    private static IEnumerable<byte[]> Mutants()
    {
        byte[] good = new ZipMaker().Add("a.txt", "first content").Add("b.txt", "second content", m => m.Descriptor = true).Add("c.txt", "third", m => m.Method = 0).Finish();
        Random random = new(11);
        int count = Environment.GetEnvironmentVariable("MAILSANITIZER_FULL") == "1" ? 500 : 30;
        for (int i = 0; i < count; i++)
        {
            byte[] mutant = (byte[])good.Clone();
            for (int round = random.Next(1, 4); round > 0; round--) mutant[random.Next(mutant.Length)] = (byte)random.Next(256);
            yield return mutant;
        }
    }

    [Fact]
    public void The_zip_part_of_the_sharpcompress_suite_gives_the_same_files()
    {
        string folder = Suites.Folder("archives/sharpcompress");
        HashSet<string> originals = [.. Directory.EnumerateFiles(Path.Combine(folder, "Original"), "*", SearchOption.AllDirectories).Select(file => Hash(File.ReadAllBytes(file)))];
        string[] names =
        [
            "Zip.bzip2.dd.zip", "Zip.bzip2.noEmptyDirs.zip", "Zip.bzip2.zip", "Zip.deflate.dd-.zip", "Zip.deflate.dd.zip", "Zip.deflate.noEmptyDirs.zip", "Zip.deflate.zip", "Zip.deflate64.zip", "Zip.lzma.dd.zip",
            "Zip.lzma.noEmptyDirs.zip", "Zip.lzma.zip", "Zip.none.noEmptyDirs.zip", "Zip.none.zip", "Zip.ppmd.dd.zip", "Zip.ppmd.noEmptyDirs.zip", "Zip.ppmd.zip", "Zip.zip64.zip", "Zip.zipx", "WinZip26.zip", "WinZip26_BZip2.zipx",
            "WinZip26_LZMA.zipx", "WinZip27_XZ.zipx", "WinZip27_ZSTD.zipx",
        ];
        List<string> wrong = [];
        foreach (string name in names)
        {
            Walked walked = Walk(File.ReadAllBytes(Path.Combine(folder, "Archives", name)));
            int same = walked.Children.Count(child => originals.Contains(Hash(child.Bytes)));
            if (same < 1 || walked.Kinds.Any(kind => kind is "ambiguous-archive" or "checksum-mismatch" or "size-mismatch" or "damaged-archive" or "unsupported-archive")) wrong.Add($"{name}: {same} of {walked.Children.Count} {string.Join(" ", walked.Findings)}");
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Fact]
    public void The_yauzl_suite_is_read_or_refused()
    {
        string folder = Suites.Folder("archives/yauzl");
        List<string> wrong = [];
        foreach (string path in Directory.EnumerateFiles(Path.Combine(folder, "failure"), "*.zip"))
        {
            if (Walk(File.ReadAllBytes(path)).Findings.Count == 0) wrong.Add("passes: " + Path.GetFileName(path));
        }

        foreach (string path in Directory.EnumerateFiles(Path.Combine(folder, "success"), "*.zip"))
        {
            string tree = Path.ChangeExtension(path, null);
            if (!Directory.Exists(tree) || Path.GetFileName(path).StartsWith("traditional", StringComparison.Ordinal)) continue;
            Walked walked = Walk(File.ReadAllBytes(path));
            string[] files = [.. Directory.EnumerateFiles(tree, "*", SearchOption.AllDirectories).Where(file => !Path.GetFileName(file).StartsWith(".git_please", StringComparison.Ordinal) && !Path.GetFileName(file).StartsWith(".dont_expect", StringComparison.Ordinal)).Select(file => Hash(File.ReadAllBytes(file))).Order(StringComparer.Ordinal)];
            string[] members = [.. walked.Children.Where(child => !child.Description.AlternativeReading && !child.Description.Names[0].Text.EndsWith('/')).Select(child => Hash(child.Bytes)).Order(StringComparer.Ordinal)];
            // The tree in the suite lacks what no file system holds (a thousand empty files, odd names): what it has must be there.
            if (files.Except(members).Any() || members.Length < files.Length - 1) wrong.Add($"{Path.GetFileName(path)}: {files.Length} files, {members.Length} members");
            if (walked.Kinds.Contains("ambiguous-archive") && Path.GetFileName(path) is not ("unicode-path-extra-field.zip" or "sloppy-filenames.zip")) wrong.Add($"{Path.GetFileName(path)}: {string.Join(" ", walked.Findings)}");
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }
}

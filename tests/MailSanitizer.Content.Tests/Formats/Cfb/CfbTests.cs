using MailSanitizer.Content.Formats.Cfb;
using MailSanitizer.Content.Formats.Zip;

namespace MailSanitizer.Content.Tests.Formats.Cfb;

public sealed class CfbTests
{
    private static byte[] Write(CfbNode root)
    {
        using MemoryStream to = new();
        Assert.Null(CfbWriter.Write(root, new StreamPartOutput(to)));
        return to.ToArray();
    }

    private static byte[] Noise(int length, int seed)
    {
        byte[] noise = new byte[length];
        new Random(seed).NextBytes(noise);
        return noise;
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(64)]
    [InlineData(4_095)]
    [InlineData(4_096)]
    [InlineData(100_001)]
    [InlineData(8_000_000)]
    public void What_is_written_is_read(int length)
    {
        CfbNode root = CfbNode.Storage("");
        root.Clsid = new Guid("00020906-0000-0000-c000-000000000046");
        CfbNode storage = CfbNode.Storage("Macros");
        root.Children.Add(storage);
        for (int i = 0; i < 9; i++) storage.Children.Add(CfbNode.Stream($"s{i}", new MemoryPartBytes(Noise(i == 4 ? length : i * 700, i))));
        byte[] file = Write(root);
        Assert.Equal(0, file.Length % 512);
        CfbFile cfb = CfbFile.Open(new MemoryPartBytes(file), Limits.Default, out string problem)!;
        Assert.Equal("", problem);
        Assert.Empty(cfb.Problems);
        Assert.Equal(root.Clsid, cfb.Root.Clsid);
        Assert.Equal(11, cfb.Entries.Count);
        for (int i = 0; i < 9; i++) Assert.Equal(Noise(i == 4 ? length : i * 700, i), cfb.Content(cfb.Find($"macros/S{i}")!).ToArray(long.MaxValue));
    }

    [Fact]
    public void A_copy_without_a_storage_holds_nothing_of_it()
    {
        CfbNode root = CfbNode.Storage("");
        CfbNode macros = CfbNode.Storage("Macros");
        byte[] secret = Noise(5_000, 3);
        macros.Children.Add(CfbNode.Stream("VBA", new MemoryPartBytes(secret)));
        root.Children.AddRange([macros, CfbNode.Stream("WordDocument", new MemoryPartBytes(Noise(9_000, 4)))]);
        CfbFile before = CfbFile.Open(new MemoryPartBytes(Write(root)), Limits.Default, out _)!;
        byte[] after = Write(CfbNode.From(before, keep: entry => entry.Name != "Macros"));
        Assert.Equal(-1, after.AsSpan().IndexOf(secret.AsSpan(0, 16)));
        CfbFile again = CfbFile.Open(new MemoryPartBytes(after), Limits.Default, out _)!;
        Assert.Equal(["", "WordDocument"], again.Entries.Select(entry => entry.Path));
        Assert.Equal(Noise(9_000, 4), again.Content(again.Find("WordDocument")!).ToArray(10_000));
    }

    [Fact]
    public void Two_entries_of_one_name_are_refused()
    {
        CfbNode root = CfbNode.Storage("");
        root.Children.AddRange([CfbNode.Storage("a"), CfbNode.Storage("A")]);
        Assert.NotNull(CfbWriter.Write(root, new StreamPartOutput(Stream.Null)));
    }

    [Fact]
    public void Cycles_and_bounds_are_problems_not_loops()
    {
        CfbNode root = CfbNode.Storage("");
        root.Children.AddRange([CfbNode.Stream("one", new MemoryPartBytes(Noise(9_000, 1))), CfbNode.Stream("two", new MemoryPartBytes(Noise(9_000, 2)))]);
        byte[] good = Write(root);

        // The FAT is the first sector: let the first stream's chain point back to itself.
        byte[] cycle = (byte[])good.Clone();
        BitConverter.TryWriteBytes(cycle.AsSpan(512 + (4 * 3)), 2);
        Assert.NotEmpty(CfbFile.Open(new MemoryPartBytes(cycle), Limits.Default, out _)!.Problems);

        // The directory is the second: the root's child is its own left sibling.
        byte[] loop = (byte[])good.Clone();
        int child = BitConverter.ToInt32(loop, 1024 + 76);
        BitConverter.TryWriteBytes(loop.AsSpan(1024 + (128 * child) + 68), child);
        Assert.NotEmpty(CfbFile.Open(new MemoryPartBytes(loop), Limits.Default, out _)!.Problems);
        CfbFile cut = CfbFile.Open(new MemoryPartBytes(good), Limits.Default with { ArchiveEntries = 2 }, out _)!;
        Assert.True(cut.ListCut);
    }

    [Fact]
    public void Orphans_are_listed()
    {
        CfbNode root = CfbNode.Storage("");
        root.Children.Add(CfbNode.Stream("hidden", new MemoryPartBytes(Noise(5_000, 1))));
        byte[] file = Write(root);
        BitConverter.TryWriteBytes(file.AsSpan(1024 + 76), -1);
        CfbFile cfb = CfbFile.Open(new MemoryPartBytes(file), Limits.Default, out _)!;
        CfbEntry orphan = Assert.Single(cfb.Entries, entry => entry.IsOrphan);
        Assert.Equal(Noise(5_000, 1), cfb.Content(orphan).ToArray(5_000));
    }

    [Fact]
    public void Every_compound_file_of_the_office_suite_reads_and_comes_back()
    {
        string folder = Suites.Folder("office/poi");
        int read = 0;
        foreach (string path in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            MemoryPartBytes bytes = new(File.ReadAllBytes(path));
            if (!CfbFile.IsCfb(bytes) || CfbFile.Open(bytes, Limits.Default, out _) is not { } cfb || cfb.Problems.Count > 0) continue;
            read++;
            using MemoryStream to = new();
            Assert.Null(CfbWriter.Write(CfbNode.From(cfb), new StreamPartOutput(to)));
            CfbFile again = CfbFile.Open(new MemoryPartBytes(to.ToArray()), Limits.Default, out _)!;
            Assert.Empty(again.Problems);
            Assert.Equal(cfb.Entries.Select(entry => entry.Path).Order(StringComparer.Ordinal), again.Entries.Select(entry => entry.Path).Order(StringComparer.Ordinal));
            foreach (CfbEntry entry in cfb.Entries) Assert.Equal(cfb.Content(entry).Sha256, again.Content(again.Entries.First(other => other.Path == entry.Path)).Sha256);
        }

        Assert.True(read > 200, $"only {read} compound files without a problem");
    }
}

using System.Text;
using MailSanitizer.Content.Formats.Zip;
using MailSanitizer.Content.Tests.Formats.Zip;
using MailSanitizer.Content.Unpacking.Zip;

namespace MailSanitizer.Content.Tests.Unpacking.Zip;

public sealed class ZipHandlerTests
{
    private static readonly ZipHandler Handler = new();

    private static Walked Walk(byte[] archive, Limits? limits = null) => Walked.Do(Handler, archive, "a.zip", new Walked { Limits = limits ?? Limits.Default });

    private static string[] Names(Walked walked) => [.. walked.Files.Select(file => file.Name)];

    [Fact]
    public void Members_become_children_with_their_bytes()
    {
        Walked walked = Walk(new ZipMaker().Add("a.txt", "hello").Add("dir/", "", m => m.Method = 0).Add("dir/b.txt", "b", m => m.Descriptor = true).Add("empty", "", m => m.Method = 0).Finish());
        Assert.Empty(walked.Findings);
        Assert.Equal(["a.txt", "dir/b.txt", "empty"], Names(walked));
        Assert.Equal("hello"u8.ToArray(), walked.Children[0].Bytes);
    }

    [Theory]
    [MemberData(nameof(ZipReaderTests.Wrong), MemberType = typeof(ZipReaderTests))]
    public void The_table_decides_every_disagreement(string kind, byte[] archive)
    {
        ZipDisagreementKind which = Enum.Parse<ZipDisagreementKind>(kind);
        Assert.True(ZipVerdicts.Has(which));
        Walked walked = Walk(archive);
        if (ZipVerdicts.Of(which) is { } finding) Assert.Contains(finding.Id, walked.Kinds);
        else Assert.DoesNotContain(walked.Findings, found => found.Kind.Class == FindingClass.Ambiguous);
    }

    [Fact]
    public void Readings_beside_the_main_one_are_handed_over_as_alternatives()
    {
        Walked walked = Walk(new ZipMaker().Raw("stub"u8.ToArray()).Add("a", "x").Add("evil", "hidden", m => m.Listed = false).Add("c", "y", m => m.LocalMethod = 0).Finish());
        Assert.Contains(walked.Children, child => child.Description.AlternativeReading && child.Bytes.AsSpan().SequenceEqual("hidden"u8));
        Assert.Contains(walked.Children, child => child.Description.AlternativeReading && child.Bytes.AsSpan().SequenceEqual("stub"u8));
        Assert.Contains(walked.Children, child => child.Description.AlternativeReading && child.Bytes.AsSpan().SequenceEqual(ZipMaker.Deflate("y"u8.ToArray())));
    }

    [Fact]
    public void Content_that_is_not_what_the_headers_promise_is_found_and_still_scanned()
    {
        Walked crc = Walk(ZipMaker.One("a", "hello", m => m.Crc = 1));
        Assert.Contains("checksum-mismatch", crc.Kinds);
        Assert.Equal("hello"u8.ToArray(), crc.Children[0].Bytes);
        Walked size = Walk(ZipMaker.One("a", "hello", m => m.Size = 3));
        Assert.Contains("size-mismatch", size.Kinds);
        Assert.Equal("hello"u8.ToArray(), size.Children[0].Bytes);
        Walked left = Walk(ZipMaker.One("a", "hello", m => m.Packed = [.. ZipMaker.Deflate("hello"u8.ToArray()), 1]));
        Assert.Contains("ambiguous-archive", left.Kinds);
        byte[] text = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 20_000).Select(i => $"{i} ")));
        byte[] packed = ZipMaker.Deflate(text);
        packed.AsSpan(packed.Length / 2, 40).Fill(0xFF);
        Walked broken = Walk(new ZipMaker().Add("a", text, m => m.Packed = packed).Finish());
        Assert.Contains(broken.Kinds, kind => kind is "damaged-archive" or "checksum-mismatch" or "size-mismatch");
        Assert.True(broken.Children[0].Bytes.Length > text.Length / 3);
    }

    [Fact]
    public void Locks_and_unknown_methods_are_findings()
    {
        Assert.Contains("locked", Walk(ZipMaker.One("a", "hello", m => m.Flags = 1)).Kinds);
        Assert.Contains("unsupported-archive", Walk(ZipMaker.One("a", "hello", m => (m.Method, m.Packed) = (97, [1, 2, 3]))).Kinds);
        Assert.Contains("damaged-archive", Walk("PK is no archive"u8.ToArray()).Kinds);
    }

    [Fact]
    public void Names_and_links_are_findings()
    {
        Walked walked = Walk(new ZipMaker().Add("../evil", "x").Add("/abs", "x").Add("link", "target", m => (m.MadeBy, m.Attributes) = (0x0314, 0xA1FF0000)).Add("pipe", "", m => (m.MadeBy, m.Attributes, m.Method) = (0x0314, 0x11FF0000, 0)).Finish());
        Assert.Superset(new HashSet<string> { "member-name-traversal", "member-name-absolute", "member-symbolic-link", "member-special-file" }, walked.Kinds.ToHashSet());
        Assert.Contains(walked.Children, child => child.Bytes.AsSpan().SequenceEqual("target"u8));
    }

    [Theory]
    [InlineData("entries")]
    [InlineData("directory")]
    [InlineData("memory")]
    public void Limits_are_findings(string limit)
    {
        ZipMaker maker = new();
        for (int i = 0; i < 20; i++) maker.Add($"{i}", "x");
        byte[] many = maker.Finish();
        if (limit == "entries") Assert.Contains("over-entries", Walk(many, Limits.Default with { ArchiveEntries = 10 }).Kinds);
        if (limit == "directory") Assert.Contains("over-entries", Walk(many, Limits.Default with { DirectoryBytes = 500 }).Kinds);
        byte[] lzma = [9, 20, 5, 0, 0x5D, 0, 0, 0, 0x20, .. new byte[20]];
        byte[] ppmd = [0xF5, 0x0F, .. new byte[20]];
        byte[] zstd = [0x28, 0xB5, 0x2F, 0xFD, 0x00, 0xA0, .. new byte[20]];
        byte[] xz = [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0, 0, 4, 0, 0, 0, 0, 2, 0, 0x21, 1, 0x26, .. new byte[20]];
        if (limit != "memory") return;
        foreach ((int method, byte[] packed) in new[] { (14, lzma), (98, ppmd), (93, zstd), (95, xz) })
            Assert.Contains("over-memory", Walk(ZipMaker.One("a", "x", m => (m.Method, m.Packed) = (method, packed))).Kinds);
    }

    [Fact]
    public void A_hundred_thousand_entries_are_cut()
    {
        ZipMaker maker = new();
        for (int i = 0; i < 100_000; i++) maker.Add($"{i}", [], m => m.Method = 0);
        Walked walked = Walk(maker.Finish());
        Assert.Contains("over-entries", walked.Kinds);
        Assert.Equal(Limits.Default.ArchiveEntries, walked.Children.Count);
    }

    [Fact]
    public void Members_that_share_their_bytes_are_read_once_and_ambiguous()
    {
        ZipMaker maker = new ZipMaker().Add("0", new byte[100_000]);
        byte[] packed = maker.Members[0].Data;
        for (int i = 1; i < 2_000; i++) maker.Members.Add(new ZipMaker.Member { Name = Encoding.ASCII.GetBytes($"{i}"), Content = maker.Members[0].Content, Packed = packed, Offset = 0 });
        Walked walked = Walk(maker.Finish());
        Assert.Contains("ambiguous-archive", walked.Kinds);
        Assert.Single(walked.Children);
    }

    [Fact]
    public void A_large_bomb_is_streamed_in_little_memory()
    {
        long length = (Environment.GetEnvironmentVariable("MAILSANITIZER_FULL") == "1" ? 2048L : 256L) * 1024 * 1024;
        using MemoryStream packed = new();
        using (System.IO.Compression.DeflateStream deflate = new(packed, System.IO.Compression.CompressionLevel.Fastest, true))
        {
            byte[] zeros = new byte[1 << 20];
            for (long done = 0; done < length; done += zeros.Length) deflate.Write(zeros);
        }

        byte[] archive = ZipMaker.One("zeros", "", m => (m.Packed, m.Size, m.LocalSize) = (packed.ToArray(), (uint)(length & 0xFFFFFFFF), (uint)(length & 0xFFFFFFFF)));
        Draining drain = new();
        long before = GC.GetAllocatedBytesForCurrentThread();
        using MemoryPartBytes bytes = new(archive);
        Handler.Walk(Walked.PartOf(bytes, "a.zip", "zip"), drain);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal(length, drain.Count);
        Assert.True(allocated < 64 * 1024 * 1024, $"{allocated} bytes allocated");
    }

    [Theory]
    [InlineData("日本語ファイル名.txt", 932)]
    [InlineData("表計算.xlsx", 932)]
    [InlineData("見積書.pdf", 51932)]
    [InlineData("ｶﾀｶﾅ.txt", 932)]
    public void Japanese_names_come_out_right_and_go_back_unchanged(string name, int codePage)
    {
        byte[] raw = CodePagesEncodingProvider.Instance.GetEncoding(codePage)!.GetBytes(name);
        byte[] archive = new ZipMaker().Add("x", "hello", m => (m.Name, m.Flags) = (raw, 0)).Add("b", "gone").Finish();
        Assert.Equal(name, Names(Walk(archive))[0]);
        Rebuilt rebuilt = Rebuilt.Do(Handler, archive, "a.zip", new Rebuilt { Decide = d => d.Names[0].Text == "b" ? ChildDecision.Strip : ChildDecision.Keep });
        Assert.Equal(RebuildKind.Rewritten, rebuilt.Outcome.Kind);
        ZipEntry kept = Assert.Single(ZipReader.Read(new MemoryPartBytes(rebuilt.Bytes), Limits.Default)!.Entries);
        Assert.Equal(raw, kept.RawName.ToArray());
    }

    [Fact]
    public void Nothing_changed_is_said()
    {
        byte[] archive = new ZipMaker().Add("a", "x").Add("../b", "y").Finish();
        Assert.Equal(RebuildKind.Unchanged, Rebuilt.Do(Handler, archive, "a.zip", new Rebuilt()).Outcome.Kind);
    }

    [Fact]
    public void Names_and_links_are_taken_out_when_asked_for()
    {
        byte[] archive = new ZipMaker().Add("../evil.txt", "x").Add("evil.txt", "y").Add("link", "target", m => (m.MadeBy, m.Attributes) = (0x0314, 0xA1FF0000)).Finish();
        Rebuilt rebuilt = Rebuilt.Do(Handler, archive, "a.zip", new Rebuilt { Takes = kind => kind.Class == FindingClass.Active });
        Walked after = Walk(rebuilt.Bytes);
        Assert.DoesNotContain(after.Findings, found => found.Kind.Class == FindingClass.Active);
        Assert.Equal(2, after.Children.Count);
        Assert.Contains("evil.txt", Names(after));
    }

    [Fact]
    public void Harmless_disagreements_vanish_and_ambiguous_archives_are_not_rewritten()
    {
        byte[] harmless = [.. new ZipMaker().Raw("stub"u8.ToArray()).Add("a", "x").Raw("between"u8.ToArray()).Add("b", "y").Add("b", "y").Finish(), 1, 2, 3];
        Assert.Contains("archive-disagreement", Walk(harmless).Kinds);
        Rebuilt rebuilt = Rebuilt.Do(Handler, harmless, "a.zip", new Rebuilt { Takes = kind => kind.Class == FindingClass.Active });
        Assert.Equal(RebuildKind.Rewritten, rebuilt.Outcome.Kind);
        Assert.Empty(Walk(rebuilt.Bytes).Findings);
        byte[] ambiguous = ZipMaker.One("a.txt", "x", m => m.LocalName = "a.exe"u8.ToArray());
        Assert.Equal(RebuildKind.Failed, Rebuilt.Do(Handler, ambiguous, "a.zip", new Rebuilt { Takes = _ => true }).Outcome.Kind);
        byte[] program = [.. "MZ program"u8, .. ZipMaker.One("a", "x")];
        Assert.Equal(RebuildKind.Failed, Rebuilt.Do(Handler, program, "a.exe", new Rebuilt { Takes = kind => kind.Class == FindingClass.Active }).Outcome.Kind);
    }

    [Fact]
    public void Members_are_replaced_and_renamed_and_tools_read_the_result()
    {
        using Workshop shop = new();
        byte[] archive = new ZipMaker { Comment = "c"u8.ToArray() }.Add("dir/a.docm", "old").Add("b.txt", new string('b', 9_000), m => m.Descriptor = true).Add("日本.txt", "kept").Finish();
        Rebuilt rebuilt = Rebuilt.Do(Handler, archive, "a.zip", new Rebuilt { Decide = Rebuilt.Replace("dir/a.docm", "new"u8.ToArray(), "a.docx") });
        Walked after = Walk(rebuilt.Bytes);
        Assert.Empty(after.Findings);
        Assert.Equal(["dir/a.docx", "b.txt", "日本.txt"], Names(after));
        Assert.Equal("new"u8.ToArray(), after.Children[0].Bytes);
        Assert.True(rebuilt.Copied > 0);
        shop.Write("a.zip", rebuilt.Bytes);
        shop.Run("unzip", "-tq a.zip");
        shop.Run("7zz", "t a.zip");
        shop.Run("python3", "-c \"import zipfile; z=zipfile.ZipFile('a.zip'); assert z.testzip() is None; assert z.read('dir/a.docx')==b'new'\"");
    }

    [Fact]
    public void A_walk_and_a_rebuild_ask_for_the_same_children()
    {
        byte[] archive = new ZipMaker().Raw("stub"u8.ToArray()).Add("a", "x").Add("locked", "hello", m => m.Flags = 1).Add("odd", "x", m => (m.Method, m.Packed) = (97, [1])).Add("d/", "", m => m.Method = 0).Add("", "nameless").Finish();
        Rebuilt rebuilt = Rebuilt.Do(Handler, archive, "a.zip", new Rebuilt { Takes = kind => kind.Class == FindingClass.Active });
        Assert.Equal(Walk(archive).Children.Select(child => child.Description.ToString()), rebuilt.Asked.Select(asked => asked.ToString()));
    }

    [Fact]
    public void Nothing_in_the_content_library_opens_a_file_by_name()
    {
        DirectoryInfo? at = new(AppContext.BaseDirectory);
        while (at is not null && !File.Exists(Path.Combine(at.FullName, "MailSanitizer.sln"))) at = at.Parent;
        Assert.SkipWhen(at is null, "the sources are not there");
        foreach (string file in Directory.EnumerateFiles(Path.Combine(at!.FullName, "src", "MailSanitizer.Content", "Unpacking"), "*.cs", SearchOption.AllDirectories))
            Assert.DoesNotMatch(@"\b(File|Directory)\.(Create|Open|Write|Append|Move|Copy)|new FileStream", File.ReadAllText(file));
    }

    private sealed class Draining : IWalkContext
    {
        public long Count { get; private set; }

        public Limits Limits { get; } = Limits.Default;

        public CancellationToken Cancellation => default;

        public IReadOnlyList<Password> Passwords => [];

        public void Report(FindingKind kind, string location = "", string detail = "", ReadOnlySpan<byte> removed = default)
        {
        }

        public ChildResult Child(ChildDescription description, Stream content)
        {
            byte[] buffer = new byte[128 * 1024];
            for (int got; (got = content.Read(buffer)) > 0;) Count += got;
            return ChildResult.Complete;
        }

        public void Link(string url, string source, string text = "")
        {
        }

        public bool ChargeGuessing(TimeSpan cpu) => true;

        public void Opened(Password password, string location = "")
        {
        }
    }
}

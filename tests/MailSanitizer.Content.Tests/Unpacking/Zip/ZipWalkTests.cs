using MailSanitizer.Content.Tests.Formats.Zip;
using MailSanitizer.Content.Tests.PartWalking;
using MailSanitizer.Content.Unpacking.Zip;

namespace MailSanitizer.Content.Tests.Unpacking.Zip;

/// <summary>ZIP under the walker: nests, bombs and whole mails.</summary>
public sealed class ZipWalkTests
{
    private static readonly IPartHandler[] Handlers = [new ZipHandler()];

    private static RecordingSink Walk(byte[] archive, Limits? limits = null) => Walks.Walk(archive, new WalkJob { FileName = "a.zip", Limits = limits ?? Limits.Default, Send = [] }, Handlers);

    [Fact]
    public void A_nest_ends_at_the_depth_limit()
    {
        byte[] archive = ZipMaker.One("core.txt", "x");
        for (int i = 0; i < 20; i++) archive = new ZipMaker().Add($"{i}.zip", archive).Finish();
        Assert.Contains("over-depth", Walk(archive).Kinds);
    }

    // As 42.zip: 16 archives in 16 archives … of one file; the limit on bytes ends it, not patience.
    [Fact]
    public void A_wide_nest_ends_at_the_size_limit()
    {
        byte[] archive = new ZipMaker().Add("zeros", new byte[1 << 20]).Finish();
        for (int level = 0; level < 4; level++)
        {
            ZipMaker maker = new();
            for (int i = 0; i < 16; i++) maker.Add($"{i}.zip", archive);
            archive = maker.Finish();
        }

        RecordingSink sink = Walk(archive, Limits.Default with { TotalBytes = 64 << 20 });
        Assert.Contains("over-size", sink.Kinds);
        Assert.True(sink.Parts.Count < 2_000);
    }

    [Fact]
    public void A_bomb_ends_at_the_ratio_limit() =>
        Assert.Contains("over-ratio", Walk(new ZipMaker().Add("zeros", new byte[40 << 20]).Finish(), Limits.Default with { RatioFloor = 1 << 20 }).Kinds);

    [Fact]
    public void Nested_members_have_their_path_and_are_rebuilt_from_inside_out()
    {
        byte[] inner = new ZipMaker().Add("evil.txt", "evil").Add("good.txt", "good").Finish();
        byte[] outer = new ZipMaker().Add("dir/inner.zip", inner).Add("b.txt", "b").Finish();
        RecordingSink sink = Walk(outer);
        Assert.Equal(["", "dir_inner.zip", "dir_inner.zip/evil.txt", "dir_inner.zip/good.txt", "b.txt"], sink.Parts.Select(part => part.Path));
        (RebuildReport report, byte[] bytes, _) = Walks.Rebuild(outer, Walks.Job(Walks.Treat(sink, "dir_inner.zip/evil.txt", TreatmentKind.Strip)) with { FileName = "a.zip" }, Handlers);
        Assert.Null(report.Failure);
        Assert.Equal(["", "dir_inner.zip", "dir_inner.zip/good.txt", "b.txt"], Walk(bytes).Parts.Select(part => part.Path));
    }

    [Fact]
    public void No_mismatch_in_the_good_mails_of_the_suites()
    {
        List<string> wrong = [];
        string folder = Suites.Folder("mime");
        foreach (string path in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Where(path => path.EndsWith(".eml", StringComparison.Ordinal) || path.EndsWith(".msg", StringComparison.Ordinal)))
        {
            if (path.Contains("malformed", StringComparison.Ordinal)) continue;
            RecordingSink sink = Walks.Walk(File.ReadAllBytes(path), new WalkJob { Send = [], Candidates = false });
            foreach (FindingFact found in sink.Findings.Where(found => found.Kind is "mismatch" or "polyglot"))
            {
                PartFact part = sink.Parts.Single(part => part.Path == found.Path);
                if (!part.AlternativeReading) wrong.Add($"{Path.GetRelativePath(folder, path)} {found.Path} {part.Name} {part.DeclaredType} {part.Size}: {found.Kind} {found.Detail}");
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }
}

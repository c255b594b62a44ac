using System.Text;

namespace MailSanitizer.Content.Tests.PartWalking;

/// <summary>The walker with handlers made for the purpose: limits, faults, paths, views.</summary>
public sealed class PartWalkerTests
{
    /// <summary>A handler in two lambdas, for parts of one format.</summary>
    private sealed class Made(string format, Action<Part, IWalkContext> walk, Func<Part, IRebuildContext, IPartOutput, RebuildOutcome>? rebuild = null) : IPartHandler
    {
        public IReadOnlyCollection<string> Formats { get; } = [format];

        public void Walk(Part part, IWalkContext context) => walk(part, context);

        public RebuildOutcome Rebuild(Part part, IRebuildContext context, IPartOutput output) => rebuild is null ? RebuildOutcome.Unchanged : rebuild(part, context, output);
    }

    private static readonly FindingKind Removable = WalkFindings.ParseError;

    private static MemoryStream Content(string text) => new(Encoding.UTF8.GetBytes(text));

    // A message whose "handler" hands out what the test wants; children that are again messages nest.
    private static RecordingSink Walk(Action<Part, IWalkContext> walk, Limits? limits = null, Func<TimeSpan>? cpu = null, IScratch? scratch = null, params IReadOnlyList<string> send) =>
        Walks.Walk("message"u8.ToArray(), new WalkJob { Limits = limits ?? Limits.Default, Send = send.Count == 0 ? ["leaves", "skeleton"] : send }, [new Made("eml", walk)], scratch, cpu);

    private static ChildDescription Named(string name) => new(new PartName("member", name)) { DeclaredType = "text/plain" };

    private static ChildDescription Message(string segment) => new() { Segment = segment, DeclaredType = "message/rfc822" };

    [Fact]
    public void A_child_is_reported_walked_and_given_out_before_the_call_returns()
    {
        List<string> order = [];
        RecordingSink sink = Walk((part, context) =>
        {
            if (part.Depth > 0) return;
            Assert.Equal(ChildResult.Complete, context.Child(Named("a.txt"), Content("one")));
            order.Add("back");
        });
        Assert.Equal(["", "a.txt"], sink.Parts.Select(part => part.Path));
        Assert.Equal("one", Encoding.UTF8.GetString(sink.Leaf("a.txt")));
        Assert.Equal(["back"], order);
        Assert.Equal("", sink.Parts[1].Parent);
        Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData("one"u8)), sink.Parts[1].Sha256);
    }

    [Fact]
    public void Depth_is_limited()
    {
        RecordingSink sink = Walk((part, context) => context.Child(Message("1"), Content("deeper")), Limits.Default with { Depth = 3 });
        Assert.Equal(["", "1", "1/1", "1/1/1"], sink.Parts.Select(part => part.Path));
        FindingFact finding = Assert.Single(sink.Findings, finding => finding.Kind == "over-depth");
        Assert.Equal("1/1/1", finding.Path);

        // What could not be opened is itself scanned.
        Assert.Contains(sink.Leaves, leaf => leaf is { Path: "1/1/1", View: "leaf" });
    }

    [Fact]
    public void Parts_are_limited_and_the_limit_is_said_once()
    {
        List<ChildResult> results = [];
        RecordingSink sink = Walk((part, context) =>
        {
            for (int child = 0; child < 20; child++) results.Add(context.Child(Named("x.txt"), Content("x")));
        }, Limits.Default with { Parts = 5 });
        Assert.Equal(5, sink.Parts.Count);
        Assert.Single(sink.Findings, finding => finding.Kind == "over-parts");
        Assert.Equal(16, results.Count(result => result is ChildResult.Stop));
    }

    [Fact]
    public void Bytes_of_all_parts_together_are_limited()
    {
        RecordingSink sink = Walk((part, context) =>
        {
            Assert.Equal(ChildResult.Complete, context.Child(Named("a.txt"), Content(new string('a', 600))));
            Assert.Equal(ChildResult.Cut, context.Child(Named("b.txt"), Content(new string('b', 600))));
            Assert.Equal(ChildResult.Stop, context.Child(Named("c.txt"), Content("c")));
        }, Limits.Default with { TotalBytes = 1_000 });
        Assert.Equal(400, sink.Parts.Single(part => part.Path == "b.txt").Size);
        Assert.Contains(sink.Findings, finding => finding is { Kind: "over-size", Path: "b.txt" });
    }

    [Fact]
    public void The_ratio_counts_above_its_floor_only()
    {
        Limits limits = Limits.Default with { Ratio = 10, RatioFloor = 1_000 };
        RecordingSink sink = Walk((part, context) =>
        {
            Assert.Equal(ChildResult.Complete, context.Child(Named("small.txt") with { PackedSize = 1 }, Content(new string('a', 900))));
            Assert.Equal(ChildResult.Complete, context.Child(Named("fair.txt") with { PackedSize = 1_000 }, Content(new string('a', 9_000))));
            Assert.Equal(ChildResult.Cut, context.Child(Named("bomb.txt") with { PackedSize = 10 }, new Endless()));
        }, limits);
        Assert.Equal("bomb.txt", Assert.Single(sink.Findings, finding => finding.Kind == "over-ratio").Path);
    }

    [Fact]
    public void Processor_time_is_limited_by_the_meter_that_is_given()
    {
        TimeSpan used = TimeSpan.Zero;
        RecordingSink sink = Walk((part, context) =>
        {
            Assert.Equal(ChildResult.Complete, context.Child(Named("a.txt"), Content("a")));
            used = TimeSpan.FromSeconds(100);
            Assert.Equal(ChildResult.Stop, context.Child(Named("b.txt"), Content("b")));
        }, cpu: () => used);
        Assert.Single(sink.Findings, finding => finding.Kind == "over-time");
    }

    [Fact]
    public void Findings_are_limited()
    {
        RecordingSink sink = Walk((part, context) =>
        {
            for (int finding = 0; finding < 50; finding++) context.Report(WalkFindings.ParseError, "at " + finding);
        }, Limits.Default with { Findings = 10 });
        Assert.Equal(11, sink.Findings.Count);
        Assert.Equal("over-findings", sink.Findings[^1].Kind);
    }

    [Fact]
    public void Links_are_limited()
    {
        RecordingSink sink = Walk((part, context) =>
        {
            for (int link = 0; link < 50; link++) context.Link("http://x.example/" + link, "html");
        }, Limits.Default with { Links = 10 });
        Assert.Equal(10, sink.Links.Count);
        Assert.Single(sink.Findings, finding => finding.Kind == "over-findings");
    }

    [Fact]
    public void Long_texts_in_facts_are_cut_with_a_mark()
    {
        RecordingSink sink = Walk((part, context) => context.Report(WalkFindings.ParseError, new string('x', 5_000), "\ud83d\ude00" + new string('y', 5_000)), Limits.Default with { FactText = 2 });
        Assert.Equal(("x…", "…"), (sink.Findings[0].Location, sink.Findings[0].Detail));
    }

    [Fact]
    public void An_exception_of_a_handler_is_a_finding_and_says_no_content()
    {
        RecordingSink sink = Walk((part, context) => throw new InvalidDataException("secret body text"));
        FindingFact finding = Assert.Single(sink.Findings, finding => finding.Kind == "parse-error");
        Assert.DoesNotContain("secret", finding.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void A_limit_thrown_through_a_reader_is_that_finding()
    {
        RecordingSink sink = Walk((part, context) => throw new LimitReachedException(WalkFindings.OverRatio));
        Assert.Equal(["over-ratio"], sink.Kinds);
    }

    [Fact]
    public void A_stream_that_breaks_gives_what_came_before_it()
    {
        RecordingSink sink = Walk((part, context) => Assert.Equal(ChildResult.Broken, context.Child(Named("a.txt"), new Breaking("abc"u8.ToArray(), new InvalidDataException()))));
        Assert.Equal("abc", Encoding.ASCII.GetString(sink.Leaf("a.txt")));
    }

    [Fact]
    public void Trouble_of_the_host_is_no_finding()
    {
        // The disk fills: the handler may swallow what it likes.
        Assert.Throws<ScratchFailedException>(() => Walk((part, context) =>
        {
            try
            {
                context.Child(Named("big.txt"), new Endless(1_000_000));
            }
            catch (IOException)
            {
            }
        }, Limits.Default with { PartMemory = 4_096 }, scratch: new FullScratch()));
        Assert.Throws<OutOfMemoryException>(() => Walk((part, context) => throw new OutOfMemoryException()));
        using CancellationTokenSource cancelled = new();
        cancelled.Cancel();
        using MemoryPartBytes bytes = new("x"u8.ToArray());
        Assert.Throws<OperationCanceledException>(() => new PartWalker(Walks.MailOnly, new TemporaryScratch()).Walk(bytes, new WalkJob(), new RecordingSink(), cancelled.Token));
    }

    [Fact]
    public void A_sink_that_fails_ends_the_job()
    {
        using MemoryPartBytes bytes = new(Walks.Mail("Subject: x\n\nbody"));
        Assert.Throws<EndOfStreamException>(() => new PartWalker(Walks.MailOnly, new TemporaryScratch()).Walk(bytes, new WalkJob(), new FailingSink(), TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Large_parts_go_to_scratch_and_come_back_the_same()
    {
        TemporaryScratch scratch = new();
        RecordingSink sink = Walk((part, context) => context.Child(Named("big.bin"), new Endless(300_000)), Limits.Default with { PartMemory = 10_000 }, scratch: scratch);
        Assert.Equal(1, scratch.Created);
        byte[] big = sink.Leaf("big.bin");
        Assert.Equal(300_000, big.Length);
        Assert.Equal(sink.Parts[1].Sha256, Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(big)));
    }

    [Fact]
    public void Paths_are_unique_safe_and_bounded()
    {
        RecordingSink sink = Walk((part, context) =>
        {
            if (part.Depth > 0) return;
            foreach (string name in new[] { "a.txt", "a.txt", "a.txt~2", "../../etc/passwd", "a\u202Egpj.exe", "", "..", new string('x', 500) + ".exe", "a\nb" })
                context.Child(Named(name), Content("x"));
            context.Child(new ChildDescription(new PartName("filename", "report.zip")) { Segment = "1.2", DeclaredType = "text/plain" }, Content("x"));
        });
        List<string> paths = [.. sink.Parts.Skip(1).Select(part => part.Path)];
        Assert.Equal(["a.txt", "a.txt~2", "a.txt~2~2", ".._.._etc_passwd", "a_gpj.exe", "#6", "#7"], paths.Take(7));
        Assert.EndsWith(".exe", paths[7], StringComparison.Ordinal);
        Assert.InRange(paths[7].Length, 1, Limits.Default.PathSegment);
        Assert.Equal("a_b", paths[8]);
        Assert.Equal("1.2/report.zip", paths[9]);
        Assert.Equal(paths.Count, paths.Distinct().Count());
    }

    [Fact]
    public void A_container_that_was_opened_whole_is_sent_only_when_asked_for()
    {
        static void Nest(Part part, IWalkContext context)
        {
            if (part.Depth == 0) context.Child(Message("1"), Content("From: a@b.example\r\nSubject: x\r\nDate: Mon, 1 Jan 2024 00:00:00 +0000\r\n\r\ninner"));
            else context.Child(Named("leaf.txt"), Content("leaf"));
        }

        Assert.Equal(["1/leaf.txt"], Walk(Nest, send: "leaves").Leaves.Select(leaf => leaf.Path));
        Assert.Equal([("1/leaf.txt", "leaf"), ("1", "container")], Walk(Nest, send: ["leaves", "containers"]).Leaves.Select(leaf => (leaf.Path, leaf.View)));
    }

    [Fact]
    public void What_the_container_found_stands_at_the_childs_path()
    {
        RecordingSink sink = Walk((part, context) =>
        {
            if (part.Depth == 0) context.Child(Named("a.txt") with { Findings = [new ChildFinding(WalkFindings.ParseError, "header", "why")] }, Content("x"));
        });
        Assert.Equal(new FindingFact("parse-error", "a.txt", "header", "why", null), Assert.Single(sink.Findings));
    }

    [Fact]
    public void A_known_format_that_nobody_takes_is_a_finding()
    {
        RecordingSink sink = Walk((part, context) =>
        {
            if (part.Depth == 0) context.Child(new ChildDescription { Segment = "1", DeclaredType = "text/html" }, Content("<p>x"));
        });
        Assert.Contains(sink.Findings, finding => finding is { Kind: "no-disarmer", Path: "1", Detail: "html" });
    }

    [Fact]
    public void A_single_file_is_its_own_root()
    {
        RecordingSink sink = Walks.Walk("text"u8.ToArray(), new WalkJob { FileName = "a.txt" }, []);
        Assert.Equal(("", "a.txt"), (sink.Parts[0].Path, sink.Parts[0].Name));
        Assert.Equal("text", Encoding.ASCII.GetString(sink.Leaf("")));
    }

    [Fact]
    public void Guessing_is_metered_for_the_part_and_the_message()
    {
        Limits limits = Limits.Default with { GuessingPartMilliseconds = 100, GuessingMessageMilliseconds = 150 };
        List<bool> charged = [];
        Walk((part, context) =>
        {
            charged.Add(context.ChargeGuessing(TimeSpan.FromMilliseconds(90)));
            if (part.Depth == 0) context.Child(Message("1"), Content("x"));
        }, limits);
        Assert.Equal([true, false], charged);
    }

    [Fact]
    public void All_handlers_of_a_part_walk_and_rebuild_one_behind_the_other()
    {
        IPartHandler Appending(string what) => new Made("eml", (part, context) => context.Report(Removable, what), (part, context, output) =>
        {
            output.Copy(0, part.Bytes.Length);
            output.Write(Encoding.ASCII.GetBytes(what));
            return RebuildOutcome.Rewritten;
        });
        byte[] message = "message "u8.ToArray();
        IReadOnlyList<IPartHandler> handlers = [Appending("one "), Appending("two")];
        RecordingSink sink = Walks.Walk(message, handlers: handlers);
        Assert.Equal(["one ", "two"], sink.Findings.Select(finding => finding.Location));
        (RebuildReport report, byte[] bytes, long copied) = Walks.Rebuild(message, Walks.Job(Walks.Treat(sink, "", TreatmentKind.Disarm)), handlers);
        Assert.Null(report.Failure);
        Assert.Equal("message one two", Encoding.ASCII.GetString(bytes));
        Assert.Equal(message.Length, copied);
        Assert.Equal("disarmed", Assert.Single(report.Changes).Done);
    }

    [Fact]
    public void A_treatment_that_does_not_fit_fails_the_job()
    {
        byte[] message = Walks.Mail("Subject: x\n\nbody");
        RecordingSink sink = Walks.Walk(message);
        Assert.NotNull(Walks.Rebuild(message, Walks.Job(new Treatment("1", new string('0', 64), TreatmentKind.Strip))).Report.Failure);
        Assert.NotNull(Walks.Rebuild(message, Walks.Job(new Treatment("9", new string('0', 64), TreatmentKind.Strip))).Report.Failure);
        Assert.NotNull(Walks.Rebuild(message, Walks.Job(Walks.Treat(sink, "", TreatmentKind.Strip))).Report.Failure);
        Assert.NotNull(Walks.Rebuild(message, Walks.Job(Walks.Treat(sink, "1", TreatmentKind.Strip), Walks.Treat(sink, "1", TreatmentKind.Replace))).Report.Failure);
        Assert.Null(Walks.Rebuild(message, Walks.Job(Walks.Treat(sink, "1", TreatmentKind.Keep))).Report.Failure);
    }

    [Fact]
    public void A_disarm_that_fails_leaves_a_notice()
    {
        byte[] message = Walks.Mail("Content-Type: application/pdf; name=a.pdf\n\n%PDF-1.4");
        RecordingSink sink = Walks.Walk(message);
        Treatment treatment = new("1/a.pdf", sink.Parts[1].Sha256, TreatmentKind.Disarm) { Notice = "taken out", NoticeName = "n.txt" };
        (RebuildReport report, byte[] bytes, _) = Walks.Rebuild(message, Walks.Job(treatment));
        Assert.Equal("disarm-failed", report.Changes[0].Done);
        RecordingSink after = Walks.Walk(bytes);
        Assert.Equal("taken out", Encoding.ASCII.GetString(after.Leaf("1/n.txt")));
    }

    [Fact]
    public void A_part_below_a_part_that_goes_counts_as_done()
    {
        byte[] message = Walks.Mail("Content-Type: message/rfc822\n\nSubject: inner\n\nbody");
        RecordingSink sink = Walks.Walk(message);
        (RebuildReport report, byte[] bytes, _) = Walks.Rebuild(message, Walks.Job(Walks.Treat(sink, "1", TreatmentKind.Replace, "gone"), Walks.Treat(sink, "1/1", TreatmentKind.Strip)));
        Assert.Null(report.Failure);
        Assert.Contains("gone", Encoding.ASCII.GetString(bytes), StringComparison.Ordinal);
    }

    private sealed class Endless(long length = long.MaxValue) : Stream
    {
        private long _at;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count)
        {
            count = (int)Math.Min(count, length - _at);
            for (int index = 0; index < count; index++) buffer[offset + index] = (byte)((_at + index) * 7);
            _at += count;
            return count;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }

    private sealed class Breaking(byte[] first, Exception failure) : MemoryStream(first)
    {
        public override int Read(Span<byte> buffer) => Position < Length ? base.Read(buffer) : throw failure;

        public override int Read(byte[] buffer, int offset, int count) => Position < Length ? base.Read(buffer, offset, count) : throw failure;
    }

    private sealed class FullScratch : IScratch
    {
        public FileStream CreateUnlinked() => throw new IOException("No space left on device");
    }

    private sealed class FailingSink : IWalkSink
    {
        public void Part(PartFact fact)
        {
            if (fact.Depth > 0) throw new EndOfStreamException("pipe");
        }

        public void Finding(FindingFact fact)
        {
        }

        public void Candidate(CandidateFact fact)
        {
        }

        public void Link(LinkFact fact)
        {
        }

        public void Leaf(string path, string sha256, string view, PartBytes bytes)
        {
        }
    }
}

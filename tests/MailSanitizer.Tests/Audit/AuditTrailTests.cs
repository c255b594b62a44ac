using System.Text;
using System.Text.Json.Nodes;
using MailSanitizer.Audit;
using MailSanitizer.Mail;

namespace MailSanitizer.Tests.Audit;

public sealed class AuditTrailTests
{
    [Fact]
    public async Task Records_are_numbered_chained_and_canonical()
    {
        await using AuditRig rig = new();
        await rig.WriteAsync(20);
        await rig.WriteAsync(5);
        string prev = new('0', 64);
        long seq = 0;
        foreach (string line in rig.Lines())
        {
            JsonObject record = (JsonObject)JsonNode.Parse(line)!;
            Assert.Equal(++seq, (long)record["seq"]!);
            Assert.Equal(prev, (string)record["prev"]!);
            Assert.Equal(1, (int)record["v"]!);
            Assert.True(new CanonicalLine(Encoding.UTF8.GetBytes(line)).Check());
            prev = AuditRecord.HashOf(Encoding.UTF8.GetBytes(line));
        }

        Assert.Equal(26, seq);
        AuditVerification found = rig.Verify();
        Assert.True(found.IsWhole, found.Problem?.Text);
        Assert.Equal((26, 1, 26, prev), (found.Records, found.FirstSeq, found.LastSeq, found.HeadHash));
        Assert.Empty(found.Notes);
    }

    [Fact]
    public async Task Writers_at_once_share_writes_and_every_record_is_there()
    {
        await using AuditRig rig = new();
        await using (AuditTrail trail = rig.Open())
        {
            await Task.WhenAll(Enumerable.Range(0, 500).Select(number => Task.Run(() => trail.AppendAsync(AuditRig.Event(number), CancellationToken.None))));
            Assert.Equal(501, trail.LastSeq);
        }

        Assert.True(rig.Verify().IsWhole);
        Assert.Equal(500, rig.Lines().Select(line => (string?)JsonNode.Parse(line)!["email"]?["from"]?["address"]).OfType<string>().Distinct().Count());
    }

    [Fact]
    public async Task The_subject_stands_as_a_keyed_hash_only()
    {
        await using AuditRig rig = new();
        await using AuditTrail trail = rig.Open();
        await trail.AppendAsync(AuditRig.Event(7), CancellationToken.None);
        string line = rig.Lines()[^1];
        Assert.DoesNotContain("見積書", line, StringComparison.Ordinal);
        Assert.Equal(trail.SubjectHash(" 見積書 7 "), (string?)JsonNode.Parse(line)!["email"]!["subject_hmac"]);
        await using AuditRig other = new();
        await using AuditTrail otherTrail = other.Open();
        Assert.NotEqual(trail.SubjectHash("見積書 7"), otherTrail.SubjectHash("見積書 7"));
    }

    [Fact]
    public async Task The_subject_stands_in_clear_when_switched_on()
    {
        await using AuditRig rig = new(options => options with { SubjectInClear = true });
        await rig.WriteAsync(1);
        Assert.Equal("見積書 0", (string?)JsonNode.Parse(rig.Lines()[^1])!["email"]!["subject"]);
    }

    [Fact]
    public async Task A_caller_cannot_set_what_the_chain_sets()
    {
        await using AuditRig rig = new();
        await using (AuditTrail trail = rig.Open())
        {
            JsonObject fields = new() { ["seq"] = 99, ["prev"] = "x", ["v"] = 9, ["@timestamp"] = "never", ["ecs"] = 1, ["event"] = new JsonObject { ["action"] = "forged", ["reason"] = "kept" } };
            await trail.AppendAsync(new AuditEvent("message.held", null, fields), CancellationToken.None);
            Assert.Equal(99, (int)fields["seq"]!);
        }

        JsonNode record = JsonNode.Parse(rig.Lines()[^1])!;
        Assert.Equal((2, 1, "message.held", "1010", "kept"), ((int)record["seq"]!, (int)record["v"]!, (string)record["event"]!["action"]!, (string)record["event"]!["code"]!, (string)record["event"]!["reason"]!));
        Assert.True(rig.Verify().IsWhole);
    }

    [Fact]
    public async Task A_huge_record_keeps_what_happened_and_counts_what_it_leaves_out()
    {
        await using AuditRig rig = new();
        await using (AuditTrail trail = rig.Open())
        {
            JsonObject fields = new() { ["decision"] = "quarantine", ["parts"] = new JsonArray([.. Enumerable.Range(0, 10_000).Select(number => new JsonObject { ["path"] = $"1.{number}", ["name"] = new string('n', 200) })]) };
            await trail.AppendAsync(new AuditEvent("message.decided", Guid.CreateVersion7(), fields), CancellationToken.None);
            await trail.AppendAsync(new AuditEvent("message.decided", Guid.CreateVersion7(), new JsonObject { ["huge"] = new string('h', 3_000_000) }), CancellationToken.None);
        }

        JsonNode cut = JsonNode.Parse(rig.Lines()[^2])!;
        Assert.Equal((200, 9_800, "quarantine"), (cut["parts"]!.AsArray().Count, (int)cut["parts_omitted"]!, (string)cut["decision"]!));
        JsonNode truncated = JsonNode.Parse(rig.Lines()[^1])!;
        Assert.True((bool)truncated["record_truncated"]!);
        Assert.NotNull(truncated["email"]!["local_id"]);
        Assert.All(rig.Lines(), line => Assert.True(line.Length < 1_100_000));
        Assert.True(rig.Verify().IsWhole);
    }

    [Fact]
    public async Task Files_are_closed_by_size_and_by_day_with_a_signed_record()
    {
        await using AuditRig rig = new(options => options with { RotateBytes = 4000 });
        await rig.WriteAsync(30);
        Assert.True(rig.Files.Count > 3);
        int before = rig.Files.Count;
        rig.Time.Advance(TimeSpan.FromDays(1));
        await rig.WriteAsync(1);
        Assert.Equal(before + 1, rig.Files.Count);
        Assert.EndsWith("-20261125.jsonl", rig.Files[^1], StringComparison.Ordinal);
        foreach (string file in rig.Files.SkipLast(1))
        {
            JsonNode closing = JsonNode.Parse(File.ReadLines(file).Last())!;
            Assert.Equal("audit.closed", (string?)closing["event"]!["action"]);
            Assert.Equal(Path.GetFileName(file), (string?)closing["audit"]!["file"]);
        }

        AuditVerification found = rig.Verify();
        Assert.True(found.IsWhole, found.Problem?.Text);
        Assert.Equal(rig.Files.Count, found.Files);
    }

    [Theory]
    [InlineData("{\"half\":")]
    [InlineData("\0\0\0\0\0\0")]
    [InlineData("garbage\nmore\n")]
    [InlineData("garbage\nmore")]
    public async Task A_torn_end_is_kept_noted_and_the_chain_goes_on(string torn)
    {
        await using AuditRig rig = new();
        await rig.WriteAsync(3);
        await File.AppendAllTextAsync(rig.Files[0], torn);
        AuditVerification before = rig.Verify();
        Assert.True(before.IsWhole);
        Assert.Single(before.Notes);
        await rig.WriteAsync(3);
        Assert.Contains(torn.TrimEnd('\n'), await File.ReadAllTextAsync(rig.Files[0]), StringComparison.Ordinal);
        AuditVerification after = rig.Verify();
        Assert.True(after.IsWhole, after.Problem?.Text);
        Assert.Single(after.Notes);
        Assert.Equal(8, after.Records);
        Assert.Contains(rig.Lines(), line => line.Contains("audit.torn", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_crash_between_closing_and_opening_goes_on()
    {
        await using AuditRig rig = new(options => options with { RotateBytes = 2000 });
        await rig.WriteAsync(8);
        Assert.True(rig.Files.Count > 1);
        string last = rig.Files[^1];
        string head = Path.Combine(rig.Folder, "head.json");
        File.Delete(head);
        await File.WriteAllTextAsync(last, "");
        await rig.WriteAsync(1);
        Assert.True(rig.Verify().IsWhole, rig.Verify().Problem?.Text);
        File.Delete(rig.Files[^1]);
        File.Delete(head);
        await rig.WriteAsync(1);
        Assert.True(rig.Verify().IsWhole, rig.Verify().Problem?.Text);
    }

    [Fact]
    public async Task Cannot_write_is_an_io_error_for_every_waiting_caller_and_the_chain_stays_whole()
    {
        if (!File.Exists("/dev/full")) Assert.Skip("no /dev/full");
        await using AuditRig rig = new(options => options with { RotateBytes = 1 });
        await using AuditTrail trail = rig.Open();
        await trail.AppendAsync(AuditRig.Event(0), CancellationToken.None);
        // The next file cannot be made: its folder is gone.
        Directory.Move(rig.Folder, rig.Folder + ".away");
        await Assert.ThrowsAsync<IOException>(() => trail.AppendAsync(AuditRig.Event(1), CancellationToken.None));
        Directory.Move(rig.Folder + ".away", rig.Folder);
        await trail.AppendAsync(AuditRig.Event(2), CancellationToken.None);
        Assert.True(rig.Verify().IsWhole, rig.Verify().Problem?.Text);
    }

    [Fact]
    public async Task Retention_by_age_and_size_leaves_a_chain_that_is_proven()
    {
        await using AuditRig rig = new(options => options with { RotateBytes = 3000, KeepFor = TimeSpan.FromDays(10) });
        await rig.WriteAsync(20);
        rig.Time.Advance(TimeSpan.FromDays(11));
        await rig.WriteAsync(20);
        int files = rig.Files.Count;
        await using (AuditTrail trail = rig.Open())
        {
            int gone = await trail.RetireAsync(CancellationToken.None);
            Assert.InRange(gone, 1, files - 1);
        }

        AuditVerification found = rig.Verify();
        Assert.True(found.IsWhole, found.Problem?.Text);
        Assert.True(found.FirstSeq > 1);
        rig.Options = rig.Options with { KeepBytes = 7000 };
        await using (AuditTrail trail = rig.Open()) Assert.True(await trail.RetireAsync(CancellationToken.None) > 0);
        found = rig.Verify();
        Assert.True(found.IsWhole, found.Problem?.Text);
        Assert.True(rig.Files.Sum(file => new FileInfo(file).Length) < 12_000);
    }

    [Fact]
    public async Task An_unknown_event_is_recorded_under_its_own_name()
    {
        await using AuditRig rig = new();
        await using (AuditTrail trail = rig.Open()) await trail.AppendAsync(new AuditEvent("message.abducted", null, []), CancellationToken.None);
        JsonNode record = JsonNode.Parse(rig.Lines()[^1])!;
        Assert.Equal(("message.abducted", "9999"), ((string)record["event"]!["action"]!, (string)record["event"]!["code"]!));
    }

    [Fact]
    public void Event_numbers_and_names_are_unique_and_the_reference_page_is_true()
    {
        Assert.Equal(EventCatalog.All.Count, EventCatalog.All.Select(kind => kind.Code).Distinct().Count());
        Assert.Equal(EventCatalog.All.Count, EventCatalog.All.Select(kind => kind.Action).Distinct().Count());
        string path = Path.Combine(SourceFolder(), "src/MailSanitizer/Audit/EVENTS.md");
        if (Environment.GetEnvironmentVariable("MAILSANITIZER_WRITE") == "1") File.WriteAllText(path, EventCatalog.Markdown());
        Assert.Equal(EventCatalog.Markdown(), File.ReadAllText(path).ReplaceLineEndings("\n"));
    }

    internal static string SourceFolder()
    {
        string folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "MailSanitizer.sln"))) folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("the repository is not above the tests");
        return folder;
    }
}

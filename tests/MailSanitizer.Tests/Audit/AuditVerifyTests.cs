using System.Text.Json.Nodes;
using MailSanitizer.Audit;

namespace MailSanitizer.Tests.Audit;

/// <summary>What somebody may do to the files, and what the check says of it: the first broken record, by its number.</summary>
public sealed class AuditVerifyTests
{
    // Line 0 is audit.opened (record 1): line n is record n + 1.
    private static async Task<AuditRig> WrittenAsync(int count = 12, long rotate = 64 * 1024 * 1024)
    {
        AuditRig rig = new(options => options with { RotateBytes = rotate });
        await rig.WriteAsync(count);
        Assert.True(rig.Verify().IsWhole);
        return rig;
    }

    private static void AssertProblem(AuditRig rig, AuditFault fault, long seq)
    {
        AuditProblem? problem = rig.Verify().Problem;
        Assert.NotNull(problem);
        Assert.Equal((fault, seq), (problem.Fault, problem.Seq));
    }

    [Fact]
    public async Task A_removed_record_is_named()
    {
        await using AuditRig rig = await WrittenAsync();
        List<string> lines = rig.Lines();
        lines.RemoveAt(5);
        rig.SetLines(lines);
        AssertProblem(rig, AuditFault.Removed, 6);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(11)]
    public async Task An_altered_record_is_named(int line)
    {
        await using AuditRig rig = await WrittenAsync();
        List<string> lines = rig.Lines();
        lines[line] = lines[line].Replace("@example.net", "@example.org", StringComparison.Ordinal);
        rig.SetLines(lines);
        AssertProblem(rig, AuditFault.Altered, line + 1);
    }

    [Fact]
    public async Task The_last_record_altered_is_found_by_the_head()
    {
        await using AuditRig rig = await WrittenAsync();
        List<string> lines = rig.Lines();
        lines[12] = lines[12].Replace("@example.net", "@example.org", StringComparison.Ordinal);
        rig.SetLines(lines);
        AssertProblem(rig, AuditFault.Forged, 13);
    }

    [Fact]
    public async Task An_altered_chain_value_is_named()
    {
        await using AuditRig rig = await WrittenAsync();
        List<string> lines = rig.Lines();
        JsonObject record = (JsonObject)JsonNode.Parse(lines[5])!;
        record["prev"] = new string('e', 64);
        lines[5] = System.Text.Encoding.UTF8.GetString(CanonicalJson.Write(record));
        rig.SetLines(lines);
        AssertProblem(rig, AuditFault.Altered, 6);
    }

    [Fact]
    public async Task A_record_that_is_no_json_any_more_is_named()
    {
        await using AuditRig rig = await WrittenAsync();
        List<string> lines = rig.Lines();
        lines[5] = lines[5][..^1];
        rig.SetLines(lines);
        AssertProblem(rig, AuditFault.Altered, 6);
    }

    [Fact]
    public async Task A_record_in_another_spelling_is_named()
    {
        await using AuditRig rig = await WrittenAsync();
        List<string> lines = rig.Lines();
        lines[5] = lines[5].Replace(",\"seq\"", ", \"seq\"", StringComparison.Ordinal);
        rig.SetLines(lines);
        AssertProblem(rig, AuditFault.Altered, 6);
    }

    [Fact]
    public async Task Reordered_records_are_named()
    {
        await using AuditRig rig = await WrittenAsync();
        List<string> lines = rig.Lines();
        (lines[4], lines[5]) = (lines[5], lines[4]);
        rig.SetLines(lines);
        AssertProblem(rig, AuditFault.Reordered, 5);
    }

    [Fact]
    public async Task A_repeated_record_is_named()
    {
        await using AuditRig rig = await WrittenAsync();
        List<string> lines = rig.Lines();
        lines.Insert(5, lines[4]);
        rig.SetLines(lines);
        AssertProblem(rig, AuditFault.Reordered, 6);
    }

    [Fact]
    public async Task A_truncated_end_is_named()
    {
        await using AuditRig rig = await WrittenAsync();
        rig.SetLines(rig.Lines().SkipLast(3));
        AssertProblem(rig, AuditFault.Truncated, 11);
    }

    [Fact]
    public async Task A_truncated_end_is_found_by_a_head_that_was_kept_elsewhere()
    {
        await using AuditRig rig = await WrittenAsync();
        string kept = rig["kept-elsewhere.json"];
        File.Copy(Path.Combine(rig.Folder, "head.json"), kept);
        rig.SetLines(rig.Lines().SkipLast(3));
        File.Delete(Path.Combine(rig.Folder, "head.json"));
        Assert.True(rig.Verify().IsWhole);
        Assert.Contains("no head", Assert.Single(rig.Verify().Notes), StringComparison.Ordinal);
        Assert.Equal(AuditFault.Truncated, rig.Verify(kept).Problem?.Fault);
    }

    [Fact]
    public async Task A_chain_written_anew_in_the_open_file_is_found_by_the_head()
    {
        await using AuditRig rig = await WrittenAsync();
        rig.Rechain(0, 5, record =>
        {
            record["decision"] = "forged";
            return record;
        });
        AssertProblem(rig, AuditFault.Forged, 13);
    }

    [Fact]
    public async Task A_chain_written_anew_in_a_closed_file_is_found_by_its_signature()
    {
        await using AuditRig rig = await WrittenAsync(20, 4000);
        int closing = rig.Lines().Count;
        rig.Rechain(0, 2, record =>
        {
            record["decision"] = "forged";
            return record;
        });
        AssertProblem(rig, AuditFault.Forged, closing);
    }

    [Fact]
    public async Task A_missing_file_in_the_middle_is_named()
    {
        await using AuditRig rig = await WrittenAsync(30, 4000);
        long first = AuditFiles.FirstSeqOf(rig.Files[1])!.Value;
        File.Delete(rig.Files[1]);
        AssertProblem(rig, AuditFault.Removed, first);
    }

    [Fact]
    public async Task A_missing_first_file_is_named()
    {
        await using AuditRig rig = await WrittenAsync(30, 4000);
        File.Delete(rig.Files[0]);
        AssertProblem(rig, AuditFault.Removed, 1);
    }

    [Fact]
    public async Task A_missing_first_file_is_not_excused_by_its_closing_record_alone()
    {
        await using AuditRig rig = await WrittenAsync(30, 4000);
        File.WriteAllText(Path.Combine(rig.Folder, "retired.jsonl"), rig.Lines()[^1] + "\n");
        long next = AuditFiles.FirstSeqOf(rig.Files[1])!.Value;
        File.Delete(rig.Files[0]);
        AssertProblem(rig, AuditFault.Removed, next - 1);
    }

    [Fact]
    public async Task All_files_gone_is_found_by_the_head()
    {
        await using AuditRig rig = await WrittenAsync();
        File.Delete(rig.Files[0]);
        AssertProblem(rig, AuditFault.Removed, 1);
    }

    [Fact]
    public async Task The_end_of_a_closed_file_cut_off_is_named()
    {
        await using AuditRig rig = await WrittenAsync(30, 4000);
        List<string> lines = rig.Lines();
        rig.SetLines(lines.SkipLast(2));
        AssertProblem(rig, AuditFault.Removed, lines.Count - 1);
    }

    [Fact]
    public async Task Garbage_between_records_is_not_excused()
    {
        await using AuditRig rig = await WrittenAsync();
        List<string> lines = rig.Lines();
        lines.Insert(5, "garbage");
        rig.SetLines(lines);
        AssertProblem(rig, AuditFault.Altered, 6);
    }

    [Fact]
    public async Task A_torn_note_does_not_excuse_other_bytes()
    {
        await using AuditRig rig = new();
        await rig.WriteAsync(3);
        await File.AppendAllTextAsync(rig.Files[0], "{\"torn");
        await rig.WriteAsync(3);
        Assert.True(rig.Verify().IsWhole);
        string text = await File.ReadAllTextAsync(rig.Files[0]);
        await File.WriteAllTextAsync(rig.Files[0], text.Replace("{\"torn\n", "{\"worn\n", StringComparison.Ordinal));
        AssertProblem(rig, AuditFault.Altered, 5);
    }

    [Fact]
    public async Task Another_key_does_not_pass()
    {
        await using AuditRig rig = await WrittenAsync(20, 4000);
        await using AuditRig other = await WrittenAsync(1);
        Assert.Equal(AuditFault.Forged, AuditVerifier.Verify(rig.Folder, other.PublicKey).Problem?.Fault);
        Assert.Throws<InvalidDataException>(() => AuditVerifier.Verify(rig.Folder, "bm8="));
    }
}

using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MailSanitizer.Audit;
using MailSanitizer.Mail;
using MailSanitizer.Storage;
using MailSanitizer.Tests.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace MailSanitizer.Tests.Cli;

/// <summary>What AUDITORS.md prints is what works.</summary>
[Collection(ConsoleCollection.Name)]
public sealed partial class AuditorTests : IAsyncLifetime
{
    private const string Hash = "275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f";
    private static readonly Guid Id = Guid.Parse("0193f7a0-4c2e-7b1a-9a53-2f6d1c0b8e77");
    private readonly CommandLineRun _line = new();

    private AuditOptions Options => new() { Folder = Path.Combine(_line.State, "audit"), KeyFolder = Path.Combine(_line.State, "keys") };

    public async ValueTask InitializeAsync()
    {
        DateTimeOffset october = new(2026, 10, 15, 9, 0, 0, TimeSpan.Zero);
        await using EmbeddedStorage storage = await EmbeddedStorage.OpenAsync(new StorageOptions { Folder = _line.State }, TimeProvider.System, CancellationToken.None);
        await storage.Messages.PutAsync(Sample.Message() with { Id = Id }, new BytesOf("Subject: x\r\n\r\nevidence\r\n"), null, [], CancellationToken.None);
        await WriteAsync(october, "message.decided");
        await WriteAsync(october.AddDays(31), "message.decided");
        await WriteAsync(october.AddDays(31), "message.released");
    }

    public ValueTask DisposeAsync()
    {
        _line.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task WriteAsync(DateTimeOffset at, string action)
    {
        await using AuditTrail trail = AuditTrail.Open(Options, new Microsoft.Extensions.Time.Testing.FakeTimeProvider(at), NullLogger.Instance);
        await trail.AppendAsync(
            new AuditEvent(action, Id, new JsonObject
            {
                ["email"] = new JsonObject { ["from"] = new JsonObject { ["address"] = "=cmd@example.net" }, ["to"] = new JsonObject { ["address"] = new JsonArray("tanaka@example.jp") }, ["subject"] = "見積書の送付" },
                ["decision"] = "quarantine",
                ["rules"] = new JsonArray(new JsonObject { ["id"] = "office-macro-inbound" }),
                ["parts"] = new JsonArray(new JsonObject { ["path"] = "1", ["name"] = "a\u001b\u202e.doc", ["sha256_in"] = Hash }),
            }),
            CancellationToken.None);
    }

    [GeneratedRegex("\"[^\"]*\"|[^ ]+", RegexOptions.NonBacktracking)]
    private static partial Regex Words();

    [Fact]
    public void Each_command_runs_as_printed()
    {
        string[] commands = [.. File.ReadLines(Path.Combine(Repository.Root, "src/MailSanitizer/Audit/AUDITORS.md")).Where(line => line.StartsWith("    mailsanitizer ", StringComparison.Ordinal)).Select(line => line["    mailsanitizer ".Length..])];
        Assert.Equal(8, commands.Length);
        File.Copy(Path.Combine(Options.Folder, "head.json"), _line["kept-head.json"]);
        foreach (string command in commands)
        {
            string[] words = [.. Words().Matches(command).Select(word => word.Value.Trim('"') switch
            {
                "KEY" => File.ReadAllText(Path.Combine(Options.KeyFolder, "audit-ed25519.key.pub")).Trim(),
                "FILE" => _line["kept-head.json"],
                "evidence.eml" => _line["evidence.eml"],
                string plain => plain,
            })];
            Printed printed = _line.Run(words);
            Assert.True(printed.Exit == 0 && printed.Error.Length == 0, $"{command}: {printed.Exit} {printed.Error}");
            Assert.NotEmpty(printed.Output);
            Assert.DoesNotContain('\u001b', printed.Output);
        }

        Assert.EndsWith("evidence\r\n", File.ReadAllText(_line["evidence.eml"]), StringComparison.Ordinal);
    }

    [Fact]
    public void A_broken_chain_is_exit_2_and_the_check_writes_nothing()
    {
        string copy = _line["copy"];
        Directory.CreateDirectory(copy);
        foreach (string file in Directory.GetFiles(Options.Folder, "*.json*")) File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        string[] before = Directory.GetFiles(copy);
        Printed whole = _line.Run("audit", "verify", "--folder", copy);
        Assert.Equal(0, whole.Exit);
        Assert.Contains("The chain is whole", whole.Output, StringComparison.Ordinal);
        Assert.Equal(0, _line.Run("audit", "export", "--folder", copy).Exit);
        Assert.Equal(before.Order(), Directory.GetFiles(copy).Order());

        string first = Directory.GetFiles(copy, "*.jsonl").Order(StringComparer.Ordinal).First();
        File.WriteAllText(first, File.ReadAllText(first).Replace("tanaka@", "suzuki@", StringComparison.Ordinal));
        Printed broken = _line.Run("audit", "verify", "--folder", copy, "--json");
        Assert.Equal(2, broken.Exit);
        Assert.Equal("altered", (string?)JsonNode.Parse(broken.Output)!["problem"]!["fault"]);
    }

    [Fact]
    public void An_export_is_filtered_inert_and_may_go_to_a_file()
    {
        Printed csv = _line.Run("audit", "export", "--as", "csv", "--rule", "office-macro-inbound", "--since", "2026-10-01", "--until", "2026-11-01");
        string[] lines = csv.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, lines.Length);
        Assert.Contains("\"'=cmd@example.net\"", lines[1], StringComparison.Ordinal);
        Assert.Equal(0, _line.Run("audit", "export", "--as", "ocsf", "--subject", "見積書の送付", "-o", _line["siem.jsonl"]).Exit);
        Assert.Equal(3, File.ReadAllLines(_line["siem.jsonl"]).Length);
        Assert.Equal(64, _line.Run("audit", "export", "-o", _line["siem.jsonl"]).Exit);
        Assert.Equal(1, _line.Run("audit", "show", "--rule", "no-such-rule").Exit);
    }

    [Fact]
    public async Task Follow_prints_what_is_written_from_now_on()
    {
        Task<Printed> following = Task.Run(() => _line.Run("audit", "follow", "--action", "message.held", "--count", "1"));
        // It may not have begun to look: written again until it has seen one.
        while (!following.IsCompleted)
        {
            await WriteAsync(TimeProvider.System.GetUtcNow(), "message.held");
            await Task.WhenAny(following, Task.Delay(200));
        }

        Printed printed = await following;
        Assert.Equal(0, printed.Exit);
        Assert.Equal("message.held", (string?)JsonNode.Parse(printed.Output)!["event"]!["action"]);
    }
}

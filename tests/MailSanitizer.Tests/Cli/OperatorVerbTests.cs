using System.Text.Json.Nodes;
using MailSanitizer.Audit;
using MailSanitizer.Cli;
using MailSanitizer.Control;
using MailSanitizer.Mail;
using MailSanitizer.Quarantine;
using MailSanitizer.Storage;
using MailSanitizer.Tests.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace MailSanitizer.Tests.Cli;

[Collection(ConsoleCollection.Name)]
public sealed class OperatorVerbTests : IAsyncLifetime
{
    private const string Original = "From: s@example.net\r\nSubject: \u001b[31mred\r\nTo: reader@example.jp\r\n\r\noriginal text \u202Eevil\r\n";
    private const string Cleaned = "From: s@example.net\r\nSubject: x\r\n\r\ncleaned text\r\n";
    private readonly CommandLineRun _line = new();
    private readonly StoredMessage _message = Sample.Message(at: TimeProvider.System.GetUtcNow());

    private string Id => _message.Id.ToString("D");

    public async ValueTask InitializeAsync()
    {
        await using EmbeddedStorage storage = await EmbeddedStorage.OpenAsync(new StorageOptions { Folder = _line.State }, TimeProvider.System, CancellationToken.None);
        await storage.Messages.PutAsync(_message, new BytesOf(Original), new BytesOf(Cleaned), new JsonObject { ["decision"] = "quarantined", ["parts"] = new JsonArray() }, CancellationToken.None);
    }

    public ValueTask DisposeAsync()
    {
        _line.Dispose();
        return ValueTask.CompletedTask;
    }

    private static JsonObject Json(Printed printed) => (JsonObject)JsonNode.Parse(printed.Output)!;

    [Fact]
    public void Lists_and_shows_without_anything_that_acts_on_a_terminal()
    {
        Printed list = _line.Run("quarantine", "list", "--address", "reader@example.jp");
        Assert.Equal((0, ""), (list.Exit, list.Error));
        Assert.Contains(Id, list.Output, StringComparison.Ordinal);
        Assert.Equal(Id, (string?)Json(_line.Run("quarantine", "list", "--json"))["messages"]![0]!["id"]);
        Assert.Empty((JsonArray)Json(_line.Run("quarantine", "list", "--state", "released", "--json"))["messages"]!);

        Printed shown = _line.Run("quarantine", "show", Id, "--actor", "auditor");
        Assert.Equal(0, shown.Exit);
        Assert.Contains("original text", shown.Output, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', shown.Output);
        Assert.DoesNotContain('\u202e', shown.Output);
        Assert.DoesNotContain('\u202e', _line.Run("quarantine", "show", Id, "--json").Output);
        Assert.DoesNotContain("original text", _line.Run("quarantine", "show", Id, "--no-text").Output, StringComparison.Ordinal);
        Printed seen = _line.Run("audit", "show", "--id", Id, "--action", "quarantine.shown", "--actor", "auditor");
        Assert.Equal(0, seen.Exit);
        Assert.Contains("quarantine.shown", seen.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void An_export_is_the_bytes_that_arrived_and_never_overwrites()
    {
        Printed done = _line.Run("quarantine", "export", Id, "--reason", "case 2026-114", "-o", _line["evidence.eml"]);
        Assert.Equal((0, ""), (done.Exit, done.Error));
        Assert.Equal(Original, File.ReadAllText(_line["evidence.eml"]));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_line["evidence.eml"]));
        Assert.Contains(new BytesOf(Original).Sha256, done.Output, StringComparison.Ordinal);
        Assert.Equal(64, _line.Run("quarantine", "export", Id, "--reason", "again", "-o", _line["evidence.eml"]).Exit);
        Assert.Equal(0, _line.Run("quarantine", "export", Id, "--cleaned", "--reason", "the copy", "-o", _line["cleaned.eml"]).Exit);
        Assert.Equal(Cleaned, File.ReadAllText(_line["cleaned.eml"]));
        Assert.Equal(1, _line.Run("quarantine", "export", Guid.NewGuid().ToString(), "--reason", "none", "-o", _line["none.eml"]).Exit);
        Assert.Empty(Directory.GetFiles(Path.GetDirectoryName(_line.Config)!, "none.eml*"));
    }

    [Fact]
    public void A_release_is_queued_and_named_in_the_audit()
    {
        Printed released = _line.Run("quarantine", "release", Id, "--original", "--reason", "the reader asked", "--actor", "auditor");
        Assert.Equal((0, ""), (released.Exit, released.Error));
        JsonObject queue = Json(_line.Run("queue", "list", "--json"));
        JsonNode entry = Assert.Single((JsonArray)queue["entries"]!)!;
        Assert.Equal(Id, (string?)entry["message"]);
        Assert.Contains(((string)entry["key"]!)[..12], _line.Run("queue", "list").Output, StringComparison.Ordinal);
        JsonObject record = (JsonObject)((JsonArray)Json(_line.Run("audit", "show", "--id", Id, "--action", "message.released", "--json"))["records"]!)[0]!;
        Assert.Equal(("auditor", "the reader asked", "original"), ((string?)record["user"]!["name"], (string?)record["event"]!["reason"], (string?)record["release"]!["copy"]));
        Assert.Equal(0, _line.Run("queue", "flush").Exit);
        Assert.Equal(64, _line.Run("queue", "delete", (string)entry["key"]!).Exit);
        Assert.Equal(0, _line.Run("queue", "delete", (string)entry["key"]!, "--reason", "the reader has it").Exit);
        Assert.Equal(1, _line.Run("queue", "delete", (string)entry["key"]!, "--reason", "again").Exit);
        Assert.Equal(1, _line.Run("quarantine", "release", Guid.NewGuid().ToString(), "--reason", "x").Exit);
    }

    [Fact]
    public void Keys_and_index_are_made_anew_and_a_deletion_is_final()
    {
        Assert.Contains("1 message", _line.Run("quarantine", "rekey", "--reason", "yearly").Output, StringComparison.Ordinal);
        Assert.Equal(1, (int?)Json(_line.Run("quarantine", "reindex", "--reason", "disk check", "--json"))["messages"]);
        Assert.Equal(0, _line.Run("quarantine", "delete", Id, "--reason", "asked to").Exit);
        Assert.Equal(1, _line.Run("quarantine", "delete", Id, "--reason", "asked to").Exit);
        Printed who = _line.Run("audit", "show", "--action", "message.deleted", "--json");
        Assert.Equal(OperatorCommand.LoginName, (string?)Json(who)["records"]![0]!["user"]!["name"]);
    }

    [Theory]
    [InlineData("quarantine", "lst")]
    [InlineData("quarantine", "release", "0193f7a0-4c2e-7b1a-9a53-2f6d1c0b8e77")]
    [InlineData("quarantine", "release", "0193f7a0-4c2e-7b1a-9a53-2f6d1c0b8e77", "--reason", " ")]
    [InlineData("quarantine", "show", "not-an-id")]
    [InlineData("quarantine", "list", "--state", "quarantned")]
    [InlineData("quarantine", "list", "--since", "yesterday")]
    [InlineData("quarantine", "list", "--take", "many")]
    [InlineData("quarantine", "list", "--actor", " ")]
    [InlineData("quarantine", "export", "0193f7a0-4c2e-7b1a-9a53-2f6d1c0b8e77", "--reason", "x")]
    [InlineData("queue", "delete", "12", "--reason", "x")]
    [InlineData("audit", "export", "--as", "xml")]
    [InlineData("audit", "export", "--since", "last month")]
    [InlineData("audit", "follow", "--count", "0")]
    [InlineData("audit", "verify", "--public-key", "nonsense")]
    [InlineData("audit", "verify", "--head", "/no/such/head")]
    [InlineData("audit", "verify", "--folder", "/no/such/folder")]
    [InlineData("adit", "show")]
    public void A_typo_is_a_usage_error(params string[] words)
    {
        Assert.Equal(0, _line.Run("queue", "flush", "--reason", "so that there is an audit").Exit);
        Printed printed = _line.Run(words);
        Assert.Equal((64, ""), (printed.Exit, printed.Output));
        Assert.StartsWith("mailsanitizer: ", printed.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_state_folder_that_is_not_there_is_not_made()
    {
        File.WriteAllText(_line["other.yaml"], $"state: {_line["nowhere"]}\n");
        Assert.Equal(64, CommandLineRun.RunAsTyped("quarantine", "list", "--config", _line["other.yaml"]).Exit);
        Assert.False(Directory.Exists(_line["nowhere"]));
    }

    [Fact]
    public async Task A_folder_whose_owner_does_not_answer_is_a_later_try()
    {
        using StateLock? owner = StateLock.TryTake(_line.State);
        Printed printed = await Task.Run(() => _line.Run("queue", "list"));
        Assert.Equal(75, printed.Exit);
    }

    [Fact]
    public async Task With_a_daemon_its_answer_is_printed()
    {
        using StateLock? owner = StateLock.TryTake(_line.State);
        await using EmbeddedStorage storage = await EmbeddedStorage.OpenAsync(new StorageOptions { Folder = _line.State }, TimeProvider.System, CancellationToken.None);
        await using AuditTrail audit = AuditTrail.Open(new AuditOptions { Folder = Path.Combine(_line.State, "audit"), KeyFolder = Path.Combine(_line.State, "keys") }, TimeProvider.System, NullLogger.Instance);
        IOperatorVerb[] verbs = [new QuarantineListVerb(storage.Messages), new QuarantineExportVerb(storage.Messages, audit, new QuarantineOptions { HostName = "mx.example.jp" })];
        await using ControlSocket socket = ControlSocket.Listen(_line.State, new ControlVerbs(verbs, NullLogger.Instance), TimeProvider.System, NullLogger.Instance);
        Assert.Contains(Id, (await Task.Run(() => _line.Run("quarantine", "list"))).Output, StringComparison.Ordinal);
        Assert.Equal(0, (await Task.Run(() => _line.Run("quarantine", "export", Id, "--reason", "case", "-o", _line["evidence.eml"]))).Exit);
        Assert.Equal(Original, await File.ReadAllTextAsync(_line["evidence.eml"]));
    }
}

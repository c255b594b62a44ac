using System.Text;
using System.Text.Json.Nodes;
using MailSanitizer.Audit;
using MailSanitizer.Mail;
using MailSanitizer.Tests.Storage;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace MailSanitizer.Tests.Audit;

/// <summary>An audit in a folder of its own.</summary>
internal sealed class AuditRig : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();

    public AuditRig(Func<AuditOptions, AuditOptions>? change = null)
    {
        Options = new AuditOptions { Folder = _folder["audit"], KeyFolder = _folder["keys"] };
        if (change is not null) Options = change(Options);
    }

    public FakeTimeProvider Time { get; } = Sample.Time();

    public AuditOptions Options { get; set; }

    public string Folder => Options.Folder;

    public string this[string name] => _folder[name];

    public AuditTrail Open() => AuditTrail.Open(Options, Time, NullLogger.Instance);

    public string PublicKey => File.ReadAllText(Path.Combine(Options.KeyFolder, "audit-ed25519.key.pub"));

    public AuditVerification Verify(string? head = null) => AuditVerifier.Verify(Folder, PublicKey, head);

    public List<string> Files => AuditFiles.In(Folder);

    public static AuditEvent Event(int number, string action = "message.decided") => new(action, Guid.CreateVersion7(), new JsonObject
    {
        ["decision"] = number % 2 == 0 ? "deliver" : "quarantine",
        ["email"] = new JsonObject
        {
            ["from"] = new JsonObject { ["address"] = $"s{number}@example.net" },
            ["to"] = new JsonObject { ["address"] = new JsonArray($"r{number % 7}@example.jp") },
            ["subject"] = $"見積書 {number}",
        },
        ["rules"] = new JsonArray(new JsonObject { ["id"] = $"rule-{number % 3}" }),
        ["parts"] = new JsonArray(new JsonObject { ["path"] = "1", ["sha256_in"] = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(BitConverter.GetBytes(number))) }),
        ["ms"] = 1.25 * number,
    });

    /// <summary>So many records, then closed.</summary>
    public async Task WriteAsync(int count)
    {
        await using AuditTrail trail = Open();
        for (int number = 0; number < count; number++) await trail.AppendAsync(Event(number), CancellationToken.None);
    }

    /// <summary>Lines of all files, with the file of each.</summary>
    public List<string> Lines(int file = 0) => [.. File.ReadAllLines(Files[file])];

    public void SetLines(IEnumerable<string> lines, int file = 0) => File.WriteAllText(Files[file], string.Concat(lines.Select(line => line + "\n")), new UTF8Encoding(false));

    /// <summary>Writes the chain of a file anew from a line on, as somebody would who knows the format but has no key.</summary>
    public void Rechain(int file, int from, Func<JsonObject, JsonObject> change)
    {
        List<string> lines = Lines(file);
        for (int number = from; number < lines.Count; number++)
        {
            JsonObject record = (JsonObject)JsonNode.Parse(lines[number])!;
            if (number == from) record = change(record);
            else record["prev"] = AuditRecord.HashOf(Encoding.UTF8.GetBytes(lines[number - 1]));
            lines[number] = Encoding.UTF8.GetString(CanonicalJson.Write(record));
        }

        SetLines(lines, file);
    }

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }
}

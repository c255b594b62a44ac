using System.Text;
using System.Text.Json.Nodes;
using MailSanitizer.Mail;

namespace MailSanitizer.Audit;

/// <summary>
/// <c>audit show</c>: arguments <c>id</c>, <c>address</c>, <c>subject</c>, <c>hash</c>, <c>rule</c>, <c>decision</c>, <c>action</c>, <c>actor</c>, <c>since</c>, <c>until</c>, <c>skip</c>, <c>take</c>.
/// </summary>
public sealed class AuditShowVerb(AuditReader reader, Func<string, string> subjectHash) : IOperatorVerb
{
    /// <inheritdoc/>
    public string Name => "audit.show";

    /// <inheritdoc/>
    public async Task<VerbReply> RunAsync(JsonObject arguments, Operator by, CancellationToken cancellation)
    {
        IReadOnlyList<JsonObject> found = await reader.ShowAsync(QueryOf(arguments, subjectHash), cancellation);
        return VerbReply.Done(new JsonObject { ["records"] = new JsonArray([.. found.Select(record => (JsonNode)record)]) }, found.Count == 0 ? 1 : 0);
    }

    /// <inheritdoc/>
    public string Render(JsonObject result)
    {
        StringBuilder text = new();
        // Found newest first, read oldest first.
        foreach (JsonObject record in (result["records"] as JsonArray ?? []).OfType<JsonObject>().Reverse()) text.Append(AuditText.Line(record)).Append('\n');
        return text.ToString();
    }

    /// <summary>The query that these arguments mean; the subject is hashed with the host's key.</summary>
    public static AuditQuery QueryOf(JsonObject arguments, Func<string, string> subjectHash) => new()
    {
        Id = arguments.Text("id"),
        Address = arguments.Text("address"),
        SubjectHash = arguments.Text("subject") is { } subject ? subjectHash(subject) : null,
        Hash = arguments.Text("hash"),
        Rule = arguments.Text("rule"),
        Decision = arguments.Text("decision"),
        Action = arguments.Text("action"),
        Actor = arguments.Text("actor"),
        Since = arguments.Time("since"),
        Until = arguments.Time("until"),
        Skip = arguments.Number("skip", 0, 0, int.MaxValue),
        Take = arguments.Number("take", 100, 1, 10_000),
    };
}

/// <summary><c>audit verify</c>: arguments <c>folder</c>, <c>public_key</c> (base64) and <c>head</c> (a file), all from elsewhere when it shall prove something. Needs neither daemon nor lock.</summary>
public sealed class AuditVerifyVerb(AuditOptions options) : IOperatorVerb
{
    /// <inheritdoc/>
    public string Name => "audit.verify";

    /// <inheritdoc/>
    public Task<VerbReply> RunAsync(JsonObject arguments, Operator by, CancellationToken cancellation)
    {
        string folder = arguments.Text("folder") ?? options.Folder;
        string key = arguments.Text("public_key") ?? File.ReadAllText(Path.Combine(options.KeyFolder, "audit-ed25519.key.pub"));
        AuditVerification found = AuditVerifier.Verify(folder, key, arguments.Text("head"), cancellation);
        JsonObject facts = new()
        {
            ["whole"] = found.IsWhole,
            ["records"] = found.Records,
            ["files"] = found.Files,
            ["first"] = found.FirstSeq,
            ["last"] = found.LastSeq,
            ["head"] = found.HeadHash,
            ["notes"] = new JsonArray([.. found.Notes.Select(note => (JsonNode)note)]),
        };
        if (found.Problem is { } problem)
        {
            facts["problem"] = new JsonObject { ["fault"] = problem.Fault.ToString().ToLowerInvariant(), ["file"] = problem.File, ["line"] = problem.Line, ["seq"] = problem.Seq, ["text"] = problem.Text };
        }

        facts["text"] = AuditText.Verification(found);
        return Task.FromResult(VerbReply.Done(facts, found.IsWhole ? 0 : 2));
    }

    /// <inheritdoc/>
    public string Render(JsonObject result) => string.Join('\n', (result["text"]?.ToString() ?? "").Split('\n').Select(line => SafeText.ForTerminal(line)));
}

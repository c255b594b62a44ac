using System.Text.Json.Nodes;
using MailSanitizer.Content;
using MailSanitizer.Mail;

namespace MailSanitizer.Pipeline;

/// <summary>The report of a message: <c>--report</c>, the audit's record of the decision, and <c>decision.json</c> of the store are this one object. Fields are only added.</summary>
public static class DecisionReport
{
    /// <summary>Version of the shape.</summary>
    public const int Version = 1;

    /// <summary>Builds it. <paramref name="copies"/>: what became of each branch, in the decision's order.</summary>
    public static JsonObject Build(Assessment assessment, Decision decision, IReadOnlyList<BranchOutcome> copies)
    {
        MessageFacts facts = assessment.Facts;
        ILookup<string, ChangeFact> changes = copies.SelectMany(copy => copy.Changes).DistinctBy(change => change.Path).ToLookup(change => change.Path, StringComparer.Ordinal);
        ILookup<(string, string, string), DoneFact> done = copies.SelectMany(copy => copy.Done).ToLookup(entry => (entry.Path, entry.Kind, entry.Location));
        ILookup<string, FindingFact> findings = facts.Findings.ToLookup(finding => finding.Path, StringComparer.Ordinal);
        return new JsonObject
        {
            ["version"] = Version,
            ["id"] = facts.Id.ToString(),
            ["sha256"] = facts.Sha256,
            ["size"] = facts.Size,
            ["received"] = facts.ReceivedAt.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", System.Globalization.CultureInfo.InvariantCulture),
            ["decision"] = Overall(copies),
            ["rule_set"] = decision.RuleSetHash,
            ["rules"] = Array(decision.Hits, hit => new JsonObject
            {
                ["id"] = hit.RuleId,
                ["path"] = hit.Path,
                ["finding"] = hit.Finding,
                ["did"] = hit.Did,
                ["recorded"] = hit.Recorded,
            }),
            ["branches"] = Array(copies, copy => new JsonObject
            {
                ["recipients"] = Array(copy.Recipients, recipient => JsonValue.Create(recipient.Address)),
                ["disposition"] = copy.Disposition.ToString().ToLowerInvariant(),
                ["changed"] = copy.Changed,
                ["reasons"] = Array(copy.Reasons, reason => JsonValue.Create(reason)),
            }),
            ["authentication"] = Array(facts.Authentication.Results, result => new JsonObject
            {
                ["method"] = result.Method,
                ["result"] = result.Result,
                ["properties"] = new JsonObject(result.Properties.DistinctBy(pair => pair.Key).Select(pair => KeyValuePair.Create<string, JsonNode?>(pair.Key, pair.Value))),
                ["reason"] = result.Reason,
            }),
            ["parts"] = Array(facts.Parts, part => new JsonObject
            {
                ["path"] = part.Path,
                ["name"] = part.Name,
                ["format"] = part.Format,
                ["size"] = part.Size,
                ["sha256_in"] = part.Sha256,
                ["sha256_out"] = changes[part.Path].FirstOrDefault() is { } change ? change.Sha256Out : part.Sha256,
                ["done"] = changes[part.Path].FirstOrDefault()?.Done,
                ["opened_with"] = part.OpenedWith,
                ["findings"] = Array(findings[part.Path], finding => new JsonObject
                {
                    ["kind"] = finding.Kind,
                    ["location"] = finding.Location,
                    ["detail"] = finding.Detail,
                    ["done"] = done[(finding.Path, finding.Kind, finding.Location)].FirstOrDefault()?.Done,
                    ["sha256"] = finding.Sha256,
                }),
            }),
            ["scans"] = Array(facts.Scans, scan =>
            {
                JsonObject described = Describe(scan);
                described["ms"] = Math.Round(scan.Milliseconds, 2);
                return described;
            }),
            ["ms"] = new JsonObject(assessment.Times.Snapshot().Select(stage => KeyValuePair.Create<string, JsonNode?>(stage.Key, Math.Round(stage.Value, 2)))),
        };
    }

    /// <summary>One word for the whole message: the strongest disposition, or <c>changed</c> and <c>unchanged</c> among the delivered.</summary>
    public static string Overall(IReadOnlyList<BranchOutcome> copies)
    {
        Disposition strongest = copies.Count == 0 ? Disposition.Deliver : copies.Max(copy => copy.Disposition);
        return strongest switch
        {
            Disposition.Deliver => copies.Any(copy => copy.Changed) ? "changed" : "unchanged",
            Disposition.Hold => "held",
            Disposition.Quarantine => "quarantined",
            _ => "rejected",
        };
    }

    /// <summary>A verdict, as report and audit say it.</summary>
    internal static JsonObject Describe(ScanFact scan) => new()
    {
        ["path"] = scan.Path,
        ["sha256"] = scan.Sha256,
        ["engine"] = scan.Engine,
        ["version"] = scan.Version,
        ["outcome"] = scan.Outcome.ToString().ToLowerInvariant(),
        ["name"] = scan.Name,
    };

    private static JsonArray Array<T>(IEnumerable<T> items, Func<T, JsonNode?> node) => new([.. items.Select(node)]);
}

/// <summary>What became of one branch, for report and audit.</summary>
public sealed record BranchOutcome
{
    /// <summary>Whose copy.</summary>
    public required IReadOnlyList<Recipient> Recipients { get; init; }

    /// <summary>What was done with it (a rebuild that could not be proven became quarantine).</summary>
    public required Disposition Disposition { get; init; }

    /// <summary>Why.</summary>
    public IReadOnlyList<string> Reasons { get; init; } = [];

    /// <summary>Whether the bytes differ from the arriving ones.</summary>
    public bool Changed { get; init; }

    /// <summary>Parts that changed.</summary>
    public IReadOnlyList<ChangeFact> Changes { get; init; } = [];

    /// <summary>Findings that were taken out.</summary>
    public IReadOnlyList<DoneFact> Done { get; init; } = [];
}

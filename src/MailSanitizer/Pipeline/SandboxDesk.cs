using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using MailSanitizer.Content;
using MailSanitizer.Mail;
using MailSanitizer.Scanning.Sandbox;

namespace MailSanitizer.Pipeline;

/// <summary>
/// Decides where a rule may wait for a sandbox: with the verdicts that are known, else the leaves are submitted and the copy is held. Mail that no rule holds for a
/// sandbox costs nothing here.
/// </summary>
public sealed class SandboxDesk(Sandboxes? sandboxes, IAuditTrail audit, ISpool spool)
{
    private readonly ConcurrentDictionary<string, ConcurrentDictionary<Guid, byte>> _waiting = new(StringComparer.Ordinal);

    /// <summary>The decision, and the facts that it was made from. The result owns nothing that <paramref name="assessment"/> does not.</summary>
    public async Task<(Assessment Assessment, Decision Decision)> DecideAsync(Assessment assessment, IDecider decider, CancellationToken cancellation)
    {
        Decision first = decider.Decide(assessment.Facts);
        HoldOrder[] orders = [.. first.Branches.Where(branch => branch.Disposition == Disposition.Hold && branch.Hold is { For: "sandbox" }).Select(branch => branch.Hold!)];
        if (orders.Length == 0 || sandboxes is not { IsOn: true } || assessment.Walk is null) return (assessment, first);

        string network = Storage.ClientNetwork.Of(assessment.Message.Envelope) ?? "";
        List<ScanFact> verdicts = [];
        bool complete = true;
        foreach ((ScanItem leaf, PartFact part) in Leaves(assessment, orders.All(order => order.SubmitUnlocked), ref complete))
        {
            if (!sandboxes.Takes(part.Format)) continue;
            if (await sandboxes.KnownAsync(leaf.Path, leaf.Sha256, part.Format, cancellation) is { } known)
            {
                verdicts.AddRange(known);
                continue;
            }

            complete = false;
            // Before it is submitted: a verdict that comes at once must find who waits.
            _waiting.GetOrAdd(leaf.Sha256, _ => new ConcurrentDictionary<Guid, byte>())[assessment.Message.Id] = 0;
            sandboxes.Submit(leaf.Sha256, SampleName(part), part.Format, network, () => Copy(leaf.Bytes));
        }

        if (verdicts.Count > 0) await audit.AppendAsync(new AuditEvent("message.sandbox-verdict", assessment.Message.Id, new JsonObject { ["scans"] = new JsonArray([.. verdicts.Select(DecisionReport.Describe)]) }), cancellation);
        FindingFact[] bad = [.. verdicts.Where(verdict => verdict.Outcome == ScanOutcome.Infected).SelectMany(verdict => Paths(assessment, verdict).Select(path => new FindingFact(WalkFindings.SandboxVerdict.Id, path, verdict.Engine, verdict.Name, verdict.Sha256)))];
        // One bad verdict decides; what is still out could not make it better.
        if (verdicts.Count == 0 && !complete) return (assessment, first);
        MessageFacts facts = assessment.Facts with { SandboxVerdicts = verdicts, SandboxComplete = complete || bad.Length > 0, Findings = [.. assessment.Facts.Findings, .. bad], Scans = [.. assessment.Facts.Scans, .. verdicts] };
        return (assessment with { Facts = facts }, decider.Decide(facts));
    }

    /// <summary>Messages that waited for a content; each is named once.</summary>
    public IReadOnlyList<Guid> Waited(string sha256) => _waiting.TryRemove(sha256, out ConcurrentDictionary<Guid, byte>? waiting) ? [.. waiting.Keys] : [];

    // Attachments and what is in them, each content once. Bodies are no files: no sandbox opens them.
    private static List<(ScanItem Leaf, PartFact Part)> Leaves(Assessment assessment, bool submitUnlocked, ref bool complete)
    {
        HashSet<string> seen = new(StringComparer.Ordinal);
        List<(ScanItem, PartFact)> leaves = [];
        Dictionary<string, PartFact> parts = assessment.Facts.Parts.ToDictionary(part => part.Path, StringComparer.Ordinal);
        foreach (ScanItem leaf in assessment.Walk!.Leaves)
        {
            if (!parts.TryGetValue(leaf.Path, out PartFact? part) || part.IsBody || part.Path.Length == 0 || !seen.Add(leaf.Sha256)) continue;
            if (!submitUnlocked && IsUnlocked(part, parts))
            {
                // It never leaves the host, so no verdict will come: the rule's time runs out, and its end decides.
                complete = false;
                continue;
            }

            leaves.Add((leaf, part));
        }

        return leaves;
    }

    private static bool IsUnlocked(PartFact part, Dictionary<string, PartFact> parts)
    {
        for (PartFact? one = part; one is not null; one = one.Parent is { } parent ? parts.GetValueOrDefault(parent) : null)
            if (one.OpenedWith is not null) return true;
        return false;
    }

    private static IEnumerable<string> Paths(Assessment assessment, ScanFact verdict) => assessment.Facts.Parts.Where(part => part.Sha256 == verdict.Sha256).Select(part => part.Path);

    // The extension decides how a sandbox opens it; nothing else of the sender's words leaves the host.
    private static string SampleName(PartFact part)
    {
        string extension = Path.GetExtension(part.Name);
        bool plain = extension.Length is > 1 and <= 12 && extension.Skip(1).All(char.IsAsciiLetterOrDigit);
        return "sample" + (plain ? extension.ToLowerInvariant() : "." + part.Format);
    }

    // The walk's leaves go with the walk; a sandbox may take its time.
    private IMailBytes Copy(IMailBytes bytes)
    {
        using Stream content = bytes.OpenRead();
        return spool.Copy(content);
    }
}

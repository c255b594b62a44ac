using MailSanitizer.Content;
using MailSanitizer.Mail;
using MailSanitizer.Rules.Facts;
using MailSanitizer.Rules.Texts;

namespace MailSanitizer.Rules.Deciding;

/// <summary>Gathers what rules say for one recipient, joins it with the floors, and gives the branch. Joining is a maximum on each axis, so that order never matters.</summary>
internal sealed class Outcome(RuleSet set, FactView view)
{
    /// <summary>Hits that are listed (count). Origin: product decision; the decision itself knows all of them. At it: the rest is not listed.</summary>
    public const int HitLimit = 2_000;

    private readonly Dictionary<string, PartOutcome> _parts = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, Rule> _acting = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _floors = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _errors = new(StringComparer.Ordinal);
    private readonly List<RuleHit> _hits = [];
    private Disposition _disposition;

    public IReadOnlyList<RuleHit> Hits => _hits;

    public void Hit(Rule rule, PartFact? part, IReadOnlyList<FindingFact> named)
    {
        bool recorded = rule.Status == RuleStatus.Test;
        foreach (string? kind in named.Count == 0 ? [null] : named.Select(finding => (string?)finding.Kind).Distinct())
            if (_hits.Count < HitLimit) _hits.Add(new RuleHit(rule.Id, part?.Path, kind, rule.Then.Words, recorded));
        if (recorded) return;
        RuleAction then = rule.Then;
        _acting[rule.Id] = rule;
        // What a rule waited for has come: its hold is over, and the verdict is a finding that decides by itself.
        bool over = view.Message.SandboxComplete && then.Hold is { For: "sandbox" };
        if (then.Disposition is { } disposition && !(over && disposition == Disposition.Hold)) Raise(disposition);
        if (part is not null) OnPart(rule, part, named);
        else if (then.Treatment == TreatmentKind.Disarm) DisarmEverything();
    }

    /// <summary>A condition could not be told: what the rule says of that.</summary>
    public void Unclear(Rule rule, PartFact? part)
    {
        if (_hits.Count < HitLimit) _hits.Add(new RuleHit(rule.Id, part?.Path, null, rule.QuarantinesOnError ? "on-error: quarantine" : "on-error: ignore", rule.Status == RuleStatus.Test || !rule.QuarantinesOnError));
        if (rule.Status == RuleStatus.Test || !rule.QuarantinesOnError) return;
        _errors.Add(rule.Id);
        Raise(Disposition.Quarantine);
    }

    /// <summary>The rules were not asked to the end.</summary>
    public void OverLimit() => Floor(RulesFindings.OverRules.Id);

    /// <summary>DESIGN.md, promise 3: what no rule decided.</summary>
    public void ApplyFloors()
    {
        foreach (FindingFact finding in view.Message.Findings)
        {
            FindingKind? kind = FindingKinds.Find(finding.Kind);
            PartFact? part = view.Index.PartAt(finding.Path);
            PartOutcome? outcome = _parts.GetValueOrDefault(finding.Path);
            switch (kind?.Floor ?? Content.Floor.Quarantine)
            {
                case Content.Floor.Disarm when part is null:
                    Floor(finding.Kind);
                    break;
                case Content.Floor.Disarm:
                    if (outcome?.Allows(finding) is not true) Of(part).FloorDisarms(finding);
                    break;
                case Content.Floor.Quarantine:
                    if (outcome?.Decides(finding, kind, _disposition) is not true) Floor(finding.Kind);
                    break;
                default:
                    break;
            }
        }
    }

    public Branch Branch()
    {
        Rule[] acting = [.. _acting.Values.OrderByDescending(rule => rule.Severity).ThenBy(rule => rule.Id, StringComparer.Ordinal)];
        Disposition disposition = _disposition;
        Annotations annotations = Annotations(acting);
        IReadOnlyList<string> redirect = Addresses(acting.SelectMany(rule => rule.Then.Redirect));
        return new Branch
        {
            Recipients = [],
            Disposition = disposition,
            Treatments = [.. view.Message.Parts.Select(part => _parts.GetValueOrDefault(part.Path)).OfType<PartOutcome>().Select(part => part.Treatment(set, view)).OfType<Treatment>()],
            Annotations = annotations,
            Hold = disposition == Disposition.Hold ? Hold(acting) : null,
            Rejection = disposition == Disposition.Reject ? Rejection(acting) : null,
            CopyTo = Addresses(acting.SelectMany(rule => rule.Then.CopyTo)),
            RedirectTo = redirect.Count > 0 ? redirect : null,
            Reasons =
            [
                .. _floors.Select(kind => $"floor:{kind}"),
                .. _errors.Select(id => $"error:{id}"),
                .. acting.Select(rule => rule.Id),
                .. _parts.Values.SelectMany(part => part.DisarmedByFloor).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Select(kind => $"floor:{kind}"),
            ],
        };
    }

    private void OnPart(Rule rule, PartFact part, IReadOnlyList<FindingFact> named)
    {
        // The message cannot be taken out of itself.
        if (part.Path.Length == 0 && rule.Then.Treatment is TreatmentKind.Replace or TreatmentKind.Strip) Raise(Disposition.Quarantine);
        Of(part).Hit(rule, named);
    }

    // A rule about the message says "disarm": what is active in any part goes, whatever other rules allow.
    private void DisarmEverything()
    {
        foreach (FindingFact finding in view.Message.Findings)
            if (FindingKinds.Find(finding.Kind)?.Class == FindingClass.Active && view.Index.PartAt(finding.Path) is { } part) Of(part).DisarmAll();
    }

    private PartOutcome Of(PartFact part)
    {
        if (!_parts.TryGetValue(part.Path, out PartOutcome? outcome)) _parts[part.Path] = outcome = new PartOutcome(part);
        return outcome;
    }

    private void Floor(string kind)
    {
        _floors.Add(kind);
        Raise(Disposition.Quarantine);
    }

    private void Raise(Disposition disposition)
    {
        if (disposition > _disposition) _disposition = disposition;
    }

    private Annotations Annotations(Rule[] acting)
    {
        // What signs the body would break: of signed mail only the header is touched.
        bool signed = view.Message.Findings.Any(finding => finding is { Kind: "signed-message", Path: "" });
        return new Annotations
        {
            SubjectTags = [.. acting.Select(rule => rule.Then.SubjectTag).OfType<string>().Distinct(StringComparer.Ordinal)],
            Headers = [.. acting.SelectMany(rule => rule.Then.Headers).Distinct()],
            Banners = signed ? [] : [.. acting.Select(rule => rule.Then.Banner).OfType<string>().Distinct(StringComparer.Ordinal).Select(name => Reader.Banner(set.Templates, name, view))],
        };
    }

    private HoldOrder Hold(Rule[] acting)
    {
        HoldOrder[] orders = [.. acting.Select(rule => rule.Then.Hold).OfType<HoldOrder>()];
        HoldOrder[] sandbox = [.. orders.Where(order => order.For == "sandbox")];
        // Waiting for a password comes first: a sandbox cannot look into what is locked.
        return new HoldOrder(
            orders.Any(order => order.For == "password") ? "password" : "sandbox",
            orders.Max(order => order.WholeFor == TimeSpan.Zero ? set.Options.HoldWholeFor : order.WholeFor),
            orders.Max(order => order.KeepFor == TimeSpan.Zero ? set.Options.HoldKeepFor : order.KeepFor),
            orders.Any(order => order.AtEnd == "quarantine") ? "quarantine" : orders.Any(order => order.AtEnd == "return") ? "return" : "deliver-without")
        {
            // Each rule that submits has to say so: what a password opened stays here otherwise.
            SubmitUnlocked = sandbox.Length > 0 && sandbox.All(order => order.SubmitUnlocked),
        };
    }

    private SmtpReply Rejection(Rule[] acting)
    {
        SmtpReply said = acting.Select(rule => rule.Then.Rejection).OfType<SmtpReply>().First();
        return said with { Text = $"{view.Message.Id} {(said.Text.Length > 0 ? said.Text : "message refused")}" };
    }

    private static string[] Addresses(IEnumerable<string> addresses) => [.. addresses.Distinct(StringComparer.OrdinalIgnoreCase).Order(StringComparer.Ordinal)];
}

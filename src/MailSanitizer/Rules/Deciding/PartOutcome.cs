using MailSanitizer.Content;
using MailSanitizer.Mail;
using MailSanitizer.Rules.Facts;
using MailSanitizer.Rules.Texts;

namespace MailSanitizer.Rules.Deciding;

/// <summary>What rules and floors say of one part.</summary>
internal sealed class PartOutcome(PartFact part)
{
    private readonly HashSet<FindingFact> _allowed = [];
    private readonly HashSet<FindingFact> _unseen = [];
    private readonly HashSet<FindingFact> _takenOut = [];
    private readonly HashSet<FindingFact> _heldBack = [];
    private readonly HashSet<FindingFact> _named = [];
    private readonly HashSet<string> _disarmed = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _byFloor = new(StringComparer.Ordinal);
    private TreatmentKind _kind;
    private bool _disarmAll;
    private (RuleSeverity Severity, string Id, string Name)? _notice;
    private string? _repack;

    /// <summary>Active kinds that go because no rule allowed them.</summary>
    public IEnumerable<string> DisarmedByFloor => _byFloor;

    public void Hit(Rule rule, IReadOnlyList<FindingFact> named)
    {
        RuleAction then = rule.Then;
        if (then.Treatment is { } kind && kind > _kind) _kind = kind;
        if (then.Treatment == TreatmentKind.Disarm) Disarm(then.DisarmKinds);
        if (then.Notice is { } notice) Offer(rule, notice);
        // A locked part stays behind when the message goes on without it: the notice for that is recorded with the hold.
        if (then.Hold is { For: "password" } && _kind < TreatmentKind.Replace && named.Count > 0)
        {
            _kind = TreatmentKind.Replace;
            Offer(rule, NoticeTemplates.Default);
        }

        if (then.Repack is { } repack && (_repack is null || Rank(repack) < Rank(_repack))) _repack = repack;
        // Only a stable rule stands in for the floor.
        if (rule.Status != RuleStatus.Stable) return;
        if (then.Treatment is not null || then.Disposition is not null) _named.UnionWith(named);
        if (then.Pass) _allowed.UnionWith(named);
        if (then is { Pass: true, AllowsUnseen: true }) _unseen.UnionWith(named);
        if (then.Treatment is TreatmentKind.Replace or TreatmentKind.Strip) _takenOut.UnionWith(named);
        if (then.Disposition is >= Disposition.Hold) _heldBack.UnionWith(named);
    }

    public void DisarmAll()
    {
        _disarmAll = true;
        if (_kind < TreatmentKind.Disarm) _kind = TreatmentKind.Disarm;
    }

    /// <summary>Active, and no rule allows it: at the least it is disarmed.</summary>
    public void FloorDisarms(FindingFact finding)
    {
        if (!_named.Contains(finding)) _byFloor.Add(finding.Kind);
        if (_kind < TreatmentKind.Disarm) _kind = TreatmentKind.Disarm;
    }

    /// <summary>A rule lets an active finding stay, and none wants it out.</summary>
    public bool Allows(FindingFact finding) => _allowed.Contains(finding) && !_disarmAll && !_disarmed.Contains(finding.Kind);

    /// <summary>A rule decides a finding whose floor is quarantine: the part is taken out, the copy is not delivered, or a site says that it may go unseen.</summary>
    public bool Decides(FindingFact finding, FindingKind? kind, Disposition disposition)
    {
        if (_takenOut.Contains(finding) && part.Path.Length > 0) return true;
        if (_heldBack.Contains(finding) && disposition >= Disposition.Hold) return true;
        return kind is { NeverKept: false } && _unseen.Contains(finding);
    }

    /// <summary>The treatment, or null when the part goes on as it came.</summary>
    public Treatment? Treatment(RuleSet set, FactView view)
    {
        TreatmentKind kind = part.Path.Length == 0 && _kind > TreatmentKind.Disarm ? TreatmentKind.Disarm : _kind;
        if (kind == TreatmentKind.Keep && _repack is not null) kind = TreatmentKind.Disarm;
        if (kind == TreatmentKind.Keep) return null;
        Treatment treatment = new(part.Path, part.Sha256, kind)
        {
            Repack = _repack,
            Reasons = [.. view.Index.FindingsOf(part).Select(finding => finding.Kind).Where(id => FindingKinds.Find(id)?.Class is not FindingClass.Note).Distinct(StringComparer.Ordinal)],
        };
        if (kind == TreatmentKind.Disarm)
        {
            string[] stays = [.. _allowed.Where(Allows).Select(finding => finding.Kind).Distinct(StringComparer.Ordinal).Where(AllowedWherever(view)).Order(StringComparer.Ordinal)];
            treatment = treatment with { Allow = Nothing(stays), Also = Nothing([.. _disarmed.Where(id => FindingKinds.Find(id)?.Class is FindingClass.Note).Order(StringComparer.Ordinal)]) };
            return part.Path.Length == 0 ? treatment : treatment with { Notice = Reader.Notice(set.Templates, NoticeTemplates.Default, view, part) };
        }

        return kind == TreatmentKind.Replace ? treatment with { Notice = Reader.Notice(set.Templates, _notice?.Name ?? NoticeTemplates.Default, view, part) } : treatment;
    }

    private static IReadOnlyList<string>? Nothing(string[] kinds) => kinds.Length == 0 ? null : kinds;

    // A kind stays only where every finding of it in the part is allowed: a disarmer takes out kinds, not places.
    private Func<string, bool> AllowedWherever(FactView view) =>
        kind => view.Index.FindingsOf(part).Where(finding => finding.Kind == kind).All(Allows);

    private void Disarm(IReadOnlyList<string>? kinds)
    {
        if (kinds is null) _disarmAll = true;
        else _disarmed.UnionWith(kinds);
    }

    private void Offer(Rule rule, string name)
    {
        (RuleSeverity, string, string) offered = (rule.Severity, rule.Id, name);
        if (_notice is not { } now || rule.Severity > now.Severity || (rule.Severity == now.Severity && string.CompareOrdinal(rule.Id, now.Id) < 0)) _notice = offered;
    }

    private static int Rank(string repack) => repack switch { "locked" => 0, "open" => 1, _ => 2 };
}

using MailSanitizer.Content;
using MailSanitizer.Mail;
using MailSanitizer.Rules;
using static MailSanitizer.Tests.Rules.RuleBench;

namespace MailSanitizer.Tests.Rules;

/// <summary>How rules and floors make one decision.</summary>
public sealed class DecidingTests
{
    public static TheoryData<string> Kinds() => [.. FindingKinds.All.Keys.Order(StringComparer.Ordinal)];

    public static TheoryData<string> NeverKept() => [.. FindingKinds.All.Values.Where(kind => kind.NeverKept).Select(kind => kind.Id).Order(StringComparer.Ordinal)];

    public static TheoryData<string> Blind() =>
        [.. FindingKinds.All.Values.Where(kind => kind is { NeverKept: false, Floor: Floor.Quarantine }).Select(kind => kind.Id).Order(StringComparer.Ordinal)];

    public static TheoryData<string> Active() => [.. FindingKinds.All.Values.Where(kind => kind.Class == FindingClass.Active).Select(kind => kind.Id).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Each_finding_kind_has_its_floor_with_an_empty_rule_set(string kind)
    {
        Branch branch = Assert.Single(RuleSet.Empty.Decide(Message(Part("1")).With(Finding(kind))).Branches);
        switch (FindingKinds.Find(kind)!.Class)
        {
            case FindingClass.Note:
                Assert.Equal((Disposition.Deliver, 0), (branch.Disposition, branch.Treatments.Count));
                break;
            case FindingClass.Active:
                Assert.Equal((Disposition.Deliver, TreatmentKind.Disarm), (branch.Disposition, Assert.Single(branch.Treatments).Kind));
                Assert.Equal([$"floor:{kind}"], branch.Reasons);
                break;
            default:
                Assert.Equal(Disposition.Quarantine, branch.Disposition);
                Assert.Equal([$"floor:{kind}"], branch.Reasons);
                break;
        }
    }

    [Fact]
    public void A_note_that_a_rule_has_disarmed_goes_with_what_is_active()
    {
        MessageFacts mail = Message(Part("1", "a.jpg", "jpeg"), Part("2", "b.txt", "txt"));
        Treatment treatment = Assert.Single(Only(Decide(mail, Rule("{ part.format: [jpeg, png, webp] }", "{ disarm: [image-reencode, script-in-image, image-metadata] }"))).Treatments);
        Assert.Equal(("1", TreatmentKind.Disarm), (treatment.Path, treatment.Kind));
        Assert.Null(treatment.Remove);
        Assert.Equal(["image-metadata", "image-reencode"], treatment.Also!);
    }

    [Fact]
    public void A_finding_of_an_unknown_kind_or_place_is_quarantine()
    {
        Assert.Equal(Disposition.Quarantine, Only(Decide(Message(Part("1")).With(Finding("of-tomorrow")))).Disposition);
        Assert.Equal(Disposition.Quarantine, Only(Decide(Message(Part("1")).With(Finding("reminder-file", "2")))).Disposition);
    }

    [Theory]
    [MemberData(nameof(NeverKept))]
    public void What_can_never_be_kept_is_not_kept_by_any_rule_and_may_be_taken_out(string kind)
    {
        MessageFacts mail = Message(Part("1")).With(Finding(kind));
        Assert.Equal(Disposition.Quarantine, Only(Decide(mail, Rule($"{{ part.finding: {kind} }}", "{ pass: true, unseen: allow }"))).Disposition);
        Assert.Equal(Disposition.Quarantine, Only(Decide(mail, Rule($"{{ part.finding: {kind} }}", "disarm"))).Disposition);
        Branch taken = Only(Decide(mail, Rule($"{{ part.finding: {kind} }}", "replace")));
        Assert.Equal((Disposition.Deliver, TreatmentKind.Replace), (taken.Disposition, Assert.Single(taken.Treatments).Kind));
    }

    [Theory]
    [MemberData(nameof(Blind))]
    public void Unseen_content_goes_on_only_where_a_stable_rule_of_a_site_names_it_and_says_so(string kind)
    {
        MessageFacts mail = Message(Part("1"), Part("2")).With(Finding(kind));
        Assert.Equal(Disposition.Quarantine, Only(Decide(mail, Rule($"{{ part.finding: {kind} }}", "pass"))).Disposition);
        Branch allowed = Only(Decide(mail, Rule($"{{ part.finding: {kind} }}", "{ pass: true, unseen: allow }")));
        Assert.Equal((Disposition.Deliver, 0), (allowed.Disposition, allowed.Treatments.Count));
        Assert.Equal(Disposition.Quarantine, Only(Decide(mail.With(Finding(kind, "2")), Rule($"{{ part.finding: {kind}, part.path: \"1\" }}", "{ pass: true, unseen: allow }"))).Disposition);
        Assert.Equal(Disposition.Quarantine, Only(Decide(mail, Rule($"{{ part.finding: {kind} }}", "{ pass: true, unseen: allow }", status: "experimental"))).Disposition);
        Assert.Equal(Disposition.Quarantine, Only(Decide(mail, Rule($"{{ part.finding: {{ class: {FindingKinds.Find(kind)!.Class.ToString().ToLowerInvariant()} }} }}", "replace"))).Disposition);
        Assert.Equal(Disposition.Quarantine, Only(Decide(mail, Rule("{ part.path: \"1\" }", "replace"))).Disposition);
        Assert.Equal(Disposition.Hold, Only(Decide(mail, Rule($"{{ part.finding: {kind} }}", "hold"))).Disposition);
        Assert.Equal(Disposition.Deliver, Only(Decide(mail, Rule($"{{ part.finding: {kind} }}", "strip"))).Disposition);
    }

    [Theory]
    [MemberData(nameof(Active))]
    public void Active_content_stays_only_where_a_stable_rule_names_and_passes_it(string kind)
    {
        MessageFacts mail = Message(Part("1"), Part("2")).With(Finding(kind));
        Assert.Empty(Only(Decide(mail, Rule($"{{ part.finding: {kind} }}", "pass"))).Treatments);
        Assert.Equal(TreatmentKind.Disarm, Assert.Single(Only(Decide(mail, Rule($"{{ part.finding: {kind} }}", "pass", status: "experimental"))).Treatments).Kind);
        Assert.Equal(TreatmentKind.Disarm, Assert.Single(Only(Decide(mail, Rule($"{{ part.finding: {kind} }}", "pass"), Rule("{ part.path: \"1\" }", "disarm", id: "two"))).Treatments).Kind);
        // Another part, another kind: they do not share the permission.
        Assert.Equal("2", Assert.Single(Only(Decide(mail.With(Finding(kind, "2")), Rule($"{{ part.finding: {kind}, part.path: \"1\" }}", "pass"))).Treatments).Path);
    }

    [Fact]
    public void A_disarm_leaves_what_a_rule_allows_and_takes_the_rest()
    {
        MessageFacts mail = Message(Part("1")).With(Finding("reminder-file"), Finding("custom-form"));
        Treatment treatment = Assert.Single(Only(Decide(mail, Rule("{ part.finding: custom-form }", "pass"))).Treatments);
        Assert.Equal((TreatmentKind.Disarm, "custom-form"), (treatment.Kind, Assert.Single(treatment.Allow!)));
    }

    [Fact]
    public void The_strongest_wins_on_each_axis_in_whatever_order()
    {
        MessageFacts mail = Message(Part("1")).With(Finding("reminder-file"));
        Rule[] rules =
        [
            Rule("{ part.finding: reminder-file }", "disarm", id: "a"), Rule("{ part.finding: reminder-file }", "replace", id: "b"), Rule("{ part.finding: reminder-file }", "strip", id: "c"),
            Rule("{ direction: inbound }", "hold", id: "d"), Rule("{ direction: inbound }", "quarantine", id: "e"), Rule("{ direction: inbound }", "reject", id: "f"),
        ];
        for (int strongest = 0; strongest < 3; strongest++)
        {
            Branch branch = Only(Decide(mail, [rules[strongest], .. rules[..strongest], rules[3 + strongest], .. rules[3..(3 + strongest)]]));
            Assert.Equal(TreatmentKind.Disarm + strongest, Assert.Single(branch.Treatments).Kind);
            Assert.Equal(Disposition.Hold + strongest, branch.Disposition);
        }
    }

    [Fact]
    public void A_test_rule_is_recorded_and_decides_nothing_and_a_deprecated_one_is_not_asked()
    {
        MessageFacts mail = Message(Part("1"));
        Decision decision = Decide(mail, Rule("{ direction: inbound }", "quarantine", status: "test"), Rule("{ direction: inbound }", "quarantine", status: "deprecated", id: "two"));
        Assert.Equal(Disposition.Deliver, Only(decision).Disposition);
        RuleHit hit = Assert.Single(decision.Hits);
        Assert.Equal(("one", true, "quarantine"), (hit.RuleId, hit.Recorded, hit.Did));
    }

    [Fact]
    public void Recipients_are_split_only_where_decisions_differ()
    {
        MessageFacts mail = Message(Part("1")).To("a@example.com", "b@example.com", "c@example.com");
        Decision decision = Decide(mail, Rule("{ recipient.address: b@example.com }", "quarantine"));
        Assert.Equal(2, decision.Branches.Count);
        Assert.Equal(["a@example.com", "c@example.com"], decision.Branches[0].Recipients.Select(recipient => recipient.Address));
        Assert.Equal((Disposition.Deliver, Disposition.Quarantine), (decision.Branches[0].Disposition, decision.Branches[1].Disposition));
        Assert.Single(Decide(mail, Rule("{ recipient.domain: example.com }", "quarantine")).Branches);
    }

    [Fact]
    public void The_message_itself_cannot_be_replaced()
    {
        Branch branch = Only(Decide(Message(Part("1")).With(Finding("reminder-file", "")), Rule("{ part.finding: reminder-file }", "replace")));
        Assert.Equal((Disposition.Quarantine, TreatmentKind.Disarm), (branch.Disposition, Assert.Single(branch.Treatments).Kind));
    }

    [Fact]
    public void Every_decision_carries_the_hash_and_a_change_of_the_rules_changes_it()
    {
        RuleSet one = RuleSetLoader.Of([Rule("{ direction: inbound }", "quarantine")]);
        RuleSet same = RuleSetLoader.Of([Rule("{ direction: inbound }", "quarantine")]);
        RuleSet other = RuleSetLoader.Of([Rule("{ direction: outbound }", "quarantine")]);
        Assert.Equal(64, one.Hash.Length);
        Assert.Equal(one.Hash, same.Hash);
        Assert.NotEqual(one.Hash, other.Hash);
        Assert.Equal(one.Hash, one.Decide(Message()).RuleSetHash);
    }

    private static Branch Only(Decision decision) => Assert.Single(decision.Branches);
}

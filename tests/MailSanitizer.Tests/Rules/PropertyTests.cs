using System.Text.Json;
using MailSanitizer.Content;
using MailSanitizer.Mail;
using MailSanitizer.Rules;
using MailSanitizer.Rules.Texts;
using static MailSanitizer.Tests.Rules.RuleBench;

namespace MailSanitizer.Tests.Rules;

/// <summary>What must hold of every set of rules and every message: tried on the shipped rules, on generated ones, and on generated messages.</summary>
public sealed class PropertyTests
{
    private static readonly string Folder = Path.Combine(Repository.Root, "rules");
    private static readonly RuleSet Shipped = RuleSetLoader.LoadFolders(Folder, null).Set!;
    private static readonly string[] Active = KindsOf(kind => kind.Class == FindingClass.Active);
    private static readonly string[] Blind = KindsOf(kind => kind is { NeverKept: false, Floor: Floor.Quarantine });
    private static readonly string[] Other = KindsOf(kind => kind.NeverKept || kind.Class == FindingClass.Note);
    private static readonly int Rounds = Environment.GetEnvironmentVariable("MAILSANITIZER_FULL") == "1" ? 20_000 : 120;

    private static readonly string[] Thens =
    [
        "disarm", "replace", "strip", "quarantine", "reject", "{ hold: { for: password } }", "{ hold: { for: sandbox } }", "pass", "{ pass: true, unseen: allow }", "[disarm, quarantine]",
        "{ annotate: { subject-tag: \"[X]\" } }", "{ copy-to: [soc@example.jp] }",
    ];

    [Fact]
    public void Adding_a_rule_never_weakens_what_rules_decided_and_takes_no_floor_but_of_what_it_names()
    {
        int weaker = 0;
        for (int seed = 0; seed < Rounds; seed++)
        {
            Random random = new(seed);
            MessageFacts facts = AnyMessage(random, seed);
            Rule[] rules = [.. AnyRules(random, seed)];
            Rule added = AnyRule(random, seed, "zz-added");
            Dictionary<string, Branch> before = ByRecipient(Set(rules).Decide(facts)), after = ByRecipient(Set([.. rules, added]).Decide(facts));
            foreach ((string recipient, Branch old) in before)
            {
                Branch now = after[recipient];
                string why = $"seed {seed}, {recipient}: {added.Text}\n{string.Join(" ", old.Reasons)}\n{string.Join(" ", now.Reasons)}";
                string[] gone = [.. old.Reasons.Except(now.Reasons)];
                HashSet<string> named = [.. added.When.SelectMany(alternative => alternative.NamedKinds)];
                // Only a stable rule that names the kind stands in for a floor; what another rule said stays said.
                Assert.True(gone.All(reason => reason.StartsWith("floor:", StringComparison.Ordinal) && named.Contains(reason["floor:".Length..])), why);
                if (gone.Length > 0) Assert.True(added.Status == RuleStatus.Stable, why);
                if (now.Disposition < old.Disposition)
                {
                    weaker++;
                    Assert.True(old.Disposition == Disposition.Quarantine && gone.Length > 0, why);
                }

                foreach (Treatment treatment in old.Treatments)
                {
                    TreatmentKind kind = now.Treatments.FirstOrDefault(other => other.Path == treatment.Path)?.Kind ?? TreatmentKind.Keep;
                    if (kind < treatment.Kind) Assert.True(added.Then.Pass && treatment.Kind == TreatmentKind.Disarm && gone.Length > 0, why);
                }
            }
        }

        // The generator reaches what it is about.
        Assert.True(weaker > 0);
    }

    [Fact]
    public void A_rule_that_does_not_hit_changes_nothing()
    {
        int silent = 0;
        for (int seed = 0; seed < Rounds; seed++)
        {
            Random random = new(seed);
            MessageFacts facts = AnyMessage(random, seed);
            Rule[] rules = [.. AnyRules(random, seed)];
            Rule added = AnyRule(random, seed, "zz-added");
            Decision with = Set([.. rules, added]).Decide(facts);
            if (with.Hits.Any(hit => hit.RuleId == added.Id)) continue;
            silent++;
            Assert.Equal(Print(Set(rules).Decide(facts)), Print(with));
        }

        Assert.True(silent > Rounds / 4);
    }

    [Fact]
    public void The_order_of_rules_never_matters()
    {
        for (int seed = 0; seed < Rounds; seed++)
        {
            Random random = new(seed);
            MessageFacts facts = AnyMessage(random, seed);
            Rule[] rules = [.. AnyRules(random, seed), .. Shipped.Rules];
            string one = Print(Set(rules).Decide(facts));
            random.Shuffle(rules);
            Assert.Equal(one, Print(Set(rules).Decide(facts)));
        }
    }

    [Fact]
    public void A_set_printed_and_loaded_again_decides_the_same()
    {
        Rule[] again = [.. Shipped.Rules.Select(rule => Loaded(SchemaTests.Json(rule.Text), rule.Id))];
        NoticeTemplates templates = NoticeTemplates.Read([Folder], []);
        RuleSet printed = new(again, templates, new RuleSetOptions(), "", []);
        RuleSet first = new(Shipped.Rules, templates, new RuleSetOptions(), "", []);
        for (int seed = 0; seed < Rounds; seed++)
        {
            MessageFacts facts = AnyMessage(new Random(seed), seed);
            Assert.Equal(Print(first.Decide(facts)), Print(printed.Decide(facts)));
        }

        for (int seed = 0; seed < Rounds; seed++)
        {
            Random random = new(seed);
            MessageFacts facts = AnyMessage(random, seed);
            Rule rule = AnyRule(random, seed, "one");
            Assert.Equal(Print(Set([rule]).Decide(facts)), Print(Set([Loaded(SchemaTests.Json(rule.Text), "one")]).Decide(facts)));
        }
    }

    private static string[] KindsOf(Func<FindingKind, bool> which) => [.. FindingKinds.All.Values.Where(which).Select(kind => kind.Id).Order(StringComparer.Ordinal)];

    private static Rule Loaded(string text, string id)
    {
        (Rule? rule, IReadOnlyList<RuleError> errors) = RuleSetLoader.ReadRule(text, id + ".yaml", Folder);
        Assert.True(rule is not null, $"{id}: {string.Join("\n", errors)}");
        return rule;
    }

    // Not sorted, as the loader does it: the order given is the order asked.
    private static RuleSet Set(IReadOnlyList<Rule> rules) => new(rules, Shipped.Templates, new RuleSetOptions(), "", []);

    private static Dictionary<string, Branch> ByRecipient(Decision decision) =>
        decision.Branches.SelectMany(branch => branch.Recipients.Select(recipient => (recipient.Address, branch))).ToDictionary(pair => pair.Address, pair => pair.branch, StringComparer.Ordinal);

    private static string Print(Decision decision) => JsonSerializer.Serialize(decision with { Hits = [.. decision.Hits.OrderBy(hit => $"{hit.RuleId} {hit.Path} {hit.Finding}", StringComparer.Ordinal)] });

    private static List<Rule> AnyRules(Random random, int seed)
    {
        List<Rule> rules = [];
        for (int count = random.Next(6); count > 0; count--) rules.Add(AnyRule(random, seed, $"rule-{count}"));
        return rules;
    }

    private static Rule AnyRule(Random random, int seed, string id)
    {
        string then = Thens[random.Next(Thens.Length)];
        string[] few = [.. Few(random, seed)];
        string kinds = $"[{string.Join(", ", few)}]";
        string when = random.Next(6) switch
        {
            0 => "{ direction: inbound }",
            1 => $"{{ part.finding: {kinds}, recipient.address: b@example.jp }}",
            2 => $"{{ part.finding: {kinds}, part.extension: [exe, docm] }}",
            3 => $"{{ part.finding: {{ class: active }} }}",
            _ => $"{{ part.finding: {kinds} }}",
        };
        bool aboutMessage = when == "{ direction: inbound }";
        // What is said of a part needs a condition on one, and what lets something stay needs its kind.
        if (aboutMessage && (then is "replace" or "strip" || then.Contains("pass", StringComparison.Ordinal))) then = "quarantine";
        if (when.Contains("class", StringComparison.Ordinal) && then.Contains("pass", StringComparison.Ordinal)) then = "disarm";
        string status = random.Next(5) switch { 0 => "experimental", 1 => "test", _ => "stable" };
        return Rule(when, then, random.Next(4) == 0 ? "{ authentication.dmarc: pass }" : null, status, id, random.Next(2) == 0 ? "quarantine" : "ignore", random.Next(2) == 0 ? "low" : "high");
    }

    // Few kinds, other ones in each round, so that rules and messages meet.
    private static IEnumerable<string> Few(Random random, int seed)
    {
        int[] at = [seed * 5, (seed * 3) + 1, seed + 2];
        string[] pool = [.. at.Select(one => Active[one % Active.Length]), .. at.Select(one => Blind[one % Blind.Length]), Other[seed % Other.Length]];
        return pool.OrderBy(_ => random.Next()).Take(1 + random.Next(3));
    }

    private static MessageFacts AnyMessage(Random random, int seed)
    {
        MessageFacts facts = Message(Part("1", "a.exe", "exe"), Part("2", "b.docm", "docm"), Part("2/x", "x.txt", "text"));
        for (int count = random.Next(4); count > 0; count--) facts = facts.With(Finding(Few(random, seed).First(), new[] { "", "1", "2", "2/x" }[random.Next(4)]));
        if (random.Next(3) == 0) facts = facts.To("a@example.jp", "b@example.jp");
        if (random.Next(3) == 0) facts = facts.Passing();
        if (random.Next(4) == 0) facts = facts with { Directions = [.. facts.Directions.Select(_ => Direction.Outbound)] };
        return facts;
    }
}

using MailSanitizer.Content;
using MailSanitizer.Mail;
using MailSanitizer.Rules;
using MailSanitizer.Rules.Texts;
using static MailSanitizer.Tests.Rules.RuleBench;

namespace MailSanitizer.Tests.Rules;

/// <summary>What conditions mean: any and every value, exceptions, the same part, what cannot be told.</summary>
public sealed class MeaningTests
{
    private static readonly MessageFacts Plain = Message(Part("1", "a.docm", "docm"), Part("2", "b.pdf", "pdf"));

    public static TheoryData<string, bool> Conditions() => new()
    {
        { "direction: inbound", true }, { "direction: [outbound, internal]", false },
        { "recipient.address: READER@example.com", true }, { "recipient.domain: { under: com }", true }, { "recipient.domain: ample.com", false },
        { "client.ip: { network: 203.0.113.0/24 }", true }, { "client.ip: 203.0.113.9", true }, { "client.ip: { network: \"2001:db8::/32\" }", false },
        { "client.helo: { exists: false }", true }, { "client.name: { exists: true }", false },
        { "envelope.from: { suffix: \"@partner.example\" }", true }, { "envelope.from.domain: partner.example", true }, { "envelope.null-sender: false", true },
        { "envelope.recipient: reader@example.com", true }, { "envelope.recipient-count: 1", true }, { "envelope.recipient-count: { over: 1 }", false },
        { "header.subject: invoice", true }, { "header.subject: { prefix: inv }", true }, { "header.subject: { suffix: ICE }", true }, { "header.subject: { contains: voi }", true },
        { "header.subject: { glob: \"in?o*\" }", true }, { "header.subject: { glob: \"n?o*\" }", false }, { "header.subject: { regex: \"^inv.*e$\" }", true }, { "header.subject: { regex: \"(?-i)^inv\" }", false },
        { "header.subject: { prefix: inv, suffix: x }", false }, { "header.subject: [x, { contains: voice }]", true }, { "header.subject: { not: invoice }", false }, { "header.x-none: { not: a }", true },
        { "header-names: subject", true }, { "header-from: sender@partner.example", true }, { "header-from.domain: { looks-like: [partner.example] }", false }, { "header-from.domain: { looks-like: [partmer.example] }", true },
        { "header-from.display-name: Sender", true }, { "reply-to: { exists: false }", true }, { "header-from.domain: { same-as: envelope.from.domain }", true }, { "header-from.domain: { differs-from: recipient.domain }", true },
        { "authentication.dmarc: none", true }, { "authentication.dmarc.policy: { exists: false }", true },
        { "message.size: { between: [1KB, 2KB] }", true }, { "message.size: { at-least: 2001 }", false }, { "message.parts: 2", true }, { "message.attachments: { at-least: 2 }", true }, { "message.language: other", true },
        { "message.is-list: false", true }, { "message.finding: { class: active }", false }, { "message.sha256: " + new string('A', 64), true },
        { "received.time: { between: [\"09:00\", \"10:00\"] }", true }, { "received.time: { between: [\"22:00\", \"06:00\"] }", false }, { "received.day: tuesday", true },
        { "correspondence.days: { exists: false }", true }, { "correspondence.first-contact: true", false },
        { "any-part: { part.extension: pdf, part.format: pdf }", true }, { "any-part: { part.extension: docm, part.format: pdf }", false }, { "all-parts: { part.depth: 1 }", true }, { "all-parts: { part.format: pdf }", false },
        { "not: { direction: outbound }", true }, { "any: [{ direction: outbound }, { message.parts: 2 }]", true }, { "all: [{ direction: inbound }, { message.parts: 3 }]", false },
        { "part.name: a.docm", true }, { "part.path: \"2\"", true }, { "part.size: 1000", true }, { "part.encrypted: true", false }, { "part.is-attachment: true", true }, { "part.container: eml", true }, { "part.opened-with: { exists: true }", false },
    };

    [Theory]
    [MemberData(nameof(Conditions))]
    public void Each_fact_and_operator_says_what_it_says(string condition, bool hits) => Assert.Equal(hits, Hits(Rule($"{{ {condition} }}", "quarantine"), Plain));

    [Theory]
    [InlineData("2001:db8::1", true)]
    [InlineData("::ffff:203.0.113.9", false)]
    public void Addresses_of_the_network_are_compared_as_addresses(string client, bool hits) =>
        Assert.Equal(hits, Hits(Rule("{ client.ip: { network: \"2001:db8::/32\" } }", "quarantine"), Plain with { Envelope = Plain.Envelope with { Client = ForwardedClient.Unknown with { Address = client } } }));

    [Fact]
    public void In_when_one_value_suffices_and_in_unless_every_one_must_match()
    {
        MessageFacts two = Plain.Passing().WithHeaders(Header("X-Tag", "good"), Header("X-Tag", "bad"));
        Assert.True(Hits(Rule("{ header.x-tag: bad }", "quarantine"), two));
        const string Unless = "{ header.x-tag: good, authentication.dmarc: pass }";
        Assert.True(Hits(Rule("{ direction: inbound }", "quarantine", Unless), two));
        Assert.False(Hits(Rule("{ direction: inbound }", "quarantine", Unless), Plain.Passing().WithHeaders(Header("X-Tag", "good"))));
        Assert.True(Hits(Rule("{ direction: inbound }", "quarantine", Unless), Plain.Passing()));
        Assert.True(Hits(Rule("{ direction: inbound }", "quarantine", Unless), Plain.WithHeaders(Header("X-Tag", "good"))));
        // Under "not" nothing is proven by what is missing, nor by one value of two.
        Assert.True(Hits(Rule("{ direction: inbound }", "quarantine", "{ not: { header.x-tag: bad }, authentication.dmarc: pass }"), Plain.Passing()));
        Assert.True(Hits(Rule("{ direction: inbound }", "quarantine", "{ not: { header.x-tag: bad }, authentication.dmarc: pass }"), two));
    }

    [Fact]
    public void A_value_added_beside_does_not_let_a_message_out_of_not()
    {
        Rule rule = Rule("{ header.x-tag: { not: ok } }", "quarantine");
        Assert.False(Hits(rule, Plain.WithHeaders(Header("X-Tag", "ok"))));
        Assert.True(Hits(rule, Plain.WithHeaders(Header("X-Tag", "bad"))));
        Assert.True(Hits(rule, Plain.WithHeaders(Header("X-Tag", "bad"), Header("X-Tag", "ok"))));
    }

    [Fact]
    public void A_temporary_error_is_no_exception_neither_way()
    {
        MessageFacts unsure = Plain with { Authentication = AuthenticationFacts.None with { Results = [new MethodResult("dmarc", "temperror", [])] } };
        Assert.True(Hits(Rule("{ direction: inbound }", "quarantine", "{ authentication.dmarc: pass }"), unsure));
        Assert.True(Hits(Rule("{ direction: inbound }", "quarantine", "{ not: { authentication.dmarc: fail } }"), unsure));
    }

    [Fact]
    public void A_value_that_is_cut_makes_not_and_unless_fail_and_the_rule_says_what_follows()
    {
        MessageFacts cut = Plain.Passing().WithHeaders(Header("X-Tag", new string('a', 64 * 1024)));
        Assert.True(Hits(Rule("{ header.x-tag: { prefix: aaa } }", "quarantine"), cut));
        Assert.True(Hits(Rule("{ direction: inbound }", "quarantine", "{ header.x-tag: { prefix: aaa }, authentication.dmarc: pass }"), cut));
        Assert.Equal(Disposition.Quarantine, Decide(cut, Rule("{ header.x-tag: { not: { contains: b } } }", "reject")).Branches[0].Disposition);
        Assert.Equal(Disposition.Deliver, Decide(cut, Rule("{ header.x-tag: { not: { contains: b } } }", "reject", onError: "ignore")).Branches[0].Disposition);
    }

    [Fact]
    public void Two_conditions_on_a_part_mean_the_same_part_and_an_exception_the_one_that_was_hit()
    {
        Assert.False(Hits(Rule("{ part.extension: docm, part.format: pdf }", "quarantine"), Plain));
        Decision decision = Decide(Plain, Rule("{ part.is-attachment: true }", "strip", "{ part.format: pdf }"));
        Assert.Equal(["1"], decision.Branches[0].Treatments.Select(treatment => treatment.Path));
    }

    [Fact]
    public void Two_conditions_on_a_finding_mean_the_same_finding()
    {
        MessageFacts mail = Plain.With(Finding("vba-project", "1", "word/a"), Finding("dde", "1", "word/b"));
        Assert.True(Hits(Rule("{ part.finding: { kind: dde, location: word/b } }", "quarantine"), mail));
        Assert.False(Hits(Rule("{ part.finding: { kind: dde, location: word/a } }", "quarantine"), mail));
    }

    [Fact]
    public void Ten_thousand_parts_under_a_thousand_rules_end()
    {
        MessageFacts mail = Message([.. Enumerable.Range(1, 10_000).Select(at => Part($"p{at}", $"file-{at}.dat"))]);
        Rule[] rules = [.. Enumerable.Range(1, 1000).Select(at => Rule($"{{ part.name: {{ regex: \"invoice[0-9]+-{at}[.]exe\" }} }}", "strip", id: $"rule-{at}"))];
        Branch branch = Assert.Single(Decide(mail, rules).Branches);
        Assert.Equal(Disposition.Quarantine, branch.Disposition);
        Assert.Contains("floor:over-rules", branch.Reasons);
    }

    [Fact]
    public void Passwords_of_rules_come_from_what_is_known_before_the_walk()
    {
        RuleSet set = RuleSetLoader.Of([Rule("{ envelope.from.domain: partner.example }", "{ passwords: { fixed: [\"a{b\"], templates: [\"{yyyy}{MM}{dd}-{from-name}\"] } }"), Rule("{ envelope.from.domain: other.example }", "{ passwords: { fixed: [no] } }", id: "two")]);
        IReadOnlyList<Password> passwords = set.Passwords(Plain);
        Assert.Equal(["a{b", "20261124-partner"], passwords.Select(password => password.Text));
        Assert.All(passwords, password => Assert.Equal("rule", password.Source));
    }

    [Fact]
    public void Actions_become_the_branch()
    {
        Branch branch = Decide(Plain, Rule("{ direction: inbound }", "{ annotate: { subject-tag: \"[EXT]\", header: { X-Origin: outside } }, copy-to: [soc@example.jp], redirect: [desk@example.jp] }")).Branches[0];
        Assert.Equal(["[EXT]"], branch.Annotations.SubjectTags);
        Assert.Equal([KeyValuePair.Create("X-Origin", "outside")], branch.Annotations.Headers);
        Assert.Equal(["soc@example.jp"], branch.CopyTo);
        Assert.Equal(["desk@example.jp"], branch.RedirectTo!);
        Branch rejected = Decide(Plain, Rule("{ direction: inbound }", "{ reject: { code: 554, enhanced: 5.7.0, text: not today } }")).Branches[0];
        Assert.Equal((554, "5.7.0", $"{Plain.Id} not today"), (rejected.Rejection!.Code, rejected.Rejection.Enhanced, rejected.Rejection.Text));
        Branch held = Decide(Plain.With(Finding("locked")), Rule("{ part.finding: locked }", "{ hold: { for: password, whole-for: 5m, keep-for: 2d, at-end: return } }")).Branches[0];
        Assert.Equal(new HoldOrder("password", TimeSpan.FromMinutes(5), TimeSpan.FromDays(2), "return"), held.Hold);
        Assert.Equal(TreatmentKind.Replace, Assert.Single(held.Treatments).Kind);
    }

    [Fact]
    public void A_notice_is_in_the_readers_language_safe_and_silent_to_strangers()
    {
        MessageFacts mail = Message(Part("1", "http://evil.example/a\u202Eexe\r\n.js", "js")).With(Finding("script-file"));
        string folder = Path.Combine(Repository.Root, "rules");
        Rule rule = RuleSetLoader.ReadRule(Text("{ part.finding: script-file }", "{ replace: program }"), "one.yaml", folder).Rule!;
        RuleSet set = new([rule], NoticeTemplates.Read([folder], []), new RuleSetOptions(), "", []);
        string english = set.Decide(mail).Branches[0].Treatments[0].Notice!;
        Assert.Contains("was taken out", english, StringComparison.Ordinal);
        Assert.DoesNotContain("evil.example", english, StringComparison.Ordinal);
        Assert.DoesNotContain('\u202E', english);
        Assert.Contains("取り除かれました", set.Decide(mail.To("reader@example.jp")).Branches[0].Treatments[0].Notice!, StringComparison.Ordinal);
        string outbound = set.Decide(mail with { Directions = [Direction.Outbound] }).Branches[0].Treatments[0].Notice!;
        Assert.Equal($"An attachment was taken out. ({mail.Id})\r\n", outbound);
    }

    [Fact]
    public void Where_no_template_is_named_the_notice_gives_the_findings_as_its_reason()
    {
        MessageFacts mail = Message(Part("1", "a.js", "js")).With(Finding("script-file"), Finding("double-extension"));
        Treatment treatment = Assert.Single(Decide(mail, Rule("{ part.finding: script-file }", "replace")).Branches[0].Treatments);
        Assert.Null(treatment.Notice);
        Assert.Contains("script-file", treatment.Reasons);
    }

    private static bool Hits(Rule rule, MessageFacts facts) => Decide(facts, rule).Hits.Any(hit => hit.RuleId == rule.Id && !hit.Did.StartsWith("on-error", StringComparison.Ordinal));
}

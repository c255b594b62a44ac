using System.Text;
using MailSanitizer.Rules;

namespace MailSanitizer.Fuzz;

/// <summary>The loader of rule files.</summary>
public static class RulesFuzz
{
    private const string Rule = "version: 1\nid: one\ntitle: T\nwhy: W\nstatus: stable\nseverity: high\nwhen:\n  direction: inbound\n  part.name: { regex: \"a+b\", not: { glob: \"*x\" } }\n  any-part: { part.size: { between: [1KB, 2MB] } }\nunless:\n  - { header-from.domain: a.example, authentication.dmarc: pass }\nthen: { reject: { code: 550, text: no }, annotate: { header: { X-A: b } } }\non-error: quarantine\n";

    /// <summary>Any bytes give a rule or errors with a place, never both and never an exception.</summary>
    public static FuzzTarget Loader { get; } = new("rules-loader", [Encoding.UTF8.GetBytes(Rule), "when: [[[["u8.ToArray(), "a: &x [*x]"u8.ToArray()], input =>
    {
        (Rule? rule, IReadOnlyList<RuleError> errors) = RuleSetLoader.ReadRule(Encoding.UTF8.GetString(input), "fuzz.yaml");
        if (rule is null == (errors.Count == 0)) throw new InvalidOperationException("neither a rule nor an error, or both");
        if (errors.Any(error => error.Line < 1 || error.Column < 1)) throw new InvalidOperationException("an error without a place");
    });
}

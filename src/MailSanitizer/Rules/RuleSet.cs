using MailSanitizer.Content;
using MailSanitizer.Mail;
using MailSanitizer.Rules.Deciding;
using MailSanitizer.Rules.Facts;
using MailSanitizer.Rules.Texts;

namespace MailSanitizer.Rules;

/// <summary>
/// An immutable set of rules that decides (DESIGN.md, "Rules"): every rule is asked, order never matters, the strongest wins on each axis, and what no rule names has its floor.
/// Pure: the same facts give the same decision.
/// </summary>
public sealed class RuleSet : IDecider
{
    private readonly Rule[] _on;

    internal RuleSet(IReadOnlyList<Rule> rules, NoticeTemplates templates, RuleSetOptions options, string hash, IReadOnlyCollection<string> lists)
    {
        Rules = rules;
        Templates = templates;
        Options = options;
        Hash = hash;
        Lists = lists;
        _on = [.. rules.Where(rule => rule.IsOn)];
    }

    /// <summary>Without any rule: the floors alone.</summary>
    public static RuleSet Empty { get; } = RuleSetLoader.Of([]);

    /// <summary>Every rule, by id, those that are switched off included.</summary>
    public IReadOnlyList<Rule> Rules { get; }

    /// <summary>SHA-256 of everything in the set that can change a decision; stands in every record of one.</summary>
    public string Hash { get; }

    /// <summary>Names of the lists that the rules use.</summary>
    public IReadOnlyCollection<string> Lists { get; }

    internal NoticeTemplates Templates { get; }

    internal RuleSetOptions Options { get; }

    internal IReadOnlyList<Rule> On => _on;

    /// <inheritdoc/>
    public Decision Decide(MessageFacts facts) => new RuleDecider(this, facts).Decide();

    /// <summary>
    /// The passwords that rules give for a message, before it is walked: <paramref name="early"/> needs envelope, directions, header, size and authentication only. Their source is
    /// <c>rule</c>.
    /// </summary>
    public IReadOnlyList<Password> Passwords(MessageFacts early)
    {
        List<Password> passwords = [];
        MessageIndex index = new(early);
        EvaluationMeter meter = new();
        foreach (Rule rule in _on.Where(rule => rule.Then.Passwords.Count > 0 && rule.Status is RuleStatus.Stable or RuleStatus.Experimental))
        {
            for (int at = 0; at < early.Envelope.Recipients.Count && at < MaximalRecipients; at++)
            {
                FactView view = new(index, at, Options, meter);
                if (!RuleDecider.HitsMessage(rule, view).Hit) continue;
                foreach (string template in rule.Then.Passwords)
                    foreach (string text in PasswordTemplate.Fill(template, view)) passwords.Add(new Password(text, "rule"));
            }
        }

        return [.. passwords.DistinctBy(password => password.Text)];
    }

    // Each further recipient costs as much again, and templates that differ by recipient are for mail to one.
    private const int MaximalRecipients = 20;
}

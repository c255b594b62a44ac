using MailSanitizer.Mail;
using MailSanitizer.Rules;

namespace MailSanitizer.Pipeline;

/// <summary>Decides by the floors alone: an empty rule set (DESIGN.md, promise 3).</summary>
public sealed class FloorDecider : IDecider
{
    /// <inheritdoc/>
    public Decision Decide(MessageFacts facts) => RuleSet.Empty.Decide(facts);
}

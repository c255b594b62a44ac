using MailSanitizer.Content;
using MailSanitizer.Mail;
using MailSanitizer.Rules.Conditions;
using MailSanitizer.Rules.Facts;

namespace MailSanitizer.Rules.Testing;

/// <summary>What one rule makes of one message, in detail. The decider does the same without keeping it.</summary>
/// <param name="Hit">It hits, for any recipient.</param>
/// <param name="Unclear">A condition could not be told.</param>
/// <param name="HitPaths">The parts, for any recipient; empty for a rule about messages.</param>
/// <param name="Exceptions">Places in <c>unless</c> (from 0) that kept it from hitting.</param>
/// <param name="Alternatives">Places in <c>when</c> (from 0) that held.</param>
internal sealed record RuleTrial(bool Hit, bool Unclear, IReadOnlyList<string> HitPaths, IReadOnlySet<int> Exceptions, IReadOnlySet<int> Alternatives)
{
    public static RuleTrial Of(Rule rule, MessageFacts facts, RuleSetOptions options)
    {
        bool hit = false, unclear = false;
        List<string> paths = [];
        HashSet<int> exceptions = [], alternatives = [];
        MessageIndex index = new(facts);
        for (int at = 0; at < facts.Envelope.Recipients.Count; at++)
        {
            FactView view = new(index, at, options, new EvaluationMeter());
            foreach (PartFact? part in rule.IsAboutPart ? facts.Parts : (IReadOnlyList<PartFact?>)[null])
            {
                view.Enter(part);
                for (int which = 0; which < rule.When.Count; which++)
                {
                    if (part is { Path: "" } && !rule.When[which].TakesMessage) continue;
                    Truth truth = rule.When[which].Conditions.Holds(view, Asking.When);
                    if (truth == Truth.False) continue;
                    int[] excepting = [.. Enumerable.Range(0, rule.Unless.Count).Where(exception => rule.Unless[exception].Holds(view, Asking.Unless) == Truth.True)];
                    exceptions.UnionWith(excepting);
                    if (excepting.Length > 0) continue;
                    if (truth == Truth.Unknown)
                    {
                        unclear = true;
                        continue;
                    }

                    hit = true;
                    alternatives.Add(which);
                    if (part is not null && !paths.Contains(part.Path)) paths.Add(part.Path);
                }
            }
        }

        return new RuleTrial(hit, unclear, paths, exceptions, alternatives);
    }
}

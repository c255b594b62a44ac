using MailSanitizer.Content;
using MailSanitizer.Mail;

namespace MailSanitizer.Rules.Testing;

/// <summary>One result of a test run.</summary>
/// <param name="RuleId">The rule.</param>
/// <param name="Name">The case, or what was asked of the rule as a whole.</param>
/// <param name="Failure">Why it failed, with file and line; null when it passed.</param>
public sealed record RuleTestResult(string RuleId, string Name, string? Failure)
{
    /// <summary>It holds.</summary>
    public bool Passed => Failure is null;
}

/// <summary>Runs the tests that lie beside rules.</summary>
public sealed class RuleTestRun
{
    private readonly RuleSet _set;
    private readonly Func<string, CancellationToken, Task<MessageFacts>> _read;
    private readonly List<RuleTestResult> _results = [];

    /// <summary>A run over a set. <paramref name="read"/> walks a message's file.</summary>
    public RuleTestRun(RuleSet set, Func<string, CancellationToken, Task<MessageFacts>> read)
    {
        _set = set;
        _read = read;
    }

    /// <summary>What was found so far.</summary>
    public IReadOnlyList<RuleTestResult> Results => _results;

    /// <summary>Also rules that are not stable yet, without asking for complete tests of them.</summary>
    public bool Draft { get; init; }

    /// <summary>Runs the tests of every rule of the folders that is not shipped, or of all.</summary>
    public async Task RunAsync(IEnumerable<Rule> rules, CancellationToken cancellation)
    {
        foreach (Rule rule in rules.Where(rule => rule.IsOn))
        {
            string file = Path.ChangeExtension(rule.File, null) + ".test.yaml";
            List<RuleError> errors = [];
            string? text = File.Exists(file) ? RuleSetLoader.ReadText(file, errors) : null;
            if (text is null)
            {
                _results.Add(new RuleTestResult(rule.Id, "has tests", Draft && errors.Count == 0 ? null : errors.Count > 0 ? errors[0].ToString() : $"{file}: there is no such file: every rule needs a case that it hits and one that it misses"));
                continue;
            }

            (RuleTestFile? tests, IReadOnlyList<RuleError> wrong) = RuleTestFile.Read(text, file);
            if (tests is null) foreach (RuleError error in wrong) _results.Add(new RuleTestResult(rule.Id, "can be read", error.ToString()));
            else if (tests.RuleId != rule.Id) _results.Add(new RuleTestResult(rule.Id, "names its rule", $"{file}:1:1: rule: '{tests.RuleId}' is not '{rule.Id}'"));
            else await RunAsync(rule, tests, cancellation);
        }
    }

    /// <summary>Good mail: no rule that acts may hit any file of the folder.</summary>
    public async Task RunGoodAsync(string folder, CancellationToken cancellation)
    {
        string[] files = [.. Directory.GetFiles(folder, "*.eml", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
        if (files.Length == 0) _results.Add(new RuleTestResult("*", "good mail", $"{folder}: no .eml file in it"));
        foreach (string file in files)
        {
            MessageFacts facts = await _read(file, cancellation);
            Decision decision = _set.Decide(facts);
            foreach (Rule rule in _set.On)
            {
                RuleTrial trial = RuleTrial.Of(rule, facts, _set.Options);
                if (trial.Hit) _results.Add(new RuleTestResult(rule.Id, $"good mail {Path.GetFileName(file)}", $"{file}: the rule hits {(trial.HitPaths.Count > 0 ? string.Join(", ", trial.HitPaths.Take(3)) : "the message")}"));
            }

            string[] floors = [.. decision.Branches.Where(branch => branch.Disposition != Disposition.Deliver).SelectMany(branch => branch.Reasons).Where(reason => reason.StartsWith("floor:", StringComparison.Ordinal)).Distinct()];
            _results.Add(new RuleTestResult("*", $"good mail {Path.GetFileName(file)}", floors.Length == 0 ? null : $"{file}: not delivered: {string.Join(", ", floors)}"));
        }
    }

    private async Task RunAsync(Rule rule, RuleTestFile tests, CancellationToken cancellation)
    {
        bool hit = false, missed = false;
        HashSet<int> exceptions = [], alternatives = [];
        foreach (RuleCase one in tests.Cases)
        {
            string where = $"{tests.File}:{one.Line}";
            MessageFacts? mail = null;
            if (one.Mail is not null)
            {
                string path = Path.Combine(Path.GetDirectoryName(tests.File)!, one.Mail);
                if (!File.Exists(path))
                {
                    _results.Add(new RuleTestResult(rule.Id, one.Name, $"{where}: mail: there is no {path}"));
                    continue;
                }

                mail = await _read(path, cancellation);
            }

            MessageFacts facts = one.Given.Over(mail);
            RuleTrial trial = RuleTrial.Of(rule, facts, _set.Options);
            exceptions.UnionWith(trial.Exceptions);
            alternatives.UnionWith(trial.Alternatives);
            hit |= trial.Hit;
            missed |= !trial.Hit;
            _results.Add(new RuleTestResult(rule.Id, one.Name, Judge(one, trial, facts, where)));
        }

        if (Draft) return;
        _results.Add(new RuleTestResult(rule.Id, "a case hits", hit ? null : $"{tests.File}: no case hits"));
        _results.Add(new RuleTestResult(rule.Id, "a case misses", missed ? null : $"{tests.File}: no case misses"));
        for (int at = 0; at < rule.When.Count; at++)
            if (rule.When.Count > 1) _results.Add(new RuleTestResult(rule.Id, $"when {at + 1} is tried", alternatives.Contains(at) ? null : $"{rule.File}:{rule.When[at].Conditions.Line}: no case hits by this alternative of when"));
        for (int at = 0; at < rule.Unless.Count; at++)
            _results.Add(new RuleTestResult(rule.Id, $"unless {at + 1} is tried", exceptions.Contains(at) ? null : $"{rule.File}:{rule.Unless[at].Line}: no case shows that this exception keeps the rule from hitting"));
    }

    private string? Judge(RuleCase one, RuleTrial trial, MessageFacts facts, string where)
    {
        if (trial.Hit != one.Hit) return $"{where}: expected a {(one.Hit ? "hit" : "miss")}, got a {(trial.Hit ? "hit" : "miss")}{(trial.Unclear ? " (a condition could not be told)" : "")}{(trial.Exceptions.Count > 0 ? $" (unless {trial.Exceptions.Min() + 1} holds)" : "")}; rules explain shows why";
        if (one.Disposition is null && one.Treatment is null) return null;
        Branch branch = _set.Decide(facts).Branches[0];
        if (one.Disposition is { } disposition && branch.Disposition != disposition) return $"{where}: expected {disposition.ToString().ToLowerInvariant()}, got {branch.Disposition.ToString().ToLowerInvariant()} ({string.Join(", ", branch.Reasons)})";
        if (one.Treatment is not { } treatment) return null;
        TreatmentKind done = branch.Treatments.Where(part => trial.HitPaths.Count == 0 || trial.HitPaths.Contains(part.Path)).Select(part => part.Kind).DefaultIfEmpty(TreatmentKind.Keep).Max();
        return done == treatment ? null : $"{where}: expected {treatment.ToString().ToLowerInvariant()}, got {done.ToString().ToLowerInvariant()} ({string.Join(", ", branch.Reasons)})";
    }
}

using System.CommandLine;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Xml.Linq;
using MailSanitizer.Configuration;
using MailSanitizer.Content;
using MailSanitizer.Mail;
using MailSanitizer.Rules;
using MailSanitizer.Rules.Checks;
using MailSanitizer.Rules.Reference;
using MailSanitizer.Rules.Testing;

namespace MailSanitizer.Cli;

/// <summary><c>rules</c>: check, test, explain, replay, diff, schema. Never touches the state folder.</summary>
public static class RulesVerb
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The verb.</summary>
    public static Command Command() => new("rules", "Rule files: check, test, explain, try out, compare") { Check(), Test(), Explain(), Replay(), Diff(), Schema() };

    private static Option<string?> Site() => new("--site") { Description = "Folder of the site's rules (default: rules.site of the configuration)", HelpName = "DIR" };

    private static Option<bool> NoShipped() => new("--no-shipped") { Description = "Leave the shipped rules out" };

    private static Option<bool> Json() => new("--json") { Description = "As JSON" };

    private static Command Check()
    {
        Option<string?> config = ConfigFile.Option(), site = Site();
        Option<bool> noShipped = NoShipped(), json = Json();
        Command command = new("check", "Read every rule file; errors with file, line and column, and warnings. Exit 0 good, 1 errors, 64 usage") { site, noShipped, config, json };
        command.SetAction(parsed =>
        {
            if (ConfigFile.Read(parsed.GetValue(config)) is not { } settings) return ExitCode.Usage;
            RuleSetLoading loading = Load(settings, parsed.GetValue(site), parsed.GetValue(noShipped));
            IReadOnlyList<RuleError> warnings = loading.Set is null ? [] : RuleLint.Check(loading.Set);
            if (parsed.GetValue(json))
            {
                Console.WriteLine(new JsonObject { ["rules"] = loading.Set?.Rules.Count, ["hash"] = loading.Set?.Hash, ["errors"] = Errors(loading.Errors), ["warnings"] = Errors(warnings) }.ToJsonString(Indented));
            }
            else
            {
                foreach (RuleError error in loading.Errors) Console.Error.WriteLine(error);
                foreach (RuleError warning in warnings) Console.Error.WriteLine($"{warning.File}:{warning.Line}:{warning.Column}: warning: {warning.Message}");
                if (loading.Set is { } set) Console.WriteLine($"{set.Rules.Count} rules, {set.Hash[..16]}");
            }

            return loading.Set is null ? ExitCode.Changed : ExitCode.Ok;
        });
        return command;
    }

    private static Command Test()
    {
        Option<string?> config = ConfigFile.Option(), site = Site();
        Option<string?> good = new("--good") { Description = "Folder of good mail that no rule may hit", HelpName = "DIR" };
        Option<string?> junit = new("--junit") { Description = "Write the results as JUnit XML", HelpName = "FILE" };
        Option<bool> noShipped = NoShipped(), json = Json();
        Option<bool> draft = new("--draft") { Description = "Do not ask for complete tests yet" };
        Argument<string[]> ids = new("RULE") { Description = "Ids of rules (default: all)", Arity = ArgumentArity.ZeroOrMore };
        Command command = new("test", "Run the tests that lie beside rules. Exit 0 all hold, 1 some fail, 64 usage, 75 could not look") { ids, site, noShipped, good, draft, junit, json, config };
        command.SetAction((parsed, cancellation) => VerbRun.GuardedAsync(async () =>
        {
            if (ConfigFile.Read(parsed.GetValue(config)) is not { } settings) return ExitCode.Usage;
            if (LoadOrSay(settings, parsed.GetValue(site), parsed.GetValue(noShipped)) is not { } set) return ExitCode.Changed;
            string[] wanted = parsed.GetValue(ids) ?? [];
            if (wanted.FirstOrDefault(id => set.Rules.All(rule => rule.Id != id)) is { } unknown)
            {
                Console.Error.WriteLine($"mailsanitizer: there is no rule '{TerminalText.Safe(unknown)}'{Nearest.Hint(unknown, set.Rules.Select(rule => rule.Id))}");
                return ExitCode.Usage;
            }

            await using RulesMail mail = new(settings);
            RuleTestRun run = new(set, (path, token) => mail.ReadAsync(path, null, token)) { Draft = parsed.GetValue(draft) };
            await run.RunAsync(set.Rules.Where(rule => wanted.Length == 0 || wanted.Contains(rule.Id)), cancellation);
            if (parsed.GetValue(good) is { } folder) await run.RunGoodAsync(folder, cancellation);
            if (parsed.GetValue(junit) is { } file) await File.WriteAllTextAsync(file, JUnit(run.Results), cancellation);
            RuleTestResult[] failed = [.. run.Results.Where(result => !result.Passed)];
            if (parsed.GetValue(json)) Console.WriteLine(new JsonArray([.. run.Results.Select(result => (JsonNode)new JsonObject { ["rule"] = result.RuleId, ["name"] = result.Name, ["passed"] = result.Passed, ["failure"] = result.Failure })]).ToJsonString(Indented));
            else foreach (RuleTestResult result in failed) Console.Error.WriteLine($"{result.RuleId}: {TerminalText.Safe(result.Name)}: {TerminalText.Safe(result.Failure!)}");
            if (!parsed.GetValue(json)) Console.WriteLine($"{run.Results.Count} checks, {failed.Length} failed");
            return run.Results.Count == 0 || failed.Length > 0 ? ExitCode.Changed : ExitCode.Ok;
        }));
        return command;
    }

    private static Command Explain()
    {
        Argument<string> message = new("MESSAGE") { Description = "The message's file" };
        Option<string?> config = ConfigFile.Option(), site = Site();
        Option<string?> only = new("--rule") { Description = "One rule", HelpName = "ID" };
        Option<string?> mailFrom = new("--mail-from") { Description = "Envelope sender", HelpName = "A" };
        Option<string[]> rcpt = new("--rcpt") { Description = "Envelope recipient", HelpName = "A" };
        Option<bool> noShipped = NoShipped(), hits = new("--hits") { Description = "Only rules that hit" };
        Command command = new("explain", "Which rules look at a message, which hit, on what. Exit 0, 64 usage, 75 could not look") { message, only, hits, mailFrom, rcpt, site, noShipped, config };
        command.SetAction((parsed, cancellation) => VerbRun.GuardedAsync(async () =>
        {
            if (ConfigFile.Read(parsed.GetValue(config)) is not { } settings) return ExitCode.Usage;
            if (LoadOrSay(settings, parsed.GetValue(site), parsed.GetValue(noShipped)) is not { } set) return ExitCode.Changed;
            await using RulesMail mail = new(settings);
            Envelope envelope = new()
            {
                MailFrom = parsed.GetValue(mailFrom) ?? "sender@sender.example",
                Recipients = [.. (parsed.GetValue(rcpt) is { Length: > 0 } given ? given : ["reader@example.jp"]).Select(address => new Recipient(address))],
            };
            Console.Write(RuleExplainer.Explain(set, await mail.ReadAsync(parsed.GetValue(message)!, envelope, cancellation), parsed.GetValue(only), parsed.GetValue(hits)));
            return ExitCode.Ok;
        }));
        return command;
    }

    private static Command Replay()
    {
        Argument<string> folder = new("FOLDER") { Description = "Folder of messages (.eml); a report beside one (NAME.json, as clean --report writes it) is what was decided then" };
        Option<string> with = new("--with") { Description = "Folder of the new rules", HelpName = "DIR", Required = true };
        Option<string?> config = ConfigFile.Option(), site = Site();
        Option<bool> noShipped = NoShipped(), json = Json();
        Command command = new("replay", "What new rules would change, tried on messages. Exit 0 nothing, 1 something, 64 usage, 75 could not look") { folder, with, site, noShipped, json, config };
        command.SetAction((parsed, cancellation) => VerbRun.GuardedAsync(async () =>
        {
            if (ConfigFile.Read(parsed.GetValue(config)) is not { } settings) return ExitCode.Usage;
            if (LoadOrSay(settings, parsed.GetValue(site), parsed.GetValue(noShipped)) is not { } before) return ExitCode.Changed;
            if (LoadOrSay(settings, parsed.GetValue(with), parsed.GetValue(noShipped)) is not { } after) return ExitCode.Changed;
            await using RulesMail mail = new(settings);
            JsonArray changes = [];
            int count = 0;
            foreach (string file in Directory.GetFiles(parsed.GetValue(folder)!, "*.eml", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
            {
                count++;
                MessageFacts facts = await mail.ReadAsync(file, null, cancellation);
                string old = Stored(Path.ChangeExtension(file, ".json")) ?? Said(before.Decide(facts)), now = Said(after.Decide(facts));
                if (old == now) continue;
                changes.Add((JsonNode)new JsonObject { ["message"] = file, ["before"] = old, ["after"] = now });
                if (!parsed.GetValue(json)) Console.WriteLine($"{TerminalText.Safe(file)}: {old} -> {now}");
            }

            if (parsed.GetValue(json)) Console.WriteLine(changes.ToJsonString(Indented));
            else Console.WriteLine($"{count} messages, {changes.Count} would change");
            return changes.Count > 0 ? ExitCode.Changed : ExitCode.Ok;
        }));
        return command;
    }

    private static Command Diff()
    {
        Argument<string> old = new("OLD") { Description = "Folder of rules" }, now = new("NEW") { Description = "Folder of rules" };
        Command command = new("diff", "What two folders of rules differ in. Exit 0 nothing, 1 something, 64 usage") { old, now };
        command.SetAction(parsed =>
        {
            RuleSetLoading left = RuleSetLoader.Load(false, parsed.GetValue(old)), right = RuleSetLoader.Load(false, parsed.GetValue(now));
            foreach (RuleError error in left.Errors.Concat(right.Errors)) Console.Error.WriteLine(error);
            if (left.Set is null || right.Set is null) return ExitCode.Usage;
            IReadOnlyList<string> lines = RuleComparison.Lines(left.Set, right.Set);
            foreach (string line in lines) Console.WriteLine(TerminalText.Safe(line));
            return lines.Count > 0 ? ExitCode.Changed : ExitCode.Ok;
        });
        return command;
    }

    private static Command Schema()
    {
        Option<bool> reference = new("--reference") { Description = "The reference page of facts and operators (Markdown) instead" };
        Command command = new("schema", "The JSON schema of rule files, for editors") { reference };
        command.SetAction(parsed =>
        {
            Console.Write(parsed.GetValue(reference) ? ReferenceWriter.Write() : SchemaWriter.Write());
            return ExitCode.Ok;
        });
        return command;
    }

    private static RuleSetLoading Load(Settings settings, string? site, bool noShipped) => RuleSetLoader.Load(settings.RulesShipped && !noShipped, site ?? settings.RulesSite);

    private static RuleSet? LoadOrSay(Settings settings, string? site, bool noShipped)
    {
        RuleSetLoading loading = Load(settings, site, noShipped);
        foreach (RuleError error in loading.Errors) Console.Error.WriteLine(error);
        return loading.Set;
    }

    private static string Said(Decision decision) => string.Join("; ", decision.Branches.Select(branch =>
        branch.Disposition == Disposition.Deliver ? branch.Treatments.Any(treatment => treatment.Kind != TreatmentKind.Keep) ? "changed" : "unchanged" : branch.Disposition switch { Disposition.Hold => "held", Disposition.Quarantine => "quarantined", _ => "rejected" }).Distinct());

    private static string? Stored(string path)
    {
        if (!File.Exists(path)) return null;
        try
        {
            return JsonNode.Parse(File.ReadAllText(path))?["decision"]?.GetValue<string>();
        }
        catch (Exception broken) when (broken is JsonException or InvalidOperationException)
        {
            throw new IOException($"{path}: no report: {broken.Message}");
        }
    }

    private static JsonArray Errors(IReadOnlyList<RuleError> errors) =>
        new([.. errors.Select(error => (JsonNode)new JsonObject { ["file"] = error.File, ["line"] = error.Line, ["column"] = error.Column, ["message"] = error.Message })]);

    private static string JUnit(IReadOnlyList<RuleTestResult> results) => new XDocument(new XElement(
        "testsuites",
        results.GroupBy(result => result.RuleId).Select(rule => new XElement(
            "testsuite",
            new XAttribute("name", rule.Key),
            new XAttribute("tests", rule.Count()),
            new XAttribute("failures", rule.Count(result => !result.Passed)),
            rule.Select(result => new XElement("testcase", new XAttribute("classname", rule.Key), new XAttribute("name", Plain(result.Name)), result.Failure is { } why ? new XElement("failure", new XAttribute("message", Plain(why))) : null)))))).ToString() + "\n";

    // XML 1.0 takes no control characters.
    private static string Plain(string text) => new(text.EnumerateRunes().Where(rune => !Rune.IsControl(rune)).SelectMany(rune => rune.ToString()).ToArray());
}

using System.CommandLine;
using System.Text.Json.Nodes;
using MailSanitizer.Configuration;
using MailSanitizer.Content;

namespace MailSanitizer.Cli;

/// <summary><c>passwords</c>: the candidates of one message, in order, each with where it was found. The one place that prints them: whoever holds the message may read it.</summary>
public static class PasswordsVerb
{
    /// <summary>The verb.</summary>
    public static Command Command()
    {
        Argument<string> message = new("MESSAGE") { Description = "The message's file, or - for standard input" };
        Option<string?> config = ConfigFile.Option();
        Option<bool> json = new("--json") { Description = "As JSON" };
        Command command = new("passwords", "The password candidates of one message, in the order in which they are tried. Exit 0 some, 1 none, 64 usage, 75 could not look") { message, config, json };
        command.SetAction(async (parsed, cancellation) =>
        {
            if (ConfigFile.Read(parsed.GetValue(config)) is not { } settings) return ExitCode.Usage;
            return await RunAsync(settings, parsed.GetValue(message)!, parsed.GetValue(json), cancellation);
        });
        return command;
    }

    private static Task<int> RunAsync(Settings settings, string input, bool json, CancellationToken cancellation) => VerbRun.WithMessageAsync(settings, input, async (run, source) =>
    {
        (IReadOnlyList<CandidateFact> candidates, string? fault) = await run.CandidatesAsync(source, cancellation);
        if (fault is not null)
        {
            Console.Error.WriteLine($"mailsanitizer: could not look: {fault}");
            return ExitCode.TryAgain;
        }

        if (json)
        {
            JsonArray all = [.. candidates.Select(candidate => (JsonNode)new JsonObject { ["rank"] = candidate.Rank, ["text"] = candidate.Text, ["kind"] = candidate.Kind, ["where"] = candidate.Where })];
            Console.WriteLine(all.ToJsonString());
        }
        else
        {
            foreach (CandidateFact candidate in candidates) Console.WriteLine($"{candidate.Rank,4} {TerminalText.Safe(candidate.Text),-24} {candidate.Kind,-10} {TerminalText.Safe(candidate.Where)}");
        }

        return candidates.Count > 0 ? ExitCode.Ok : ExitCode.Changed;
    });
}

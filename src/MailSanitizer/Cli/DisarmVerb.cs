using System.CommandLine;
using MailSanitizer.Content;

namespace MailSanitizer.Cli;

/// <summary><c>disarm</c>: takes the active content out of one document. Touches no state folder.</summary>
public static class DisarmVerb
{
    /// <summary>The verb.</summary>
    public static Command Command()
    {
        Argument<string> file = new("FILE") { Description = "The document" };
        Option<string> output = new("--output", "-o") { Description = "Where the disarmed document goes", HelpName = "OUT", Required = true };
        Option<string?> report = new("--report") { Description = "Where the report goes (JSON)", HelpName = "FILE" };
        Option<string?> config = ConfigFile.Option();
        Option<string[]> passwords = new("--password") { Description = "A password to try on a lock", HelpName = "P" };
        Command command = new("disarm", "Takes the active content out of one document. Exit 0 unchanged, 1 changed, 2 cannot be made safe (nothing written), 64 usage, 75 could not decide")
        {
            file, output, report, config, passwords,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            if (ConfigFile.Read(parsed.GetValue(config)) is not { } settings) return ExitCode.Usage;
            string input = parsed.GetValue(file)!;
            Password[] given = [.. (parsed.GetValue(passwords) ?? []).Select(text => new Password(text, "operator"))];
            return await OneMessageRun.RunAsync(
                settings,
                input,
                new OneMessageFiles(parsed.GetValue(output), parsed.GetValue(report)),
                (run, source) => run.DisarmAsync(source, Path.GetFileName(input), given, cancellation),
                cancellation);
        });
        return command;
    }
}

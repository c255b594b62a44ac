using System.CommandLine;

namespace MailSanitizer.Cli;

/// <summary>The command line: <c>mailsanitizer VERB</c>. A verb is a class with a <c>Command()</c>; this is the list of them.</summary>
public static class CommandLine
{
    /// <summary>Runs one verb; returns its exit code.</summary>
    public static int Run(string[] args)
    {
        RootCommand root = new("MailSanitizer: a content filter that mail servers route mail through.")
        {
            ServeVerb.Command(),
            CleanVerb.Command(),
            DisarmVerb.Command(),
            PasswordsVerb.Command(),
            ConfigVerb.Command(),
            QuarantineVerb.Command(),
            HoldVerb.Command(),
            QueueVerb.Command(),
            AuditVerb.Command(),
            AuthenticateVerb.Command(),
            SealVerb.Command(),
            RulesVerb.Command(),
        };
        ParseResult parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            foreach (System.CommandLine.Parsing.ParseError error in parsed.Errors) Console.Error.WriteLine($"mailsanitizer: {error.Message}");
            Console.Error.WriteLine("Try: mailsanitizer --help");
            return ExitCode.Usage;
        }

        return parsed.Invoke();
    }
}

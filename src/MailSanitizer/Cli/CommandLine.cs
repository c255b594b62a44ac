namespace MailSanitizer.Cli;

/// <summary>The command line: <c>mailsanitizer VERB</c>.</summary>
public static class CommandLine
{
    /// <summary>Runs one verb; returns its exit code.</summary>
    public static int Run(string[] args) => args.Length == 0 ? 64 : 64;
}

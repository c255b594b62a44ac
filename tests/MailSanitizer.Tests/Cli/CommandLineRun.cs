using MailSanitizer.Cli;
using MailSanitizer.Tests.Storage;

namespace MailSanitizer.Tests.Cli;

/// <summary>These tests take the console, which the process has once.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class ConsoleCollection
{
    public const string Name = "console";
}

/// <summary>What a verb printed, and its exit code.</summary>
internal sealed record Printed(int Exit, string Output, string Error);

/// <summary>A configuration over a state folder of its own, and the command line over it.</summary>
internal sealed class CommandLineRun : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public CommandLineRun()
    {
        Directory.CreateDirectory(State);
        File.WriteAllText(Config, $"state: {State}\nauthserv-id: mx.example.jp\n");
    }

    public string State => _folder["state"];

    public string Config => _folder["mailsanitizer.yaml"];

    public string this[string name] => _folder[name];

    /// <summary>Runs one command as it is typed, with <c>--config</c> behind it.</summary>
    public Printed Run(params string[] words) => RunAsTyped([.. words, "--config", Config]);

    public static Printed RunAsTyped(params string[] words)
    {
        (TextWriter output, TextWriter error) = (Console.Out, Console.Error);
        using StringWriter printed = new();
        using StringWriter complained = new();
        try
        {
            Console.SetOut(printed);
            Console.SetError(complained);
            int exit = CommandLine.Run(words);
            return new Printed(exit, printed.ToString(), complained.ToString());
        }
        finally
        {
            Console.SetOut(output);
            Console.SetError(error);
        }
    }

    public void Dispose() => _folder.Dispose();
}

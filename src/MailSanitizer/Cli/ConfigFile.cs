using System.CommandLine;
using MailSanitizer.Configuration;

namespace MailSanitizer.Cli;

/// <summary>The <c>--config</c> option that most verbs share, and the reading of what it names.</summary>
public static class ConfigFile
{
    /// <summary>A fresh option.</summary>
    public static Option<string?> Option() => new("--config") { Description = $"Configuration file (default: {ConfigReader.DefaultPath} when it exists)", HelpName = "FILE" };

    /// <summary>Reads it; prints every error and returns null when there is one.</summary>
    public static Settings? Read(string? path)
    {
        ConfigReading reading = ConfigReader.ReadFile(path);
        foreach (ConfigError error in reading.Errors) Console.Error.WriteLine(error);
        return reading.Errors.Count == 0 ? reading.Settings : null;
    }
}

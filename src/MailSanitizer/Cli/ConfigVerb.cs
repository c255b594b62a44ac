using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using MailSanitizer.Configuration;

namespace MailSanitizer.Cli;

/// <summary><c>config check</c>, <c>config show</c>, <c>config example</c>.</summary>
public static class ConfigVerb
{
    /// <summary>The verb.</summary>
    public static Command Command() => new("config", "What is in force, and where each value came from")
    {
        Check(),
        Show(),
        Example(),
    };

    private static Command Check()
    {
        Option<string?> file = ConfigFile.Option();
        Command command = new("check", "Says whether the file is good; every error with line and column. Exit 0 good, 1 with warnings, 64 bad") { file };
        command.SetAction(parsed =>
        {
            ConfigReading reading = ConfigReader.ReadFile(parsed.GetValue(file));
            foreach (ConfigError error in reading.Errors) Console.Error.WriteLine(error);
            if (reading.Errors.Count > 0) return ExitCode.Usage;
            IReadOnlyList<string> warnings = ConfigWarnings.Of(reading.Settings);
            foreach (string warning in warnings) Console.WriteLine($"warning: {warning}");
            Console.WriteLine(warnings.Count == 0 ? "ok" : $"ok, {warnings.Count} warning(s)");
            return warnings.Count == 0 ? ExitCode.Ok : ExitCode.Changed;
        });
        return command;
    }

    private static Command Show()
    {
        Option<string?> file = ConfigFile.Option();
        Option<bool> json = new("--json") { Description = "As JSON" };
        Command command = new("show", "Every key with the value in force and where it came from") { file, json };
        command.SetAction(parsed =>
        {
            ConfigReading reading = ConfigReader.ReadFile(parsed.GetValue(file));
            foreach (ConfigError error in reading.Errors) Console.Error.WriteLine(error);
            if (reading.Errors.Count > 0) return ExitCode.Usage;
            if (parsed.GetValue(json))
            {
                JsonObject all = new(ConfigKeys.All.Select(key => KeyValuePair.Create<string, JsonNode?>(key.Path, new JsonObject
                {
                    ["value"] = key.Show(reading.Settings),
                    ["from"] = reading.Origins.GetValueOrDefault(key.Path, "default"),
                    ["reload"] = key.Live,
                })));
                Console.WriteLine(all.ToJsonString(new JsonSerializerOptions { WriteIndented = true }));
                return ExitCode.Ok;
            }

            foreach (ConfigKey key in ConfigKeys.All)
                Console.WriteLine($"{key.Path,-28} {key.Show(reading.Settings),-44} {reading.Origins.GetValueOrDefault(key.Path, "default")}");
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command Example()
    {
        Command command = new("example", "Prints the commented example with every key");
        command.SetAction(_ =>
        {
            Console.Write(ConfigExample.Write());
            return ExitCode.Ok;
        });
        return command;
    }
}

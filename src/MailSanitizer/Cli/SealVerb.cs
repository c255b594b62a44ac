using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using MailSanitizer.Sealing;

namespace MailSanitizer.Cli;

/// <summary><c>seal keygen</c>: a key for ARC seals and DKIM signatures, and the record that publishes it.</summary>
public static class SealVerb
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>The verb.</summary>
    public static Command Command() => new("seal", "Keys of seals and signatures") { Keygen() };

    private static Command Keygen()
    {
        Option<string> domain = new("--domain") { Description = "Signing domain", HelpName = "D", Required = true };
        Option<string> selector = new("--selector") { Description = "Selector", HelpName = "S", Required = true };
        Option<string> algorithm = new("--algorithm") { Description = "rsa (default) or ed25519", HelpName = "NAME", DefaultValueFactory = _ => "rsa" };
        Option<int> bits = new("--bits") { Description = "Bits of an RSA key: 2048 (default), 3072, 4096", HelpName = "N", DefaultValueFactory = _ => 2048 };
        Option<string> output = new("--output", "-o") { Description = "Where the private key goes: a new file that only you read", HelpName = "FILE", Required = true };
        Option<bool> json = new("--json") { Description = "As JSON" };
        Command command = new("keygen", "Makes a key and prints the DNS record to publish, as a line of a zone file. Exit 0, 64 usage") { domain, selector, algorithm, bits, output, json };
        command.SetAction(parsed =>
        {
            try
            {
                GeneratedKey key = KeyGenerator.Generate(parsed.GetValue(algorithm)!, parsed.GetValue(domain)!, parsed.GetValue(selector)!, parsed.GetValue(bits));
                string path = parsed.GetValue(output)!;
                if (Path.Exists(path)) return OperatorCommand.Fail(ExitCode.Usage, new FileExistsException(path).Message);
                KeyGenerator.Write(key, path);
                if (parsed.GetValue(json)) Console.WriteLine(new JsonObject { ["file"] = path, ["name"] = key.RecordName, ["record"] = key.Record, ["zone"] = key.ZoneLine }.ToJsonString(Indented));
                else Console.WriteLine(key.ZoneLine);
                return ExitCode.Ok;
            }
            catch (ArgumentException wrong)
            {
                string option = wrong.ParamName is { } name ? $"--{name}: " : "";
                return OperatorCommand.Fail(ExitCode.Usage, option + wrong.Message.Split(" (Parameter", 2)[0]);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                return OperatorCommand.Fail(ExitCode.TryAgain, failure.Message);
            }
        });
        return command;
    }
}

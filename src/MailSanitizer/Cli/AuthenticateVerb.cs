using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Text.Json;
using MailSanitizer.Authentication;
using MailSanitizer.Configuration;
using MailSanitizer.Mail;
using MailSanitizer.Pipeline;
using MailSanitizer.Sealing;

namespace MailSanitizer.Cli;

/// <summary><c>authenticate</c>: who sent one message, judged on its bytes; touches no state folder.</summary>
public static class AuthenticateVerb
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>The verb.</summary>
    public static Command Command()
    {
        Argument<string> message = new("MESSAGE") { Description = "The message's file, or - for standard input" };
        Option<string> clientIp = new("--client-ip") { Description = "Address of the client that sent it", HelpName = "IP", Required = true };
        Option<string> helo = new("--helo") { Description = "Its HELO name", HelpName = "NAME", Required = true };
        Option<string> mailFrom = new("--mail-from") { Description = "Envelope sender; empty for the null reverse-path", HelpName = "A", Required = true };
        Option<string?> dns = new("--dns") { Description = "Resolver", HelpName = "HOST:PORT" };
        Option<string?> time = new("--time") { Description = "The time to judge at, in seconds since 1970", HelpName = "UNIX" };
        Option<bool> json = new("--json") { Description = "As JSON" };
        Option<string?> config = ConfigFile.Option();
        Command command = new("authenticate", "SPF, DKIM, DMARC, ARC, iprev, BIMI: one method a line, and the header field that would be written. Exit 0, 64 usage, 75 a method could not be judged now")
        {
            message, clientIp, helo, mailFrom, dns, time, json, config,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            if (ConfigFile.Read(parsed.GetValue(config)) is not { } settings) return ExitCode.Usage;
            if (parsed.GetValue(dns) is { } server)
            {
                if (!IPEndPoint.TryParse(server, out IPEndPoint? endPoint)) return OperatorCommand.Fail(ExitCode.Usage, $"--dns {server}: expected an address and a port, 127.0.0.1:53");
                settings = settings with { DnsServers = [endPoint.Port == 0 ? new IPEndPoint(endPoint.Address, 53) : endPoint] };
            }

            if (!IPAddress.TryParse(parsed.GetValue(clientIp), out IPAddress? client)) return OperatorCommand.Fail(ExitCode.Usage, $"--client-ip {parsed.GetValue(clientIp)}: expected an address");
            DateTimeOffset? at = null;
            if (parsed.GetValue(time) is { } text)
            {
                // 253402300799 is the last second of the year 9999.
                if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long seconds) || seconds > 253402300799) return OperatorCommand.Fail(ExitCode.Usage, $"--time {text}: expected seconds since 1970");
                at = DateTimeOffset.FromUnixTimeSeconds(seconds);
            }

            return await RunAsync(settings, parsed.GetValue(message)!, new AuthenticateOrder(client, parsed.GetValue(helo)!, parsed.GetValue(mailFrom)!, at), parsed.GetValue(json), cancellation);
        });
        return command;
    }

    private static async Task<int> RunAsync(Settings settings, string input, AuthenticateOrder order, bool json, CancellationToken cancellation)
    {
        string folder = Directory.CreateTempSubdirectory("mailsanitizer-").FullName;
        try
        {
            using IMailBytes message = await ReadAsync(input, new Spool(folder), cancellation);
            AuthenticationFacts facts = await AuthenticateJob.RunAsync(Composition.AuthenticationOptions(settings), order, message, TimeProvider.System, cancellation);
            string header = AuthenticationResultsField.Write(settings.AuthservId, facts);
            if (json)
            {
                Console.WriteLine(AuthenticateJob.Json(facts, header).ToJsonString(Indented));
            }
            else
            {
                foreach (string line in AuthenticateJob.Lines(facts)) Console.WriteLine(TerminalText.Safe(line));
                Console.WriteLine();
                foreach (string line in header.Split("\r\n", StringSplitOptions.RemoveEmptyEntries)) Console.WriteLine(line[0] == '\t' ? "    " + TerminalText.Safe(line[1..]) : TerminalText.Safe(line));
            }

            return facts.Results.Any(result => result.Result == "temperror") ? ExitCode.TryAgain : ExitCode.Ok;
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            return OperatorCommand.Fail(ExitCode.Usage, missing.Message);
        }
        catch (Exception failure) when (failure is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            return OperatorCommand.Fail(ExitCode.TryAgain, failure.Message);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<IMailBytes> ReadAsync(string input, Spool spool, CancellationToken cancellation)
    {
        await using Stream source = input == "-" ? Console.OpenStandardInput() : File.OpenRead(input);
        using ISpoolWriter writer = spool.Create();
        byte[] buffer = new byte[64 * 1024];
        for (int got; (got = await source.ReadAsync(buffer, cancellation)) > 0;) writer.Write(buffer.AsSpan(0, got));
        return writer.Complete();
    }
}

using System.CommandLine;
using System.Net;
using MailSanitizer.Content;
using MailSanitizer.Mail;

namespace MailSanitizer.Cli;

/// <summary><c>clean</c>: the whole pipeline on one message, no server needed. Touches no state folder.</summary>
public static class CleanVerb
{
    /// <summary>The verb.</summary>
    public static Command Command()
    {
        Argument<string> message = new("MESSAGE") { Description = "The message's file, or - for standard input" };
        Option<string?> output = new("--output", "-o") { Description = "Where the message goes on to (without it: only the report's summary)", HelpName = "OUT" };
        Option<string?> report = new("--report") { Description = "Where the report goes (JSON)", HelpName = "FILE" };
        Option<string?> config = ConfigFile.Option();
        Option<string[]> passwords = new("--password") { Description = "A password to try on locked parts", HelpName = "P" };
        Option<string?> clientIp = new("--client-ip") { Description = "Address of the client that sent it", HelpName = "IP" };
        Option<string?> helo = new("--helo") { Description = "Its HELO name", HelpName = "NAME" };
        Option<string> mailFrom = new("--mail-from") { Description = "Envelope sender", HelpName = "A", DefaultValueFactory = _ => "" };
        Option<string[]> rcpt = new("--rcpt") { Description = "Envelope recipient", HelpName = "A" };
        Option<string?> dns = new("--dns") { Description = "Resolver", HelpName = "HOST:PORT" };
        Command command = new("clean", "The whole pipeline on one message. Exit 0 unchanged, 1 changed, 2 not deliverable, 64 usage, 75 could not decide")
        {
            message, output, report, config, passwords, clientIp, helo, mailFrom, rcpt, dns,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            if (ConfigFile.Read(parsed.GetValue(config)) is not { } settings) return ExitCode.Usage;
            if (parsed.GetValue(dns) is { } server)
            {
                if (!IPEndPoint.TryParse(server, out IPEndPoint? endPoint))
                {
                    Console.Error.WriteLine($"mailsanitizer: --dns {server}: expected an address and a port, 127.0.0.1:53");
                    return ExitCode.Usage;
                }

                settings = settings with { DnsServers = [endPoint.Port == 0 ? new IPEndPoint(endPoint.Address, 53) : endPoint] };
            }

            Envelope envelope = new()
            {
                MailFrom = parsed.GetValue(mailFrom)!,
                Recipients = [.. (parsed.GetValue(rcpt) is { Length: > 0 } given ? given : ["recipient@localhost"]).Select(address => new Recipient(address))],
                Client = new ForwardedClient(null, parsed.GetValue(clientIp), null, "ESMTP", parsed.GetValue(helo), null, null),
                PeerHelo = "localhost",
                PeerAddress = "127.0.0.1",
            };
            Password[] given2 = [.. (parsed.GetValue(passwords) ?? []).Select(text => new Password(text, "operator"))];
            return await OneMessageRun.RunAsync(
                settings,
                parsed.GetValue(message)!,
                new OneMessageFiles(parsed.GetValue(output), parsed.GetValue(report)),
                (run, source) => run.CleanAsync(source, envelope, given2, cancellation),
                cancellation);
        });
        return command;
    }
}

using MailSanitizer.Tests.Servers;

namespace MailSanitizer.Tests.Faults;

/// <summary>
/// kill -9 of the daemon in each state of a session. The client does what an MTA does: no 2xx after the content means that the mail is still its own, and it
/// sends the whole again. Counted per message and recipient at the far end.
/// </summary>
public sealed class KilledTests
{
    private const string From = "MAIL FROM:<alice@sender.test>";
    private const string To = "RCPT TO:<bob@rcpt.test>";

    [Fact]
    public async Task In_every_state_of_the_session_nothing_is_lost_and_nothing_doubled()
    {
        await using ReceivingServer hop = ReceivingServer.Start();
        using DaemonServer daemon = await DaemonServer.StartAsync(hop.SmtpUrl, null);
        List<string> states = [];
        // Each state costs a start of the daemon: the states in which most is under way always, the others in the long run.
        string[] sample = ["recipient", "mid-content", "next hop stalls at MAIL", "next hop stalls after the final dot"];
        bool all = Environment.GetEnvironmentVariable("MAILSANITIZER_FULL") == "1";
        foreach ((string state, ReceivingBehaviour behaviour, Func<WireClient, string, Task> upTo) in States())
        {
            if (!all && !sample.Contains(state)) continue;
            hop.Behaviour = behaviour;
            string message = Message(state);
            await using (WireClient client = await WireClient.ConnectAsync(daemon.Port))
            {
                await client.ExpectAsync(220);
                await upTo(client, message);
                if (behaviour.StallAt is not Moment.Never) await hop.UntilStalledAsync();
                daemon.Kill();
                // Whatever it was told before, it was not told 2xx for the message.
                await Assert.ThrowsAnyAsync<IOException>(client.ReplyAsync);
            }

            hop.Behaviour = new ReceivingBehaviour();
            hop.CloseSessions();
            await daemon.UpAsync();
            Assert.StartsWith("250", await SendAsync(daemon.Port, message));
            states.Add(state);
        }

        Assert.Equal(states.Order(), hop.Deliveries.Select(delivery => Subject(delivery.Text)).Order());
    }

    [Fact]
    public async Task Killed_after_the_next_hop_took_it_is_the_one_window_for_a_double()
    {
        // RFC 1047: the next hop's 250 is on its way to us when we die.
        await using ReceivingServer hop = ReceivingServer.Start();
        using DaemonServer daemon = await DaemonServer.StartAsync(hop.SmtpUrl, null);
        Assert.StartsWith("250", await SendAsync(daemon.Port, Message("first"), ident: "1A2B"));
        daemon.Kill();
        await daemon.UpAsync();
        // The record of the hand-over is durable before our 250: the retry of an MTA that missed the reply is answered and does nothing.
        Assert.StartsWith("250", await SendAsync(daemon.Port, Message("first"), ident: "1A2B"));
        Assert.Single(hop.Deliveries);
    }

    private static IEnumerable<(string State, ReceivingBehaviour Behaviour, Func<WireClient, string, Task> UpTo)> States()
    {
        ReceivingBehaviour well = new();
        yield return ("greeted", well, (_, _) => Task.CompletedTask);
        yield return ("hello", well, (client, _) => client.CommandAsync("LHLO client.test", 250));
        yield return ("mail", well, (client, _) => ToAsync(client, From));
        yield return ("recipient", well, (client, _) => ToAsync(client, From, To));
        yield return ("data", well, (client, _) => ToAsync(client, From, To, "DATA"));
        yield return ("mid-content", well, async (client, message) =>
        {
            await ToAsync(client, From, To, "DATA");
            await client.SendAsync(message[..^40]);
        });
        yield return ("next hop stalls at MAIL", new ReceivingBehaviour { StallAt = Moment.Mail }, WholeAsync);
        yield return ("next hop stalls at RCPT", new ReceivingBehaviour { StallAt = Moment.Recipient }, WholeAsync);
        yield return ("next hop stalls after the final dot", new ReceivingBehaviour { StallAt = Moment.AfterData }, WholeAsync);
    }

    private static async Task WholeAsync(WireClient client, string message)
    {
        await ToAsync(client, From, To, "DATA");
        await client.SendAsync(message + ".\r\n");
    }

    private static async Task ToAsync(WireClient client, params string[] commands)
    {
        await client.CommandAsync("LHLO client.test", 250);
        foreach (string command in commands) await client.CommandAsync(command, command == "DATA" ? 354 : 250);
    }

    private static async Task<string> SendAsync(int port, string message, string? ident = null)
    {
        await using WireClient client = await WireClient.ConnectAsync(port);
        await client.ExpectAsync(220);
        await client.CommandAsync("LHLO client.test", 250);
        if (ident is not null) await client.CommandAsync($"XFORWARD IDENT={ident}", 250);
        await client.CommandAsync(From, 250);
        await client.CommandAsync(To, 250);
        await client.CommandAsync("DATA", 354);
        await client.SendAsync(message + ".\r\n");
        return await client.ReplyAsync();
    }

    private static string Message(string state) => $"From: alice@sender.test\r\nSubject: {state}\r\n\r\n{new string('x', 70)}\r\n{new string('y', 70)}\r\n";

    private static string Subject(string text) => text[(text.IndexOf("\r\nSubject: ", StringComparison.Ordinal) + 11)..].Split("\r\n")[0];
}

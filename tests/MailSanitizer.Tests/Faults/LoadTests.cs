using System.Globalization;
using System.Text;
using MailSanitizer.Tests.Pipeline;
using MailSanitizer.Tests.Servers;

namespace MailSanitizer.Tests.Faults;

/// <summary>Many peers, slow peers, large mail: through the whole daemon.</summary>
public sealed class LoadTests
{
    private const string Mail = "From: a@example.com\r\nSubject: x\r\n\r\nbody\r\n";

    [Fact]
    public async Task A_thousand_connections_that_say_nothing_do_not_stop_the_mail_of_others()
    {
        await using DaemonFixture daemon = await DaemonFixture.StartAsync(withClamd: false);
        List<WireClient> silent = [];
        try
        {
            for (int count = 0; count < 1000; count++) silent.Add(await WireClient.ConnectAsync(daemon.LmtpPort));
            foreach (WireClient client in silent) await client.ExpectAsync(220);
            Assert.All(await daemon.SendAsync(Mail), reply => Assert.StartsWith("250", reply));
            // And all of them can still send, at once.
            await Parallel.ForEachAsync(silent, new ParallelOptions { MaxDegreeOfParallelism = 1000 }, async (client, _) =>
            {
                await client.CommandAsync("LHLO test", 250);
                await client.CommandAsync("MAIL FROM:<s@example.com>", 250);
                await client.CommandAsync("RCPT TO:<a@example.jp>", 250);
                await client.CommandAsync("DATA", 354);
            });
            foreach (WireClient client in silent.Take(50))
            {
                await client.SendAsync(Mail + ".\r\n");
                await client.ExpectAsync(250);
            }
        }
        finally
        {
            foreach (WireClient client in silent) await client.DisposeAsync();
        }

        Assert.Equal(51, daemon.Hop.Deliveries.Count);
        Assert.All(await daemon.SendAsync(Mail), reply => Assert.StartsWith("250", reply));
    }

    [Fact]
    public async Task A_slow_writer_and_a_slow_next_hop_get_their_mail_through_whole()
    {
        await using DaemonFixture daemon = await DaemonFixture.StartAsync(withClamd: false, hop: new ReceivingBehaviour { Slow = TimeSpan.FromMilliseconds(2) });
        string body = string.Concat(Enumerable.Range(0, 8_000).Select(line => $"line {line} of a text that is sent slowly\r\n"));
        string message = $"From: a@example.com\r\nSubject: slow\r\n\r\n{body}";
        await using WireClient client = await WireClient.ConnectAsync(daemon.LmtpPort);
        await client.ExpectAsync(220);
        foreach (string command in (string[])["LHLO test", "MAIL FROM:<s@example.com>", "RCPT TO:<a@example.jp>"]) await client.CommandAsync(command, 250);
        await client.CommandAsync("DATA", 354);
        byte[] bytes = Encoding.ASCII.GetBytes(message + ".\r\n");
        for (int at = 0; at < bytes.Length; at += 700) await client.SendAsync(bytes[at..Math.Min(bytes.Length, at + 700)]);
        await client.ExpectAsync(250);
        Assert.EndsWith(message, Assert.Single(daemon.Hop.Deliveries).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_vanishes_in_mid_content_leaves_nothing_behind()
    {
        await using DaemonFixture daemon = await DaemonFixture.StartAsync(withClamd: false);
        for (int count = 0; count < 20; count++)
        {
            await using WireClient client = await WireClient.ConnectAsync(daemon.LmtpPort);
            await client.ExpectAsync(220);
            foreach (string command in (string[])["LHLO test", "MAIL FROM:<s@example.com>", "RCPT TO:<a@example.jp>"]) await client.CommandAsync(command, 250);
            await client.CommandAsync("DATA", 354);
            await client.SendAsync(Mail + new string('x', 400_000));
        }

        Assert.All(await daemon.SendAsync(Mail), reply => Assert.StartsWith("250", reply));
        Assert.Single(daemon.Hop.Deliveries);
        Assert.Empty(await daemon.StoredAsync());
        Assert.Empty(Directory.GetFiles(Path.Combine(daemon.Settings.State, "spool")));
    }

    /// <summary>The daemon's own memory does not grow with the message: its peak beside the peak after a small one, from /proc.</summary>
    [Fact]
    public async Task Memory_does_not_grow_with_the_message()
    {
        int megabytes = Environment.GetEnvironmentVariable("MAILSANITIZER_FULL") == "1" ? 190 : 60;
        await using ReceivingServer hop = ReceivingServer.Start(new ReceivingBehaviour { KeepContent = false });
        using DaemonServer daemon = await DaemonServer.StartAsync(hop.SmtpUrl, null);
        await SendLargeAsync(daemon.Port, 1);
        await SendLargeAsync(daemon.Port, 1);
        long before = daemon.PeakMemory;
        await SendLargeAsync(daemon.Port, megabytes);
        Assert.Equal(3, hop.Deliveries.Count);
        Assert.True(hop.Deliveries[2].Length > megabytes * 1_000_000L);
        Assert.InRange(daemon.PeakMemory - before, 0, 64L * 1024 * 1024);
        TestContext.Current.SendDiagnosticMessage(string.Create(CultureInfo.InvariantCulture, $"{megabytes} MB: the daemon's peak grew by {(daemon.PeakMemory - before) / 1e6:F1} MB"));
    }

    private static async Task SendLargeAsync(int port, int megabytes)
    {
        await using WireClient client = await WireClient.ConnectAsync(port);
        await client.ExpectAsync(220);
        foreach (string command in (string[])["LHLO test", "MAIL FROM:<s@sender.test>", "RCPT TO:<a@rcpt.test>"]) await client.CommandAsync(command, 250);
        await client.CommandAsync("DATA", 354);
        await client.SendAsync("From: s@sender.test\r\nSubject: large\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n");
        byte[] chunk = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("0123456789 0123456789 0123456789 0123456789 01234\r\n", 20_000)));
        for (int count = 0; count < megabytes; count++) await client.SendAsync(chunk);
        await client.SendAsync(".\r\n");
        await client.ExpectAsync(250);
    }
}

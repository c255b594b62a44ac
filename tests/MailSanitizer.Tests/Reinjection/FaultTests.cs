using MailSanitizer.Mail;
using MailSanitizer.Reinjection;
using MailSanitizer.Tests.Servers;

namespace MailSanitizer.Tests.Reinjection;

/// <summary>A next hop that is down, stalls, closes or talks nonsense: 4xx as a value, never an exception, never a lost reply.</summary>
public sealed class FaultTests
{
    private const string Large = "large";

    [Fact]
    public async Task Down_is_451()
    {
        using NextHop hop = Hop.To($"smtp://127.0.0.1:{FreePort.Take()}", Hop.Impatient);
        Assert.Equal("451 4.4.1 The next hop cannot be reached | 451 4.4.1 The next hop cannot be reached", await hop.DeliverAsync(Hop.From("a@a.example", "b@b.example", "c@b.example")));
        Assert.False(await hop.ProbeAsync(TestContext.Current.CancellationToken));
        using NextHop unix = Hop.To("lmtp+unix:/nowhere/lmtp.sock", Hop.Impatient);
        Assert.StartsWith("451 4.4.1", await unix.DeliverAsync(Hop.From("a@a.example", "b@b.example")));
    }

    [Theory]
    [InlineData(Moment.Greeting, "", true)]
    [InlineData(Moment.Hello, "", true)]
    [InlineData(Moment.Mail, "", true)]
    [InlineData(Moment.Recipient, "", false)]
    [InlineData(Moment.Data, "", false)]
    [InlineData(Moment.MidData, Large, false)]
    [InlineData(Moment.MidData, Large, true)]
    [InlineData(Moment.AfterData, "", false)]
    [InlineData(Moment.AfterData, "", true)]
    public async Task Stalling_and_closing_anywhere_is_451(Moment moment, string size, bool chunking)
    {
        foreach (bool close in new[] { true, false })
        {
            foreach (bool lmtp in new[] { true, false })
            {
                ReceivingBehaviour behaviour = new() { Extensions = chunking ? ["PIPELINING", "CHUNKING"] : ["PIPELINING"], CloseAt = close ? moment : Moment.Never, StallAt = close ? Moment.Never : moment };
                await using ReceivingServer server = ReceivingServer.Start(behaviour);
                using NextHop hop = Hop.To(lmtp ? server.LmtpUrl : server.SmtpUrl, close ? Hop.Impatient : Hop.Hasty);
                string content = size == Large ? new string('x', 8_000_000) + "\r\n" : "x\r\n";
                string replies = await hop.DeliverAsync(Hop.From("a@a.example", "b@b.example", "c@b.example"), content);
                Assert.All(replies.Split(" | "), reply => Assert.StartsWith("451 4.4.", reply));
                Assert.Empty(server.Deliveries);
                Assert.Equal(0, hop.IdleConnections);
            }
        }
    }

    [Fact]
    public async Task LMTP_that_breaks_off_between_replies_keeps_those_it_gave()
    {
        await using ReceivingServer server = ReceivingServer.Start(new ReceivingBehaviour { Message = address => address[0] == '2' ? "421 4.3.2 shutting down" : null });
        using NextHop hop = Hop.To(server.LmtpUrl, Hop.Impatient);
        string replies = await hop.DeliverAsync(Hop.From("a@a.example", "1@b.example", "2@b.example", "3@b.example"));
        Assert.Equal("250 2.0.0 taken 1@b.example | 451 4.3.2 shutting down | 451 4.4.2 Connection to the next hop lost", replies);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Last_words_in_mid_content_are_heard(bool chunking)
    {
        await using ReceivingServer server = ReceivingServer.Start(new ReceivingBehaviour { Extensions = chunking ? ["CHUNKING"] : [], CloseAt = Moment.MidData, MidDataAt = 100_000, LastWords = "552 5.3.4 too big" });
        using NextHop hop = Hop.To(server.SmtpUrl, Hop.Impatient);
        string reply = await hop.DeliverAsync(Hop.From("a@a.example", "b@b.example"), new string('x', 8_000_000));
        // A reset can overtake the words; then it is a lost connection. It is never a success.
        Assert.True(reply is "552 5.3.4 too big" or "451 4.4.2 Connection to the next hop lost", reply);
        Assert.Empty(server.Deliveries);
    }

    [Theory]
    [InlineData("421 4.3.2 busy", "451 4.3.5")]
    [InlineData("554 5.7.1 not for you", "451 4.3.5")]
    [InlineData("Hello there", "451 4.5.0")]
    [InlineData("220-a\r\n250 b", "451 4.5.0")]
    public async Task A_greeting_that_is_none_keeps_the_mail(string greeting, string expected)
    {
        await using ReceivingServer server = ReceivingServer.Start(new ReceivingBehaviour { Greeting = greeting });
        using NextHop hop = Hop.To(server.SmtpUrl, Hop.Impatient);
        Assert.StartsWith(expected, await hop.DeliverAsync(Hop.From("a@a.example", "b@b.example")));
    }

    [Fact]
    public async Task A_421_in_the_envelope_is_451_and_closes()
    {
        await using ReceivingServer server = ReceivingServer.Start(new ReceivingBehaviour { Recipient = _ => "421 4.3.2 restarting" });
        using NextHop hop = Hop.To(server.SmtpUrl, Hop.Impatient);
        Assert.Equal("451 4.3.2 restarting", await hop.DeliverAsync(Hop.From("a@a.example", "b@b.example")));
        Assert.Equal(0, hop.IdleConnections);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_stale_pooled_connection_is_replaced_before_content(bool pipelining)
    {
        await using ReceivingServer server = ReceivingServer.Start(new ReceivingBehaviour { Extensions = pipelining ? ["PIPELINING", "CHUNKING"] : [] });
        using NextHop hop = Hop.To(server.SmtpUrl);
        Assert.StartsWith("250 ", await hop.DeliverAsync(Hop.From("a@a.example", "1@b.example")));
        Assert.StartsWith("250 ", await hop.DeliverAsync(Hop.From("a@a.example", "2@b.example")));
        Assert.Equal(1, server.Sessions);
        // Closed while idle: seen before it is used.
        server.CloseSessions();
        Assert.StartsWith("250 ", await hop.DeliverAsync(Hop.From("a@a.example", "3@b.example")));
        // Closes, or says 421, at MAIL: only found out by using it.
        int mails = 0;
        server.Behaviour = server.Behaviour with { Mail = _ => ++mails == 1 ? "421 4.3.2 idle too long" : null };
        Assert.StartsWith("250 ", await hop.DeliverAsync(Hop.From("a@a.example", "4@b.example")));
        Assert.Equal(["1@b.example", "2@b.example", "3@b.example", "4@b.example"], server.Deliveries.Select(delivery => delivery.Recipients[0]));
        Assert.Equal(3, server.Sessions);
    }

    [Fact]
    public async Task A_pooled_connection_that_dies_after_content_is_not_tried_again()
    {
        await using ReceivingServer server = ReceivingServer.Start();
        using NextHop hop = Hop.To(server.SmtpUrl);
        Assert.StartsWith("250 ", await hop.DeliverAsync(Hop.From("a@a.example", "1@b.example")));
        server.Behaviour = server.Behaviour with { CloseAt = Moment.AfterData };
        Assert.StartsWith("451 4.4.2", await hop.DeliverAsync(Hop.From("a@a.example", "2@b.example")));
        Assert.Equal(2, server.Commands.Count(command => command.StartsWith("MAIL", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Replies_byte_by_byte_and_slow_reading_are_borne()
    {
        await using ReceivingServer server = ReceivingServer.Start(new ReceivingBehaviour { ByteByByte = true, Slow = TimeSpan.FromMilliseconds(1) });
        using NextHop hop = Hop.To(server.LmtpUrl);
        Assert.Equal("250 2.0.0 taken b@b.example", await hop.DeliverAsync(Hop.From("a@a.example", "b@b.example"), new string('x', 1_000_000)));
    }

    [Fact]
    public async Task Cancelled_in_mid_content_closes_without_an_end()
    {
        await using ReceivingServer server = ReceivingServer.Start(new ReceivingBehaviour { StallAt = Moment.MidData });
        using NextHop hop = Hop.To(server.SmtpUrl);
        using CancellationTokenSource stop = new();
        Task<IReadOnlyList<SmtpReply>> delivering = hop.DeliverAsync(Hop.From("a@a.example", "b@b.example"), Hop.Message(new string('x', 8_000_000)), stop.Token);
        while (!server.Commands.Any(command => command.StartsWith("BDAT", StringComparison.Ordinal))) await Task.Delay(1);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => delivering);
        Assert.Empty(server.Deliveries);
        Assert.Equal(0, hop.IdleConnections);
    }

    [Theory]
    [InlineData("a\n.\r\nb\r\n")]
    [InlineData("a\n.\nb\r\n")]
    [InlineData("a\r.\r\nb\r\n")]
    [InlineData("a\r.\rb\r\n")]
    [InlineData("a\n.\rb\r\n")]
    [InlineData("a\n.")]
    [InlineData("a\r.")]
    public async Task Content_that_a_lenient_server_would_end_early_never_goes_out_by_DATA(string content)
    {
        await using ReceivingServer server = ReceivingServer.Start(ReceivingBehaviour.Bare);
        using NextHop hop = Hop.To(server.SmtpUrl);
        Assert.Equal("554 5.6.0 Line ends in the message cannot be conveyed safely", await hop.DeliverAsync(Hop.From("a@a.example", "b@b.example"), content));
        Assert.Equal("554 5.6.0 Line ends in the message cannot be conveyed safely", await hop.DeliverAsync(Hop.From("a@a.example", "b@b.example"), new string('x', 100_000) + content));
        Assert.Empty(server.Deliveries);
        // By BDAT nothing in the content can be an end.
        server.Behaviour = server.Behaviour with { Extensions = ["CHUNKING"] };
        Assert.StartsWith("250 ", await hop.DeliverAsync(Hop.From("a@a.example", "b@b.example"), content));
        Assert.Equal(content, Assert.Single(server.Deliveries).Text);
    }

    [Fact]
    public async Task Connections_are_pooled_and_bounded()
    {
        await using ReceivingServer server = ReceivingServer.Start();
        using NextHop hop = Hop.To(server.SmtpUrl, new NextHopLimits { Connections = 4, MessagesPerConnection = 10 });
        string[] replies = await Task.WhenAll(Enumerable.Range(0, 100).Select(index => hop.DeliverAsync(Hop.From("a@a.example", $"{index}@b.example"))));
        Assert.All(replies, reply => Assert.StartsWith("250 ", reply));
        Assert.Equal(100, server.Deliveries.Select(delivery => delivery.Recipients[0]).Distinct().Count());
        Assert.InRange(server.Sessions, 10, 16);
    }

    [Fact]
    public async Task Idle_connections_say_goodbye()
    {
        await using ReceivingServer server = ReceivingServer.Start();
        using NextHop hop = Hop.To(server.SmtpUrl, new NextHopLimits { IdleTime = TimeSpan.FromMilliseconds(200) });
        Assert.StartsWith("250 ", await hop.DeliverAsync(Hop.From("a@a.example", "b@b.example")));
        while (hop.IdleConnections > 0 || server.OpenSessions > 0) await Task.Delay(5);
        Assert.Contains("QUIT", server.Commands);
    }

    [Fact]
    public async Task Probes_learn_what_the_next_hop_announces_and_learn_again()
    {
        int port = FreePort.Take();
        using NextHop hop = Hop.To($"smtp://127.0.0.1:{port}", new NextHopLimits { FirstProbeTime = TimeSpan.FromMilliseconds(10), ProbeTime = TimeSpan.FromMilliseconds(10) });
        using CancellationTokenSource stop = new();
        Task probing = hop.RunProbesAsync(stop.Token);
        Assert.False(hop.IsKnown);
        await using ReceivingServer server = ReceivingServer.Start(new ReceivingBehaviour { Extensions = ["SIZE 1000", "8BITMIME"] }, port);
        while (!hop.IsKnown) await Task.Delay(5);
        Assert.True(hop.Extensions.SetEquals(["SIZE", "8BITMIME"]));
        Assert.Equal(1000, hop.MaximumSize);
        server.Behaviour = new ReceivingBehaviour { Extensions = ["SMTPUTF8"] };
        while (!hop.Extensions.SetEquals(["SMTPUTF8"])) await Task.Delay(5);
        await stop.CancelAsync();
        await probing;
    }
}

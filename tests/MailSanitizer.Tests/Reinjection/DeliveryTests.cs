using MailSanitizer.Mail;
using MailSanitizer.Reinjection;
using MailSanitizer.Tests.Servers;

namespace MailSanitizer.Tests.Reinjection;

/// <summary>What reaches the next hop, and what of its answers comes back.</summary>
public sealed class DeliveryTests
{
    public static TheoryData<bool, bool, bool> Ways()
    {
        TheoryData<bool, bool, bool> ways = [];
        foreach (bool lmtp in new[] { false, true })
        {
            foreach (bool pipelining in new[] { false, true })
            {
                foreach (bool chunking in new[] { false, true }) ways.Add(lmtp, pipelining, chunking);
            }
        }

        return ways;
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Every_byte_arrives_and_every_recipient_has_its_reply(bool lmtp, bool pipelining, bool chunking)
    {
        await using ReceivingServer server = ReceivingServer.Start(Announcing(pipelining, chunking) with
        {
            Recipient = address => address[0] switch { '2' => "450 4.2.1 mailbox busy", '3' => "550 5.1.1 no such user", _ => null },
        });
        using NextHop hop = Hop.To(lmtp ? server.LmtpUrl : server.SmtpUrl);
        const string Content = "..\r\n.\r\n\r\n.x\r\n\xE9\0x.\r\n...";
        string replies = await hop.DeliverAsync(Hop.From("a@a.example", "1@b.example", "2@b.example", "3@b.example", "4@b.example"), Content);
        string second = lmtp ? "4@b.example" : "1@b.example";
        Assert.Equal($"250 2.0.0 taken 1@b.example | 450 4.2.1 mailbox busy | 550 5.1.1 no such user | 250 2.0.0 taken {second}", replies);
        Delivery delivery = Assert.Single(server.Deliveries);
        Assert.Equal(Content + (chunking ? "" : "\r\n"), delivery.Text);
        Assert.Equal(["1@b.example", "4@b.example"], delivery.Recipients);
        Assert.Equal(chunking, delivery.Chunked);
        Assert.StartsWith(lmtp ? "LHLO ms.test" : "EHLO ms.test", delivery.Hello);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Replies_after_the_message_stay_what_they_are(bool lmtp, bool pipelining, bool chunking)
    {
        await using ReceivingServer server = ReceivingServer.Start(Announcing(pipelining, chunking) with
        {
            Message = address => address[0] == '1' ? "451 4.7.1 greylisted" : "554-5.7.0 policy\r\n554 5.7.0 see https://example",
        });
        using NextHop hop = Hop.To(lmtp ? server.LmtpUrl : server.SmtpUrl);
        string replies = await hop.DeliverAsync(Hop.From("a@a.example", "1@b.example", "2@b.example"));
        Assert.Equal(lmtp ? "451 4.7.1 greylisted | 554 5.7.0 policy\nsee https://example" : "451 4.7.1 greylisted | 451 4.7.1 greylisted", replies);
        Assert.Empty(server.Deliveries);
        Assert.Equal(1, hop.IdleConnections);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task A_refused_sender_or_no_recipient_left_leaves_the_connection_usable(bool lmtp, bool pipelining, bool chunking)
    {
        await using ReceivingServer server = ReceivingServer.Start(Announcing(pipelining, chunking) with { Mail = line => line.Contains("bad@") ? "553 5.1.8 sender unknown" : null, Recipient = address => address[0] == 'x' ? "550 no" : null });
        using NextHop hop = Hop.To(lmtp ? server.LmtpUrl : server.SmtpUrl);
        Assert.Equal("553 5.1.8 sender unknown | 553 5.1.8 sender unknown", await hop.DeliverAsync(Hop.From("bad@a.example", "1@b.example", "2@b.example")));
        Assert.Equal("550 5.0.0 no", await hop.DeliverAsync(Hop.From("a@a.example", "x@b.example")));
        Assert.StartsWith("250 ", await hop.DeliverAsync(Hop.From("a@a.example", "1@b.example")));
        Assert.Single(server.Deliveries);
        Assert.Equal(1, server.Sessions);
    }

    [Fact]
    public async Task Everything_the_envelope_says_is_carried_on()
    {
        await using ReceivingServer server = ReceivingServer.Start();
        using NextHop hop = Hop.To(server.SmtpUrl);
        Envelope envelope = new()
        {
            MailFrom = "あ@a.example",
            Recipients = [new("b@b.example", "rfc822;o+2Bb@b.example", "SUCCESS,DELAY"), new("c@b.example", null, "NEVER")],
            Body = "8BITMIME",
            SmtpUtf8 = true,
            Ret = "HDRS",
            EnvelopeId = "QQ+2B1",
            Client = new ForwardedClient("名 x", "2001:db8::1", 42066, "ESMTP", "helo=", "1EFDBB2E1B1", "REMOTE"),
        };
        Assert.StartsWith("250 ", await hop.DeliverAsync(envelope, "x\r\n"));
        Delivery delivery = Assert.Single(server.Deliveries);
        Assert.Equal("MAIL FROM:<あ@a.example> SIZE=3 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=QQ+2B1", delivery.Mail);
        Assert.Equal(["RCPT TO:<b@b.example> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;o+2Bb@b.example", "RCPT TO:<c@b.example> NOTIFY=NEVER"], delivery.RecipientCommands);
        Assert.Equal(["XFORWARD NAME=+E5+90+8D+20x ADDR=IPV6:2001:db8::1 PORT=42066 PROTO=ESMTP HELO=helo+3D IDENT=1EFDBB2E1B1 SOURCE=REMOTE"], delivery.XForward);
    }

    [Fact]
    public async Task What_is_not_announced_is_not_said()
    {
        await using ReceivingServer server = ReceivingServer.Start(ReceivingBehaviour.Bare);
        using NextHop hop = Hop.To(server.SmtpUrl);
        Envelope envelope = Hop.From("a@a.example") with
        {
            Recipients = [new("b@b.example", "rfc822;b@b.example", "NEVER")],
            Body = "8BITMIME",
            SmtpUtf8 = true,
            Ret = "FULL",
            EnvelopeId = "x",
            Client = ForwardedClient.Unknown with { Name = "x" },
        };
        Assert.StartsWith("250 ", await hop.DeliverAsync(envelope));
        Delivery delivery = Assert.Single(server.Deliveries);
        Assert.Equal("MAIL FROM:<a@a.example>", delivery.Mail);
        Assert.Equal(["RCPT TO:<b@b.example>"], delivery.RecipientCommands);
        Assert.Empty(delivery.XForward);
    }

    [Fact]
    public async Task What_cannot_be_conveyed_is_refused_before_a_command()
    {
        await using ReceivingServer server = ReceivingServer.Start(ReceivingBehaviour.Bare);
        using NextHop hop = Hop.To(server.SmtpUrl);
        Assert.StartsWith("554 5.6.3", await hop.DeliverAsync(Hop.From("a@a.example", "b@b.example") with { Body = "8BITMIME" }, "Subject: x\r\n\r\n\xE9\r\n"));
        Assert.StartsWith("554 5.6.7", await hop.DeliverAsync(Hop.From("a@a.example", "b@b.example") with { SmtpUtf8 = true }, "Subject: \xE9\r\n\r\nx\r\n"));
        Assert.StartsWith("250 ", await hop.DeliverAsync(Hop.From("a@a.example", "b@b.example") with { SmtpUtf8 = true }, "Subject: x\r\n\r\n\xE9\r\n"));
        Assert.StartsWith("553 5.6.7", await hop.DeliverAsync(Hop.From("é@a.example", "b@b.example")));
        string mixed = await hop.DeliverAsync(Hop.From("a@a.example", "é@b.example", "b@b.example", "c@b.example\r\nRCPT TO:<d@b.example>", "e>@b.example"));
        Assert.Equal(["553 5.6.7", "250 2.0.0", "553 5.1.3", "553 5.1.3"], mixed.Split(" | ").Select(reply => reply[..9]));
        Assert.StartsWith("553 5.1.7", await hop.DeliverAsync(Hop.From("a@a.example>\r\nRSET", "b@b.example")));
        Assert.DoesNotContain(server.Commands, command => command.Contains("d@b") || command.StartsWith("RSET", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Too_large_for_the_next_hop_is_552()
    {
        await using ReceivingServer server = ReceivingServer.Start(new ReceivingBehaviour { Extensions = ["SIZE 10"] });
        using NextHop hop = Hop.To(server.SmtpUrl);
        Assert.StartsWith("552 5.3.4", await hop.DeliverAsync(Hop.From("a@a.example", "b@b.example")));
        Assert.Equal(10, hop.MaximumSize);
    }

    [Fact]
    public async Task A_server_that_knows_HELO_only_is_served()
    {
        await using ReceivingServer server = ReceivingServer.Start(new ReceivingBehaviour { Extended = false });
        using NextHop hop = Hop.To(server.SmtpUrl);
        Assert.False(hop.IsKnown);
        Assert.StartsWith("250 ", await hop.DeliverAsync(Hop.From("a@a.example", "b@b.example")));
        Assert.True(hop.IsKnown);
        Assert.Empty(hop.Extensions);
    }

    [Fact]
    public async Task LMTP_over_a_Unix_socket()
    {
        string path = Path.Combine(Path.GetTempPath(), $"ms-{Guid.NewGuid():N}.sock");
        await using ReceivingServer server = ReceivingServer.StartUnix(path);
        using NextHop hop = Hop.To(server.LmtpUrl);
        Assert.StartsWith("250 ", await hop.DeliverAsync(Hop.From("a@a.example", "b@b.example")));
        Assert.StartsWith("LHLO", Assert.Single(server.Deliveries).Hello);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Large_content_with_dots_everywhere_is_exact(bool chunking)
    {
        await using ReceivingServer server = ReceivingServer.Start(Announcing(pipelining: true, chunking));
        using NextHop hop = Hop.To(server.SmtpUrl);
        Random random = new(7);
        string[] pieces = ["\r\n", ".", "..", "x", "\r\n.\r\n", "\r\n..", "word word", "\r\n\r\n"];
        string content = string.Concat(Enumerable.Range(0, 200_000).Select(_ => pieces[random.Next(pieces.Length)])) + "\r\n";
        Assert.StartsWith("250 ", await hop.DeliverAsync(Hop.From("a@a.example", "b@b.example"), content));
        Assert.Equal(content, Assert.Single(server.Deliveries).Text);
    }

    [Fact]
    public async Task A_thousand_recipients_in_one_group()
    {
        await using ReceivingServer server = ReceivingServer.Start();
        using NextHop hop = Hop.To(server.LmtpUrl);
        string[] recipients = [.. Enumerable.Range(0, 1000).Select(index => $"{new string('x', 60)}{index}@b.example")];
        IReadOnlyList<SmtpReply> replies = await hop.DeliverAsync(Hop.From("a@a.example", recipients), Hop.Message("x\r\n"), TestContext.Current.CancellationToken);
        Assert.All(replies.Zip(recipients), pair => Assert.Equal($"taken {pair.Second}", pair.First.Text));
        Assert.Equal(1000, replies.Count);
    }

    private static ReceivingBehaviour Announcing(bool pipelining, bool chunking)
    {
        List<string> extensions = ["SIZE", "8BITMIME", "ENHANCEDSTATUSCODES"];
        if (pipelining) extensions.Add("PIPELINING");
        if (chunking) extensions.Add("CHUNKING");
        return new ReceivingBehaviour { Extensions = extensions };
    }
}

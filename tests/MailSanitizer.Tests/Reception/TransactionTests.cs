using MailSanitizer.Mail;
using MailSanitizer.Reception;
using MailSanitizer.Tests.Servers;

namespace MailSanitizer.Tests.Reception;

/// <summary>Whole transactions, three ways: in one write, line by line, byte by byte.</summary>
public sealed class TransactionTests
{
    private const string Message = "Subject: x\r\n\r\nbody\r\n";

    [Theory]
    [MemberData(nameof(WireClient.Modes), MemberType = typeof(WireClient))]
    public async Task LMTP_answers_each_recipient(WireMode mode)
    {
        using ReceptionDoor door = new();
        door.Receiver.Answer = (message, _) => Task.FromResult<IReadOnlyList<SmtpReply>>(
            [new(250, "2.0.0", "one"), new(451, "4.2.0", "two"), new(550, "5.7.1", "three\nlines\r\n250 2.0.0 injected")]);
        await using WireClient client = door.Connect(mode);
        await client.ExpectAsync(220);
        await client.SendAsync($"LHLO c.test\r\nMAIL FROM:<a@a.example> BODY=8BITMIME SIZE=21 RET=HDRS ENVID=x+2By\r\nRCPT TO:<1@b.example> NOTIFY=NEVER\r\nRCPT TO:<2@b.example> NOTIFY=failure,DELAY ORCPT=rfc822;2@b.example\r\nRCPT TO:<3@b.example>\r\nDATA\r\n{Message}.\r\nQUIT\r\n");
        foreach (int code in new[] { 250, 250, 250, 250, 250, 354 }) await client.ExpectAsync(code);
        Assert.Equal("250 2.0.0 one", await client.ReplyAsync());
        Assert.Equal("451 4.2.0 two", await client.ReplyAsync());
        Assert.Equal("550-5.7.1 three\n550-5.7.1 lines\n550 5.7.1 250 2.0.0 injected", await client.ReplyAsync());
        await client.ExpectAsync(221);
        Assert.Equal("", await client.ToEndAsync());
        Envelope envelope = door.Only.Envelope;
        Assert.Equal(Message, door.Only.Text);
        Assert.True(envelope.IsLmtp);
        Assert.Equal(("a@a.example", "8BITMIME", "HDRS", "x+2By", 21L), (envelope.MailFrom, envelope.Body, envelope.Ret, envelope.EnvelopeId, envelope.AnnouncedSize));
        Assert.Equal([new("1@b.example", null, "NEVER"), new("2@b.example", "rfc822;2@b.example", "FAILURE,DELAY"), new Recipient("3@b.example")], envelope.Recipients);
        Assert.Equal(("c.test", "127.0.0.1"), (envelope.PeerHelo, envelope.PeerAddress));
    }

    [Theory]
    [MemberData(nameof(WireClient.Modes), MemberType = typeof(WireClient))]
    public async Task SMTP_answers_once(WireMode mode)
    {
        using ReceptionDoor door = new();
        await using WireClient client = door.Connect(mode);
        await client.ExpectAsync(220);
        await client.SendAsync($"EHLO c.test\r\nMAIL FROM:<a@a.example>\r\nRCPT TO:<1@b.example>\r\nRCPT TO:<2@b.example>\r\nDATA\r\n{Message}.\r\nMAIL FROM:<>\r\nRCPT TO:<3@b.example>\r\nDATA\r\n{Message}.\r\nQUIT\r\n");
        foreach (int code in new[] { 250, 250, 250, 250, 354, 250, 250, 250, 354, 250, 221 }) await client.ExpectAsync(code);
        Assert.Equal(2, door.Receiver.Arrivals.Count);
        Assert.All(door.Receiver.Arrivals, arrival => Assert.False(arrival.Envelope.IsLmtp));
        Assert.Equal("", door.Receiver.Arrivals.Last().Envelope.MailFrom);
    }

    [Theory]
    [MemberData(nameof(WireClient.Modes), MemberType = typeof(WireClient))]
    public async Task BDAT_in_chunks_keeps_every_byte(WireMode mode)
    {
        using ReceptionDoor door = new();
        await using WireClient client = door.Connect(mode);
        await client.ExpectAsync(220);
        await client.SendAsync("LHLO c.test\r\nMAIL FROM:<a@a.example>\r\nRCPT TO:<1@b.example>\r\nRCPT TO:<2@b.example>\r\nBDAT 8\r\n\r\n.\r\n..\rBDAT 0\r\nBDAT 4 LAST\r\n\n.\r\nQUIT\r\n");
        foreach (int code in new[] { 250, 250, 250, 250, 250, 250, 250, 250, 221 }) await client.ExpectAsync(code);
        Assert.Equal("\r\n.\r\n..\r\n.\r\n", door.Only.Text);
        Assert.False(door.Only.Message.HasBareCrOrLf);
    }

    [Theory]
    [InlineData("a\nb\r\n", true)]
    [InlineData("a\rb\r\n", true)]
    [InlineData("a\r\r\n", true)]
    [InlineData("ends in\r", true)]
    [InlineData("no line end", false)]
    public async Task BDAT_flags_bare_line_ends(string content, bool bare)
    {
        foreach (WireMode mode in Enum.GetValues<WireMode>())
        {
            using ReceptionDoor door = new();
            await using WireClient client = await door.GreetedAsync("EHLO c.test", mode);
            await client.SendAsync($"MAIL FROM:<a@a.example>\r\nRCPT TO:<1@b.example>\r\nBDAT {content.Length} LAST\r\n{content}");
            foreach (int code in new[] { 250, 250, 250 }) await client.ExpectAsync(code);
            Assert.Equal(content, door.Only.Text);
            Assert.Equal(bare, door.Only.Message.HasBareCrOrLf);
        }
    }

    [Fact]
    public async Task A_refused_BDAT_is_read_away()
    {
        using ReceptionDoor door = new();
        await using WireClient client = door.Connect();
        await client.ExpectAsync(220);
        await client.SendAsync("BDAT 6\r\nQUIT\r\nLHLO c.test\r\nBDAT 6 LAST\r\nQUIT\r\nMAIL FROM:<a@a.example>\r\nBDAT 6 LAST\r\nQUIT\r\nNOOP\r\n");
        foreach (int code in new[] { 503, 250, 503, 250, 503, 250 }) await client.ExpectAsync(code);
        Assert.Empty(door.Receiver.Arrivals);
    }

    [Theory]
    [InlineData("BDAT")]
    [InlineData("BDAT x LAST")]
    [InlineData("BDAT -1")]
    [InlineData("BDAT 99999999999999999999")]
    [InlineData("BDAT 1 FIRST")]
    [InlineData("BDAT 1 LAST LAST")]
    public async Task A_BDAT_without_a_length_closes(string command)
    {
        using ReceptionDoor door = new();
        await using WireClient client = await door.GreetedAsync();
        await client.CommandAsync("MAIL FROM:<a@a.example>", 250);
        await client.CommandAsync("RCPT TO:<b@b.example>", 250);
        await client.CommandAsync(command, 501);
        Assert.Equal("", await client.ToEndAsync());
    }

    [Fact]
    public async Task No_DATA_and_no_RCPT_between_chunks()
    {
        using ReceptionDoor door = new();
        await using WireClient client = await door.GreetedAsync();
        await client.SendAsync("MAIL FROM:<a@a.example>\r\nRCPT TO:<b@b.example>\r\nBDAT 1\r\nxRCPT TO:<c@b.example>\r\nMAIL FROM:<>\r\n");
        foreach (int code in new[] { 250, 250, 250, 503, 503 }) await client.ExpectAsync(code);
        await client.CommandAsync("RSET", 250);
        await client.CommandAsync("MAIL FROM:<a@a.example>", 250);
        Assert.Empty(door.Receiver.Arrivals);
    }

    [Fact]
    public async Task All_replies_to_a_group_leave_in_one_flush()
    {
        using ReceptionDoor door = new();
        await using Stream stream = door.Open();
        byte[] buffer = new byte[65536];
        Assert.True(await stream.ReadAsync(buffer) > 0);
        Assert.Equal(["250-ms.test", "250 2.1.0 Ok", "250 2.1.5 Ok", "354 End with <CR><LF>.<CR><LF>"], await GroupAsync("EHLO c.test\r\nMAIL FROM:<a@a.example>\r\nRCPT TO:<1@b.example>\r\nDATA\r\n"));
        Assert.Equal(["250 2.0.0 1@b.example taken", "250 2.0.0 Ok", "221 2.0.0 Bye"], await GroupAsync($"{Message}.\r\nNOOP\r\nQUIT\r\n"));

        async Task<string[]> GroupAsync(string commands)
        {
            await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes(commands));
            int got = await stream.ReadAsync(buffer);
            string[] lines = System.Text.Encoding.ASCII.GetString(buffer, 0, got).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
            return [.. lines.Where((line, index) => line[3] == ' ' ? index == 0 || lines[index - 1][3] == ' ' : index == 0)];
        }
    }

    [Fact]
    public async Task What_the_next_hop_does_not_take_is_not_announced_and_refused()
    {
        using ReceptionDoor door = new();
        door.NextHop.Extensions = new HashSet<string> { "SMTPUTF8" };
        await using WireClient client = door.Connect();
        await client.ExpectAsync(220);
        string hello = await client.CommandAsync("EHLO c.test", 250);
        foreach (string missing in new[] { "SIZE", "8BITMIME", "SMTPUTF8", "DSN", "STARTTLS", "BINARYMIME" }) Assert.DoesNotContain(missing, hello);
        foreach (string present in new[] { "PIPELINING", "CHUNKING", "ENHANCEDSTATUSCODES", "XFORWARD NAME ADDR PORT PROTO HELO IDENT SOURCE" }) Assert.Contains(present, hello);
        foreach (string parameter in new[] { "SIZE=1", "BODY=8BITMIME", "SMTPUTF8", "RET=FULL", "ENVID=x", "AUTH=<>", "BODY=BINARYMIME" }) await client.CommandAsync("MAIL FROM:<a@a.example> " + parameter, 555);
        await client.CommandAsync("MAIL FROM:<a@a.example>", 250);
        await client.CommandAsync("RCPT TO:<a@a.example> NOTIFY=NEVER", 555);
    }

    [Fact]
    public async Task What_the_next_hop_takes_is_announced()
    {
        using ReceptionDoor door = new();
        door.NextHop.MaximumSize = 1_000_000;
        await using WireClient client = door.Connect();
        await client.ExpectAsync(220);
        string hello = await client.CommandAsync("LHLO c.test", 250);
        foreach (string present in new[] { "SIZE 1000000", "8BITMIME", "SMTPUTF8", "DSN" }) Assert.Contains(present, hello);
        await client.CommandAsync("MAIL FROM:<a@a.example> SIZE=1000001", 552);
        await client.CommandAsync("MAIL FROM:<a@a.example> SIZE=99999999999999999999", 552);
        await client.CommandAsync("MAIL FROM:<a@a.example> SIZE=1000000", 250);
    }

    [Fact]
    public async Task Before_the_next_hop_was_reached_no_mail_is_taken()
    {
        using ReceptionDoor door = new();
        door.NextHop.Extensions = new HashSet<string>();
        await using WireClient client = door.Connect();
        await client.ExpectAsync(421);
        Assert.Equal("", await client.ToEndAsync());
    }

    [Theory]
    [InlineData("MAIL FROM:<a@a.example> SIZE=1 SIZE=2", 501)]
    [InlineData("MAIL FROM:<a@a.example> SIZE=-1", 501)]
    [InlineData("MAIL FROM:<a@a.example> SIZE=", 501)]
    [InlineData("MAIL FROM:<a@a.example> SMTPUTF8=YES", 501)]
    [InlineData("MAIL FROM:<a@a.example> BODY=BINARYMIME", 501)]
    [InlineData("MAIL FROM:<a@a.example> RET=SOME", 501)]
    [InlineData("MAIL FROM:<a@a.example> ENVID=a+b", 501)]
    [InlineData("MAIL FROM:<a@a.example> B@D=1", 501)]
    [InlineData("MAIL FROM <a@a.example>", 501)]
    [InlineData("MAIL TO:<a@a.example>", 501)]
    [InlineData("MAIL", 501)]
    [InlineData("mail from:<a@a.example> size=1 body=7bit", 250)]
    public async Task Parameters_of_MAIL(string command, int code)
    {
        using ReceptionDoor door = new();
        await using WireClient client = await door.GreetedAsync();
        await client.CommandAsync(command, code);
    }

    [Theory]
    [InlineData("NOTIFY=NEVER,FAILURE", 501)]
    [InlineData("NOTIFY=SUCCESS,SUCCESS", 501)]
    [InlineData("NOTIFY=success,failure,delay", 250)]
    [InlineData("ORCPT=a@b.example", 501)]
    [InlineData("ORCPT=rfc822;a+4", 501)]
    [InlineData("ORCPT=rfc822;", 501)]
    [InlineData("ORCPT=utf-8;a+2Bb@b.example", 250)]
    [InlineData("ORCPT=rfc822;a@b.example ORCPT=rfc822;a@b.example", 501)]
    [InlineData("XYZ=1", 555)]
    public async Task Parameters_of_RCPT(string parameters, int code)
    {
        using ReceptionDoor door = new();
        await using WireClient client = await door.GreetedAsync();
        await client.CommandAsync("MAIL FROM:<a@a.example>", 250);
        await client.CommandAsync("RCPT TO:<b@b.example> " + parameters, code);
    }

    [Fact]
    public async Task Commands_out_of_order_are_refused()
    {
        using ReceptionDoor door = new();
        await using WireClient client = door.Connect();
        await client.ExpectAsync(220);
        foreach ((string command, int code) in new[]
        {
            ("MAIL FROM:<>", 503), ("RCPT TO:<a@b.example>", 503), ("DATA", 503), ("XFORWARD NAME=x", 503), ("NOOP", 250), ("FOO", 500), ("", 500), ("EXPN x", 502), ("HELO", 501),
            ("HELO c.test", 250), ("LHLO c.test", 503), ("RCPT TO:<a@b.example>", 503), ("DATA", 503), ("VRFY x", 252), ("HELP", 214), ("STARTTLS", 502),
            ("MAIL FROM:<>", 250), ("MAIL FROM:<>", 503), ("XFORWARD NAME=x", 503), ("DATA", 503), ("RCPT TO:<a@b.example>", 250), ("DATA x", 501), ("RSET", 250), ("DATA", 503), ("QUIT", 221),
        })
        {
            await client.CommandAsync(command, code);
        }
    }

    [Fact]
    public async Task A_browser_is_shown_the_door()
    {
        using ReceptionDoor door = new();
        await using WireClient client = door.Connect();
        await client.ExpectAsync(220);
        await client.SendAsync("POST / HTTP/1.1\r\nHost: x\r\n\r\nLHLO x\r\n");
        await client.ExpectAsync(500);
        Assert.Equal("", await client.ToEndAsync());
    }

    [Fact]
    public void SMTP_folds_replies_so_that_no_copy_is_lost()
    {
        SmtpReply ok = new(250, "2.0.0", "ok");
        SmtpReply later = new(451, "4.2.0", "later");
        SmtpReply no = new(550, "5.1.1", "no");
        Assert.Equal(ok, Handover.Fold([ok, ok]));
        Assert.Equal(no, Handover.Fold([no, no]));
        Assert.Equal(later, Handover.Fold([ok, later, no]));
        Assert.Equal(451, Handover.Fold([ok, no]).Code);
    }
}

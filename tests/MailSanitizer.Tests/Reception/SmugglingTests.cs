using MailSanitizer.Tests.Servers;

namespace MailSanitizer.Tests.Reception;

/// <summary>Only CRLF.CRLF ends DATA. Each row is an ending that some server takes for the end; the bytes stay, the message is flagged, and no command behind it is obeyed.</summary>
public sealed class SmugglingTests
{
    private const string Smuggled = "MAIL FROM:<evil@evil.example>\r\nRCPT TO:<victim@b.example>\r\nDATA\r\nSubject: smuggled\r\n\r\nx\r\n";

    public static TheoryData<string, WireMode> Endings()
    {
        TheoryData<string, WireMode> rows = [];
        foreach (string ending in new[]
        {
            "\n.\r\n", "\n.\n", "\r.\r", "\r.\r\n", "\r\n.\r", "\r\n.\n", "\n.\r", "\r.\n", "\r\r\n.\n", "\r\n.\r\r\n", "\n\n.\r\n", "\r\n\0.\r\n", "\0\r\n.\0\r\n", "\r\n.\0\r\n", "\r\n. \r\n", "\r\n.\t\r\n",
        })
        {
            foreach (WireMode mode in Enum.GetValues<WireMode>()) rows.Add(ending, mode);
        }

        return rows;
    }

    [Theory]
    [MemberData(nameof(Endings))]
    public async Task It_does_not_end_the_message(string ending, WireMode mode)
    {
        using ReceptionDoor door = new();
        await using WireClient client = await door.GreetedAsync("EHLO client.test", mode);
        await client.SendAsync("MAIL FROM:<a@a.example>\r\nRCPT TO:<b@b.example>\r\nDATA\r\n");
        foreach (int code in new[] { 250, 250, 354 }) await client.ExpectAsync(code);
        await client.SendAsync("Subject: outer\r\n\r\nbody" + ending + Smuggled + ".\r\nQUIT\r\n");
        await client.ExpectAsync(250);
        await client.ExpectAsync(221);
        Arrival arrival = door.Only;
        Assert.Equal("a@a.example", arrival.Envelope.MailFrom);
        // RFC 5321 4.5.2: one dot goes at the start of a line, and only a line that CRLF began has one.
        string kept = ending.Replace("\r\n.", "\r\n", StringComparison.Ordinal);
        Assert.Equal("Subject: outer\r\n\r\nbody" + kept + Smuggled, arrival.Text);
        bool bare = ending.Replace("\r\n", "", StringComparison.Ordinal).IndexOfAny(['\r', '\n']) >= 0;
        Assert.Equal(bare, arrival.Message.HasBareCrOrLf);
    }

    [Theory]
    [MemberData(nameof(WireClient.Modes), MemberType = typeof(WireClient))]
    public async Task Dots_are_unstuffed_and_other_bytes_stay(WireMode mode)
    {
        using ReceptionDoor door = new();
        await using WireClient client = await door.GreetedAsync(mode: mode);
        await client.SendAsync("MAIL FROM:<>\r\nRCPT TO:<b@b.example>\r\nDATA\r\n");
        foreach (int code in new[] { 250, 250, 354 }) await client.ExpectAsync(code);
        await client.SendAsync("..\r\n...\r\n.x\r\nx..\r\n..\r\n\r\n\xE9\0\xFF\r\n.\r\n");
        await client.ExpectAsync(250);
        Assert.Equal(".\r\n..\r\nx\r\nx..\r\n.\r\n\r\n\xE9\0\xFF\r\n", door.Only.Text);
        Assert.False(door.Only.Message.HasBareCrOrLf);
    }

    [Theory]
    [MemberData(nameof(WireClient.Modes), MemberType = typeof(WireClient))]
    public async Task An_empty_message_ends_at_once(WireMode mode)
    {
        using ReceptionDoor door = new();
        await using WireClient client = await door.GreetedAsync(mode: mode);
        await client.SendAsync("MAIL FROM:<>\r\nRCPT TO:<b@b.example>\r\nDATA\r\n.\r\n");
        foreach (int code in new[] { 250, 250, 354, 250 }) await client.ExpectAsync(code);
        Assert.Empty(door.Only.Content);
    }

    [Theory]
    [InlineData("NOOP\nMAIL FROM:<evil@evil.example>\r\n")]
    [InlineData("NOOP\rMAIL FROM:<evil@evil.example>\r\n")]
    [InlineData("NOOP\r\r\n")]
    [InlineData("\n")]
    public async Task Bare_CR_and_LF_in_commands_are_refused_and_the_session_ends(string commands)
    {
        foreach (WireMode mode in Enum.GetValues<WireMode>())
        {
            using ReceptionDoor door = new();
            await using WireClient client = await door.GreetedAsync(mode: mode);
            // The rest may find the door closed already.
            try
            {
                await client.SendAsync(commands + "NOOP\r\n");
            }
            catch (InvalidOperationException)
            {
            }

            await client.ExpectAsync(500);
            Assert.Equal("", await client.ToEndAsync());
        }
    }

    [Fact]
    public async Task Content_behind_a_refused_DATA_is_never_read_as_commands()
    {
        using ReceptionDoor door = new();
        await using WireClient client = await door.GreetedAsync("EHLO client.test");
        await client.SendAsync("MAIL FROM:<a@a.example>\r\nDATA\r\nRCPT TO:<victim@b.example>\r\nDATA\r\nx\r\n.\r\n");
        await client.ExpectAsync(250);
        await client.ExpectAsync(503);
        Assert.Equal("", await client.ToEndAsync());
        Assert.Empty(door.Receiver.Arrivals);
    }
}

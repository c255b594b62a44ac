using MailSanitizer.Mail;
using MailSanitizer.Reception.Commands;
using MailSanitizer.Tests.Servers;

namespace MailSanitizer.Tests.Reception;

public sealed class XForwardTests
{
    [Theory]
    [MemberData(nameof(WireClient.Modes), MemberType = typeof(WireClient))]
    public async Task All_attributes_hold_for_one_transaction(WireMode mode)
    {
        using ReceptionDoor door = new();
        await using WireClient client = await door.GreetedAsync(mode: mode);
        await client.SendAsync("XFORWARD NAME=mail.a.example ADDR=192.0.2.7 PORT=42066\r\nXFORWARD PROTO=ESMTP HELO=a+20b IDENT=1EFDBB2E1B1 SOURCE=REMOTE\r\nMAIL FROM:<>\r\nRCPT TO:<a@b.example>\r\nDATA\r\n.\r\nMAIL FROM:<>\r\nRCPT TO:<a@b.example>\r\nDATA\r\n.\r\n");
        foreach (int code in new[] { 250, 250, 250, 250, 354, 250, 250, 250, 354, 250 }) await client.ExpectAsync(code);
        Assert.Equal(new ForwardedClient("mail.a.example", "192.0.2.7", 42066, "ESMTP", "a b", "1EFDBB2E1B1", "REMOTE"), door.Receiver.Arrivals.First().Envelope.Client);
        Assert.Equal(ForwardedClient.Unknown, door.Receiver.Arrivals.Last().Envelope.Client);
    }

    [Theory]
    [InlineData("ADDR=IPV6:2001:db8::1", "2001:db8::1")]
    [InlineData("addr=192.0.2.1", "192.0.2.1")]
    [InlineData("ADDR=[UNAVAILABLE]", null)]
    [InlineData("ADDR=[TEMPUNAVAIL]", null)]
    [InlineData("ADDR=IPV6:::ffff:192.0.2.1", "192.0.2.1")]
    public void Addresses(string arguments, string? expected)
    {
        Assert.True(XForward.TryRead(arguments, 500, ForwardedClient.Unknown with { Address = "203.0.113.1" }, out ForwardedClient client));
        Assert.Equal(expected, client.Address);
    }

    [Theory]
    [InlineData("")]
    [InlineData("NAME")]
    [InlineData("NAME=")]
    [InlineData("FOO=bar")]
    [InlineData("ADDR=1")]
    [InlineData("ADDR=0x7f.0.0.1")]
    [InlineData("ADDR=192.0.2.1.5")]
    [InlineData("ADDR=mail.example")]
    [InlineData("PORT=65536")]
    [InlineData("PORT=-1")]
    [InlineData("SOURCE=INTERNET")]
    [InlineData("NAME=a+0D+0Ab")]
    [InlineData("NAME=a+4")]
    [InlineData("NAME=a+FF")]
    [InlineData("HELO=good ADDR=bad")]
    public void Bad_values_spoil_the_command(string arguments)
    {
        Assert.False(XForward.TryRead(arguments, 500, ForwardedClient.Unknown, out _));
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("a b+c=d")]
    [InlineData("日本語")]
    [InlineData("")]
    [InlineData("\r\n\t\0")]
    public void Xtext_there_and_back(string text)
    {
        string encoded = Xtext.Encode(text);
        Assert.All(encoded, one => Assert.InRange(one, '!', '~'));
        Assert.True(Xtext.TryDecode(encoded, out string back));
        Assert.Equal(text, back);
    }
}

using MailSanitizer.Reception;
using MailSanitizer.Tests.Servers;

namespace MailSanitizer.Tests.Reception;

public sealed class AddressTests
{
    [Theory]
    [InlineData("<a@b.example>", "a@b.example")]
    [InlineData(" <a@b.example>", "a@b.example")]
    [InlineData("a@b.example", "a@b.example")]
    [InlineData("<a..b@docomo.ne.jp>", "a..b@docomo.ne.jp")]
    [InlineData("<a.@docomo.ne.jp>", "a.@docomo.ne.jp")]
    [InlineData("<.a@ezweb.ne.jp>", ".a@ezweb.ne.jp")]
    [InlineData("<-a-@b.example>", "-a-@b.example")]
    [InlineData("<a+b=c/d{e}@b.example>", "a+b=c/d{e}@b.example")]
    [InlineData("<\"a b\"@b.example>", "\"a b\"@b.example")]
    [InlineData("<\"a>b\"@b.example>", "\"a>b\"@b.example")]
    [InlineData("<\"a\\\"b\"@b.example>", "\"a\\\"b\"@b.example")]
    [InlineData("<user@[192.0.2.1]>", "user@[192.0.2.1]")]
    [InlineData("<user@[IPv6:2001:db8::1]>", "user@[IPv6:2001:db8::1]")]
    [InlineData("<postmaster>", "postmaster")]
    [InlineData("<a%b@c.example>", "a%b@c.example")]
    [InlineData("<a!b@c.example>", "a!b@c.example")]
    [InlineData("<@x.example,@y.example:a@b.example>", "a@b.example")]
    [InlineData("<用户@例子.example>", "用户@例子.example")]
    [InlineData("<a@b.example.>", "a@b.example.")]
    public void Read_as_Postfix_reads_them(string path, string expected)
    {
        Assert.True(PathReader.TryRead(path, 512, out string address, out string rest));
        Assert.Equal(expected, address);
        Assert.Equal("", rest);
        Assert.True(PathReader.TryRead(path + "  SIZE=1 X", 512, out address, out rest));
        Assert.Equal(expected, address);
        Assert.Equal("SIZE=1 X", rest);
    }

    [Theory]
    [InlineData("")]
    [InlineData("<")]
    [InlineData("<a@b.example")]
    [InlineData("a@b.example>")]
    [InlineData("<a@b.example>x")]
    [InlineData("<a b@c.example>")]
    [InlineData("<a@b.example,c@d.example>")]
    [InlineData("<a;b@c.example>")]
    [InlineData("<a:b@c.example>")]
    [InlineData("<a(b)@c.example>")]
    [InlineData("<<a@b.example>>")]
    [InlineData("<\"a@b.example>")]
    [InlineData("<\"a\\\">")]
    [InlineData("<a\\@b@c.example>")]
    [InlineData("<user@[192.0.2.1>")]
    [InlineData("<@x.example>")]
    [InlineData("<@x.example:@y.example>")]
    [InlineData("<@\"x:a\"@b.example>")]
    public void What_has_no_one_reading_is_refused(string path) => Assert.False(PathReader.TryRead(path, 512, out _, out _));

    [Fact]
    public void Too_long_is_refused()
    {
        Assert.True(PathReader.TryRead($"<{new string('a', 504)}@b.test>", 512, out _, out _));
        Assert.False(PathReader.TryRead($"<{new string('a', 506)}@b.test>", 512, out _, out _));
    }

    [Theory]
    [MemberData(nameof(WireClient.Modes), MemberType = typeof(WireClient))]
    public async Task Carrier_and_international_addresses_pass_over_the_wire(WireMode mode)
    {
        using ReceptionDoor door = new();
        await using WireClient client = await door.GreetedAsync(mode: mode);
        await client.CommandAsync("MAIL FROM:<a..b.@docomo.ne.jp> SMTPUTF8 BODY=8BITMIME", 250);
        await client.CommandAsync("RCPT TO:<受信@例子.example>", 250);
        await client.CommandAsync("RCPT TO:<>", 501);
        await client.CommandAsync("DATA", 354);
        await client.CommandAsync(".", 250);
        Assert.Equal("a..b.@docomo.ne.jp", door.Only.Envelope.MailFrom);
        Assert.Equal("受信@例子.example", Assert.Single(door.Only.Envelope.Recipients).Address);
        Assert.True(door.Only.Envelope.SmtpUtf8);
    }
}

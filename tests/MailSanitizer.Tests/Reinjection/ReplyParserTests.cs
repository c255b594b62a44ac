using System.Text;
using MailSanitizer.Mail;
using MailSanitizer.Reinjection;

namespace MailSanitizer.Tests.Reinjection;

public sealed class ReplyParserTests
{
    [Theory]
    [InlineData("250 2.1.0 Ok\r\n", 250, "2.1.0", "Ok")]
    [InlineData("250\r\n", 250, "", "")]
    [InlineData("250 \r\n", 250, "", "")]
    [InlineData("250 2.0.0\r\n", 250, "2.0.0", "")]
    [InlineData("250 Ok\n", 250, "", "Ok")]
    [InlineData("250 4.1.0 class of another code\r\n", 250, "", "4.1.0 class of another code")]
    [InlineData("250 2.1.1000 x\r\n", 250, "", "2.1.1000 x")]
    [InlineData("250 2.1 x\r\n", 250, "", "2.1 x")]
    [InlineData("550-5.1.1 one\r\n550-5.1.1 two\r\n550 5.1.1 three\r\n", 550, "5.1.1", "one\ntwo\nthree")]
    [InlineData("250-host\r\n250 SIZE 1\r\n", 250, "", "host\nSIZE 1")]
    [InlineData("550 caf\u00E9 \u0007\tx\u007F\r\n", 550, "", "caf? ? x?")]
    [InlineData("550 a\rb\r\n", 550, "", "a?b")]
    public void Replies_are_read_whole_and_byte_by_byte(string text, int code, string enhanced, string expected)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(text);
        ReplyParser whole = new();
        Assert.Equal(new SmtpReply(code, enhanced, expected), whole.Read(bytes, out int consumed));
        Assert.Equal(bytes.Length, consumed);
        ReplyParser pieces = new();
        for (int at = 0; at < bytes.Length - 1; at++) Assert.Null(pieces.Read(bytes.AsSpan(at, 1), out _));
        Assert.Equal(new SmtpReply(code, enhanced, expected), pieces.Read(bytes.AsSpan(bytes.Length - 1), out _));
    }

    [Theory]
    [InlineData("\r\n")]
    [InlineData("25 x\r\n")]
    [InlineData("150 x\r\n")]
    [InlineData("650 x\r\n")]
    [InlineData("2x0 x\r\n")]
    [InlineData("250x\r\n")]
    [InlineData("250-a\r\n251 b\r\n")]
    public void What_is_no_reply_breaks(string text)
    {
        ReplyParser parser = new();
        Assert.Null(parser.Read(Encoding.Latin1.GetBytes(text), out _));
        Assert.True(parser.IsBroken);
    }

    [Fact]
    public void Endless_lines_and_endless_replies_break()
    {
        ReplyParser line = new();
        Assert.Null(line.Read(Encoding.Latin1.GetBytes("250 " + new string('x', 5000)), out _));
        Assert.True(line.IsBroken);
        ReplyParser lines = new();
        Assert.Null(lines.Read(Encoding.Latin1.GetBytes(string.Concat(Enumerable.Repeat("250-x\r\n", 200))), out _));
        Assert.True(lines.IsBroken);
    }
}

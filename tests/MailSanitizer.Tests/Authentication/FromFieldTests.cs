using System.Text;
using MailSanitizer.Mail.Signatures;

namespace MailSanitizer.Tests.Authentication;

/// <summary>Attacks on the reader of From: where two readers could see two authors, there is none that anything could vouch for.</summary>
public sealed class FromFieldTests
{
    [Theory]
    [InlineData("From: a@bank.example\r\n", "bank.example")]
    [InlineData("From: Alice <a@bank.example>\r\n", "bank.example")]
    [InlineData("From: \"Alice, B.\" <a@BANK.example>\r\n", "bank.example")]
    [InlineData("FROM: =?utf-8?q?a=40evil.example?= <a@bank.example>\r\n", "bank.example")]
    [InlineData("From: a@bank.example (b@evil.example)\r\n", "bank.example")]
    [InlineData("From: \"b@evil.example\" <a@bank.example>\r\n", "bank.example")]
    [InlineData("From:\r\n a@bank.example\r\n", "bank.example")]
    [InlineData("From: Alice\r\n <a@bank.example>\r\n", "bank.example")]
    [InlineData("From: a..b.@docomo.example\r\n", "docomo.example")]
    [InlineData("From: a@b\u00FCcher.example\r\n", "xn--bcher-kva.example")]
    [InlineData("From: a@bank.example.\r\n", "bank.example")]
    [InlineData("From: a@bank.example, b@bank.example\r\n", "bank.example")]
    [InlineData("From : a@bank.example\r\n", "bank.example")]
    public void Honest_fields_have_one_author(string field, string domain) => Assert.Equal((domain, null), (Read(field).Domain, Read(field).Problem));

    [Theory]
    [InlineData("")]
    [InlineData("From: a@bank.example\r\nFrom: b@evil.example\r\n")]
    [InlineData("From: b@evil.example\r\nX: y\r\nfrom: a@bank.example\r\n")]
    [InlineData("From: b@evil.example\r\nFrom : a@bank.example\r\n")]
    [InlineData("From: b@evil.example\r\nno field at all\r\nFrom: a@bank.example\r\n")]
    [InlineData("From:\r\n")]
    [InlineData("From: <>\r\n")]
    [InlineData("From: @bank.example\r\n")]
    [InlineData("From: <@bank.example>\r\n")]
    [InlineData("From: a@\r\n")]
    [InlineData("From: a@localhost\r\n")]
    [InlineData("From: a\r\n")]
    [InlineData("From: a@bank.example, b@evil.example\r\n")]
    [InlineData("From: <a@bank.example> <b@evil.example>\r\n")]
    [InlineData("From: a@bank.example b@evil.example\r\n")]
    [InlineData("From: <a@bank.example>b@evil.example\r\n")]
    [InlineData("From: <@evil.example:a@bank.example>\r\n")]
    [InlineData("From: <@evil.example,@x.example:a@bank.example>\r\n")]
    [InlineData("From: a@bank.example@evil.example\r\n")]
    [InlineData("From: \"a@bank.example\"@evil.example\r\n")]
    [InlineData("From: a@bank.example\0@evil.example\r\n")]
    [InlineData("From: a@bank.example\0\r\n")]
    [InlineData("From: \"a@bank.example\0\" <b@evil.example>\r\n")]
    [InlineData("From: a@bank.example\r, b@evil.example\r\n")]
    [InlineData("From: a@bank.example\u0001\r\n")]
    [InlineData("From: a@bank.example\u007F\r\n")]
    [InlineData("From: =?utf-8?q?a=40bank.example?=@evil.example\r\n")]
    [InlineData("From: =?utf-8?b?YUBiYW5rLmV4YW1wbGU=?=\r\n")]
    [InlineData("From: \"open quote <a@bank.example>\r\n")]
    [InlineData("From: (open comment a@bank.example\r\n")]
    [InlineData("From: <a@bank.example\r\n")]
    [InlineData("From: a@bank.example>\r\n")]
    [InlineData("From: a@ba nk.example\r\n")]
    [InlineData("From: a@bank..example\r\n")]
    [InlineData("From: a@[192.0.2.1]\r\n")]
    [InlineData("From: a@bank.example;b@evil.example\r\n")]
    [InlineData("From: group: a@bank.example, b@evil.example;\r\n")]
    [InlineData("From: a@bank.ex(evil)ample\r\n")]
    [InlineData("From: a@bank.example/evil\r\n")]
    [InlineData("From: a@bank.example%evil.example\r\n")]
    [InlineData("From: <<a@bank.example>\r\n")]
    public void Attacks_have_no_author(string field) => Assert.Null(Read(field).Domain);

    [Fact]
    public void Raw_bytes_of_another_charset_are_a_name_at_most()
    {
        Assert.Null(FromField.Read(MessageHeader.Read(new byte[] { (byte)'F', (byte)'r', (byte)'o', (byte)'m', (byte)':', 0xFF, (byte)'@', (byte)'b', (byte)'.', (byte)'c', 13, 10 })!).Domain);
        Assert.Equal("bank.example", FromField.Read(MessageHeader.Read(Encoding.Latin1.GetBytes("From: \u0093\u00FA\u0096{ <a@bank.example>\r\n\r\n"))!).Domain);
    }

    [Fact]
    public void A_name_of_a_megabyte_costs_nothing() => Assert.Null(Read("From: " + new string('(', 1_000_000) + "a@bank.example\r\n").Domain);

    private static FromField Read(string field) => FromField.Read(MessageHeader.Read(Encoding.UTF8.GetBytes(field + "To: x@y.example\r\n\r\n"))!);
}

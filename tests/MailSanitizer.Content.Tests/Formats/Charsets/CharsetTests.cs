using System.Text;
using MailSanitizer.Content.Formats.Charsets;

namespace MailSanitizer.Content.Tests.Formats.Charsets;

public sealed class CharsetTests
{
    [Theory]
    [InlineData("windows-31j", 932)]
    [InlineData("ms932", 932)]
    [InlineData("cp932", 932)]
    [InlineData("x-sjis", 932)]
    [InlineData("Shift_JIS", 932)]
    [InlineData("iso-2022-jp-ms", 50220)]
    [InlineData("ISO-2022-JP", 50220)]
    [InlineData("iso-2022-jp-2004", 50220)]
    [InlineData("cp50221", 50220)]
    [InlineData("eucjp-ms", 51932)]
    [InlineData("\"utf-8\"", 65001)]
    [InlineData("utf-8*ja", 65001)]
    [InlineData("ks_c_5601-1987", 949)]
    [InlineData("gb18030", 54936)]
    [InlineData("koi8-r", 20866)]
    [InlineData("iso-8859-15", 28605)]
    public void Knows_the_names_that_mail_uses(string name, int codePage) => Assert.Equal(codePage, Charset.Find(name)?.CodePage);

    [Theory]
    [InlineData("utf-7")]
    [InlineData("unicode-1-1-utf-7")]
    [InlineData("nonsense")]
    [InlineData("")]
    [InlineData(null)]
    public void Does_not_know(string? name) => Assert.Null(Charset.Find(name));

    [Fact]
    public void Japanese_text_comes_out_of_every_spelling()
    {
        const string text = "日本語①㈱ﾃｽﾄ";
        Assert.Equal(text, Charset.Decode("windows-31j", Encoding.GetEncoding(932).GetBytes(text)));
        Assert.Equal(text, Charset.Decode("iso-2022-jp-ms", Encoding.GetEncoding(50221).GetBytes(text)));
        Assert.Equal("日本語", Charset.Decode("iso-2022-jp-2004", "\u001b$(QF|K\\8l\u001b(B"u8));
    }

    [Fact]
    public void MimeKit_has_the_code_pages_from_its_first_call() =>
        Assert.Equal("日本", MimeKit.Utils.Rfc2047.DecodeText("=?iso-2022-jp?B?GyRCRnxLXBsoQg==?="u8.ToArray()));

    [Fact]
    public void Unknown_names_lose_no_byte()
    {
        byte[] all = [.. Enumerable.Range(0xA1, 90).Select(value => (byte)value)];
        Assert.Equal(90, Charset.Decode("nonsense", all).Length);
        Assert.Equal("日本", Charset.Decode(null, Encoding.UTF8.GetBytes("日本")));
    }

    [Theory]
    [InlineData("iso-2022-jp", "こんにちは", true)]
    [InlineData("iso-2022-jp", "naïve", false)]
    [InlineData("shift_jis", "①", true)]
    [InlineData("us-ascii", "日", false)]
    [InlineData("iso-8859-1", "é", true)]
    public void Says_what_a_charset_can_express(string name, string text, bool can) => Assert.Equal(can, Charset.CanExpress(Charset.Find(name)!, text));
}

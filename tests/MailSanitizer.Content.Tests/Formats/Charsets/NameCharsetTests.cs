using System.Text;
using MailSanitizer.Content.Formats.Charsets;

namespace MailSanitizer.Content.Tests.Formats.Charsets;

public sealed class NameCharsetTests
{
    [Theory]
    [InlineData("日本語.txt")]
    [InlineData("見積書_株式会社①.xlsx")]
    [InlineData("ﾃｽﾄ.doc")]
    [InlineData("ｶﾞｲﾄﾞ")]
    [InlineData("データ")]
    [InlineData("表示能力.zip")]
    [InlineData("髙﨑.pdf")]
    [InlineData("あ")]
    public void Japanese_names_come_out_right_from_cp932_and_utf8(string name)
    {
        Encoding cp932 = CodePagesEncodingProvider.Instance.GetEncoding(932)!;
        Assert.Equal((name, "cp932"), NameCharset.Detect(cp932.GetBytes(name)));
        Assert.Equal((name, "utf-8"), NameCharset.Detect(Encoding.UTF8.GetBytes(name)));
    }

    [Theory]
    [InlineData("日本語.txt")]
    [InlineData("データ")]
    [InlineData("テスト")]
    [InlineData("ひらがな")]
    [InlineData("見積書")]
    public void Japanese_names_come_out_right_from_euc_jp(string name)
    {
        Encoding euc = CodePagesEncodingProvider.Instance.GetEncoding(51932)!;
        Assert.Equal((name, "euc-jp"), NameCharset.Detect(euc.GetBytes(name)));
    }

    [Fact]
    public void What_no_Japanese_charset_explains_takes_the_fallback()
    {
        Assert.Equal(("café.txt", "cp1252"), NameCharset.Detect(Encoding.Latin1.GetBytes("café.txt")));
        Assert.Equal(("ö.txt", "cp437"), NameCharset.Detect([0x94, (byte)'.', (byte)'t', (byte)'x', (byte)'t'], 437));
        Assert.Equal(("plain.txt", "us-ascii"), NameCharset.Detect("plain.txt"u8));
    }
}

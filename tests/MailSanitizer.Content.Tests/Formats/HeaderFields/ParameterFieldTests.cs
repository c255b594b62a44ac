using System.Text;
using MailSanitizer.Content.Formats.HeaderFields;

namespace MailSanitizer.Content.Tests.Formats.HeaderFields;

public sealed class ParameterFieldTests
{
    private static ParameterField Read(string value, Limits? limits = null) => ParameterField.Read(Encoding.Latin1.GetBytes(value), limits ?? Limits.Default);

    [Theory]
    [InlineData("text/plain; charset=utf-8", "text/plain", "charset", "utf-8")]
    [InlineData(" Text/HTML ; Charset = \"UTF-8\" ", "text/html", "charset", "UTF-8")]
    [InlineData("multipart/mixed; boundary=\"a;b=c\"; x=y", "multipart/mixed", "boundary", "a;b=c")]
    [InlineData("text/plain (comment; with=\"things\"); charset=x (c)", "text/plain", "charset", "x")]
    [InlineData("attachment; filename=my report.doc", "attachment", "filename", "my report.doc")]
    [InlineData("attachment;; filename=\"a\\\"b\"", "attachment", "filename", "a\"b")]
    [InlineData("attachment; filename=\"a.txt\" size=3", "attachment", "size", "3")]
    [InlineData("attachment; filename*=UTF-8''%E6%97%A5.txt", "attachment", "filename", "日.txt")]
    [InlineData("attachment; filename*=iso-2022-jp'ja'%1B$BF|%1B(B.txt", "attachment", "filename", "日.txt")]
    [InlineData("attachment; filename*1*=%A5.txt; filename*0*=UTF-8''%E6%97", "attachment", "filename", "日.txt")]
    [InlineData("attachment; filename*0=abc; filename*1=def.exe", "attachment", "filename", "abcdef.exe")]
    [InlineData("attachment; filename=\"=?UTF-8?B?5pelLnR4dA==?=\"", "attachment", "filename", "日.txt")]
    [InlineData("attachment; filename*=%41.txt", "attachment", "filename", "A.txt")]
    public void Reads_what_mailers_write(string value, string expectedValue, string name, string expected)
    {
        ParameterField field = Read(value);
        Assert.Equal(expectedValue, field.Value);
        Assert.Equal(expected, field.Get(name));
    }

    [Fact]
    public void Every_name_is_listed_the_one_readers_show_first()
    {
        ParameterField field = Read("attachment; filename=a.txt; filename*=UTF-8''b.exe; filename=c.js");
        Assert.Equal(["b.exe", "a.txt", "c.js"], field.Names("filename").Select(name => name.Text));
        Assert.True(field.Contradicts("filename"));
    }

    [Fact]
    public void Raw_shift_jis_names_come_out_right()
    {
        byte[] raw = [.. "attachment; filename=\""u8, .. Encoding.GetEncoding(932).GetBytes("請求書.pdf"), .. "\""u8];
        Assert.Equal("請求書.pdf", ParameterField.Read(raw, Limits.Default).Get("filename"));
    }

    [Theory]
    [InlineData("text/plain; name=\"open", true)]
    [InlineData("text/plain; name=\"a\"junk; x=y", true)]
    [InlineData("text/plain; name=\"a\0b\"", true)]
    [InlineData("text/plain (open; name=x", true)]
    [InlineData("multipart/mixed boundary=x", true)]
    [InlineData("multipart / mixed ; boundary=x", false)]
    [InlineData("text/plain; name=\"a\"; x=y;", false)]
    public void Oddities_are_told(string value, bool odd) => Assert.Equal(odd, Read(value).IsOdd);

    [Fact]
    public void Fifty_thousand_pieces_end_at_the_limit()
    {
        StringBuilder text = new("attachment");
        for (int piece = 0; piece < 50_000; piece++) text.Append("; filename*").Append(piece).Append("*=a");
        ParameterField field = Read(text.ToString());
        Assert.True(field.IsCut);
        Assert.Equal(Limits.Default.HeaderParameters, field.Parameters.Count);
        Assert.Equal(Limits.Default.HeaderParameters, field.Get("filename")!.Length);
    }

    [Fact]
    public void Nested_comments_cost_no_stack() => Assert.Equal("text/plain", Read("text/plain" + new string('(', 200_000) + new string(')', 200_000)).Value);
}

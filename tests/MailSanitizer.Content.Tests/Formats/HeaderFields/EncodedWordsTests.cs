using System.Text;
using CsCheck;
using MailSanitizer.Content.Formats.HeaderFields;

namespace MailSanitizer.Content.Tests.Formats.HeaderFields;

public sealed class EncodedWordsTests
{
    private static string Decode(string value) => EncodedWords.Decode(Encoding.Latin1.GetBytes(value), Limits.Default);

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=", "ab")]
    [InlineData("=?ISO-8859-1?Q?a?= b", "a b")]
    [InlineData("=?ISO-8859-1?Q?a_b?=", "a b")]
    [InlineData("=?utf-8?q?=E6=97?= =?utf-8?q?=A5?=", "日")]
    [InlineData("=?UTF-8?B?5pel5pys?=", "日本")]
    [InlineData("=?UTF-8?B?5pel5pys", "=?UTF-8?B?5pel5pys")]
    [InlineData("=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=", "日本")]
    [InlineData("=?ISO-2022-JP-MS?B?GyRCLSEbKEI=?=", "①")]
    [InlineData("=?windows-31j?B?k/qWew==?=", "日本")]
    [InlineData("=?x-unknown-charset?B?k/qWew==?=", "日本")]
    [InlineData("=?utf-8*ja?B?5pel5pys?=", "日本")]
    [InlineData("a =?utf-8?Q?b?=c", "a bc")]
    [InlineData("=?utf-8?X?b?=", "=?utf-8?X?b?=")]
    [InlineData("=?=?=?=?=", "=?=?=?=?=")]
    public void Decodes_as_readers_do(string value, string expected) => Assert.Equal(expected, Decode(value));

    [Fact]
    public void Raw_eight_bit_text_is_detected()
    {
        Assert.Equal("日本語", EncodedWords.Decode(Encoding.GetEncoding(932).GetBytes("日本語"), Limits.Default));
        Assert.Equal("日本語", EncodedWords.Decode(Encoding.UTF8.GetBytes("日本語"), Limits.Default));
    }

    [Fact]
    public void Words_beyond_the_limit_stay_as_written()
    {
        string words = string.Join(" ", Enumerable.Repeat("=?utf-8?B?YQ==?=", 200_000));
        string decoded = Decode(words);
        Assert.StartsWith(new string('a', Limits.Default.EncodedWords) + " =?utf-8?B?YQ==?=", decoded, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_written_reads_back_and_begins_no_field() =>
        Gen.String.Sample(text =>
        {
            string written = EncodedWords.Encode(text);
            foreach (string line in written.Split("\r\n").Skip(1)) Assert.StartsWith(" ", line, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', written.Replace("\r\n ", "", StringComparison.Ordinal));
            Assert.All(written.Split("\r\n"), line => Assert.InRange(line.Length, 0, 78));
            Assert.All(written, character => Assert.InRange(character, '\n', '~'));
            string clean = string.Concat(text.Where(character => !char.IsControl(character) && character is not ('\u2028' or '\u2029')));
            string valid = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(clean));
            return Decode(written).Trim() == valid.Trim(' ');
        }, iter: 2_000);
}

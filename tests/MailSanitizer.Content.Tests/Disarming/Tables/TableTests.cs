using System.Text;
using MailSanitizer.Content.Disarming.Tables;
using MailSanitizer.Content.Formats.Charsets;

namespace MailSanitizer.Content.Tests.Disarming.Tables;

public sealed class TableTests
{
    private static Disarmed Run(string name, byte[] bytes) => Disarmed.Run(new DisarmSample(name, bytes), also: ["table-formula"]);

    [Theory]
    [InlineData("table-active-formula", "=cmd|' /C calc'!A0")]
    [InlineData("table-active-formula", "+cmd|' /C calc'!A0")]
    [InlineData("table-active-formula", "-2+3+cmd|' /C calc'!A0")]
    [InlineData("table-active-formula", "@SUM(1+1)*cmd|' /C calc'!A0")]
    [InlineData("table-active-formula", "=WEBSERVICE(A1)")]
    [InlineData("table-active-formula", "＝cmd|' /C calc'!A0")]
    [InlineData("table-active-formula", " =  CMD | '/C calc' ! A0")]
    [InlineData("table-formula", "=1+1")]
    [InlineData("table-formula", "@SUM(A1)")]
    [InlineData("table-formula", "-SUM(A1)")]
    public void A_cell_that_is_computed_gets_an_apostrophe(string kind, string cell)
    {
        string trimmed = cell.TrimStart();
        string lead = cell[..^trimmed.Length];
        foreach ((string name, string comma) in new[] { ("a.csv", ","), ("a.tsv", "\t") })
        {
            foreach (Encoding encoding in new[] { Charset.Utf8, Charset.Cp932, Encoding.Unicode, Encoding.BigEndianUnicode })
            {
                byte[] bytes = [.. encoding.GetPreamble(), .. encoding.GetBytes($"表{comma}x\r\n能登{comma}{cell}{comma}終\r\n")];
                Disarmed run = Run(name, bytes);
                Assert.Contains(kind, run.Before.Kinds);
                Assert.Equal([.. encoding.GetPreamble(), .. encoding.GetBytes($"表{comma}x\r\n能登{comma}{lead}'{trimmed}{comma}終\r\n")], run.Bytes);
                Assert.DoesNotContain(run.After.Kinds, found => found.StartsWith("table-", StringComparison.Ordinal));
            }
        }
    }

    [Theory]
    [InlineData("\"=cmd|' /C calc'!A0\"", "\"'=cmd|' /C calc'!A0\"")]
    [InlineData("\"\t=cmd|' /C calc'!A0\"", "\"'\t=cmd|' /C calc'!A0\"")]
    [InlineData("\"\r\n=cmd|' /C calc'!A0\"", "\"'\r\n=cmd|' /C calc'!A0\"")]
    [InlineData("\"=HYPERLINK(\"\"http://evil.example\"\",\"\"x\"\")\"", "\"'=HYPERLINK(\"\"http://evil.example\"\",\"\"x\"\")\"")]
    public void Quoted_cells_are_read_as_programs_read_them(string cell, string after) =>
        Assert.Equal($"a,{after},b\r\n", Encoding.UTF8.GetString(Run("a.csv", Encoding.UTF8.GetBytes($"a,{cell},b\r\n")).Bytes));

    [Theory]
    [InlineData("-1")]
    [InlineData("-1,234.50")]
    [InlineData("+81-3-0000-0000")]
    [InlineData("+81 (3) 0000-0000")]
    [InlineData("@yamada_taro")]
    [InlineData("a@example.jp")]
    [InlineData("=\"0012\"")]
    [InlineData("- 備考なし")]
    [InlineData("-")]
    [InlineData("---")]
    [InlineData("a=b")]
    [InlineData("+1.5E-10")]
    public void Ordinary_cells_are_none(string cell)
    {
        Disarmed run = Run("a.csv", Encoding.UTF8.GetBytes($"x,{cell}\r\n{cell},x\r\n"));
        Assert.DoesNotContain(run.Before.Kinds, found => found.StartsWith("table-", StringComparison.Ordinal));
        Assert.True(run.IsUnchanged);
    }

    [Fact]
    public void A_note_alone_changes_nothing_by_itself()
    {
        Disarmed run = Disarmed.Run(DisarmSample.Of("a.csv", "=1+1,x\r\n"));
        Assert.Contains("table-formula", run.Before.Kinds);
        Assert.True(run.IsUnchanged);
    }
}

/// <summary>What every disarmer promises, for tables.</summary>
public sealed class TableContractTests : DisarmerContract
{
    public override IEnumerable<DisarmSample> Good => [DisarmSample.Of("a.csv", "名前,電話\r\n山田,+81-3-0000-0000\r\n"), DisarmSample.Of("a.tsv", "a\tb\n-1\t2\n")];

    public override IEnumerable<DisarmSample> Attacks => [DisarmSample.Of("a.csv", "a,=cmd|' /C calc'!A0\r\n"), new("a.tsv", Encoding.Unicode.GetBytes("a\t=cmd|' /C calc'!A0\r\n"))];

    public override IEnumerable<(DisarmSample Sample, Limits Limits, FindingKind Kind)> OverLimits => [(DisarmSample.Of("a.csv", "a,b\r\n"), Limits.Default with { TableBytes = 3 }, TableFindings.OverLimit)];
}

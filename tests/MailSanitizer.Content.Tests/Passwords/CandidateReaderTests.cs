using System.Text;
using MailSanitizer.Content.Passwords;

namespace MailSanitizer.Content.Tests.Passwords;

public sealed class CandidateReaderTests
{
    [Fact]
    public void Labelled_comes_before_set_apart_before_tokens()
    {
        IReadOnlyList<CandidateFact> found = Read("資料の件です。\n\nZq81-kkW2\n\nパスワード：abcd1234\n受付 tokenA77 番");
        Assert.Equal("abcd1234", found[0].Text);
        Assert.Equal("labelled", found[0].Kind);
        int apart = Find(found, "Zq81-kkW2");
        Assert.Equal("set-apart", found[apart].Kind);
        Assert.Equal("token", found[^1].Kind);
        Assert.Equal(Enumerable.Range(0, found.Count), found.Select(fact => fact.Rank));
        Assert.Equal(found.Count, found.Select(fact => fact.Text).Distinct().Count());
    }

    [Theory]
    [InlineData("パスワードは Ｋｘ７７＃ａ です。", "Kx77#a")]
    [InlineData("パスワードは Ｋｘ７７＃ａ です。", "Ｋｘ７７＃ａ")]
    [InlineData("ﾊﾟｽﾜｰﾄﾞ:ab12cd", "ab12cd")]
    [InlineData("パスワ－ド：ab12cd", "ab12cd")]
    [InlineData("Ｐ　Ａ　Ｓ　Ｓ　：　ab12cd", "ab12cd")]
    [InlineData("PASS : Ltd.2026.", "Ltd.2026.")]
    [InlineData("PASS : Ltd.2026.", "Ltd.2026")]
    [InlineData("password: two words", "two words")]
    [InlineData("パスワード：『山 田』", "山 田")]
    public void Spellings_give_the_password(string text, string expected) => Assert.Contains(Read(text).Take(5), fact => fact.Text == expected && fact.Kind == "labelled");

    [Theory]
    [InlineData("subject", "パスワード: ab12cd")]
    [InlineData("attachment name", "資料(PW ab12cd).zip")]
    public void Subject_and_attachment_names_are_read(string where, string text)
    {
        bool subject = where == "subject";
        IReadOnlyList<CandidateFact> found = CandidateReader.Read([new CandidateText("subject", subject ? text : "x"), new CandidateText("1", "本文")], subject ? [] : [text], Limits.Default);
        Assert.Contains(found, fact => fact.Text == "ab12cd" && fact.Where.StartsWith(where, StringComparison.Ordinal));
    }

    [Fact]
    public void Quoted_mail_ranks_last()
    {
        IReadOnlyList<CandidateFact> found = Read("新しいものです。\n\nnewPass-88\n\n> パスワード：oldPass-77\n");
        Assert.True(Find(found, "newPass-88") < Find(found, "oldPass-77"));
        Assert.Contains("quoted", found[Find(found, "oldPass-77")].Where, StringComparison.Ordinal);
    }

    [Fact]
    public void Where_and_text_form_never_hold_the_secret()
    {
        foreach (CorpusMail mail in CorpusMail.Load("second-tuned.txt"))
        {
            foreach (CandidateFact fact in mail.Candidates().Where(fact => fact.Text.Length >= 4 && fact.Kind == "labelled"))
            {
                // Words of our own vocabulary may stand in both ("password").
                if (fact.Where.Contains("password", StringComparison.OrdinalIgnoreCase) && "password".Contains(fact.Text, StringComparison.OrdinalIgnoreCase)) continue;
                if (fact.Where.Contains(fact.Text, StringComparison.Ordinal)) Assert.Fail($"{mail.Id} tells its candidate");
                if (fact.ToString().Contains(fact.Text, StringComparison.Ordinal)) Assert.Fail($"{mail.Id} prints its candidate");
            }
        }
    }

    [Fact]
    public void Date_in_digits_is_derived_in_the_asked_forms()
    {
        IReadOnlyList<CandidateFact> found = CandidateReader.Read([new CandidateText("1", "パスワードは本日の日付です。"), new CandidateText("date", "Tue, 24 Nov 2026 10:00:00 +0900")], [], Limits.Default);
        Assert.Equal(["20261124", "261124"], found.Where(fact => fact.Kind == "derived").Take(2).Select(fact => fact.Text));
        Assert.Contains(found, fact => fact is { Kind: "derived", Text: "1124" });
        Assert.DoesNotContain(Read("会議は2026年11月24日です。"), fact => fact.Kind == "derived");
    }

    [Fact]
    public void Limits_bound_candidates_tokens_lines_and_text()
    {
        StringBuilder text = new("パスワードは以下です。\n");
        for (int at = 0; at < 3000; at++) text.Append("パスワード: pw").Append(at).Append("Xy\n");
        IReadOnlyList<CandidateFact> found = CandidateReader.Read([new CandidateText("1", text.ToString())], [], Limits.Default with { CandidateTokens = 7 });
        Assert.Equal(Limits.Default.Candidates, found.Count(fact => fact.Kind != "token"));
        Assert.InRange(found.Count(fact => fact.Kind == "token"), 1, 7);
        Assert.Empty(CandidateReader.Read([new CandidateText("1", "\n\n\nパスワード: abcd1234")], [], Limits.Default with { CandidateLines = 2 }));
        Assert.DoesNotContain(CandidateReader.Read([new CandidateText("1", "文文文文文 パスワード: abcd1234")], [], Limits.Default with { CandidateCharacters = 5 }), fact => fact.Text == "abcd1234");
    }

    // Work, not time: the reader looks at each sign a bounded number of times, so a text twice as long allocates about twice as much.
    [Theory]
    [InlineData("「")]
    [InlineData("パスワード")]
    [InlineData("<td>")]
    [InlineData("a:b ")]
    [InlineData("> ")]
    [InlineData("pw=x1 \n")]
    [InlineData("\"'([{「")]
    public void Work_grows_with_the_text_and_not_faster(string unit)
    {
        long one = Allocated(unit, 20_000), two = Allocated(unit, 80_000);
        Assert.True(two < 8 * one + 4_000_000, $"{one} bytes for 20,000 signs, {two} for 80,000");
    }

    private static long Allocated(string unit, int length)
    {
        StringBuilder text = new(length + 16);
        while (text.Length < length) text.Append(unit);
        CandidateText[] texts = [new("1", text.ToString(), unit == "<td>")];
        Limits limits = Limits.Default;
        CandidateReader.Read(texts, [], limits);
        long before = GC.GetAllocatedBytesForCurrentThread();
        CandidateReader.Read(texts, [], limits);
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static IReadOnlyList<CandidateFact> Read(string text) => CandidateReader.Read([new CandidateText("1", text)], [], Limits.Default);

    private static int Find(IReadOnlyList<CandidateFact> found, string text)
    {
        for (int at = 0; at < found.Count; at++)
        {
            if (found[at].Text == text) return at;
        }

        throw new InvalidOperationException($"not found among {found.Count}");
    }
}

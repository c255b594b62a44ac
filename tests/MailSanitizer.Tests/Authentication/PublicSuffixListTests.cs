using MailSanitizer.Authentication.Dmarc;
using MailSanitizer.Mail.Signatures;

namespace MailSanitizer.Tests.Authentication;

public sealed class PublicSuffixListTests
{
    [Fact]
    public void The_suite_of_the_list_holds()
    {
        string? suite = Suites.Find("psl/tests/tests.txt");
        if (suite is null) Assert.Skip("suites/psl is not here");
        if (!File.Exists(PublicSuffixList.DebianPath)) Assert.Skip("publicsuffix is not installed");
        PublicSuffixList list = PublicSuffixList.Load(PublicSuffixList.DebianPath);
        int cases = 0;
        foreach (string line in File.ReadLines(suite))
        {
            if (line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is not [var domain, var expected] || domain is "null" || domain.StartsWith("//", StringComparison.Ordinal)) continue;
            cases++;
            string? registrable = DomainName.ToAscii(domain) is { } ascii ? list.RegistrableDomain(ascii) : null;
            Assert.True((expected == "null" ? null : DomainName.ToAscii(expected)) == registrable, $"{domain}: {registrable ?? "null"}, expected {expected}");
        }

        Assert.True(cases > 60, $"{cases} cases");
    }

    [Theory]
    [InlineData("www.city.kobe.jp", "city.kobe.jp")]
    [InlineData("a.b.c.kobe.jp", "b.c.kobe.jp")]
    [InlineData("c.kobe.jp", null)]
    [InlineData("jp", null)]
    [InlineData("example.unlisted", "example.unlisted")]
    public void Wildcards_and_exceptions(string domain, string? expected) =>
        Assert.Equal(expected, PublicSuffixList.Read(["// comment", "jp", "*.kobe.jp  // a comment behind", "!city.kobe.jp", "", "com"]).RegistrableDomain(domain));

    [Fact]
    public void A_file_that_is_no_list_is_refused()
    {
        string path = Path.GetTempFileName();
        File.WriteAllText(path, "// nothing\n");
        Assert.Throws<InvalidDataException>(() => PublicSuffixList.Load(path));
        Assert.Throws<FileNotFoundException>(() => PublicSuffixList.Load(path + ".missing"));
        File.Delete(path);
    }
}

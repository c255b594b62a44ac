using MailSanitizer.Authentication.Dmarc;
using MailSanitizer.Authentication.Dns;

namespace MailSanitizer.Tests.Authentication;

public sealed class DmarcTests
{
    private static readonly PublicSuffixList Suffixes = PublicSuffixList.Read(["com", "jp", "co.jp", "example"]);

    private static Task<DmarcVerdict> JudgeAsync(
        FakeDns dns, string from, string? spf = null, string[]? dkim = null, OrganizationMethod method = OrganizationMethod.TreeWalk, int sample = 0, string? openSpf = null, string[]? openDkim = null) =>
        new DmarcEvaluator(dns, method, Suffixes).JudgeAsync(from, new DmarcIdentities(spf, dkim ?? [], openSpf, openDkim ?? []), sample, TestContext.Current.CancellationToken);

    [Theory]
    [InlineData("v=DMARC1; p=reject", "mail.example.com", "example.com", null, "pass")]
    [InlineData("v=DMARC1; p=reject", "example.com", "mail.example.com", null, "pass")]
    [InlineData("v=DMARC1; p=reject", "a.example.com", null, "b.example.com", "pass")]
    [InlineData("v=DMARC1; p=reject; aspf=s", "mail.example.com", "example.com", null, "fail")]
    [InlineData("v=DMARC1; p=reject; aspf=s", "example.com", "example.com", null, "pass")]
    [InlineData("v=DMARC1; p=reject; adkim=s", "example.com", null, "mail.example.com", "fail")]
    [InlineData("v=DMARC1; p=reject", "example.com", "evil.com", "other.com", "fail")]
    [InlineData("v=DMARC1; p=reject", "example.com", "notexample.com", "com", "fail")]
    [InlineData("v=DMARC1; p=reject", "example.com", null, null, "fail")]
    public async Task Alignment_by_both_methods(string record, string from, string? spf, string? dkim, string result)
    {
        FakeDns dns = new FakeDns().Text("_dmarc.example.com", record);
        foreach (OrganizationMethod method in Enum.GetValues<OrganizationMethod>())
        {
            DmarcVerdict verdict = await JudgeAsync(dns, from, spf, dkim is null ? null : [dkim], method);
            Assert.Equal((result, "example.com"), (verdict.Result, verdict.OrganizationalDomain));
        }
    }

    [Theory]
    [InlineData("v=DMARC1; p=none; sp=quarantine; np=reject", "example.com", "none")]
    [InlineData("v=DMARC1; p=none; sp=quarantine; np=reject", "there.example.com", "quarantine")]
    [InlineData("v=DMARC1; p=none; sp=quarantine; np=reject", "missing.example.com", "reject")]
    [InlineData("v=DMARC1; p=reject", "there.example.com", "reject")]
    [InlineData("v=DMARC1; p=reject; t=y", "example.com", "quarantine")]
    [InlineData("v=DMARC1; p=quarantine; t=y", "example.com", "none")]
    [InlineData("v=DMARC1; p=bad; rua=mailto:x@example.com", "example.com", "none")]
    [InlineData("v=DMARC1; rua=mailto:x@example.com", "example.com", "none")]
    [InlineData("v=DMARC1; p=REJECT;", "example.com", "reject")]
    public async Task The_wish_of_the_domain(string record, string from, string policy)
    {
        FakeDns dns = new FakeDns().Text("_dmarc.example.com", record).Address("there.example.com", "192.0.2.1");
        foreach (OrganizationMethod method in Enum.GetValues<OrganizationMethod>()) Assert.Equal(policy, (await JudgeAsync(dns, from, method: method)).Policy);
    }

    [Theory]
    [InlineData(49, "reject")]
    [InlineData(50, "quarantine")]
    public async Task Sampling_is_of_the_older_method(int sample, string policy)
    {
        FakeDns dns = new FakeDns().Text("_dmarc.example.com", "v=DMARC1; p=reject; pct=50");
        Assert.Equal(policy, (await JudgeAsync(dns, "example.com", method: OrganizationMethod.PublicSuffixList, sample: sample)).Policy);
        Assert.Equal("reject", (await JudgeAsync(dns, "example.com", sample: sample)).Policy);
    }

    [Fact]
    public async Task The_walk_stops_at_marks_and_takes_the_highest_record_without()
    {
        // psd=n: the organisation is that name; what stands above is another's.
        FakeDns dns = new FakeDns().Text("_dmarc.unit.example.com", "v=DMARC1; p=reject; psd=n").Text("_dmarc.example.com", "v=DMARC1; p=none");
        Assert.Equal(("unit.example.com", "reject"), (await JudgeAsync(dns, "a.unit.example.com") is var one ? one.OrganizationalDomain : "", one.Policy));
        Assert.Equal("fail", (await JudgeAsync(dns, "a.unit.example.com", spf: "example.com")).Result);
        Assert.Equal("pass", (await JudgeAsync(dns, "a.unit.example.com", spf: "b.unit.example.com")).Result);

        // psd=y: one label below it.
        dns = new FakeDns().Text("_dmarc.city.jp", "v=DMARC1; p=reject; sp=quarantine; psd=y");
        Assert.Equal(("kobe.city.jp", "quarantine"), (await JudgeAsync(dns, "www.kobe.city.jp") is var two ? two.OrganizationalDomain : "", two.Policy));
        Assert.Equal("fail", (await JudgeAsync(dns, "www.kobe.city.jp", spf: "osaka.city.jp")).Result);
        Assert.Equal("pass", (await JudgeAsync(dns, "www.kobe.city.jp", spf: "mail.kobe.city.jp")).Result);

        // The public suffix itself as author stands for itself.
        Assert.Equal("city.jp", (await JudgeAsync(dns, "city.jp")).OrganizationalDomain);
        Assert.Equal("fail", (await JudgeAsync(dns, "city.jp", spf: "kobe.city.jp")).Result);
    }

    [Fact]
    public async Task A_long_name_costs_eight_questions_at_most()
    {
        FakeDns dns = new FakeDns().Text("_dmarc.jp", "v=DMARC1; p=none; psd=y");
        DmarcVerdict verdict = await JudgeAsync(dns, string.Join('.', Enumerable.Range(0, 100).Select(at => "a")) + ".example.jp");
        Assert.Equal("example.jp", verdict.OrganizationalDomain);
        Assert.Equal(8, dns.Asked.Count);
    }

    [Theory]
    [InlineData("none", "v=DMARC1; p=reject", "v=DMARC1; p=none")]
    [InlineData("none", "v=DMARC2; p=reject")]
    [InlineData("none", "v=DMARC1p=reject")]
    [InlineData("none", "p=reject; v=DMARC1")]
    [InlineData("none", " hello")]
    [InlineData("permerror", "v=DMARC1; p=bad")]
    [InlineData("permerror", "v=DMARC1; p=reject; p=none")]
    [InlineData("permerror", "v=DMARC1; reject")]
    [InlineData("fail", "spf", "v=DMARC1; p=reject")]
    public async Task Odd_records(string result, params string[] records) => Assert.Equal(result, (await JudgeAsync(new FakeDns().Text("_dmarc.example.com", records), "example.com")).Result);

    [Fact]
    public async Task What_could_not_be_asked_for_is_no_failure()
    {
        Assert.Equal("temperror", (await JudgeAsync(new FakeDns().Fails("_dmarc.example.com", DnsKind.Txt), "example.com", spf: "example.com")).Result);
        FakeDns dns = new FakeDns().Text("_dmarc.example.com", "v=DMARC1; p=reject");
        Assert.Equal("temperror", (await JudgeAsync(dns, "example.com", openDkim: ["example.com"])).Result);
        Assert.Equal("temperror", (await JudgeAsync(dns, "example.com", openSpf: "mail.example.com")).Result);
        Assert.Equal("fail", (await JudgeAsync(dns, "example.com", openDkim: ["evil.com"])).Result);
        Assert.Equal("pass", (await JudgeAsync(dns, "example.com", spf: "example.com", openDkim: ["example.com"])).Result);
    }
}

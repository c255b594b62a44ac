using MailSanitizer.Authentication.Arc;
using MailSanitizer.Mail;

namespace MailSanitizer.Tests.Authentication;

public sealed class ArcResultsTests
{
    [Theory]
    [InlineData("i=1; mx.example; spf=pass smtp.mailfrom=a@b.example; dkim=fail reason=\"body hash; differs\" header.d=b.example", "spf=pass smtp.mailfrom:a@b.example|dkim=fail header.d:b.example")]
    [InlineData("i=2; mx.google.com; dkim=pass header.i=@x.example header.s=s header.b=AbC/+d; spf=pass (google.com: domain of a@b designates 1.2.3.4 as permitted sender) smtp.mailfrom=a@b.example; dmarc=pass (p=NONE sp=NONE dis=NONE) header.from=b.example", "dkim=pass header.i:@x.example header.s:s header.b:AbC/+d|spf=pass smtp.mailfrom:a@b.example|dmarc=pass header.from:b.example")]
    [InlineData("i=1; x 1; DKIM/1 = PASS header . d = y", "dkim=pass")]
    [InlineData("i=1; x; none", "")]
    [InlineData("i=1; x; dmarc=fail (dmarc=pass); spf=none \"dmarc=pass\"", "dmarc=fail|spf=none")]
    [InlineData("i=1; x; dmarc=\"pass; spf=pass", "")]
    [InlineData("i=1; x; (dmarc=pass", "")]
    [InlineData("i=1; x; a=b=c=d; ==; ;;=", "a=b")]
    [InlineData("", "")]
    public void What_a_sealer_found_is_read(string value, string expected) =>
        Assert.Equal(expected, string.Join('|', ArcResults.Read(value).Select(one => $"{one.Method}={one.Result}{string.Concat(one.Properties.Select(property => $" {property.Key}:{property.Value}"))}")));

    [Fact]
    public void A_sender_without_an_SPF_record_is_not_vouched_for_by_its_HELO()
    {
        AuthenticationFacts facts = new() { Results = [new("spf", "none", [new("smtp.mailfrom", "a@bank.example")]), new("spf", "pass", [new("smtp.helo", "evil.example")]), new("dkim", "fail", []), new("dkim", "pass", [])] };
        Assert.Equal(("none", "pass", "none"), (facts.Result("spf"), facts.Result("dkim"), facts.Result("dmarc")));
    }
}

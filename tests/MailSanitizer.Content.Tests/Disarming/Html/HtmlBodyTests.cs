using System.Text;
using MailSanitizer.Content.Disarming;
using MailSanitizer.Content.Formats.Charsets;
using MailSanitizer.Content.Mime;
using MailSanitizer.Content.Tests.PartWalking;

namespace MailSanitizer.Content.Tests.Disarming.Html;

/// <summary>Bodies inside whole messages, through every handler, decided by the floor.</summary>
public class HtmlBodyTests
{
    private static (byte[] Bytes, RecordingSink Before, RecordingSink After, RebuildReport Report) Floor(byte[] message)
    {
        RecordingSink before = Walks.Walk(message, handlers: PartHandlers.All);
        IEnumerable<Treatment> treatments = Disarmed.Active(before).Select(finding => finding.Path).Distinct().Select(path => Walks.Treat(before, path, TreatmentKind.Disarm));
        (RebuildReport report, byte[] bytes, long _) = Walks.Rebuild(message, Walks.Job(treatments), PartHandlers.All);
        return (bytes, before, Walks.Walk(bytes, handlers: PartHandlers.All), report);
    }

    private static void AssertNothingHolds(RecordingSink sink) => Assert.DoesNotContain(sink.Findings, finding => FindingKinds.Find(finding.Kind)!.Class is not FindingClass.Note);

    public static TheoryData<string, string, string> Mails => new()
    {
        { "quoted-printable", "utf-8", HtmlMails.Outlook },
        { "base64", "utf-8", HtmlMails.Newsletter },
        { "8bit", "utf-8", HtmlMails.Gmail },
        { "7bit", "iso-2022-jp", HtmlMails.Japanese },
        { "base64", "iso-2022-jp", HtmlMails.Japanese },
        { "base64", "shift_jis", HtmlMails.Japanese.Replace("iso-2022-jp", "shift_jis", StringComparison.Ordinal) },
    };

    private static byte[] Mail(string encoding, string charset, string html)
    {
        byte[] body = Charset.Find(charset)!.GetBytes(html.ReplaceLineEndings("\r\n"));
        string encoded = encoding switch
        {
            "base64" => Convert.ToBase64String(body, Base64FormattingOptions.InsertLineBreaks),
            "quoted-printable" => string.Concat(body.Select(one => one is (byte)'=' or >= 0x80 ? $"={one:X2}" : ((char)one).ToString())),
            _ => Encoding.Latin1.GetString(body),
        };
        string head = "From: a@example.jp\r\nTo: b@example.jp\r\nSubject: =?utf-8?B?5pel?=\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=m\r\n\r\nThis is a multi-part message in MIME format.\r\n--m\r\nContent-Type: multipart/alternative;\r\n\tboundary=\"a\"\r\n\r\n--a\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\nplain\r\n--a\r\n";
        return Encoding.Latin1.GetBytes($"{head}Content-Type: text/html;\r\n\tcharset=\"{charset}\"\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n{encoded}\r\n--a--\r\n\r\n--m\r\nContent-Type: text/plain; name=\"a.txt\"\r\nContent-Disposition: attachment; filename=\"a.txt\"\r\nContent-Transfer-Encoding: base64\r\n\r\nYXR0YWNoZWQ=\r\n--m--\r\n");
    }

    [Theory]
    [MemberData(nameof(Mails))]
    public void An_ordinary_mail_passes_byte_for_byte(string encoding, string charset, string html)
    {
        byte[] message = Mail(encoding, charset, html);
        (byte[] bytes, RecordingSink before, RecordingSink _, RebuildReport _) = Floor(message);
        AssertNothingHolds(before);
        Assert.Equal(message, bytes);
    }

    [Theory]
    [MemberData(nameof(Mails))]
    public void Only_the_body_with_the_script_changes_and_only_by_the_script(string encoding, string charset, string html)
    {
        string script = "<script>alert('x')</script>";
        int place = html.LastIndexOf("</", StringComparison.Ordinal);
        byte[] clean = Mail(encoding, charset, html);
        byte[] message = Mail(encoding, charset, html.Insert(place, script));
        (byte[] bytes, RecordingSink before, RecordingSink after, RebuildReport report) = Floor(message);
        Assert.Null(report.Failure);
        Assert.Equal(["html-script"], Disarmed.Active(before).Select(finding => finding.Kind));
        AssertNothingHolds(after);

        // The decoded body is the one that never had the script; every other part and every byte around it is the same.
        RecordingSink expected = Walks.Walk(clean, handlers: PartHandlers.All);
        Assert.Equal(expected.Parts.Where(part => part.Path.Length > 0).Select(part => (part.Path, part.Sha256)), after.Parts.Where(part => part.Path.Length > 0).Select(part => (part.Path, part.Sha256)));
        string text = Encoding.Latin1.GetString(message), changed = Encoding.Latin1.GetString(bytes);
        int body = text.IndexOf("\r\n\r\n", text.IndexOf("Content-Type: text/html", StringComparison.Ordinal), StringComparison.Ordinal);
        int end = text.IndexOf("\r\n--a--", StringComparison.Ordinal);
        Assert.Equal(text[..body], changed[..body]);
        Assert.EndsWith(text[end..], changed, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("text/html; charset=utf-8", "<meta charset=iso-2022-jp><p>a</p>\u001b$B<script>\u001b(B<p>end</p>")]
    [InlineData("text/html; charset=iso-8859-1", "<meta charset=shift_jis><p>\u0093\u00fa\u0096{</p>")]
    [InlineData("text/html; charset=utf-8", "\u00ff\u00fe<\0p\0>\0x\0<\0/\0p\0>\0")]
    [InlineData("text/html; charset=iso-2022-jp", "<p>\u001b$BF|K\\\r\nF|K\\\u001b(B</p>")]
    [InlineData("text/html", "<meta http-equiv=content-type content='text/html; charset=iso-2022-jp'><p>\u001b$BF|K\\\u001b(B</p>")]
    [InlineData("text/html; charset=hz-gb-2312", "<p>~{VPNDq!~}</p>")]
    [InlineData("text/html; charset=shift_jis", "<p title=\"\u0083\" lang=ja>x</p>")]
    public void Where_readers_decode_differently_the_body_is_written_anew(string type, string body)
    {
        byte[] message = Encoding.Latin1.GetBytes($"From: a@example.jp\r\nMIME-Version: 1.0\r\nContent-Type: {type}\r\nContent-Transfer-Encoding: base64\r\n\r\n{Convert.ToBase64String(Encoding.Latin1.GetBytes(body))}\r\n");
        (byte[] bytes, RecordingSink before, RecordingSink after, RebuildReport report) = Floor(message);
        Assert.Contains(MarkupFindings.Encoding.Id, before.Kinds);
        Assert.DoesNotContain(before.Findings, finding => FindingKinds.Find(finding.Kind)!.Class is FindingClass.Ambiguous);
        Assert.Null(report.Failure);
        AssertNothingHolds(after);
        Assert.Matches("charset=\"?utf-8", Encoding.Latin1.GetString(bytes));

        // Every charset in it says UTF-8 now, and it is UTF-8.
        byte[] page = after.Leaves.Single(leaf => leaf.View == "leaf").Bytes;
        string text = Charset.StrictUtf8.GetString(page);
        Assert.DoesNotMatch("(?i)charset\\s*=\\s*['\"]?(?!utf-8)", text);
        Assert.DoesNotContain("\u001b", text, StringComparison.Ordinal);
        Assert.Empty(BrowserReading.Acting(text));
    }

    [Fact]
    public void Utf7_is_refused()
    {
        byte[] message = Walks.Mail("Content-Type: text/html; charset=utf-7\n\n<p>+ADw-script+AD4-</p>\n");
        Assert.Contains(MimeFindings.CharsetAmbiguous.Id, Walks.Walk(message, handlers: PartHandlers.All).Kinds);
    }

    [Fact]
    public void The_interactive_twin_is_left_out()
    {
        string head = "From: a@example.jp\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=a\r\n\r\n--a\r\nContent-Type: text/plain\r\n\r\nplain\r\n";
        string amp = "--a\r\nContent-Type: text/x-amp-html; charset=utf-8\r\n\r\n<!doctype html><html amp4email><head><script async src=\"https://cdn.ampproject.org/v0.js\"></script></head><body>x</body></html>\r\n";
        string tail = "--a\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<html><p>html</p></html>\r\n--a--\r\n";
        (byte[] bytes, RecordingSink before, RecordingSink after, RebuildReport report) = Floor(Encoding.ASCII.GetBytes(head + amp + tail));
        Assert.Contains(MarkupFindings.Amp.Id, before.Kinds);
        Assert.Contains(report.Changes, change => change is { Path: "1.2", Done: "stripped" });
        Assert.Equal(head + tail, Encoding.ASCII.GetString(bytes));
        AssertNothingHolds(after);
    }

    [Fact]
    public void Saved_pages_are_walked_and_disarmed()
    {
        string mht = "From: <Saved by Blink>\r\nSnapshot-Content-Location: https://a.example/\r\nSubject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related; type=\"text/html\"; boundary=\"b\"\r\n\r\n--b\r\nContent-Type: text/html\r\nContent-Location: https://a.example/\r\n\r\n<html><p>x</p><script>1</script></html>\r\n--b\r\nContent-Type: text/css\r\nContent-Location: cid:css-1@mhtml.blink\r\n\r\n@import 'https://a.example/b.css'; p{color:red}\r\n--b--\r\n";
        Disarmed run = Disarmed.Run(new DisarmSample("saved.mht", Encoding.ASCII.GetBytes(mht)));
        Assert.Equal(["html-import", "html-script"], Disarmed.Active(run.Before).Select(finding => finding.Kind).Order(StringComparer.Ordinal));
        Assert.Equal(mht.Replace("<script>1</script>", "", StringComparison.Ordinal).Replace("@import 'https://a.example/b.css';", "", StringComparison.Ordinal), Encoding.ASCII.GetString(run.Bytes));
    }
}

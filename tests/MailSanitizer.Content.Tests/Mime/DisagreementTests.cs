using System.Text;
using MailSanitizer.Content.Mime;
using MailSanitizer.Content.Tests.PartWalking;

namespace MailSanitizer.Content.Tests.Mime;

/// <summary>
/// Every row of <see cref="MimeDisagreements"/>, each with messages that show it: the finding is there, what each reader would see was scanned, and what is
/// written anew has one reading left.
/// </summary>
public sealed class DisagreementTests
{
    private const string Evil = "RVZJTC1QQVlMT0FE"; // EVIL-PAYLOAD

    /// <summary>Kind, message, and what must have been scanned under some reading.</summary>
    public static TheoryData<string, string, string, string> Cases() => new()
    {
        { "two types", "mime-duplicate-field", "Content-Type: text/plain\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Transfer-Encoding: base64\n\n" + Evil + "\n--b--\n", "EVIL-PAYLOAD" },
        { "two encodings", "mime-duplicate-field", "Content-Type: application/x-a\nContent-Transfer-Encoding: 7bit\nContent-Transfer-Encoding: base64\n\n" + Evil + "\n", "EVIL-PAYLOAD" },
        { "two boundaries in two fields", "mime-duplicate-field", "Content-Type: multipart/mixed; boundary=a\nContent-Type: multipart/mixed; boundary=b\n\n--a\n\nharmless\n--b\nContent-Transfer-Encoding: base64\n\n" + Evil + "\n--b--\n--a--\n", "EVIL-PAYLOAD" },
        { "two boundary parameters", "mime-boundary", "Content-Type: multipart/mixed; boundary=a; boundary=b\n\n--a\n\nx\n--a--\n", "x" },
        { "prefix of a line", "mime-boundary", "Content-Type: multipart/mixed; boundary=a\n\n--a\n\nharmless\n--aXX\nContent-Transfer-Encoding: base64\n\n" + Evil + "\n--a--\n", "EVIL-PAYLOAD" },
        { "behind a bare CR", "mime-boundary", "Content-Type: multipart/mixed; boundary=a\n\n--a\n\nharmless\u0001--a\u0001Content-Transfer-Encoding: base64\u0001\u0001" + Evil + "\n--a--\n", Evil },
        { "two CRs behind it", "mime-boundary", "Content-Type: multipart/mixed; boundary=a\n\n--a\n\nharmless\n--a\u0001\nContent-Transfer-Encoding: base64\n\n" + Evil + "\n--a--\n", "EVIL-PAYLOAD" },
        { "again behind its end", "mime-boundary", "Content-Type: multipart/mixed; boundary=a\n\n--a\n\nx\n--a--\n--a\nContent-Transfer-Encoding: base64\n\n" + Evil + "\n--a--\n", "EVIL-PAYLOAD" },
        { "one for two levels", "mime-boundary", "Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/mixed; boundary=a\n\n--a\n\nx\n--a--\n--a--\n", "x" },
        { "the end of one begins another", "mime-boundary", "Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/mixed; boundary=\"a--\"\n\n--a--\n\nx\n--a----\n--a--\n", "x" },
        { "ends in a blank", "mime-boundary", "Content-Type: multipart/mixed; boundary=\"a \"\n\n--a \n\nx\n--a --\n", "x" },
        { "of a multipart that has ended", "mime-boundary", "Content-Type: multipart/mixed; boundary=o\n\n--o\nContent-Type: multipart/mixed; boundary=i\n\n--i\n\nx\n--i--\n--o\n\ntext\n--i\nContent-Transfer-Encoding: base64\n\n" + Evil + "\n--i--\n--o--\n", "EVIL-PAYLOAD" },
        { "without a semicolon", "mime-boundary", "Content-Type: multipart/mixed boundary=b\n\n--b\nContent-Transfer-Encoding: base64\n\n" + Evil + "\n--b--\n", "EVIL-PAYLOAD" },
        { "in pieces", "mime-boundary", "Content-Type: multipart/mixed; boundary*0=b; boundary*1=c\n\n--bc\nContent-Transfer-Encoding: base64\n\n" + Evil + "\n--bc--\n", "EVIL-PAYLOAD" },
        { "no boundary", "mime-boundary-missing", "Content-Type: multipart/mixed\n\n--b\nContent-Transfer-Encoding: base64\n\n" + Evil + "\n--b--\n", "EVIL-PAYLOAD" },
        { "empty boundary", "mime-boundary-missing", "Content-Type: multipart/mixed; boundary=\"\"\n\n--b\nContent-Transfer-Encoding: base64\n\n" + Evil + "\n--b--\n", "EVIL-PAYLOAD" },
        { "unknown encoding", "mime-encoding-unknown", "Content-Type: application/x-a\nContent-Transfer-Encoding: x-base64\n\n" + Evil + "\n", "EVIL-PAYLOAD" },
        { "encoding with more words", "mime-encoding-unknown", "Content-Type: application/x-a\nContent-Transfer-Encoding: base64 x\n\n" + Evil + "\n", "EVIL-PAYLOAD" },
        { "encoding on a multipart", "mime-encoding-on-multipart", "Content-Type: multipart/mixed; boundary=b\nContent-Transfer-Encoding: base64\n\n" + Convert.ToBase64String(Encoding.ASCII.GetBytes("--b\r\nContent-Transfer-Encoding: base64\r\n\r\n" + Evil + "\r\n--b--\r\n")) + "\n", "EVIL-PAYLOAD" },
        { "content fields behind junk", "mime-header-ambiguous", "Subject: x\njunk line\nContent-Type: application/x-a\nContent-Transfer-Encoding: base64\n\n" + Evil + "\n", "EVIL-PAYLOAD" },
        { "content fields behind a line of blanks", "mime-header-ambiguous", "Subject: x\n \nContent-Type: application/x-a\nContent-Transfer-Encoding: base64\n\n" + Evil + "\n", "EVIL-PAYLOAD" },
        { "blank before the colon", "mime-header-ambiguous", "Content-Type : application/x-a\nContent-Transfer-Encoding: base64\n\n" + Evil + "\n", "EVIL-PAYLOAD" },
        { "NUL in a content field", "mime-header-ambiguous", "Content-Type: application/x-a; name=\"a\0.exe\"\n\nx\n", "x" },
        { "Content-Encoding", "mime-content-encoding", "Content-Type: application/x-a\nContent-Encoding: gzip\n\nx\n", "x" },
        { "UTF-7", "charset-ambiguous", "Content-Type: text/html; charset=utf-7\n\n+ADw-script+AD4-\n", "+ADw-script+AD4-" },
        { "ISO-2022 against meta", "charset-conflict", "Content-Type: text/html; charset=utf-8\n\n<meta charset=iso-2022-jp><p>\u001b$B<script>\u001b(B\n", "<script>" },
        { "UTF-16 mark", "charset-conflict", "Content-Type: text/html; charset=utf-8\n\n\u00ff\u00fe<\0p\0>\0", "<\0p\0>\0" },
        { "type twice, alike", "mime-repeated-field", "Content-Type: text/plain; charset=utf-8\nContent-Type: text/plain;charset=\"utf-8\"\n\nx\n", "x" },
        { "an open quote", "mime-odd-parameter", "Content-Type: application/x-a; name=\"a.txt\n\nx\n", "x" },
        { "two names", "mime-names-differ", "Content-Type: application/x-a; name=a.txt\nContent-Disposition: attachment; filename=a.exe\n\nx\n", "x" },
        { "no empty line", "mime-header-without-end", "Subject: x\nHello there\n\nmore\n", "Hello there" },
        { "no final boundary", "mime-unclosed", "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n", "x" },
        { "nested, none closed", "mime-unclosed", "Content-Type: multipart/mixed; boundary=o\n\n--o\nContent-Type: multipart/mixed; boundary=i\n\n--i\n\nx\n", "x" },
        { "foreign bytes in base64", "mime-base64-junk", "Content-Type: application/x-a\nContent-Transfer-Encoding: base64\n\nRVZJ!TC1Q?QVlMT0FE\n", "EVIL-PAYLOAD" },
        { "data behind the padding", "mime-base64-junk", "Content-Type: application/x-a\nContent-Transfer-Encoding: base64\n\nZ29vZA==\n" + Evil + "\n", "goodEVIL-PAYLOAD" },
        { "no padding", "mime-base64-junk", "Content-Type: application/x-a\nContent-Transfer-Encoding: base64\n\nZ29vZA\n", "good" },
        { "wrong escapes", "mime-quoted-printable-junk", "Content-Type: text/html\nContent-Transfer-Encoding: quoted-printable\n\n<p>50=% of =zz\n", "50=% of =zz" },
        { "an encoded message", "mime-encoded-message", "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n" + Convert.ToBase64String("Subject: inner\r\n\r\nEVIL-PAYLOAD"u8) + "\n", "EVIL-PAYLOAD" },
        { "meta says another charset", "charset-conflict", "Content-Type: text/html; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\n<meta charset=shift_jis><p>=93=FA\n", "<p>" },
    };

    // In the cases, U+0001 stands for a bare CR.
    private static byte[] Mail(string message) => [.. Walks.Mail(message).Select(one => one == 1 ? (byte)'\r' : one)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Is_found_and_every_reading_is_scanned(string what, string kind, string message, string scanned)
    {
        byte[] bytes = Mail(message);
        RecordingSink sink = Walks.Walk(bytes);
        Assert.True(sink.Kinds.Contains(kind), $"{what}: found only {string.Join(", ", sink.Kinds)}");
        Assert.True(sink.Leaves.Any(leaf => leaf.View != "skeleton" && Encoding.Latin1.GetString(leaf.Bytes).Contains(scanned, StringComparison.Ordinal)), $"{what}: not scanned in {string.Join(", ", sink.Parts.Select(part => part.Path))}");
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void What_is_harmless_is_written_from_one_reading(string what, string kind, string message, string scanned)
    {
        _ = scanned;
        if (FindingKinds.Find(kind)!.Class is not FindingClass.Active || kind == "charset-conflict") return;
        byte[] bytes = Mail(message);
        RecordingSink before = Walks.Walk(bytes);
        RebuildJob job = Walks.Job(before.Findings.Where(finding => FindingKinds.Find(finding.Kind)!.Class is FindingClass.Active).Select(finding => finding.Path).Distinct()
            .Select(path => Walks.Treat(before, path, TreatmentKind.Disarm)));
        (RebuildReport report, byte[] rebuilt, _) = Walks.Rebuild(bytes, job);
        Assert.Null(report.Failure);
        RecordingSink after = Walks.Walk(rebuilt);
        Assert.True(!after.Findings.Any(finding => MimeDisagreements.All.Any(row => row.Kind.Id == finding.Kind)),
            $"{what}: {string.Join(", ", after.Findings)} left in\n{Encoding.Latin1.GetString(rebuilt)}");
        Assert.Equal(before.Parts.Where(part => !part.AlternativeReading && part.Path.Length > 0).Select(part => part.Sha256),
            after.Parts.Where(part => !part.AlternativeReading && part.Path.Length > 0).Select(part => part.Sha256));
        Assert.Contains(report.Done, done => done.Kind == kind);
    }

    [Fact]
    public void Every_row_of_the_table_has_a_case_and_every_kind_a_row()
    {
        IEnumerable<string> cases = Cases().Select(row => row.Data.Item2).Distinct().Order(StringComparer.Ordinal);
        Assert.Equal(MimeDisagreements.All.Select(row => row.Kind.Id).Order(StringComparer.Ordinal), cases);
        IEnumerable<FindingKind> kinds = typeof(MimeFindings).GetFields().Select(field => (FindingKind)field.GetValue(null)!);
        Assert.All(kinds.Where(kind => kind.Class is FindingClass.Active or FindingClass.Ambiguous), kind => Assert.Contains(MimeDisagreements.All, row => row.Kind == kind));
        Assert.All(MimeDisagreements.All, row => Assert.True(row.Kind.Class is FindingClass.Active or FindingClass.Ambiguous));
    }

    [Theory]
    [InlineData("Content-Type: message/partial; id=x; number=1; total=2\n\nSubject: inner\n\nx", "message-partial")]
    [InlineData("Content-Type: message/external-body; access-type=url\n\nx", "message-external-body")]
    [InlineData("Content-Type: multipart/encrypted; boundary=b; protocol=\"application/pgp-encrypted\"\n\n--b\n\nx\n--b--\n", "encrypted-message")]
    [InlineData("Content-Type: multipart/signed; boundary=b; protocol=\"application/pgp-signature\"\n\n--b\n\nx\n--b--\n", "signed-message")]
    public void Other_findings_of_the_room(string message, string kind) => Assert.Contains(kind, Walks.Walk(Walks.Mail(message)).Kinds);

    [Theory]
    [InlineData("Content-Type: multipart/mixed; boundary=a\n\nEVIL-PAYLOAD\n--a\n\nx\n--a--\n", "1.preamble")]
    [InlineData("Content-Type: multipart/mixed; boundary=a\n\n--a\n\nx\n--a--\nEVIL-PAYLOAD\n", "1.epilogue")]
    [InlineData("Content-Type: multipart/signed; boundary=a\n\n--a\n\nx\n--a\nContent-Type: application/pgp-signature\n\ny\n--a\n\nEVIL-PAYLOAD\n--a--\n", "1.3")]
    public void What_readers_may_not_show_is_a_child_of_its_own(string message, string path) =>
        Assert.Contains("EVIL-PAYLOAD", Encoding.ASCII.GetString(Walks.Walk(Walks.Mail(message)).Leaf(path)), StringComparison.Ordinal);

    // Good mail of all the usual makes: none of it may be called ambiguous, or be written anew.
    [Theory]
    [InlineData("Content-Type: multipart/mixed; boundary=\"----=_Part_1\"\n\nThis is a multi-part message in MIME format.\n------=_Part_1\nContent-Type: multipart/alternative; boundary=\"----=_Part_12\"\n\n------=_Part_12\nContent-Type: text/plain\n\n-- \nsignature\n------=_Part_12\nContent-Type: text/html; charset=utf-8\n\n<meta charset=\"UTF-8\"><p>x\n------=_Part_12--\n\n------=_Part_1--\n\n")]
    [InlineData("Content-Type: text/plain; charset=ISO-2022-JP\nContent-Transfer-Encoding: 7bit\n\n\u001b$BF|K\\\u001b(B\n")]
    [InlineData("Content-Type: text/html; charset=iso-2022-jp\n\n<meta http-equiv=\"Content-Type\" content=\"text/html; charset=iso-2022-jp\">\u001b$BF|K\\\u001b(B\n")]
    [InlineData("Content-Type: text/html; charset=\"us-ascii\"\n\n<meta charset=utf-8><p>plain\n")]
    [InlineData("Content-Type: application/pdf; name=\"=?UTF-8?B?5pelLnBkZg==?=\"\nContent-Transfer-Encoding: base64\nContent-Disposition: attachment; filename*=UTF-8''%E6%97%A5.pdf\n\nJVBERg==\n")]
    [InlineData("Content-Type: application/pdf; name=\"r.pdf\"\nContent-Disposition: attachment; filename*=UTF-8''%E6%97%A5.pdf; filename=\"r.pdf\"\n\n%PDF\n")]
    [InlineData("Subject: only this\n")]
    [InlineData("Content-Type: text/plain; format=flowed; delsp=yes\nContent-Transfer-Encoding: quoted-printable\n\na =\nb=3D=20\n")]
    public void Good_mail_has_no_disagreement(string message) => Assert.DoesNotContain(Walks.Walk(Walks.Mail(message)).Findings, finding => MimeDisagreements.All.Any(row => row.Kind.Id == finding.Kind));
}

using System.Text;
using MailSanitizer.Content.Disarming.Calendar;
using MailSanitizer.Content.Tests.PartWalking;

namespace MailSanitizer.Content.Tests.Disarming.Calendar;

/// <summary>The items of the design's row on calendars and cards, each its own case: there before, gone after, everything else byte for byte.</summary>
public sealed class CalendarTests
{
    private const string Head = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y\r\nMETHOD:REQUEST\r\n";
    private const string Event = "BEGIN:VEVENT\r\nUID:1@x\r\nSUMMARY:会議\r\n";
    private const string Tail = "DTSTART:20260101T000000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    private static readonly string Exe = Convert.ToBase64String(Encoding.ASCII.GetBytes("MZ" + new string('x', 60)));

    internal static string Calendar(string lines) => Head + Event + lines + Tail;

    internal static string Card(string lines) => "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:山田\r\n" + lines + "END:VCARD\r\n";

    [Theory]
    [InlineData("calendar-inline-file", "ATTACH;FMTTYPE=application/pdf;ENCODING=BASE64;VALUE=BINARY:JVBERi0xLjQK\r\n")]
    [InlineData("calendar-inline-file", "ATTACH;VALUE=BINARY;ENCODING=BASE64;X-FILENAME=\"a.txt\":aGVs\r\n bG8=\r\n")]
    [InlineData("calendar-inline-file", "ATTACH:data:text/plain;base64,aGVsbG8=\r\n")]
    [InlineData("calendar-linked-file", "ATTACH:https://evil.example/a.exe\r\n")]
    [InlineData("calendar-linked-file", "ATTACH;VALUE=URI:file://evil.example/share/a\r\n")]
    [InlineData("calendar-linked-file", "ATTACH:\\\\\\\\evil.example\\\\a\r\n")]
    [InlineData("calendar-linked-file", "AT\r\n TACH:ht\r\n\ttps://evil.example/a.exe\r\n")]
    [InlineData("calendar-linked-file", "attach ;X=\"a:b\":https://evil.example/a\r\n")]
    [InlineData("calendar-linked-file", "SUMMARY:x\rATTACH:https://evil.example/a\r")]
    [InlineData("calendar-image", "IMAGE;VALUE=URI;DISPLAY=BADGE:https://evil.example/a.png\r\n")]
    [InlineData("calendar-conference", "CONFERENCE;VALUE=URI:https://evil.example/meet\r\n")]
    [InlineData("calendar-html", "STYLED-DESCRIPTION;VALUE=TEXT;FMTTYPE=text/html:<p>x</p>\r\n")]
    [InlineData("calendar-html", "X-ALT-DESC;FMTTYPE=text/html:<html><body>x</body></html>\r\n")]
    [InlineData("calendar-source", "SOURCE;VALUE=URI:https://evil.example/a.ics\r\n")]
    [InlineData("calendar-alarm", "BEGIN:VALARM\r\nTRIGGER:-PT5M\r\nACTION:PROCEDURE\r\nATTACH:cid:x\r\nEND:VALARM\r\n")]
    [InlineData("calendar-alarm", "BEGIN:VALARM\r\nACTION:EMAIL\r\nATTENDEE:mailto:a@evil.example\r\nEND:VALARM\r\n")]
    [InlineData("calendar-alarm", "PALARM:20260101T000000Z;;;calc.exe\r\n")]
    [InlineData("calendar-alarm", "MALARM:20260101T000000Z;;;a@evil.example;x\r\n")]
    [InlineData("calendar-script", "X-FOO:<script>alert(1)</script>\r\n")]
    [InlineData("calendar-script", "X-FOO:javascript:alert(1)\r\n")]
    [InlineData("calendar-script", "X-FOO:ms-msdt:/id\r\n")]
    [InlineData("calendar-active-url", "URL:file:///c:/windows/calc.exe\r\n")]
    [InlineData("calendar-active-url", "URL:search-ms:query=x\r\n")]
    [InlineData("calendar-active-url", "LOCATION:\\\\\\\\evil.example\\\\a\r\n")]
    [InlineData("calendar-recurrence", "RRULE:FREQ=DAILY;COUNT=999999999\r\n")]
    [InlineData("calendar-recurrence", "RRULE:FREQ=SECONDLY\r\n")]
    public void What_acts_in_a_calendar_goes_and_the_rest_stays(string kind, string lines)
    {
        string before = Calendar(lines);
        Disarmed run = Disarmed.Run(DisarmSample.Of("a.ics", before));
        Assert.Contains(kind, run.Before.Kinds);
        Assert.DoesNotContain(run.Before.Findings, finding => finding is { Kind: "no-disarmer", Path: "" });
        string expected = Calendar(lines.StartsWith("SUMMARY:x\r", StringComparison.Ordinal) ? "SUMMARY:x\r" : "");
        Assert.Equal(expected, Encoding.UTF8.GetString(run.Bytes));
        Assert.Empty(run.Left);
    }

    [Theory]
    [InlineData("card-linked-file", "PHOTO;VALUE=URI:https://evil.example/a.png\r\n")]
    [InlineData("card-linked-file", "LOGO;VALUE=URL:file://evil.example/a\r\n")]
    [InlineData("card-linked-file", "SOUND;VALUE=uri:https://evil.example/a.wav\r\n")]
    [InlineData("card-linked-file", "item1.KEY:https://evil.example/a.asc\r\n")]
    [InlineData("card-linked-file", "AGENT;VALUE=uri:https://evil.example/a.vcf\r\n")]
    [InlineData("calendar-source", "SOURCE:https://evil.example/a.vcf\r\n")]
    [InlineData("calendar-active-url", "URL:javascript:alert(1)\r\n")]
    [InlineData("calendar-damaged-file", "PHOTO;ENCODING=b:%%%\r\n")]
    public void What_acts_in_a_card_goes_and_the_rest_stays(string kind, string lines)
    {
        Disarmed run = Disarmed.Run(DisarmSample.Of("a.vcf", Card(lines)));
        Assert.Contains(kind, run.Before.Kinds);
        Assert.Equal(Card(""), Encoding.UTF8.GetString(run.Bytes));
        Assert.Empty(run.Left);
    }

    [Theory]
    [InlineData("PHOTO;ENCODING=b;TYPE=JPEG:{0}\r\n")]
    [InlineData("LOGO;BASE64:\r\n {0}\r\n\r\n")]
    [InlineData("SOUND:data:audio/wav;base64,{0}\r\n")]
    [InlineData("KEY;ENCODING=BASE64:{0}\r\n")]
    [InlineData("AGENT:BEGIN:VCARD\\nVERSION:3.0\\nFN:x\\nPHOTO\\;ENCODING=b:{0}\\nEND:VCARD\\n\r\n")]
    public void A_file_in_a_card_is_walked_and_replaced(string line)
    {
        string before = Card(string.Format(System.Globalization.CultureInfo.InvariantCulture, line, Exe));
        Disarmed run = Disarmed.Run(DisarmSample.Of("a.vcf", before));
        Assert.Contains("program", run.Before.Kinds);
        Assert.DoesNotContain(Exe, Encoding.UTF8.GetString(run.Bytes), StringComparison.Ordinal);
        Assert.DoesNotContain("program", run.After.Kinds);
        Assert.Contains("FN:山田\r\n", Encoding.UTF8.GetString(run.Bytes), StringComparison.Ordinal);
    }

    [Fact]
    public void An_alternative_text_goes_and_its_line_stays()
    {
        Disarmed run = Disarmed.Run(DisarmSample.Of("a.ics", Calendar("DESCRIPTION;ALTREP=\"https://evil.example/x\";LANGUAGE=ja:本文\r\n")));
        Assert.Equal(Calendar("DESCRIPTION;LANGUAGE=ja:本文\r\n"), Encoding.UTF8.GetString(run.Bytes));
    }

    [Fact]
    public void A_wide_text_is_read_too()
    {
        byte[] wide = [.. Encoding.Unicode.GetPreamble(), .. Encoding.Unicode.GetBytes(Calendar("ATTACH:https://evil.example/a\r\n"))];
        Disarmed run = Disarmed.Run(new DisarmSample("a.ics", wide));
        Assert.Equal([.. Encoding.Unicode.GetPreamble(), .. Encoding.Unicode.GetBytes(Calendar(""))], run.Bytes);
    }

    [Fact]
    public void Dates_are_counted_over_all_lines()
    {
        string lines = string.Concat(Enumerable.Repeat("RDATE:" + string.Join(',', Enumerable.Repeat("20260101", 1_000)) + "\r\n", 6));
        Disarmed run = Disarmed.Run(DisarmSample.Of("a.ics", Calendar(lines)));
        Assert.Equal(5, Encoding.UTF8.GetString(run.Bytes).Split("RDATE:").Length - 1);
    }

    [Theory]
    [InlineData("boss@example.jp", "REQUEST", true)]
    [InlineData("a@sender.example", "REQUEST", false)]
    [InlineData("boss@example.jp", "REPLY", false)]
    public void An_organizer_who_is_not_the_sender_is_noted(string organizer, string method, bool found)
    {
        byte[] mail = Encoding.UTF8.GetBytes($"From: A <a@sender.example>\r\nTo: b@example.jp\r\nMIME-Version: 1.0\r\nContent-Type: text/calendar; charset=utf-8\r\n\r\n{Calendar($"ORGANIZER;CN=x:mailto:{organizer}\r\n").Replace("METHOD:REQUEST", "METHOD:" + method, StringComparison.Ordinal)}");
        Assert.Equal(found, Walks.Walk(mail, handlers: PartHandlers.All).Findings.Any(finding => finding.Kind == "calendar-foreign-organizer" && finding.Detail == organizer));
    }

    [Fact]
    public void Links_are_facts() => Assert.Contains(Disarmed.Walk(DisarmSample.Of("a.ics", Calendar("DESCRIPTION:see https://meet.example/x\\nbye\r\n"))).Links, link => link is { Url: "https://meet.example/x", Source: "calendar" });
}

/// <summary>What every disarmer promises, for calendars and cards.</summary>
public sealed class CalendarContractTests : DisarmerContract
{
    public override IEnumerable<DisarmSample> Good =>
    [
        DisarmSample.Of("a.ics", CalendarTests.Calendar("ORGANIZER:mailto:a@example.jp\r\nATTENDEE;CN=\"b; c:d\";DIR=\"https://x.example\":mailto:b@example.jp\r\nRRULE:FREQ=WEEKLY;BYDAY=MO,TU;COUNT=20\r\nURL:https://example.jp/\r\nX-MICROSOFT-CDO-BUSYSTATUS:BUSY\r\nBEGIN:VALARM\r\nACTION:AUDIO\r\nATTACH;VALUE=URI:Basso\r\nEND:VALARM\r\nATTACH:cid:part1@x\r\nLOCATION:本社 3F: 会議室\r\n")),
        DisarmSample.Of("a.vcf", CalendarTests.Card("N:山田;太郎\r\nTEL;TYPE=work:+81-3-0000-0000\r\nEMAIL:a@example.jp\r\nURL:https://example.jp\r\nIMPP:xmpp:a@example.jp\r\nPHOTO;ENCODING=b;TYPE=GIF:R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7\r\n")),
    ];

    public override IEnumerable<DisarmSample> Attacks =>
    [
        DisarmSample.Of("a.ics", CalendarTests.Calendar("ATTACH:https://evil.example/a.exe\r\nBEGIN:VALARM\r\nACTION:PROCEDURE\r\nEND:VALARM\r\nDESCRIPTION;ALTREP=\"https://evil.example/x\":x\r\n")),
        DisarmSample.Of("a.vcf", CalendarTests.Card("PHOTO;VALUE=URI:https://evil.example/a.png\r\n")),
    ];

    public override IEnumerable<(DisarmSample Sample, Limits Limits, FindingKind Kind)> OverLimits
    {
        get
        {
            DisarmSample sample = DisarmSample.Of("a.ics", CalendarTests.Calendar(""));
            yield return (sample, Limits.Default with { CalendarBytes = 20 }, CalendarFindings.OverLimit);
            yield return (sample, Limits.Default with { CalendarLines = 3 }, CalendarFindings.OverLimit);
        }
    }
}

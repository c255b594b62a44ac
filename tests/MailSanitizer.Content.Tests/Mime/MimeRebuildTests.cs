using System.Text;
using CsCheck;
using MailSanitizer.Content.Formats.Charsets;
using MailSanitizer.Content.Mime;
using MailSanitizer.Content.Tests.PartWalking;

namespace MailSanitizer.Content.Tests.Mime;

public sealed class MimeRebuildTests
{
    private const string Mixed = "From: a@b.example\nSubject: x\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"b\"\n\n--b\nContent-Type: text/plain; charset=utf-8\n\nbody\n--b \t\nContent-Type: application/x-thing; name=\"a.bin\"\nContent-ID: <1>\nContent-Transfer-Encoding: base64\nContent-Disposition: attachment; filename=\"a.bin\"; size=4\n\nZ29vZA==\n--b\nContent-Type: image/png\nContent-Transfer-Encoding: base64\n\niVBORw==\n--b--\nepilogue\n";

    private static string Text(byte[] bytes) => Encoding.Latin1.GetString(bytes).Replace("\r\n", "\n", StringComparison.Ordinal);

    [Fact]
    public void Replacing_writes_the_header_of_that_part_alone()
    {
        byte[] message = Walks.Mail(Mixed);
        RecordingSink sink = Walks.Walk(message);
        (RebuildReport report, byte[] bytes, long copied) = Walks.Rebuild(message, Walks.Job(Walks.Treat(sink, "1.2/a.bin", TreatmentKind.Replace, "removed: 危険\r\n", "notice-日.txt")));
        Assert.Null(report.Failure);
        string text = Text(bytes);
        Assert.StartsWith(Mixed[..Mixed.IndexOf("Content-Type: application/x-thing", StringComparison.Ordinal)], text, StringComparison.Ordinal);
        Assert.EndsWith(Mixed[Mixed.IndexOf("\n--b\nContent-Type: image", StringComparison.Ordinal)..], text, StringComparison.Ordinal);
        Assert.True(copied > message.Length - 250);
        Assert.DoesNotContain("Content-ID", text, StringComparison.Ordinal);
        Assert.DoesNotContain("size=4", text, StringComparison.Ordinal);
        RecordingSink after = Walks.Walk(bytes);
        PartFact notice = after.Parts.Single(part => part.Name == "notice-日.txt");
        Assert.Equal("text/plain", notice.DeclaredType);
        Assert.Equal("removed: 危険\r\n", Encoding.UTF8.GetString(after.Leaf(notice.Path)));
        Assert.Equal(["replaced", "repacked"], report.Changes.Select(change => change.Done));
        Assert.DoesNotContain(after.Kinds, kind => kind.StartsWith("mime-", StringComparison.Ordinal));
    }

    [Fact]
    public void Stripping_takes_the_part_and_its_boundary()
    {
        byte[] message = Walks.Mail(Mixed);
        RecordingSink sink = Walks.Walk(message);
        (_, byte[] bytes, _) = Walks.Rebuild(message, Walks.Job(Walks.Treat(sink, "1.2/a.bin", TreatmentKind.Strip)));
        int from = Mixed.IndexOf("--b \t\n", StringComparison.Ordinal);
        Assert.Equal(Mixed[..from] + Mixed[Mixed.IndexOf("--b\nContent-Type: image", StringComparison.Ordinal)..], Text(bytes));
    }

    [Fact]
    public void Stripping_all_parts_leaves_an_empty_text()
    {
        byte[] message = Walks.Mail(Mixed);
        RecordingSink sink = Walks.Walk(message);
        (RebuildReport report, byte[] bytes, _) = Walks.Rebuild(message, Walks.Job(sink.Parts.Where(part => part.Path.Length > 0).Select(part => Walks.Treat(sink, part.Path, TreatmentKind.Strip))));
        Assert.Null(report.Failure);
        RecordingSink after = Walks.Walk(bytes);
        PartFact left = Assert.Single(after.Parts, part => part.Path.Length > 0);
        Assert.Equal(("text/plain", 0), (left.DeclaredType, left.Size));
    }

    [Fact]
    public void A_part_in_an_attached_message_changes_in_place()
    {
        byte[] message = Walks.Mail("Content-Type: multipart/mixed; boundary=o\n\n--o\nContent-Type: message/rfc822\n\n" + Mixed + "\n--o--\n");
        RecordingSink sink = Walks.Walk(message);
        (RebuildReport report, byte[] bytes, _) = Walks.Rebuild(message, Walks.Job(Walks.Treat(sink, "1.1/1.2/a.bin", TreatmentKind.Replace, "gone", "n.txt")));
        Assert.Null(report.Failure);
        RecordingSink after = Walks.Walk(bytes);
        Assert.Equal("gone", Encoding.ASCII.GetString(after.Leaf("1.1/1.2/n.txt")));
        Assert.Equal(sink.Leaf("1.1/1.3"), after.Leaf("1.1/1.3"));
        Assert.Equal(["replaced", "repacked", "repacked"], report.Changes.Select(change => change.Done));
    }

    [Fact]
    public void A_signature_whose_content_changed_is_taken_off()
    {
        byte[] message = Walks.Mail("Content-Type: multipart/signed; boundary=s; micalg=pgp-sha256;\n protocol=\"application/pgp-signature\"\nSubject: x\n\n--s\n" + Mixed[Mixed.IndexOf("Content-Type: multipart", StringComparison.Ordinal)..] + "\n--s\nContent-Type: application/pgp-signature; name=signature.asc\n\nsig\n--s--\n");
        RecordingSink sink = Walks.Walk(message);
        (RebuildReport report, byte[] bytes, _) = Walks.Rebuild(message, Walks.Job(Walks.Treat(sink, "1.1.2/a.bin", TreatmentKind.Replace, "gone", "n.txt")));
        Assert.Null(report.Failure);
        Assert.Contains(report.Done, done => done.Kind == "signature-taken-off");
        RecordingSink after = Walks.Walk(bytes);
        Assert.DoesNotContain("signed-message", after.Kinds);
        Assert.DoesNotContain(after.Parts, part => part.Name == "signature.asc");
        Assert.Contains("Content-Type: multipart/mixed;", Text(bytes), StringComparison.Ordinal);
        Assert.Equal(sink.Leaf("1.1.3"), after.Leaf("1.1.3"));
    }

    [Fact]
    public void Signed_mail_gets_no_banner()
    {
        byte[] message = Walks.Mail("Content-Type: multipart/signed; boundary=s\n\n--s\nContent-Type: text/plain\n\nbody\n--s\nContent-Type: application/pgp-signature\n\nsig\n--s--\n");
        (RebuildReport report, byte[] bytes, _) = Walks.Rebuild(message, new RebuildJob { Banners = [new Banner("from outside", "<b>from outside</b>")] });
        Assert.Null(report.Failure);
        Assert.Equal(message, bytes);
    }

    [Theory]
    [InlineData("us-ascii", "7bit", "From outside", "us-ascii")]
    [InlineData("iso-2022-jp", "7bit", "社外からのメールです", "iso-2022-jp")]
    [InlineData("iso-2022-jp-ms", "7bit", "社外①", "iso-2022-jp-ms")]
    [InlineData("shift_jis", "base64", "社外からのメールです", "shift_jis")]
    [InlineData("euc-jp", "8bit", "社外からのメールです", "euc-jp")]
    [InlineData("utf-8", "quoted-printable", "社外からのメールです", "utf-8")]
    [InlineData("iso-8859-1", "quoted-printable", "社外からのメールです", "utf-8")]
    [InlineData("us-ascii", "7bit", "社外からのメールです", "utf-8")]
    [InlineData("iso-2022-jp", "7bit", "naïve", "utf-8")]
    public void A_banner_is_written_in_the_bodys_charset_where_that_can_express_it(string charset, string encoding, string banner, string expected)
    {
        string body = charset.StartsWith("iso-8859", StringComparison.Ordinal) || charset == "us-ascii" ? "body" : "本文です\r\n二行目";
        byte[] raw = Charset.Find(charset)!.GetBytes(body);
        string written = encoding switch
        {
            "base64" => Convert.ToBase64String(raw),
            "quoted-printable" => string.Concat(raw.Select(one => one is >= 33 and < 127 and not (byte)'=' ? ((char)one).ToString() : one == 13 ? "\r" : one == 10 ? "\n" : $"={one:X2}")),
            _ => Encoding.Latin1.GetString(raw),
        };
        byte[] message = [.. Walks.Mail($"Subject: x\nMIME-Version: 1.0\nContent-Type: text/plain; charset={charset}\nContent-Transfer-Encoding: {encoding}\n\n"), .. Encoding.Latin1.GetBytes(written)];
        (RebuildReport report, byte[] bytes, _) = Walks.Rebuild(message, new RebuildJob { Banners = [new Banner(banner, "")] });
        Assert.Null(report.Failure);
        RecordingSink after = Walks.Walk(bytes);
        byte[] content = after.Leaf("1");
        MimeStructure structure = MimeStructure.Read(new MemoryPartBytes(bytes), Limits.Default, default);
        Assert.Equal(expected, structure.Root.ContentType!.Get("charset"));
        Assert.Equal(banner + "\r\n\r\n" + body, Charset.Decode(expected, content));
        if (expected.StartsWith("iso-2022", StringComparison.Ordinal))
        {
            // RFC 1468: every line ends in ASCII, and nothing is 8-bit.
            Assert.All(Encoding.Latin1.GetString(bytes).Split("\r\n"), line => Assert.True(line.LastIndexOf("\u001b$B", StringComparison.Ordinal) <= line.LastIndexOf("\u001b(B", StringComparison.Ordinal)));
            Assert.DoesNotContain(bytes, one => one >= 0x80);
        }

        Assert.Contains(report.Changes, change => change.Done == "annotated");
    }

    [Theory]
    [InlineData("<html><body class=\"a>b\"><p>x", "<html><body class=\"a>b\">BANNER<p>x")]
    [InlineData("<!DOCTYPE html><html><head><script>'<body>'</script></head><body><p>", "<!DOCTYPE html><html><head><script>'<body>'</script></head><body>BANNER<p>")]
    [InlineData("<!-- <body> --><p>x", "<!-- <body> -->BANNER<p>x")]
    [InlineData("<p>x", "BANNER<p>x")]
    [InlineData("", "BANNER")]
    [InlineData("\u001b$B<body>\u001b(B<BODY\nbgcolor=x>y", "\u001b$B<body>\u001b(B<BODY\nbgcolor=x>BANNERy")]
    public void A_banner_in_HTML_stands_behind_the_body_tag(string html, string expected)
    {
        int place = MimeBanner.PlaceInHtml(Encoding.Latin1.GetBytes(html));
        Assert.Equal(expected, html[..place] + "BANNER" + html[place..]);
    }

    [Fact]
    public void Banners_stand_in_both_alternatives_and_HTML_takes_numbers_for_what_its_charset_lacks()
    {
        byte[] message = Walks.Mail("Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\nplain\n--b\nContent-Type: text/html; charset=iso-8859-1\n\n<body>html\n--b\nContent-Type: text/plain; name=a.txt\nContent-Disposition: attachment\n\nattached\n--b--\n");
        (_, byte[] bytes, _) = Walks.Rebuild(message, new RebuildJob { Banners = [new Banner("outside", "<b>社外</b>")] });
        RecordingSink after = Walks.Walk(bytes);
        Assert.Equal("outside\r\n\r\nplain", Encoding.ASCII.GetString(after.Leaf("1.1")));
        Assert.Equal("<body><b>&#31038;&#22806;</b>\r\nhtml", Encoding.ASCII.GetString(after.Leaf("1.2")));
        Assert.Equal("attached", Encoding.ASCII.GetString(after.Leaf("1.3/a.txt")));
    }

    [Fact]
    public void A_name_that_wants_to_begin_a_field_cannot()
    {
        byte[] message = Walks.Mail(Mixed);
        RecordingSink sink = Walks.Walk(message);
        (_, byte[] bytes, _) = Walks.Rebuild(message, Walks.Job(Walks.Treat(sink, "1.2/a.bin", TreatmentKind.Replace, "x", "a\"\r\nX-Evil: yes\r\n\r\n--b\r\n")));
        Assert.DoesNotContain("\nX-Evil", Text(bytes), StringComparison.Ordinal);
        Assert.Equal(sink.Parts.Count, Walks.Walk(bytes).Parts.Count);
    }

    [Fact]
    public void Messages_with_bare_line_feeds_keep_them()
    {
        byte[] message = Encoding.ASCII.GetBytes(Mixed);
        RecordingSink sink = Walks.Walk(message);
        (_, byte[] bytes, _) = Walks.Rebuild(message, Walks.Job(Walks.Treat(sink, "1.2/a.bin", TreatmentKind.Replace, "one\ntwo", "n.txt")));
        Assert.DoesNotContain((byte)'\r', bytes);
        Assert.Equal("one\ntwo", Encoding.ASCII.GetString(Walks.Walk(bytes).Leaf("1.2/n.txt")));
    }

    [Fact]
    public void Encoders_and_decoders_are_inverse_for_any_bytes() =>
        Gen.Select(Gen.Byte.Array[0, 3_000], Gen.Char["ab =.\r\n\t-F"].Array[0, 600], Gen.Bool, Gen.Bool).Sample((binary, characters, useText, crlf) =>
        {
            byte[] content = useText ? Encoding.ASCII.GetBytes(characters) : binary;
            string lineEnd = crlf ? "\r\n" : "\n";
            foreach (MimeEncoding encoding in new[] { MimeEncoding.Base64, MimeEncoding.QuotedPrintable })
            {
                MemoryOutput output = new([]);
                MimeEncoder.Write(new MemoryPartBytes(content), encoding, lineEnd, output);
                byte[] written = output.Bytes;
                using Stream reading = encoding is MimeEncoding.Base64
                    ? new Base64Reading(new MemoryPartBytes(written), 0, written.Length, Base64Oddity.SkipAndEnd)
                    : new QuotedPrintableReading(new MemoryPartBytes(written), 0, written.Length);
                using MemoryStream back = new();
                reading.CopyTo(back);
                if (!back.ToArray().AsSpan().SequenceEqual(content)) return false;
                if (Encoding.ASCII.GetString(written).Split('\n').Any(line => line.TrimEnd('\r').Length > 76)) return false;
                if (encoding is MimeEncoding.QuotedPrintable && QuotedPrintableReading.HasJunk(new MemoryPartBytes(written), 0, written.Length)) return false;
                if (written.Any(one => one >= 0x80 || one == 0)) return false;
            }

            return true;
        }, iter: 2_000);

    [Fact]
    public void Any_replacement_in_any_generated_message_leaves_the_rest() =>
        Gen.Select(MimeMessages.Gen, Gen.Byte.Array[0, 200], Gen.Int[0, 100]).Sample((message, content, which) =>
        {
            RecordingSink before = Walks.Walk(message);
            List<PartFact> leaves = [.. before.Parts.Where(part => part.Path.Length > 0 && !part.AlternativeReading && !part.Path.Contains("amble", StringComparison.Ordinal) && !part.Path.Contains("epilogue", StringComparison.Ordinal))];
            if (leaves.Count == 0 || before.Kinds.Contains("signed-message")) return;
            PartFact leaf = leaves[which % leaves.Count];
            Treatment treatment = new(leaf.Path, leaf.Sha256, TreatmentKind.Replace) { Notice = Convert.ToHexString(content), NoticeName = "n.txt" };
            (RebuildReport report, byte[] bytes, _) = Walks.Rebuild(message, Walks.Job(treatment));
            Assert.Null(report.Failure);
            RecordingSink after = Walks.Walk(bytes);
            string replaced = leaf.Path.Split('/')[0];
            static IEnumerable<string> Rest(RecordingSink sink, string replaced) => sink.Parts.Where(part => part.Path.Length > 0 && part.Path.Split('/')[0] != replaced && !part.AlternativeReading).Select(part => part.Path + part.Sha256);
            Assert.Equal(Rest(before, replaced), Rest(after, replaced));
        }, iter: 400);
}

using System.Text;
using MailSanitizer.Mail;
using MailSanitizer.Sealing;

namespace MailSanitizer.Tests.Sealing;

public sealed class SealerTests
{
    private const string Mail = "From: Alice <a@sender.example>\r\nTo: b@example.jp\r\nSubject: hello\r\n\r\nbody\r\n";
    private const string Received = "Received: from x by mx.example.jp with LMTP id 1;\r\n\tTue, 24 Nov 2026 10:00:00 +0000\r\n";

    private static readonly SealingOptions Options = new() { AuthservId = "mx.example.jp", IdKey = Enumerable.Range(0, 32).Select(one => (byte)one).ToArray() };

    private static readonly AuthenticationFacts Facts = new()
    {
        Results = [new("spf", "pass", [new("smtp.mailfrom", "a@sender.example")]), new("dkim", "fail", [new("header.d", "sender.example")], "body hash differs")],
    };

    internal static SealOrder Order(Direction direction = Direction.Inbound, params KeyValuePair<string, string>[] fields) =>
        new(Guid.Parse("0193a6c0-0000-7000-8000-000000000001"), direction, fields, Received);

    [Fact]
    public void Fields_stand_in_the_order_of_the_promise_and_the_rest_is_untouched()
    {
        using MemoryMail mail = MemoryMail.Of(Mail);
        using SealedMessage message = new Sealer(Options, new MemorySpool(), TimeProvider.System).Seal(mail, Facts, Order(fields: new KeyValuePair<string, string>("X-MailSanitizer-Scan", "hash-list-only")));
        string text = message.All();
        Assert.EndsWith(Mail, text, StringComparison.Ordinal);
        Assert.Null(message.Owned);
        string[] names = [.. text[..^Mail.Length].Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Where(line => line[0] != '\t').Select(line => line[..line.IndexOf(':')])];
        Assert.Equal(["Authentication-Results", "X-MailSanitizer-Id", "X-MailSanitizer-Scan", "Received"], names);
        Assert.StartsWith(
            "Authentication-Results: mx.example.jp;\r\n\tspf=pass smtp.mailfrom=a@sender.example;\r\n\tdkim=fail reason=\"body hash differs\" header.d=sender.example\r\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Outbound_mail_tells_nothing_but_the_id()
    {
        using MemoryMail mail = MemoryMail.Of(Mail);
        using SealedMessage message = new Sealer(Options, new MemorySpool(), TimeProvider.System)
            .Seal(mail, Facts, Order(Direction.Outbound, new KeyValuePair<string, string>("X-MailSanitizer-Scan", "x"), new KeyValuePair<string, string>("X-Site", "kept")));
        string text = message.All();
        Assert.StartsWith("X-MailSanitizer-Id: 0193a6c0-", text, StringComparison.Ordinal);
        Assert.DoesNotContain("Authentication-Results", text, StringComparison.Ordinal);
        Assert.DoesNotContain("X-MailSanitizer-Scan", text, StringComparison.Ordinal);
        Assert.Contains("X-Site: kept\r\n", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Forged_fields_go_and_no_other_byte_does(bool streamOnly)
    {
        string forged = "X-Mailsanitizer-Verdict: clean\r\nAuthentication-Results: mx.example.jp;\r\n dkim=pass\r\nBIMI-Location: v=BIMI1; l=https://evil.example/\r\nBimi-Indicator: x\r\n";
        string kept = "Authentication-Results: other.example; dkim=pass\r\nBIMI-Selector: v=BIMI1; s=x\r\nX-Padding: " + new string('x', 40_000) + "\r\n";
        using MemoryMail mail = MemoryMail.Of(kept + forged + Mail, streamOnly);
        using SealedMessage message = new Sealer(Options, new MemorySpool(), TimeProvider.System).Seal(mail, Facts, Order());
        using Stream content = message.Message.Content.OpenRead();
        using StreamReader reader = new(content, Encoding.Latin1);
        Assert.Equal(kept + Mail, reader.ReadToEnd());
    }

    [Fact]
    public void What_a_trusted_hop_wrote_stays_and_the_same_claim_by_another_does_not()
    {
        string accepted = "Authentication-Results: mx.example.jp; spf=pass\r\n";
        string forged = "Authentication-Results: mx.example.jp; dkim=pass\r\n";
        using MemoryMail mail = MemoryMail.Of(accepted + forged + Mail);
        using SealedMessage message = new Sealer(Options, new MemorySpool(), TimeProvider.System).Seal(mail, Facts with { AcceptedResults = [accepted] }, Order());
        string text = message.All();
        Assert.Contains("\r\n" + accepted, text, StringComparison.Ordinal);
        Assert.DoesNotContain(forged, text, StringComparison.Ordinal);
    }

    public static TheoryData<string> Spellings() =>
    [
        "mx.example.jp; dkim=pass", "MX.Example.JP; dkim=pass", "mx.example.jp 1; dkim=pass", "mx.example.jp/1; dkim=pass", "\r\n\tmx.example.jp; dkim=pass", "mx.example.jp.; dkim=pass",
        "(comment) mx.example.jp; dkim=pass", "(nested (one) \\) here) mx.example.jp; x", "mx.example.jp (comment); x", "mx.(;)example.jp; x", "\"mx.example.jp\"; x", "\"mx\\.example.jp\"; x", "\"mx.example.jp; x",
        "mx . example . jp; x", "mx.\r\n example.jp; x", "mx.example.jp\t; x", "mx.example.jp", "mx.example.jp dkim=pass", "=?utf-8?q?mx.example.jp?=; x", "(open mx.example.jp; x", "", " ; dkim=pass",
        "\uFF4Dx.example.jp; x", "mx\u3002example\u3002jp; x", "m\u200Bx.example.jp; x", "mx.exa\u00ADmple.jp; x", "a, mx.example.jp; x", "x=mx.example.jp; x",
    ];

    [Theory]
    [MemberData(nameof(Spellings))]
    public void Our_name_is_found_in_any_spelling(string value) => Assert.True(new ForgedFields(["mx.example.jp"]).ClaimsToBeOurs(Encoding.UTF8.GetBytes(" " + value + "\r\n")));

    [Theory]
    [InlineData("other.example; dkim=pass")]
    [InlineData("a.mx.example.jp; dkim=pass")]
    [InlineData("mx.example.jp.evil.example; dkim=pass")]
    [InlineData("mx-example.jp; spf=pass smtp.mailfrom=mx.example.jp")]
    [InlineData("mail (mx.example.jp); dkim=pass")]
    public void Names_of_others_stay(string value) => Assert.False(new ForgedFields(["mx.example.jp"]).ClaimsToBeOurs(Encoding.UTF8.GetBytes(value)));

    [Fact]
    public void A_name_in_umlauts_is_the_same_in_both_of_its_forms()
    {
        ForgedFields forged = new(["xn--bcher-kva.example"]);
        Assert.True(forged.ClaimsToBeOurs(Encoding.UTF8.GetBytes("bücher.example; dkim=pass")));
        Assert.True(forged.ClaimsToBeOurs(Encoding.UTF8.GetBytes("BÜCHER.example; dkim=pass")));
    }

    [Fact]
    public void Passes_are_counted_by_our_own_marks_alone_and_the_third_is_a_loop()
    {
        IdField counter = new(Options.IdKey);
        Sealer sealer = new(Options, new MemorySpool(), TimeProvider.System);
        IMailBytes mail = MemoryMail.Of(Mail);
        for (int pass = 0; pass < 3; pass++)
        {
            Passes passes = counter.Count(mail);
            Assert.Equal(pass, passes.Ours);
            Assert.Equal(pass, passes.ReceivedFields);
            Assert.Equal(pass == 2, passes.IsLoop);
            using SealedMessage sealedMessage = sealer.Seal(mail, Facts, Order() with { EarlierPasses = passes.Ours });
            mail = new MemoryMail(sealedMessage.Bytes());
        }
    }

    [Fact]
    public void A_mark_of_another_key_or_body_counts_nothing()
    {
        using SealedMessage message = new Sealer(Options with { IdKey = new byte[32] }, new MemorySpool(), TimeProvider.System).Seal(MemoryMail.Of(Mail), Facts, Order());
        Assert.Equal(0, new IdField(Options.IdKey).Count(new MemoryMail(message.Bytes())).Ours);
        using SealedMessage own = new Sealer(Options, new MemorySpool(), TimeProvider.System).Seal(MemoryMail.Of(Mail), Facts, Order());
        Assert.Equal(1, new IdField(Options.IdKey).Count(new MemoryMail(own.Bytes())).Ours);
        Assert.Equal(1, new IdField(Options.IdKey).Count(MemoryMail.Of(own.All() + "\r\n\r\n")).Ours);
        Assert.Equal(0, new IdField(Options.IdKey).Count(MemoryMail.Of(own.All() + "more\r\n")).Ours);
        Assert.Equal(0, new IdField(Options.IdKey).Count(MemoryMail.Of(own.All().Replace("a@sender.example", "z@sender.example", StringComparison.Ordinal))).Ours);
        Assert.Equal(0, new IdField(Options.IdKey).Count(MemoryMail.Of(own.All().Replace("pass=1", "pass=2", StringComparison.Ordinal))).Ours);
    }

    [Fact]
    public void Fifty_received_fields_are_a_loop() =>
        Assert.True(new IdField(Options.IdKey).Count(MemoryMail.Of(string.Concat(Enumerable.Repeat("Received: x\r\n", 50)) + Mail)).IsLoop);

    [Fact]
    public void A_value_cannot_become_a_field()
    {
        AuthenticationFacts facts = new()
        {
            Results = [new("dkim", "pass", [new("header.d", "x\r\nBcc: v@example\r\n\r\nbody"), new("header.s", "a\"; spf=pass\\"), new("header.i", "é\0(")], "bad\r\n\"reason\"")],
            VerifiedSender = "銀行\r\nX-Evil: 1",
        };
        using SealedMessage message = new Sealer(Options, new MemorySpool(), TimeProvider.System).Seal(MemoryMail.Of(Mail), facts, new(Guid.Empty, Direction.Inbound, [new("X-Rule", "v\r\nX-Evil: 2\u202E")], "Received: x\r\nX-Evil: 3"));
        string text = message.All()[..^Mail.Length];
        string[] lines = text.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.All(lines, line => Assert.Matches("^(Authentication-Results:|X-MailSanitizer-|X-Rule:|Received:|\t)", line));
        Assert.All(text.Replace("\r\n", "", StringComparison.Ordinal), one => Assert.True(one is '\t' or (>= ' ' and <= '~')));
        Assert.Contains("header.s=\"a\\\"; spf=pass\\\\\"", text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_secret_is_made_once_for_its_owner_alone()
    {
        string path = Path.Combine(Directory.CreateTempSubdirectory().FullName, "id.key");
        byte[] first = SecretKey.LoadOrCreate(path);
        Assert.Equal(first, SecretKey.LoadOrCreate(path));
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        File.WriteAllBytes(path, [1]);
        Assert.Throws<InvalidDataException>(() => SecretKey.LoadOrCreate(path));
    }
}

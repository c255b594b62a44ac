using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using MailSanitizer.Authentication.Dkim;
using MailSanitizer.Authentication.Dns;
using MailSanitizer.Content.Formats.HeaderFields;
using MailSanitizer.Mail.Signatures;

namespace MailSanitizer.Tests.Authentication;

public sealed class DkimVerifierTests
{
    private const string Mail = "From: Joe SixPack <joe@football.example.com>\r\nTo: Suzie Q <suzie@shopping.example.net>\r\nSubject: Is dinner ready?\r\nDate: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\nMessage-ID: <20030712040037.46341.5F8J@football.example.com>\r\n\r\nHi.\r\n\r\nWe lost the game.  Are you hungry yet?\r\n\r\nJoe.\r\n";

    private static readonly TestKey Rsa = TestKey.Rsa("sender.example");
    private static readonly TestKey Ed = TestKey.Ed25519("sender.example");

    [Fact]
    public async Task The_example_of_RFC_8463_verifies()
    {
        string message = "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n d=football.example.com; i=@football.example.com;\r\n q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r\n subject : date : message-id : from : subject : date;\r\n bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus\r\n Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==\r\n"
            + "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;\r\n d=football.example.com; i=@football.example.com;\r\n q=dns/txt; s=test; t=1528637909; h=from : to : subject :\r\n date : message-id : from : subject : date;\r\n bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3\r\n DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz\r\n dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=\r\n" + Mail;
        FakeDns dns = new FakeDns()
            .Text("brisbane._domainkey.football.example.com", "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=")
            .Text("test._domainkey.football.example.com", "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB");
        Assert.Equal(["pass", "pass"], (await Judged.DkimAsync(Encoding.ASCII.GetBytes(message), dns)).Select(verdict => verdict.Result.Result));
    }

    [Fact]
    public async Task The_example_of_RFC_6376_verifies()
    {
        string message = "DKIM-Signature: v=1; a=rsa-sha256; s=brisbane; d=example.com;\r\n      c=simple/simple; q=dns/txt; i=joe@football.example.com;\r\n      h=Received : From : To : Subject : Date : Message-ID;\r\n      bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n      b=AuUoFEfDxTDkHlLXSZEpZj79LICEps6eda7W3deTVFOk4yAUoqOB\r\n      4nujc7YopdG5dWLSdNg6xNAZpOPr+kHxt1IrE+NahM6L/LbvaHut\r\n      KVdkLLkpVaVVQPzeRDI009SO2Il5Lu7rDNH6mZckBdrIx0orEtZV\r\n      4bmp/YzhwvcubU4=;\r\n"
            + "Received: from client1.football.example.com  [192.0.2.1]\r\n      by submitserver.example.com with SUBMISSION;\r\n      Fri, 11 Jul 2003 21:01:54 -0700 (PDT)\r\n" + Mail.Replace("game.  Are", "game. Are", StringComparison.Ordinal);
        FakeDns dns = new FakeDns().Text("brisbane._domainkey.example.com", "v=DKIM1; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkMoGeLnQg1fWn7/zYtIxN2SnFCjxOCKG9v3b4jYfcTNh5ijSsq631uBItLa7od+v/RtdC2UzJ1lWT947qR+Rcac2gbto/NMqJ0fzfVjH4OuKhitdY9tf6mcwGjaNBcWToIMmPSPDdQPNUYckcQ2QIDAQAB");
        DkimVerdict verdict = Assert.Single(await Judged.DkimAsync(Encoding.ASCII.GetBytes(message), dns));
        Assert.Equal("pass", verdict.Result.Result);
        Assert.Equal("joe@football.example.com", verdict.Result.Properties.Single(one => one.Key == "header.i").Value);
    }

    [Fact]
    public void The_canonical_forms_of_RFC_6376_3_4_5()
    {
        MessageHeader header = MessageHeader.Read("A: X \r\nB : Y\t\r\n\tZ  \r\n\r\n"u8.ToArray())!;
        ArrayBufferWriter<byte> relaxed = new(), simple = new();
        foreach (HeaderField field in header.Fields)
        {
            CanonicalHeader.Write(relaxed, CanonicalForm.Relaxed, field);
            CanonicalHeader.Write(simple, CanonicalForm.Simple, field);
        }

        Assert.Equal("a:X\r\nb:Y Z\r\n", Encoding.ASCII.GetString(relaxed.WrittenSpan));
        Assert.Equal("A: X \r\nB : Y\t\r\n\tZ  \r\n", Encoding.ASCII.GetString(simple.WrittenSpan));
    }

    [Theory]
    [InlineData(" C \r\nD \t E\r\n\r\n\r\n", " C\r\nD E\r\n", " C \r\nD \t E\r\n")]
    [InlineData("", "", "\r\n")]
    [InlineData("\r\n\r\n", "", "\r\n")]
    [InlineData(" \t \r\n", "", " \t \r\n")]
    [InlineData("x", "x\r\n", "x\r\n")]
    [InlineData("x\r", "x\r\r\n", "x\r\r\n")]
    [InlineData("x\r\r\n\n y", "x\r\r\n\n y\r\n", "x\r\r\n\n y\r\n")]
    [InlineData("a \r b\r\n\t\r\n c", "a \r b\r\n\r\n c\r\n", "a \r b\r\n\t\r\n c\r\n")]
    public void The_canonical_bodies(string body, string relaxed, string simple)
    {
        foreach ((CanonicalForm form, string expected) in ((CanonicalForm, string)[])[(CanonicalForm.Relaxed, relaxed), (CanonicalForm.Simple, simple)])
        {
            // Whole, and cut at every place.
            for (int cut = 0; cut <= body.Length; cut++)
            {
                using BodyHasher hasher = new(form);
                hasher.Append(Encoding.ASCII.GetBytes(body[..cut]));
                hasher.Append(Encoding.ASCII.GetBytes(body[cut..]));
                Assert.Equal(Convert.ToHexString(SHA256.HashData(Encoding.ASCII.GetBytes(expected))), Convert.ToHexString(hasher.Finish()));
                Assert.Equal(expected.Length, hasher.CanonicalLength);
            }
        }
    }

    /// <summary>A signature by our key with any tags: the text of the field without b=, signed as it stands (relaxed/relaxed).</summary>
    private static byte[] Signed(string tags, TestKey? key = null, string mail = Mail, string? bodyHash = null)
    {
        key ??= Ed;
        string canonicalBody = mail[(mail.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..].Replace("  ", " ", StringComparison.Ordinal);
        bodyHash ??= Convert.ToBase64String(SHA256.HashData(Encoding.ASCII.GetBytes(canonicalBody)));
        string field = $"DKIM-Signature: {tags}; bh={bodyHash}; b=";
        string from = mail.Split("\r\n").First(line => line.StartsWith("From:", StringComparison.Ordinal))[6..];
        string data = $"from:{from}\r\ndkim-signature:{field[16..]}";
        return Encoding.ASCII.GetBytes($"{field}{Convert.ToBase64String(key.Key.Sign(SHA256.HashData(Encoding.ASCII.GetBytes(data))))}\r\n{mail}");
    }

    private const string Base = "v=1; a=ed25519-sha256; c=relaxed/relaxed; d=sender.example; s=ed; h=from";

    [Theory]
    [InlineData(Base, "pass", null)]
    [InlineData("v=1; a=ed25519-sha256; c=relaxed/relaxed; d=sender.example; s=ed; h=From:X-None", "pass", null)]
    [InlineData(Base + "; i=joe@sub.sender.example", "pass", null)]
    [InlineData(Base + "; x=1000; t=999", "policy", "signature has expired")]
    [InlineData(Base + "; x=99999999999", "pass", null)]
    [InlineData(Base + "; t=99999999999", "policy", "signed in the future")]
    [InlineData(Base + "; t=2000; x=1000", "permerror", "x= is not after t=")]
    [InlineData(Base + "; t=abc", "neutral", "l=, t= or x= is no number")]
    [InlineData(Base + "; l=5", "fail", "body hash differs")]
    [InlineData(Base + "; l=9999", "fail", "l= is more than the body")]
    [InlineData(Base + "; q=dns/other", "neutral", "unknown query method")]
    [InlineData(Base + "; q=dns/txt:dns/other", "pass", null)]
    [InlineData(Base + "; unknown=x", "pass", null)]
    [InlineData(Base + "; d=other.example", "neutral", "signature is malformed")]
    [InlineData(Base + "; i=joe@evil.example", "permerror", "i= is not within d=")]
    [InlineData(Base + "; i=joe@notsender.example", "permerror", "i= is not within d=")]
    [InlineData("v=2; a=ed25519-sha256; c=relaxed/relaxed; d=sender.example; s=ed; h=from", "neutral", "unknown version of signature")]
    [InlineData("v=1; a=ed25519-sha256; c=relaxed/other; d=sender.example; s=ed; h=from", "neutral", "unknown canonical form")]
    [InlineData("v=1; a=ed25519-sha256; c=relaxed/relaxed; d=sender.example; s=ed; h=to", "permerror", "From is not signed")]
    [InlineData("v=1; a=rsa-sha1; c=relaxed/relaxed; d=sender.example; s=ed; h=from", "permerror", "rsa-sha1 is historic")]
    [InlineData("v=1; a=rsa-md5; c=relaxed/relaxed; d=sender.example; s=ed; h=from", "neutral", "unknown algorithm")]
    [InlineData("v=1; a=rsa-sha256; c=relaxed/relaxed; d=sender.example; s=ed; h=from", "permerror", "key is not for this algorithm")]
    [InlineData("v=1; a=ed25519-sha256; c=relaxed/relaxed; d=sender.example; s=none; h=from", "permerror", "no key for signature")]
    [InlineData("v=1; a=ed25519-sha256; c=relaxed/relaxed; d=sender.example; s=slow; h=from", "temperror", "DNS time-out")]
    [InlineData("v=1; a=ed25519-sha256; c=relaxed/relaxed; d=\"sender.example\"; s=ed; h=from", "permerror", "d= is no domain")]
    [InlineData("v=1; a=ed25519-sha256; c=relaxed/relaxed; d=sender.example; s=a b; h=from", "permerror", "no key for signature")]
    [InlineData("v=1; a=ed25519-sha256; c=relaxed/relaxed; d=example; s=ed; h=from", "permerror", "d= is no domain")]
    [InlineData("v=1; c=relaxed/relaxed; d=sender.example; s=ed; h=from", "permerror", "signature without a=")]
    [InlineData("v=1;; a=ed25519-sha256; c=relaxed/relaxed; d=sender.example; s=ed; h=from", "neutral", "signature is malformed")]
    public async Task Tags_mean_what_the_RFC_says(string tags, string result, string? reason)
    {
        FakeDns dns = new FakeDns().With(Ed).Fails("slow._domainkey.sender.example", DnsKind.Txt);
        DkimVerdict verdict = Assert.Single(await Judged.DkimAsync(Signed(tags), dns));
        Assert.Equal((result, reason), (verdict.Result.Result, verdict.Result.Reason));
    }

    [Theory]
    [InlineData("v=DKIM1; k=ed25519; p={p}", "pass", null)]
    [InlineData("k=ed25519; p={p}", "pass", null)]
    [InlineData("v=DKIM1; k=ed25519; h=sha1:sha256; s=email; t=s; n=note; p={p};", "pass", null)]
    [InlineData("v=DKIM1; k=ed25519; t=y; p={p}", "pass", "test mode")]
    [InlineData("v=DKIM1; k=ed25519; h=sha1; p={p}", "permerror", "key is not for this algorithm")]
    [InlineData("v=DKIM1; k=ed25519; s=tlsrpt; p={p}", "permerror", "key is not for mail")]
    [InlineData("v=DKIM1; k=ed25519; s=*; p={p}", "pass", null)]
    [InlineData("v=DKIM1; k=ed25519; p=", "permerror", "key is revoked")]
    [InlineData("v=DKIM1; k=ed25519; p=AAAA", "permerror", "key cannot be read")]
    [InlineData("v=DKIM1; k=ed25519; p=!!!", "permerror", "key cannot be read")]
    [InlineData("v=DKIM2; k=ed25519; p={p}", "permerror", "key record is malformed")]
    [InlineData("k=ed25519; v=DKIM1; p={p}", "permerror", "key record is malformed")]
    [InlineData("v=DKIM1; k=ed25519", "permerror", "key record is malformed")]
    [InlineData("v=spf1 -all", "permerror", "key record is malformed")]
    public async Task Key_records_mean_what_the_RFC_says(string record, string result, string? reason)
    {
        FakeDns dns = new FakeDns().Text(Ed.RecordName, record.Replace("{p}", Ed.Key.PublicKey(), StringComparison.Ordinal));
        DkimVerdict verdict = Assert.Single(await Judged.DkimAsync(Signed(Base), dns));
        Assert.Equal((result, reason), (verdict.Result.Result, verdict.Result.Reason));
    }

    [Fact]
    public async Task A_key_with_t_s_binds_i_to_d_and_a_test_key_makes_no_failure()
    {
        FakeDns strict = new FakeDns().Text(Ed.RecordName, Ed.Record.Replace("; p=", "; t=s; p=", StringComparison.Ordinal));
        Assert.Equal("i= is not d= (t=s)", Assert.Single(await Judged.DkimAsync(Signed(Base + "; i=@sub.sender.example"), strict)).Result.Reason);
        FakeDns testing = new FakeDns().Text(Ed.RecordName, Ed.Record.Replace("; p=", "; t=y:s; p=", StringComparison.Ordinal));
        byte[] changed = [.. Signed(Base), .. "x\r\n"u8];
        Assert.Equal(("neutral", "body hash differs, test mode"), (Assert.Single(await Judged.DkimAsync(changed, testing)).Result is var result ? result.Result : "", result.Reason));
    }

    [Fact]
    public async Task Of_two_records_the_right_one_counts()
    {
        FakeDns dns = new FakeDns().Text(Ed.RecordName, TestKey.Ed25519("other.example").Record, "junk", Ed.Record);
        Assert.True(Assert.Single(await Judged.DkimAsync(Signed(Base), dns)).Passes);
    }

    [Theory]
    [InlineData(512, "policy")]
    [InlineData(1024, "pass")]
    [InlineData(8192, "policy")]
    public async Task Rsa_keys_of_1024_to_4096_bits_count(int bits, string result)
    {
        using RSA rsa = RSA.Create(bits);
        string canonicalBody = Mail[(Mail.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..].Replace("  ", " ", StringComparison.Ordinal);
        string field = $"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=sender.example; s=k; h=from; bh={Convert.ToBase64String(SHA256.HashData(Encoding.ASCII.GetBytes(canonicalBody)))}; b=";
        string data = $"from:Joe SixPack <joe@football.example.com>\r\ndkim-signature:{field[16..]}";
        string signature = Convert.ToBase64String(rsa.SignData(Encoding.ASCII.GetBytes(data), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
        // Both forms of a public key: SubjectPublicKeyInfo, and the bare one that RFC 6376 3.6.1 describes.
        foreach (byte[] key in (byte[][])[rsa.ExportSubjectPublicKeyInfo(), rsa.ExportRSAPublicKey()])
        {
            FakeDns dns = new FakeDns().Text("k._domainkey.sender.example", $"p={Convert.ToBase64String(key)}");
            Assert.Equal(result, Assert.Single(await Judged.DkimAsync(Encoding.ASCII.GetBytes($"{field}{signature}\r\n{Mail}"), dns)).Result.Result);
        }
    }

    [Fact]
    public async Task A_body_longer_than_l_vouches_for_nothing_and_is_told()
    {
        string hash = Convert.ToBase64String(SHA256.HashData("Hi.\r\n"u8));
        FakeDns dns = new FakeDns().With(Ed);
        DkimVerdict longer = Assert.Single(await Judged.DkimAsync(Signed(Base + "; l=5", bodyHash: hash), dns));
        Assert.Equal(("policy", "body is longer than signed", true), (longer.Result.Result, longer.Result.Reason, longer.IsLonger));
        string mail = Mail[..(Mail.IndexOf("Hi.", StringComparison.Ordinal) + 5)];
        Assert.True(Assert.Single(await Judged.DkimAsync(Signed(Base + "; l=5", mail: mail, bodyHash: hash), dns)).Passes);
    }

    [Fact]
    public async Task Every_signature_is_judged_up_to_the_limit()
    {
        string one = Encoding.ASCII.GetString(Signed(Base))[..^Mail.Length];
        string broken = one.Replace("bh=", "bh=A", StringComparison.Ordinal);
        FakeDns dns = new FakeDns().With(Ed);
        IReadOnlyList<DkimVerdict> verdicts = await Judged.DkimAsync(Encoding.ASCII.GetBytes(broken + one + "DKIM-Signature: nothing\r\n" + Mail), dns);
        Assert.Equal(["neutral", "pass", "neutral"], verdicts.Select(verdict => verdict.Result.Result));
        verdicts = await Judged.DkimAsync(Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(broken, 1000)) + one + Mail), dns);
        Assert.Equal(DkimVerifier.MaximumSignatures + 1, verdicts.Count);
        Assert.Equal(("policy", "more signatures than are looked at"), (verdicts[^1].Result.Result, verdicts[^1].Result.Reason));
        Assert.True(dns.Asked.Count <= 2 * DkimVerifier.MaximumSignatures);
    }

    [Fact]
    public async Task Internationalised_domains_are_asked_for_by_their_A_labels()
    {
        TestKey key = TestKey.Ed25519("xn--bcher-kva.example", "s1");
        string tags = "v=1; a=ed25519-sha256; c=relaxed/relaxed; d=bücher.example; s=s1; h=from";
        string canonicalBody = Mail[(Mail.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..].Replace("  ", " ", StringComparison.Ordinal);
        string field = $"DKIM-Signature: {tags}; bh={Convert.ToBase64String(SHA256.HashData(Encoding.ASCII.GetBytes(canonicalBody)))}; b=";
        byte[] data = Encoding.UTF8.GetBytes($"from:Joe SixPack <joe@football.example.com>\r\ndkim-signature:{field[16..]}");
        byte[] message = Encoding.UTF8.GetBytes($"{field}{Convert.ToBase64String(key.Key.Sign(SHA256.HashData(data)))}\r\n{Mail}");
        DkimVerdict verdict = Assert.Single(await Judged.DkimAsync(message, new FakeDns().With(key)));
        Assert.Equal(("pass", "xn--bcher-kva.example"), (verdict.Result.Result, verdict.Domain));
    }
}

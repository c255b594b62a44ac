using System.Text;
using System.Text.Json.Nodes;
using MailSanitizer.Authentication.Arc;
using MailSanitizer.Mail;
using MailSanitizer.Sealing;
using MailSanitizer.Tests.Authentication;
using MimeKit;
using MimeKit.Cryptography;
using Org.BouncyCastle.Crypto;

namespace MailSanitizer.Tests.Sealing;

/// <summary>ARC sets that we seal, judged by dkimpy, by MimeKit and by us.</summary>
public sealed class ArcSealerTests
{
    private const string Mail = "From: Alice <a@sender.example>\r\nTo: b@example.jp\r\nSubject: hello  there\r\nDate: Tue, 24 Nov 2026 10:00:00 +0000\r\nMessage-ID: <1@sender.example>\r\n\r\nbody  of it \r\n\r\n";

    private static readonly TestKey First = TestKey.Rsa("example.jp", "arc");
    private static readonly TestKey Second = TestKey.Rsa("list.example", "arc");
    private static readonly TestKey Edwards = TestKey.Ed25519("ed.example", "arc");
    private static readonly FakeDns Dns = new FakeDns().With(First, Second, Edwards);

    private static readonly AuthenticationFacts Facts = new()
    {
        Results = [new("spf", "pass", [new("smtp.mailfrom", "a@sender.example")]), new("dmarc", "pass", [new("header.from", "sender.example")]), new("arc", "none", [])],
    };

    private static async Task<byte[]> SealAsync(byte[] message, TestKey key, AuthenticationFacts? facts = null)
    {
        ArcVerdict arrived = await Judged.ArcAsync(message, Dns);
        AuthenticationFacts known = (facts ?? Facts) with { ArcChain = arrived.Result, ArcInstances = arrived.Instances };
        Sealer sealer = new(new SealingOptions { AuthservId = $"mx.{key.Domain}", IdKey = new byte[32], Seal = key.Key }, new MemorySpool(), TimeProvider.System);
        using SealedMessage result = sealer.Seal(new MemoryMail(message), known, new(Guid.CreateVersion7(), Direction.Inbound, [], "Received: from a by b;\r\n\tTue, 24 Nov 2026 10:00:00 +0000\r\n"));
        return result.Bytes();
    }

    private static byte[] Hop(byte[] message) => [.. TestKey.Bytes("Received: from mx.example.jp (localhost [127.0.0.1])\r\n\tby behind.example.jp (Postfix) with ESMTP id 1;\r\n\tTue, 24 Nov 2026 10:00:01 +0000 (UTC)\r\n"), .. message];

    [Fact]
    public async Task The_set_stands_on_top_in_its_order()
    {
        string text = Encoding.Latin1.GetString(await SealAsync(TestKey.Bytes(Mail), First));
        string[] names = [.. text[..^Mail.Length].Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Where(line => line[0] != '\t').Select(line => line[..line.IndexOf(':')])];
        Assert.Equal(["ARC-Seal", "ARC-Message-Signature", "ARC-Authentication-Results", "Authentication-Results", "X-MailSanitizer-Id", "Received"], names);
        Assert.Contains("ARC-Authentication-Results: i=1; mx.example.jp;\r\n\tspf=pass smtp.mailfrom=a@sender.example;\r\n", text, StringComparison.Ordinal);
        Assert.Contains("cv=none;", text, StringComparison.Ordinal);
        Assert.All(text.Split("\r\n"), line => Assert.True(line.Length <= 100, line));
    }

    [Fact]
    public async Task Chains_of_two_sealers_verify_everywhere_also_behind_another_hop()
    {
        byte[] one = Hop(await SealAsync(TestKey.Bytes(Mail), First));
        byte[] two = Hop(await SealAsync(one, Second));
        byte[] three = await SealAsync(two, Edwards);
        foreach ((byte[] message, int instances) in ((byte[], int)[])[(one, 1), (two, 2), (three, 3)])
        {
            ArcVerdict verdict = await Judged.ArcAsync(message, Dns);
            Assert.Equal(("pass", instances), (verdict.Result, verdict.Instances));
            Assert.Equal(instances switch { 1 => "example.jp", 2 => "list.example", _ => "ed.example" }, verdict.Sealers[^1]);
        }

        ArcVerifier mimeKit = new(new Keys());
        foreach (byte[] message in (byte[][])[one, two, three])
        {
            using MemoryStream stream = new(message);
            ArcValidationResult result = await mimeKit.VerifyAsync(await MimeMessage.LoadAsync(stream));
            Assert.Equal(ArcSignatureValidationResult.Pass, result.Chain);
        }

        if (!Oracle.Exists) Assert.Skip("python3-dkim is not installed");
        JsonArray theirs = Oracle.Run([Oracle.Arc(one, First, Second, Edwards), Oracle.Arc(two, First, Second, Edwards), Oracle.Arc(three, First, Second, Edwards)]);
        // dkimpy 1.1.4 verifies RSA seals only: the third sealer's key is Ed25519.
        Assert.Equal(["pass", "pass"], theirs.Take(2).Select(result => (string)result!));
    }

    [Fact]
    public async Task A_set_of_dkimpy_goes_on_by_ours()
    {
        if (!Oracle.Exists) Assert.Skip("python3-dkim is not installed");
        byte[] message = TestKey.Bytes("Authentication-Results: list.example; spf=pass smtp.mfrom=a@sender.example\r\n" + Mail);
        JsonObject job = Oracle.Sign(message, Second, "relaxed/relaxed");
        (job["do"], job["srv"], job["dns"]) = ("arc-sign", "list.example", Oracle.Records(Second));
        byte[] theirs = [.. Convert.FromBase64String((string)Oracle.Run([job])[0]!), .. message];
        Assert.Equal("pass", (await Judged.ArcAsync(theirs, Dns)).Result);
        byte[] ours = await SealAsync(theirs, First);
        Assert.Equal(("pass", 2), (await Judged.ArcAsync(ours, Dns) is var verdict ? verdict.Result : "", verdict.Instances));
        Assert.Equal("pass", (string)Oracle.Run([Oracle.Arc(ours, First, Second)])[0]!);
    }

    [Fact]
    public async Task A_changed_body_breaks_the_chain_and_the_next_seal_says_so_once()
    {
        string sealedOnce = Encoding.Latin1.GetString(await SealAsync(TestKey.Bytes(Mail), First));
        byte[] changed = TestKey.Bytes(sealedOnce + "footer of a list\r\n");
        Assert.Equal(("fail", "body hash differs"), (await Judged.ArcAsync(changed, Dns) is var verdict ? verdict.Result : "", verdict.Reason));
        string second = Encoding.Latin1.GetString(await SealAsync(changed, Second));
        Assert.StartsWith("ARC-Seal: i=2;", second, StringComparison.Ordinal);
        Assert.Contains("cv=fail;", second, StringComparison.Ordinal);
        // The seal of a broken chain stands for its own set alone: it verifies as if it were the only one (RFC 8617 5.1.2).
        Assert.Equal("chain was broken on the way", (await Judged.ArcAsync(TestKey.Bytes(second), Dns)).Reason);
        string third = Encoding.Latin1.GetString(await SealAsync(TestKey.Bytes(second), First));
        Assert.DoesNotContain("i=3;", third, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ARC-Seal: i=1; a=rsa-sha256; cv=none; d=x.example; s=s; b=AAAA\r\n", "i=2;")]
    [InlineData("ARC-Seal: i=x; a=rsa-sha256; cv=none; d=x.example; s=s; b=AAAA\r\n", null)]
    [InlineData("ARC-Authentication-Results: i=50; x.example; none\r\n", null)]
    [InlineData("ARC-Authentication-Results: i=51; x.example; none\r\n", null)]
    [InlineData("ARC-Authentication-Results: i=49; x.example; none\r\n", "i=50;")]
    public async Task Broken_structures_get_the_next_instance_or_none(string fields, string? lead)
    {
        string text = Encoding.Latin1.GetString(await SealAsync(TestKey.Bytes(fields + Mail), First));
        if (lead is null) Assert.StartsWith("Authentication-Results:", text, StringComparison.Ordinal);
        else Assert.StartsWith($"ARC-Seal: {lead}", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_chain_of_fifty_is_the_end()
    {
        byte[] message = TestKey.Bytes(Mail);
        for (int at = 0; at < 50; at++) message = await SealAsync(message, Edwards);
        Assert.Equal(("pass", 50), (await Judged.ArcAsync(message, Dns) is var verdict ? verdict.Result : "", verdict.Instances));
        Assert.StartsWith("Authentication-Results:", Encoding.Latin1.GetString(await SealAsync(message, First)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_is_sealed_where_nothing_was_judged_or_the_keys_could_not_be_asked_for()
    {
        foreach (AuthenticationFacts facts in (AuthenticationFacts[])[AuthenticationFacts.None, Facts with { Results = [new("arc", "temperror", [])] }])
        {
            Assert.StartsWith("Authentication-Results:", Encoding.Latin1.GetString(await SealAsync(TestKey.Bytes(Mail), First, facts)), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_disarmed_body_is_sealed_as_it_goes_out_with_the_results_of_the_body_that_came()
    {
        // The original's chain is judged; what is sealed is another body (disarmed, or released days later).
        byte[] arrived = Hop(await SealAsync(TestKey.Bytes(Mail), Second));
        ArcVerdict verdict = await Judged.ArcAsync(arrived, Dns);
        string rebuilt = Encoding.Latin1.GetString(arrived).Replace("body  of it", "disarmed", StringComparison.Ordinal);
        Sealer sealer = new(new SealingOptions { AuthservId = "mx.example.jp", IdKey = new byte[32], Seal = First.Key }, new MemorySpool(), TimeProvider.System);
        using SealedMessage result = sealer.Seal(MemoryMail.Of(rebuilt), Facts with { ArcChain = verdict.Result, ArcInstances = 1 }, new(Guid.CreateVersion7(), Direction.Inbound, [], "Received: x"));
        Assert.Equal("pass", (await Judged.ArcAsync(result.Bytes(), Dns)).Result);
    }

    [Fact]
    public async Task Outbound_mail_is_signed_with_both_keys_of_its_author_and_not_sealed()
    {
        TestKey rsa = TestKey.Rsa("sender.example"), ed = TestKey.Ed25519("sender.example");
        Sealer sealer = new(new SealingOptions { AuthservId = "mx.example.jp", IdKey = new byte[32], Seal = First.Key, Sign = [rsa.Key, ed.Key, First.Key] }, new MemorySpool(), TimeProvider.System);
        using SealedMessage result = sealer.Seal(MemoryMail.Of("X-MailSanitizer-Verdict: clean\r\n" + Mail), AuthenticationFacts.None, new(Guid.CreateVersion7(), Direction.Outbound, [new("List-Id", "<x.example>")], "Received: x"));
        string text = result.All();
        Assert.DoesNotContain("ARC-", text, StringComparison.Ordinal);
        Assert.DoesNotContain("Verdict", text, StringComparison.Ordinal);
        Assert.Equal(["pass", "pass"], (await Judged.DkimAsync(result.Bytes(), new FakeDns().With(rsa, ed))).Select(verdict => verdict.Result.Result));
        // A second From, or another List-Id, breaks them: they are sealed or signed.
        Assert.All(await Judged.DkimAsync([.. TestKey.Bytes("From: ceo@sender.example\r\n"), .. result.Bytes()], new FakeDns().With(rsa, ed)), verdict => Assert.Equal("fail", verdict.Result.Result));
    }

    private sealed class Keys : IDkimPublicKeyLocator
    {
        public AsymmetricKeyParameter LocatePublicKey(string methods, string domain, string selector, CancellationToken cancellationToken = default) =>
            new Locator().Get(new[] { First, Second, Edwards }.Single(key => key.Domain == domain && key.Selector == selector).Record);

        public Task<AsymmetricKeyParameter> LocatePublicKeyAsync(string methods, string domain, string selector, CancellationToken cancellationToken = default) =>
            Task.FromResult(LocatePublicKey(methods, domain, selector, cancellationToken));

        private sealed class Locator : DkimPublicKeyLocatorBase
        {
            public AsymmetricKeyParameter Get(string record) => GetPublicKey(record);

            public override AsymmetricKeyParameter LocatePublicKey(string methods, string domain, string selector, CancellationToken cancellationToken = default) => throw new NotSupportedException();

            public override Task<AsymmetricKeyParameter> LocatePublicKeyAsync(string methods, string domain, string selector, CancellationToken cancellationToken = default) => throw new NotSupportedException();
        }
    }
}

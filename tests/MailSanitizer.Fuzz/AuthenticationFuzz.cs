using System.Buffers;
using System.Net;
using System.Text;
using MailSanitizer.Authentication;
using MailSanitizer.Authentication.Dkim;
using MailSanitizer.Authentication.Dmarc;
using MailSanitizer.Authentication.Dns;
using MailSanitizer.Authentication.Spf;
using MailSanitizer.Content.Formats.HeaderFields;
using MailSanitizer.Mail.Signatures;

namespace MailSanitizer.Fuzz;

/// <summary>Readers of what strangers publish in the DNS and write into fields: they end, and they say only what the RFCs know.</summary>
public static class AuthenticationFuzz
{
    private static readonly HashSet<string> Words = ["none", "neutral", "pass", "fail", "softfail", "policy", "temperror", "permerror"];

    public static FuzzTarget Spf { get; } = new(
        "spf-record",
        [.. Texts("v=spf1 a:%{d}/24 mx/24//64 ip4:192.0.2.0/24 ip6:2001:db8::/32 exists:%{ir}.%{v}._spf.%{d2} include:x.%{o} ptr ?all redirect=%{d} exp=e.%{d}", "v=spf1 include:%{l1r-}.%{s}.example -all", "v=spf1 redirect=b.example")],
        input =>
        {
            // The same record everywhere: includes and redirects of itself, names and addresses of anything.
            Same dns = new(Encoding.Latin1.GetString(input));
            SpfQuestion question = new(IPAddress.Parse("192.0.2.1"), "a.example", "x.y@a.example", "h.example");
            SpfVerdict verdict = SpfEvaluator.CheckAsync(dns, question, new SpfLimits(), "mx", DateTimeOffset.UnixEpoch, CancellationToken.None).GetAwaiter().GetResult();
            Expect(Words.Contains(verdict.Result), verdict.Result);
            // Ten terms, each at most one question and ten more, names for %{p}, and the explanation.
            Expect(dns.Count <= 150, $"{dns.Count} questions");
        });

    public static FuzzTarget Dmarc { get; } = new(
        "dmarc-record",
        [.. Texts("v=DMARC1; p=reject; sp=quarantine; np=none; adkim=s; aspf=r; pct=50; t=y; psd=n; rua=mailto:a@b.example")],
        input =>
        {
            Same dns = new(Encoding.Latin1.GetString(input));
            foreach (OrganizationMethod method in Enum.GetValues<OrganizationMethod>())
            {
                DmarcVerdict verdict = new DmarcEvaluator(dns, method, PublicSuffixList.Read(["com"]))
                    .JudgeAsync("a.b.c.d.e.f.g.h.i.example.com", new DmarcIdentities("x.example.com", ["y.com"], null, []), 1, CancellationToken.None).GetAwaiter().GetResult();
                Expect(Words.Contains(verdict.Result) && verdict.Policy is null or "none" or "quarantine" or "reject", verdict.Result);
            }
        });

    public static FuzzTarget Key { get; } = new(
        "dkim-key",
        [.. Texts("v=DKIM1; k=rsa; h=sha256; s=email; t=y:s; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkMoGeLnQg1fWn7/zYtIxN2SnFCjxOCKG9v3b4jYfcTNh5ijSsq631uBItLa7od+v/RtdC2UzJ1lWT947qR+Rcac2gbto/NMqJ0fzfVjH4OuKhitdY9tf6mcwGjaNBcWToIMmPSPDdQPNUYckcQ2QIDAQAB", "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=")],
        input =>
        {
            string text = Encoding.Latin1.GetString(input);
            foreach (string algorithm in (string[])["rsa", "ed25519"])
            {
                DkimKey? key = DkimKey.Read(text, algorithm, out string problem);
                Expect(key is not null || problem.Length > 0, "no reason");
                if (key is { IsAcceptable: true }) Expect(!key.Verify(new byte[32], new byte[256]) && !key.Verify(new byte[32], new byte[64]), "zeros verify");
            }
        });

    public static FuzzTarget Tags { get; } = new(
        "tag-list",
        [.. Texts("v=1; a = x ;\r\n b=AA\r\n\tAA; h=from : to;", "i=1; cv=none; b=")],
        input =>
        {
            if (TagList.Read(input) is not { } tags) return;
            string text = Encoding.Latin1.GetString(input);
            foreach (string name in tags.Names)
            {
                (int start, int length) = tags.Place(name)!.Value;
                Expect(text.Substring(start, length).Trim(' ', '\t', '\r', '\n') == tags[name], $"{name} is not where it is said to be");
            }
        });

    public static FuzzTarget Message { get; } = new(
        "signed-message",
        [.. Texts(
            "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/simple; d=a.example; s=s; l=3; t=1; x=9; h=from:to:from; bh=AAAA; b=AAAA\r\nFrom: A <a@a.example>\r\nTo: b@b.example\r\n\r\nbody \r\n\r\n",
            "ARC-Seal: i=1; a=rsa-sha256; cv=none; d=a.example; s=s; b=AA==\r\nARC-Message-Signature: i=1; a=rsa-sha256; c=relaxed; d=a.example; s=s; h=from; bh=AAAA; b=AA==\r\nARC-Authentication-Results: i=1; x; none\r\nFrom: a@a.example\r\nReceived: from x (y [192.0.2.1]) by z\r\nBIMI-Selector: v=BIMI1; s=q\r\n\r\n")],
        input =>
        {
            Same dns = new("v=DKIM1; p=AAAA");
            AuthenticationOptions options = new() { AuthservId = "mx.example", AcceptUpstreamResults = true, TrustedHops = [IPNetwork.Parse("0.0.0.0/0")] };
            Mail.Envelope envelope = new() { MailFrom = "a@a.example", Recipients = [], PeerAddress = "127.0.0.1" };
            Mail.AuthenticationFacts facts = new Authenticator(options, dns, TimeProvider.System).AuthenticateAsync(envelope, new FuzzMail(input), CancellationToken.None).GetAwaiter().GetResult();
            Expect(facts.Result("dkim") != "pass" && facts.Result("arc") != "pass" && facts.Result("dmarc") != "pass", "a pass out of nothing");
        });

    public static FuzzTarget Body { get; } = new(
        "canonical-body",
        [.. Texts(" C \r\nD \t E\r\n\r\n\r\n", "x\r\r\n\n y \r", "\r\n\r\n")],
        input =>
        {
            foreach (CanonicalForm form in Enum.GetValues<CanonicalForm>())
            {
                using BodyHasher whole = new(form), pieces = new(form);
                whole.Append(input);
                foreach (byte one in input) pieces.Append([one]);
                Expect(whole.Finish().AsSpan().SequenceEqual(pieces.Finish()) && whole.CanonicalLength == pieces.CanonicalLength, $"{form} differs by the size of the pieces");
            }
        });

    public static FuzzTarget Header { get; } = new(
        "canonical-header",
        [.. Texts("A: X \r\nB : Y\t\r\n\tZ  \r\n\r\n", "From: a\r\nnot a field\r\n \r\nTo: b")],
        input =>
        {
            if (MessageHeader.Read(input) is not { } header) return;
            ArrayBufferWriter<byte> once = new(), twice = new();
            foreach (HeaderField field in header.Fields) CanonicalHeader.Write(once, CanonicalForm.Relaxed, field);
            // Relaxing what is relaxed changes nothing, unless bare line ends make other fields of it.
            if (input.AsSpan().Contains((byte)'\n') && Encoding.Latin1.GetString(input).Replace("\r\n", "", StringComparison.Ordinal).AsSpan().IndexOfAny('\r', '\n') >= 0) return;
            foreach (HeaderField field in MessageHeader.Read(once.WrittenMemory)!.Fields) CanonicalHeader.Write(twice, CanonicalForm.Relaxed, field);
            Expect(once.WrittenSpan.SequenceEqual(twice.WrittenSpan), "relaxed twice is not relaxed once");
        });

    public static FuzzTarget SealerResults { get; } = new(
        "arc-results",
        [.. Texts("i=1; mx.example; spf=pass (a (b) \\) c) smtp.mailfrom=a@b.example; dkim/1=fail reason=\"x; y\" header.d=b.example")],
        input =>
        {
            foreach (Mail.MethodResult result in Authentication.Arc.ArcResults.Read(Encoding.Latin1.GetString(input)))
            {
                Expect(result.Method.Length is > 0 and <= 40 && result.Result.All(one => char.IsAsciiLetterOrDigit(one) || one == '-'), "a word that is none");
            }
        });

    private static IEnumerable<byte[]> Texts(params string[] texts) => texts.Select(Encoding.Latin1.GetBytes);

    private static void Expect(bool holds, string otherwise)
    {
        if (!holds) throw new InvalidOperationException(otherwise);
    }

    /// <summary>Answers every question with the same text, twelve names and an address.</summary>
    internal sealed class Same(string text) : IDns
    {
        public int Count { get; private set; }

        public Task<DnsAnswer> AskAsync(string name, DnsKind kind, CancellationToken cancellation)
        {
            Count++;
            return Task.FromResult(!Resolver.CanBeAsked(name) ? DnsAnswer.NoName : new DnsAnswer(DnsStatus.Found)
            {
                Texts = kind == DnsKind.Txt ? [text] : [],
                Addresses = kind is DnsKind.A or DnsKind.Aaaa ? [IPAddress.Parse("198.51.100.1")] : [],
                Names = kind is DnsKind.Mx ? [.. Enumerable.Range(0, 10).Select(at => $"m{at}.example")] : kind == DnsKind.Ptr ? [.. Enumerable.Range(0, 12).Select(at => $"p{at}.example")] : [],
            });
        }
    }
}

/// <summary>Message bytes in memory.</summary>
internal sealed class FuzzMail(byte[] bytes) : Mail.IMailBytes
{
    public long Length => bytes.Length;

    public string Sha256 => Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes));

    public Stream OpenRead() => new MemoryStream(bytes, writable: false);

    public bool TryGetMemory(out ReadOnlyMemory<byte> memory)
    {
        memory = bytes;
        return true;
    }

    public void Dispose()
    {
    }
}

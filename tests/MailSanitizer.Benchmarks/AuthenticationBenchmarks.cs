using System.Net;
using System.Security.Cryptography;
using System.Text;
using BenchmarkDotNet.Attributes;
using MailSanitizer.Authentication.Dns;
using MailSanitizer.Authentication.Spf;
using MailSanitizer.Mail;
using MailSanitizer.Mail.Signatures;
using MailSanitizer.Sealing;
using MimeKit;
using MimeKit.Cryptography;
using Org.BouncyCastle.Crypto;

namespace MailSanitizer.Benchmarks;

/// <summary>DKIM of one signature, ours beside MimeKit's; both get the key without asking.</summary>
[MemoryDiagnoser]
public class DkimBenchmarks
{
    private byte[] _message = [];
    private FixedDns _dns = new("");
    private FixedKey _locator = new("");

    [Params("rsa", "ed25519")]
    public string Algorithm { get; set; } = "rsa";

    [Params(10_000, 1_000_000)]
    public int Size { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        GeneratedKey key = KeyGenerator.Generate(Algorithm, "sender.example", "s");
        using SigningKey signing = SigningKey.Read(key.PrivateKey, "sender.example", "s", "benchmark");
        StringBuilder text = new("From: a@sender.example\r\nTo: b@example.jp\r\nSubject: hello\r\nDate: Tue, 24 Nov 2026 10:00:00 +0000\r\nMessage-ID: <1@sender.example>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n");
        while (text.Length < Size) text.Append("Some words of a line that goes on for as long as lines of mail do.\r\n");
        byte[] mail = Encoding.ASCII.GetBytes(text.ToString());
        _message = [.. new MailSigner([signing], TimeProvider.System).Sign(new ArrayMail(mail)).Span, .. mail];
        (_dns, _locator) = (new FixedDns(key.Record), new FixedKey(key.Record));
        if (!Ours() || !MimeKitVerifier()) throw new InvalidOperationException("the signature does not verify");
    }

    [Benchmark(Baseline = true)]
    public bool Ours()
    {
        using ArrayMail mail = new(_message);
        MessageHeader header = MessageHeader.Read(mail)!;
        MailSanitizer.Authentication.Dkim.DkimVerifier verifier = new(header);
        BodyHashes hashes = new(mail, header.BodyOffset, verifier.BodyForms);
        return verifier.JudgeAsync(_dns, hashes, TimeProvider.System.GetUtcNow(), CancellationToken.None).GetAwaiter().GetResult()[0].Passes;
    }

    [Benchmark]
    public bool MimeKitVerifier()
    {
        using MemoryStream stream = new(_message);
        MimeMessage message = MimeMessage.Load(stream, persistent: true);
        return new DkimVerifier(_locator).Verify(message, message.Headers[message.Headers.IndexOf(HeaderId.DkimSignature)]);
    }
}

/// <summary>SPF of a usual policy (an include, an mx, a network) with every answer in the cache.</summary>
[MemoryDiagnoser]
public class SpfBenchmarks
{
    private static readonly SpfQuestion Question = new(IPAddress.Parse("192.0.2.77"), "sender.example", "a@sender.example", "mail.sender.example");

    private readonly DnsCache _dns = new(new Table(), 1_000_000, TimeProvider.System);

    [Benchmark]
    public string WarmDns()
    {
        SpfVerdict verdict = SpfEvaluator.CheckAsync(_dns, Question, new SpfLimits(), "mx.example.jp", DateTimeOffset.UnixEpoch, CancellationToken.None).GetAwaiter().GetResult();
        return verdict.Result == "pass" ? verdict.Result : throw new InvalidOperationException(verdict.Reason);
    }

    private sealed class Table : IDns
    {
        public Task<DnsAnswer> AskAsync(string name, DnsKind kind, CancellationToken cancellation) => Task.FromResult(new DnsAnswer(DnsStatus.Found)
        {
            TimeToLive = TimeSpan.FromHours(1),
            Texts = kind != DnsKind.Txt ? [] : name == "sender.example" ? ["v=spf1 mx include:_spf.provider.example -all"] : ["v=spf1 ip4:203.0.113.0/24 ip4:192.0.2.0/24 ~all"],
            Names = kind == DnsKind.Mx ? ["mx.sender.example"] : [],
            Addresses = kind == DnsKind.A ? [IPAddress.Parse("198.51.100.1")] : [],
        });
    }
}

internal sealed class FixedDns(string record) : IDns
{
    public Task<DnsAnswer> AskAsync(string name, DnsKind kind, CancellationToken cancellation) => Task.FromResult(new DnsAnswer(DnsStatus.Found) { Texts = [record] });
}

internal sealed class FixedKey(string record) : DkimPublicKeyLocatorBase
{
    private readonly AsymmetricKeyParameter? _key = record.Length == 0 ? null : Key(record);

    public override AsymmetricKeyParameter LocatePublicKey(string methods, string domain, string selector, CancellationToken cancellationToken = default) => _key!;

    public override Task<AsymmetricKeyParameter> LocatePublicKeyAsync(string methods, string domain, string selector, CancellationToken cancellationToken = default) => Task.FromResult(_key!);

    private static AsymmetricKeyParameter Key(string record) => GetPublicKey(record);
}

internal sealed class ArrayMail(byte[] bytes) : IMailBytes
{
    public long Length => bytes.Length;

    public string Sha256 => Convert.ToHexStringLower(SHA256.HashData(bytes));

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

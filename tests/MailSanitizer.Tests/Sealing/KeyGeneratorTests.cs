using System.Text.RegularExpressions;
using MailSanitizer.Authentication.Dns;
using MailSanitizer.Sealing;
using MailSanitizer.Tests.Authentication;

namespace MailSanitizer.Tests.Sealing;

public sealed class KeyGeneratorTests
{
    [Theory]
    [InlineData("rsa", 2048)]
    [InlineData("rsa", 4096)]
    [InlineData("ed25519", 0)]
    public async Task A_new_key_is_published_by_the_line_that_is_printed(string algorithm, int bits)
    {
        if (!NameServer.Exists) Assert.Skip("nsd is not installed");
        GeneratedKey key = bits > 0 ? KeyGenerator.Generate(algorithm, "sender.example", "s1", bits) : KeyGenerator.Generate(algorithm, "sender.example", "s1");
        Assert.All(Regex.Matches(key.ZoneLine, "\"([^\"]*)\""), match => Assert.InRange(match.Groups[1].Length, 1, 255));
        using NameServer server = await NameServer.StartAsync("$ORIGIN .\n$TTL 60\n@ SOA ns. h. 1 3600 600 86400 60\n@ NS ns.\nns. A 127.0.0.1\n" + key.ZoneLine + "\n");
        Resolver dns = new(new DnsOptions { Servers = [server.Address], Timeout = TimeSpan.FromSeconds(5) });
        Assert.Equal(key.Record, Assert.Single((await dns.AskAsync("s1._domainkey.sender.example", DnsKind.Txt, TestContext.Current.CancellationToken)).Texts));

        string path = Path.Combine(Directory.CreateTempSubdirectory().FullName, "key.pem");
        KeyGenerator.Write(key, path);
        using SigningKey loaded = SigningKey.Load(new("sender.example", "s1", path));
        Assert.Equal($"{algorithm}-sha256", loaded.Algorithm);
        byte[] message = TestKey.Bytes("From: a@sender.example\r\n\r\nbody\r\n");
        message = [.. new MailSigner([loaded], TimeProvider.System).Sign(new MemoryMail(message)).Span, .. message];
        Assert.True(Assert.Single(await Judged.DkimAsync(message, dns)).Passes);
        Assert.Throws<IOException>(() => KeyGenerator.Write(key, path));
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        Assert.DoesNotContain("PRIVATE", key.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("rsa", "sender.example", "s1", 1024)]
    [InlineData("dsa", "sender.example", "s1", 2048)]
    [InlineData("rsa", "not a domain", "s1", 2048)]
    [InlineData("rsa", "sender.example", "s;1", 2048)]
    public void What_would_not_work_is_refused(string algorithm, string domain, string selector, int bits) =>
        Assert.Throws<ArgumentException>(() => KeyGenerator.Generate(algorithm, domain, selector, bits));

    [Theory]
    [InlineData("")]
    [InlineData("no key")]
    [InlineData("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----")]
    [InlineData("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----")]
    public void A_file_that_is_no_key_is_named_and_not_quoted(string pem)
    {
        InvalidDataException refused = Assert.Throws<InvalidDataException>(() => SigningKey.Read(pem, "sender.example", "s1", "/etc/x.key"));
        Assert.StartsWith("/etc/x.key: ", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("AAAA", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Keys_of_openssl_in_both_forms_are_read()
    {
        using System.Security.Cryptography.RSA rsa = System.Security.Cryptography.RSA.Create(2048);
        Assert.Equal(SigningKey.Read(rsa.ExportRSAPrivateKeyPem(), "a.example", "s", "x").PublicKey(), SigningKey.Read(rsa.ExportPkcs8PrivateKeyPem(), "a.example", "s", "x").PublicKey());
        using System.Security.Cryptography.RSA small = System.Security.Cryptography.RSA.Create(1024);
        Assert.Throws<InvalidDataException>(() => SigningKey.Read(small.ExportPkcs8PrivateKeyPem(), "a.example", "s", "x"));
    }
}

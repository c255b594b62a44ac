using System.Collections.Concurrent;
using System.Text;
using MailSanitizer.Sealing;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Security;

namespace MailSanitizer.Tests.Authentication;

/// <summary>A key of a test domain, with what each side needs of it. Made once a process: RSA keys take their time.</summary>
internal sealed class TestKey
{
    private static readonly ConcurrentDictionary<(string, string, string), TestKey> Made = new();

    private TestKey(string algorithm, string domain, string selector)
    {
        GeneratedKey key = KeyGenerator.Generate(algorithm, domain, selector);
        (Domain, Selector, Pem, Record) = (domain, selector, key.PrivateKey, key.Record);
        Algorithm = $"{algorithm}-sha256";
        Key = SigningKey.Read(Pem, domain, selector, "test");
    }

    public string Domain { get; }

    public string Selector { get; }

    public string Algorithm { get; }

    public string Pem { get; }

    public string Record { get; }

    public SigningKey Key { get; }

    public string RecordName => $"{Selector}._domainkey.{Domain}";

    /// <summary>dkimpy takes PKCS#1 or PKCS#8 for RSA, and the bare seed for Ed25519.</summary>
    public string OracleKey => Algorithm == "rsa-sha256" ? Pem : Convert.ToBase64String(((Ed25519PrivateKeyParameters)PrivateKeyFactory.CreateKey(
        Convert.FromBase64String(string.Concat(Pem.Split('\n').Where(line => !line.StartsWith('-'))).Trim()))).GetEncoded());

    public static TestKey Rsa(string domain, string selector = "rsa") => Made.GetOrAdd(("rsa", domain, selector), _ => new("rsa", domain, selector));

    public static TestKey Ed25519(string domain, string selector = "ed") => Made.GetOrAdd(("ed25519", domain, selector), _ => new("ed25519", domain, selector));

    public static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);
}

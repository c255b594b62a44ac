using System.Security.Cryptography;
using MailSanitizer.Mail.Signatures;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Pkcs;
using Org.BouncyCastle.Security;

namespace MailSanitizer.Sealing;

/// <summary>A new key and the record that publishes it.</summary>
/// <param name="PrivateKey">PEM (PKCS#8). A secret.</param>
/// <param name="RecordName"><c>selector._domainkey.domain</c>.</param>
/// <param name="Record">The TXT record as one text.</param>
/// <param name="ZoneLine">The same as a line of a zone file, in strings of 255 bytes at most.</param>
public sealed record GeneratedKey(string PrivateKey, string RecordName, string Record, string ZoneLine)
{
    /// <inheritdoc/>
    public override string ToString() => RecordName;
}

/// <summary>Makes keys for sealing and signing (<c>seal keygen</c>).</summary>
public static class KeyGenerator
{
    // RFC 1035 3.3: a character-string has 255 bytes at most.
    private const int StringBytes = 255;

    /// <summary>Makes a key. <paramref name="algorithm"/> is <c>rsa</c> (with <paramref name="bits"/>) or <c>ed25519</c>. Throws <see cref="ArgumentException"/> for anything else.</summary>
    public static GeneratedKey Generate(string algorithm, string domain, string selector, int bits = 2048)
    {
        string d = DomainName.ToAscii(domain) ?? throw new ArgumentException("not a domain", nameof(domain));
        string s = DomainName.ToAscii(selector) ?? throw new ArgumentException("not a selector", nameof(selector));
        string pem = algorithm switch
        {
            "rsa" when bits is 2048 or 3072 or 4096 => Rsa(bits),
            "ed25519" => Ed25519(),
            "rsa" => throw new ArgumentException("2048, 3072 or 4096 bits", nameof(bits)),
            _ => throw new ArgumentException("rsa or ed25519", nameof(algorithm)),
        };
        using SigningKey key = SigningKey.Read(pem, d, s, "new key");
        string record = $"v=DKIM1; k={algorithm}; h=sha256; p={key.PublicKey()}";
        string name = $"{s}._domainkey.{d}";
        return new(pem, name, record, $"{name}. IN TXT ( {string.Join(' ', Strings(record).Select(piece => $"\"{piece}\""))} )");
    }

    /// <summary>Cuts a record into strings of 255 bytes at most.</summary>
    public static IEnumerable<string> Strings(string record)
    {
        ArgumentNullException.ThrowIfNull(record);
        for (int at = 0; at < record.Length; at += StringBytes) yield return record[at..Math.Min(record.Length, at + StringBytes)];
    }

    /// <summary>Writes the private key to a new file that only its owner reads. Throws <see cref="IOException"/> when there is a file already: a key in use is never overwritten.</summary>
    public static void Write(GeneratedKey key, string path)
    {
        ArgumentNullException.ThrowIfNull(key);
        FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using FileStream file = new(path, options);
        file.Write(System.Text.Encoding.ASCII.GetBytes(key.PrivateKey + "\n"));
        file.Flush(flushToDisk: true);
    }

    private static string Rsa(int bits)
    {
        using RSA rsa = RSA.Create(bits);
        return rsa.ExportPkcs8PrivateKeyPem();
    }

    private static string Ed25519()
    {
        Ed25519PrivateKeyParameters key = new(new SecureRandom());
        return new string(PemEncoding.Write("PRIVATE KEY", PrivateKeyInfoFactory.CreatePrivateKeyInfo(key).GetDerEncoded()));
    }
}

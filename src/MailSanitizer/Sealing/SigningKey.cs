using System.Collections.Concurrent;
using System.Security.Cryptography;
using MailSanitizer.Mail.Signatures;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Math.EC.Rfc8032;
using Org.BouncyCastle.Security;

namespace MailSanitizer.Sealing;

/// <summary>Where a key lies and under which name its public half stands in the DNS.</summary>
/// <param name="Domain">d=.</param>
/// <param name="Selector">s=.</param>
/// <param name="Path">PEM file (PKCS#8 or PKCS#1), RSA or Ed25519.</param>
public sealed record SigningKeyFile(string Domain, string Selector, string Path);

/// <summary>A private key that signs: RSA (2048 to 4096 bits) or Ed25519. Safe for use by several threads.</summary>
public sealed class SigningKey : IDisposable
{
    // RFC 8301 3.2: signers use 2048 bits at least; above 4096 verifiers need not follow.
    private const int MinimumBits = 2048;
    private const int MaximumBits = 4096;

    private readonly RSAParameters? _rsa;
    private readonly byte[]? _ed25519;

    // An RSA object is not for two threads at once; making one costs as much as a signature.
    private readonly ConcurrentBag<RSA> _idle = [];

    private SigningKey(string domain, string selector, RSAParameters? rsa, byte[]? ed25519)
    {
        (Domain, Selector, _rsa, _ed25519) = (domain, selector, rsa, ed25519);
    }

    /// <summary>d= in A-labels.</summary>
    public string Domain { get; }

    /// <summary>s= in A-labels.</summary>
    public string Selector { get; }

    /// <summary>a=.</summary>
    public string Algorithm => _ed25519 is null ? "rsa-sha256" : "ed25519-sha256";

    /// <summary>Reads a key file. Throws <see cref="IOException"/> or <see cref="InvalidDataException"/> when it is none: a fault of ours.</summary>
    public static SigningKey Load(SigningKeyFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        return Read(File.ReadAllText(file.Path), file.Domain, file.Selector, file.Path);
    }

    /// <summary>Reads PEM text; <paramref name="name"/> stands in errors, the key never does.</summary>
    public static SigningKey Read(string pem, string domain, string selector, string name)
    {
        string d = DomainName.ToAscii(domain) ?? throw new InvalidDataException($"{name}: the domain of the key is no domain");
        string s = DomainName.ToAscii(selector) ?? throw new InvalidDataException($"{name}: the selector of the key is no selector");
        try
        {
            PemFields fields = PemEncoding.Find(pem);
            ReadOnlySpan<char> label = pem.AsSpan()[fields.Label];
            byte[] bytes = Convert.FromBase64String(pem[fields.Base64Data]);
            if (label is "PRIVATE KEY" && PrivateKeyFactory.CreateKey(bytes) is Ed25519PrivateKeyParameters ed25519) return new(d, s, null, ed25519.GetEncoded());
            using RSA rsa = RSA.Create();
            if (label is "RSA PRIVATE KEY") rsa.ImportRSAPrivateKey(bytes, out _);
            else rsa.ImportPkcs8PrivateKey(bytes, out _);
            if (rsa.KeySize is < MinimumBits or > MaximumBits) throw new InvalidDataException($"{name}: RSA key of {rsa.KeySize} bits, {MinimumBits} to {MaximumBits} are wanted");
            return new(d, s, rsa.ExportParameters(includePrivateParameters: true), null);
        }
        catch (Exception problem) when (problem is ArgumentException or CryptographicException or SecurityUtilityException or FormatException or IOException)
        {
            throw new InvalidDataException($"{name}: not an RSA or Ed25519 private key in PEM form", problem);
        }
    }

    /// <summary>Signs a SHA-256 hash (RFC 8463 3: Ed25519 over the hash).</summary>
    public byte[] Sign(byte[] hash)
    {
        ArgumentNullException.ThrowIfNull(hash);
        if (_ed25519 is not null)
        {
            byte[] signature = new byte[Ed25519.SignatureSize];
            Ed25519.Sign(_ed25519, 0, hash, 0, hash.Length, signature, 0);
            return signature;
        }

        RSA rsa = _idle.TryTake(out RSA? idle) ? idle : RSA.Create(_rsa!.Value);
        byte[] signed = rsa.SignHash(hash, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        _idle.Add(rsa);
        return signed;
    }

    /// <summary>What stands in p= of the DNS record.</summary>
    public string PublicKey()
    {
        if (_ed25519 is not null)
        {
            byte[] key = new byte[Ed25519.PublicKeySize];
            Ed25519.GeneratePublicKey(_ed25519, 0, key, 0);
            return Convert.ToBase64String(key);
        }

        using RSA rsa = RSA.Create(_rsa!.Value);
        return Convert.ToBase64String(rsa.ExportSubjectPublicKeyInfo());
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        while (_idle.TryTake(out RSA? rsa)) rsa.Dispose();
    }
}

using System.Security.Cryptography;
using MailSanitizer.Authentication.Dns;
using MailSanitizer.Mail.Signatures;
using Org.BouncyCastle.Math.EC.Rfc8032;

namespace MailSanitizer.Authentication.Dkim;

/// <summary>Which keys are good enough (RFC 8301 3.2).</summary>
public static class KeySizes
{
    /// <summary>Smallest RSA modulus (bits). Below it: <c>policy</c>.</summary>
    public const int Minimum = 1024;

    /// <summary>Largest RSA modulus (bits): verifying costs us, and more is not asked of anybody. Above it: <c>policy</c>.</summary>
    public const int Maximum = 4096;
}

/// <summary>A public key as it stands in the DNS (RFC 6376 3.6.1, RFC 8463).</summary>
public sealed class DkimKey
{
    private readonly RSAParameters? _rsa;
    private readonly byte[]? _ed25519;

    private DkimKey(RSAParameters? rsa, byte[]? ed25519, TagList tags)
    {
        (_rsa, _ed25519) = (rsa, ed25519);
        IsTesting = tags.List("t")?.Contains("y") == true;
        IsStrict = tags.List("t")?.Contains("s") == true;
        Bits = rsa is { } parameters ? Bitlength(parameters.Modulus!) : 256;
    }

    /// <summary>t=y: the domain only tries.</summary>
    public bool IsTesting { get; }

    /// <summary>t=s: the domain of i= must be d= itself.</summary>
    public bool IsStrict { get; }

    /// <summary>Size (bits).</summary>
    public int Bits { get; }

    /// <summary>Whether the size is one that we accept.</summary>
    public bool IsAcceptable => _ed25519 is not null || Bits is >= KeySizes.Minimum and <= KeySizes.Maximum;

    /// <summary>Reads a record. Null with the reason when it is no key for this algorithm (<c>rsa</c> or <c>ed25519</c>) and mail.</summary>
    public static DkimKey? Read(string record, string algorithm, out string problem)
    {
        problem = "key record is malformed";
        if (TagList.Read(record) is not { } tags) return null;
        if (tags["v"] is { } version && (version != "DKIM1" || tags.Names[0] != "v")) return null;
        if (tags.Compact("p") is not { } encoded) return null;
        problem = "key is revoked";
        if (encoded.Length == 0) return null;
        problem = "key is not for this algorithm";
        if ((tags["k"] ?? "rsa") != algorithm) return null;
        if (tags.List("h") is { } hashes && !hashes.Contains("sha256")) return null;
        problem = "key is not for mail";
        if (tags.List("s") is { } services && !services.Contains("*") && !services.Contains("email")) return null;
        problem = "key cannot be read";
        byte[] bytes = new byte[encoded.Length];
        if (!Convert.TryFromBase64String(encoded, bytes, out int length)) return null;
        bytes = bytes[..length];
        if (algorithm == "ed25519") return length == Ed25519.PublicKeySize ? new(null, bytes, tags) : null;
        return ReadRsa(bytes) is { } rsa ? new(rsa, null, tags) : null;
    }

    /// <summary>Whether the signature over the hash (SHA-256) is right.</summary>
    public bool Verify(byte[] hash, byte[] signature)
    {
        ArgumentNullException.ThrowIfNull(hash);
        ArgumentNullException.ThrowIfNull(signature);
        // RFC 8463 3: Ed25519 signs the SHA-256 of the data, not the data.
        if (_ed25519 is not null) return signature.Length == Ed25519.SignatureSize && Ed25519.Verify(signature, 0, _ed25519, 0, hash, 0, hash.Length);
        try
        {
            using RSA rsa = RSA.Create(_rsa!.Value);
            return rsa.VerifyHash(hash, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        }
        catch (CryptographicException)
        {
            // A modulus or exponent that the library refuses: no signature of it is right.
            return false;
        }
    }

    private static RSAParameters? ReadRsa(byte[] bytes)
    {
        using RSA rsa = RSA.Create();
        try
        {
            rsa.ImportSubjectPublicKeyInfo(bytes, out int read);
            if (read != bytes.Length) return null;
        }
        catch (CryptographicException)
        {
            try
            {
                // The form that RFC 6376 3.6.1 describes; its own example has the other one.
                rsa.ImportRSAPublicKey(bytes, out int read);
                if (read != bytes.Length) return null;
            }
            catch (CryptographicException)
            {
                return null;
            }
        }

        RSAParameters parameters = rsa.ExportParameters(includePrivateParameters: false);
        // An exponent of thousands of bits makes each verification slow.
        return parameters.Exponent!.Length <= 8 ? parameters : null;
    }

    private static int Bitlength(byte[] modulus)
    {
        int at = 0;
        while (at < modulus.Length && modulus[at] == 0) at++;
        return at == modulus.Length ? 0 : ((modulus.Length - at) * 8) - byte.LeadingZeroCount(modulus[at]);
    }
}

/// <summary>What asking for a key gave: some keys, or why not.</summary>
/// <param name="Keys">Usable keys.</param>
/// <param name="Result"><c>temperror</c> or <c>permerror</c> without keys.</param>
/// <param name="Reason">Why.</param>
/// <param name="Secure">The answer had the AD bit.</param>
public sealed record KeyLookup(IReadOnlyList<DkimKey> Keys, string Result, string Reason, bool Secure)
{
    /// <summary>Records looked at (count). Origin: RFC 6376 3.6.2.2 leaves several undefined; a key that is being replaced may stand twice.</summary>
    private const int MaximumRecords = 4;

    /// <summary>Asks for <c>selector._domainkey.domain</c>.</summary>
    public static async Task<KeyLookup> AskAsync(IDns dns, string selector, string domain, string algorithm, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(dns);
        DnsAnswer answer = await dns.AskAsync($"{selector}._domainkey.{domain}", DnsKind.Txt, cancellation).ConfigureAwait(false);
        if (answer.Status == DnsStatus.Failed) return new([], "temperror", answer.Problem, false);
        string reason = "no key for signature";
        List<DkimKey> keys = [];
        foreach (string record in answer.Texts.Take(MaximumRecords))
        {
            if (DkimKey.Read(record, algorithm, out string problem) is { } key) keys.Add(key);
            else reason = problem;
        }

        return new(keys, "permerror", reason, answer.Secure);
    }
}

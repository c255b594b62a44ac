using System.Security.Cryptography;
using System.Text.Json.Nodes;
using MailSanitizer.Mail;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Signers;

namespace MailSanitizer.Audit;

/// <summary>Signs closing records and heads (Ed25519, RFC 8032).</summary>
internal sealed class AuditSigner
{
    private readonly Ed25519PrivateKeyParameters _private;

    private AuditSigner(byte[] seed, bool isNew)
    {
        _private = new Ed25519PrivateKeyParameters(seed, 0);
        PublicKey = _private.GeneratePublicKey().GetEncoded();
        KeyId = AuditSignature.KeyIdOf(PublicKey);
        IsNew = isNew;
    }

    public byte[] PublicKey { get; }

    public string KeyId { get; }

    /// <summary>The key was made by this start.</summary>
    public bool IsNew { get; }

    /// <summary>Reads the key, or makes it (0600) with its public half beside it (0644, base64).</summary>
    public static AuditSigner Open(string path)
    {
        bool isNew = !File.Exists(path);
        if (isNew)
        {
            DurableFiles.CreateFolder(Path.GetDirectoryName(path)!);
            DurableFiles.Replace(path, System.Text.Encoding.ASCII.GetBytes(Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)) + "\n"));
        }

        byte[] seed = new byte[33];
        if (!Convert.TryFromBase64String(File.ReadAllText(path).Trim(), seed, out int length) || length != 32) throw new InvalidDataException($"{path} is not an Ed25519 key (32 bytes, base64)");
        AuditSigner signer = new(seed[..32], isNew);
        string shown = path + ".pub";
        if (!File.Exists(shown)) DurableFiles.Replace(shown, System.Text.Encoding.ASCII.GetBytes(Convert.ToBase64String(signer.PublicKey) + "\n"));
        return signer;
    }

    /// <summary>Adds <c>key</c> and <c>signature</c> to <paramref name="place"/>, over the canonical form of <paramref name="whole"/> without the signature.</summary>
    public void Sign(JsonObject whole, JsonObject place)
    {
        place["key"] = KeyId;
        place.Remove("signature");
        byte[] bytes = CanonicalJson.Write(whole);
        Ed25519Signer signer = new();
        signer.Init(forSigning: true, _private);
        signer.BlockUpdate(bytes, 0, bytes.Length);
        place["signature"] = Convert.ToBase64String(signer.GenerateSignature());
    }
}

/// <summary>Checks signatures of the audit.</summary>
internal static class AuditSignature
{
    /// <summary>First 16 hex digits of the key's SHA-256.</summary>
    public static string KeyIdOf(byte[] publicKey) => Convert.ToHexStringLower(SHA256.HashData(publicKey))[..16];

    /// <summary>True when <paramref name="place"/>, inside <paramref name="whole"/>, holds this key's signature over all the rest.</summary>
    public static bool Verify(JsonObject whole, JsonObject place, byte[] publicKey)
    {
        if (place["signature"] is not JsonValue value || !value.TryGetValue(out string? text) || publicKey.Length != 32) return false;
        byte[] signature = new byte[Math.Max(64, text.Length)];
        if (!Convert.TryFromBase64String(text, signature, out int length) || length != 64) return false;
        place.Remove("signature");
        byte[] bytes = CanonicalJson.Write(whole);
        place["signature"] = text;
        Ed25519Signer signer = new();
        signer.Init(forSigning: false, new Ed25519PublicKeyParameters(publicKey, 0));
        signer.BlockUpdate(bytes, 0, bytes.Length);
        return signer.VerifySignature(signature[..64]);
    }
}

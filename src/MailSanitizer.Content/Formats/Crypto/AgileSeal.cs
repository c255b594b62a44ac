using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using MailSanitizer.Content.Formats.Cfb;

namespace MailSanitizer.Content.Formats.Crypto;

/// <summary>Locks an Office Open XML file as Office does since 2013: agile encryption, AES-256, SHA-512, 100,000 rounds, HMAC (MS-OFFCRYPTO 2.3.4.10 to 2.3.4.15, data spaces 2.1 and 2.2).</summary>
public static class AgileSeal
{
    /// <summary>Rounds of the password's hash, as Office writes them.</summary>
    public const int Rounds = 100_000;

    /// <summary>The locked file as the root of a compound file.</summary>
    public static CfbNode Lock(PartBytes content, string password, CancellationToken cancellation)
    {
        byte[] key = RandomNumberGenerator.GetBytes(32), salt = RandomNumberGenerator.GetBytes(16);
        byte[] package = Package(content, key, salt, cancellation);
        CfbNode root = CfbNode.Storage("");
        root.Children.Add(Spaces());
        root.Children.Add(CfbNode.Stream("EncryptionInfo", new MemoryPartBytes(Information(package, password, key, salt))));
        root.Children.Add(CfbNode.Stream("EncryptedPackage", new MemoryPartBytes(package)));
        return root;
    }

    private static byte[] Package(PartBytes content, byte[] key, byte[] salt, CancellationToken cancellation)
    {
        byte[] package = new byte[8 + ((content.Length + 15) / 16 * 16)];
        BinaryPrimitives.WriteInt64LittleEndian(package, content.Length);
        using Aes aes = Aes.Create();
        aes.Key = key;
        byte[] piece = new byte[AgileLock.Segment];
        byte[] number = new byte[4];
        for (long at = 0; at < content.Length; at += piece.Length)
        {
            cancellation.ThrowIfCancellationRequested();
            int got = content.Read(at, piece);
            int padded = (got + 15) / 16 * 16;
            piece.AsSpan(got, padded - got).Clear();
            BinaryPrimitives.WriteInt32LittleEndian(number, (int)(at / piece.Length));
            aes.EncryptCbc(piece.AsSpan(0, padded), Vector(salt, number), PaddingMode.None).CopyTo(package, 8 + at);
        }

        return package;
    }

    private static byte[] Information(byte[] package, string password, byte[] key, byte[] salt)
    {
        byte[] own = RandomNumberGenerator.GetBytes(16), verifier = RandomNumberGenerator.GetBytes(16), macKey = RandomNumberGenerator.GetBytes(64);
        byte[] spun = SHA512.HashData([.. own, .. Encoding.Unicode.GetBytes(password)]);
        byte[] input = new byte[4 + spun.Length];
        spun.CopyTo(input, 4);
        for (int round = 0; round < Rounds; round++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(input, round);
            _ = SHA512.HashData(input, input.AsSpan(4));
        }

        string Sealed(byte[] plain, byte[] block) => Encrypt(plain, SHA512.HashData([.. input.AsSpan(4), .. block])[..32], own);
        string text = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\r\n<encryption xmlns=\"http://schemas.microsoft.com/office/2006/encryption\" xmlns:p=\"http://schemas.microsoft.com/office/2006/keyEncryptor/password\" xmlns:c=\"http://schemas.microsoft.com/office/2006/keyEncryptor/certificate\">"
            + $"<keyData saltSize=\"16\" blockSize=\"16\" keyBits=\"256\" hashSize=\"64\" cipherAlgorithm=\"AES\" cipherChaining=\"ChainingModeCBC\" hashAlgorithm=\"SHA512\" saltValue=\"{Convert.ToBase64String(salt)}\"/>"
            + $"<dataIntegrity encryptedHmacKey=\"{Encrypt(macKey, key, Vector(salt, AgileLock.MacKey))}\" encryptedHmacValue=\"{Encrypt(HMACSHA512.HashData(macKey, package), key, Vector(salt, AgileLock.MacValue))}\"/>"
            + $"<keyEncryptors><keyEncryptor uri=\"http://schemas.microsoft.com/office/2006/keyEncryptor/password\"><p:encryptedKey spinCount=\"{Rounds}\" saltSize=\"16\" blockSize=\"16\" keyBits=\"256\" hashSize=\"64\" cipherAlgorithm=\"AES\" cipherChaining=\"ChainingModeCBC\" hashAlgorithm=\"SHA512\" saltValue=\"{Convert.ToBase64String(own)}\" "
            + $"encryptedVerifierHashInput=\"{Sealed(verifier, AgileLock.VerifierInput)}\" encryptedVerifierHashValue=\"{Sealed(SHA512.HashData(verifier), AgileLock.VerifierValue)}\" encryptedKeyValue=\"{Sealed(key, AgileLock.KeyValue)}\"/></keyEncryptor></keyEncryptors></encryption>";
        return [4, 0, 4, 0, 0x40, 0, 0, 0, .. Encoding.UTF8.GetBytes(text)];
    }

    private static string Encrypt(byte[] plain, byte[] key, byte[] vector)
    {
        using Aes aes = Aes.Create();
        aes.Key = key;
        return Convert.ToBase64String(aes.EncryptCbc(plain, vector, PaddingMode.None));
    }

    private static byte[] Vector(byte[] salt, byte[] block) => SHA512.HashData([.. salt, .. block])[..16];

    // Says that the package goes through the transform called StrongEncryptionTransform; Office opens nothing without it.
    private static CfbNode Spaces()
    {
        byte[] version = [1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0];
        byte[] entry = [1, 0, 0, 0, 0, 0, 0, 0, .. Text("EncryptedPackage"), .. Text("StrongEncryptionDataSpace")];
        byte[] transform = [0x58, 0, 0, 0, 1, 0, 0, 0, .. Text("{FF9A3F03-56EF-4613-BDD5-5A41C1D07246}"), .. Text("Microsoft.Container.EncryptionTransform"), .. version, .. new byte[12], 4, 0, 0, 0];
        CfbNode spaces = CfbNode.Storage("\u0006DataSpaces");
        CfbNode info = CfbNode.Storage("DataSpaceInfo"), transforms = CfbNode.Storage("TransformInfo"), strong = CfbNode.Storage("StrongEncryptionTransform");
        spaces.Children.Add(Stream("Version", [.. Text("Microsoft.Container.DataSpaces"), .. version]));
        spaces.Children.Add(Stream("DataSpaceMap", [8, 0, 0, 0, 1, 0, 0, 0, .. BitConverter.GetBytes(entry.Length + 4), .. entry]));
        info.Children.Add(Stream("StrongEncryptionDataSpace", [8, 0, 0, 0, 1, 0, 0, 0, .. Text("StrongEncryptionTransform")]));
        strong.Children.Add(Stream("\u0006Primary", transform));
        transforms.Children.Add(strong);
        spaces.Children.AddRange([info, transforms]);
        return spaces;
    }

    private static CfbNode Stream(string name, byte[] bytes) => CfbNode.Stream(name, new MemoryPartBytes(bytes));

    // UNICODE-LP-P4 (2.1.2): length in bytes, characters, filled to a multiple of four.
    private static byte[] Text(string text) => [.. BitConverter.GetBytes(text.Length * 2), .. Encoding.Unicode.GetBytes(text), .. new byte[text.Length % 2 * 2]];
}

using System.Buffers.Binary;
using System.Security.Cryptography;

namespace MailSanitizer.Content.Formats.Crypto;

/// <summary>Standard encryption (MS-OFFCRYPTO 2.3.4.5 to 2.3.4.9): Office 2007 and many libraries. AES in ECB, SHA-1, 50,000 rounds, no HMAC: the verifier of 20 bytes proves the password.</summary>
public sealed class StandardLock : PackageLock
{
    private readonly int _keyBytes;
    private readonly byte[] _salt;
    private readonly byte[] _verifier;
    private readonly byte[] _verifierHash;

    private StandardLock(int keyBytes, byte[] salt, byte[] verifier, byte[] verifierHash) => (_keyBytes, _salt, _verifier, _verifierHash) = (keyBytes, salt, verifier, verifierHash);

    /// <inheritdoc/>
    public override string Name => $"standard, AES-{_keyBytes * 8}, SHA1";

    /// <inheritdoc/>
    public override int Rounds => 50_000;

    /// <inheritdoc/>
    public override byte[]? KeyFor(string password)
    {
        byte[] spun = Spin(HashAlgorithmName.SHA1, _salt, password, Rounds);
        byte[] hash = CryptographicOperations.HashData(HashAlgorithmName.SHA1, [.. spun, 0, 0, 0, 0]);
        byte[] key = ((byte[])[.. Half(hash, 0x36), .. Half(hash, 0x5C)])[.._keyBytes];
        using Aes aes = Aes.Create();
        aes.Key = key;
        byte[] expected = CryptographicOperations.HashData(HashAlgorithmName.SHA1, aes.DecryptEcb(_verifier, PaddingMode.None));
        return CryptographicOperations.FixedTimeEquals(expected, aes.DecryptEcb(_verifierHash, PaddingMode.None).AsSpan(0, expected.Length)) ? key : null;
    }

    /// <inheritdoc/>
    public override Stream Open(PartBytes package, byte[] key) => new Plain(package, LengthOf(package), key);

    /// <inheritdoc/>
    public override bool? IsAuthentic(PartBytes package, byte[] key, CancellationToken cancellation) => null;

    internal static StandardLock? ReadStandard(byte[] info, out string why)
    {
        why = "its encryption information cannot be read";
        int header = info.Length < 12 ? 0 : (int)Math.Min(int.MaxValue, BinaryPrimitives.ReadUInt32LittleEndian(info.AsSpan(8)));
        if (header < 32 || header > info.Length - 12 - (4 + 16 + 16 + 4 + 32)) return null;
        uint algorithm = BinaryPrimitives.ReadUInt32LittleEndian(info.AsSpan(12 + 8));
        uint bits = BinaryPrimitives.ReadUInt32LittleEndian(info.AsSpan(12 + 16));
        if (algorithm is not (0x660E or 0x660F or 0x6610) || bits is not (128 or 192 or 256))
        {
            why = $"algorithm 0x{algorithm:X}, key of {bits} bits";
            return null;
        }

        int verifier = 12 + header;
        if (BinaryPrimitives.ReadUInt32LittleEndian(info.AsSpan(verifier)) != 16) return null;
        why = "";
        return new StandardLock((int)bits / 8, info[(verifier + 4)..(verifier + 20)], info[(verifier + 20)..(verifier + 36)], info[(verifier + 40)..(verifier + 72)]);
    }

    private static byte[] Half(byte[] hash, byte pad)
    {
        byte[] block = new byte[64];
        block.AsSpan().Fill(pad);
        for (int at = 0; at < hash.Length; at++) block[at] ^= hash[at];
        return CryptographicOperations.HashData(HashAlgorithmName.SHA1, block);
    }

    private sealed class Plain : UnlockedPackage
    {
        private readonly PartBytes _package;
        private long _next = Head;

        public Plain(PartBytes package, long length, byte[] key)
            : base(length, 16 * 1024)
        {
            _package = package;
            Aes.Key = key;
        }

        protected override int Next(byte[] piece)
        {
            int got = _package.Read(_next, piece) & ~15;
            if (got == 0) return 0;
            Aes.DecryptEcb(piece.AsSpan(0, got), PaddingMode.None).CopyTo(piece, 0);
            _next += got;
            return got;
        }
    }
}

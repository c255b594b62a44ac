using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace MailSanitizer.Content.Formats.Crypto;

/// <summary>
/// RC4 as legacy office files have it (MS-OFFCRYPTO 2.3.6 with 40 bits, 2.3.5 by the CryptoAPI with 40 to 128): a key stream for each block of a stream. The verifier (a hash of
/// 16 random bytes, both under the key) proves the password.
/// </summary>
[SuppressMessage("Security", "CA5350:Do Not Use Weak Cryptographic Algorithms", Justification = "the file's choice, not ours")]
[SuppressMessage("Security", "CA5351:Do Not Use Broken Cryptographic Algorithms", Justification = "the file's choice, not ours")]
public sealed class Rc4Lock
{
    private readonly byte[] _salt;
    private readonly byte[] _verifier;
    private readonly byte[] _verifierHash;
    private readonly int _keyBytes;

    private Rc4Lock(int keyBytes, byte[] salt, byte[] verifier, byte[] verifierHash) => (_keyBytes, _salt, _verifier, _verifierHash) = (keyBytes, salt, verifier, verifierHash);

    /// <summary>What it is, for the report.</summary>
    public string Name => _keyBytes == 0 ? "RC4, 40 bits" : $"RC4 CryptoAPI, {_keyBytes * 8} bits";

    /// <summary>Reads an encryption header, which begins with its version; null when it is none of these, and <paramref name="why"/> says so.</summary>
    public static Rc4Lock? Read(ReadOnlySpan<byte> header, out string why)
    {
        why = "its encryption header cannot be read";
        if (header.Length < 52) return null;
        int major = BinaryPrimitives.ReadUInt16LittleEndian(header), minor = BinaryPrimitives.ReadUInt16LittleEndian(header[2..]);
        if ((major, minor) == (1, 1))
        {
            why = "";
            return new Rc4Lock(0, header[4..20].ToArray(), header[20..36].ToArray(), header[36..52].ToArray());
        }

        if (major is not (2 or 3 or 4) || minor != 2)
        {
            why = $"encryption version {major}.{minor}";
            return null;
        }

        int size = (int)Math.Min(int.MaxValue, BinaryPrimitives.ReadUInt32LittleEndian(header[8..]));
        if (size < 32 || size > header.Length - 12 - 60) return null;
        uint algorithm = BinaryPrimitives.ReadUInt32LittleEndian(header[20..]);
        uint bits = BinaryPrimitives.ReadUInt32LittleEndian(header[28..]);
        if (bits == 0) bits = 40;
        if (algorithm is not (0 or 0x6801) || bits is < 40 or > 128 || bits % 8 != 0)
        {
            why = $"algorithm 0x{algorithm:X}, key of {bits} bits";
            return null;
        }

        ReadOnlySpan<byte> verifier = header[(12 + size)..];
        if (BinaryPrimitives.ReadUInt32LittleEndian(verifier) != 16) return null;
        why = "";
        return new Rc4Lock((int)bits / 8, verifier[4..20].ToArray(), verifier[20..36].ToArray(), verifier[40..60].ToArray());
    }

    /// <summary>The key when the password is right by the verifier; else null.</summary>
    public byte[]? KeyFor(string password)
    {
        byte[] text = Encoding.Unicode.GetBytes(password);
        byte[] key;
        if (_keyBytes == 0)
        {
            byte[] once = [.. MD5.HashData(text).AsSpan(0, 5), .. _salt];
            byte[] repeated = new byte[once.Length * 16];
            for (int at = 0; at < repeated.Length; at += once.Length) once.CopyTo(repeated, at);
            key = MD5.HashData(repeated)[..5];
        }
        else
        {
            key = SHA1.HashData([.. _salt, .. text]);
        }

        byte[] verifier = (byte[])_verifier.Clone(), hash = (byte[])_verifierHash.Clone();
        Rc4 cipher = Block(key, 0);
        cipher.Apply(verifier);
        cipher.Apply(hash);
        byte[] expected = _keyBytes == 0 ? MD5.HashData(verifier) : SHA1.HashData(verifier);
        return CryptographicOperations.FixedTimeEquals(expected, hash) ? key : null;
    }

    /// <summary>The key stream of one block.</summary>
    public Rc4 Block(byte[] key, uint number)
    {
        Span<byte> input = stackalloc byte[24];
        key.CopyTo(input);
        BinaryPrimitives.WriteUInt32LittleEndian(input[key.Length..], number);
        input = input[..(key.Length + 4)];
        if (_keyBytes == 0) return new Rc4(MD5.HashData(input));
        byte[] hash = SHA1.HashData(input);

        // 2.3.5.2: 40 bits are filled up with zeros to 128.
        return new Rc4(_keyBytes == 5 ? [.. hash.AsSpan(0, 5), .. new byte[11]] : hash[.._keyBytes]);
    }

    /// <summary>Locks or unlocks a stream from its beginning, with a new key stream every <paramref name="blockSize"/> bytes.</summary>
    public void Apply(byte[] key, Span<byte> stream, int blockSize)
    {
        for (int at = 0; at < stream.Length; at += blockSize) Block(key, (uint)(at / blockSize)).Apply(stream.Slice(at, Math.Min(blockSize, stream.Length - at)));
    }
}

using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Security.Cryptography;

namespace MailSanitizer.Content.Formats.Crypto;

/// <summary>PBKDF2-HMAC-SHA1 (RFC 8018 5.2) for eight passwords at once, one 20-byte block of the output: guessing needs only the block that holds the verifier.</summary>
public static class Pbkdf2Sha1
{
    /// <summary>Passwords in one run.</summary>
    public const int Lanes = 8;

    /// <summary>
    /// Computes block number <paramref name="block"/> (from 1) for <paramref name="count"/> (1 to 8) passwords from <paramref name="from"/> on;
    /// 20 bytes each into <paramref name="derived"/>. <paramref name="salt"/>: at most 51 bytes, so that salt and block number fit one SHA-1 block.
    /// </summary>
    public static void Block(IReadOnlyList<byte[]> passwords, int from, int count, ReadOnlySpan<byte> salt, int rounds, uint block, Span<byte> derived)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(salt.Length, 51);
        Span<Vector256<uint>> words = stackalloc Vector256<uint>[16];
        Span<Vector256<uint>> inner = stackalloc Vector256<uint>[5];
        Span<Vector256<uint>> outer = stackalloc Vector256<uint>[5];
        Span<uint> keys = stackalloc uint[Lanes * 16];
        Span<byte> padded = stackalloc byte[64];
        for (int lane = 0; lane < Lanes; lane++)
        {
            ReadOnlySpan<byte> password = passwords[from + Math.Min(lane, count - 1)];
            padded.Clear();
            if (password.Length > 64) SHA1.HashData(password, padded);
            else password.CopyTo(padded);
            for (int word = 0; word < 16; word++) keys[(word * Lanes) + lane] = BinaryPrimitives.ReadUInt32BigEndian(padded[(4 * word)..]);
        }

        for (int word = 0; word < 16; word++) words[word] = Vector256.Create<uint>(keys.Slice(word * Lanes, Lanes)) ^ Vector256.Create(0x36363636u);
        Start(inner);
        Compress(inner, words);
        for (int word = 0; word < 16; word++) words[word] = Vector256.Create<uint>(keys.Slice(word * Lanes, Lanes)) ^ Vector256.Create(0x5C5C5C5Cu);
        Start(outer);
        Compress(outer, words);

        padded.Clear();
        salt.CopyTo(padded);
        BinaryPrimitives.WriteUInt32BigEndian(padded[salt.Length..], block);
        padded[salt.Length + 4] = 0x80;
        BinaryPrimitives.WriteUInt32BigEndian(padded[60..], (uint)(64 + salt.Length + 4) * 8);
        for (int word = 0; word < 16; word++) words[word] = Vector256.Create(BinaryPrimitives.ReadUInt32BigEndian(padded[(4 * word)..]));

        Span<Vector256<uint>> digest = stackalloc Vector256<uint>[5];
        Span<Vector256<uint>> sum = stackalloc Vector256<uint>[5];
        inner.CopyTo(digest);
        Compress(digest, words);
        Finish(outer, digest, words);
        digest.CopyTo(sum);
        for (int round = 1; round < rounds; round++)
        {
            Message(digest, words);
            inner.CopyTo(digest);
            Compress(digest, words);
            Finish(outer, digest, words);
            for (int word = 0; word < 5; word++) sum[word] ^= digest[word];
        }

        for (int word = 0; word < 5; word++)
        {
            for (int lane = 0; lane < count; lane++) BinaryPrimitives.WriteUInt32BigEndian(derived[((lane * 20) + (4 * word))..], sum[word][lane]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Finish(Span<Vector256<uint>> outer, Span<Vector256<uint>> digest, Span<Vector256<uint>> words)
    {
        Message(digest, words);
        outer.CopyTo(digest);
        Compress(digest, words);
    }

    // A 20-byte digest as the second block of a message: 84 bytes in all.
    private static void Message(Span<Vector256<uint>> digest, Span<Vector256<uint>> words)
    {
        for (int word = 0; word < 5; word++) words[word] = digest[word];
        words[5] = Vector256.Create(0x80000000u);
        for (int word = 6; word < 15; word++) words[word] = Vector256<uint>.Zero;
        words[15] = Vector256.Create(84u * 8);
    }

    private static void Start(Span<Vector256<uint>> state)
    {
        state[0] = Vector256.Create(0x67452301u);
        state[1] = Vector256.Create(0xEFCDAB89u);
        state[2] = Vector256.Create(0x98BADCFEu);
        state[3] = Vector256.Create(0x10325476u);
        state[4] = Vector256.Create(0xC3D2E1F0u);
    }

    // SHA-1 (RFC 3174 6.1) with the schedule in a ring of 16 words.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Compress(Span<Vector256<uint>> state, Span<Vector256<uint>> words)
    {
        Vector256<uint> a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];
        Vector256<uint> constant = Vector256.Create(0x5A827999u);
        for (int step = 0; step < 16; step++)
        {
            Vector256<uint> next = Rotate5(a) + (d ^ (b & (c ^ d))) + e + constant + words[step];
            (e, d, c, b, a) = (d, c, Rotate30(b), a, next);
        }

        for (int step = 16; step < 20; step++)
        {
            Vector256<uint> next = Rotate5(a) + (d ^ (b & (c ^ d))) + e + constant + Word(words, step);
            (e, d, c, b, a) = (d, c, Rotate30(b), a, next);
        }

        constant = Vector256.Create(0x6ED9EBA1u);
        for (int step = 20; step < 40; step++)
        {
            Vector256<uint> next = Rotate5(a) + (b ^ c ^ d) + e + constant + Word(words, step);
            (e, d, c, b, a) = (d, c, Rotate30(b), a, next);
        }

        constant = Vector256.Create(0x8F1BBCDCu);
        for (int step = 40; step < 60; step++)
        {
            Vector256<uint> next = Rotate5(a) + ((b & c) | (d & (b | c))) + e + constant + Word(words, step);
            (e, d, c, b, a) = (d, c, Rotate30(b), a, next);
        }

        constant = Vector256.Create(0xCA62C1D6u);
        for (int step = 60; step < 80; step++)
        {
            Vector256<uint> next = Rotate5(a) + (b ^ c ^ d) + e + constant + Word(words, step);
            (e, d, c, b, a) = (d, c, Rotate30(b), a, next);
        }

        state[0] += a;
        state[1] += b;
        state[2] += c;
        state[3] += d;
        state[4] += e;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Word(Span<Vector256<uint>> words, int step)
    {
        Vector256<uint> mixed = words[(step - 3) & 15] ^ words[(step - 8) & 15] ^ words[(step - 14) & 15] ^ words[step & 15];
        return words[step & 15] = (mixed << 1) | (mixed >>> 31);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Rotate5(Vector256<uint> value) => (value << 5) | (value >>> 27);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Rotate30(Vector256<uint> value) => (value << 30) | (value >>> 2);
}

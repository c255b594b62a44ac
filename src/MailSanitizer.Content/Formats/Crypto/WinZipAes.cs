using System.Buffers.Binary;
using System.Security.Cryptography;

namespace MailSanitizer.Content.Formats.Crypto;

/// <summary>WinZip's AES encryption (AE-1 and AE-2): PBKDF2-HMAC-SHA1 with 1,000 rounds, CTR with a little-endian counter from 1, HMAC-SHA1 cut to 10 bytes over the ciphertext.</summary>
public static class WinZipAes
{
    /// <summary>Rounds of PBKDF2, fixed by the format.</summary>
    public const int Rounds = 1000;

    /// <summary>Bytes that tell most wrong passwords at once (1 in 65,536 passes).</summary>
    public const int VerifierLength = 2;

    /// <summary>Bytes of HMAC behind the data.</summary>
    public const int MacLength = 10;

    /// <summary>Bytes around the data: salt, verifier and HMAC.</summary>
    public static int Overhead(int keyLength) => (keyLength / 2) + VerifierLength + MacLength;

    /// <summary>Bit by password: whether the verifier fits. Only the PBKDF2 block that holds it is computed, eight passwords at a time. <paramref name="keyLength"/>: 16, 24 or 32 bytes.</summary>
    public static void Fits(IReadOnlyList<byte[]> passwords, ReadOnlySpan<byte> salt, ReadOnlySpan<byte> verifier, int keyLength, Span<bool> fits)
    {
        // Key, HMAC key, verifier: 2 x 16, 24 or 32 bytes in front, in blocks of 20.
        int offset = 2 * keyLength;
        uint block = (uint)(offset / 20) + 1;
        Span<byte> derived = stackalloc byte[Pbkdf2Sha1.Lanes * 20];
        for (int at = 0; at < passwords.Count; at += Pbkdf2Sha1.Lanes)
        {
            int count = Math.Min(Pbkdf2Sha1.Lanes, passwords.Count - at);
            Pbkdf2Sha1.Block(passwords, at, count, salt, Rounds, block, derived);
            for (int lane = 0; lane < count; lane++) fits[at + lane] = derived.Slice((lane * 20) + (offset % 20), VerifierLength).SequenceEqual(verifier);
        }
    }

    internal static byte[] Derive(ReadOnlySpan<byte> password, ReadOnlySpan<byte> salt, int keyLength) =>
        Rfc2898DeriveBytes.Pbkdf2(password, salt, Rounds, HashAlgorithmName.SHA1, (2 * keyLength) + VerifierLength);
}

/// <summary>The key stream and the running HMAC of one member.</summary>
internal sealed class WinZipAesCipher : IDisposable
{
    private readonly Aes _aes = Aes.Create();
    private readonly IncrementalHash _mac;
    private readonly byte[] _counters = new byte[4096];
    private readonly byte[] _keyStream = new byte[4096];
    private ulong _next = 1;
    private int _used = 4096;

    public WinZipAesCipher(ReadOnlySpan<byte> derived, int keyLength)
    {
        _aes.Key = derived[..keyLength].ToArray();
        _mac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA1, derived.Slice(keyLength, keyLength));
    }

    public void Apply(Span<byte> bytes)
    {
        for (int at = 0; at < bytes.Length;)
        {
            if (_used == _keyStream.Length) Refill();
            int count = Math.Min(bytes.Length - at, _keyStream.Length - _used);
            for (int one = 0; one < count; one++) bytes[at + one] ^= _keyStream[_used + one];
            _used += count;
            at += count;
        }
    }

    public void Mac(ReadOnlySpan<byte> locked) => _mac.AppendData(locked);

    public byte[] MacValue() => _mac.GetHashAndReset()[..WinZipAes.MacLength];

    public void Dispose()
    {
        _aes.Dispose();
        _mac.Dispose();
    }

    private void Refill()
    {
        for (int at = 0; at < _counters.Length; at += 16) BinaryPrimitives.WriteUInt64LittleEndian(_counters.AsSpan(at), _next++);
        _aes.EncryptEcb(_counters, _keyStream, PaddingMode.None);
        _used = 0;
    }
}

/// <summary>A locked member's data, decrypted while it is read. At the end <see cref="Authentic"/> tells whether the HMAC fits: a keyed proof of password and content.</summary>
public sealed class WinZipAesStream : ForwardStream
{
    private readonly Stream _packed;
    private readonly WinZipAesCipher? _cipher;
    private long _left;

    /// <summary>Begins at the salt. <paramref name="length"/>: bytes of salt, verifier, data and HMAC together. A wrong verifier, or less than the overhead, gives an empty stream that is not authentic.</summary>
    public WinZipAesStream(Stream packed, long length, ReadOnlySpan<byte> password, int keyLength)
    {
        _packed = packed;
        Span<byte> head = stackalloc byte[16 + WinZipAes.VerifierLength];
        head = head[..((keyLength / 2) + WinZipAes.VerifierLength)];
        if (length < WinZipAes.Overhead(keyLength) || packed.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) < head.Length) return;
        byte[] derived = WinZipAes.Derive(password, head[..^WinZipAes.VerifierLength], keyLength);
        if (!derived.AsSpan(2 * keyLength).SequenceEqual(head[^WinZipAes.VerifierLength..])) return;
        _cipher = new WinZipAesCipher(derived, keyLength);
        _left = length - WinZipAes.Overhead(keyLength);
        if (_left == 0) Finish();
    }

    /// <summary>True when the data was read to its end and its HMAC fits. False before.</summary>
    public bool Authentic { get; private set; }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        if (_cipher is null || _left == 0 || buffer.IsEmpty) return 0;
        int got = _packed.Read(buffer[..(int)Math.Min(buffer.Length, _left)]);
        if (got <= 0)
        {
            _left = 0;
            return 0;
        }

        _cipher.Mac(buffer[..got]);
        _cipher.Apply(buffer[..got]);
        _left -= got;
        if (_left == 0) Finish();
        return got;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _cipher?.Dispose();
            _packed.Dispose();
        }

        base.Dispose(disposing);
    }

    private void Finish()
    {
        Span<byte> mac = stackalloc byte[WinZipAes.MacLength];
        Authentic = _packed.ReadAtLeast(mac, mac.Length, throwOnEndOfStream: false) == mac.Length && CryptographicOperations.FixedTimeEquals(mac, _cipher!.MacValue());
    }
}

/// <summary>Writes salt and verifier, then what is written to it encrypted, and on <see cref="Finish"/> the HMAC. Does not dispose of the target.</summary>
public sealed class WinZipAesWriter : IDisposable
{
    private readonly Stream _to;
    private readonly WinZipAesCipher _cipher;

    /// <summary>With a fresh salt.</summary>
    public WinZipAesWriter(Stream to, ReadOnlySpan<byte> password, int keyLength)
    {
        byte[] salt = RandomNumberGenerator.GetBytes(keyLength / 2);
        byte[] derived = WinZipAes.Derive(password, salt, keyLength);
        (_to, _cipher) = (to, new WinZipAesCipher(derived, keyLength));
        to.Write(salt);
        to.Write(derived.AsSpan(2 * keyLength));
    }

    /// <summary>Encrypts and writes.</summary>
    public void Write(ReadOnlySpan<byte> plain)
    {
        byte[] locked = plain.ToArray();
        _cipher.Apply(locked);
        _cipher.Mac(locked);
        _to.Write(locked);
    }

    /// <summary>Writes the HMAC.</summary>
    public void Finish() => _to.Write(_cipher.MacValue());

    /// <inheritdoc/>
    public void Dispose() => _cipher.Dispose();
}

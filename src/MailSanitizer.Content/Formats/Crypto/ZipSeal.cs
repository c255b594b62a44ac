using System.Buffers.Binary;
using MailSanitizer.Content.Formats.Zip;

namespace MailSanitizer.Content.Formats.Crypto;

/// <summary>How a member that is written is locked.</summary>
/// <param name="Password">The password's bytes, as the archive spells it.</param>
/// <param name="KeyLength">Bytes of AES key (16, 24, 32), or 0 for ZipCrypto.</param>
/// <param name="Version">1 or 2 for AE-1 and AE-2; 0 for ZipCrypto.</param>
public sealed record ZipSeal(byte[] Password, int KeyLength, ushort Version)
{
    /// <summary>The lock that a member had: Windows Explorer opens only ZipCrypto, so a better one would lock its reader out.</summary>
    public static ZipSeal Like(ZipEntry entry, ZipKey key) =>
        entry.Method == ZipMethods.Aes && entry.Aes is { } aes ? new ZipSeal(key.Bytes, aes.KeyLength, aes.Version) : new ZipSeal(key.Bytes, 0, 0);

    /// <summary>True for AES.</summary>
    public bool IsAes => KeyLength > 0;

    /// <summary>Bytes around the packed content.</summary>
    public int Overhead => IsAes ? WinZipAes.Overhead(KeyLength) : ZipCrypto.HeaderLength;

    /// <summary>The extra field 0x9901 with its header; empty for ZipCrypto.</summary>
    public byte[] Extra(ushort method)
    {
        if (!IsAes) return [];
        byte[] field = [0x01, 0x99, 7, 0, (byte)Version, 0, (byte)'A', (byte)'E', (byte)((KeyLength / 8) - 1), 0, 0];
        BinaryPrimitives.WriteUInt16LittleEndian(field.AsSpan(9), method);
        return field;
    }

    /// <inheritdoc/>
    public override string ToString() => IsAes ? $"AES-{KeyLength * 8}" : "ZipCrypto";
}

/// <summary>Locks what is written to it. <see cref="Finish"/> at the end; the target is not disposed of.</summary>
internal sealed class ZipSealWriter : IDisposable
{
    private readonly Stream _to;
    private readonly WinZipAesWriter? _aes;
    private ZipCrypto _keys;

    /// <summary>Writes salt and verifier, or the header with the check byte of the content's CRC-32 (no bit 3: APPNOTE 6.1.6).</summary>
    public ZipSealWriter(Stream to, ZipSeal seal, uint crc)
    {
        _to = to;
        if (seal.IsAes)
        {
            _aes = new WinZipAesWriter(to, seal.Password, seal.KeyLength);
            return;
        }

        _keys = new ZipCrypto(seal.Password);
        to.Write(_keys.MakeHeader((byte)(crc >> 24)));
    }

    public void Write(ReadOnlySpan<byte> plain)
    {
        if (_aes is not null)
        {
            _aes.Write(plain);
            return;
        }

        byte[] locked = plain.ToArray();
        _keys.Encrypt(locked);
        _to.Write(locked);
    }

    public void Finish() => _aes?.Finish();

    public void Dispose() => _aes?.Dispose();
}

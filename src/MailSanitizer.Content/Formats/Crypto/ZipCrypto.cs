using System.Security.Cryptography;

namespace MailSanitizer.Content.Formats.Crypto;

/// <summary>
/// The traditional encryption of ZIP (APPNOTE 6.1). It is broken as a cipher, and its check byte is right for one wrong password in 256:
/// a fit here proves nothing, only inflating to the stated size and CRC-32 does, and even that can be forged.
/// </summary>
public struct ZipCrypto
{
    /// <summary>Bytes in front of a locked member's data.</summary>
    public const int HeaderLength = 12;

    private static readonly uint[] Table = MakeTable();
    private uint _first;
    private uint _second;
    private uint _third;

    /// <summary>Keys of a password, as bytes: UTF-8 and CP932 are both in use.</summary>
    public ZipCrypto(ReadOnlySpan<byte> password)
    {
        (_first, _second, _third) = (0x12345678, 0x23456789, 0x34567890);
        foreach (byte one in password) Update(one);
    }

    /// <summary>Decrypts the 12-byte header and compares its last byte: the top of the CRC-32, or of the DOS time where bit 3 is set (APPNOTE 6.1.6).</summary>
    public static bool Fits(ReadOnlySpan<byte> password, ReadOnlySpan<byte> header, byte check)
    {
        ZipCrypto keys = new(password);
        byte last = 0;
        for (int at = 0; at < HeaderLength; at++) last = keys.Decrypt(header[at]);
        return last == check;
    }

    /// <summary>Decrypts in place.</summary>
    public void Decrypt(Span<byte> bytes)
    {
        for (int at = 0; at < bytes.Length; at++) bytes[at] = Decrypt(bytes[at]);
    }

    /// <summary>Encrypts in place.</summary>
    public void Encrypt(Span<byte> bytes)
    {
        for (int at = 0; at < bytes.Length; at++)
        {
            byte plain = bytes[at];
            bytes[at] = (byte)(plain ^ Next());
            Update(plain);
        }
    }

    /// <summary>A fresh header whose last byte is the check byte, encrypted.</summary>
    public byte[] MakeHeader(byte check)
    {
        byte[] header = new byte[HeaderLength];
        RandomNumberGenerator.Fill(header.AsSpan(0, HeaderLength - 1));
        header[^1] = check;
        Encrypt(header);
        return header;
    }

    private byte Decrypt(byte locked)
    {
        byte plain = (byte)(locked ^ Next());
        Update(plain);
        return plain;
    }

    private readonly byte Next()
    {
        uint word = (_third | 2) & 0xFFFF;
        return (byte)((word * (word ^ 1)) >> 8);
    }

    private void Update(byte plain)
    {
        _first = Table[(byte)(_first ^ plain)] ^ (_first >> 8);
        _second = ((_second + (byte)_first) * 134775813) + 1;
        _third = Table[(byte)(_third ^ (_second >> 24))] ^ (_third >> 8);
    }

    private static uint[] MakeTable()
    {
        uint[] table = new uint[256];
        for (uint value = 0; value < 256; value++)
        {
            uint crc = value;
            for (int bit = 0; bit < 8; bit++) crc = (crc & 1) != 0 ? (crc >> 1) ^ 0xEDB88320 : crc >> 1;
            table[value] = crc;
        }

        return table;
    }
}

/// <summary>A locked member's data, decrypted while it is read; the header has been passed over. Proves nothing (see <see cref="ZipCrypto"/>).</summary>
public sealed class ZipCryptoStream : ForwardStream
{
    private readonly Stream _packed;
    private ZipCrypto _keys;

    /// <summary>Begins at the header. A stream shorter than it is empty. <paramref name="packed"/> is disposed of with this.</summary>
    public ZipCryptoStream(Stream packed, ReadOnlySpan<byte> password)
    {
        (_packed, _keys) = (packed, new ZipCrypto(password));
        Span<byte> header = stackalloc byte[ZipCrypto.HeaderLength];
        int got = packed.ReadAtLeast(header, header.Length, throwOnEndOfStream: false);
        _keys.Decrypt(header[..got]);
    }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        int got = _packed.Read(buffer);
        _keys.Decrypt(buffer[..got]);
        return got;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) _packed.Dispose();
        base.Dispose(disposing);
    }
}

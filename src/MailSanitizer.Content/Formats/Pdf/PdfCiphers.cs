using System.Security.Cryptography;
using MailSanitizer.Content.Formats.Crypto;

namespace MailSanitizer.Content.Formats.Pdf;

/// <summary>Encrypts and decrypts one string or stream with an object's key (7.6.3).</summary>
internal static class PdfCiphers
{
    /// <summary>Decrypted bytes. AES bytes without a whole block or with a wrong padding lose what does not fit, as in readers.</summary>
    public static byte[] Decrypt(PdfCipher cipher, byte[] key, ReadOnlySpan<byte> bytes)
    {
        if (cipher is PdfCipher.None) return bytes.ToArray();
        if (cipher is PdfCipher.Rc4)
        {
            byte[] plain = bytes.ToArray();
            Rc4.Apply(key, plain);
            return plain;
        }

        int length = (bytes.Length - 16) & ~15;
        if (length <= 0) return [];
        using Aes aes = Aes.Create();
        aes.Key = key;
        byte[] all = aes.DecryptCbc(bytes.Slice(16, length), bytes[..16], PaddingMode.None);
        return all[^1] is >= 1 and <= 16 ? all[..^all[^1]] : all;
    }

    /// <summary>Encrypted bytes; AES with a fresh initialisation vector.</summary>
    public static byte[] Encrypt(PdfCipher cipher, byte[] key, ReadOnlySpan<byte> bytes)
    {
        if (cipher is PdfCipher.None) return bytes.ToArray();
        if (cipher is PdfCipher.Rc4)
        {
            byte[] locked = bytes.ToArray();
            Rc4.Apply(key, locked);
            return locked;
        }

        using Aes aes = Aes.Create();
        aes.Key = key;
        byte[] vector = RandomNumberGenerator.GetBytes(16);
        return [.. vector, .. aes.EncryptCbc(bytes, vector)];
    }

    /// <summary>Decrypts while it is read.</summary>
    public static Stream Open(PdfCipher cipher, byte[] key, Stream source) => cipher switch
    {
        PdfCipher.None => source,
        PdfCipher.Rc4 => new PdfRc4Stream(source, new Rc4(key)),
        _ => new PdfAesStream(source, key),
    };
}

/// <summary>A stream under RC4.</summary>
internal sealed class PdfRc4Stream(Stream source, Rc4 cipher) : ForwardStream
{
    public override int Read(Span<byte> buffer)
    {
        int got = source.Read(buffer);
        cipher.Apply(buffer[..got]);
        return got;
    }
}

/// <summary>A stream under AES in CBC mode: sixteen bytes of initialisation vector, whole blocks, padding at the end.</summary>
internal sealed class PdfAesStream(Stream source, byte[] key) : ForwardStream
{
    private const int Room = 64 * 1024;
    private readonly byte[] _packed = new byte[Room];
    private readonly byte[] _vector = new byte[16];
    private readonly byte[] _held = new byte[16];
    private byte[] _plain = [];
    private int _at;
    private int _end;
    private bool _begun;
    private bool _holds;
    private bool _done;

    public override int Read(Span<byte> buffer)
    {
        while (_at == _end)
        {
            if (_done) return 0;
            Fill();
        }

        int count = Math.Min(buffer.Length, _end - _at);
        _plain.AsSpan(_at, count).CopyTo(buffer);
        _at += count;
        return count;
    }

    private void Fill()
    {
        if (!_begun)
        {
            _begun = true;
            if (source.ReadAtLeast(_vector, 16, throwOnEndOfStream: false) < 16)
            {
                _done = true;
                return;
            }
        }

        int got = source.ReadAtLeast(_packed, Room, throwOnEndOfStream: false);
        _done = got < Room;
        got &= ~15;
        byte[] plain = [];
        if (got > 0)
        {
            using Aes aes = Aes.Create();
            aes.Key = key;
            plain = aes.DecryptCbc(_packed.AsSpan(0, got), _vector, PaddingMode.None);
            _packed.AsSpan(got - 16, 16).CopyTo(_vector);
        }

        // The last block is held back until it is known to be the last: it ends in padding.
        byte[] all = _holds ? [.. _held, .. plain] : plain;
        _holds = false;
        _at = 0;
        _end = all.Length;
        _plain = all;
        if (all.Length == 0) return;
        if (_done)
        {
            if (all[^1] is >= 1 and <= 16) _end -= all[^1];
        }
        else
        {
            all.AsSpan(all.Length - 16).CopyTo(_held);
            _holds = true;
            _end -= 16;
        }
    }
}

using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using MailSanitizer.Content.Formats.Crypto;

namespace MailSanitizer.Content.Formats.Pdf;

/// <summary>A password made a key (7.6.4.3): algorithms 2 to 7, 2.A and 2.B.</summary>
internal sealed partial class PdfLock
{
    private static readonly byte[] Padding =
    [
        0x28, 0xBF, 0x4E, 0x5E, 0x4E, 0x75, 0x8A, 0x41, 0x64, 0x00, 0x4E, 0x56, 0xFF, 0xFA, 0x01, 0x08,
        0x2E, 0x2E, 0x00, 0xB6, 0xD0, 0x68, 0x3E, 0x80, 0x2F, 0x0C, 0xA9, 0xFE, 0x64, 0x53, 0x69, 0x7A,
    ];

    // Revisions 2 to 4 take PDFDocEncoding; Japanese writers give them Shift_JIS or UTF-8 bytes.
    private static IEnumerable<byte[]> Encoded(string password)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(password);
        if (password.All(char.IsAscii)) return [utf8];
        List<byte[]> forms = [utf8];
        if (PdfText.Encode(password) is { } document) forms.Insert(0, document);
        if (Charsets.Charset.Find("shift_jis") is { } japanese) forms.Add(japanese.GetBytes(password));
        return forms;
    }

    // SASLprep (RFC 4013) is NFKC and little else for what people type; 127 bytes count (7.6.4.3.3).
    private static IEnumerable<byte[]> Prepared(string password)
    {
        byte[] plain = Encoding.UTF8.GetBytes(password);
        if (plain.Length > 127) plain = plain[..127];
        if (password.All(char.IsAscii)) return [plain];
        byte[] prepared = Encoding.UTF8.GetBytes(password.IsNormalized(NormalizationForm.FormKC) ? password : Normalized(password));
        if (prepared.Length > 127) prepared = prepared[..127];
        return prepared.AsSpan().SequenceEqual(plain) ? [plain] : [prepared, plain];
    }

    private static string Normalized(string password)
    {
        try
        {
            return password.Normalize(NormalizationForm.FormKC);
        }
        catch (ArgumentException)
        {
            // A lone surrogate: there is no other form of it.
            return password;
        }
    }

    private byte[]? Open(byte[] password)
    {
        byte[] padded = Pad(password);
        if (FileKey(padded) is { } key) return key;

        // As owner's password: it decrypts the user's (algorithm 7).
        byte[] hash = MD5.HashData(padded);
        int length = Revision >= 3 ? _keyLength : 5;
        if (Revision >= 3)
        {
            for (int round = 0; round < 50; round++) hash = MD5.HashData(hash);
        }

        byte[] user = _owner[..32];
        if (Revision == 2)
        {
            Rc4.Apply(hash.AsSpan(0, length), user);
        }
        else
        {
            byte[] turned = new byte[length];
            for (int round = 19; round >= 0; round--)
            {
                for (int at = 0; at < length; at++) turned[at] = (byte)(hash[at] ^ round);
                Rc4.Apply(turned, user);
            }
        }

        return FileKey(user);
    }

    // Algorithms 2, 4, 5 and 6: the key, if the user entry proves it.
    private byte[]? FileKey(ReadOnlySpan<byte> padded)
    {
        using IncrementalHash md5 = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
        md5.AppendData(padded);
        md5.AppendData(_owner.AsSpan(0, 32));
        Span<byte> permissions = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(permissions, _permissions);
        md5.AppendData(permissions);
        md5.AppendData(_id);
        if (Revision >= 4 && !EncryptsMetadata) md5.AppendData([0xFF, 0xFF, 0xFF, 0xFF]);
        byte[] hash = md5.GetHashAndReset();
        int length = Revision >= 3 ? _keyLength : 5;
        if (Revision >= 3)
        {
            for (int round = 0; round < 50; round++) hash = MD5.HashData(hash.AsSpan(0, length));
        }

        byte[] key = hash[..length];
        if (Revision == 2)
        {
            byte[] expected = [.. Padding];
            Rc4.Apply(key, expected);
            return expected.AsSpan().SequenceEqual(_user.AsSpan(0, 32)) ? key : null;
        }

        byte[] proof = MD5.HashData([.. Padding, .. _id]);
        byte[] turned = new byte[length];
        for (int round = 0; round < 20; round++)
        {
            for (int at = 0; at < length; at++) turned[at] = (byte)(key[at] ^ round);
            Rc4.Apply(turned, proof);
        }

        return proof.AsSpan().SequenceEqual(_user.AsSpan(0, 16)) ? key : null;
    }

    private static byte[] Pad(ReadOnlySpan<byte> password)
    {
        byte[] padded = new byte[32];
        int count = Math.Min(32, password.Length);
        password[..count].CopyTo(padded);
        Padding.AsSpan(0, 32 - count).CopyTo(padded.AsSpan(count));
        return padded;
    }

    // Algorithm 2.A.
    private byte[]? Open5(byte[] password)
    {
        ReadOnlySpan<byte> user = _user.AsSpan(0, 48);
        if (Hash5(password, _owner.AsSpan(32, 8), user).AsSpan().SequenceEqual(_owner.AsSpan(0, 32))) return Unwrap(Hash5(password, _owner.AsSpan(40, 8), user), _ownerKey);
        if (Hash5(password, user.Slice(32, 8), default).AsSpan().SequenceEqual(user[..32])) return Unwrap(Hash5(password, user.Slice(40, 8), default), _userKey);
        return null;
    }

    private static byte[] Unwrap(byte[] key, byte[] wrapped)
    {
        using Aes aes = Aes.Create();
        aes.Key = key;
        return aes.DecryptCbc(wrapped.AsSpan(0, 32), new byte[16], PaddingMode.None);
    }

    // Algorithm 2.B. It ends by itself after 287 rounds at the latest, for the last byte of a round is below 256: that is its cap, and no entry of the file raises it.
    private byte[] Hash5(byte[] password, ReadOnlySpan<byte> salt, ReadOnlySpan<byte> user)
    {
        byte[] key = SHA256.HashData([.. password, .. salt, .. user]);
        if (Revision == 5) return key;
        for (int round = 0; ; round++)
        {
            byte[] once = [.. password, .. key, .. user];
            byte[] input = new byte[once.Length * 64];
            for (int copy = 0; copy < 64; copy++) once.CopyTo(input, copy * once.Length);
            using Aes aes = Aes.Create();
            aes.Key = key[..16];
            byte[] encrypted = aes.EncryptCbc(input, key.AsSpan(16, 16), PaddingMode.None);
            int sum = 0;
            foreach (byte value in encrypted.AsSpan(0, 16)) sum += value;
            key = (sum % 3) switch
            {
                0 => SHA256.HashData(encrypted),
                1 => SHA384.HashData(encrypted),
                _ => SHA512.HashData(encrypted),
            };
            if (round >= 63 && encrypted[^1] <= round - 31) return key[..32];
        }
    }
}

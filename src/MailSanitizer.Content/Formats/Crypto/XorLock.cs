using System.Buffers.Binary;
using System.Text;

namespace MailSanitizer.Content.Formats.Crypto;

/// <summary>XOR obfuscation, method 1 (MS-OFFCRYPTO 2.3.7.1 to 2.3.7.3): what Excel had before 97. Key and verifier have 16 bits each, so many passwords fit.</summary>
public sealed class XorLock
{
    private static readonly byte[] Pad = [0xBB, 0xFF, 0xFF, 0xBA, 0xFF, 0xFF, 0xB9, 0x80, 0x00, 0xBE, 0x0F, 0x00, 0xBF, 0x0F, 0x00];
    private static readonly ushort[] Initial = [0xE1F0, 0x1D0F, 0xCC9C, 0x84C0, 0x110C, 0x0E10, 0xF1CE, 0x313E, 0x1872, 0xE139, 0xD40F, 0x84F9, 0x280C, 0xA96A, 0x4EC3];

    private static readonly ushort[] Matrix =
    [
        0xAEFC, 0x4DD9, 0x9BB2, 0x2745, 0x4E8A, 0x9D14, 0x2A09, 0x7B61, 0xF6C2, 0xFDA5, 0xEB6B, 0xC6F7, 0x9DCF, 0x2BBF, 0x4563, 0x8AC6, 0x05AD, 0x0B5A, 0x16B4, 0x2D68, 0x5AD0,
        0x0375, 0x06EA, 0x0DD4, 0x1BA8, 0x3750, 0x6EA0, 0xDD40, 0xD849, 0xA0B3, 0x5147, 0xA28E, 0x553D, 0xAA7A, 0x44D5, 0x6F45, 0xDE8A, 0xAD35, 0x4A4B, 0x9496, 0x390D, 0x721A,
        0xEB23, 0xC667, 0x9CEF, 0x29FF, 0x53FE, 0xA7FC, 0x5FD9, 0x47D3, 0x8FA6, 0x0F6D, 0x1EDA, 0x3DB4, 0x7B68, 0xF6D0, 0xB861, 0x60E3, 0xC1C6, 0x93AD, 0x377B, 0x6EF6, 0xDDEC,
        0x45A0, 0x8B40, 0x06A1, 0x0D42, 0x1A84, 0x3508, 0x6A10, 0xAA51, 0x4483, 0x8906, 0x022D, 0x045A, 0x08B4, 0x1168, 0x76B4, 0xED68, 0xCAF1, 0x85C3, 0x1BA7, 0x374E, 0x6E9C,
        0x3730, 0x6E60, 0xDCC0, 0xA9A1, 0x4363, 0x86C6, 0x1DAD, 0x3331, 0x6662, 0xCCC4, 0x89A9, 0x0373, 0x06E6, 0x0DCC, 0x1021, 0x2042, 0x4084, 0x8108, 0x1231, 0x2462, 0x48C4,
    ];

    private readonly ushort _key;
    private readonly ushort _verifier;

    private XorLock(ushort key, ushort verifier) => (_key, _verifier) = (key, verifier);

    /// <summary>Reads key and verifier; null when there are not enough bytes.</summary>
    public static XorLock? Read(ReadOnlySpan<byte> pass) => pass.Length < 4 ? null : new XorLock(BinaryPrimitives.ReadUInt16LittleEndian(pass), BinaryPrimitives.ReadUInt16LittleEndian(pass[2..]));

    /// <summary>The pattern of 16 bytes when key and verifier fit the password, in any of the code pages it could have been typed in; else null.</summary>
    public byte[]? KeyFor(string password)
    {
        foreach (byte[] text in PasswordBytes.Of(password))
        {
            if (text.Length is > 0 and <= 15 && KeyOf(text) == _key && VerifierOf(text) == _verifier) return Pattern(text);
        }

        return null;
    }

    /// <summary>Key and verifier of a password, as they stand in a file.</summary>
    public static (ushort Key, ushort Verifier) Of(string password) => (KeyOf(Encoding.ASCII.GetBytes(password)), VerifierOf(Encoding.ASCII.GetBytes(password)));

    /// <summary>Locks or unlocks bytes. <paramref name="index"/>: their place in the stream and the length of their record, added.</summary>
    public static void Apply(byte[] pattern, Span<byte> bytes, int index, bool unlock)
    {
        for (int at = 0; at < bytes.Length; at++)
        {
            byte with = pattern[(index + at) & 15];
            bytes[at] = unlock ? (byte)(Rotate(bytes[at], 3) ^ with) : Rotate((byte)(bytes[at] ^ with), 5);
        }
    }

    private static byte Rotate(byte value, int by) => (byte)((value << by) | (value >> (8 - by)));

    private static ushort VerifierOf(byte[] text)
    {
        int verifier = 0;
        for (int at = text.Length - 1; at >= 0; at--) verifier = Turn(verifier) ^ text[at];
        return (ushort)(Turn(verifier) ^ text.Length ^ 0xCE4B);
    }

    private static int Turn(int value) => ((value & 0x4000) == 0 ? 0 : 1) | ((value << 1) & 0x7FFF);

    private static ushort KeyOf(byte[] text)
    {
        int key = Initial[text.Length - 1];
        for (int at = 0; at < text.Length; at++)
        {
            for (int bit = 0; bit < 7; bit++)
            {
                if ((text[at] & (1 << bit)) != 0) key ^= Matrix[((15 - text.Length + at) * 7) + bit];
            }
        }

        return (ushort)key;
    }

    private static byte[] Pattern(byte[] text)
    {
        byte[] pattern = [.. text, .. Pad.AsSpan(0, 16 - text.Length)];
        ushort key = KeyOf(text);
        for (int at = 0; at < 16; at++) pattern[at] = Rotate((byte)(pattern[at] ^ (at % 2 == 0 ? key & 0xFF : key >> 8)), 2);
        return pattern;
    }
}

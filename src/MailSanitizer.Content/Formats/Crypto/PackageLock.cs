using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace MailSanitizer.Content.Formats.Crypto;

/// <summary>The lock of an Office Open XML file (MS-OFFCRYPTO 2.3.4): what the <c>EncryptionInfo</c> stream says, and how the <c>EncryptedPackage</c> stream is read with it.</summary>
public abstract class PackageLock
{
    /// <summary>Bytes in front of the locked content: its length.</summary>
    protected const int Head = 8;

    /// <summary>What it is, for the report.</summary>
    public abstract string Name { get; }

    /// <summary>Hashes that one try costs. Set by the file.</summary>
    public abstract int Rounds { get; }

    /// <summary>The key when the password is right by the verifier, a keyed proof of it; else null.</summary>
    public abstract byte[]? KeyFor(string password);

    /// <summary>The content. What is missing at the end is missing here as well.</summary>
    public abstract Stream Open(PartBytes package, byte[] key);

    /// <summary>Whether the content is what the writer locked, by its HMAC; null where the lock has none.</summary>
    public abstract bool? IsAuthentic(PartBytes package, byte[] key, CancellationToken cancellation);

    /// <summary>Reads an <c>EncryptionInfo</c> stream; null when it is none that can be opened by a password, and <paramref name="why"/> says so.</summary>
    public static PackageLock? Read(byte[] info, out string why)
    {
        why = "";
        if (info.Length < 8)
        {
            why = "no encryption information";
            return null;
        }

        int major = BinaryPrimitives.ReadUInt16LittleEndian(info), minor = BinaryPrimitives.ReadUInt16LittleEndian(info.AsSpan(2));
        PackageLock? read = (major, minor) switch
        {
            (4, 4) => AgileLock.ReadAgile(info.AsMemory(8), out why),
            (2 or 3 or 4, 2) => StandardLock.ReadStandard(info, out why),
            _ => null,
        };
        if (read is null && why.Length == 0) why = $"encryption version {major}.{minor}";
        return read;
    }

    /// <summary>The length that the content is said to have, cut to what there is.</summary>
    protected static long LengthOf(PartBytes package)
    {
        Span<byte> head = stackalloc byte[Head];
        if (package.Read(0, head) < Head) return 0;
        return (long)Math.Min(BinaryPrimitives.ReadUInt64LittleEndian(head), (ulong)(package.Length - Head));
    }

    /// <summary>The password as all Office locks take it.</summary>
    protected static byte[] BytesOf(string password) => Encoding.Unicode.GetBytes(password);

    /// <summary>Salt and password, then as many rounds over the number of the round and the last hash.</summary>
    protected static byte[] Spin(HashAlgorithmName algorithm, byte[] salt, string password, int rounds)
    {
        byte[] hash = CryptographicOperations.HashData(algorithm, [.. salt, .. BytesOf(password)]);
        byte[] input = new byte[4 + hash.Length];
        hash.CopyTo(input, 4);
        for (int round = 0; round < rounds; round++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(input, round);
            _ = CryptographicOperations.HashData(algorithm, input, input.AsSpan(4));
        }

        return input[4..];
    }
}

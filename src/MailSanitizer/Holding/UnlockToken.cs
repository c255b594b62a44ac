using System.Security.Cryptography;
using System.Text;

namespace MailSanitizer.Holding;

/// <summary>
/// The address that takes a password from one reader of one message: <c>unlock+&lt;128 bits, hex&gt;@&lt;domain of notices.from&gt;</c>. The token is a keyed hash of message and reader, so
/// that nothing has to be kept to know it again, and nobody can make one.
/// </summary>
public sealed class UnlockToken(ReadOnlyMemory<byte> key, string domain)
{
    private const string Local = "unlock+";
    private const int Bytes = 16;

    /// <summary>The address for a reader.</summary>
    public string AddressOf(Guid message, string reader) => $"{Local}{Convert.ToHexStringLower(Of(message, reader))}@{domain}";

    /// <summary>The token in an address; null when it is no such address.</summary>
    public byte[]? Read(string address)
    {
        int at = address.LastIndexOf('@');
        if (at != Local.Length + (2 * Bytes) || !address.StartsWith(Local, StringComparison.OrdinalIgnoreCase) || !address.AsSpan(at + 1).Equals(domain, StringComparison.OrdinalIgnoreCase)) return null;
        byte[] token = new byte[Bytes];
        return Convert.FromHexString(address.AsSpan(Local.Length, 2 * Bytes), token, out _, out int written) == System.Buffers.OperationStatus.Done && written == Bytes ? token : null;
    }

    /// <summary>True when a token is that reader's for that message.</summary>
    public bool Fits(ReadOnlySpan<byte> token, Guid message, string reader) => CryptographicOperations.FixedTimeEquals(token, Of(message, reader));

    /// <summary>True for every address that looks like ours, whatever token it has.</summary>
    public static bool LooksLikeOne(string address) => address.StartsWith(Local, StringComparison.OrdinalIgnoreCase);

    private byte[] Of(Guid message, string reader) => HMACSHA256.HashData(key.Span, Encoding.UTF8.GetBytes($"unlock-1\n{message:N}\n{reader.ToLowerInvariant()}"))[..Bytes];
}

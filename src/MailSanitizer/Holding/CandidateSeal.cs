using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace MailSanitizer.Holding;

/// <summary>
/// Encrypts candidates for the store: AES-256-GCM under the key file's key, bound to their correspondence and kind, so that a row that is moved to another correspondence opens to nothing.
/// </summary>
public sealed class CandidateSeal(ReadOnlyMemory<byte> key)
{
    private const int NonceBytes = 12;
    private const int TagBytes = 16;

    /// <summary>Cipher text of some strings.</summary>
    public byte[] Close(IReadOnlyList<string> texts, string correspondence, string kind)
    {
        byte[] plain = JsonSerializer.SerializeToUtf8Bytes(texts);
        byte[] box = new byte[NonceBytes + TagBytes + plain.Length];
        RandomNumberGenerator.Fill(box.AsSpan(0, NonceBytes));
        using AesGcm cipher = new(key.Span, TagBytes);
        cipher.Encrypt(box.AsSpan(0, NonceBytes), plain, box.AsSpan(NonceBytes + TagBytes), box.AsSpan(NonceBytes, TagBytes), Bound(correspondence, kind));
        CryptographicOperations.ZeroMemory(plain);
        return box;
    }

    /// <summary>The strings; empty when the key is another one or the bytes are not what was written: candidates are help, never a reason to stop mail.</summary>
    public IReadOnlyList<string> Open(ReadOnlySpan<byte> box, string correspondence, string kind)
    {
        if (box.Length < NonceBytes + TagBytes) return [];
        byte[] plain = new byte[box.Length - NonceBytes - TagBytes];
        using AesGcm cipher = new(key.Span, TagBytes);
        try
        {
            cipher.Decrypt(box[..NonceBytes], box[(NonceBytes + TagBytes)..], box.Slice(NonceBytes, TagBytes), plain, Bound(correspondence, kind));
            return JsonSerializer.Deserialize<string[]>(plain) ?? [];
        }
        catch (Exception foreign) when (foreign is AuthenticationTagMismatchException or JsonException)
        {
            return [];
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plain);
        }
    }

    private static byte[] Bound(string correspondence, string kind) => Encoding.UTF8.GetBytes($"candidates-1\n{kind}\n{correspondence}");
}

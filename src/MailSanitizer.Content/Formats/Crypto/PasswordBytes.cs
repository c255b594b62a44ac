using System.Text;

namespace MailSanitizer.Content.Formats.Crypto;

/// <summary>The bytes that a password may have been locked with: programs write UTF-8, the ANSI code page of Japanese Windows, or Latin-1, and say nowhere which.</summary>
public static class PasswordBytes
{
    static PasswordBytes() => Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);

    /// <summary>UTF-8 first, then CP932 and Latin-1 where they can write it and differ.</summary>
    public static IReadOnlyList<byte[]> Of(string password)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(password);
        if (Ascii.IsValid(password)) return [utf8];
        List<byte[]> spellings = [utf8];
        foreach (int page in (ReadOnlySpan<int>)[932, 28591])
        {
            try
            {
                byte[] spelled = Encoding.GetEncoding(page, EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback).GetBytes(password);
                if (!spellings.Exists(known => known.AsSpan().SequenceEqual(spelled))) spellings.Add(spelled);
            }
            catch (EncoderFallbackException)
            {
                // Not a password that this code page can write.
            }
        }

        return spellings;
    }
}

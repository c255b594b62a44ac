using System.Text;

namespace MailSanitizer.Content.Formats.HeaderFields;

/// <summary>Plain text of header values.</summary>
public static class HeaderText
{
    /// <summary>Takes CR and LF out and trims blanks (RFC 5322 2.2.3: a fold is removed, the blank behind it stays).</summary>
    public static string Unfold(ReadOnlySpan<byte> value)
    {
        byte[] flat = Flatten(value);
        return (Charsets.Charset.TryDecode(Charsets.Charset.StrictUtf8, flat) ?? Encoding.Latin1.GetString(flat)).Trim(' ', '\t');
    }

    internal static byte[] Flatten(ReadOnlySpan<byte> value)
    {
        byte[] flat = new byte[value.Length];
        int length = 0;
        while (!value.IsEmpty)
        {
            int end = value.IndexOfAny((byte)'\r', (byte)'\n');
            ReadOnlySpan<byte> piece = end < 0 ? value : value[..end];
            piece.CopyTo(flat.AsSpan(length));
            length += piece.Length;
            value = end < 0 ? default : value[(end + 1)..];
        }

        return flat[..length];
    }
}

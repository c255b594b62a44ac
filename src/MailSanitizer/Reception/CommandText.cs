using System.Text;

namespace MailSanitizer.Reception;

/// <summary>A command line as text: strict UTF-8 (RFC 6531 3.3), no control characters but TAB.</summary>
internal static class CommandText
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Splits a line (without its CRLF) into verb, in upper case, and arguments; false when it is not text.</summary>
    public static bool TryRead(ReadOnlySpan<byte> line, out string verb, out string arguments)
    {
        verb = "";
        arguments = "";
        string text;
        try
        {
            text = Strict.GetString(line);
        }
        catch (DecoderFallbackException)
        {
            return false;
        }

        foreach (char one in text)
        {
            // U+0080 to U+009F and the line separators are nothing that an address or a name needs, and end lines for some readers.
            if ((char.IsControl(one) && one != '\t') || one is '\u2028' or '\u2029') return false;
        }

        text = text.Trim(' ', '\t');
        int end = text.AsSpan().IndexOfAny(' ', '\t');
        verb = (end < 0 ? text : text[..end]).ToUpperInvariant();
        arguments = end < 0 ? "" : text[end..].TrimStart(' ', '\t');
        return true;
    }
}

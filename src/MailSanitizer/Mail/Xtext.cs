using System.Text;

namespace MailSanitizer.Mail;

/// <summary>The xtext of RFC 3461 4: printable ASCII as it is, everything else, <c>+</c> and <c>=</c> as <c>+XX</c>. DSN parameters and XFORWARD values use it.</summary>
public static class Xtext
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Encodes text (as UTF-8).</summary>
    public static string Encode(string text)
    {
        StringBuilder encoded = new(text.Length);
        foreach (byte one in Encoding.UTF8.GetBytes(text))
        {
            if (one is >= 33 and <= 126 and not (byte)'+' and not (byte)'=') encoded.Append((char)one);
            else encoded.Append('+').Append(Convert.ToHexString([one]));
        }

        return encoded.ToString();
    }

    /// <summary>Decodes to text; false when a <c>+</c> has no two hexadecimal digits behind it, or the bytes are not UTF-8.</summary>
    /// <remarks>Unencoded <c>=</c> is taken, as Postfix takes it.</remarks>
    public static bool TryDecode(ReadOnlySpan<char> encoded, out string text)
    {
        text = "";
        List<byte> bytes = new(encoded.Length);
        for (int at = 0; at < encoded.Length; at++)
        {
            char one = encoded[at];
            if (one is <= ' ' or (char)127) return false;
            if (one != '+')
            {
                if (char.IsAscii(one)) bytes.Add((byte)one);
                else if (Rune.DecodeFromUtf16(encoded[at..], out Rune rune, out int taken) == System.Buffers.OperationStatus.Done)
                {
                    bytes.AddRange(Encoding.UTF8.GetBytes(rune.ToString()));
                    at += taken - 1;
                }
                else
                {
                    return false;
                }

                continue;
            }

            if (at + 3 > encoded.Length || !char.IsAsciiHexDigit(encoded[at + 1]) || !char.IsAsciiHexDigit(encoded[at + 2])) return false;
            bytes.Add(Convert.FromHexString(encoded.Slice(at + 1, 2))[0]);
            at += 2;
        }

        try
        {
            text = Strict.GetString([.. bytes]);
            return true;
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
    }
}

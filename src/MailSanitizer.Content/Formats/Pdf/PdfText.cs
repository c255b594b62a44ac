using System.Text;

namespace MailSanitizer.Content.Formats.Pdf;

/// <summary>Text strings (7.9.2.2): UTF-16 or UTF-8 with a mark in front, else PDFDocEncoding (annex D.3).</summary>
internal static class PdfText
{
    private const string From18 = "\u02D8\u02C7\u02C6\u02D9\u02DD\u02DB\u02DA\u02DC";
    private const string From80 = "\u2022\u2020\u2021\u2026\u2014\u2013\u0192\u2044\u2039\u203A\u2212\u2030\u201E\u201C\u201D\u2018\u2019\u201A\u2122\uFB01\uFB02\u0141\u0152\u0160\u0178\u017D\u0131\u0142\u0153\u0161\u017E\uFFFD\u20AC";

    public static string Decode(ReadOnlySpan<byte> bytes)
    {
        if (bytes.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF])) return Encoding.BigEndianUnicode.GetString(bytes[2..]);
        if (bytes.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE])) return Encoding.Unicode.GetString(bytes[2..]);
        if (bytes.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF])) return Encoding.UTF8.GetString(bytes[3..]);
        StringBuilder text = new(bytes.Length);
        foreach (byte value in bytes)
        {
            text.Append(value switch
            {
                >= 0x18 and <= 0x1F => From18[value - 0x18],
                >= 0x80 and <= 0xA0 => From80[value - 0x80],
                _ => (char)value,
            });
        }

        return text.ToString();
    }

    /// <summary>In PDFDocEncoding, or null when a character is not in it.</summary>
    public static byte[]? Encode(string text)
    {
        byte[] bytes = new byte[text.Length];
        for (int at = 0; at < text.Length; at++)
        {
            char c = text[at];
            int found = c is < (char)0x18 or (>= (char)0x20 and < (char)0x80) or (> (char)0xA0 and <= (char)0xFF) ? c
                : From80.IndexOf(c) is var high and >= 0 ? 0x80 + high
                : From18.IndexOf(c) is var low and >= 0 ? 0x18 + low
                : -1;
            if (found < 0) return null;
            bytes[at] = (byte)found;
        }

        return bytes;
    }

    /// <summary>A text string that every reader takes: ASCII as it is, else UTF-16.</summary>
    public static byte[] Write(string text) => text.All(c => c is >= ' ' and <= '~') ? Encoding.ASCII.GetBytes(text) : [0xFE, 0xFF, .. Encoding.BigEndianUnicode.GetBytes(text)];
}

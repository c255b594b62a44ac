using System.Text;

namespace MailSanitizer.Content.Formats.Charsets;

/// <summary>
/// Decodes file names whose charset nobody declared: strict UTF-8, then ISO-2022-JP by its escapes, then EUC-JP or CP932, then a fallback.
/// Statistical detectors fail on texts this short (LIBRARIES 2.11), validity does not.
/// </summary>
public static class NameText
{
    /// <summary>Decodes a name; never throws. <paramref name="fallback"/> is used where no Japanese reading fits; Windows-1252 when null.</summary>
    public static string Decode(ReadOnlySpan<byte> bytes, Encoding? fallback = null)
    {
        if (bytes.IndexOf((byte)0x1B) >= 0 && bytes.IndexOfAnyInRange((byte)0x80, (byte)0xFF) < 0) return Charset.Decode("iso-2022-jp", bytes);
        if (Charset.TryDecode(Charset.StrictUtf8, bytes) is { } utf8) return utf8;
        string? euc = Charset.TryDecode(Charset.Find("euc-jp")!, bytes);
        string? shiftJis = Charset.TryDecode(Charset.Cp932, bytes);
        if (euc is not null && (shiftJis is null || LooksLikeEuc(bytes))) return euc;
        return shiftJis ?? (fallback ?? Encoding.GetEncoding(1252)).GetString(bytes);
    }

    // Most EUC-JP strings are valid CP932 as well: as half-width kana. Real half-width names almost never hold the bytes A4 and A5
    // (a comma and a dot there), which in EUC-JP lead every hiragana and katakana.
    private static bool LooksLikeEuc(ReadOnlySpan<byte> bytes)
    {
        int pairs = 0, kana = 0;
        for (int at = 0; at < bytes.Length; at++)
        {
            byte lead = bytes[at];
            if (lead < 0x80) continue;
            if (lead is < 0xA1 and not 0x8E and not 0x8F) return false;
            pairs++;
            if (lead is 0xA4 or 0xA5) kana++;
            at++;
        }

        return kana > 0 && kana * 4 >= pairs;
    }
}

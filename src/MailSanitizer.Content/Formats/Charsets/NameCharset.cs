using System.Text;

namespace MailSanitizer.Content.Formats.Charsets;

/// <summary>
/// Decodes short 8-bit names whose charset nobody states: archive members, raw 8-bit file names in MIME.
/// Statistical detectors fail on names (two characters are no statistic); validity decides: strict UTF-8, then CP932, then EUC-JP, then the fallback.
/// </summary>
public static class NameCharset
{
    private static readonly Encoding Utf8 = new UTF8Encoding(false, throwOnInvalidBytes: true);
    private static readonly Encoding Cp932 = Strict(932);
    private static readonly Encoding EucJp = Strict(51932);

    /// <summary>Decodes a name. <paramref name="fallback"/> is a code page for what none of the Japanese charsets explains (437 in ZIP: APPNOTE D.1; 1252 elsewhere).</summary>
    public static string Decode(ReadOnlySpan<byte> raw, int fallback = 1252) => Detect(raw, fallback).Text;

    /// <summary>Decodes a name and says by which charset (<c>us-ascii</c>, <c>utf-8</c>, <c>cp932</c>, <c>euc-jp</c>, <c>cp437</c>, …).</summary>
    public static (string Text, string Charset) Detect(ReadOnlySpan<byte> raw, int fallback = 1252)
    {
        if (!raw.ContainsAnyInRange((byte)0x80, (byte)0xFF))
        {
            // Raw ISO-2022-JP in a header is 7-bit; its escapes tell it.
            if (raw.IndexOf("\u001b$"u8) >= 0) return (Charset.Decode("iso-2022-jp", raw), "iso-2022-jp");
            return (Encoding.ASCII.GetString(raw), "us-ascii");
        }

        if (TryUtf8(raw) is { } utf8) return (utf8, "utf-8");
        string? cp932 = TryCp932(raw);
        string? euc = TryEucJp(raw);

        // Most short EUC-JP names are also valid CP932, as half-width katakana. Full-width kana in the EUC reading tells them apart: its lead bytes
        // A4 and A5 are a half-width comma and middle dot in CP932, and no name has one of those before every letter.
        if (euc is not null && (cp932 is null || (HasWideKana(euc) && HasNarrowPunctuation(cp932)))) return (euc, "euc-jp");
        if (cp932 is not null) return (cp932, "cp932");
        return (CodePagesEncodingProvider.Instance.GetEncoding(fallback)?.GetString(raw) ?? Encoding.Latin1.GetString(raw), $"cp{fallback}");
    }

    /// <summary>The text when the bytes are well-formed UTF-8, else null.</summary>
    public static string? TryUtf8(ReadOnlySpan<byte> raw) => Try(Utf8, raw);

    /// <summary>The text when the bytes are valid CP932 (Windows-31J) without bytes that only lenient decoders take, else null.</summary>
    public static string? TryCp932(ReadOnlySpan<byte> raw)
    {
        string? text = Try(Cp932, raw);
        if (text is null) return null;

        bool other = false, user = false;

        // .NET maps 80, A0, FD to FF to C1 controls and private use; no Japanese system writes them. (E000 to E757 are user-defined characters, which some do.)
        foreach (char c in text)
        {
            if (c is (>= '\u0080' and <= '\u00A0') or (>= '\uF8F0' and <= '\uF8FF')) return null;
            other |= c is > '\u00A0' and not (>= '\uE000' and <= '\uF8FF');
            user |= c is >= '\uE000' and <= '\uF8FF';
        }

        // A name whose only characters outside ASCII are user-defined is a western one (F6 73: "ös").
        return user && !other ? null : text;
    }

    /// <summary>The text when the bytes are valid EUC-JP, else null.</summary>
    public static string? TryEucJp(ReadOnlySpan<byte> raw)
    {
        string? text = Try(EucJp, raw);
        if (text is null) return null;
        foreach (char c in text)
        {
            if (c is (>= '\u0080' and <= '\u00A0') or (>= '\uE000' and <= '\uF8FF')) return null;
        }

        return text;
    }

    private static bool HasWideKana(string text) => text.AsSpan().ContainsAnyInRange('\u3041', '\u30FE');

    private static bool HasNarrowPunctuation(string text) => text.AsSpan().ContainsAny('\uFF64', '\uFF65');

    private static string? Try(Encoding encoding, ReadOnlySpan<byte> raw)
    {
        try
        {
            return encoding.GetString(raw);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    private static Encoding Strict(int codePage) =>
        CodePagesEncodingProvider.Instance.GetEncoding(codePage, EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback)!;
}

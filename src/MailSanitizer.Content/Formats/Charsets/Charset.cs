using System.Collections.Frozen;
using System.Runtime.CompilerServices;
using System.Text;

namespace MailSanitizer.Content.Formats.Charsets;

/// <summary>
/// The character sets that mail uses, by every name that mail gives them. <see cref="Find"/> never throws; a name it does not know is null, so that
/// the caller decides what an unknown charset means.
/// </summary>
public static class Charset
{
    /// <summary>Windows' Shift_JIS (code page 932): what Japanese mail means by any Shift_JIS name.</summary>
    public static Encoding Cp932 => Find("cp932")!;

    /// <summary>UTF-8 that throws <see cref="DecoderFallbackException"/> on a byte that is not UTF-8.</summary>
    public static Encoding StrictUtf8 { get; } = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>UTF-8 without a byte order mark; wrong bytes become U+FFFD.</summary>
    public static Encoding Utf8 { get; } = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);

    // Names that .NET does not know, or knows as something narrower than what Japanese (and some other) mailers write under that name.
    private static readonly FrozenDictionary<string, int> Aliases = new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase)
    {
        ["windows-31j"] = 932, ["cswindows31j"] = 932, ["ms932"] = 932, ["cp932"] = 932, ["ms_kanji"] = 932, ["csshiftjis"] = 932,
        ["x-sjis"] = 932, ["sjis"] = 932, ["shift-jis"] = 932, ["shift_jis"] = 932, ["x-ms-cp932"] = 932, ["shift_jis-2004"] = 932, ["shift_jisx0213"] = 932,
        ["sjis-win"] = 932, ["x-windows-31j"] = 932,
        // 50220 reads half-width kana and the vendors' rows as well; 50221 differs in writing only.
        ["iso-2022-jp"] = 50220, ["iso2022jp"] = 50220, ["csiso2022jp"] = 50220, ["iso-2022-jp-ms"] = 50220, ["cp50220"] = 50220,
        ["cp50221"] = 50220, ["cp50222"] = 50220, ["iso-2022-jp-1"] = 50220, ["iso-2022-jp-2"] = 50220, ["iso-2022-jp-3"] = 50220, ["iso-2022-jp-2004"] = 50220,
        ["jis"] = 50220, ["x-iso-2022-jp"] = 50220,
        ["euc-jp"] = 51932, ["eucjp"] = 51932, ["eucjp-ms"] = 51932, ["eucjp-win"] = 51932, ["eucjp-open"] = 51932, ["x-euc-jp"] = 51932, ["x-euc"] = 51932,
        ["cp51932"] = 51932, ["euc-jis-2004"] = 51932, ["euc-jisx0213"] = 51932,
        ["ks_c_5601-1987"] = 949, ["ks_c_5601"] = 949, ["cp949"] = 949, ["uhc"] = 949, ["ms949"] = 949, ["euc-kr"] = 949, ["euckr"] = 949, ["x-windows-949"] = 949,
        ["gb2312"] = 936, ["gbk"] = 936, ["cp936"] = 936, ["euc-cn"] = 936, ["x-gbk"] = 936, ["ms936"] = 936, ["hz-gb-2312"] = 52936,
        ["big5"] = 950, ["cn-big5"] = 950, ["big5-hkscs"] = 950, ["x-x-big5"] = 950, ["cp950"] = 950,
        // What is announced as Latin-1 is written in Windows-1252 (WHATWG Encoding 4.2 reads it so); they differ only in C1 controls.
        ["iso-8859-1"] = 1252, ["latin1"] = 1252, ["latin-1"] = 1252, ["iso8859-1"] = 1252, ["cp1252"] = 1252, ["x-user-defined"] = 1252, ["ansi_x3.110-1983"] = 1252,
        ["us-ascii"] = 20127, ["ascii"] = 20127, ["ansi_x3.4-1968"] = 20127, ["7bit"] = 20127, ["8bit"] = 20127, ["default"] = 20127, ["unknown-8bit"] = 20127, ["x-unknown"] = 20127,
        ["utf8"] = 65001, ["utf-8"] = 65001, ["utf-8-mac"] = 65001, ["unicode-1-1-utf-8"] = 65001, ["utf8mb4"] = 65001,
        ["tis-620"] = 874, ["cp1250"] = 1250, ["cp1251"] = 1251, ["cp1253"] = 1253, ["cp1254"] = 1254, ["cp1255"] = 1255, ["cp1256"] = 1256, ["cp1257"] = 1257, ["cp1258"] = 1258, ["cp866"] = 866, ["cp437"] = 437, ["cp850"] = 850,
        ["iso-8859-8-i"] = 38598, ["iso-8859-8-e"] = 28598,
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    // MimeKit and the BCL both remember a charset they could not find; code pages must be there before anybody asks (LIBRARIES: late registration
    // leaves ISO-2022-JP decoded as Latin-1 for the life of the process).
    [ModuleInitializer]
    [System.Diagnostics.CodeAnalysis.SuppressMessage("Usage", "CA2255:The 'ModuleInitializer' attribute should not be used in libraries", Justification = "Must run before the first use of MimeKit anywhere; there is no earlier common point.")]
    internal static void Register() => Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);

    /// <summary>The encoding of a charset name (quotes, blanks and an RFC 2231 language suffix are taken off), or null when the name is unknown.</summary>
    public static Encoding? Find(string? name)
    {
        if (name is null) return null;
        ReadOnlySpan<char> bare = name.AsSpan().Trim(" \t\r\n\"'");
        int language = bare.IndexOf('*');
        if (language >= 0) bare = bare[..language];
        if (bare.Length is 0 or > 40) return null;
        string key = bare.ToString();
        try
        {
            if (Aliases.TryGetValue(key, out int codePage)) return Encoding.GetEncoding(codePage);

            // UTF-7 is refused on purpose: browsers and mail readers dropped it, and as a second reading of plain ASCII it only serves attacks.
            return key.Contains("utf-7", StringComparison.OrdinalIgnoreCase) ? null : Encoding.GetEncoding(key);
        }
        catch (Exception unknown) when (unknown is ArgumentException or NotSupportedException)
        {
            return null;
        }
    }

    /// <summary>The same encoding, throwing on bytes or characters that it cannot express. ISO-2022-JP's decoder in .NET never throws on some wrong bytes.</summary>
    public static Encoding Strict(Encoding encoding) =>
        Encoding.GetEncoding(encoding.CodePage, EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback);

    /// <summary>True when every character can be written in it and read back the same.</summary>
    public static bool CanExpress(Encoding encoding, string text)
    {
        try
        {
            byte[] bytes = Strict(encoding).GetBytes(text);
            return encoding.GetString(bytes) == text;
        }
        catch (EncoderFallbackException)
        {
            return false;
        }
    }

    /// <summary>Decodes by a charset name; never throws. Unknown or missing names are read as UTF-8 when the bytes are UTF-8, else as Windows-1252, which loses no byte.</summary>
    public static string Decode(string? name, ReadOnlySpan<byte> bytes)
    {
        Encoding? encoding = Find(name);
        if (encoding is null || encoding.CodePage is 20127) return TryDecode(StrictUtf8, bytes) ?? Encoding.GetEncoding(1252).GetString(bytes);
        if (encoding.CodePage is not 50220) return encoding.GetString(bytes);

        // JIS X 0213's first plane (ESC $ ( O, ESC $ ( Q) is JIS X 0208 with gaps filled: read as that, only the filled gaps are lost.
        byte[] older = bytes.ToArray();
        ReadOnlySpan<byte> rest = bytes;
        int at = 0;
        List<byte>? mapped = null;
        for (int found; (found = rest[at..].IndexOf("\u001b$("u8)) >= 0;)
        {
            int escape = at + found;
            byte final = escape + 3 < rest.Length ? rest[escape + 3] : (byte)0;
            mapped ??= new List<byte>(bytes.Length);
            mapped.AddRange(rest[at..escape]);
            mapped.AddRange(final is (byte)'O' or (byte)'Q' ? "\u001b$B"u8 : rest[escape..Math.Min(escape + 4, rest.Length)]);
            at = Math.Min(escape + 4, rest.Length);
        }

        if (mapped is not null)
        {
            mapped.AddRange(rest[at..]);
            older = [.. mapped];
        }

        return encoding.GetString(older);
    }

    /// <summary>Decodes strictly: null when a byte does not fit.</summary>
    public static string? TryDecode(Encoding encoding, ReadOnlySpan<byte> bytes)
    {
        try
        {
            return (encoding.DecoderFallback is DecoderExceptionFallback ? encoding : Strict(encoding)).GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }
}

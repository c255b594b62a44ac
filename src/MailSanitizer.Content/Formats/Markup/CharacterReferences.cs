using System.Collections.Frozen;
using System.Globalization;
using System.Net;
using System.Text;

namespace MailSanitizer.Content.Formats.Markup;

/// <summary>Character references (WHATWG HTML 13.2.5.72 and 13.5): numeric ones whole, named ones that mean ASCII or nothing visible, and those of HTML 4.</summary>
public static class CharacterReferences
{
    private const int LongestName = 32;

    // Names that stand for a character with a meaning in URLs, styles or markup. The 2,000 others stand for letters and signs that act nowhere.
    private static readonly FrozenDictionary<string, string> Named = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["Tab"] = "\t", ["NewLine"] = "\n", ["excl"] = "!", ["quot"] = "\"", ["QUOT"] = "\"", ["num"] = "#", ["dollar"] = "$", ["percnt"] = "%", ["amp"] = "&", ["AMP"] = "&", ["apos"] = "'", ["lpar"] = "(", ["rpar"] = ")",
        ["ast"] = "*", ["midast"] = "*", ["plus"] = "+", ["comma"] = ",", ["period"] = ".", ["sol"] = "/", ["colon"] = ":", ["semi"] = ";", ["lt"] = "<", ["LT"] = "<", ["equals"] = "=", ["gt"] = ">", ["GT"] = ">",
        ["quest"] = "?", ["commat"] = "@", ["lsqb"] = "[", ["lbrack"] = "[", ["bsol"] = "\\", ["rsqb"] = "]", ["rbrack"] = "]", ["Hat"] = "^", ["lowbar"] = "_", ["UnderBar"] = "_", ["grave"] = "`", ["DiacriticalGrave"] = "`",
        ["fjlig"] = "fj", ["lcub"] = "{", ["lbrace"] = "{", ["verbar"] = "|", ["vert"] = "|", ["VerticalLine"] = "|", ["rcub"] = "}", ["rbrace"] = "}", ["nbsp"] = "\u00A0", ["NonBreakingSpace"] = "\u00A0", ["shy"] = "\u00AD",
        ["zwnj"] = "\u200C", ["zwj"] = "\u200D", ["lrm"] = "\u200E", ["rlm"] = "\u200F", ["ZeroWidthSpace"] = "\u200B", ["NegativeVeryThinSpace"] = "\u200B", ["NegativeThinSpace"] = "\u200B", ["NegativeMediumSpace"] = "\u200B",
        ["NegativeThickSpace"] = "\u200B", ["NoBreak"] = "\u2060", ["ApplyFunction"] = "\u2061", ["af"] = "\u2061", ["InvisibleTimes"] = "\u2062", ["it"] = "\u2062", ["InvisibleComma"] = "\u2063", ["ic"] = "\u2063",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    // Names that HTML reads without a semicolon as well.
    private static readonly string[] Bare = ["amp", "AMP", "lt", "LT", "gt", "GT", "quot", "QUOT", "nbsp", "shy", "copy", "reg"];

    /// <summary>The text with its references undone. Entities of a document type can be given by name.</summary>
    public static string Decode(string text, IReadOnlyDictionary<string, string>? entities = null)
    {
        int at = text.IndexOf('&', StringComparison.Ordinal);
        if (at < 0) return text;
        StringBuilder decoded = new(text.Length);
        decoded.Append(text, 0, at);
        while (at < text.Length)
        {
            if (text[at] != '&')
            {
                int next = text.IndexOf('&', at);
                if (next < 0) next = text.Length;
                decoded.Append(text, at, next - at);
                at = next;
                continue;
            }

            int used = text.AsSpan(at + 1).StartsWith("#") ? Numeric(text, at + 2, decoded) : Name(text, at + 1, decoded, entities);
            if (used == 0) decoded.Append('&');
            at += 1 + used;
        }

        return decoded.ToString();
    }

    // "&#106", "&#x6A;", "&#0000106": any number of digits, the semicolon is optional (13.2.5.75 to 13.2.5.80).
    private static int Numeric(string text, int start, StringBuilder decoded)
    {
        bool hex = start < text.Length && text[start] is 'x' or 'X';
        int digits = hex ? start + 1 : start;
        int at = digits;
        long value = 0;
        while (at < text.Length && (hex ? char.IsAsciiHexDigit(text[at]) : char.IsAsciiDigit(text[at])))
        {
            value = Math.Min((value * (hex ? 16 : 10)) + int.Parse(text.AsSpan(at, 1), NumberStyles.HexNumber, CultureInfo.InvariantCulture), 0x110000);
            at++;
        }

        if (at == digits) return 0;
        if (at < text.Length && text[at] == ';') at++;
        if (value is 0 or > 0x10FFFF or (>= 0xD800 and <= 0xDFFF)) decoded.Append('\uFFFD');
        else if (value is >= 0x80 and <= 0x9F) decoded.Append(Encoding.GetEncoding(1252).GetString([(byte)value]));
        else decoded.Append(char.ConvertFromUtf32((int)value));
        return at - start + 1;
    }

    private static int Name(string text, int start, StringBuilder decoded, IReadOnlyDictionary<string, string>? entities)
    {
        int at = start;
        while (at < text.Length && at - start < LongestName && (char.IsAsciiLetterOrDigit(text[at]) || (entities is not null && text[at] is '_' or '-' or '.' or ':'))) at++;
        string name = text[start..at];
        if (name.Length > 0 && at < text.Length && text[at] == ';')
        {
            string? value = entities?.GetValueOrDefault(name) ?? Named.GetValueOrDefault(name);
            if (value is null && WebUtility.HtmlDecode($"&{name};") is { } known && known[0] != '&') value = known;
            if (value is not null)
            {
                decoded.Append(value);
                return name.Length + 1;
            }
        }

        foreach (string bare in Bare)
        {
            if (!name.StartsWith(bare, StringComparison.Ordinal)) continue;
            decoded.Append(Named.GetValueOrDefault(bare) ?? (bare == "copy" ? "©" : "®"));
            return bare.Length;
        }

        return 0;
    }

    /// <summary>Text for an attribute value or for element content: the characters that mean markup are references.</summary>
    public static string Encode(string text) =>
        text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal).Replace("\"", "&quot;", StringComparison.Ordinal).Replace("'", "&#39;", StringComparison.Ordinal);
}

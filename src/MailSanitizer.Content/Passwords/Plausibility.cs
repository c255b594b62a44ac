using System.Globalization;
using System.Text.RegularExpressions;

namespace MailSanitizer.Content.Passwords;

/// <summary>How much a string looks like a password, and what else it looks like.</summary>
internal static partial class Plausibility
{
    /// <summary>About -40 (a link) to +25 (letters, digits and signs mixed).</summary>
    public static int Of(string text)
    {
        Shape shape = new(text);
        int score = 6;
        score += text.Length switch { < 3 => -14, 3 => -6, < 6 => 0, <= 16 => 4, <= 32 => 0, _ => -8 };
        if (shape.Letters > 0 && shape.Digits > 0) score += 6;
        if (shape.Signs > 0) score += 5;
        if (shape.Upper > 0 && shape.Lower > 0 && !shape.Capitalised) score += 3;
        if (shape.Letters == 0 && shape.Digits > 0) score -= 4;
        if (shape.Digits == 0 && shape.Signs == 0 && shape.Marks == 0 && shape.Wide == 0) score -= 4;
        if (shape.Wide > 0 && shape.Letters + shape.Digits == 0) score -= 6;
        score -= 2 * shape.Spaces;
        return score - Elsewhere(text, shape);
    }

    /// <summary>True when a string in the middle of prose may be taken for a password without more.</summary>
    public static bool StandsOut(string text)
    {
        if (text.Length is < 4 or > 64) return false;
        Shape shape = new(text);
        if (shape.Wide > 0 || shape.Spaces > 0) return false;
        bool mixed = (shape.Letters > 0 && shape.Digits > 0) || (shape.Signs > 0 && shape.Letters + shape.Digits > 2)
            || (shape.Upper > 0 && shape.Lower > 0 && !shape.Capitalised) || (shape.Marks > 0 && shape.Letters > 3 && !shape.Capitalised);
        return mixed && Elsewhere(text, shape) == 0;
    }

    /// <summary>True for links, addresses, file names, dates, times, sums and phone numbers: things that business mail is full of.</summary>
    public static bool IsSomethingElse(string text) => Elsewhere(text, new Shape(text)) > 0;

    private static int Elsewhere(string text, Shape shape)
    {
        if (text.Contains("://", StringComparison.Ordinal) || text.StartsWith("www.", StringComparison.OrdinalIgnoreCase) || text.StartsWith("\\\\", StringComparison.Ordinal)) return 45;
        if (Address().IsMatch(text)) return 45;
        if (FileName().IsMatch(text)) return 35;
        if (shape.Digits == 0) return 0;
        if (Date().IsMatch(text) || Time().IsMatch(text)) return 16;
        if (Phone().IsMatch(text)) return 20;
        if (Sum().IsMatch(text)) return 16;
        return 0;
    }

    [GeneratedRegex(@"^[^\s@<>]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}$", RegexOptions.NonBacktracking)]
    private static partial Regex Address();

    [GeneratedRegex(@"\.(zip|7z|rar|lzh|pdf|docx?|xlsx?|pptx?|xlsm|docm|csv|txt|jpe?g|png|gif|exe|tar|gz|dwg|eml|msg|html?|m4a|mp4|mov|cs|ya?ml|json|xml|rpm)$", RegexOptions.NonBacktracking | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex FileName();

    [GeneratedRegex(@"^('?\d{2,4}[-/.年])?\d{1,2}[-/.月]\d{1,2}(日)?([-/.]\d{2,4})?$", RegexOptions.NonBacktracking)]
    private static partial Regex Date();

    [GeneratedRegex(@"^\d{1,2}:\d{2}(:\d{2})?([-~～]\d{1,2}:\d{2})?$", RegexOptions.NonBacktracking)]
    private static partial Regex Time();

    [GeneratedRegex(@"^(TEL|FAX|Tel\.?|Fax\.?)?[:.]?(\+\d{1,3}[- ]?)?\(?0?\d{1,4}\)?[- ]\d{2,4}[- ]\d{3,4}([- ]\d{2,4})?$", RegexOptions.NonBacktracking)]
    private static partial Regex Phone();

    [GeneratedRegex(@"^([¥￥$€]|USD|EUR|JPY)?\d{1,3}(,\d{3})+(\.\d{2})?(円|元|원|€)?$|^\d+(\.\d+)?(円|元|원|枚|個|名|部|件|本|台|桁|%|kg|g|mm|m|MB|KB|GB|pcs)$", RegexOptions.NonBacktracking)]
    private static partial Regex Sum();

    private readonly struct Shape
    {
        public Shape(string text)
        {
            for (int at = 0; at < text.Length; at++)
            {
                char one = text[at];
                if (char.IsAsciiDigit(one)) Digits++;
                else if (char.IsAsciiLetterUpper(one)) (Upper, Letters) = (Upper + 1, Letters + 1);
                else if (char.IsAsciiLetterLower(one)) (Lower, Letters) = (Lower + 1, Letters + 1);
                else if (one is ' ' or '\t' or '\u3000') Spaces++;
                else if (one is '-' or '.' or '/' or '\'' or ',' or ':') Marks++;
                else if (one < 0x7F) Signs++;
                else if (one < 0x250 && CharUnicodeInfo.GetUnicodeCategory(one) is UnicodeCategory.LowercaseLetter or UnicodeCategory.UppercaseLetter) Letters++;
                else Wide++;
            }

            Capitalised = Upper == 1 && text.Length > 0 && char.IsAsciiLetterUpper(text[0]);
        }

        public int Digits { get; }

        public int Upper { get; }

        public int Lower { get; }

        public int Letters { get; }

        public int Spaces { get; }

        public int Marks { get; }

        public int Signs { get; }

        public int Wide { get; }

        public bool Capitalised { get; }
    }
}

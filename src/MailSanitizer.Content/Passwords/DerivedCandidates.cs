using System.Buffers;
using System.Globalization;
using System.Text.RegularExpressions;

namespace MailSanitizer.Content.Passwords;

/// <summary>Passwords that a mail describes and does not write: a date in digits, the last digits of a phone number.</summary>
internal static partial class DerivedCandidates
{
    private static readonly string[] DateWords = ["日付", "年月日", "生年月日", "支払期日", "期日", "西暦", "本日", "今日", "開催日", "打合せ日", "日にち", "date", "datum", "日期", "날짜", "생년월일", "ddmm", "yyyymmdd", "mmdd", "ttmm", "jjmm"];

    private static readonly SearchValues<char> DateSigns = SearchValues.Create("日付date桁数字年tm");

    private static readonly string[] PhoneWords = ["電話番号", "電話", "tel", "携帯", "phone", "telefon", "téléphone", "电话", "전화"];

    private static readonly string[] TailWords = ["下", "末尾", "最後", "last", "letzte", "derniers", "后", "後", "뒤", "끝"];

    private static readonly string[] CountWords = ["桁", "けた", "ケタ", "digit", "ziffern", "chiffres", "位", "자리"];

    /// <summary>Adds what the text asks for. <paramref name="sent"/>: the Date field, or null.</summary>
    public static void Add(List<TextLine> lines, string? sent, CandidateScore scores)
    {
        bool dates = false;
        bool today = false;
        int phone = 0;
        for (int at = 0; at < lines.Count; at++)
        {
            string folded = lines[at].Folded.ToLowerInvariant();
            if (Any(folded, PhoneWords) && Any(folded, TailWords) && Any(folded, CountWords)) phone = Math.Max(phone, Count(folded));
            if (!lines[at].HasLabel && !(at > 0 && lines[at - 1].HasLabel)) continue;
            dates |= Any(folded, DateWords) && (folded.AsSpan().ContainsAny(DateSigns));
            today |= folded.Contains("本日", StringComparison.Ordinal) || folded.Contains("今日", StringComparison.Ordinal) || folded.Contains("today", StringComparison.Ordinal) || folded.Contains("heutig", StringComparison.Ordinal) || folded.Contains("当日", StringComparison.Ordinal);
        }

        if (dates || today) Dates(lines, today ? sent : null, scores);
        if (phone > 0) Phones(lines, phone, scores);
    }

    private static void Dates(List<TextLine> lines, string? sent, CandidateScore scores)
    {
        if (sent is not null && DateTimeOffset.TryParse(sent.Split('(')[0], CultureInfo.InvariantCulture, DateTimeStyles.None, out DateTimeOffset day))
        {
            Spell(DateOnly.FromDateTime(day.DateTime), new TextLine("date", 0, "", 0), 90, scores);
        }

        int seen = 0;
        foreach (TextLine line in lines)
        {
            foreach (ValueMatch match in WrittenDate().EnumerateMatches(line.Folded))
            {
                if (++seen > 8) return;
                string[] numbers = Digits(line.Folded.AsSpan(match.Index, match.Length));
                if (numbers.Length < 3 || !TryDate(numbers, out DateOnly date)) continue;
                Spell(date, line, 86 - seen, scores);
            }
        }
    }

    private static void Spell(DateOnly date, TextLine line, int score, CandidateScore scores)
    {
        foreach (string format in (ReadOnlySpan<string>)["yyyyMMdd", "yyMMdd", "MMdd", "ddMMyyyy", "ddMMyy", "MMddyyyy"])
        {
            scores.Find(date.ToString(format, CultureInfo.InvariantCulture), score--, "derived", line, "a date, as the text asks");
        }
    }

    private static void Phones(List<TextLine> lines, int count, CandidateScore scores)
    {
        int seen = 0;
        foreach (TextLine line in lines)
        {
            bool fax = line.Folded.Contains("FAX", StringComparison.OrdinalIgnoreCase) || line.Text.Contains("ファ", StringComparison.Ordinal);
            foreach (ValueMatch match in WrittenPhone().EnumerateMatches(line.Folded))
            {
                if (++seen > 8) return;
                string digits = string.Concat(Digits(line.Folded.AsSpan(match.Index, match.Length)));
                bool first = match.Index < 12;
                if (digits.Length >= Math.Max(9, count)) scores.Find(digits[^count..], (fax && !first ? 78 : fax ? 82 : 90) - seen, "derived", line, "last digits of a phone number, as the text asks");
            }
        }
    }

    private static int Count(string folded)
    {
        for (int at = 0; at + 1 < folded.Length; at++)
        {
            if (folded[at] is >= '3' and <= '8' && !char.IsAsciiDigit(folded[at + 1]) && (at == 0 || !char.IsAsciiDigit(folded[at - 1]))
                && folded.AsSpan(at + 1).TrimStart(' ') is var rest && (rest.StartsWith("桁") || rest.StartsWith("けた") || rest.StartsWith("ケタ") || rest.StartsWith("digit") || rest.StartsWith("ziffern") || rest.StartsWith("chiffres") || rest.StartsWith("位") || rest.StartsWith("자리")))
            {
                return folded[at] - '0';
            }
        }

        return 4;
    }

    private static bool TryDate(string[] numbers, out DateOnly date)
    {
        date = default;
        if (!int.TryParse(numbers[0], CultureInfo.InvariantCulture, out int first) || !int.TryParse(numbers[1], CultureInfo.InvariantCulture, out int month) || !int.TryParse(numbers[2], CultureInfo.InvariantCulture, out int last)) return false;
        (int year, int day) = numbers[0].Length == 4 ? (first, last) : numbers[2].Length == 4 ? (last, first) : (2000 + first, last);
        if (year is < 1900 or > 2100 || month is < 1 or > 12 || day is < 1 || day > DateTime.DaysInMonth(year, month)) return false;
        date = new DateOnly(year, month, day);
        return true;
    }

    private static string[] Digits(ReadOnlySpan<char> text)
    {
        List<string> runs = [];
        for (int at = 0; at < text.Length;)
        {
            int end = at;
            while (end < text.Length && char.IsAsciiDigit(text[end])) end++;
            if (end > at) runs.Add(text[at..end].ToString());
            at = end + 1;
        }

        return [.. runs];
    }

    private static bool Any(string folded, string[] words)
    {
        foreach (string word in words)
        {
            if (folded.Contains(word, StringComparison.Ordinal)) return true;
        }

        return false;
    }

    [GeneratedRegex(@"\d{4}[年/.\-]\s?\d{1,2}[月/.\-]\s?\d{1,2}|\d{1,2}[./\-]\d{1,2}[./\-]\d{4}|\d{2}[/.]\d{1,2}[/.]\d{1,2}", RegexOptions.NonBacktracking)]
    private static partial Regex WrittenDate();

    [GeneratedRegex(@"(\+\d{1,3}[ \-])?\(?\d{2,5}\)?[\- /]\d{2,6}([\- ]\d{2,6}){0,3}", RegexOptions.NonBacktracking)]
    private static partial Regex WrittenPhone();
}

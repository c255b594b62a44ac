using System.Globalization;

namespace MailSanitizer.Rules.Facts;

/// <summary>The date of a Date field (RFC 5322 3.3, with the obsolete zones and two-digit years of 4.3).</summary>
internal static class MailDate
{
    private static readonly string[] Months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

    private static readonly Dictionary<string, int> Zones = new(StringComparer.OrdinalIgnoreCase)
    {
        ["UT"] = 0, ["GMT"] = 0, ["UTC"] = 0, ["Z"] = 0, ["EST"] = -300, ["EDT"] = -240, ["CST"] = -360, ["CDT"] = -300, ["MST"] = -420, ["MDT"] = -360, ["PST"] = -480, ["PDT"] = -420, ["JST"] = 540,
    };

    /// <summary>The date, or null when it is none.</summary>
    public static DateTimeOffset? Parse(string text)
    {
        int comment = text.IndexOf('(', StringComparison.Ordinal);
        string[] words = (comment < 0 ? text : text[..comment]).Split([' ', '\t', ','], StringSplitOptions.RemoveEmptyEntries);
        int at = words.Length > 0 && char.IsAsciiLetter(words[0][0]) ? 1 : 0;
        if (words.Length < at + 4) return null;
        int month = words[at + 1].Length >= 3 ? Array.IndexOf(Months, words[at + 1][..3].ToLowerInvariant()) + 1 : 0;
        if (month == 0 || !Number(words[at], 1, 31, out int day) || !Number(words[at + 2], 0, 9999, out int year)) return null;
        if (words[at + 2].Length == 2) year += year < 50 ? 2000 : 1900;
        string[] clock = words[at + 3].Split(':');
        int second = 0;
        if (clock.Length is not (2 or 3) || !Number(clock[0], 0, 23, out int hour) || !Number(clock[1], 0, 59, out int minute)) return null;
        if (clock.Length == 3 && !Number(clock[2], 0, 60, out second)) return null;
        if (year is < 1 or > 9998 || day > DateTime.DaysInMonth(year, month) || Zone(words.Length > at + 4 ? words[at + 4] : "+0000") is not { } zone) return null;
        return new DateTimeOffset(year, month, day, hour, minute, Math.Min(second, 59), TimeSpan.FromMinutes(zone));
    }

    private static int? Zone(string text)
    {
        if (Zones.TryGetValue(text, out int known)) return known;
        if (text.Length != 5 || text[0] is not ('+' or '-') || !Number(text[1..3], 0, 13, out int hours) || !Number(text[3..], 0, 59, out int minutes)) return null;
        return (text[0] == '-' ? -1 : 1) * ((hours * 60) + minutes);
    }

    private static bool Number(string text, int least, int most, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number >= least && number <= most;
}

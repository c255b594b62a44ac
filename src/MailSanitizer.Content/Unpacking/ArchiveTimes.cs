namespace MailSanitizer.Content.Unpacking;

/// <summary>MS-DOS dates and times (ZIP, LZH, CAB, ARJ).</summary>
internal static class DosTime
{
    /// <summary>The time, or null when the bits are no time.</summary>
    public static DateTime? Read(uint value)
    {
        int year = (int)(value >> 25) + 1980, month = (int)(value >> 21) & 15, day = (int)(value >> 16) & 31;
        int hour = (int)(value >> 11) & 31, minute = (int)(value >> 5) & 63, second = (int)(value & 31) * 2;
        if (month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month) || hour > 23 || minute > 59 || second > 59) return null;
        return new DateTime(year, month, day, hour, minute, second, DateTimeKind.Utc);
    }
}

/// <summary>Windows file times: 100 ns since 1601.</summary>
internal static class FileTime
{
    /// <summary>The time, or null when it is none.</summary>
    public static DateTime? Read(ulong value) => value is 0 or > 2650467743990000000 ? null : DateTime.FromFileTimeUtc((long)value);
}

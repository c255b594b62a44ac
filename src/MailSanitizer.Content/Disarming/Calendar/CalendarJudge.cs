using System.Globalization;
using System.Text;
using MailSanitizer.Content.Formats.ContentLines;
using MailSanitizer.Content.Formats.Links;

namespace MailSanitizer.Content.Disarming.Calendar;

/// <summary>What is to be taken out of a line: the whole of it, or one range.</summary>
internal sealed record CalendarMark(FindingKind Kind, string Location, string Detail, int Start, int End);

/// <summary>A file inside a line.</summary>
internal sealed record CalendarFile(ContentLine Line, byte[] Bytes, string Name, string? Type);

/// <summary>Judges the lines of one calendar or card, in order. The same for walk and rebuild.</summary>
internal sealed class CalendarJudge(Limits limits)
{
    private readonly List<(string Name, int Start, bool IsActing)> _open = [];
    private int _dates;

    /// <summary>METHOD of the calendar, upper case.</summary>
    public string Method { get; private set; } = "";

    /// <summary>Addresses of the ORGANIZER lines.</summary>
    public HashSet<string> Organizers { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>What is found in one line.</summary>
    public IEnumerable<CalendarMark> Judge(ContentLine line)
    {
        string place = _open.Count > 0 ? $"{_open[^1].Name} {line.Name}" : line.Name;
        CalendarMark Whole(FindingKind kind, string detail = "") => new(kind, place, Short(detail), line.Start, line.End);
        string value = line.Value.Trim();
        switch (line.Name)
        {
            case "BEGIN":
                _open.Add((value.ToUpperInvariant(), line.Start, false));
                return [];
            case "END":
                return Close(value.ToUpperInvariant(), line.End);
            case "METHOD":
                Method = value.ToUpperInvariant();
                return [];
            case "ACTION" when InAlarm && value.ToUpperInvariant() is not ("AUDIO" or "DISPLAY" or "NONE"):
                _open[^1] = _open[^1] with { IsActing = true };
                return [];
            case "PALARM" or "MALARM":
                return [Whole(CalendarFindings.Alarm, line.Name)];
            case "ORGANIZER":
                if (Address(value) is { } address) Organizers.Add(address);
                break;
            case "ATTACH":
                if (IsInline(line)) return [Whole(CalendarFindings.InlineFile, line.Parameter("FMTTYPE") ?? "")];
                if (!IsHarmlessReference(value)) return [Whole(CalendarFindings.LinkedFile, value)];
                break;
            case "IMAGE":
                return [Whole(CalendarFindings.Image, IsInline(line) ? "inline" : value)];
            case "CONFERENCE":
                return [Whole(CalendarFindings.Conference, value)];
            case "STYLED-DESCRIPTION":
                return [Whole(CalendarFindings.Html)];
            case "SOURCE":
                return [Whole(CalendarFindings.Source, value)];
            case "PHOTO" or "LOGO" or "SOUND" or "KEY" or "AGENT" or "AALARM" when !IsInline(line) && IsUri(line, value) && UrlJudge.Judge(Uri(line, value)).Kind is UrlKind.Web or UrlKind.Acts:
                return [Whole(CalendarFindings.CardLink, value)];
            case "RRULE" or "EXRULE" when IsTooMuch(value):
                return [Whole(CalendarFindings.Recurrence, value)];
            case "RDATE" or "EXDATE" when (_dates += value.Count(c => c is ',' or ';') + 1) > limits.CalendarDates:
                return [Whole(CalendarFindings.Recurrence, $"more than {limits.CalendarDates} dates")];
        }

        if (line.Name.StartsWith("X-", StringComparison.Ordinal))
        {
            if (HasScript(value) || IsDangerous(value)) return [Whole(CalendarFindings.Script, value)];
            if (line.Parameter("FMTTYPE")?.Contains("html", StringComparison.OrdinalIgnoreCase) is true || (line.Name is "X-ALT-DESC" && value.Contains('<', StringComparison.Ordinal))) return [Whole(CalendarFindings.Html, line.Name)];
        }

        if (IsUriProperty(line) ? UrlJudge.Judge(value).Kind is UrlKind.Acts or UrlKind.DataImage : IsDangerous(value)) return [Whole(CalendarFindings.ActiveUrl, value)];
        return JudgeParameters(line, place);
    }

    /// <summary>What is still open at the end of the file ends there.</summary>
    public IEnumerable<CalendarMark> Finish(int end) => Enumerable.Range(0, _open.Count).Where(at => _open[at].IsActing).Select(at => Alarm(_open[at].Start, end)).ToArray();

    /// <summary>The file in a line; null when there is none, with <paramref name="damaged"/> set when it cannot be decoded.</summary>
    public static CalendarFile? FileIn(ContentLine line, out bool damaged)
    {
        damaged = false;
        if (line.Name is not ("ATTACH" or "IMAGE" or "PHOTO" or "LOGO" or "SOUND" or "KEY" or "AGENT" or "CONFERENCE" or "SOURCE" or "AALARM")) return null;
        string? type = line.Parameter("FMTTYPE") ?? line.Parameter("MEDIATYPE");
        string name = line.Parameter("FILENAME") ?? line.Parameter("X-FILENAME") ?? line.Parameter("X-APPLE-FILENAME") ?? line.Parameter("X-ORACLE-FILENAME") ?? line.Parameter("LABEL") ?? "";
        string value = line.Value.Trim();
        byte[]? bytes;
        if (line.Name == "AGENT" && value.Contains("BEGIN:VCARD", StringComparison.OrdinalIgnoreCase))
        {
            // RFC 2426 3.5.4: a card in a text value, its line ends written as \n.
            (bytes, type, name) = (Encoding.Latin1.GetBytes(value.Replace("\\n", "\r\n", StringComparison.OrdinalIgnoreCase).Replace("\\,", ",", StringComparison.Ordinal).Replace("\\;", ";", StringComparison.Ordinal).Replace("\\\\", "\\", StringComparison.Ordinal)), "text/vcard", "agent.vcf");
        }
        else if (!IsInline(line))
        {
            return null;
        }
        else if (value.StartsWith("data:", StringComparison.OrdinalIgnoreCase))
        {
            int comma = value.IndexOf(',', StringComparison.Ordinal);
            string head = comma < 0 ? "" : value[5..comma];
            type = head.Split(';')[0] is { Length: > 0 } stated ? stated : type;
            bytes = comma < 0 ? null : head.EndsWith(";base64", StringComparison.OrdinalIgnoreCase) ? Base64(System.Uri.UnescapeDataString(value[(comma + 1)..])) : Encoding.Latin1.GetBytes(System.Uri.UnescapeDataString(value[(comma + 1)..]));
        }
        else
        {
            bytes = line.IsEncoded("QUOTED-PRINTABLE") ? QuotedPrintable(value) : Base64(value);
        }

        damaged = bytes is null;
        return bytes is null ? null : new CalendarFile(line, bytes, name, type?.ToLowerInvariant());
    }

    private bool InAlarm => _open.Count > 0 && _open[^1].Name is "VALARM";

    private CalendarMark[] Close(string name, int end)
    {
        int at = _open.FindLastIndex(open => open.Name == name);
        if (at < 0) return [];
        CalendarMark[] alarms = [.. _open.Skip(at).Where(open => open.IsActing).Select(open => Alarm(open.Start, end))];
        _open.RemoveRange(at, _open.Count - at);
        return alarms;
    }

    private static CalendarMark Alarm(int start, int end) => new(CalendarFindings.Alarm, "VALARM", "", start, end);

    private static IEnumerable<CalendarMark> JudgeParameters(ContentLine line, string place)
    {
        foreach (LineParameter parameter in line.Parameters)
        {
            FindingKind? kind = parameter.Name is "ALTREP" ? UrlJudge.Judge(parameter.Value).Kind is UrlKind.Content or UrlKind.Empty ? null : CalendarFindings.Html
                : parameter.Name is "DIR" ? UrlJudge.Judge(parameter.Value).MayLink ? null : CalendarFindings.ActiveUrl
                : IsDangerous(parameter.Value) ? CalendarFindings.ActiveUrl : null;
            if (kind is not null) yield return new CalendarMark(kind, $"{place};{parameter.Name}", Short(parameter.Value), parameter.Start, parameter.End);
        }
    }

    private static bool IsInline(ContentLine line) =>
        line.IsEncoded("BASE64") || line.IsEncoded("QUOTED-PRINTABLE") || line.Parameter("VALUE") is { } value && value.Equals("BINARY", StringComparison.OrdinalIgnoreCase) || line.Value.TrimStart().StartsWith("data:", StringComparison.OrdinalIgnoreCase);

    private static bool IsUriProperty(ContentLine line) =>
        line.Name is "URL" or "TZURL" or "FBURL" or "CALURI" or "CALADRURI" || (line.Name is not ("ATTENDEE" or "ORGANIZER" or "IMPP" or "UID" or "TEL" or "RELATED" or "MEMBER" or "CAPURI" or "GEO") && line.Parameter("VALUE") is { } type && type.ToUpperInvariant() is "URI" or "URL");

    private static bool IsUri(ContentLine line, string value) =>
        line.Parameters.Any(parameter => parameter.Value.ToUpperInvariant() is "URI" or "URL") || UrlJudge.Judge(Uri(line, value)).Kind is UrlKind.Web or UrlKind.Acts;

    // vCalendar 1.0 writes the alarm's fields in front of the sound: run time; snooze; repeat; sound.
    private static string Uri(ContentLine line, string value) => line.Name is "AALARM" ? value[(value.LastIndexOf(';') + 1)..] : value;

    // A part of this message, or the name of a sound that the reader's own system has ("Basso").
    private static bool IsHarmlessReference(string value) =>
        UrlJudge.Judge(value) is var judged && (judged.Kind is UrlKind.Empty or UrlKind.Fragment or UrlKind.Content || (judged.Kind is UrlKind.Relative && !value.AsSpan().ContainsAny("/\\.%")));

    private static bool IsDangerous(string value) =>
        UrlJudge.Judge(value) is { Kind: UrlKind.Acts } judged && (judged.Scheme is "unc" or "file" or "javascript" or "vbscript" or "data" or "blob" or "search" or "shell" or "smb" or "jar" or "res" or "mk" or "about" or "view-source" || judged.Scheme.StartsWith("ms-", StringComparison.Ordinal) || judged.Scheme.EndsWith("-ms", StringComparison.Ordinal));

    private static bool HasScript(string value) =>
        value.Contains("<script", StringComparison.OrdinalIgnoreCase) || value.Contains("javascript:", StringComparison.OrdinalIgnoreCase) || value.Contains("vbscript:", StringComparison.OrdinalIgnoreCase) || value.Contains("onerror=", StringComparison.OrdinalIgnoreCase) || value.Contains("onload=", StringComparison.OrdinalIgnoreCase);

    private bool IsTooMuch(string value)
    {
        if (value.Length > 4_096) return true;
        int listed = 0;
        foreach (string rule in value.Split([';', ' '], StringSplitOptions.TrimEntries))
        {
            string[] pair = rule.ToUpperInvariant().Split('=', 2);
            string number = pair[0].StartsWith('#') ? pair[0][1..] : pair is ["COUNT", var count] ? count : "";
            if (number.Length > 0 && (!long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out long dates) || dates > limits.CalendarDates)) return true;
            if (pair is ["FREQ", "SECONDLY" or "MINUTELY"]) return true;
            if (pair is [['B', 'Y', ..], var list]) listed += list.Count(c => c == ',') + 1;
        }

        return listed > 500;
    }

    private static string? Address(string value)
    {
        int at = value.IndexOf("mailto:", StringComparison.OrdinalIgnoreCase);
        string address = System.Uri.UnescapeDataString(at < 0 ? value : value[(at + 7)..]).Trim();
        int query = address.IndexOf('?', StringComparison.Ordinal);
        if (query >= 0) address = address[..query];
        return address.Contains('@', StringComparison.Ordinal) ? address : null;
    }

    private static byte[]? Base64(string text)
    {
        string packed = string.Concat(text.Where(c => !char.IsWhiteSpace(c)));
        byte[] bytes = new byte[(packed.Length / 4 * 3) + 3];
        return packed.Length > 0 && (Convert.TryFromBase64String(packed, bytes, out int length) || Convert.TryFromBase64String(packed.TrimEnd('=').PadRight((packed.TrimEnd('=').Length + 3) / 4 * 4, '='), bytes, out length)) ? bytes[..length] : null;
    }

    private static byte[] QuotedPrintable(string text)
    {
        using MemoryStream bytes = new(text.Length);
        for (int at = 0; at < text.Length; at++)
        {
            if (text[at] == '=' && at + 2 < text.Length && char.IsAsciiHexDigit(text[at + 1]) && char.IsAsciiHexDigit(text[at + 2])) bytes.WriteByte(Convert.FromHexString(text.AsSpan(at + 1, 2))[0]);
            else bytes.WriteByte((byte)text[at]);
            if (text[at] == '=' && at + 2 < text.Length && char.IsAsciiHexDigit(text[at + 1]) && char.IsAsciiHexDigit(text[at + 2])) at += 2;
        }

        return bytes.ToArray();
    }

    private static string Short(string text) => text.Length <= 120 ? text : text[..120] + "…";
}

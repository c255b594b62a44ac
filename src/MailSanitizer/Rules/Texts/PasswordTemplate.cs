using System.Globalization;
using System.Text;
using MailSanitizer.Rules.Facts;

namespace MailSanitizer.Rules.Texts;

/// <summary>
/// A password with fields in braces, filled from what is known before the walk. Dates stand for the day of arrival and, where it differs, the day of the Date field.
/// A brace itself is written twice.
/// </summary>
internal static class PasswordTemplate
{
    /// <summary>The fields and what they stand for.</summary>
    public static readonly IReadOnlyList<KeyValuePair<string, string>> Fields =
    [
        new("yyyy", "year, four digits"), new("yy", "year, two digits"), new("MM", "month, two digits"), new("M", "month"), new("dd", "day, two digits"), new("d", "day"),
        new("from-local", "local part of From"), new("from-domain", "domain of From"), new("from-name", "first label of that domain"),
        new("to-local", "local part of the recipient"), new("to-domain", "domain of the recipient"), new("to-name", "first label of that domain"),
    ];

    public static string Escape(string text) => text.Replace("{", "{{", StringComparison.Ordinal).Replace("}", "}}", StringComparison.Ordinal);

    /// <summary>What is wrong with it, or null. Never quotes the text: it is a secret.</summary>
    public static string? Error(string text)
    {
        foreach ((bool isField, string part) in Split(text))
            if (isField && Fields.All(field => field.Key != part)) return $"unknown field in braces; known are {string.Join(", ", Fields.Select(field => field.Key))}";
        return null;
    }

    /// <summary>The passwords that it makes for a message.</summary>
    public static IEnumerable<string> Fill(string text, FactView view)
    {
        HashSet<string> made = new(StringComparer.Ordinal);
        foreach (DateTimeOffset day in Days(view))
            if (Fill(text, view, day) is { Length: > 0 } password) made.Add(password);
        return made;
    }

    private static IEnumerable<DateTimeOffset> Days(FactView view)
    {
        yield return TimeZoneInfo.ConvertTime(view.Message.ReceivedAt, view.Options.TimeZone);
        if (view.Index.Headers("Date") is [var date] && MailDate.Parse(date.Value) is { } written) yield return written;
    }

    private static string? Fill(string text, FactView view, DateTimeOffset day)
    {
        StringBuilder filled = new();
        foreach ((bool isField, string part) in Split(text))
        {
            string? value = isField ? Value(part, view, day) : part;
            if (value is null) return null;
            filled.Append(value);
        }

        return filled.ToString();
    }

    private static string? Value(string field, FactView view, DateTimeOffset day)
    {
        Mailbox? from = view.Index.Mailboxes("From") is [var first, ..] ? first : null;
        string to = view.Recipient.Address;
        return field switch
        {
            "from-local" => from is null ? null : Local(from.Address),
            "from-domain" => from?.Domain,
            "from-name" => from?.Domain.Split('.')[0],
            "to-local" => Local(to),
            "to-domain" => Values.DomainOf(to),
            "to-name" => Values.DomainOf(to).Split('.')[0],
            // A single letter alone would be a standard format.
            "d" or "M" => day.ToString("%" + field, CultureInfo.InvariantCulture),
            _ => day.ToString(field, CultureInfo.InvariantCulture),
        };
    }

    private static string Local(string address) => address.LastIndexOf('@') is var at and >= 0 ? address[..at] : address;

    private static IEnumerable<(bool IsField, string Text)> Split(string text)
    {
        StringBuilder plain = new();
        for (int at = 0; at < text.Length; at++)
        {
            char one = text[at];
            if (one is '{' or '}' && at + 1 < text.Length && text[at + 1] == one)
            {
                plain.Append(one);
                at++;
                continue;
            }

            int end = one == '{' ? text.IndexOf('}', at) : -1;
            if (end < 0)
            {
                plain.Append(one);
                continue;
            }

            yield return (false, plain.ToString());
            plain.Clear();
            yield return (true, text[(at + 1)..end]);
            at = end;
        }

        yield return (false, plain.ToString());
    }
}

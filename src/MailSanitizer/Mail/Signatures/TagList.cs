using System.Text;

namespace MailSanitizer.Mail.Signatures;

/// <summary>
/// A tag=value list (RFC 6376 3.2), as DKIM, ARC, DMARC and BIMI write their fields and records: names case-sensitive and once each, blanks around names and
/// values without meaning.
/// </summary>
public sealed class TagList
{
    /// <summary>Tags of one list (count). Origin: product decision; the RFCs know a dozen. At it: the list is malformed.</summary>
    public const int MaximumTags = 100;

    private readonly Dictionary<string, (string Value, int Start, int Length)> _tags;

    private TagList(Dictionary<string, (string, int, int)> tags, IReadOnlyList<string> names)
    {
        (_tags, Names) = (tags, names);
    }

    /// <summary>Tag names in their order.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The value, blanks and folds at its ends taken off; null when the tag is missing.</summary>
    public string? this[string name] => _tags.TryGetValue(name, out (string Value, int, int) tag) ? tag.Value : null;

    /// <summary>The value with every blank and fold taken out (base64, lists); null when the tag is missing.</summary>
    public string? Compact(string name) => this[name] is { } value ? string.Concat(value.Where(one => !IsBlank(one))) : null;

    /// <summary>The items of a list parted by colons, blanks taken off; null when the tag is missing.</summary>
    public string[]? List(string name) => this[name]?.Split(':').Select(item => item.Trim(' ', '\t', '\r', '\n')).ToArray();

    /// <summary>Where the value lies, with all blanks around it: offset and length in the text that was read.</summary>
    public (int Start, int Length)? Place(string name) => _tags.TryGetValue(name, out (string, int Start, int Length) tag) ? (tag.Start, tag.Length) : null;

    /// <summary>Reads a field's value or a record, one char a byte; null when it is malformed.</summary>
    public static TagList? Read(ReadOnlySpan<byte> bytes) => Read(Encoding.Latin1.GetString(bytes));

    /// <summary>Reads a field's value or a record; null when it is malformed.</summary>
    public static TagList? Read(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        Dictionary<string, (string, int, int)> tags = new(StringComparer.Ordinal);
        List<string> names = [];
        for (int at = 0; at < text.Length;)
        {
            int end = text.IndexOf(';', at);
            if (end < 0) end = text.Length;
            ReadOnlySpan<char> spec = text.AsSpan(at, end - at);
            if (Blank(spec))
            {
                // One semicolon may end the list; an empty tag in the middle is an error.
                if (end < text.Length || names.Count == 0) return null;
                break;
            }

            int equals = spec.IndexOf('=');
            if (equals < 0) return null;
            string name = spec[..equals].Trim(" \t\r\n").ToString();
            ReadOnlySpan<char> value = spec[(equals + 1)..].Trim(" \t\r\n");
            if (!IsName(name) || !IsValue(value) || names.Count == MaximumTags) return null;
            if (!tags.TryAdd(name, (value.ToString(), at + equals + 1, spec.Length - equals - 1))) return null;
            names.Add(name);
            at = end + 1;
        }

        return names.Count == 0 ? null : new TagList(tags, names);
    }

    private static bool Blank(ReadOnlySpan<char> text) => text.Trim(" \t\r\n").IsEmpty;

    private static bool IsBlank(char one) => one is ' ' or '\t' or '\r' or '\n';

    private static bool IsName(string name) => name.Length > 0 && char.IsAsciiLetter(name[0]) && name.All(one => char.IsAsciiLetterOrDigit(one) || one == '_');

    // Bytes above ASCII are UTF-8 in internationalised mail (RFC 8616); control characters never.
    private static bool IsValue(ReadOnlySpan<char> value)
    {
        foreach (char one in value)
        {
            if (!IsBlank(one) && one is < '!' or '\x7F') return false;
        }

        return true;
    }
}

using System.Text;

namespace MailSanitizer.Content.Formats.ContentLines;

/// <summary>One parameter of a content line.</summary>
/// <param name="Name">Upper case; empty where only a value stands (<c>;BASE64</c> of vCard 2.1, whose value it then is).</param>
/// <param name="Value">Without quotes.</param>
/// <param name="Start">Where its semicolon stands in the whole text (characters).</param>
/// <param name="End">Behind its last character.</param>
public sealed record LineParameter(string Name, string Value, int Start, int End);

/// <summary>A content line of iCalendar or vCard (RFC 5545 3.1, RFC 6350 3.2, vCard 2.1), unfolded. Places are characters of the text it was read from.</summary>
public sealed record ContentLine
{
    /// <summary>Upper case, without the group in front of it.</summary>
    public required string Name { get; init; }

    /// <summary>In stored order.</summary>
    public required IReadOnlyList<LineParameter> Parameters { get; init; }

    /// <summary>Unfolded, escapes as they stood.</summary>
    public required string Value { get; init; }

    /// <summary>Begin of the line.</summary>
    public required int Start { get; init; }

    /// <summary>Begin of the value.</summary>
    public required int ValueStart { get; init; }

    /// <summary>Behind the line end.</summary>
    public required int End { get; init; }

    /// <summary>The value of the first parameter of that name, or null.</summary>
    public string? Parameter(string name) => Parameters.FirstOrDefault(parameter => parameter.Name == name)?.Value;

    /// <summary>True for <c>ENCODING=BASE64</c>, <c>ENCODING=b</c>, <c>;BASE64</c> and the same for other encodings.</summary>
    public bool IsEncoded(string encoding) =>
        Parameters.Any(parameter => parameter.Name is "ENCODING" or "" && (parameter.Value.Equals(encoding, StringComparison.OrdinalIgnoreCase) || (encoding == "BASE64" && parameter.Value.Equals("B", StringComparison.OrdinalIgnoreCase))));
}

/// <summary>
/// Cuts a text into content lines as forgiving readers do: CRLF, LF or CR end a line, a blank or tab continues it, an unclosed quote ends with the line,
/// quoted-printable goes on over its soft breaks. Nothing throws; a line without a colon has no value.
/// </summary>
public static class ContentLines
{
    /// <summary>All lines, at most <paramref name="most"/>.</summary>
    public static IEnumerable<ContentLine> Read(string text, int most)
    {
        int at = 0;
        for (int count = 0; at < text.Length && count < most; count++)
        {
            int start = at;
            StringBuilder unfolded = new();
            List<int> places = [];
            at = Take(text, at, unfolded, places);
            string line = unfolded.ToString();
            bool quoted = line.Contains("QUOTED-PRINTABLE", StringComparison.OrdinalIgnoreCase);
            while (at < text.Length && (text[at] is ' ' or '\t' || (quoted && unfolded.Length > 0 && unfolded[^1] == '=')))
            {
                if (text[at] is ' ' or '\t') at++;
                else unfolded.Length--;
                if (places.Count > unfolded.Length) places.RemoveAt(places.Count - 1);
                at = Take(text, at, unfolded, places);
            }

            yield return Parse(unfolded.ToString(), places, start, at);
        }
    }

    private static int Take(string text, int at, StringBuilder to, List<int> places)
    {
        int end = text.AsSpan(at).IndexOfAny('\r', '\n');
        end = end < 0 ? text.Length : at + end;
        to.Append(text, at, end - at);
        for (int place = at; place < end; place++) places.Add(place);
        if (end < text.Length) end += text[end] == '\r' && end + 1 < text.Length && text[end + 1] == '\n' ? 2 : 1;
        return end;
    }

    private static ContentLine Parse(string line, List<int> places, int start, int end)
    {
        int colon = Colon(line, quotes: true);
        if (colon < 0) colon = Colon(line, quotes: false);
        string head = colon < 0 ? line : line[..colon];
        List<LineParameter> parameters = [];
        int name = head.IndexOf(';', StringComparison.Ordinal);
        for (int from = name; from >= 0 && from < head.Length;)
        {
            int next = from + 1;
            for (bool inside = false; next < head.Length && (inside || head[next] != ';'); next++)
            {
                if (head[next] == '"') inside = !inside;
            }

            string parameter = head[(from + 1)..next];
            int equals = parameter.IndexOf('=', StringComparison.Ordinal);
            parameters.Add(new LineParameter(equals < 0 ? "" : Key(parameter[..equals]), parameter[(equals + 1)..].Trim().Trim('"'), places[from], next < places.Count ? places[next] : end));
            from = next;
        }

        string property = Key(name < 0 ? head : head[..name]);
        int value = colon < 0 ? line.Length : colon + 1;
        return new ContentLine
        {
            Name = property[(property.LastIndexOf('.') + 1)..],
            Parameters = parameters,
            Value = colon < 0 ? "" : line[(colon + 1)..],
            Start = start,
            ValueStart = value < places.Count ? places[value] : end,
            End = end,
        };
    }

    private static int Colon(string line, bool quotes)
    {
        bool inside = false;
        for (int at = 0; at < line.Length; at++)
        {
            if (quotes && line[at] == '"') inside = !inside;
            else if (line[at] == ':' && !inside) return at;
        }

        return -1;
    }

    // What has no width in a name is dropped by some readers; then the strictest sees the property.
    private static string Key(string text) => string.Concat(text.Where(c => c is > ' ' and < '\u007F')).ToUpperInvariant();
}

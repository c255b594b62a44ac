using System.Text;
using MailSanitizer.Content.Formats.Charsets;

namespace MailSanitizer.Content.Formats.HeaderFields;

/// <summary>One parameter as it is written.</summary>
/// <param name="Name">Lower case, without section number and asterisk.</param>
/// <param name="Section">Number of an RFC 2231 piece (<c>filename*1</c>), or null.</param>
/// <param name="IsExtended">It ends in an asterisk: percent-encoded, the first piece with charset and language.</param>
/// <param name="Value">The value's bytes, quotes and backslashes taken off.</param>
public sealed record FieldParameter(string Name, int? Section, bool IsExtended, ReadOnlyMemory<byte> Value);

/// <summary>A value with parameters (Content-Type, Content-Disposition): one pass, bounded, forgiving; what was forgiven stands in <see cref="IsOdd"/>.</summary>
public sealed class ParameterField
{
    private readonly Limits _limits;

    private ParameterField(string value, IReadOnlyList<FieldParameter> parameters, bool isCut, bool isOdd, Limits limits)
    {
        Value = value;
        Parameters = parameters;
        IsCut = isCut;
        IsOdd = isOdd;
        _limits = limits;
    }

    /// <summary>The value before the first semicolon, lower case, comments and blanks taken out (<c>text/plain</c>, <c>attachment</c>).</summary>
    public string Value { get; }

    /// <summary>The parameters in the order they are written in.</summary>
    public IReadOnlyList<FieldParameter> Parameters { get; }

    /// <summary>The limit of parameters was reached.</summary>
    public bool IsCut { get; }

    /// <summary>Something was not as RFC 2045 5.1 wants it, in a way that readers could take differently (an open quote, bytes behind a quoted value, a NUL).</summary>
    public bool IsOdd { get; }

    /// <summary>Reads a raw field value.</summary>
    public static ParameterField Read(ReadOnlySpan<byte> rawValue, Limits limits)
    {
        byte[] flat = HeaderText.Flatten(rawValue);
        ParameterScanner scanner = new(flat);
        string value = scanner.Value();
        List<FieldParameter> parameters = [];
        bool cut = false;
        while (scanner.Next(out string name, out ReadOnlyMemory<byte> content))
        {
            if (parameters.Count >= limits.HeaderParameters)
            {
                cut = true;
                break;
            }

            bool extended = name.EndsWith('*');
            string bare = extended ? name[..^1] : name;
            int? section = null;
            int star = bare.LastIndexOf('*');
            if (star > 0 && bare.Length - star - 1 is > 0 and <= 4 && int.TryParse(bare.AsSpan(star + 1), System.Globalization.NumberStyles.None, null, out int number))
            {
                section = number;
                bare = bare[..star];
            }

            parameters.Add(new FieldParameter(bare, section, extended, content));
        }

        return new ParameterField(value, parameters, cut, scanner.IsOdd, limits);
    }

    /// <summary>The first plain parameter of that name as text, else the RFC 2231 form; null when absent.</summary>
    public string? Get(string name)
    {
        foreach (FieldParameter parameter in Parameters)
            if (parameter.Name == name && parameter is { Section: null, IsExtended: false }) return PlainText(parameter.Value.Span);
        return Extended(name)?.Text;
    }

    /// <summary>True when two parameters of that name (plain ones) have different values.</summary>
    public bool Contradicts(string name)
    {
        FieldParameter? first = null;
        foreach (FieldParameter parameter in Parameters)
        {
            if (parameter.Name != name || parameter.Section is not null || parameter.IsExtended) continue;
            if (first is not null && !first.Value.Span.SequenceEqual(parameter.Value.Span)) return true;
            first ??= parameter;
        }

        return false;
    }

    /// <summary>Every reading of a name parameter, the one that readers show first first: the RFC 2231 form (RFC 6266 4.3), then each plain one.</summary>
    public IReadOnlyList<PartName> Names(string name)
    {
        List<PartName> names = [];
        if (Extended(name) is { } extended) names.Add(extended);
        foreach (FieldParameter parameter in Parameters)
            if (parameter.Name == name && parameter is { Section: null, IsExtended: false }) names.Add(new PartName(name, PlainText(parameter.Value.Span), parameter.Value));
        return names;
    }

    // RFC 2231 3 and 4, pieces in any order, a missing piece ends the value. The charset of the first piece counts for all.
    private PartName? Extended(string name)
    {
        SortedDictionary<int, FieldParameter> pieces = [];
        foreach (FieldParameter parameter in Parameters)
            if (parameter.Name == name && (parameter.IsExtended || parameter.Section is not null)) pieces.TryAdd(parameter.Section ?? 0, parameter);
        if (pieces.Count == 0 || !pieces.ContainsKey(0)) return null;
        List<byte> raw = [];
        string? charset = null;
        int expected = 0;
        foreach ((int number, FieldParameter piece) in pieces)
        {
            if (number != expected++) break;
            ReadOnlySpan<byte> value = piece.Value.Span;
            if (!piece.IsExtended)
            {
                raw.AddRange(value);
                continue;
            }

            if (number == 0)
            {
                int first = value.IndexOf((byte)'\'');
                int second = first < 0 ? -1 : value[(first + 1)..].IndexOf((byte)'\'');
                if (second >= 0)
                {
                    charset = Encoding.Latin1.GetString(value[..first]);
                    value = value[(first + second + 2)..];
                }
            }

            Percent(value, raw);
        }

        byte[] bytes = [.. raw];
        string text = Charset.Find(charset) is null ? PlainText(bytes) : Charset.Decode(charset, bytes);
        return new PartName(name + "*", text, bytes);
    }

    private static void Percent(ReadOnlySpan<byte> value, List<byte> to)
    {
        for (int at = 0; at < value.Length; at++)
        {
            byte one = value[at];
            if (one == '%' && at + 2 < value.Length && char.IsAsciiHexDigit((char)value[at + 1]) && char.IsAsciiHexDigit((char)value[at + 2]))
            {
                one = Convert.FromHexString([(char)value[at + 1], (char)value[at + 2]])[0];
                at += 2;
            }

            to.Add(one);
        }
    }

    private string PlainText(ReadOnlySpan<byte> value) =>
        EncodedWords.Present(value) ? EncodedWords.Decode(value, _limits) : NameCharset.Decode(value);
}

using System.Globalization;
using System.Text;

namespace MailSanitizer.Sealing;

/// <summary>Writes values that strangers chose into header fields, so that none can end a field, start another or change what a parser reads.</summary>
public static class FieldText
{
    /// <summary>Characters of one value; longer ones are cut (RFC 5322 2.1.1: a line has 998 at most).</summary>
    public const int MaximumValue = 512;

    private const int LineWidth = 76;

    // RFC 5322 2.1.1: 998 characters; one is the blank of the fold.
    private const int MaximumLine = 990;

    /// <summary>
    /// A value for Authentication-Results (RFC 8601 2.2 <c>pvalue</c>): bare where every parser agrees, else a quoted-string. What is not printable ASCII
    /// becomes <c>=XX</c> for each byte: a quoted-string cannot carry it on a seven-bit way.
    /// </summary>
    public static string ResultValue(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        value = Cut(value);
        if (IsPlain(value)) return value;
        StringBuilder text = new("\"", value.Length + 8);
        foreach (byte one in Encoding.UTF8.GetBytes(value))
        {
            if (one is (byte)'"' or (byte)'\\') text.Append('\\').Append((char)one);
            else if (one is >= 32 and < 127) text.Append((char)one);
            else text.Append(CultureInfo.InvariantCulture, $"={one:X2}");
        }

        return text.Append('"').ToString();
    }

    /// <summary>
    /// A complete unstructured field with its CRLFs: printable ASCII as it is, everything else (and what looks like an encoded-word) as encoded-words of RFC 2047, folded.
    /// </summary>
    public static string Unstructured(string name, string value)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(value);
        if (!IsFieldName(name)) throw new ArgumentException($"not a field name: {ResultValue(name)}", nameof(name));
        value = Cut(value);
        bool plain = !value.Contains("=?", StringComparison.Ordinal) && value.All(one => one is >= ' ' and <= '~');
        return plain ? Folded(name, value.Split(' ', StringSplitOptions.RemoveEmptyEntries)) : Folded(name, EncodedWords(value));
    }

    /// <summary>A field whose value is made of words that may stand on lines of their own.</summary>
    public static string Folded(string name, IEnumerable<string> words)
    {
        StringBuilder text = new(name);
        text.Append(':');
        int column = name.Length + 1;
        foreach (string word in words)
        {
            // The first word stays on the line of the name: a line of blanks alone is obsolete syntax (RFC 5322 4.2).
            if (column + 1 + word.Length > LineWidth && column > name.Length + 1)
            {
                text.Append("\r\n\t");
                column = 8;
            }
            else
            {
                text.Append(' ');
                column++;
            }

            text.Append(word);
            column += word.Length;
        }

        return text.Append("\r\n").ToString();
    }

    /// <summary>
    /// A field that another room composed: made one field, whatever it holds. Folds stay where they are valid; a line of blanks alone goes (a reader could take it for
    /// the end of the header), other line ends and control characters become blanks.
    /// </summary>
    public static string OneField(string field)
    {
        ArgumentNullException.ThrowIfNull(field);
        IEnumerable<string> lines = field.Split("\r\n").Aggregate(new List<StringBuilder>(), (all, line) =>
            {
                // Only a line that begins with a blank is a fold; any other one is glued to the line before it.
                if (all.Count == 0 || line.StartsWith(' ') || line.StartsWith('\t')) all.Add(new StringBuilder(line));
                else all[^1].Append(' ').Append(line);
                return all;
            })
            .Select(line => string.Concat(line.ToString().Select(one => one is '\t' || char.IsControl(one) ? ' ' : one > '~' ? '?' : one)).Trim(' '))
            .Where(line => line.Length > 0)
            .Select(line => line.Length > MaximumLine ? line[..MaximumLine] : line);
        return string.Join("\r\n\t", lines) + "\r\n";
    }

    /// <summary>Whether a field may have that name (RFC 5322 3.6.8).</summary>
    public static bool IsFieldName(string name) => name is { Length: > 0 and <= 100 } && name.All(one => one is > ' ' and <= '~' and not ':');

    private static IEnumerable<string> EncodedWords(string value)
    {
        // 45 bytes make 60 characters of base64 and a word of 72 (RFC 2047 2: 75 at most); no character is split over two words (5.3).
        StringBuilder piece = new();
        int bytes = 0;
        foreach (Rune rune in value.EnumerateRunes())
        {
            Rune safe = Rune.IsControl(rune) ? new Rune(' ') : rune;
            if (bytes + safe.Utf8SequenceLength > 45)
            {
                yield return Encoded(piece.ToString());
                piece.Clear();
                bytes = 0;
            }

            piece.Append(safe);
            bytes += safe.Utf8SequenceLength;
        }

        if (piece.Length > 0) yield return Encoded(piece.ToString());
    }

    private static string Encoded(string text) => $"=?utf-8?B?{Convert.ToBase64String(Encoding.UTF8.GetBytes(text))}?=";

    private static string Cut(string value)
    {
        if (value.Length <= MaximumValue) return value;
        int length = char.IsHighSurrogate(value[MaximumValue - 1]) ? MaximumValue - 1 : MaximumValue;
        return value[..length];
    }

    private static bool IsPlain(string value)
    {
        int at = value.IndexOf('@', StringComparison.Ordinal);
        return value.Length > 0 && at == value.LastIndexOf('@') && at != value.Length - 1 && value.All(one => char.IsAsciiLetterOrDigit(one) || one is '.' or '-' or '_' or '+' or '@');
    }
}

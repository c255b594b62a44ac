using System.Globalization;
using System.Text;
using MailSanitizer.Content.Formats.HeaderFields;
using MailSanitizer.Mail.Signatures;

namespace MailSanitizer.Sealing;

/// <summary>
/// Finds the arriving fields that only we may write (DESIGN.md, promise 9): Authentication-Results with our authserv-id in any spelling (RFC 8601 5),
/// BIMI-Location, BIMI-Indicator and X-MailSanitizer-*. BIMI-Selector is the sender's and stays.
/// </summary>
public sealed class ForgedFields
{
    private static readonly IdnMapping Idn = new() { AllowUnassigned = true, UseStd3AsciiRules = false };

    private readonly string[] _ours;

    /// <summary>With every name that is ours.</summary>
    public ForgedFields(IEnumerable<string> authservIds)
    {
        ArgumentNullException.ThrowIfNull(authservIds);
        _ours = [.. authservIds.Select(Normalised)];
    }

    /// <summary>The fields that have to go, from the top. <paramref name="accepted"/> holds complete fields that a trusted hop wrote.</summary>
    public IReadOnlyList<HeaderField> Find(MessageHeader header, IReadOnlyList<string> accepted)
    {
        ArgumentNullException.ThrowIfNull(header);
        ArgumentNullException.ThrowIfNull(accepted);
        List<HeaderField> found = [];
        foreach (HeaderField field in header.Fields)
        {
            string name = field.Name;
            bool forged = name.StartsWith("X-MailSanitizer-", StringComparison.OrdinalIgnoreCase)
                || name.Equals("BIMI-Location", StringComparison.OrdinalIgnoreCase)
                || name.Equals("BIMI-Indicator", StringComparison.OrdinalIgnoreCase)
                || (name.Equals("Authentication-Results", StringComparison.OrdinalIgnoreCase) && ClaimsToBeOurs(field.RawValue.Span)
                    && !accepted.Contains(Encoding.Latin1.GetString(field.Raw.Span)));
            if (forged) found.Add(field);
        }

        return found;
    }

    /// <summary>
    /// Whether some reader could take the field for ours. What cannot be read as an authserv-id (broken quotes, encoded words, nothing at all) could, so it goes too.
    /// </summary>
    public bool ClaimsToBeOurs(ReadOnlySpan<byte> value)
    {
        string? id = ReadAuthservId(value);
        if (id is null || id.Length == 0 || id.Contains("=?", StringComparison.Ordinal)) return true;
        string normalised = Normalised(id);
        return _ours.Any(ours => StandsIn(normalised, ours));
    }

    /// <summary>
    /// Everything before the first semicolon that stands in no comment, quotes and backslashes resolved, blanks dropped; null when it is broken. Wider than the
    /// grammar on purpose: parts that a strict reader would refuse are glued together as a lenient one might.
    /// </summary>
    internal static string? ReadAuthservId(ReadOnlySpan<byte> value)
    {
        string text = Encoding.UTF8.GetString(value);
        StringBuilder id = new();
        int depth = 0;
        bool quoted = false;
        for (int at = 0; at < text.Length; at++)
        {
            char one = text[at];
            if (one == '\\' && (quoted || depth > 0))
            {
                at++;
                if (at == text.Length) return null;
                if (depth == 0) id.Append(text[at]);
            }
            else if (quoted)
            {
                if (one == '"') quoted = false;
                else id.Append(one);
            }
            else if (one == '(')
            {
                depth++;
            }
            else if (depth > 0)
            {
                if (one == ')') depth--;
            }
            else if (one == '"')
            {
                quoted = true;
            }
            else if (one == ';')
            {
                break;
            }
            else if (char.IsWhiteSpace(one))
            {
                // A mark, so that "mx.example.jp 1" (with the version) does not become "mx.example.jp1".
                id.Append(' ');
            }
            else
            {
                id.Append(one);
            }
        }

        return quoted || depth > 0 ? null : id.ToString().Trim();
    }

    /// <summary>Ours as a whole word of it: <c>mx.example.jp</c> in <c>mx.example.jp 1</c> and <c>mx.example.jp/1</c>, not in <c>a.mx.example.jp</c>.</summary>
    private static bool StandsIn(string id, string ours)
    {
        // Blanks inside a name ("mx . example . jp", obsolete syntax) are read with and without them.
        return Word(id, ours) || Word(id.Replace(" ", "", StringComparison.Ordinal), ours);

        static bool Word(string text, string word)
        {
            for (int at = text.IndexOf(word, StringComparison.Ordinal); at >= 0; at = text.IndexOf(word, at + 1, StringComparison.Ordinal))
            {
                int end = at + word.Length;
                bool before = at > 0 && IsNameCharacter(text[at - 1]);
                bool behind = end < text.Length && IsNameCharacter(text[end]) && !(text[end] == '.' && end + 1 == text.Length);
                if (!before && !behind) return true;
            }

            return false;
        }
    }

    private static bool IsNameCharacter(char one) => char.IsLetterOrDigit(one) || one is '.' or '-' or '_';

    /// <summary>Lower case, compatibility forms and other dots resolved: full-width letters and U-labels compare equal to what they stand for.</summary>
    private static string Normalised(string id)
    {
        StringBuilder clean = new(id.Length);
        foreach (char one in id)
        {
            // Characters that no reader sees: zero-width, soft hyphen, controls.
            if (!char.IsControl(one) && CharUnicodeInfo.GetUnicodeCategory(one) != UnicodeCategory.Format) clean.Append(one);
        }

        string text = clean.ToString();
        try
        {
            text = text.Normalize(NormalizationForm.FormKC);
        }
        catch (ArgumentException)
        {
            // Lone surrogates cannot be normalised; they are no part of a name of ours either.
        }

        text = text.ToLowerInvariant().Replace('\u3002', '.');
        return string.Join(' ', text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(ToAscii));
    }

    private static string ToAscii(string name)
    {
        if (System.Text.Ascii.IsValid(name)) return name;
        try
        {
            return Idn.GetAscii(name).ToLowerInvariant();
        }
        catch (ArgumentException)
        {
            return name;
        }
    }
}

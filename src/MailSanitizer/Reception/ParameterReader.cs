namespace MailSanitizer.Reception;

/// <summary>Reads the parameters of MAIL and RCPT (RFC 5321 4.1.2: <c>keyword[=value]</c>, separated by blanks).</summary>
internal static class ParameterReader
{
    private const int Most = 16;

    /// <summary>The parameters, keywords in upper case; false for a syntax error or a keyword that comes twice.</summary>
    public static bool TryRead(string text, out List<KeyValuePair<string, string?>> parameters)
    {
        parameters = [];
        foreach (string word in text.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries))
        {
            int equals = word.IndexOf('=', StringComparison.Ordinal);
            string keyword = (equals < 0 ? word : word[..equals]).ToUpperInvariant();
            string? value = equals < 0 ? null : word[(equals + 1)..];
            if (keyword.Length == 0 || value is "" || keyword.Any(one => !char.IsAsciiLetterOrDigit(one) && one != '-')) return false;
            // One keyword with two values has two readings.
            if (parameters.Count == Most || parameters.Exists(known => known.Key == keyword)) return false;
            parameters.Add(new(keyword, value));
        }

        return true;
    }
}

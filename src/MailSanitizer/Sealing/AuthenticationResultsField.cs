using MailSanitizer.Mail;

namespace MailSanitizer.Sealing;

/// <summary>Writes Authentication-Results (RFC 8601): the results and nothing that a parser could stumble on. No comments; reasons are quoted-strings.</summary>
public static class AuthenticationResultsField
{
    /// <summary>The complete field with its CRLFs.</summary>
    public static string Write(string authservId, AuthenticationFacts facts) => "Authentication-Results:" + Payload(authservId, facts, " ");

    /// <summary>What stands behind the name, CRLF included; <paramref name="start"/> is what comes first (ARC puts its instance there).</summary>
    public static string Payload(string authservId, AuthenticationFacts facts, string start)
    {
        ArgumentNullException.ThrowIfNull(facts);
        System.Text.StringBuilder text = new(start);
        text.Append(FieldText.ResultValue(authservId));
        if (facts.Results.Count == 0) return text.Append("; none\r\n").ToString();
        foreach (MethodResult result in facts.Results)
        {
            text.Append(";\r\n\t").Append(Keyword(result.Method)).Append('=').Append(Keyword(result.Result));
            int column = 9 + result.Method.Length + result.Result.Length;
            if (result.Reason is { Length: > 0 } reason) Add(text, ref column, $"reason={Quoted(reason)}");
            foreach ((string name, string value) in result.Properties) Add(text, ref column, $"{Property(name)}={FieldText.ResultValue(value)}");
        }

        return text.Append("\r\n").ToString();
    }

    private static void Add(System.Text.StringBuilder text, ref int column, string word)
    {
        bool fits = column + 1 + word.Length <= 76;
        text.Append(fits ? " " : "\r\n\t").Append(word);
        column = fits ? column + 1 + word.Length : 8 + word.Length;
    }

    // Always quoted: a reason of one word is as well a token, but some parsers take only the quoted form.
    private static string Quoted(string reason)
    {
        string value = FieldText.ResultValue(reason);
        return value.StartsWith('"') ? value : $"\"{value}\"";
    }

    // Names of methods, results and properties are ours, never a stranger's: anything else is a bug.
    private static string Keyword(string word) =>
        word.Length > 0 && word.All(one => char.IsAsciiLetterLower(one) || char.IsAsciiDigit(one) || one == '-') ? word : throw new ArgumentException("not a keyword of RFC 8601");

    private static string Property(string name) =>
        name.Split('.') is [{ Length: > 0 } type, { Length: > 0 } property] ? $"{Keyword(type)}.{Keyword(property)}" : throw new ArgumentException("not a property of RFC 8601");
}

using System.Text;
using MailSanitizer.Mail;

namespace MailSanitizer.Authentication.Arc;

/// <summary>Reads what a sealer found (ARC-Authentication-Results, the grammar of RFC 8601 2.2), for sealers that are trusted. Bounded, without recursion; what cannot be read is left out.</summary>
public static class ArcResults
{
    // Results of one field, and properties of one result (count): real ones have ten.
    private const int MaximumResults = 50;
    private const int MaximumProperties = 20;

    /// <summary>The results of a field's value (<c>i=1; authserv-id; method=result …</c>).</summary>
    public static IReadOnlyList<MethodResult> Read(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        List<MethodResult> results = [];
        foreach (List<(string Name, string Value)> pairs in Statements(value).Skip(2))
        {
            if (results.Count == MaximumResults) break;
            if (pairs.Count == 0) continue;
            // "dkim/1=pass": the version of the method tells us nothing.
            string method = pairs[0].Name.Split('/')[0].ToLowerInvariant();
            string result = pairs[0].Value.ToLowerInvariant();
            if (!IsWord(method) || !IsWord(result)) continue;
            string? reason = pairs.Skip(1).Where(pair => pair.Name.Equals("reason", StringComparison.OrdinalIgnoreCase)).Select(pair => pair.Value).FirstOrDefault();
            results.Add(new(method, result, [.. pairs.Skip(1).Where(pair => pair.Name.Contains('.', StringComparison.Ordinal)).Take(MaximumProperties).Select(pair => KeyValuePair.Create(pair.Name.ToLowerInvariant(), pair.Value))], reason));
        }

        return results;
    }

    private static bool IsWord(string text) => text.Length is > 0 and <= 40 && text.All(one => char.IsAsciiLetterOrDigit(one) || one == '-');

    /// <summary>The statements between semicolons, each as its name=value pairs; comments and quotes resolved.</summary>
    private static IEnumerable<List<(string Name, string Value)>> Statements(string value)
    {
        List<string> words = [];
        foreach (string token in Tokens(value))
        {
            if (token != ";")
            {
                words.Add(token);
                continue;
            }

            yield return Pairs(words);
            words.Clear();
        }

        yield return Pairs(words);
    }

    private static List<(string Name, string Value)> Pairs(List<string> words)
    {
        List<(string, string)> pairs = [];
        for (int at = 0; at + 2 < words.Count; at++)
        {
            if (words[at + 1] != "=" || words[at] == "=" || words[at + 2] == "=") continue;
            pairs.Add((Bare(words[at]), Bare(words[at + 2])));
            at += 2;
        }

        return pairs;
    }

    // Quoted words carry a mark, so that a quoted "=" or ";" is text.
    private static string Bare(string word) => word.StartsWith('"') ? word[1..] : word;

    private static IEnumerable<string> Tokens(string value)
    {
        StringBuilder word = new();
        bool quoted = false;
        int depth = 0;
        for (int at = 0; at < value.Length; at++)
        {
            char one = value[at];
            if (one == '\\' && (quoted || depth > 0))
            {
                if (++at < value.Length && depth == 0) word.Append(value[at]);
            }
            else if (quoted)
            {
                if (one != '"')
                {
                    word.Append(one);
                    continue;
                }

                quoted = false;
                yield return word.ToString();
                word.Clear();
            }
            else if (depth > 0)
            {
                depth += one == '(' ? 1 : one == ')' ? -1 : 0;
            }
            else if (one is '(' or '"' or ';' or '=' or ' ' or '\t' or '\r' or '\n')
            {
                if (word.Length > 0) yield return word.ToString();
                word.Clear();
                quoted = one == '"';
                if (quoted) word.Append('"');
                if (one == '(') depth = 1;
                if (one is ';' or '=') yield return one.ToString();
            }
            else
            {
                word.Append(one);
            }
        }

        // An open quote or comment: what stands in it was never said.
        if (!quoted && depth == 0 && word.Length > 0) yield return word.ToString();
    }
}

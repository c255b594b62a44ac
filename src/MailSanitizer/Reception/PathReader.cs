using System.Buffers;

namespace MailSanitizer.Reception;

/// <summary>
/// Reads the path of MAIL and RCPT as Postfix reads it with strict_rfc821_envelopes=no: blanks after the colon, brackets left out, dots anywhere in the local
/// part (<c>a..b@</c>, <c>a.@docomo.ne.jp</c>), a source route that is dropped (RFC 5321 appendix C). What Postfix calls more than one address is refused.
/// </summary>
internal static class PathReader
{
    private static readonly SearchValues<char> NotInRoute = SearchValues.Create("<>\" \t\\");

    /// <summary>Reads a path at the start of the text.</summary>
    /// <param name="text">What follows <c>FROM:</c> or <c>TO:</c>.</param>
    /// <param name="longest">Characters an address may have.</param>
    /// <param name="address">The address without brackets, quoting as it was written; empty for <c>&lt;&gt;</c>.</param>
    /// <param name="rest">The parameters behind it.</param>
    public static bool TryRead(string text, int longest, out string address, out string rest)
    {
        address = "";
        rest = "";
        text = text.TrimStart(' ', '\t');
        bool bracketed = text.StartsWith('<');
        int start = bracketed ? 1 : 0;
        // RFC 5321 4.1.1.3: @a.example,@b.example:user@c.example; the route is accepted and ignored.
        if (start < text.Length && text[start] == '@')
        {
            int colon = text.IndexOf(':', start);
            if (colon < 0 || text.AsSpan(start, colon - start).IndexOfAny(NotInRoute) >= 0) return false;
            start = colon + 1;
        }

        int end = End(text, start, bracketed);
        if (end < 0) return false;
        address = text[start..end];
        rest = text[(bracketed ? end + 1 : end)..];
        if (rest.Length > 0 && rest[0] is not (' ' or '\t')) return false;
        rest = rest.Trim(' ', '\t');
        // An empty local part, or a second route behind the first, is no address.
        return (bracketed || address.Length > 0) && address.Length <= longest && !address.StartsWith('@');
    }

    /// <summary>Where the address ends: at the closing bracket, or without brackets at a blank; -1 when it is none.</summary>
    private static int End(string text, int start, bool bracketed)
    {
        bool quoted = false;
        bool literal = false;
        for (int at = start; at < text.Length; at++)
        {
            char one = text[at];
            if (one == '\\')
            {
                // A quoted pair outside a quoted string is no Mailbox of RFC 5321, and readers disagree about it.
                if (!quoted || ++at == text.Length) return -1;
                continue;
            }

            if (one == '"' && !literal) quoted = !quoted;
            else if (quoted) continue;
            else if (one == '[') literal = true;
            else if (one == ']') literal = false;
            else if (one == '>') return bracketed && !literal ? at : -1;
            else if (one is ' ' or '\t') return bracketed || literal ? -1 : at;
            else if (one is '<' or '(' or ')' or ',' or ';' || (one == ':' && !literal)) return -1;
        }

        return bracketed || quoted || literal ? -1 : text.Length;
    }
}

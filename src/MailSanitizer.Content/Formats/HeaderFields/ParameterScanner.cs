using System.Text;

namespace MailSanitizer.Content.Formats.HeaderFields;

/// <summary>The tokens of a value with parameters. Comments nest by a counter, never by recursion.</summary>
internal ref struct ParameterScanner(byte[] flat)
{
    private int _at;

    public bool IsOdd { get; private set; }

    /// <summary>What stands before the first semicolon, lower case, without comments and blanks.</summary>
    public string Value()
    {
        StringBuilder value = new();
        while (_at < flat.Length && flat[_at] != ';')
        {
            byte one = flat[_at];
            if (one == '(') SkipComment();
            else
            {
                if (one is 0) IsOdd = true;
                if (one is (byte)' ' or (byte)'\t')
                {
                    SkipBlanks(alsoSemicolons: false);
                    bool goesOn = value.Length == 0 || _at >= flat.Length || flat[_at] is (byte)';' or (byte)'/' || value[^1] == '/';
                    if (goesOn) continue;

                    // A forgotten semicolon (multipart/mixed boundary=x): some readers take what follows as parameters, some as junk.
                    IsOdd = true;
                    break;
                }

                value.Append(char.ToLowerInvariant((char)one));
                _at++;
            }
        }

        return value.ToString();
    }

    /// <summary>The next <c>name=value</c>; empty items (two semicolons) are passed over.</summary>
    public bool Next(out string name, out ReadOnlyMemory<byte> value)
    {
        name = "";
        value = default;
        while (_at < flat.Length)
        {
            SkipBlanks(alsoSemicolons: true);
            if (_at >= flat.Length) return false;
            int start = _at;
            while (_at < flat.Length && flat[_at] is not (byte)'=' and not (byte)';' and not (byte)'(') _at++;
            string found = Encoding.Latin1.GetString(flat.AsSpan(start, _at - start).Trim(" \t"u8)).ToLowerInvariant();
            SkipBlanks(alsoSemicolons: false);
            if (_at >= flat.Length || flat[_at] != '=')
            {
                // A word without a value: nothing that a reader could use, unless it swallowed a quote.
                if (found.Contains('"', StringComparison.Ordinal)) IsOdd = true;
                if (_at == start) _at++;
                continue;
            }

            _at++;
            SkipBlanks(alsoSemicolons: false);
            value = _at < flat.Length && flat[_at] == '"' ? Quoted() : Token();
            name = found;
            if (found.Length > 0) return true;
        }

        return false;
    }

    private ReadOnlyMemory<byte> Quoted()
    {
        _at++;
        byte[] content = new byte[flat.Length - _at];
        int count = 0;
        bool closed = false;
        while (_at < flat.Length)
        {
            byte one = flat[_at++];
            if (one == '"')
            {
                closed = true;
                break;
            }

            // A backslash quotes the next character (RFC 5322 3.2.1). Names like C:\x lose theirs in every reader that keeps the RFC.
            if (one == '\\' && _at < flat.Length) one = flat[_at++];
            if (one == 0) IsOdd = true;
            content[count++] = one;
        }

        if (!closed) IsOdd = true;
        SkipBlanks(alsoSemicolons: false);
        if (_at < flat.Length && flat[_at] != ';')
        {
            // Bytes behind the closing quote, or a missing semicolon: the next parameter begins at the next blank or semicolon.
            int next = flat.AsSpan(_at).IndexOf((byte)';');
            int equals = flat.AsSpan(_at).IndexOf((byte)'=');
            bool missingSemicolon = equals > 0 && (next < 0 || equals < next);
            IsOdd = true;
            if (!missingSemicolon) _at = next < 0 ? flat.Length : _at + next;
        }

        return content.AsMemory(0, count);
    }

    private ReadOnlyMemory<byte> Token()
    {
        int start = _at;
        while (_at < flat.Length && flat[_at] is not (byte)';')
        {
            if (flat[_at] == 0) IsOdd = true;
            _at++;
        }

        // Unquoted names with blanks are common (filename=my report.doc); a comment behind a token is not part of it.
        ReadOnlyMemory<byte> token = flat.AsMemory(start, _at - start);
        int comment = token.Span.IndexOf(" ("u8);
        if (comment > 0 && token.Span.TrimEnd(" \t"u8).EndsWith(")"u8) && token.Span[..comment].IndexOf((byte)' ') < 0) token = token[..comment];
        return token[..token.Span.TrimEnd(" \t"u8).Length];
    }

    private void SkipBlanks(bool alsoSemicolons)
    {
        while (_at < flat.Length)
        {
            byte one = flat[_at];
            if (one is (byte)' ' or (byte)'\t' || (alsoSemicolons && one == ';')) _at++;
            else if (one == '(') SkipComment();
            else return;
        }
    }

    private void SkipComment()
    {
        int depth = 0;
        int start = _at;
        while (_at < flat.Length)
        {
            byte one = flat[_at++];
            if (one == '\\') _at++;
            else if (one == '(') depth++;
            else if (one == ')' && --depth == 0) return;
        }

        // An open parenthesis that is never closed is a character like any other.
        IsOdd = true;
        _at = Math.Min(start + 1, flat.Length);
    }
}

namespace MailSanitizer.Content.Formats.Markup;

/// <summary>
/// HTML's tokenizer (WHATWG HTML 13.2.5) over a <see cref="MarkupSource.View"/>: the same token ends as browsers find, as offsets. It keeps no tree: whether
/// an element's content is raw text depends on where it stands, so the caller asks with <see cref="ReadRawText"/> and decides what to do where readers could differ.
/// </summary>
public ref struct HtmlTokenizer
{
    private readonly ReadOnlySpan<byte> _view;
    private readonly MarkupToken _token = new();
    private readonly int _end;
    private readonly bool _xml;
    private int _at;

    /// <summary>A tokenizer over a range of the view.</summary>
    public HtmlTokenizer(ReadOnlySpan<byte> view, int start, int end)
        : this(view, start, end, xml: false)
    {
    }

    internal HtmlTokenizer(ReadOnlySpan<byte> view, int start, int end, bool xml)
    {
        _view = view[..end];
        _at = start;
        _end = end;
        _xml = xml;
    }

    /// <summary>The token that <see cref="Read"/> found.</summary>
    public readonly MarkupToken Token => _token;

    /// <summary>Where the next token begins. Can be set to the end of any token.</summary>
    public int Position
    {
        readonly get => _at;
        set => _at = value;
    }

    /// <summary>Finds the next token; false at the end.</summary>
    public bool Read()
    {
        if (_at >= _end) return false;
        _token.Start = _at;
        _token.Name = _token.Prefix = "";
        _token.IsSelfClosing = false;
        _token.IsClosed = true;
        _token.Attributes.Clear();
        if (_view[_at] == '<' && Markup()) return true;

        // A lone "<" belongs to the text; the next one may begin a tag.
        int from = _view[_at] == '<' ? _at + 1 : _at;
        while (true)
        {
            int found = _view[from..].IndexOf((byte)'<');
            if (found < 0)
            {
                _at = _end;
                break;
            }

            from += found;
            if (BeginsMarkup(from))
            {
                _at = from;
                break;
            }

            from++;
        }

        _token.Kind = MarkupTokenKind.Text;
        _token.ContentStart = _token.Start;
        _token.ContentEnd = _token.End = _at;
        return true;
    }

    /// <summary>
    /// The raw text that follows a start tag (13.2.5.2 to 13.2.5.16): up to the end tag of that name, or to the end of the input. Moves behind the text, in front of the end tag.
    /// </summary>
    public (int Start, int End, bool IsClosed) ReadRawText(string name)
    {
        int start = _at;
        int end = name == "script" ? ScriptEnd() : FindEndTag(_at, name);
        bool closed = end >= 0;
        _at = closed ? end : _end;
        return (start, _at, closed);
    }

    private readonly bool BeginsMarkup(int at) => at + 1 < _end && (BeginsName(_view[at + 1]) || _view[at + 1] is (byte)'!' or (byte)'?' || (_view[at + 1] == '/' && at + 2 < _end));

    // HTML: a letter. XML: "_", ":" and everything beyond ASCII as well (XML 1.0, NameStartChar).
    private readonly bool BeginsName(byte c) => char.IsAsciiLetter((char)c) || (_xml && (c is (byte)'_' or (byte)':' or >= 0x80));

    private bool Markup()
    {
        if (_at + 1 >= _end) return false;
        byte next = _view[_at + 1];
        if (BeginsName(next))
        {
            _token.Kind = MarkupTokenKind.StartTag;
            Tag(_at + 1);
            return true;
        }

        switch (next)
        {
            case (byte)'/' when _at + 2 < _end && BeginsName(_view[_at + 2]):
                _token.Kind = MarkupTokenKind.EndTag;
                Tag(_at + 2);
                return true;

            // "</" at the very end of the input is text (13.2.5.7).
            case (byte)'/' when _at + 2 < _end:
                Bogus(MarkupTokenKind.Bogus, 2);
                return true;
            case (byte)'?':
                Bogus(MarkupTokenKind.Instruction, 2);
                return true;
            case (byte)'!':
                Declaration();
                return true;
            default:
                return false;
        }
    }

    private void Declaration()
    {
        ReadOnlySpan<byte> rest = _view[(_at + 2)..];
        if (rest.StartsWith("--"u8))
        {
            Comment();
        }
        else if (IsWord(rest, "doctype"u8))
        {
            Bogus(MarkupTokenKind.Doctype, 9);
        }
        else if (rest.StartsWith("[CDATA["u8))
        {
            int close = _view[(_at + 9)..].IndexOf("]]>"u8);
            _token.Kind = MarkupTokenKind.CData;
            _token.ContentStart = _at + 9;
            _token.ContentEnd = close < 0 ? _end : _at + 9 + close;
            _token.IsClosed = close >= 0;
            _token.End = _at = close < 0 ? _end : _token.ContentEnd + 3;
        }
        else
        {
            Bogus(MarkupTokenKind.Bogus, 2);
        }
    }

    private void Bogus(MarkupTokenKind kind, int head)
    {
        int start = Math.Min(_at + head, _end);
        int close = _view[start..].IndexOf((byte)'>');
        _token.Kind = kind;
        _token.ContentStart = start;
        _token.ContentEnd = close < 0 ? _end : start + close;
        _token.IsClosed = close >= 0;
        _token.End = _at = close < 0 ? _end : _token.ContentEnd + 1;
    }

    // 13.2.5.43 to 13.2.5.52: ends at "-->", "--!>", and at once at ">" or "->".
    private void Comment()
    {
        _token.Kind = MarkupTokenKind.Comment;
        int start = _at + 4;
        _token.ContentStart = start;
        if (start < _end && _view[start] == '>')
        {
            Ends(start, 1);
            return;
        }

        if (_view[start..].StartsWith("->"u8))
        {
            Ends(start, 2);
            return;
        }

        int from = start;
        while (true)
        {
            int found = _view[from..].IndexOf("--"u8);
            if (found < 0) break;
            int dashes = from + found;
            ReadOnlySpan<byte> behind = _view[(dashes + 2)..];
            if (behind.StartsWith(">"u8) || behind.StartsWith("!>"u8))
            {
                Ends(dashes, behind[0] == '>' ? 3 : 4);
                return;
            }

            from = dashes + 1;
        }

        _token.ContentEnd = _token.End = _at = _end;
        _token.IsClosed = false;
    }

    private void Ends(int contentEnd, int length)
    {
        _token.ContentEnd = contentEnd;
        _token.End = _at = contentEnd + length;
    }

    private void Tag(int name)
    {
        int at = name;
        while (at < _end && !IsBlank(_view[at]) && _view[at] is not ((byte)'/' or (byte)'>')) at++;
        _token.ContentStart = name;
        _token.ContentEnd = at;
        (_token.Prefix, _token.Name) = MarkupNames.Of(_view[name..at]);
        while (at < _end)
        {
            byte c = _view[at];
            if (c == '>')
            {
                _token.End = _at = at + 1;
                return;
            }

            if (c == '/')
            {
                _token.IsSelfClosing = at + 1 < _end && _view[at + 1] == '>';
                at++;
            }
            else if (IsBlank(c))
            {
                at++;
            }
            else
            {
                at = Attribute(at);
            }
        }

        _token.End = _at = _end;
        _token.IsClosed = false;
    }

    // 13.2.5.32 to 13.2.5.39. A "=" in front of a name belongs to the name.
    private readonly int Attribute(int start)
    {
        int at = start + 1;
        while (at < _end && !IsBlank(_view[at]) && _view[at] is not ((byte)'/' or (byte)'>' or (byte)'=')) at++;
        int nameEnd = at;
        int look = at;
        while (look < _end && IsBlank(_view[look])) look++;
        if (look >= _end || _view[look] != '=')
        {
            _token.Attributes.Add(new MarkupAttribute(start, nameEnd, nameEnd, nameEnd, nameEnd, 0));
            return nameEnd;
        }

        look++;
        while (look < _end && IsBlank(_view[look])) look++;
        if (look >= _end || _view[look] == '>')
        {
            _token.Attributes.Add(new MarkupAttribute(start, nameEnd, look, look, look, 0));
            return look;
        }

        byte quote = _view[look];
        if (quote is (byte)'"' or (byte)'\'')
        {
            int close = _view[(look + 1)..].IndexOf(quote);
            int valueEnd = close < 0 ? _end : look + 1 + close;
            int end = close < 0 ? _end : valueEnd + 1;
            _token.Attributes.Add(new MarkupAttribute(start, nameEnd, look + 1, valueEnd, end, quote));
            return end;
        }

        int bare = look;
        while (bare < _end && !IsBlank(_view[bare]) && _view[bare] != '>') bare++;
        _token.Attributes.Add(new MarkupAttribute(start, nameEnd, look, bare, bare, 0));
        return bare;
    }

    // 13.2.5.12 to 13.2.5.16: the end tag's name is followed by a blank, "/" or ">".
    private readonly int FindEndTag(int from, string name)
    {
        while (true)
        {
            int found = _view[from..].IndexOf("</"u8);
            if (found < 0) return -1;
            from += found;
            if (IsTagAt(from + 2, name)) return from;
            from += 2;
        }
    }

    private readonly bool IsTagAt(int at, string name)
    {
        if (at + name.Length >= _end) return false;
        for (int letter = 0; letter < name.Length; letter++)
        {
            if ((_view[at + letter] | 0x20) != name[letter]) return false;
        }

        return IsBlank(_view[at + name.Length]) || _view[at + name.Length] is (byte)'/' or (byte)'>';
    }

    // 13.2.5.17 to 13.2.5.31: inside "<!--", a "<script" hides the next "</script>".
    private readonly int ScriptEnd()
    {
        int from = _at;
        bool escaped = false, twice = false;
        while (from < _end)
        {
            int found = _view[from..].IndexOfAny((byte)'<', (byte)'-');
            if (found < 0) return -1;
            from += found;
            if (_view[from] == '-')
            {
                if (escaped && _view[from..].StartsWith("-->"u8))
                {
                    escaped = twice = false;
                    from += 3;
                }
                else
                {
                    from++;
                }

                continue;
            }

            if (!escaped && _view[from..].StartsWith("<!--"u8))
            {
                escaped = true;
                from += 2;
                continue;
            }

            bool closing = from + 1 < _end && _view[from + 1] == '/';
            bool script = IsTagAt(from + (closing ? 2 : 1), "script");
            if (script && closing && !twice) return from;
            if (script && escaped) twice = !closing;
            from++;
        }

        return -1;
    }

    internal static bool IsBlank(byte c) => c is (byte)' ' or (byte)'\t' or (byte)'\n' or (byte)'\r' or (byte)'\f';

    private static bool IsWord(ReadOnlySpan<byte> text, ReadOnlySpan<byte> lower)
    {
        if (text.Length < lower.Length) return false;
        for (int at = 0; at < lower.Length; at++)
        {
            if ((text[at] | 0x20) != lower[at]) return false;
        }

        return true;
    }
}

namespace MailSanitizer.Content.Formats.Markup;

/// <summary>
/// XML's tokens (XML 1.0) over a <see cref="MarkupSource.View"/>. What is no XML is read on as well as it goes: a strict reader has stopped by then.
/// </summary>
public ref struct XmlTokenizer
{
    private HtmlTokenizer _html;
    private readonly ReadOnlySpan<byte> _view;

    /// <summary>A tokenizer over a range of the view.</summary>
    public XmlTokenizer(ReadOnlySpan<byte> view, int start, int end)
    {
        _view = view[..end];
        _html = new HtmlTokenizer(view, start, end, xml: true);
    }

    /// <summary>The token that <see cref="Read"/> found.</summary>
    public readonly MarkupToken Token => _html.Token;

    /// <summary>Where the next token begins.</summary>
    public int Position
    {
        readonly get => _html.Position;
        set => _html.Position = value;
    }

    /// <summary>Finds the next token; false at the end.</summary>
    public bool Read()
    {
        if (!_html.Read()) return false;
        MarkupToken token = _html.Token;
        switch (token.Kind)
        {
            case MarkupTokenKind.Instruction:
                Until(token, token.Start + 2, "?>"u8);
                break;
            case MarkupTokenKind.Comment:
                Until(token, token.Start + 4, "-->"u8);
                break;
            case MarkupTokenKind.Doctype:
                Doctype(token);
                break;
        }

        return true;
    }

    private void Until(MarkupToken token, int start, ReadOnlySpan<byte> close)
    {
        start = Math.Min(start, _view.Length);
        int found = _view[start..].IndexOf(close);
        token.ContentStart = start;
        token.ContentEnd = found < 0 ? _view.Length : start + found;
        token.IsClosed = found >= 0;
        token.End = _html.Position = found < 0 ? _view.Length : start + found + close.Length;
    }

    // The subset in brackets may hold any ">", in quotes, comments and instructions.
    private void Doctype(MarkupToken token)
    {
        int at = token.ContentStart;
        int brackets = 0;
        while (at < _view.Length)
        {
            byte c = _view[at];
            if (c is (byte)'"' or (byte)'\'')
            {
                int close = _view[(at + 1)..].IndexOf(c);
                at = close < 0 ? _view.Length : at + close + 2;
                continue;
            }

            if (c == '<' && _view[at..].StartsWith("<!--"u8))
            {
                int close = _view[(at + 4)..].IndexOf("-->"u8);
                at = close < 0 ? _view.Length : at + close + 7;
                continue;
            }

            if (c == '<' && _view[at..].StartsWith("<?"u8))
            {
                int close = _view[(at + 2)..].IndexOf("?>"u8);
                at = close < 0 ? _view.Length : at + close + 4;
                continue;
            }

            if (c == '[') brackets++;
            if (c == ']') brackets = Math.Max(0, brackets - 1);
            if (c == '>' && brackets == 0) break;
            at++;
        }

        token.ContentEnd = Math.Min(at, _view.Length);
        token.IsClosed = at < _view.Length;
        token.End = _html.Position = Math.Min(at + 1, _view.Length);
    }
}

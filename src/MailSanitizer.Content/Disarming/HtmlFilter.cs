using MailSanitizer.Content.Formats.Markup;

namespace MailSanitizer.Content.Disarming;

/// <summary>
/// What has to go from an HTML document, found token by token. It builds no tree: whether a browser reads the content of <c>style</c>, <c>noscript</c>,
/// <c>title</c> or a CDATA section as text or as markup depends on a tree that readers build differently, so what stays is what means the same either way.
/// </summary>
internal sealed class HtmlFilter
{
    // Conditional comments do not nest; this is for what an attacker writes.
    private const int DeepestComment = 4;

    private readonly MarkupSource _source;
    private readonly CancellationToken _cancellation;
    private readonly AttributePolicy _attributes;
    private readonly Dictionary<string, (int Count, FindingKind Kind)> _unwrapped = new(StringComparer.Ordinal);
    private int _drawings;

    public HtmlFilter(MarkupSource source, CancellationToken cancellation)
    {
        _source = source;
        _cancellation = cancellation;
        Edits = new MarkupEdits();
        _attributes = new AttributePolicy(source, Edits, null, isDrawing: false);
    }

    public MarkupEdits Edits { get; }

    public void Run() => Range(0, _source.View.Length, 0);

    private void Range(int start, int end, int depth)
    {
        HtmlTokenizer tokens = new(_source.View, start, end);
        int count = 0;
        while (tokens.Read())
        {
            if ((count++ & 0x3FF) == 0) _cancellation.ThrowIfCancellationRequested();
            MarkupToken token = tokens.Token;
            switch (token.Kind)
            {
                case MarkupTokenKind.StartTag:
                    StartTag(ref tokens, token, end);
                    break;
                case MarkupTokenKind.EndTag:
                    EndTag(token);
                    break;
                case MarkupTokenKind.Comment:
                    Comment(token, depth);
                    break;
                case MarkupTokenKind.CData:
                    CData(ref tokens, token);
                    break;
                case MarkupTokenKind.Instruction:
                    Instruction(token);
                    break;
                case MarkupTokenKind.Doctype:
                    Doctype(token);
                    break;
            }
        }
    }

    private void StartTag(ref HtmlTokenizer tokens, MarkupToken token, int end)
    {
        int start = token.Start, behind = token.End;
        string name = token.Name;
        bool selfClosing = token.IsSelfClosing;
        if (name is "svg" or "math" && !selfClosing) _drawings++;
        (FindingKind Kind, ElementFate Fate, string What)? judged = ElementPolicy.Judge(token, local => _attributes.Value(token, local));
        _attributes.Judge(token);
        if (judged is { } verdict)
        {
            // A NUL in the name: an element that nobody knows, to today's browsers. Only its tags go.
            bool raw = _source.View[token.ContentStart..token.ContentEnd].IndexOf((byte)0) < 0;
            if (verdict.Fate is ElementFate.Removed && raw) Remove(ref tokens, verdict.Kind, token.Prefix.Length > 0 ? $"{token.Prefix}:{name}" : name, start, behind, selfClosing);
            else Unwrap(start, behind, name, verdict.Kind, verdict.What);
            return;
        }

        // What has a prefix is raw to nobody.
        if (token.Prefix.Length > 0) return;
        switch (name)
        {
            case "style":
                Style(ref tokens, start, behind);
                break;
            case "title":
                Title(ref tokens);
                break;
            case "noscript" or "xmp" or "noembed" or "noframes":
                // Text to some, markup to others. It is filtered as markup, and stays raw only where both find the same end.
                HtmlTokenizer ahead = new(_source.View, behind, end);
                (int _, int rawEnd, bool closed) = ahead.ReadRawText(name);
                if (!closed || !EndsInStep(behind, rawEnd)) Unwrap(start, behind, name, MarkupFindings.Mutation, name);
                break;
        }
    }

    private void Unwrap(int start, int end, string name, FindingKind kind, string what)
    {
        Edits.Add(start, end, kind, what);
        _unwrapped[name] = (_unwrapped.GetValueOrDefault(name).Count + 1, kind);
    }

    private void EndTag(MarkupToken token)
    {
        if (token.Name is "svg" or "math" && _drawings > 0) _drawings--;
        if (!_unwrapped.TryGetValue(token.Name, out (int Count, FindingKind Kind) open) || open.Count == 0) return;
        Edits.Add(token.Start, token.End, open.Kind, "/" + token.Name);
        _unwrapped[token.Name] = (open.Count - 1, open.Kind);
    }

    private void Remove(ref HtmlTokenizer tokens, FindingKind kind, string name, int start, int behind, bool selfClosing)
    {
        // Inside of a drawing "/>" ends it; outside it means nothing.
        if (selfClosing && _drawings > 0)
        {
            Edits.Add(start, behind, kind, name);
            return;
        }

        tokens.Position = behind;
        (int contentStart, int contentEnd, bool closed) = tokens.ReadRawText(name);
        if (closed)
        {
            tokens.Read();
        }
        else if (name != "script")
        {
            // Nothing ends it: its tag goes, what follows is looked at.
            tokens.Position = behind;
            Edits.Add(start, behind, kind, name);
            return;
        }

        int end = tokens.Position;
        if (name == "script" && ScriptText.Builds(_source.View[contentStart..contentEnd])) Edits.Add(start, end, MarkupFindings.Smuggling, name);
        Edits.Add(start, end, kind, name);
    }

    private void Style(ref HtmlTokenizer tokens, int start, int behind)
    {
        tokens.Position = behind;
        (int contentStart, int contentEnd, bool closed) = tokens.ReadRawText("style");
        if (!closed)
        {
            tokens.Position = behind;
            Edits.Add(start, behind, MarkupFindings.Mutation, "style without an end");
            return;
        }

        // Characters of the view: offsets are those of the document, whatever its charset.
        string css = System.Text.Encoding.Latin1.GetString(_source.View[contentStart..contentEnd]);
        List<StyleFilter.StyleEdit> found = StyleFilter.Find(css);
        List<StyleFilter.StyleEdit> active = found.FindAll(edit => edit.Kind.Class is FindingClass.Active);
        tokens.Read();
        int end = tokens.Position;
        string left = active.Count == 0 ? css : StyleFilter.Apply(css, active);
        if (!IsInert(left) || !IsSameDecoded(left))
        {
            Edits.Add(start, end, MarkupFindings.Mutation, "style");
            return;
        }

        foreach (StyleFilter.StyleEdit edit in found)
        {
            int from = contentStart + edit.Start, to = contentStart + edit.End;
            if (edit.Kind == MarkupFindings.Remote) Edits.Remote(from, to, edit.Host, "style " + edit.What, edit.Replacement);
            else Edits.Add(from, to, edit.Kind, "style " + edit.What, edit.Replacement);
        }
    }

    // Inside of a drawing a style element's references are undone, outside they are not.
    private static bool IsSameDecoded(string css)
    {
        string decoded = CharacterReferences.Decode(css);
        return ReferenceEquals(decoded, css) || (decoded.Count('<') == css.Count('<') && !StyleFilter.Find(decoded).Exists(edit => edit.Kind.Class is FindingClass.Active));
    }

    private void Title(ref HtmlTokenizer tokens)
    {
        (int start, int end, bool closed) = tokens.ReadRawText("title");
        if (!closed)
        {
            // Read on as markup, in step with those who do so.
            tokens.Position = start;
            return;
        }

        if (IsInert(System.Text.Encoding.Latin1.GetString(_source.View[start..end]))) return;

        // "&lt;" is the same sign in raw and in ordinary text.
        for (int at = start; at < end; at++)
        {
            if (_source.View[at] == '<') Edits.Add(at, at + 1, MarkupFindings.Mutation, "title", "&lt;");
        }
    }

    /// <summary>True when text has no markup in it but comments and CDATA that end in it: then it is the same to those who read it raw.</summary>
    private static bool IsInert(string text)
    {
        if (!text.Contains('<', StringComparison.Ordinal)) return true;
        byte[] view = System.Text.Encoding.Latin1.GetBytes(text);
        HtmlTokenizer tokens = new(view, 0, view.Length);
        while (tokens.Read())
        {
            MarkupToken token = tokens.Token;
            bool inert = token.Kind switch
            {
                MarkupTokenKind.Text => true,
                MarkupTokenKind.Comment => token.IsClosed,
                MarkupTokenKind.CData => token.IsClosed && view.AsSpan(token.ContentStart, token.ContentEnd - token.ContentStart).IndexOf((byte)'<') < 0,
                _ => false,
            };
            if (!inert) return false;
        }

        // "<" at the very end would begin a tag together with what follows.
        return view[^1] != '<';
    }

    /// <summary>True when a reader of markup is between two tokens where a reader of raw text ends.</summary>
    private bool EndsInStep(int start, int end)
    {
        HtmlTokenizer tokens = new(_source.View, start, end);
        while (tokens.Read())
        {
            MarkupToken token = tokens.Token;
            if (!token.IsClosed) return false;
            if (token.Kind is not MarkupTokenKind.StartTag || token.Name is not ("script" or "style" or "title" or "textarea" or "xmp" or "iframe" or "noembed" or "noframes" or "plaintext" or "noscript")) continue;
            if (!tokens.ReadRawText(token.Name).IsClosed) return false;
        }

        return end == start || _source.View[end - 1] != '<';
    }

    private void Comment(MarkupToken token, int depth)
    {
        int start = token.ContentStart, end = token.ContentEnd;
        if (!token.IsClosed)
        {
            // Some read on as markup. What is in it has to be harmless, or it goes.
            if (_source.View[start..end].IndexOf((byte)'<') >= 0) Edits.Add(token.Start, token.End, MarkupFindings.Mutation, "comment without an end");
            return;
        }

        int at = start;
        while (at < end && HtmlTokenizer.IsBlank(_source.View[at])) at++;
        bool conditional = end - at > 3 && _source.View[at] == '[' && (_source.View[at + 1] | 0x20) == 'i' && (_source.View[at + 2] | 0x20) == 'f';
        if (!conditional) return;
        if (depth >= DeepestComment) Edits.Add(token.Start, token.End, MarkupFindings.Mutation, "conditional comments in each other");
        else Range(at, end, depth + 1);
    }

    private void CData(ref HtmlTokenizer tokens, MarkupToken token)
    {
        // Outside of drawings it is a comment that ends at the first ">". Without its opening it is text and markup to everybody.
        if (_source.View[token.ContentStart..token.ContentEnd].IndexOf((byte)'>') < 0) return;
        tokens.Position = token.ContentStart;
        Edits.Add(token.Start, token.ContentStart, MarkupFindings.Mutation, "CDATA");
    }

    private void Instruction(MarkupToken token)
    {
        string target = MarkupNames.Lower(_source.View[token.ContentStart..Math.Min(token.ContentEnd, token.ContentStart + 64)]).TrimStart();
        if (target.StartsWith("import", StringComparison.Ordinal) || target.StartsWith("xml-stylesheet", StringComparison.Ordinal) || target.StartsWith("component", StringComparison.Ordinal))
            Edits.Add(token.Start, token.End, MarkupFindings.Instruction, target.Split(' ')[0]);
    }

    private void Doctype(MarkupToken token)
    {
        int subset = _source.View[token.ContentStart..token.ContentEnd].IndexOf((byte)'[');
        if (subset < 0) return;

        // To HTML it ends at the first ">", to XML behind the bracket: it goes as far as XML has it, and the rest is read as what it is to HTML.
        Edits.Add(token.Start, token.End, MarkupFindings.Dtd, "doctype");
    }
}

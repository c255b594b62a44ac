using System.Text;
using MailSanitizer.Content.Formats.Markup;

namespace MailSanitizer.Content.Disarming;

/// <summary>What has to go from an XML document: SVG, XHTML and whatever can carry them, document types, instructions and inclusions.</summary>
internal sealed class XmlFilter
{
    private readonly MarkupSource _source;
    private readonly CancellationToken _cancellation;
    private readonly bool _isDrawing;
    private readonly bool _judgesNames;
    private readonly XmlEntities _entities = new();
    private readonly AttributePolicy _attributes;
    private readonly Dictionary<string, (int Count, FindingKind Kind)> _unwrapped = new(StringComparer.Ordinal);

    /// <summary>A filter. <paramref name="judgesNames"/>: whether element names mean what they mean in HTML and SVG; else only where the document names one of their namespaces.</summary>
    public XmlFilter(MarkupSource source, bool judgesNames, bool isDrawing, CancellationToken cancellation)
    {
        _source = source;
        _cancellation = cancellation;
        _isDrawing = isDrawing;
        _judgesNames = judgesNames || MayDraw(source.View);
        Edits = new MarkupEdits();
        _attributes = new AttributePolicy(source, Edits, _entities.Values, isDrawing);
    }

    public MarkupEdits Edits { get; }

    public void Run()
    {
        XmlTokenizer tokens = new(_source.View, 0, _source.View.Length);
        int count = 0;
        while (tokens.Read())
        {
            if ((count++ & 0x3FF) == 0) _cancellation.ThrowIfCancellationRequested();
            MarkupToken token = tokens.Token;
            switch (token.Kind)
            {
                case MarkupTokenKind.StartTag:
                    StartTag(ref tokens, token);
                    break;
                case MarkupTokenKind.EndTag:
                    EndTag(token);
                    break;
                case MarkupTokenKind.Text:
                    References(token.Start, token.End);
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

    // Business data has elements named "form" and attributes named "action". They mean something only where a browser knows their namespace, by name or by what stands for it.
    private static bool MayDraw(ReadOnlySpan<byte> view) =>
        view.IndexOf("1999/xhtml"u8) >= 0 || view.IndexOf("2000/svg"u8) >= 0 || view.IndexOf("1998/Math"u8) >= 0 || view.IndexOf("<!DOCTYPE"u8) >= 0 || view.IndexOf("xmlns=\"&"u8) >= 0 || HasEscapedNamespace(view);

    // A namespace written with character references ("http://www.w3.org/2000/&#115;vg").
    private static bool HasEscapedNamespace(ReadOnlySpan<byte> view)
    {
        for (int at = 0, found; (found = view[at..].IndexOf("xmlns"u8)) >= 0;)
        {
            at += found + 5;
            ReadOnlySpan<byte> value = view.Slice(at, Math.Min(256, view.Length - at));
            int quote = value.IndexOfAny((byte)'"', (byte)'\'');
            if (quote < 0) continue;
            int close = value[(quote + 1)..].IndexOf(value[quote]);
            if (value[(quote + 1)..][..(close < 0 ? value.Length - quote - 1 : close)].IndexOf((byte)'&') >= 0) return true;
        }

        return false;
    }

    private void StartTag(ref XmlTokenizer tokens, MarkupToken token)
    {
        foreach (MarkupAttribute attribute in token.Attributes) References(attribute.ValueStart, attribute.ValueEnd);
        int start = token.Start, behind = token.End;
        string name = token.Name, whole = token.Prefix.Length > 0 ? $"{token.Prefix}:{name}" : name;
        bool selfClosing = token.IsSelfClosing;
        if (name == "include" && token.Prefix.Length > 0 && _attributes.Value(token, "href") is not null)
        {
            Remove(ref tokens, MarkupFindings.Instruction, whole, start, selfClosing);
            return;
        }

        if (!_judgesNames) return;
        (FindingKind Kind, ElementFate Fate, string What)? judged = ElementPolicy.Judge(token, local => _attributes.Value(token, local));
        _attributes.Judge(token);
        if (judged is { } verdict)
        {
            // Names that its content needs may be declared on it: then the content goes too, or it would be no XML any more.
            bool declares = token.Attributes.Exists(attribute => MarkupNames.Lower(_source.View[attribute.Start..attribute.NameEnd]).StartsWith("xmlns", StringComparison.Ordinal));
            if (verdict.Fate is ElementFate.Removed || declares || verdict.Kind == MarkupFindings.ForeignObject)
            {
                Remove(ref tokens, verdict.Kind, whole, start, selfClosing);
                return;
            }

            Edits.Add(start, behind, verdict.Kind, verdict.What);
            if (!selfClosing) _unwrapped[whole] = (_unwrapped.GetValueOrDefault(whole).Count + 1, verdict.Kind);
            return;
        }

        if (name == "style" && !selfClosing) Style(ref tokens, whole, start, behind);
    }

    private void EndTag(MarkupToken token)
    {
        string whole = token.Prefix.Length > 0 ? $"{token.Prefix}:{token.Name}" : token.Name;
        if (!_unwrapped.TryGetValue(whole, out (int Count, FindingKind Kind) open) || open.Count == 0) return;
        Edits.Add(token.Start, token.End, open.Kind, "/" + token.Name);
        _unwrapped[whole] = (open.Count - 1, open.Kind);
    }

    private void Remove(ref XmlTokenizer tokens, FindingKind kind, string whole, int start, bool selfClosing)
    {
        int contentStart = tokens.Position;
        int end = selfClosing ? contentStart : ElementEnd(ref tokens, whole);
        if (kind == MarkupFindings.Script && ScriptText.Builds(_source.View[contentStart..end])) Edits.Add(start, end, MarkupFindings.Smuggling, whole);
        Edits.Add(start, end, kind, whole);
    }

    // Behind the end tag that closes it; the end of the document when nothing does.
    private int ElementEnd(ref XmlTokenizer tokens, string whole)
    {
        int depth = 1;
        while (depth > 0 && tokens.Read())
        {
            _cancellation.ThrowIfCancellationRequested();
            MarkupToken token = tokens.Token;
            if (token.Kind is not (MarkupTokenKind.StartTag or MarkupTokenKind.EndTag)) continue;
            string name = token.Prefix.Length > 0 ? $"{token.Prefix}:{token.Name}" : token.Name;
            if (name != whole) continue;
            if (token.Kind is MarkupTokenKind.EndTag) depth--;
            else if (!token.IsSelfClosing) depth++;
        }

        return tokens.Position;
    }

    private void Style(ref XmlTokenizer tokens, string whole, int start, int behind)
    {
        // Pieces of character data and CDATA up to the first tag; a style sheet has no elements in it.
        StringBuilder text = new();
        List<(int Start, int End, bool IsCData)> pieces = [];
        int contentEnd = behind;
        bool closed = false, marked = false;
        while (tokens.Read())
        {
            MarkupToken token = tokens.Token;
            if (token.Kind is MarkupTokenKind.StartTag or MarkupTokenKind.EndTag)
            {
                closed = token.Kind is MarkupTokenKind.EndTag;
                tokens.Position = token.Start;
                break;
            }

            contentEnd = token.End;
            if (token.Kind is MarkupTokenKind.Text) pieces.Add((token.Start, token.End, false));
            else if (token.Kind is MarkupTokenKind.CData) pieces.Add((token.ContentStart, token.ContentEnd, true));
            else marked = true;
        }

        if (!closed)
        {
            Edits.Add(start, behind, MarkupFindings.Mutation, whole + " with elements");
            return;
        }

        pieces.RemoveAll(piece => string.IsNullOrWhiteSpace(Encoding.Latin1.GetString(_source.View[piece.Start..piece.End])));
        bool exact = pieces is [var only] && !marked && (only.IsCData || _source.View[only.Start..only.End].IndexOf((byte)'&') < 0);
        if (exact)
        {
            foreach (StyleFilter.StyleEdit edit in StyleFilter.Find(Encoding.Latin1.GetString(_source.View[pieces[0].Start..pieces[0].End]))) Add(pieces[0].Start + edit.Start, pieces[0].Start + edit.End, edit, edit.Replacement);
            return;
        }

        foreach ((int from, int to, bool isCData) in pieces) text.Append(isCData ? _source.Text(from, to) : CharacterReferences.Decode(_source.Text(from, to), _entities.Values));
        List<StyleFilter.StyleEdit> found = StyleFilter.Find(text.ToString());
        foreach (IGrouping<FindingKind, StyleFilter.StyleEdit> kind in found.GroupBy(edit => edit.Kind))
            Add(behind, contentEnd, kind.First(), CharacterReferences.Encode(StyleFilter.Apply(text.ToString(), found.Where(edit => edit.Kind.Class is FindingClass.Active || edit.Kind == kind.Key))));
    }

    private void Add(int start, int end, StyleFilter.StyleEdit edit, string replacement)
    {
        if (edit.Kind == MarkupFindings.Remote && !_isDrawing) Edits.Remote(start, end, edit.Host, "style " + edit.What, replacement);
        else Edits.Add(start, end, edit.Kind == MarkupFindings.Remote ? MarkupFindings.External : edit.Kind, "style " + edit.What, replacement);
    }

    private void Instruction(MarkupToken token)
    {
        string target = MarkupNames.Lower(_source.View[token.ContentStart..Math.Min(token.ContentEnd, token.ContentStart + 64)]).Split(' ', '\t', '\r', '\n')[0];
        if (target is "xml-stylesheet" or "import" or "xml-model" or "component" or "access-control") Edits.Add(token.Start, token.End, MarkupFindings.Instruction, target);
    }

    private void Doctype(MarkupToken token)
    {
        int subset = _source.View[token.ContentStart..token.ContentEnd].IndexOf((byte)'[');
        string head = _source.Text(token.ContentStart, subset < 0 ? token.ContentEnd : token.ContentStart + subset);
        if (subset >= 0) _entities.Read(_source.Text(token.ContentStart + subset, token.ContentEnd));

        // The public types of W3C are known to readers by name and fetched by none; any other is fetched by some.
        int system = head.IndexOf("http://www.w3.org/", StringComparison.Ordinal);
        bool known = !head.Contains('"', StringComparison.Ordinal) && !head.Contains('\'', StringComparison.Ordinal);
        if (!known) known = system > 0 && head.LastIndexOf("://", StringComparison.Ordinal) == system + 4;
        if (!known) Edits.Add(token.Start, token.End, MarkupFindings.Dtd, "doctype from outside");
        else if (subset >= 0) Edits.Add(token.ContentStart + subset, token.ContentEnd, MarkupFindings.Dtd, "doctype");
    }

    // References to entities that go with the document type: plain text takes their place, anything else goes.
    private void References(int start, int end)
    {
        if (_entities.Names.Count == 0) return;
        ReadOnlySpan<byte> view = _source.View;
        for (int at = start; at < end;)
        {
            int found = view[at..end].IndexOf((byte)'&');
            if (found < 0) return;
            at += found;
            int close = view[at..Math.Min(end, at + 128)].IndexOf((byte)';');
            if (close > 1 && _entities.Replacement(_source.Text(at + 1, at + close)) is { } text) Edits.Add(at, at + close + 1, MarkupFindings.Dtd, "entity", CharacterReferences.Encode(text));
            at++;
        }
    }
}

using System.Text;
using MailSanitizer.Content.Formats.HeaderFields;
using MailSanitizer.Content.Formats.Links;
using MailSanitizer.Content.Formats.Markup;

namespace MailSanitizer.Content.Disarming.Html;

/// <summary>What a reader sees and is led to: links with their text, hidden text, forms, words that make one paste a command. Facts and notes, nothing is changed for them.</summary>
internal sealed class LureReader(MarkupSource source, Part part, IWalkContext context)
{
    private const int LongestLinkText = 512;
    private const int MostText = 256 * 1024;
    private const int MostOpen = 1_024;

    private readonly List<(string Name, Sight Sight, bool IsAsWritten)> _open = [];
    private readonly DrawnQrTable _cells = new();
    private readonly StringBuilder _text = new();
    private readonly StringBuilder _linkText = new();
    private readonly Dictionary<FindingKind, int> _said = [];
    private readonly HashSet<string> _hosts = new(StringComparer.Ordinal);
    private JudgedUrl? _link;
    private int _linkStart;
    private int _visible;
    private int _preview;
    private int _hidden;
    private int _hiddenStart = -1;

    public void Run()
    {
        HtmlTokenizer tokens = new(source.View, 0, source.View.Length);
        int count = 0;
        while (tokens.Read())
        {
            if ((count++ & 0x3FF) == 0) context.Cancellation.ThrowIfCancellationRequested();
            MarkupToken token = tokens.Token;
            switch (token.Kind)
            {
                case MarkupTokenKind.StartTag:
                    StartTag(token);
                    if (token.Prefix.Length == 0 && token.Name is "script" or "style" or "title" or "noframes" or "noembed")
                    {
                        bool script = token.Name == "script";
                        (int start, int end, bool closed) = tokens.ReadRawText(token.Name);
                        if (script) Script(source.View[start..end], start);
                        if (!closed && !script) tokens.Position = start;
                    }

                    break;
                case MarkupTokenKind.EndTag:
                    EndTag(token);
                    break;
                case MarkupTokenKind.Text:
                    Text(CharacterReferences.Decode(source.Text(token.Start, token.End)), token.Start);
                    break;
            }
        }

        FinishLink();
        if (_hidden >= 20) Note(MarkupFindings.HiddenText, $"offset {_hiddenStart}", $"{_hidden} letters");
        LureText text = new(_text.ToString());
        if (text.HasInvisibleInWords) Note(MarkupFindings.HiddenText, "", "characters without width inside of words");
        if (text.AsksToPaste is { } words) Note(MarkupFindings.PasteInstruction, "", words);
        foreach (string code in DrawnQr.InText(_text.ToString())) LureReporting.Drawn(code, "", context);
    }

    private void StartTag(MarkupToken token)
    {
        switch (token.Name)
        {
            case "a" or "area":
                FinishLink();
                if (Value(token, "href") is { } href)
                {
                    _link = UrlJudge.Judge(href);
                    _linkStart = token.Start;
                    if (token.Name == "area") FinishLink();
                }

                break;
            case "img" when _link is not null && Value(token, "alt") is { } alt && _linkText.Length == 0:
                _linkText.Append(alt.AsSpan(0, Math.Min(alt.Length, LongestLinkText)));
                break;
            case "form":
                Form(token);
                break;
            case "input" when Value(token, "type")?.Trim().Equals("password", StringComparison.OrdinalIgnoreCase) is true:
                Note(MarkupFindings.PasswordForm, $"offset {token.Start}", "");
                break;
            case "table":
                _cells.Begin();
                break;
            case "td" or "th":
                _cells.Cell($"{Value(token, "bgcolor")}|{Value(token, "style")}|{Value(token, "class")}", int.TryParse(Value(token, "colspan"), out int span) ? span : 1);
                Append(" ", asWritten: false);
                break;
            case "tr":
                _cells.Row();
                Line();
                break;
            case "br" or "p" or "div" or "li" or "pre":
                Line();
                break;
        }

        if (token.IsSelfClosing || token.Name is "br" or "img" or "hr" or "meta" or "input" or "link" or "area" or "base" or "col" or "wbr" or "source") return;
        if (_open.Count >= MostOpen) return;
        (_, Sight above, bool asWritten) = _open.Count > 0 ? _open[^1] : default;
        asWritten |= token.Name == "pre" || Value(token, "style")?.Contains("pre", StringComparison.OrdinalIgnoreCase) is true;
        _open.Add((token.Name, above.Below(Value(token, "style"), Value(token, "hidden") is not null, HasAttribute(token, "class")), asWritten));
    }

    private void EndTag(MarkupToken token)
    {
        if (token.Name == "a") FinishLink();
        if (token.Name == "table" && _cells.End() is { } code) LureReporting.Drawn(code, $"offset {token.Start}", context);
        for (int at = _open.Count - 1; at >= 0 && at > _open.Count - 64; at--)
        {
            if (_open[at].Name != token.Name) continue;
            _open.RemoveRange(at, _open.Count - at);
            break;
        }
    }

    private void Text(string text, int start)
    {
        int letters = 0;
        foreach (char c in text)
            if (char.IsLetterOrDigit(c)) letters++;
        Sight sight = _open.Count > 0 ? _open[^1].Sight : default;
        if (sight.IsHidden)
        {
            // The preview line: hidden, in front of everything that is seen, and short. Every newsletter has one.
            if (_visible == 0 && _preview + letters <= 600)
            {
                _preview += letters;
                return;
            }

            if (letters > 0 && _hiddenStart < 0) _hiddenStart = start;
            if (!sight.IsSwitched) _hidden += letters;
            return;
        }

        _visible += letters;
        Append(text, _open.Count > 0 && _open[^1].IsAsWritten);
        if (_link is not null && _linkText.Length < LongestLinkText) _linkText.Append(text.AsSpan(0, Math.Min(text.Length, LongestLinkText - _linkText.Length)));
    }

    private void Line()
    {
        if (_text.Length < MostText) _text.Append('\n');
    }

    // Blanks as a page shows them: one for many, none at the beginning of a line, unless the element keeps them as they are written.
    private void Append(string text, bool asWritten)
    {
        if (asWritten)
        {
            if (_text.Length < MostText) _text.Append(text.AsSpan(0, Math.Min(text.Length, MostText - _text.Length)));
            return;
        }

        foreach (char c in text)
        {
            if (_text.Length >= MostText) return;
            if (c is not (' ' or '\t' or '\r' or '\n' or '\f')) _text.Append(c);
            else if (_text.Length > 0 && _text[^1] is not (' ' or '\n')) _text.Append(' ');
        }
    }

    private void FinishLink()
    {
        if (_link is not { } url) return;
        string text = string.Join(' ', _linkText.ToString().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        _link = null;
        _linkText.Clear();
        if (url.Kind is UrlKind.Empty or UrlKind.Fragment or UrlKind.Relative) return;
        context.Link(url.Text, "html", text);
        if (url.Kind is not UrlKind.Web) return;
        string place = $"offset {_linkStart}";
        if (_hosts.Count < 1_000 && _hosts.Add(url.Host) && LinkHosts.Lookalike(url.Host) is { } why) Note(MarkupFindings.Lookalike, place, why);
        string to = LinkHosts.RedirectsTo(url);
        if (to.Length > 0) Note(MarkupFindings.Redirector, place, $"{url.Host} to {to}");
        string shown = LinkHosts.Shown(text);
        if (shown.Length == 0 || LinkHosts.Domain(shown) == LinkHosts.Domain(url.Host)) return;

        // A counting link that names the shown host as where it goes on to does what its text says.
        if (url.Text.Contains(shown, StringComparison.OrdinalIgnoreCase)) return;
        Note(MarkupFindings.LinkMismatch, place, $"shows {shown}, goes to {url.Host}");
    }

    private void Form(MarkupToken token)
    {
        if (Value(token, "action") is not { } action || UrlJudge.Judge(action) is not { Kind: UrlKind.Web } url) return;
        string sender = SenderDomain();
        if (sender.Length == 0 || LinkHosts.Domain(url.Host) != LinkHosts.Domain(sender)) Note(MarkupFindings.ForeignForm, $"offset {token.Start}", $"to {url.Host}");
    }

    // The From of the message around it: forged or not, a form that goes elsewhere even so is worth a note.
    private string SenderDomain()
    {
        for (Part? at = part.Parent; at is not null; at = at.Parent)
        {
            if (at.Format != "eml") continue;
            using Stream message = at.Bytes.OpenRead();
            HeaderField? from = HeaderBlock.Read(message, context.Limits).First("From");
            return from is null ? "" : AddressList.Read(from.RawValue.Span, context.Limits).Addresses is [var first, ..] ? first.Domain.ToLowerInvariant() : "";
        }

        return "";
    }

    private void Script(ReadOnlySpan<byte> script, int start)
    {
        bool copies = script.IndexOf("clipboard.write"u8) >= 0 || script.IndexOf("execCommand(\"copy"u8) >= 0 || script.IndexOf("execCommand('copy"u8) >= 0 || script.IndexOf("clipboardData.setData"u8) >= 0;
        if (copies) Note(MarkupFindings.PasteInstruction, $"offset {start}", "a script that fills the clipboard");
    }

    private string? Value(MarkupToken token, string name)
    {
        foreach (MarkupAttribute attribute in token.Attributes)
        {
            if (attribute.NameEnd - attribute.Start == name.Length && MarkupNames.Lower(source.View[attribute.Start..attribute.NameEnd]) == name)
                return CharacterReferences.Decode(source.Text(attribute.ValueStart, attribute.ValueEnd));
        }

        return null;
    }

    private bool HasAttribute(MarkupToken token, string name) => token.Attributes.Exists(attribute => attribute.NameEnd - attribute.Start == name.Length && MarkupNames.Lower(source.View[attribute.Start..attribute.NameEnd]) == name);

    private void Note(FindingKind kind, string place, string detail)
    {
        int count = _said[kind] = _said.GetValueOrDefault(kind) + 1;
        if (count <= 20) context.Report(kind, place, detail);
    }
}

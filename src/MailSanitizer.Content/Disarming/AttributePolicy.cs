using System.Collections.Frozen;
using MailSanitizer.Content.Formats.Links;
using MailSanitizer.Content.Formats.Markup;

namespace MailSanitizer.Content.Disarming;

/// <summary>Attributes of a tag that stays: what runs, loads or goes somewhere.</summary>
internal sealed class AttributePolicy(MarkupSource source, MarkupEdits edits, IReadOnlyDictionary<string, string>? entities, bool isDrawing)
{
    // Attributes with a URL that is followed or sent to.
    private static readonly FrozenSet<string> Followed = Set("href action cite longdesc codebase classid archive usemap profile data code pluginspage pluginurl object filename url from to implementation");

    // Attributes with a URL that is fetched and shown.
    private static readonly FrozenSet<string> Shown = Set("src background poster lowsrc dynsrc icon");

    private static readonly FrozenSet<string> Bindings = Set("datasrc datafld dataformatas datapagesize dataformat recordset");

    // Ends of raw text: an attribute that carries one together with markup waits for a reader who writes pages anew (mutation).
    private static readonly string[] Exits = ["-->", "--!>", "]]>", "</style", "</script", "</title", "</xmp", "</textarea", "</noscript", "</iframe", "</noembed", "</noframes", "</plaintext", "</svg", "</math", "</template"];

    private string _tag = "";

    /// <summary>Looks at all attributes of the token.</summary>
    public void Judge(MarkupToken token)
    {
        _tag = token.Name;
        foreach (MarkupAttribute attribute in token.Attributes)
        {
            string name = MarkupNames.Lower(source.View[attribute.Start..attribute.NameEnd]);
            Judge(token, attribute, name, name[(name.LastIndexOf(':') + 1)..]);
        }
    }

    /// <summary>The decoded value of an attribute of the token by its local name; null when it has none of that name. The first counts.</summary>
    public string? Value(MarkupToken token, string local)
    {
        foreach (MarkupAttribute attribute in token.Attributes)
        {
            string name = MarkupNames.Lower(source.View[attribute.Start..attribute.NameEnd]);
            if (name == local || (name.Length > local.Length && name.EndsWith(local, StringComparison.Ordinal) && name[^(local.Length + 1)] == ':')) return Value(attribute);
        }

        return null;
    }

    /// <summary>The decoded value of an attribute.</summary>
    public string Value(MarkupAttribute attribute) => CharacterReferences.Decode(source.Text(attribute.ValueStart, attribute.ValueEnd), entities);

    private void Judge(MarkupToken token, MarkupAttribute attribute, string name, string local)
    {
        if (IsEvent(name))
        {
            Drop(attribute, MarkupFindings.Event, local);
            return;
        }

        switch (local)
        {
            case "style":
                Style(attribute);
                return;
            case "class" or "id" or "width" or "height" or "align" or "valign" or "border" or "bgcolor" or "cellpadding" or "cellspacing" or "colspan" or "rowspan" or "lang" or "target" or "dir" or "role":
                return;
            case "srcdoc":
                Drop(attribute, MarkupFindings.Frame, local);
                return;
            case "ping" or "attributionsrc":
                Drop(attribute, MarkupFindings.Ping, local);
                return;
            case "formaction":
                Drop(attribute, MarkupFindings.Form, local);
                return;
            case "manifest" when _tag == "html":
                Drop(attribute, MarkupFindings.Import, local);
                return;
            case "base" when name == "xml:base":
                Drop(attribute, MarkupFindings.Base, name);
                return;
            case "srcset" or "imagesrcset":
                Candidates(attribute, local);
                return;
        }

        if (Bindings.Contains(local)) Drop(attribute, MarkupFindings.Binding, local);
        else if (Shown.Contains(local)) Fetched(attribute, local);
        else if (Followed.Contains(local) && !name.StartsWith("xmlns", StringComparison.Ordinal)) Linked(token, attribute, local);
        else Mutation(attribute, local);
    }

    private void Fetched(MarkupAttribute attribute, string local)
    {
        JudgedUrl url = UrlJudge.Judge(Value(attribute));
        if (!url.MayShow) Drop(attribute, MarkupFindings.ActiveUrl, $"{local} {url.Scheme}:");
        else if (url.IsRemote && isDrawing) Drop(attribute, MarkupFindings.External, local);
        else if (url.IsRemote) Remote(attribute, url.Host, local);
        else if (url.Kind is not UrlKind.DataImage) Mutation(attribute, local);
    }

    private void Linked(MarkupToken token, MarkupAttribute attribute, string local)
    {
        JudgedUrl url = UrlJudge.Judge(Value(attribute));
        bool picture = local == "href" && _tag is "image" or "feimage" or "imagedata" or "fill" or "background" or "stroke";
        if (url.Kind is UrlKind.Acts || (url.Kind is UrlKind.DataImage && !picture))
        {
            bool builds = url.Scheme is "data" or "blob" && Value(token, "download") is not null;
            if (builds) Drop(attribute, MarkupFindings.Smuggling, "download " + url.Scheme + ":");
            Drop(attribute, MarkupFindings.ActiveUrl, $"{local} {url.Scheme}:");
        }
        else if (local == "href" && ElementPolicy.RefersInside(_tag) && url.Kind is not (UrlKind.Fragment or UrlKind.Empty) && !(picture && url.Kind is UrlKind.DataImage or UrlKind.Content))
        {
            Drop(attribute, MarkupFindings.External, $"{_tag} {local}");
        }
        else if (picture && url.IsRemote)
        {
            if (isDrawing) Drop(attribute, MarkupFindings.External, $"{_tag} {local}");
            else Remote(attribute, url.Host, local);
        }
        else if (_tag == "link" && url.IsRemote && ElementPolicy.IsFetchedAndShown(Value(token, "rel") ?? ""))
        {
            Remote(attribute, url.Host, local);
        }
        else
        {
            Mutation(attribute, local);
        }
    }

    // "a.png 1x, b.png 2x": only what can be a URL of its own is judged; numbers and words in between are none.
    private void Candidates(MarkupAttribute attribute, string local)
    {
        string host = "";
        foreach (string candidate in Value(attribute).Split([' ', '\t', '\r', '\n', '\f'], StringSplitOptions.RemoveEmptyEntries))
        {
            JudgedUrl url = UrlJudge.Judge(candidate.Trim(','));
            if (!url.MayShow)
            {
                Drop(attribute, MarkupFindings.ActiveUrl, $"{local} {url.Scheme}:");
                return;
            }

            if (url.IsRemote) host = url.Host;
        }

        if (host.Length == 0) return;
        if (isDrawing) Drop(attribute, MarkupFindings.External, local);
        else Remote(attribute, host, local);
    }

    private void Style(MarkupAttribute attribute)
    {
        if (attribute.ValueEnd == attribute.ValueStart) return;
        string raw = source.Text(attribute.ValueStart, attribute.ValueEnd);
        string css = CharacterReferences.Decode(raw, entities);
        List<StyleFilter.StyleEdit> found = StyleFilter.Find(css);
        if (found.Count == 0)
        {
            Mutation(attribute, "style");
            return;
        }

        // Written anew as a whole where it has references or wide characters: its offsets are not those of the document then.
        bool exact = ReferenceEquals(raw, css) && css.Length == attribute.ValueEnd - attribute.ValueStart;
        if (found is [{ Start: 0 } whole] && whole.End == css.Length && whole.Replacement.Length == 0)
        {
            Drop(attribute, whole.Kind, "style " + whole.What);
            return;
        }

        if (exact)
        {
            foreach (StyleFilter.StyleEdit edit in found) Style(attribute.ValueStart + edit.Start, attribute.ValueStart + edit.End, edit, edit.Replacement);
            return;
        }

        foreach (IGrouping<FindingKind, StyleFilter.StyleEdit> kind in found.GroupBy(edit => edit.Kind))
        {
            string anew = CharacterReferences.Encode(StyleFilter.Apply(css, found.Where(edit => edit.Kind.Class is FindingClass.Active || edit.Kind == kind.Key)));
            Style(attribute.ValueStart, attribute.ValueEnd, kind.First(), attribute.Quote == 0 ? $"\"{anew}\"" : anew);
        }
    }

    private void Style(int start, int end, StyleFilter.StyleEdit edit, string replacement)
    {
        if (edit.Kind == MarkupFindings.Remote && !isDrawing) edits.Remote(start, end, edit.Host, $"{_tag} style {edit.What}", replacement);
        else edits.Add(start, end, edit.Kind == MarkupFindings.Remote ? MarkupFindings.External : edit.Kind, $"{_tag} style {edit.What}", replacement);
    }

    private void Mutation(MarkupAttribute attribute, string local)
    {
        ReadOnlySpan<byte> value = source.View[attribute.ValueStart..attribute.ValueEnd];
        if (value.IndexOfAny((byte)'<', (byte)'&') < 0) return;
        string text = Value(attribute);
        int open = text.IndexOf('<', StringComparison.Ordinal);
        if (open < 0) return;
        bool markup = false;
        for (int at = open; at >= 0 && at + 1 < text.Length && !markup; at = text.IndexOf('<', at + 1)) markup = char.IsAsciiLetter(text[at + 1]);
        if (!markup) return;
        foreach (string exit in Exits)
        {
            if (!text.Contains(exit, StringComparison.OrdinalIgnoreCase)) continue;
            Drop(attribute, MarkupFindings.Mutation, local);
            return;
        }
    }

    private void Remote(MarkupAttribute attribute, string host, string local) => edits.Remote(Behind(attribute), attribute.End, host, $"{_tag} {local}");

    private void Drop(MarkupAttribute attribute, FindingKind kind, string what) => edits.Add(Behind(attribute), attribute.End, kind, $"{_tag} {what}");

    // The blank in front goes too, where something stands behind that parts the neighbours as well.
    private int Behind(MarkupAttribute attribute)
    {
        ReadOnlySpan<byte> view = source.View;
        bool parted = attribute.End < view.Length && (HtmlTokenizer.IsBlank(view[attribute.End]) || view[attribute.End] == '>');
        return parted && attribute.Start > 0 && HtmlTokenizer.IsBlank(view[attribute.Start - 1]) ? attribute.Start - 1 : attribute.Start;
    }

    // "on" and letters, at the beginning of any run of name characters: whatever old readers took for a separator inside of a name.
    private static bool IsEvent(string name)
    {
        if (!name.Contains("on", StringComparison.Ordinal)) return false;
        for (int at = 0; at < name.Length;)
        {
            int start = at;
            while (at < name.Length && (char.IsAsciiLetterOrDigit(name[at]) || name[at] is '-' or '_' or '.')) at++;
            ReadOnlySpan<char> run = name.AsSpan(start, at - start);
            if (run.StartsWith("on") && (run.Length == 2 ? name.Length == 2 : char.IsAsciiLetter(run[2]))) return true;
            if (at == start) at++;
        }

        return false;
    }

    private static FrozenSet<string> Set(string words) => words.Split(' ').ToFrozenSet(StringComparer.Ordinal);
}

using System.Collections.Frozen;
using MailSanitizer.Content.Formats.Links;
using MailSanitizer.Content.Formats.Markup;

namespace MailSanitizer.Content.Disarming;

/// <summary>What becomes of a tag.</summary>
internal enum ElementFate
{
    /// <summary>It stays, perhaps without some of its attributes.</summary>
    Stays,

    /// <summary>The tags go, what is between them stays.</summary>
    Unwrapped,

    /// <summary>It goes with all that is in it.</summary>
    Removed,
}

/// <summary>
/// Elements, by local name and in any namespace: what acts in one of HTML, SVG and MathML is taken out wherever it stands, so that no trick with namespaces
/// makes it act after all.
/// </summary>
internal static class ElementPolicy
{
    private static readonly FrozenDictionary<string, (FindingKind Kind, ElementFate Fate)> Elements = Table();

    // Elements that SVG draws from what they refer to.
    private static readonly FrozenSet<string> Referring = Set(
        "use tref textpath mpath pattern lineargradient radialgradient filter feimage altglyph glyphref cursor color-profile font-face-uri animate animatecolor animatemotion animatetransform set discard clippath mask marker fecomponenttransfer");

    private static readonly FrozenSet<string> Animations = Set("animate animatecolor animatemotion animatetransform set transition transitionfilter");

    private static readonly FrozenSet<string> FetchedAndBelieved = Set("stylesheet import prefetch preload prerender modulepreload manifest serviceworker compression-dictionary pingback expect");

    private static readonly FrozenSet<string> FetchedAndShown = Set("icon shortcut apple-touch-icon apple-touch-icon-precomposed apple-touch-startup-image mask-icon fluid-icon image_src preconnect dns-prefetch");

    private static readonly FrozenSet<string> MetaThatActs = Set("refresh set-cookie link origin-trial accept-ch delegate-ch page-enter page-exit");

    /// <summary>True for elements that refer to a part of a drawing.</summary>
    public static bool RefersInside(string name) => Referring.Contains(name);

    /// <summary>True for SVG's and HTML+TIME's animations.</summary>
    public static bool IsAnimation(string name) => Animations.Contains(name);

    /// <summary>Judges a start tag by its name and, for a few, by what its attributes say.</summary>
    public static (FindingKind Kind, ElementFate Fate, string What)? Judge(MarkupToken token, Func<string, string?> attribute)
    {
        switch (token.Name)
        {
            case "meta":
                return attribute("http-equiv") is { } equivalent && MetaThatActs.Contains(Word(equivalent)) ? (MarkupFindings.Refresh, ElementFate.Unwrapped, "meta " + Word(equivalent)) : null;
            case "base":
                return attribute("href") is not null ? (MarkupFindings.Base, ElementFate.Unwrapped, "base") : null;
            case "link":
                return Link(attribute);
            case "xml" when attribute("src") is not null:
                return (MarkupFindings.Binding, ElementFate.Unwrapped, "xml src");
            case "component" or "attach" or "method" or "event" when token.Prefix == "public":
                return (MarkupFindings.Binding, ElementFate.Unwrapped, "public:" + token.Name);
            default:
                if (IsAnimation(token.Name)) return Animation(token.Name, attribute);
                return Elements.TryGetValue(token.Name, out (FindingKind Kind, ElementFate Fate) row) ? (row.Kind, row.Fate, token.Name) : null;
        }
    }

    private static (FindingKind, ElementFate, string)? Link(Func<string, string?> attribute)
    {
        if (attribute("href") is not { } href && attribute("imagesrcset") is null) return null;
        href = attribute("href") ?? "";
        string[] relations = Words(attribute("rel") ?? "");
        string? fetched = Array.Find(relations, FetchedAndBelieved.Contains);
        if (fetched is null) return null;

        // A sheet of the same message is a part of its own, and is looked at as such.
        bool ownSheet = fetched == "stylesheet" && UrlJudge.Judge(href).Kind is UrlKind.Content or UrlKind.Empty or UrlKind.Fragment;
        return ownSheet ? null : (MarkupFindings.Import, ElementFate.Unwrapped, "link " + fetched);
    }

    /// <summary>True for a link element that fetches a picture or opens a connection.</summary>
    public static bool IsFetchedAndShown(string relation) => Array.Exists(Words(relation), FetchedAndShown.Contains);

    private static (FindingKind, ElementFate, string)? Animation(string name, Func<string, string?> attribute)
    {
        string target = Word(attribute("attributename") ?? "");
        int colon = target.LastIndexOf(':');
        string local = target[(colon + 1)..];
        bool acts = local is "href" or "src" or "style" or "innerhtml" or "srcdoc" or "action" or "formaction" or "data" or "xlink" || local.StartsWith("on", StringComparison.Ordinal);
        foreach (string value in (ReadOnlySpan<string>)["to", "from", "by", "values"])
        {
            if (acts || attribute(value) is not { } text) continue;
            if (text.Contains('<', StringComparison.Ordinal)) acts = true;
            foreach (string one in text.Split(';'))
                if (UrlJudge.Judge(one) is { Kind: UrlKind.Acts }) acts = true;
        }

        return acts ? (MarkupFindings.Animation, ElementFate.Unwrapped, $"{name} {local}".TrimEnd()) : null;
    }

    private static string Word(string text) => UrlJudge.Judge(text).Text.ToLowerInvariant();

    private static string[] Words(string text) => text.ToLowerInvariant().Split([' ', '\t', '\r', '\n', '\f', ','], StringSplitOptions.RemoveEmptyEntries);

    private static FrozenSet<string> Set(string words) => words.Split(' ').ToFrozenSet(StringComparer.Ordinal);

    private static FrozenDictionary<string, (FindingKind, ElementFate)> Table()
    {
        Dictionary<string, (FindingKind, ElementFate)> rows = new(StringComparer.Ordinal);
        void Add(string names, FindingKind kind, ElementFate fate)
        {
            foreach (string name in names.Split(' ')) rows.Add(name, (kind, fate));
        }

        Add("script", MarkupFindings.Script, ElementFate.Removed);

        // SVG Tiny 1.2's own scripts.
        Add("handler listener", MarkupFindings.Script, ElementFate.Removed);
        Add("iframe", MarkupFindings.Frame, ElementFate.Removed);
        Add("frame frameset portal fencedframe webview controlledframe layer ilayer", MarkupFindings.Frame, ElementFate.Unwrapped);
        Add("object embed applet param", MarkupFindings.Plugin, ElementFate.Unwrapped);
        Add("form input button select textarea keygen isindex datalist output", MarkupFindings.Form, ElementFate.Unwrapped);
        Add("foreignobject", MarkupFindings.ForeignObject, ElementFate.Unwrapped);

        // Everything behind it is text to some, and markup to those who ignore it.
        Add("plaintext", MarkupFindings.Mutation, ElementFate.Unwrapped);
        return rows.ToFrozenDictionary(StringComparer.Ordinal);
    }
}

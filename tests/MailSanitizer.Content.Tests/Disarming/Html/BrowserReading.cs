using System.Text.RegularExpressions;
using AngleSharp;
using AngleSharp.Dom;
using AngleSharp.Html.Dom;
using AngleSharp.Html.Parser;

namespace MailSanitizer.Content.Tests.Disarming.Html;

/// <summary>What acts in a page to a reader of the tree: an independent checker, on AngleSharp's parser, with nothing of the disarmer's code.</summary>
public static partial class BrowserReading
{
    private static readonly string[] ActingElements =
        ["script", "iframe", "frame", "frameset", "object", "embed", "applet", "portal", "fencedframe", "form", "input", "button", "select", "textarea", "keygen", "isindex", "foreignobject", "handler", "listener", "param", "layer"];

    private static readonly string[] UrlAttributes = ["href", "src", "action", "formaction", "background", "poster", "data", "cite", "longdesc", "lowsrc", "dynsrc", "codebase", "classid", "to", "from", "values", "ping", "manifest"];

    /// <summary>Names of what acts, with scripting off and on, as HTML.</summary>
    public static List<string> Acting(string html)
    {
        List<string> found = [];
        foreach (bool scripting in (bool[])[false, true])
        {
            HtmlParser parser = new(new HtmlParserOptions { IsScripting = scripting, IsNotConsumingCharacterReferences = false }, BrowsingContext.New(AngleSharp.Configuration.Default));
            IHtmlDocument document = parser.ParseDocument(html);
            Look(document, found);

            // What a mail reader makes of it that writes the page anew and reads it again.
            Look(parser.ParseDocument(document.DocumentElement.OuterHtml), found);
        }

        return [.. found.Distinct()];
    }

    private static void Look(INode root, List<string> found)
    {
        Stack<INode> left = new([root]);
        while (left.TryPop(out INode? node))
        {
            if (node is IElement element) Element(element, found);
            if (node is IHtmlTemplateElement template) left.Push(template.Content);
            foreach (INode child in node.ChildNodes) left.Push(child);
        }
    }

    private static void Element(IElement element, List<string> found)
    {
        string name = element.LocalName.ToLowerInvariant();
        name = name[(name.LastIndexOf(':') + 1)..];
        if (ActingElements.Contains(name)) found.Add(name);
        if (name == "base" && element.HasAttribute("href")) found.Add("base");
        if (name == "meta" && element.GetAttribute("http-equiv")?.Trim().ToLowerInvariant() is "refresh" or "set-cookie") found.Add("meta refresh");
        if (name == "link" && Regex.IsMatch(element.GetAttribute("rel") ?? "", "stylesheet|import|prefetch|preload|prerender|manifest", RegexOptions.IgnoreCase) && !(element.GetAttribute("href") ?? "cid:").StartsWith("cid:", StringComparison.Ordinal)) found.Add("link");
        if (name is "style") Css(element.TextContent, found);
        if (name is "animate" or "set" or "animatetransform" && Regex.IsMatch(element.GetAttribute("attributeName") ?? "", "href|^on", RegexOptions.IgnoreCase)) found.Add("animation");
        foreach (IAttr attribute in element.Attributes)
        {
            string local = attribute.Name.ToLowerInvariant();
            local = local[(local.LastIndexOf(':') + 1)..];
            if (local.StartsWith("on", StringComparison.Ordinal) && local.Length > 2) found.Add(local);
            if (local is "srcdoc" or "ping" or "formaction" or "datasrc" or "datafld") found.Add(local);
            if (local == "style") Css(attribute.Value, found);
            if (UrlAttributes.Contains(local) && Scheme(attribute.Value) is { } scheme && !IsPassive(scheme, attribute.Value, name, local)) found.Add($"{local}={scheme}");
            if (local == "href" && name is "use" && attribute.Value.Trim() is { Length: > 0 } target && target[0] != '#') found.Add("use outside");
        }
    }

    private static bool IsPassive(string scheme, string value, string element, string attribute) =>
        scheme is "http" or "https" or "mailto" or "tel" or "cid"
        || (scheme == "data" && Regex.IsMatch(value.Trim(), "^data:image/(png|jpe?g|gif|webp|bmp)[;,]", RegexOptions.IgnoreCase) && (attribute is "src" or "background" or "poster" || element is "image" or "feimage"));

    // As a browser finds it: control characters in front, tabs and line ends in between do not count.
    private static string? Scheme(string value)
    {
        string bare = Regex.Replace(value, "^[\\x00-\\x20]+|[\\t\\r\\n]", "");
        if (bare.StartsWith("//", StringComparison.Ordinal) || bare.StartsWith("\\\\", StringComparison.Ordinal)) return "unc";
        Match match = SchemeName().Match(bare);
        return match.Success ? match.Groups[1].Value.ToLowerInvariant() : null;
    }

    private static void Css(string css, List<string> found)
    {
        string bare = Regex.Replace(Regex.Replace(css, "/\\*.*?\\*/", "", RegexOptions.Singleline), "\\\\([0-9a-fA-F]{1,6})\\s?", match => ((char)Convert.ToInt32(match.Groups[1].Value, 16)).ToString());
        bare = bare.Replace("\\", "", StringComparison.Ordinal);
        bare = Regex.Replace(bare, "behavior\\s*:\\s*url\\(#default#VML\\)", "", RegexOptions.IgnoreCase);
        foreach (Match match in ActingCss().Matches(bare)) found.Add("css " + match.Value.ToLowerInvariant());
    }

    [GeneratedRegex("^([a-zA-Z][a-zA-Z0-9+.-]*):")]
    private static partial Regex SchemeName();

    [GeneratedRegex("expression\\s*\\(|(?<![a-z-])behavior\\s*:|-moz-binding|javascript:|vbscript:|@import|data:text|url\\(\\s*['\"]?\\s*(file|data:image/svg|//|\\\\)", RegexOptions.IgnoreCase)]
    private static partial Regex ActingCss();
}

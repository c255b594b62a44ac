using System.Text.RegularExpressions;
using System.Xml;
using MailSanitizer.Content.Formats.Links;

namespace MailSanitizer.Content.Disarming.Odf;

/// <summary>What happens to an element or attribute.</summary>
internal enum OdfAct
{
    /// <summary>Stays.</summary>
    Keep,

    /// <summary>Goes with everything in it.</summary>
    Drop,

    /// <summary>Its tags go, its text stays.</summary>
    Unwrap,
}

/// <summary>What in OpenDocument XML acts (ODF 1.3 part 3), told element by element. Namespaces are reduced to their word, so that old and experimental ones are judged alike.</summary>
internal static partial class OdfVerdict
{
    /// <summary>The word of a namespace: <c>office</c>, <c>text</c>, <c>xlink</c> …</summary>
    public static string Family(string uri)
    {
        bool urn = uri.StartsWith("urn:", StringComparison.OrdinalIgnoreCase);
        string[] parts = uri.TrimEnd('/').Split(urn ? ':' : '/');
        string word = (urn && parts.Length > 1 && parts[^1].Length > 0 && char.IsAsciiDigit(parts[^1][0]) ? parts[^2] : parts[^1]).ToLowerInvariant();
        return word switch { "drawing" => "draw", "animation" => "anim", "svg-compatible" => "svg", _ => word };
    }

    /// <summary>Judges the element that the reader stands on, with its attributes.</summary>
    public static (OdfAct Act, FindingKind? Kind, string Detail) Element(XmlReader reader)
    {
        string family = Family(reader.NamespaceURI), name = reader.LocalName, shown = reader.Name;
        switch (family, name)
        {
            case ("office", "script") or ("text", "script"):
                return (OdfAct.Drop, OfficeFindings.VbaProject, shown);
            case ("text", "execute-macro"):
                return (OdfAct.Unwrap, OfficeFindings.VbaProject, shown);
            case ("script", _):
                return (OdfAct.Drop, OdfFindings.EventListener, $"{Attribute(reader, "event-name")} {Attribute(reader, "macro-name")}{Attribute(reader, "href")}");
            case ("presentation", "event-listener" or "event"):
                return Action(reader, shown);
            case ("anim", "command") when Attribute(reader, "command") is "verb" or "custom":
                return (OdfAct.Drop, OfficeFindings.SlideAction, shown);
            case ("office", "dde-source") or ("text", "dde-connection-decls" or "dde-connection-decl") or ("table", "dde-links" or "dde-link"):
                return (OdfAct.Drop, OfficeFindings.Dde, shown);
            case ("text", "dde-connection"):
                return (OdfAct.Unwrap, OfficeFindings.Dde, shown);
            case ("draw", "object-ole"):
                return (OdfAct.Drop, OfficeFindings.OleObject, Attribute(reader, "href"));
            case ("draw", "applet"):
                return (OdfAct.Drop, OdfFindings.Plugin, shown);
            case ("draw", "plugin") when !Attribute(reader, "mime-type").StartsWith("application/vnd.sun.star.media", StringComparison.OrdinalIgnoreCase):
                return (OdfAct.Drop, OdfFindings.Plugin, Attribute(reader, "mime-type"));
            case ("draw", "floating-frame"):
                return (OdfAct.Drop, OfficeFindings.ExternalLink, Attribute(reader, "href"));
            case ("xforms" or "model", "model" or "submission"):
                return (OdfAct.Drop, OdfFindings.Submission, shown);
            case ("table", "database-source-query" or "database-source-sql" or "database-source-table") or ("form", "connection-resource") or ("db" or "database", _):
                return (OdfAct.Drop, OfficeFindings.DataConnection, shown);
            case ("table", "table-source" or "cell-range-source") or ("text", "alphabetical-index-auto-mark-file") or ("meta", "auto-reload"):
                return (OdfAct.Drop, OfficeFindings.ExternalLink, Attribute(reader, "href"));
            case ("meta", "template") when Attribute(reader, "href") is { Length: > 0 } template && !IsInside(template):
                return (OdfAct.Drop, OfficeFindings.RemoteTemplate, template);
            default:
                return (OdfAct.Keep, null, "");
        }
    }

    /// <summary>Judges an attribute of the element that the reader came from.</summary>
    public static (OdfAct Act, FindingKind? Kind, string Detail) Attribute(string elementFamily, string element, string family, string name, string value)
    {
        if (family == "namespace" && name == "base") return (OdfAct.Drop, OfficeFindings.ExternalLink, value);
        if (name == "href" || (name is "url" or "target-url" && elementFamily is "text" or "form"))
        {
            if (elementFamily == "form" && element == "form") return value.Length == 0 || value == "." ? default : (OdfAct.Drop, OdfFindings.Submission, value);
            if (IsLink(elementFamily, element)) return FieldInstruction.MayLink(value) ? default : (OdfAct.Drop, OfficeFindings.UnsafeHyperlink, value);
            if (IsInside(value)) return default;
            FindingKind kind = element is "plugin" or "audio" or "video" or "sound" ? OfficeFindings.LinkedMedia : element is "object" ? OfficeFindings.LinkedObject : OfficeFindings.ExternalLink;
            return (OdfAct.Drop, kind, value);
        }

        if (elementFamily == "form" && name is "datasource" or "command" && value.Length > 0) return (OdfAct.Drop, OfficeFindings.DataConnection, value);
        if (family is "table" or "text" or "style" or "form" or "calcext" or "chart" && name is "formula" or "expression" or "condition" && value.Contains('(', StringComparison.Ordinal) | value.Contains('#', StringComparison.Ordinal)) return Formula(value);
        return default;
    }

    /// <summary>True for elements that a reader of the document clicks on; on all others a reference is loaded.</summary>
    private static bool IsLink(string family, string element) =>
        element is "a" or "area-rectangle" or "area-circle" or "area-polygon" or "event-listener" or "bibliography-mark" or "hyperlink-behaviour" || (family == "form" && element is not ("image-data" or "image-frame"));

    /// <summary>True for a file in the package, or a place in the document.</summary>
    public static bool IsInside(string target)
    {
        string text = target.Trim();
        foreach (string own in (ReadOnlySpan<string>)["vnd.sun.star.Package:", "vnd.sun.star.GraphicObject:", "vnd.sun.star.EmbeddedObject:"])
        {
            if (text.StartsWith(own, StringComparison.OrdinalIgnoreCase)) text = text[own.Length..];
        }

        return UrlJudge.Judge(text).Kind is UrlKind.Empty or UrlKind.Fragment or UrlKind.Relative && !text.StartsWith('/') && !text.AsSpan().ContainsAny('\\', '%', ':') && !text.Split('/').Contains("..");
    }

    private static (OdfAct Act, FindingKind? Kind, string Detail) Action(XmlReader reader, string shown)
    {
        string action = Attribute(reader, "action");
        string target = Attribute(reader, "href");
        bool harmless = action is "none" or "previous-page" or "next-page" or "first-page" or "last-page" or "hide" or "stop" or "fade-out" or "last-visited-page" or "show" && FieldInstruction.MayLink(target);
        return harmless ? default : (OdfAct.Drop, OfficeFindings.SlideAction, $"{shown} {action} {target}");
    }

    private static (OdfAct Act, FindingKind? Kind, string Detail) Formula(string formula)
    {
        if (DdeCall().IsMatch(formula)) return (OdfAct.Drop, OfficeFindings.Dde, formula);
        if (ActiveCall().IsMatch(formula)) return (OdfAct.Drop, OfficeFindings.ActiveFunction, formula);
        if (OtherFile().IsMatch(formula)) return (OdfAct.Drop, OfficeFindings.ExternalLink, formula);
        if (!formula.Contains("HYPERLINK", StringComparison.OrdinalIgnoreCase)) return default;
        foreach (ValueMatch literal in Literal().EnumerateMatches(formula))
        {
            string text = formula.Substring(literal.Index + 1, literal.Length - 2);
            if (UrlJudge.Judge(text).Kind is UrlKind.Acts) return (OdfAct.Drop, OfficeFindings.UnsafeHyperlink, text);
        }

        return default;
    }

    private static string Attribute(XmlReader reader, string local)
    {
        string found = "";
        if (!reader.MoveToFirstAttribute()) return found;
        do
        {
            if (reader.LocalName == local) found = reader.Value;
        }
        while (reader.MoveToNextAttribute());
        reader.MoveToElement();
        return found;
    }

    [GeneratedRegex(@"(^|[^a-z0-9_.])DDE\s*\(", RegexOptions.IgnoreCase | RegexOptions.NonBacktracking)]
    private static partial Regex DdeCall();

    [GeneratedRegex(@"(^|[^a-z0-9_])(COM\.MICROSOFT\.)?(WEBSERVICE|IMAGE|RTD|CALL|REGISTER|REGISTER\.ID|EXEC|RUN|FILTERXML|CUBE[A-Z]+)\s*\(", RegexOptions.IgnoreCase | RegexOptions.NonBacktracking)]
    private static partial Regex ActiveCall();

    // 'file:///c:/a.ods'#$Sheet1.A1: a quoted name in front of # is a document; sheets are followed by a dot.
    [GeneratedRegex(@"'\s*#|(file|https?|ftp|smb|vnd[a-z.]*):[^\]\s]*#", RegexOptions.IgnoreCase | RegexOptions.NonBacktracking)]
    private static partial Regex OtherFile();

    [GeneratedRegex(@"""[^""]*""", RegexOptions.NonBacktracking)]
    private static partial Regex Literal();
}

namespace MailSanitizer.Content.Identification;

/// <summary>Formats that begin with a tag. Told by root element and namespace, without a parser: a look at the beginning decides which parser comes.</summary>
internal static class XmlKinds
{
    private static readonly (string Word, string Id)[] Roots =
    [
        ("<svg", "svg"), ("<pkg:package", "flat-opc"), ("<w:worddocument", "word-xml"), ("<worddocument", "word-xml"), ("urn:schemas-microsoft-com:office:spreadsheet", "spreadsheet-xml"),
        ("<visiodocument", "vdx"), ("<xfdf", "xfdf"), ("<mathml", "mathml"), ("<math", "mathml"), ("<xsl:stylesheet", "xsl"), ("<xsl:transform", "xsl"), ("<scriptlet", "wsc"), ("<component", "wsc"),
        ("<jnlp", "jnlp"), ("<mmc_consolefile", "msc"), ("<pcsettings", "settingcontent-ms"), ("<searchconnectordescription", "searchconnector-ms"), ("<librarydescription", "library-ms"),
        ("<persistedquery", "search-ms"), ("<c:contact", "contact"), ("<appinstaller", "appinstaller"), ("<rdcman", "rdg"), ("<psconsolefile", "psc1"), ("<softpkg", "osd"), ("<asx", "asx"),
        ("http://schemas.microsoft.com/windows/2004/02/mit/task", "task"), ("http://schemas.microsoft.com/developer/msbuild", "proj"),
    ];

    /// <summary>The format of a text that begins with <c>&lt;</c>; null when it is no markup that we know.</summary>
    public static string? Match(string start, string lower)
    {
        if (IsEncodedScript(lower)) return "wsf";
        bool xml = lower.StartsWith("<?xml", StringComparison.Ordinal);
        string root = Root(lower);
        foreach ((string word, string id) in Roots)
        {
            if (word[0] == '<' ? IsElement(root, word) : root.Contains(word, StringComparison.Ordinal)) return id;
        }

        if (root.StartsWith("<job", StringComparison.Ordinal) || root.StartsWith("<package>", StringComparison.Ordinal)) return lower.Contains("<script", StringComparison.Ordinal) ? "wsf" : "xml";
        if (IsElement(root, "<configuration") && (lower.Contains("<logoncommand", StringComparison.Ordinal) || lower.Contains("<mappedfolder", StringComparison.Ordinal) || lower.Contains("<vgpu", StringComparison.Ordinal))) return "wsb";
        if (IsElement(root, "<plist")) return Plist(lower);
        if (IsElement(root, "<office:document")) return Flat(lower);
        if (root.Contains("urn:schemas-microsoft-com:asm.v", StringComparison.Ordinal) && lower.Contains("<deployment", StringComparison.Ordinal)) return "application";
        if (IsElement(root, "<types") && lower.Contains("<scriptblock", StringComparison.Ordinal)) return "ps1xml";
        if (IsElement(root, "<configuration") && lower.Contains("<viewdefinitions", StringComparison.Ordinal)) return "ps1xml";
        if (lower.StartsWith("<!entity", StringComparison.Ordinal) || lower.StartsWith("<!element", StringComparison.Ordinal)) return "dtd";
        if (lower.Contains("mso-application progid=\"word", StringComparison.Ordinal)) return "word-xml";
        if (lower.Contains("mso-application progid=\"excel", StringComparison.Ordinal)) return "spreadsheet-xml";
        if (IsElement(root, "<html") && xml) return "xhtml";

        // What says that it is XML is not HTML for an element named "form" somewhere: browsers take it at its word (MIME Sniffing 7.1).
        if (xml && root.Length > 1 && char.IsAsciiLetter(root[1])) return "xml";
        if (IsHtml(lower)) return Html(lower);
        _ = start;
        return xml || (root.Length > 1 && char.IsAsciiLetter(root[1]) && root.Contains("xmlns", StringComparison.Ordinal)) ? "xml" : null;
    }

    /// <summary>True when a browser would take the beginning for HTML (a subset of the tags of the MIME Sniffing standard, 7.1, anywhere near the beginning).</summary>
    public static bool IsHtml(string lower)
    {
        string near = lower.Length > 1_024 ? lower[..1_024] : lower;
        foreach (string tag in (ReadOnlySpan<string>)["<!doctype html", "<html", "<head", "<body", "<script", "<iframe", "<table", "<style", "<title", "<meta ", "<h1", "<div", "<font", "<a href", "<img ", "<form", "<object", "<embed", "<base "])
        {
            int at = near.IndexOf(tag, StringComparison.Ordinal);
            if (at >= 0 && (at == 0 || near[..at].Trim() is "" || near.AsSpan(0, at).TrimStart()[0] == '<')) return true;
        }

        return false;
    }

    /// <summary>HTML, or one of the formats that are HTML with a purpose.</summary>
    public static string Html(string lower) =>
        lower.Contains("<hta:application", StringComparison.Ordinal) ? "hta"
        : lower.Contains("<html amp", StringComparison.Ordinal) || lower.Contains("<html ⚡", StringComparison.Ordinal) || lower.Contains("amp4email", StringComparison.Ordinal) ? "amp-html"
        : lower.Contains("text/x-ms-odc", StringComparison.Ordinal) ? "odc"
        : "html";

    // The first tag that is neither declaration, comment nor doctype.
    private static string Root(string lower)
    {
        int at = 0;
        while (at < lower.Length)
        {
            int tag = lower.IndexOf('<', at);
            if (tag < 0 || tag + 1 >= lower.Length) return "";
            string end = lower.AsSpan(tag).StartsWith("<!--", StringComparison.Ordinal) ? "-->" : lower[tag + 1] == '?' ? "?>" : lower[tag + 1] == '!' ? (HasSubset(lower, tag) ? "]>" : ">") : "";
            if (end.Length == 0) return lower[tag..];
            int close = lower.IndexOf(end, tag, StringComparison.Ordinal);
            if (close < 0) return "";
            at = close + end.Length;
        }

        return "";
    }

    private static bool HasSubset(string lower, int tag)
    {
        int bracket = lower.IndexOf('[', tag), close = lower.IndexOf('>', tag);
        return bracket > 0 && bracket < close;
    }

    private static bool IsElement(string root, string name) => root.StartsWith(name, StringComparison.Ordinal) && (root.Length == name.Length || root[name.Length] is ' ' or '>' or '/' or '\r' or '\n' or '\t');

    private static bool IsEncodedScript(string lower) => lower.StartsWith("<script language=\"vbscript.encode", StringComparison.Ordinal) || lower.StartsWith("<script language=\"jscript.encode", StringComparison.Ordinal);

    private static string Plist(string lower) =>
        lower.Contains("payloadcontent", StringComparison.Ordinal) ? "mobileconfig"
        : lower.Contains("<key>window settings</key>", StringComparison.Ordinal) || lower.Contains("<key>commandstring</key>", StringComparison.Ordinal) ? "terminal"
        : lower.Contains("<key>url</key>", StringComparison.Ordinal) ? (lower.Contains("file:/", StringComparison.Ordinal) ? "fileloc" : lower.Contains("<string>http", StringComparison.Ordinal) ? "webloc" : "inetloc")
        : "xml";

    private static string Flat(string lower) =>
        lower.Contains("opendocument.spreadsheet", StringComparison.Ordinal) ? "fods" : lower.Contains("opendocument.presentation", StringComparison.Ordinal) ? "fodp"
        : lower.Contains("opendocument.graphics", StringComparison.Ordinal) ? "fodg" : "fodt";
}

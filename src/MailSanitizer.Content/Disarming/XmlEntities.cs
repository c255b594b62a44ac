using System.Text.RegularExpressions;

namespace MailSanitizer.Content.Disarming;

/// <summary>The entities that a document declares itself. Nothing is ever expanded inside of another: a laugh stays one laugh.</summary>
internal sealed partial class XmlEntities
{
    // Text that drawing programs declare: namespaces, colours, style rules. All replacements together.
    private const int LongestText = 2_048;
    private const int MostExpanded = 1024 * 1024;

    private readonly Dictionary<string, string> _plain = new(StringComparer.Ordinal);
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private int _expanded;

    /// <summary>Every declared name.</summary>
    public IReadOnlySet<string> Names => _names;

    /// <summary>Those whose text is plain: no markup, no reference.</summary>
    public IReadOnlyDictionary<string, string> Values => _plain;

    /// <summary>Reads an internal subset. The first declaration of a name counts (XML 1.0, 4.2).</summary>
    public void Read(string subset)
    {
        foreach (Match match in Declaration().Matches(subset))
        {
            string name = match.Groups[1].Value;
            if (!_names.Add(name)) continue;
            string text = match.Groups[2].Success ? match.Groups[2].Value : match.Groups[3].Value;
            bool plain = (match.Groups[2].Success || match.Groups[3].Success) && text.Length <= LongestText && text.AsSpan().IndexOfAny('<', '&', '%') < 0;
            if (plain) _plain.Add(name, text);
        }
    }

    /// <summary>What stands for a reference; null when the document does not declare it.</summary>
    public string? Replacement(string name)
    {
        if (!_names.Contains(name)) return null;
        if (!_plain.TryGetValue(name, out string? text) || (_expanded += text.Length) > MostExpanded) return "";
        return text;
    }

    [GeneratedRegex("<!ENTITY\\s+([^\\s%\"'>;&]{1,100})\\s+(?:\"([^\"]*)\"|'([^']*)'|[A-Z]+\\s)", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex Declaration();
}

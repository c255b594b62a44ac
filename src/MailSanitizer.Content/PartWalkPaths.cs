using System.Globalization;
using System.Text;

namespace MailSanitizer.Content;

/// <summary>Gives the children of one part their paths: unique, safe to print, bounded, and the same in walk and rebuild.</summary>
internal sealed class PartWalkPaths(Part part, Limits limits)
{
    private readonly Dictionary<string, int> _used = new(StringComparer.Ordinal);
    private int _children;

    /// <summary>The path of the next child.</summary>
    public string Next(ChildDescription description)
    {
        _children++;
        string name = Safe(description.Names.Count > 0 ? description.Names[0].Text : "", limits.PathSegment);
        string key = description.Segment is { Length: > 0 } segment ? Safe(segment, limits.PathSegment) : name;
        if (key.Length == 0) key = "#" + _children.ToString(CultureInfo.InvariantCulture);
        string unique = Unique(key);
        if (description.Segment is { Length: > 0 } && name.Length > 0) unique += "/" + name;
        return part.Path.Length == 0 ? unique : part.Path + "/" + unique;
    }

    // "a~2" may itself be a name: count on until nobody has it. The next number is remembered, so equal names cost nothing extra.
    private string Unique(string key)
    {
        if (_used.TryAdd(key, 1)) return key;
        int number = _used[key];
        string candidate;
        do candidate = key + "~" + (++number).ToString(CultureInfo.InvariantCulture);
        while (!_used.TryAdd(candidate, 1));
        _used[key] = number;
        return candidate;
    }

    /// <summary>A name that can stand in a path, a log line and a terminal.</summary>
    internal static string Safe(string name, int longest)
    {
        if (name.Length > longest * 8) name = string.Concat(name.AsSpan(0, longest * 4), name.AsSpan(name.Length - longest * 4));
        StringBuilder safe = new(name.Length);
        foreach (Rune rune in name.EnumerateRunes())
        {
            bool shown = rune != Rune.ReplacementChar && rune.Value is not '/' and not '\\' && Rune.GetUnicodeCategory(rune) is not
                (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.LineSeparator
                or UnicodeCategory.ParagraphSeparator or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned);
            safe.Append(shown ? rune.ToString() : "_");
        }

        string text = safe.ToString().Trim().TrimEnd('.');
        if (text.Length > longest)
        {
            int tail = Math.Min(longest / 3, 24);
            int head = longest - tail - 1;
            if (char.IsHighSurrogate(text[head - 1])) head--;
            int from = text.Length - tail;
            if (char.IsLowSurrogate(text[from])) from++;
            text = string.Concat(text.AsSpan(0, head), "…", text.AsSpan(from));
        }

        return text;
    }
}

using System.Text.RegularExpressions;

namespace MailSanitizer.Content.Disarming.Html;

/// <summary>Whether what stands inside of an element can be seen, as far as inline styles say. What style sheets say is not asked.</summary>
internal readonly partial record struct Sight
{
    /// <summary>Gone for good, whatever an element inside says.</summary>
    private bool IsGone { get; init; }

    /// <summary>Letters without size, until an element inside gives them one.</summary>
    private bool IsSizeless { get; init; }

    /// <summary>Letters in the colour of their ground, until an element inside changes one of the two.</summary>
    private bool IsColourless { get; init; }

    /// <summary>True for an element that a style sheet shows on some screens: hidden by itself and named by a class.</summary>
    public bool IsSwitched { get; private init; }

    /// <summary>True when text there is not to be seen.</summary>
    public bool IsHidden => IsGone || IsSizeless || IsColourless;

    /// <summary>The sight inside of an element below.</summary>
    public Sight Below(string? style, bool hidden, bool hasClass)
    {
        if (hidden) return this with { IsGone = true };
        if (string.IsNullOrEmpty(style) || style.Length > 4_096) return this;
        string css = Blanks().Replace(style, "").ToLowerInvariant();
        Sight inside = this;
        if (Size().Match(css) is { Success: true } size) inside = inside with { IsSizeless = size.Groups[1].ValueSpan.Trim("0.").Length == 0 };
        string ink = Colour(css, Ink()), ground = Colour(css, Ground());
        if (ink.Length > 0 || ground.Length > 0) inside = inside with { IsColourless = ink.Length > 0 && ink == ground };
        if (Gone().IsMatch(css)) inside = inside with { IsGone = true, IsSwitched = inside.IsSwitched || (hasClass && !IsGone) };
        return inside;
    }

    private static string Colour(string css, Regex property)
    {
        if (property.Match(css) is not { Success: true } match) return "";
        string colour = match.Groups[1].Value.Replace("!important", "", StringComparison.Ordinal);
        return colour switch
        {
            "white" or "#fff" or "rgb(255,255,255)" => "#ffffff",
            "black" or "#000" or "rgb(0,0,0)" => "#000000",
            "transparent" or "inherit" or "initial" or "none" => "",
            _ => colour,
        };
    }

    [GeneratedRegex("\\s+", RegexOptions.NonBacktracking)]
    private static partial Regex Blanks();

    [GeneratedRegex("(?:^|;)font-size:([0-9.]+)(?:px|pt|em|rem|%)?(?:!important)?(?:;|$)", RegexOptions.NonBacktracking)]
    private static partial Regex Size();

    [GeneratedRegex("(?:^|;)color:([^;]+)", RegexOptions.NonBacktracking)]
    private static partial Regex Ink();

    [GeneratedRegex("(?:^|;)background(?:-color)?:([^;]+)", RegexOptions.NonBacktracking)]
    private static partial Regex Ground();

    [GeneratedRegex("(?:^|;)(?:display:none|visibility:hidden|mso-hide:all|opacity:0(?:\\.0+)?(?:;|!|$)|(?:max-)?height:0(?:px)?;.*overflow:hidden|overflow:hidden;.*(?:max-)?height:0(?:px)?(?:;|!|$)|text-indent:-[0-9]{4,})", RegexOptions.NonBacktracking)]
    private static partial Regex Gone();
}

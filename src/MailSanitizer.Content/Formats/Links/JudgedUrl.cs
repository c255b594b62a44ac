namespace MailSanitizer.Content.Formats.Links;

/// <summary>What a URL can do when a reader follows it or a program loads it.</summary>
public enum UrlKind
{
    /// <summary>Nothing there.</summary>
    Empty,

    /// <summary>A place in the same document (<c>#top</c>).</summary>
    Fragment,

    /// <summary>No scheme: relative to wherever the document lies. Passive where that is a page, a mail or a package.</summary>
    Relative,

    /// <summary><c>http:</c> or <c>https:</c>.</summary>
    Web,

    /// <summary><c>mailto:</c>.</summary>
    Mail,

    /// <summary><c>tel:</c>.</summary>
    Phone,

    /// <summary><c>cid:</c>, a part of the same message (RFC 2392).</summary>
    Content,

    /// <summary>A bitmap in the URL itself (<c>data:image/png</c> and its kin, never SVG). Passive as the source of an image, nowhere else.</summary>
    DataImage,

    /// <summary>Everything else: runs something, opens a program, or reaches a file or a foreign share. Not on the allow-list, so it is taken out.</summary>
    Acts,
}

/// <summary>A URL, judged.</summary>
/// <param name="Kind">What it can do.</param>
/// <param name="Scheme">Lower case, without colon; empty when it has none; <c>unc</c> for a network share.</param>
/// <param name="Host">Lower case, as written (not decoded from Punycode), without user and port; empty where none is named.</param>
/// <param name="Text">The URL as a browser would take it: control characters and blanks at the ends gone.</param>
public readonly record struct JudgedUrl(UrlKind Kind, string Scheme, string Host, string Text)
{
    /// <summary>True when a link may go there (DESIGN.md's allow-list, and places inside the same document or package).</summary>
    public bool MayLink => Kind is not (UrlKind.Acts or UrlKind.DataImage);

    /// <summary>True when an image may be shown from there.</summary>
    public bool MayShow => Kind is not UrlKind.Acts;

    /// <summary>True when loading it reaches out over the network.</summary>
    public bool IsRemote => Kind is UrlKind.Web;
}

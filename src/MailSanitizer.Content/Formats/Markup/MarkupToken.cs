namespace MailSanitizer.Content.Formats.Markup;

/// <summary>The kinds of <see cref="MarkupToken"/>.</summary>
public enum MarkupTokenKind
{
    /// <summary>Characters, a lone <c>&lt;</c> included.</summary>
    Text,

    /// <summary><c>&lt;name …&gt;</c>, or what the end of the input cut of it.</summary>
    StartTag,

    /// <summary><c>&lt;/name …&gt;</c>, or what the end of the input cut of it.</summary>
    EndTag,

    /// <summary><c>&lt;!-- … --&gt;</c>.</summary>
    Comment,

    /// <summary><c>&lt;!doctype …&gt;</c>.</summary>
    Doctype,

    /// <summary><c>&lt;![CDATA[ … ]]&gt;</c>, in foreign content and XML.</summary>
    CData,

    /// <summary><c>&lt;?target …&gt;</c>: in HTML a bogus comment up to <c>&gt;</c>, in XML an instruction up to <c>?&gt;</c>.</summary>
    Instruction,

    /// <summary>Everything else that begins with <c>&lt;!</c> or <c>&lt;/</c>: a bogus comment up to <c>&gt;</c>.</summary>
    Bogus,
}

/// <summary>An attribute, by offsets into the view.</summary>
/// <param name="Start">Where its name begins.</param>
/// <param name="NameEnd">Behind the name.</param>
/// <param name="ValueStart">Where the value begins, behind a quote; equal to <see cref="ValueEnd"/> when it has none.</param>
/// <param name="ValueEnd">Behind the value, in front of a quote.</param>
/// <param name="End">Behind everything.</param>
/// <param name="Quote">The quote around the value, or 0.</param>
public readonly record struct MarkupAttribute(int Start, int NameEnd, int ValueStart, int ValueEnd, int End, byte Quote);

/// <summary>One token, by offsets into the view. The tokenizer fills the same object again and again.</summary>
public sealed class MarkupToken
{
    /// <summary>The kind.</summary>
    public MarkupTokenKind Kind { get; internal set; }

    /// <summary>Where it begins.</summary>
    public int Start { get; internal set; }

    /// <summary>Behind it.</summary>
    public int End { get; internal set; }

    /// <summary>Where its name begins (tags), or its content (comments and the like).</summary>
    public int ContentStart { get; internal set; }

    /// <summary>Behind its name, or its content.</summary>
    public int ContentEnd { get; internal set; }

    /// <summary>Lower-case name of a tag, without prefix and NULs: <c>script</c> for <c>&lt;SVG:scr\0ipt&gt;</c>. Empty for what is no tag.</summary>
    public string Name { get; internal set; } = "";

    /// <summary>Lower-case prefix of a tag's name (<c>o</c> in <c>&lt;o:p&gt;</c>); empty when none.</summary>
    public string Prefix { get; internal set; } = "";

    /// <summary>True when it ends with <c>/&gt;</c>.</summary>
    public bool IsSelfClosing { get; internal set; }

    /// <summary>False when the input ended in it.</summary>
    public bool IsClosed { get; internal set; }

    /// <summary>Attributes in order, repeated ones too.</summary>
    public List<MarkupAttribute> Attributes { get; } = [];
}

namespace MailSanitizer.Content.Formats.Rtf;

/// <summary>What a token is.</summary>
public enum RtfTokenKind
{
    /// <summary>Behind the last byte.</summary>
    End,

    /// <summary><c>{</c>.</summary>
    GroupStart,

    /// <summary><c>}</c>.</summary>
    GroupEnd,

    /// <summary>A control word with its parameter and the one space that ends it.</summary>
    Word,

    /// <summary>A backslash and one character that is no letter.</summary>
    Symbol,

    /// <summary><c>\'hh</c>.</summary>
    Hex,

    /// <summary>A run of plain bytes, line ends included (readers drop those).</summary>
    Text,

    /// <summary>The bytes that <c>\bin</c> announces.</summary>
    Binary,
}

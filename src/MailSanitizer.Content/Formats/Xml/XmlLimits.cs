namespace MailSanitizer.Content;

public sealed partial record Limits
{
    /// <summary>Elements inside each other in one XML part (levels). Origin: office programs write below 100, nested tables included. At it: the reader's own limit finding, the part is not read further.</summary>
    public int XmlDepth { get; init; } = 1_000;

    /// <summary>Bytes of one XML part, unpacked (bytes). Origin: a worksheet of a million filled cells takes about 100 MB. At it: the reader's own limit finding.</summary>
    public long XmlPartBytes { get; init; } = 512L * 1024 * 1024;

    /// <summary>Bytes of one tag with its attributes (bytes): the only piece of XML that is held whole. Origin: the longest legitimate one, an inline path in VML, stays below 1 MB. At it: the reader's own limit finding.</summary>
    public int XmlTagBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>Characters kept of the text of one element that is judged (a formula, a field's instruction; characters). Origin: Excel's formulas end at 8,192. At it: the reader's own limit finding.</summary>
    public int XmlTextLength { get; init; } = 1024 * 1024;
}

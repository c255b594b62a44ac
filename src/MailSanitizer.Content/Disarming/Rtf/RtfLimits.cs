namespace MailSanitizer.Content;

public sealed partial record Limits
{
    /// <summary>Groups inside groups in RTF (levels). Origin: Word writes fewer than 100. At it: <c>rtf-over-depth</c>, the rest is not read and the part is not written anew.</summary>
    public int RtfDepth { get; init; } = 10_000;

    /// <summary>Objects, fields, links and oddities of one RTF document that are kept account of (count). Origin: a table of contents of 1,000 pages has some 10,000. At it: <c>rtf-over-places</c>, as above.</summary>
    public int RtfPlaces { get; init; } = 200_000;

    /// <summary>Bytes of one object's data, decoded (bytes). Origin: product decision. At it: <c>rtf-over-object</c>, the object is not looked into.</summary>
    public int RtfObjectBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>Files inside one object of RTF (count). Origin: an object of OLE is one file. At it: the rest is not handed out; the object is taken out whole.</summary>
    public int RtfObjectFiles { get; init; } = 256;

    /// <summary>Characters of one field instruction, path or link in RTF (characters). Origin: Word takes 2,083 characters for a link. At it: what cannot be read whole counts as active.</summary>
    public int RtfText { get; init; } = 8_192;
}

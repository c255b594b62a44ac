namespace MailSanitizer.Content.Formats.Pdf;

/// <summary>Names that come in every file, so that a large one does not hold them a hundred thousand times.</summary>
internal static class PdfNames
{
    private static readonly Dictionary<string, string>.AlternateLookup<ReadOnlySpan<char>> Lookup = new[]
    {
        "Type", "Subtype", "Page", "Pages", "Parent", "Kids", "Count", "MediaBox", "CropBox", "Resources", "Contents", "Annots", "Annot", "Link", "Rect", "Border", "Font",
        "XObject", "ExtGState", "ColorSpace", "ProcSet", "PDF", "Text", "ImageB", "ImageC", "ImageI", "Length", "Filter", "FlateDecode", "StructElem", "StructParent",
        "StructParents", "Width", "Height", "BitsPerComponent", "DeviceRGB", "DeviceGray", "Image", "Form", "BBox", "Matrix", "Group", "Transparency", "Rotate", "Tabs",
        "FontDescriptor", "BaseFont", "Encoding", "FirstChar", "LastChar", "Widths", "ToUnicode", "Dest", "XYZ", "Title", "Next", "Prev", "First", "Last", "Limits",
        "Names", "Nums", "ObjStm", "OBJR", "MCR", "MCID", "Pg", "Obj", "GoTo", "URI", "Action", "Span", "Table", "Lang", "Alt", "ActualText", "Metadata",
    }.ToDictionary(name => name, name => name, StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();

    public static string[] OneCharacter { get; } = [.. Enumerable.Range(0, 128).Select(value => ((char)value).ToString())];

    public static string? Common(ReadOnlySpan<byte> word)
    {
        Span<char> text = stackalloc char[word.Length];
        for (int at = 0; at < word.Length; at++) text[at] = (char)word[at];
        return Lookup.TryGetValue(text, out string? name) ? name : null;
    }
}

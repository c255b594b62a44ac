using MailSanitizer.Content.Formats.Cfb;
using MailSanitizer.Content.Formats.Rtf;
using MailSanitizer.Content.Formats.Zip;

namespace MailSanitizer.Content.Disarming.Rtf;

/// <summary>The two stores of binary content that Word writes into ordinary documents: the XML behind content controls, and the theme. Anything but that is taken out.</summary>
internal static class RtfStores
{
    // Word's own are some 10 KB; XML behind content controls can be longer.
    private const int MostBytes = 16 * 1024 * 1024;

    /// <summary>What is wrong with a store; null when it is as Word writes it, or empty.</summary>
    public static string? Problem(RtfWord word, PartBytes document, long start, long end, Limits limits, CancellationToken cancellation)
    {
        if (RtfHex.Decode(document, start, end, MostBytes, everything: false, cancellation) is not { } content) return "too large";
        if (content.Length == 0) return null;
        using MemoryPartBytes bytes = new(content);
        return word == RtfWord.ThemeData ? Theme(bytes, limits, cancellation) : Xml(content, limits, cancellation);
    }

    private static string? Theme(MemoryPartBytes bytes, Limits limits, CancellationToken cancellation)
    {
        if (ZipReader.Read(bytes, limits, cancellation) is not { } zip) return "no theme";
        if (zip.Gaps.Count > 0 || zip.Alternatives.Count > 0 || zip.ListCut || zip.Damaged) return "a theme that readers see differently";
        foreach (ZipEntry entry in zip.Entries)
        {
            if (!entry.Name.EndsWith(".xml", StringComparison.OrdinalIgnoreCase) && !entry.Name.EndsWith(".rels", StringComparison.OrdinalIgnoreCase)
                && !entry.Name.StartsWith("theme/media/", StringComparison.OrdinalIgnoreCase)) return $"a theme with {entry.Name}";
            if (!entry.Name.EndsWith(".rels", StringComparison.OrdinalIgnoreCase)) continue;
            if (zip.Read(entry, 256 * 1024, limits, out string why, cancellation) is not { } relationships) return why;
            if (relationships.AsSpan().IndexOf("External"u8) >= 0 || relationships.AsSpan().IndexOf("&#"u8) >= 0 || relationships.AsSpan().Contains((byte)0)) return "a theme that loads from elsewhere";
        }

        return null;
    }

    // MS-OFFDSO? No: [MS-DOCX]'s custom XML in RTF is an OLE object of MSXML's reader whose compound file has a storage for each item.
    private static string? Xml(byte[] content, Limits limits, CancellationToken cancellation)
    {
        if (OleStream.Read(content) is not { } ole) return "no data store";
        if (ole.IsLink || !ole.ClassName.StartsWith("Msxml2.SAXXMLReader", StringComparison.OrdinalIgnoreCase)) return $"class {ole.ClassName}";
        if (ole.Native.Length == 0) return null;
        using MemoryPartBytes native = new(ole.Native);
        if (CfbFile.Open(native, limits, out string problem, cancellation) is not { } file) return problem;
        if (file.ListCut) return "more entries than the limit";
        foreach (CfbEntry entry in file.Entries)
        {
            if (entry.Kind == CfbKind.Stream && entry.Name is not ("Item" or "Properties")) return $"a store with {entry.Name}";
        }

        return null;
    }
}

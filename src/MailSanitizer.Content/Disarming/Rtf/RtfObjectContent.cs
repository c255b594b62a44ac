using MailSanitizer.Content.Formats.Cfb;
using MailSanitizer.Content.Formats.Rtf;

namespace MailSanitizer.Content.Disarming.Rtf;

/// <summary>What an object is, and the files inside it that the walker looks at.</summary>
internal sealed class RtfObjectContent
{
    private RtfObjectContent()
    {
    }

    /// <summary>Findings, the object's main one first, with what exactly.</summary>
    public List<(FindingKind Kind, string Detail)> Findings { get; } = [];

    /// <summary>Files inside.</summary>
    public List<(ChildDescription Description, ReadOnlyMemory<byte> Content)> Files { get; } = [];

    /// <summary>Everything decoded, for the report.</summary>
    public ReadOnlyMemory<byte> Decoded { get; private set; }

    /// <summary>True when some data is over <see cref="Limits.RtfObjectBytes"/>.</summary>
    public bool IsCut { get; private set; }

    public static RtfObjectContent Of(RtfObjectPlace place, PartBytes document, Limits limits, CancellationToken cancellation)
    {
        RtfObjectContent content = new();
        foreach ((long start, long end) in place.Data.Take(64))
        {
            byte[]? first = RtfHex.Decode(document, start, end, limits.RtfObjectBytes, everything: false, cancellation);
            if (first is null)
            {
                content.IsCut = true;
                continue;
            }

            bool read = content.Look(first, isOther: false, limits, cancellation);
            if (read && content.Decoded.IsEmpty) content.Decoded = first;
            if (read && place.Data.Count == 1) continue;

            // What Word decodes from data written crookedly depends on its version: the reading that takes every digit is looked at too.
            if (RtfHex.Decode(document, start, end, limits.RtfObjectBytes, everything: true, cancellation) is { } second && !second.AsSpan().SequenceEqual(first)) content.Look(second, isOther: true, limits, cancellation);
        }

        if (place.IsControl) content.Add(OfficeFindings.ActiveX, "");
        if (place.IsHtml) content.Add(RtfFindings.HtmlObject, "");
        if (place.IsLink) content.Add(OfficeFindings.LinkedObject, "");
        if (content.Findings.Count == 0) content.Add(OfficeFindings.OleObject, place.Data.Count == 0 ? "no data" : "");
        return content;
    }

    private void Add(FindingKind kind, string detail)
    {
        if (!Findings.Exists(found => found.Kind == kind)) Findings.Add((kind, detail));
    }

    private bool Look(byte[] bytes, bool isOther, Limits limits, CancellationToken cancellation)
    {
        if (bytes.Length == 0) return false;
        if (OleStream.Read(bytes) is not { } ole)
        {
            Add(OfficeFindings.OleObject, "data that is no object");
            File("object", bytes, isOther);
            return false;
        }

        if (ole.IsLink)
        {
            Add(OfficeFindings.LinkedObject, $"{ole.ClassName}: {ole.Topic}");
        }
        else if (ole.ClassName.StartsWith("Equation", StringComparison.OrdinalIgnoreCase))
        {
            Add(OfficeFindings.EquationObject, ole.ClassName);
        }
        else
        {
            // The magic of a compound file first: a package has none, and would be read out of anything.
            using MemoryPartBytes native = new(ole.Native);
            if (CfbFile.IsCfb(native)) Compound(native, ole, isOther, limits, cancellation);
            else if (ole.ClassName.Equals("Package", StringComparison.OrdinalIgnoreCase) && PackagedFile.Read(ole.Native, prefixed: false) is { } package) Packed(package, isOther);
            else Embedded(ole, isOther);
        }

        return true;
    }

    private void Embedded(OleStream ole, bool isOther)
    {
        Add(OfficeFindings.OleObject, ole.ClassName);
        File(ole.ClassName.Length == 0 ? "object" : ole.ClassName, ole.Native, isOther);
    }

    private void Packed(PackagedFile package, bool isOther)
    {
        Add(OfficeFindings.OlePackage, string.Join(", ", package.Names));
        if (package.Content.Length > 0) Files.Add((new ChildDescription([.. package.Names.Select(name => new PartName("package", name))]) { AlternativeReading = isOther }, package.Content));
    }

    private void Compound(MemoryPartBytes native, OleStream ole, bool isOther, Limits limits, CancellationToken cancellation)
    {
        if (CfbFile.Open(native, limits, out _, cancellation) is not { } file)
        {
            Embedded(ole, isOther);
            return;
        }

        bool found = false;
        foreach (CfbEntry entry in file.Entries.Where(entry => entry.Kind == CfbKind.Stream).Take(limits.RtfObjectFiles))
        {
            switch (entry.Name)
            {
                case "\u0001Ole10Native" when file.Content(entry).ToArray(limits.RtfObjectBytes) is { } stream:
                    if (PackagedFile.Read(stream, prefixed: true) is { } package) Packed(package, isOther);
                    else File("Ole10Native", stream.AsMemory(Math.Min(4, stream.Length)), isOther);
                    found = true;
                    break;
                case "Package" or "EmbeddedOdf" or "CONTENTS" when file.Content(entry).ToArray(limits.RtfObjectBytes) is { } stream:
                    File(entry.Name, stream, isOther);
                    found = true;
                    break;
                case "Equation Native":
                    Add(OfficeFindings.EquationObject, ole.ClassName);
                    found = true;
                    break;
            }
        }

        Add(OfficeFindings.OleObject, ole.ClassName);
        if (!found) File(ole.ClassName.Length == 0 ? "object" : ole.ClassName, ole.Native, isOther);
    }

    private void File(string name, ReadOnlyMemory<byte> content, bool isOther)
    {
        if (content.Length > 0) Files.Add((new ChildDescription(new PartName("object", name)) { AlternativeReading = isOther }, content));
    }
}

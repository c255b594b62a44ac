using MailSanitizer.Content.Formats.Zip;

namespace MailSanitizer.Content.Disarming.Odf;

/// <summary>What a member of a package is by its name (ODF 1.3 part 2). Names are compared in any letter case.</summary>
internal enum OdfMember
{
    /// <summary>Anything else: handed to the walker.</summary>
    File,

    /// <summary>XML of the document or of one inside it.</summary>
    Xml,

    /// <summary>The list of members.</summary>
    Manifest,

    /// <summary>A signature.</summary>
    Signature,

    /// <summary>A macro library or dialog.</summary>
    Script,

    /// <summary>A toolbar, menu or key assignment.</summary>
    CustomUi,

    /// <summary>An OLE object.</summary>
    Ole,

    /// <summary>A folder, the media type, what the program keeps for itself and nobody else reads.</summary>
    Passive,
}

/// <summary>A package and what its readers could see differently.</summary>
internal static class OdfPackage
{
    /// <summary>The first bytes of StarView metafiles, the pictures that stand in for objects.</summary>
    private static ReadOnlySpan<byte> Metafile => "VCLMTF"u8;

    public static OdfMember Kind(ZipContents zip, ZipEntry entry, Limits limits)
    {
        string name = entry.Name.Replace('\\', '/').TrimStart('/', '.').ToLowerInvariant();
        string[] folders = name.Split('/');
        if (entry.IsFolder || entry.Size == 0) return folders.Any(IsScript) ? OdfMember.Script : OdfMember.Passive;
        if (folders.Any(IsScript)) return OdfMember.Script;
        if (folders.Contains("configurations2")) return OdfMember.CustomUi;
        if (name is "mimetype" or "layout-cache") return OdfMember.Passive;
        if (name.EndsWith("meta-inf/manifest.xml", StringComparison.Ordinal)) return OdfMember.Manifest;
        if (name.StartsWith("meta-inf/", StringComparison.Ordinal) && name.Contains("signatures", StringComparison.Ordinal)) return OdfMember.Signature;
        if (name.EndsWith(".xml", StringComparison.Ordinal) || name.EndsWith(".rdf", StringComparison.Ordinal)) return OdfMember.Xml;
        Span<byte> head = stackalloc byte[8];
        using ZipEntryStream stream = zip.Open(entry, limits);
        head = head[..stream.ReadAtLeast(head, 8, throwOnEndOfStream: false)];
        if (head.StartsWith(Metafile)) return OdfMember.Passive;
        return head.StartsWith((ReadOnlySpan<byte>)[0xD0, 0xCF, 0x11, 0xE0]) ? OdfMember.Ole : OdfMember.File;
    }

    private static bool IsScript(string folder) => folder is "basic" or "scripts" or "dialogs";

    /// <summary>What the packaging itself is worth: disagreements that vanish when the package is written anew, and those that do not.</summary>
    public static (FindingKind? Kind, string Detail) Packaging(ZipContents zip)
    {
        if (zip.ListCut || zip.Damaged) return (OfficeFindings.DamagedDocument, "the list of members is broken");
        (FindingKind? Kind, string Detail) worst = default;
        foreach (ZipDisagreement found in zip.Disagreements)
        {
            switch (found.Kind)
            {
                case ZipDisagreementKind.UnicodePathSpells or ZipDisagreementKind.SplitMarker:
                    break;
                case ZipDisagreementKind.NameBytesDiffer or ZipDisagreementKind.Utf8FlagWrong or ZipDisagreementKind.Utf8FlagDiffers or ZipDisagreementKind.DescriptorFlagDiffers
                    or ZipDisagreementKind.CommentCut or ZipDisagreementKind.OffsetsShifted or ZipDisagreementKind.Prefix or ZipDisagreementKind.Trailing or ZipDisagreementKind.HiddenBytes
                    or ZipDisagreementKind.Padding or ZipDisagreementKind.FolderByAttribute or ZipDisagreementKind.ExtraBroken:
                    if (worst.Kind is null) worst = (OdfFindings.Disagreement, $"{found.Kind}: {found.Detail}");
                    break;
                default:
                    // Names that differ in letter case only among them: the office programs look them up in their own ways.
                    return (OdfFindings.Ambiguous, $"{found.Kind}: {found.Detail}");
            }
        }

        return worst;
    }
}

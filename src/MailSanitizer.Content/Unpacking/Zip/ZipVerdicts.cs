using System.Collections.Frozen;
using MailSanitizer.Content.Formats.Zip;

namespace MailSanitizer.Content.Unpacking.Zip;

/// <summary>
/// The table of DESIGN.md, "Where readers could disagree", for ZIP: what each disagreement is worth. Harmless ones occur in good mail, or change nothing that a reader shows,
/// and the archive is written anew from one reading; the others are ambiguous. Every reading is extracted and scanned in any case.
/// </summary>
public static class ZipVerdicts
{
    private static readonly FrozenDictionary<ZipDisagreementKind, FindingKind?> Table = new Dictionary<ZipDisagreementKind, FindingKind?>
    {
        // Written by common programs, and every reader shows the same: no finding.
        [ZipDisagreementKind.UnicodePathSpells] = null,
        [ZipDisagreementKind.SplitMarker] = null,
        [ZipDisagreementKind.NameCollision] = UnpackingFindings.NameCollision,

        // Harmless once there is one reading only.
        [ZipDisagreementKind.NameBytesDiffer] = UnpackingFindings.Disagreement,
        [ZipDisagreementKind.Utf8FlagWrong] = UnpackingFindings.Disagreement,
        [ZipDisagreementKind.Utf8FlagDiffers] = UnpackingFindings.Disagreement,
        [ZipDisagreementKind.DescriptorFlagDiffers] = UnpackingFindings.Disagreement,
        [ZipDisagreementKind.CommentCut] = UnpackingFindings.Disagreement,
        [ZipDisagreementKind.OffsetsShifted] = UnpackingFindings.Disagreement,
        [ZipDisagreementKind.Prefix] = UnpackingFindings.Disagreement,
        [ZipDisagreementKind.Trailing] = UnpackingFindings.Disagreement,
        [ZipDisagreementKind.HiddenBytes] = UnpackingFindings.Disagreement,
        [ZipDisagreementKind.Padding] = UnpackingFindings.Disagreement,
        [ZipDisagreementKind.FolderByAttribute] = UnpackingFindings.Disagreement,
        [ZipDisagreementKind.ExtraBroken] = UnpackingFindings.Disagreement,
        [ZipDisagreementKind.DuplicateMember] = UnpackingFindings.Disagreement,

        // Not everything can be read.
        [ZipDisagreementKind.NoEndRecord] = ArchiveFindings.DamagedArchive,
        [ZipDisagreementKind.DataBeyondEnd] = ArchiveFindings.DamagedArchive,
        [ZipDisagreementKind.Split] = ArchiveFindings.SplitArchive,

        // Two readers, two contents.
        [ZipDisagreementKind.NameDiffers] = UnpackingFindings.Ambiguous,
        [ZipDisagreementKind.UnicodePathDiffers] = UnpackingFindings.Ambiguous,
        [ZipDisagreementKind.EncryptionDiffers] = UnpackingFindings.Ambiguous,
        [ZipDisagreementKind.MethodDiffers] = UnpackingFindings.Ambiguous,
        [ZipDisagreementKind.CrcDiffers] = UnpackingFindings.Ambiguous,
        [ZipDisagreementKind.PackedSizeDiffers] = UnpackingFindings.Ambiguous,
        [ZipDisagreementKind.SizeDiffers] = UnpackingFindings.Ambiguous,
        [ZipDisagreementKind.AesDiffers] = UnpackingFindings.Ambiguous,
        [ZipDisagreementKind.LocalMissing] = UnpackingFindings.Ambiguous,
        [ZipDisagreementKind.Zip64Missing] = UnpackingFindings.Ambiguous,
        [ZipDisagreementKind.Zip64Differs] = UnpackingFindings.Ambiguous,
        [ZipDisagreementKind.Zip64Broken] = UnpackingFindings.Ambiguous,
        [ZipDisagreementKind.SeveralEndRecords] = UnpackingFindings.Ambiguous,
        [ZipDisagreementKind.DecoyEndRecord] = UnpackingFindings.Ambiguous,
        [ZipDisagreementKind.SeveralDirectories] = UnpackingFindings.Ambiguous,
        [ZipDisagreementKind.CountDiffers] = UnpackingFindings.Ambiguous,
        [ZipDisagreementKind.DirectorySizeDiffers] = UnpackingFindings.Ambiguous,
        [ZipDisagreementKind.DirectoryBroken] = UnpackingFindings.Ambiguous,
        [ZipDisagreementKind.Overlap] = UnpackingFindings.Ambiguous,
        [ZipDisagreementKind.SharedLocal] = UnpackingFindings.Ambiguous,
        [ZipDisagreementKind.HiddenMember] = UnpackingFindings.Ambiguous,
        [ZipDisagreementKind.DescriptorDiffers] = UnpackingFindings.Ambiguous,
        [ZipDisagreementKind.FalseDescriptor] = UnpackingFindings.Ambiguous,
        [ZipDisagreementKind.FolderWithContent] = UnpackingFindings.Ambiguous,
        [ZipDisagreementKind.FileAndFolder] = UnpackingFindings.Ambiguous,
        [ZipDisagreementKind.DuplicateName] = UnpackingFindings.Ambiguous,
        [ZipDisagreementKind.NulInName] = UnpackingFindings.Ambiguous,
    }.ToFrozenDictionary();

    /// <summary>The finding that a disagreement is, or null when it is none. A kind without a row is ambiguous.</summary>
    public static FindingKind? Of(ZipDisagreementKind kind) => Table.TryGetValue(kind, out FindingKind? verdict) ? verdict : UnpackingFindings.Ambiguous;

    /// <summary>True when the table has a row for it.</summary>
    public static bool Has(ZipDisagreementKind kind) => Table.ContainsKey(kind);
}

using SharpCompress.Archives;
using SharpCompress.Archives.SevenZip;
using SharpCompress.Readers;

namespace MailSanitizer.Content.Unpacking.SevenZip;

/// <summary>7z, solid or not, locked or not.</summary>
public sealed class SevenZipHandler : LibraryArchiveHandler
{
    /// <inheritdoc/>
    public override IReadOnlyCollection<string> Formats { get; } = ["7z"];

    private protected override IArchive OpenArchive(Stream stream, ReaderOptions options) => SevenZipArchive.OpenArchive(stream, options);

    // Every folder of a 7z is solid: opening entries one by one would decode it anew for each.
    private protected override bool IsOnePass(IArchive archive) => true;

    private protected override bool MayOpen(ArchiveReading reading, out LibraryChecksums checksums)
    {
        checksums = LibraryChecksums.AllMembers;
        SevenZipHeader header = SevenZipHeader.Read(reading);
        if (header.Cycles > reading.Limits.SevenZipCyclesPower)
        {
            reading.Report(WalkFindings.Locked, "", $"a key derivation of 2^{header.Cycles} rounds, above the limit");
            return false;
        }

        if (header.Dictionary > reading.Limits.DictionaryBytes)
        {
            reading.Report(ArchiveFindings.OverMemory, "", $"asks for {header.Dictionary} bytes");
            return false;
        }

        if (Extra.Find(reading.Bytes, header.End) is { } extra) reading.Report(ArchiveFindings.ExtraBytes, $"offset {extra}", "data behind the archive");
        return true;
    }
}

using SharpCompress.Archives;
using SharpCompress.Archives.Rar;
using SharpCompress.Readers;

namespace MailSanitizer.Content.Unpacking.Rar;

/// <summary>RAR 1.5 to 4 and RAR 5, solid or not, locked or not.</summary>
public sealed class RarHandler : LibraryArchiveHandler
{
    /// <inheritdoc/>
    public override IReadOnlyCollection<string> Formats { get; } = ["rar"];

    private protected override IArchive OpenArchive(Stream stream, ReaderOptions options) => RarArchive.OpenArchive(stream, options);

    private protected override bool IsOnePass(IArchive archive) => archive.IsSolid;

    private protected override bool MayOpen(ArchiveReading reading, out LibraryChecksums checksums)
    {
        RarHeaders headers = RarHeaders.Read(reading);

        // RAR5 keys the CRC of a locked member, and the library compares it. RAR4's is that of the content, and the library does not.
        checksums = headers.HasOtherHash ? LibraryChecksums.None : headers.IsFive ? LibraryChecksums.OpenMembers : LibraryChecksums.AllMembers;
        if (headers.KdfPower > reading.Limits.RarKdfPower)
        {
            reading.Report(WalkFindings.Locked, "", $"a key derivation of 2^{headers.KdfPower} rounds, above the limit");
            return false;
        }

        if (headers.LockWithoutCheck)
        {
            reading.Report(WalkFindings.Locked, "", "a lock without a password check: no password can be proven");
            return false;
        }

        if (headers.Dictionary > reading.Limits.DictionaryBytes)
        {
            reading.Report(ArchiveFindings.OverMemory, "", $"asks for {headers.Dictionary} bytes");
            return false;
        }

        if (headers.End is { } end && Extra.Find(reading.Bytes, end) is { } extra) reading.Report(ArchiveFindings.ExtraBytes, $"offset {extra}", "data behind the archive");
        return true;
    }
}

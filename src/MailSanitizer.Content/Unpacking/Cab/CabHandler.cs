namespace MailSanitizer.Content.Unpacking.Cab;

/// <summary>Cabinets: stored, MSZIP, Quantum and LZX, by own decoders. Folders are solid and read in one pass.</summary>
public sealed class CabHandler : ArchiveHandler
{
    private const int OtherCabinet = 0xFFFD;

    /// <inheritdoc/>
    public override IReadOnlyCollection<string> Formats { get; } = ["cab", "diagcab", "themepack", "infopath"];

    /// <inheritdoc/>
    protected override IEnumerable<ArchiveMember> Members(ArchiveReading reading)
    {
        CabArchive cabinet = CabArchive.Read(reading);
        if (cabinet.IsVolume) reading.Report(ArchiveFindings.SplitArchive, "", "a cabinet of a set");
        CabFolderStream? stream = null;
        CabBlocks? blocks = null;
        int folderNumber = -1;
        uint total = 0;
        foreach (CabFile file in cabinet.Files) total += file.Size;
        foreach (CabFile file in cabinet.Files)
        {
            PartName name = (file.Attributes & 0x80) != 0 ? ArchiveNames.Decode("member-utf8", file.Name) : ArchiveNames.Decode("member", file.Name);
            ChildDescription description = new(name) { PackedSize = Math.Max(1, (long)((double)file.Size / Math.Max(1, total) * reading.Bytes.Length)) };
            ArchiveMember member = new(description) { Size = file.Size, Modified = DosTime.Read(file.Time) };
            if (Problem(file, cabinet) is { } problem)
            {
                reading.Report(problem.Kind, name.Text, problem.Detail);
                yield return member;
                continue;
            }

            if (stream is null || folderNumber != file.Folder || stream.Offset > file.Offset)
            {
                // Files that share bytes: no writer of cabinets makes them, readers cope in their own ways.
                if (folderNumber == file.Folder && file.Size > 0) reading.Report(UnpackingFindings.Ambiguous, name.Text, "lies over another file");
                folderNumber = file.Folder;
                blocks = new CabBlocks(reading.Bytes, cabinet.Folders[folderNumber], cabinet.BlockReserve);
                stream = new CabFolderStream(blocks, cabinet.Folders[folderNumber]);
            }

            int before = blocks!.Mismatches;
            CabFolderStream current = stream;
            yield return member with { Open = () => new CabFileStream(current, file.Offset, file.Size) };
            if (blocks.Mismatches > before) reading.Report(ArchiveFindings.ChecksumMismatch, name.Text, "the checksum of a data block does not fit");
        }

        if (cabinet.Length < reading.Bytes.Length && Extra.Find(reading.Bytes, cabinet.Length) is { } extra) reading.Report(ArchiveFindings.ExtraBytes, $"offset {extra}", "data behind the cabinet");
        if (cabinet.Length > reading.Bytes.Length) reading.Report(ArchiveFindings.DamagedArchive, "", $"says {cabinet.Length} bytes, holds {reading.Bytes.Length}");
    }

    private static (FindingKind Kind, string Detail)? Problem(CabFile file, CabArchive cabinet)
    {
        if (file.Folder >= OtherCabinet) return (ArchiveFindings.SplitArchive, "begins or goes on in another cabinet");
        if (file.Folder >= cabinet.Folders.Count) return (ArchiveFindings.DamagedArchive, "lies in a folder that does not exist");
        return CabFolderStream.IsKnown(cabinet.Folders[file.Folder]) ? null : (ArchiveFindings.UnsupportedArchive, $"compression {cabinet.Folders[file.Folder].Compression:x4}");
    }

    /// <summary>A file's range of its folder.</summary>
    private sealed class CabFileStream(CabFolderStream folder, long offset, long length) : ForwardStream
    {
        private long _left = length;

        public override int Read(Span<byte> buffer)
        {
            Skip();
            if (_left == 0 || buffer.IsEmpty) return 0;
            int got = folder.Read(buffer[..(int)Math.Min(_left, buffer.Length)]);
            if (got == 0) throw new InvalidDataException("the folder ends before the file does");
            _left -= got;
            return got;
        }

        private void Skip()
        {
            Span<byte> skipped = stackalloc byte[4096];
            while (_left > 0 && folder.Offset < offset)
            {
                if (folder.Read(skipped[..(int)Math.Min(skipped.Length, offset - folder.Offset)]) == 0) throw new InvalidDataException("the folder ends before the file begins");
            }
        }
    }
}

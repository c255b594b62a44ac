namespace MailSanitizer.Content.Unpacking.Cab;

/// <summary>A folder of a cabinet: one compressed stream that files lie in.</summary>
/// <param name="Data">Offset of its first data block.</param>
/// <param name="Blocks">Data blocks.</param>
/// <param name="Compression">CFFOLDER.typeCompress.</param>
internal sealed record CabFolder(long Data, int Blocks, int Compression);

/// <summary>A file of a cabinet.</summary>
/// <param name="Name">Name in bytes.</param>
/// <param name="Size">Length (bytes).</param>
/// <param name="Offset">Offset in the folder's content.</param>
/// <param name="Folder">Number of the folder; from 0xFFFD on it lies in another cabinet too.</param>
/// <param name="Time">MS-DOS date and time.</param>
/// <param name="Attributes">File attributes; 0x80: the name is UTF-8.</param>
internal sealed record CabFile(byte[] Name, uint Size, uint Offset, int Folder, uint Time, int Attributes);

/// <summary>The directory of a cabinet ([MS-CAB] 2.1 to 2.4).</summary>
internal sealed class CabArchive
{
    private const int MaxText = 512;

    /// <summary>Folders.</summary>
    public List<CabFolder> Folders { get; } = [];

    /// <summary>Files in stored order.</summary>
    public List<CabFile> Files { get; } = [];

    /// <summary>Bytes reserved in each data block.</summary>
    public int BlockReserve { get; private set; }

    /// <summary>Declared length of the cabinet (bytes).</summary>
    public long Length { get; private set; }

    /// <summary>True when another cabinet precedes or follows.</summary>
    public bool IsVolume { get; private set; }

    /// <summary>Reads the directory; throws when it is broken.</summary>
    public static CabArchive Read(ArchiveReading reading)
    {
        CabArchive cabinet = new();
        byte[] head = Need(reading, 0, 36);
        if (!head.AsSpan(0, 4).SequenceEqual("MSCF"u8)) throw new InvalidDataException("not a cabinet");
        cabinet.Length = Le.U32(head, 8);
        int folders = Le.U16(head, 26);
        int files = Le.U16(head, 28);
        int flags = Le.U16(head, 30);
        long at = 36;
        int folderReserve = 0;
        if ((flags & 4) != 0)
        {
            byte[] reserve = Need(reading, at, 4);
            folderReserve = reserve[2];
            cabinet.BlockReserve = reserve[3];
            at += 4 + Le.U16(reserve, 0);
        }

        cabinet.IsVolume = (flags & 3) != 0;
        for (int text = (flags & 1) * 2 + (flags & 2); text > 0; text--) _ = Text(reading, ref at);
        for (int folder = 0; folder < folders; folder++, at += 8 + folderReserve)
        {
            byte[] raw = Need(reading, at, 8);
            cabinet.Folders.Add(new CabFolder(Le.U32(raw, 0), Le.U16(raw, 4), Le.U16(raw, 6)));
        }

        at = Le.U32(head, 16);
        for (int file = 0; file < files; file++)
        {
            byte[] raw = Need(reading, at, 16);
            at += 16;
            uint time = ((uint)Le.U16(raw, 10) << 16) | Le.U16(raw, 12);
            cabinet.Files.Add(new CabFile(Text(reading, ref at), Le.U32(raw, 0), Le.U32(raw, 4), Le.U16(raw, 8), time, Le.U16(raw, 14)));
        }

        return cabinet;
    }

    private static byte[] Text(ArchiveReading reading, ref long at)
    {
        byte[] field = new byte[MaxText];
        int got = reading.Bytes.Read(at, field);
        int end = field.AsSpan(0, got).IndexOf((byte)0);
        if (end < 0) throw new InvalidDataException("a name without an end");
        at += end + 1;
        return field[..end];
    }

    private static byte[] Need(ArchiveReading reading, long at, int length) => reading.Take(at, length) ?? throw new InvalidDataException("ends inside the directory");
}

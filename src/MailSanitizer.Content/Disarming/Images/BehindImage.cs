namespace MailSanitizer.Content.Disarming.Images;

/// <summary>
/// What stands behind the end of an image. Good ones have it too: filling, the second pictures of phones (MPF, gain maps), films (motion photos), Samsung's and
/// others' own records. So bytes alone are worth a note; a file of a kind that no camera writes is more.
/// </summary>
/// <param name="Start">Where the image ends.</param>
/// <param name="What">What it is, for people.</param>
/// <param name="File">Where a file begins that has no business there, or -1.</param>
internal readonly record struct BehindImage(long Start, string What, long File)
{
    private const int Overlap = 8 * 1024;

    /// <summary>Looks; null when nothing is behind the image but filling.</summary>
    public static BehindImage? Look(ImageBytes bytes, ImageStructure image, bool opensComment)
    {
        long start = image.End;
        if (start >= bytes.Length) return null;
        long content = SkipFilling(bytes, start);
        if (content >= bytes.Length) return null;
        (long file, string kind) = FindFile(bytes, content, opensComment);
        return new BehindImage(start, file >= 0 ? kind : Describe(bytes, content), file);
    }

    private static long SkipFilling(ImageBytes bytes, long at)
    {
        while (bytes.At(at, 4_096) is { IsEmpty: false } now)
        {
            int next = now.IndexOfAnyExcept<byte>([0, 0xFF, (byte)' ', (byte)'\r', (byte)'\n', (byte)'\t']);
            if (next >= 0) return at + next;
            at += now.Length;
        }

        return bytes.Length;
    }

    private static string Describe(ImageBytes bytes, long at)
    {
        long size = bytes.Length - at;
        string what = bytes.Starts(at, [0xFF, 0xD8, 0xFF]) || bytes.Starts(at, [0xD8, 0xFF]) ? "a second picture"
            : bytes.Starts(at + 4, "ftyp"u8) || bytes.Starts(at + 3, "ftyp"u8) || bytes.Starts(at + 1, "ftyp"u8) ? "a film"
            : bytes.Starts(bytes.Length - 4, "SEFT"u8) ? "records of a camera"
            : "unknown";
        return $"{size} bytes, {what}";
    }

    private static (long At, string Kind) FindFile(ImageBytes bytes, long from, bool opensComment)
    {
        string kind = "";
        ReadOnlySpan<byte> head = bytes.At(from, 512);
        if (head.StartsWith("#!/"u8)) return (from, "script");
        if (head.StartsWith<byte>([0x1F, 0x8B, 8]) || (head.Length > 262 && head[257..].StartsWith("ustar"u8))) return (from, "archive");
        if (head.StartsWith<byte>([0xCA, 0xFE, 0xBA, 0xBE]) || head.StartsWith<byte>([0xCF, 0xFA, 0xED, 0xFE]) || head.StartsWith<byte>([0xFE, 0xED, 0xFA, 0xCF])) return (from, "program");
        long at = bytes.Search(from, bytes.Length, Overlap, piece => FindFile(piece.Span, out kind));
        if (at >= 0) return (at, kind);
        return (ScriptSigns.Find(bytes, from, bytes.Length, opensComment), "script");
    }

    private static int FindFile(ReadOnlySpan<byte> piece, out string kind)
    {
        int first = int.MaxValue;
        string found = "";
        void Take(int at, string what)
        {
            if (at >= 0 && at < first) (first, found) = (at, what);
        }

        Take(Zip(piece), "archive");
        Take(piece.IndexOf("Rar!\u001A\u0007"u8), "archive");
        Take(piece.IndexOf<byte>([0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C]), "archive");
        Take(piece.IndexOf("MSCF\0\0\0\0"u8), "archive");
        Take(Program(piece), "program");
        Take(piece.IndexOf<byte>([0x7F, 0x45, 0x4C, 0x46, 2, 1, 1]), "program");
        Take(piece.IndexOf<byte>([0x7F, 0x45, 0x4C, 0x46, 1, 1, 1]), "program");
        Take(piece.IndexOf<byte>([0x4C, 0, 0, 0, 1, 0x14, 2, 0]), "shortcut");
        Take(piece.IndexOf<byte>([0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]), "document");
        Take(piece.IndexOf("%PDF-"u8), "document");
        Take(piece.IndexOf("{\\rtf1"u8), "document");
        Take(piece.IndexOf("ITSF\u0003\0\0\0"u8), "help file");
        kind = found;
        return first == int.MaxValue ? -1 : first;
    }

    // Four bytes come by chance once in a gigabyte; the fields behind them (APPNOTE 4.3.7: version, method, lengths) do not.
    private static int Zip(ReadOnlySpan<byte> piece)
    {
        for (int at = 0; piece[at..].IndexOf("PK\u0003\u0004"u8) is >= 0 and var next; at += 4)
        {
            at += next;
            if (at + 30 > piece.Length) return -1;
            if (piece[at + 4] <= 63 && piece[at + 5] <= 3 && piece[at + 8] is <= 20 or >= 93 and <= 99 && piece[at + 9] == 0 && (piece[at + 26] | (piece[at + 27] << 8)) is > 0 and < 4_096) return at;
        }

        return -1;
    }

    // "MZ" two bytes, and where its header says the PE header is, there it is, for a machine that exists.
    private static int Program(ReadOnlySpan<byte> piece)
    {
        for (int at = 0; piece[at..].IndexOf("PE\0\0"u8) is >= 0 and var next; at += 4)
        {
            at += next;
            if (at + 6 > piece.Length || (piece[at + 4] | (piece[at + 5] << 8)) is not (0x14C or 0x8664 or 0xAA64 or 0x1C0 or 0x1C4 or 0x200)) continue;
            for (int start = at - 64; start >= 0 && at - start < 4_096; start--)
                if (piece[start] == (byte)'M' && piece[start + 1] == (byte)'Z' && BitConverter.ToUInt32(piece[(start + 60)..]) == (uint)(at - start)) return start;
        }

        return -1;
    }
}

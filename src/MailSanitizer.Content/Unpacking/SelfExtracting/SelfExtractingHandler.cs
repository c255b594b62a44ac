namespace MailSanitizer.Content.Unpacking.SelfExtracting;

/// <summary>Archives behind or inside a program: RAR, 7z, cabinets, LZH and ARJ. Each is a child, from its mark to the end of the program. (ZIP's own room reads archives with a prefix.)</summary>
public sealed class SelfExtractingHandler : IPartHandler
{
    private const int MaxArchives = 16;
    private const int Window = 64 * 1024;
    private const int Overlap = 64;

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Formats { get; } = ["exe", "dll", "xll", "cpl", "elf", "macho", "sfx"];

    /// <inheritdoc/>
    public void Walk(Part part, IWalkContext context)
    {
        int number = 0;
        foreach ((long offset, string extension) in Archives(part.Bytes, context.Cancellation))
        {
            if (++number > MaxArchives)
            {
                context.Report(UnpackingFindings.OverEntries, "", $"more than {MaxArchives} archives in a program");
                return;
            }

            long length = Length(part.Bytes, offset, extension);
            using Stream content = part.Bytes.OpenRead(offset, length);
            if (context.Child(Describe(number, extension, length), content) == ChildResult.Stop) return;
        }
    }

    /// <summary>A program is replaced as a whole, never written anew with another archive in it.</summary>
    public RebuildOutcome Rebuild(Part part, IRebuildContext context, IPartOutput output)
    {
        int number = 0;
        foreach ((long offset, string extension) in Archives(part.Bytes, context.Cancellation))
        {
            if (++number > MaxArchives) break;
            long length = Length(part.Bytes, offset, extension);
            if (context.Child(Describe(number, extension, length), () => part.Bytes.OpenRead(offset, length)).Kind != ChildDecisionKind.Keep) return RebuildOutcome.Failed("a program with an archive in it");
        }

        return RebuildOutcome.Unchanged;
    }

    private static ChildDescription Describe(int number, string extension, long length) => new(new PartName("derived", $"archive-{number}.{extension}")) { PackedSize = length };

    // A cabinet says how long it is; the others reach to the end, and their rooms say what stands behind them.
    private static long Length(PartBytes bytes, long offset, string extension)
    {
        byte[] head = new byte[32];
        _ = bytes.Read(offset, head);
        long rest = bytes.Length - offset;
        return extension switch
        {
            "cab" => Math.Min(rest, Le.U32(head, 8)),
            "7z" => (long)Math.Min((ulong)rest, 32 + Math.Min(Le.U64(head, 12), (ulong)rest) + Math.Min(Le.U64(head, 20), (ulong)rest)),
            _ => rest,
        };
    }

    private static IEnumerable<(long Offset, string Extension)> Archives(PartBytes bytes, CancellationToken cancellation)
    {
        byte[] buffer = new byte[Window];
        long from = 2;
        for (long at = 2; at < bytes.Length; at += Window - Overlap)
        {
            cancellation.ThrowIfCancellationRequested();
            int got = bytes.Read(at, buffer);
            for (int index = 0; index < Math.Min(got, Window - Overlap); index++)
            {
                if (at + index < from || Mark(buffer.AsSpan(index, got - index), bytes.Length - at - index) is not { } extension) continue;
                yield return (at + index, extension);

                // What lies inside the archive is that archive's.
                from = at + index + Math.Max(1, extension is "cab" or "7z" ? Length(bytes, at + index, extension) : bytes.Length);
            }
        }
    }

    private static string? Mark(ReadOnlySpan<byte> bytes, long left) => bytes[0] switch
    {
        (byte)'R' when bytes.StartsWith("Rar!\x1A\x07"u8) && bytes.Length > 7 && bytes[6] is 0 or 1 => "rar",
        (byte)'7' when bytes.StartsWith((ReadOnlySpan<byte>)[0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C]) => "7z",
        (byte)'M' when bytes.StartsWith("MSCF\0\0\0\0"u8) && bytes.Length >= 36 && Le.U32(bytes, 12) == 0 && Le.U32(bytes, 8) >= 44 && Le.U32(bytes, 8) <= left && bytes[25] == 1 => "cab",
        0x60 when bytes.Length >= 16 && bytes[1] == 0xEA && Le.U16(bytes, 2) is >= 30 and <= 2600 && bytes[4] is >= 30 and <= 60 && bytes[10] == 2 => "arj",
        _ when bytes.Length >= 24 && bytes[2] == '-' && bytes[3] == 'l' && bytes[4] is (byte)'h' or (byte)'z' && bytes[6] == '-' && bytes[20] <= 2 && bytes[0] >= 20 && Le.U32(bytes, 7) <= left => "lzh",
        _ => null,
    };
}

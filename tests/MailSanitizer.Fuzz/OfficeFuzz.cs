using MailSanitizer.Content;
using MailSanitizer.Content.Formats.Cfb;
using MailSanitizer.Content.Formats.Vba;
using MailSanitizer.Content.Formats.Zip;

namespace MailSanitizer.Fuzz;

/// <summary>Legacy office files: streams with any bytes in them are walked and written anew.</summary>
public static class OfficeFuzz
{
    public static FuzzTarget Word { get; } = Of("ole-word", "WordDocument", [0xEC, 0xA5, 0xC1, 0, .. new byte[6], 0, 2, .. new byte[1_200], 0x13, .. " DDE x "u8, 0x14, 0x15]);

    public static FuzzTarget Workbook { get; } = Of("ole-workbook", "Workbook",
        [0x09, 8, 16, 0, 0, 6, 0x40, 0, .. new byte[12], 0x06, 0, 33, 0, .. new byte[20], 11, 0, 0x17, 4, 0, .. "calc"u8, 0x42, 1, 0x6E, 0, 0x18, 0, 19, 0, 0x20, 0, 0, 1, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0x1E, 5, 0, 0xAE, 1, 9, 0, 0, 0, 4, 0, 0, .. "a\u0003b1"u8, 0xB8, 1, 40, 0, .. new byte[40]]);

    public static FuzzTarget Slides { get; } = Of("ole-slides", "PowerPoint Document", [0x0F, 0, 0xD7, 0x0F, 28, 0, 0, 0, 0x10, 0, 0xBA, 0x0F, 20, 0, 0, 0, .. "f\0i\0l\0e\0:\0/\0/\0x\0y\0z\0"u8, 0x10, 0, 0x11, 0x10, 12, 0, 0, 0, 9, 0, 0, 0, .. new byte[8], 2, 0, 0, 4, 12, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0]);

    public static FuzzTarget Drawing { get; } = Of("ole-drawing", "PowerPoint Document", [0x23, 0, 0x0B, 0xF0, 32, 0, 0, 0, 5, 0xC1, 20, 0, 0, 0, 6, 1, 10, 0, 0, 0, .. "h\0t\0t\0p\0:\0/\0/\0x\0y\0z\0"u8, 0x60, 0x21, 0x1B, 0xF0, 60, 0, 0, 0, .. new byte[48], 0, 0xFE, 0x78, 0x01, 0x01, 5, 0, 0xFA, 0xFF, 1, 2, 3, 4, 5, .. new byte[8]]);

    public static FuzzTarget Vba { get; } = new("vba-compression", [[1, 0x19, 0xB0, 0, .. "abcdefgh"u8, 0, .. "ijklmnop"u8, 0, .. "qrstuv."u8]], input =>
    {
        _ = VbaCompression.TryDecompress(input, 100_000, out byte[] text);
        if (text.Length > 100_000) throw new InvalidOperationException("more than allowed");
        CfbNode root = CfbNode.Storage("");
        CfbNode vba = CfbNode.Storage("VBA");
        vba.Children.AddRange([CfbNode.Stream("dir", new MemoryPartBytes(input)), CfbNode.Stream("Module1", new MemoryPartBytes(input)), CfbNode.Stream("_VBA_PROJECT", new MemoryPartBytes(input))]);
        root.Children.Add(vba);
        using MemoryPartBytes bytes = new(Written(root));
        CfbFile file = CfbFile.Open(bytes, Limits.Default, out _)!;
        _ = VbaSummary.Of(VbaProject.Read(file, file.Root, Limits.Default));
    });

    private static FuzzTarget Of(string name, string stream, byte[] seed) => new(name, [seed], input =>
    {
        CfbNode root = CfbNode.Storage("");
        root.Children.AddRange([CfbNode.Stream(stream, new MemoryPartBytes(input)), CfbNode.Stream("1Table", new MemoryPartBytes(input))]);
        Through(Written(root));
    });

    /// <summary>Walks a file and writes it anew, told to take out everything.</summary>
    internal static void Through(byte[] file)
    {
        using MemoryPartBytes bytes = new(file);
        PartWalker walker = new([new Content.Disarming.Ole.OleHandler(), new Content.Disarming.Ole.LockedPackageHandler()], new NoScratch());
        FindingSink sink = new();
        walker.Walk(bytes, new WalkJob { FileName = "fuzz.doc", Candidates = false }, sink);
        if (sink.Ours is { } ours) throw new InvalidOperationException(ours);
        Treatment everything = new("", bytes.Sha256, TreatmentKind.Disarm);
        RebuildReport report = walker.Rebuild(bytes, new RebuildJob { FileName = "fuzz.doc", Treatments = [everything] }, new Nowhere());
        if (report.Changes.Any(change => change.Detail.Contains("Handler: ", StringComparison.Ordinal))) throw new InvalidOperationException(report.Changes[0].Detail);
    }

    private static byte[] Written(CfbNode root)
    {
        using MemoryStream to = new();
        _ = CfbWriter.Write(root, new StreamPartOutput(to));
        return to.ToArray();
    }

    private sealed class Nowhere : IPartOutput
    {
        public void Copy(long offset, long length)
        {
        }

        public void Write(ReadOnlySpan<byte> bytes)
        {
        }
    }

    private sealed class NoScratch : IScratch
    {
        public FileStream CreateUnlinked() => throw new InvalidOperationException("too large for a fuzz input");
    }

    private sealed class FindingSink : IWalkSink
    {
        public string? Ours { get; private set; }

        public void Part(PartFact fact)
        {
        }

        public void Finding(FindingFact fact) => Ours ??= fact.Kind == WalkFindings.ParseError.Id ? fact.Detail : null;

        public void Candidate(CandidateFact fact)
        {
        }

        public void Link(LinkFact fact)
        {
        }

        public void Leaf(string path, string sha256, string view, PartBytes bytes)
        {
        }
    }
}

using System.Text;
using MailSanitizer.Content;
using MailSanitizer.Content.Disarming.Pdf;
using MailSanitizer.Content.Formats.Pdf;
using MailSanitizer.Content.Formats.Zip;

namespace MailSanitizer.Fuzz;

/// <summary>PDF: any bytes are walked and written anew, and what was written holds nothing that acts; values are read within their text; filters end.</summary>
public static class PdfFuzz
{
    private const string Head = "%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R /OpenAction 5 0 R /AcroForm << /Fields [6 0 R] /XFA [(a) 4 0 R] >> /Names << /EmbeddedFiles << /Names [(a) << /F (a.txt) /EF << /F 7 0 R >> >>] >> >> >>\nendobj\n"
        + "2 0 obj\n<< /Type /Pages /Kids [3 0 R] /Count 1 >>\nendobj\n3 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R /Annots [6 0 R << /Subtype /FileAttachment /Rect [0 0 1 1] /FS 8 0 R >>] >>\nendobj\n"
        + "4 0 obj\n<< /Length 3 >>\nstream\n0 g\nendstream\nendobj\n5 0 obj\n<< /S /JavaScript /JS (x\\(\\)) /Next << /S /Launch /F (c) >> >>\nendobj\n"
        + "6 0 obj\n<< /Subtype /Widget /FT /Sig /Rect [0 0 1 1] /V << /ByteRange [0 1 2 3] /Contents <00> >> /AA << /K 5 0 R >> >>\nendobj\n7 0 obj\n<< /Type /EmbeddedFile /Filter /AHx /Length 5 >>\nstream\n4142>\nendstream\nendobj\n8 0 obj\n<< /Type /Filespec /F (b) /EF << /F 7 0 R >> >>\nendobj\n";

    private const string Packed = "9 0 obj\n<< /Type /ObjStm /N 2 /First 9 /Length 42 >>\nstream\n5 0 10 8 << /S /G >><< /S /Launch /F (cmd) >>\nendstream\nendobj\n";

    public static FuzzTarget Handler { get; } = new("pdf-handler",
    [
        Encoding.Latin1.GetBytes(Head + "trailer\n<< /Size 9 /Root 1 0 R >>\nstartxref\n0\n%%EOF\n"),
        Encoding.Latin1.GetBytes(Head + Packed + "xref\n0 2\n0000000000 65535 f \n0000000009 00000 n \ntrailer\n<< /Size 11 /Root 1 0 R >>\nstartxref\n1180\n%%EOF\n"),
        Encoding.Latin1.GetBytes(Head + "trailer\n<< /Root 1 0 R /ID [(a) (b)] /Encrypt << /Filter /Standard /V 2 /R 3 /Length 128 /P -4 /O (00000000000000000000000000000000) /U (00000000000000000000000000000000) >> >>\n%%EOF\n"),
        "%FDF-1.2\n1 0 obj\n<< /FDF << /Fields [<< /T (a) /V (b) >>] /F (c.pdf) /JavaScript << /Before (d) >> >> >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"u8.ToArray(),
    ],
    input =>
    {
        List<string> before = Walk(input, out string sha);
        RebuildJob job = new() { FileName = "fuzz.pdf", Treatments = [new Treatment("", sha, TreatmentKind.Disarm)] };
        using MemoryPartBytes bytes = new(input);
        using MemoryStream to = new();
        RebuildReport report = Walker().Rebuild(bytes, job, new StreamPartOutput(to, bytes));
        if (report.Changes.FirstOrDefault(change => change.Detail.Contains("Handler: ", StringComparison.Ordinal)) is { } failed) throw new InvalidOperationException(failed.Detail);
        if (report.Changes.Any(change => change.Done != "disarmed") || before.Exists(IsLimit)) return;
        List<string> after = Walk(to.ToArray(), out _);
        if (after.Find(kind => FindingKinds.Find(kind)!.Class is FindingClass.Active) is { } left) throw new InvalidOperationException($"{left} is left");
    });

    public static FuzzTarget Parser { get; } = new("pdf-parser", ["<< /A#42 [1 0 R -2.5 (a\\(b\\053) <4a4B> true null] /C << /D 12endobj >> >> stream"u8.ToArray()], input =>
    {
        PdfParser parser = new(input, 20);
        int last = 0;
        while (parser.Read() is { } value)
        {
            if (value.Start < last || value.End < value.Start || value.End > input.Length) throw new InvalidOperationException($"a value from {value.Start} to {value.End} behind {last}");
            last = value.End;
        }
    });

    public static FuzzTarget Filters { get; } = new("pdf-filters",
    [
        [0, .. "87cURD]i,\"Ebo80~>"u8],
        [1, .. "48 65 6C6c6F>"u8],
        [2, 4, .. "Hello"u8, 250, (byte)'x', 128],
        [3, 0x80, 0x0B, 0x60, 0x50, 0x22, 0x0C, 0x0C, 0x85, 0x01],
        [4, 0x78, 0x9C, 0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0x05, 0x8C, 0x01, 0xF5],
        [5, 2, 1, 2, 3, 4, 4, 1, 2, 3, 4],
    ],
    input =>
    {
        using MemoryStream source = new(input, Math.Min(1, input.Length), Math.Max(0, input.Length - 1));
        using Stream decoded = (input.Length == 0 ? 0 : input[0] % 6) switch
        {
            0 => new Ascii85Stream(source),
            1 => new AsciiHexStream(source),
            2 => new RunLengthStream(source),
            3 => new PdfLzwStream(source, 1),
            4 => new ZlibStream(source),
            _ => new PredictorStream(source, 12, 1, 8, 4),
        };
        byte[] buffer = new byte[777];
        long count = 0;
        try
        {
            for (int got; (got = decoded.Read(buffer)) > 0 && count < 10_000_000;) count += got;
        }
        catch (InvalidDataException)
        {
            // Broken deflate data is said so.
        }
    });

    private static PartWalker Walker() => new([new PdfHandler()], new NoScratch());

    private static bool IsLimit(string kind) => FindingKinds.Find(kind)!.Class is FindingClass.Limit;

    private static List<string> Walk(byte[] input, out string sha)
    {
        using MemoryPartBytes bytes = new(input);
        Kinds sink = new();
        Walker().Walk(bytes, new WalkJob { FileName = "fuzz.pdf", Candidates = false, Passwords = [new Password("a", "message")] }, sink);
        if (sink.Ours is { } ours) throw new InvalidOperationException(ours);
        sha = bytes.Sha256;
        return sink.All;
    }

    private sealed class NoScratch : IScratch
    {
        public FileStream CreateUnlinked() => throw new InvalidOperationException("too large for a fuzz input");
    }

    private sealed class Kinds : IWalkSink
    {
        public string? Ours { get; private set; }

        public List<string> All { get; } = [];

        public void Part(PartFact fact)
        {
        }

        public void Finding(FindingFact fact)
        {
            if (fact.Kind == WalkFindings.ParseError.Id) Ours ??= fact.Detail;

            // What an embedded file makes of itself is not this handler's.
            if (fact.Path.Length == 0) All.Add(fact.Kind);
        }

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

using MailSanitizer.Content;
using MailSanitizer.Content.Formats.ContentLines;

namespace MailSanitizer.Fuzz;

/// <summary>Calendars, cards, tables and OneNote sections: any bytes are walked and written anew, and the walker stands for everything below.</summary>
public static class PassiveFuzz
{
    public static FuzzTarget Lines { get; } = new("content-lines", ["BEGIN:VEVENT\r\nATTACH;X=\"a:b\";ENCODING=BASE64:aGVs\r\n bG8=\r\nEND:VEVENT\r\n"u8.ToArray()], input =>
    {
        string text = System.Text.Encoding.Latin1.GetString(input);
        int at = 0;
        foreach (ContentLine line in ContentLines.Read(text, int.MaxValue))
        {
            if (line.Start != at || line.End <= at || line.End > text.Length || line.ValueStart < line.Start || line.ValueStart > line.End) throw new InvalidOperationException($"line {line.Start} to {line.End} behind {at}");
            if (line.Parameters.Any(parameter => parameter.Start < line.Start || parameter.End <= parameter.Start || parameter.End > line.End)) throw new InvalidOperationException("a parameter outside its line");
            at = line.End;
        }

        if (at != text.Length) throw new InvalidOperationException("lines do not cover the text");
    });

    public static FuzzTarget Calendar { get; } = Walked("calendar", "a.ics", "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nATTACH;ENCODING=BASE64;VALUE=BINARY:aGVsbG8=\r\nBEGIN:VALARM\r\nACTION:EMAIL\r\nEND:VALARM\r\nRRULE:FREQ=DAILY;COUNT=99999\r\nDESCRIPTION;ALTREP=\"http://x\":y\r\nEND:VEVENT\r\n"u8.ToArray());

    public static FuzzTarget Table { get; } = Walked("table", "a.csv", "a,=cmd|' /C calc'!A0,\"=WEBSERVICE(\"\"x\"\")\"\r\n+81,-1\r\n"u8.ToArray());

    public static FuzzTarget OneNote { get; } = Walked("onenote", "a.one", [.. new Guid("7B5C52E4-D88C-4DA7-AEB1-5378D02996D3").ToByteArray(), .. new Guid("BDE316E7-2665-4511-A4C4-8D4D0B7A9EAC").ToByteArray(), 3, 0, 0, 0, 0, 0, 0, 0, .. new byte[12], 1, 2, 3]);

    /// <summary>A file of that name, walked by everything, then written anew by the floor.</summary>
    internal static FuzzTarget Walked(string id, string name, params byte[][] seeds) => new(id, seeds, input =>
    {
        using MemoryPartBytes bytes = new(input);
        PartWalker walker = new(PartHandlers.All, new NoScratch());
        Sink sink = new();
        walker.Walk(bytes, new WalkJob { FileName = name, Candidates = false }, sink);
        if (sink.Broken is { } broken) throw new InvalidOperationException(broken);
        Treatment[] treatments = [.. sink.Parts.Where(part => sink.Active.Contains(part.Path)).Select(part => new Treatment(part.Path, part.Sha256, TreatmentKind.Disarm))];
        RebuildReport report = walker.Rebuild(bytes, new RebuildJob { FileName = name, Treatments = treatments }, new Nowhere(input.Length));
        if (report.Failure is not null) throw new InvalidOperationException(report.Failure);
    });

    private sealed class NoScratch : IScratch
    {
        public FileStream CreateUnlinked() => throw new InvalidOperationException("nothing here is so large");
    }

    private sealed class Nowhere(long length) : IPartOutput
    {
        public void Copy(long offset, long count)
        {
            if (offset < 0 || count < 0 || offset + count > length) throw new InvalidOperationException("a copy outside the input");
        }

        public void Write(ReadOnlySpan<byte> bytes)
        {
        }
    }

    private sealed class Sink : IWalkSink
    {
        public List<PartFact> Parts { get; } = [];

        public HashSet<string> Active { get; } = new(StringComparer.Ordinal);

        public string? Broken { get; private set; }

        public void Part(PartFact fact) => Parts.Add(fact);

        public void Finding(FindingFact fact)
        {
            if (fact.Kind == WalkFindings.ParseError.Id) Broken = fact.Detail;
            if (FindingKinds.Find(fact.Kind)!.Class is FindingClass.Active) Active.Add(fact.Path);
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

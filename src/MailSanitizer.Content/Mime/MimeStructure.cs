using System.Globalization;
using System.Text;
using MailSanitizer.Content.Formats.HeaderFields;

namespace MailSanitizer.Content.Mime;

/// <summary>
/// Reads the tree of a message by byte offsets, in one pass, with a stack of its own. Only lines behind LF that are exactly a boundary separate; what some other
/// reader could take for one is a finding, and its reading is followed as well.
/// </summary>
/// <remarks>
/// Why not MimeKit's MimeReader: it reads a part's header as a whole before anybody can cap it (LIBRARIES 2.2: seconds to minutes for one folded field), it
/// follows one reading only, and it does not tell which lines it nearly took for a boundary. The tests hold both against each other.
/// </remarks>
internal sealed class MimeStructure
{
    // RFC 2046 5.1.1 allows 70 characters; a line longer than this is not looked at as a boundary by anybody.
    private const int LongestBoundaryLine = 1_100;

    private readonly MimeWindow _window;
    private readonly Limits _limits;
    private readonly CancellationToken _cancellation;
    private readonly HashSet<string> _declared = new(StringComparer.Ordinal);
    private int _entities;
    private int _readings;

    private MimeStructure(MimeWindow window, Limits limits, CancellationToken cancellation)
    {
        _window = window;
        _limits = limits;
        _cancellation = cancellation;
    }

    public MimeEntity Root { get; private set; } = null!;

    /// <summary>Limits that ended the reading early; empty when the tree is whole.</summary>
    public List<FindingKind> Limited { get; } = [];

    public static MimeStructure Read(PartBytes message, Limits limits, CancellationToken cancellation)
    {
        MimeStructure structure = new(new MimeWindow(message), limits, cancellation);
        structure.Root = structure.Parse(null, "1", 0, message.Length, null);
        structure.FollowReadings(structure.Root);
        return structure;
    }

    // Other readings of one entity, each over the entity's own range. They can have other readings again; their number is bounded for the message.
    private void FollowReadings(MimeEntity top)
    {
        Stack<MimeEntity> left = new([top]);
        while (left.TryPop(out MimeEntity? entity))
        {
            foreach (MimeReading reading in entity.OtherReadings)
            {
                if (_readings++ >= _limits.MimeReadings)
                {
                    Limit(WalkFindings.OverParts);
                    return;
                }

                MimeEntity other = Parse(entity.Parent, entity.Index + "~" + reading.Name, entity.Start, entity.BodyEnd, reading);
                entity.Readings.Add(other);
            }

            for (int child = entity.Children.Count - 1; child >= 0; child--) left.Push(entity.Children[child]);
        }
    }

    private void Limit(FindingKind kind)
    {
        if (!Limited.Contains(kind)) Limited.Add(kind);
    }

    private MimeEntity Parse(MimeEntity? parent, string index, long start, long end, MimeReading? reading)
    {
        List<MimeEntity> open = [];
        bool loose = reading?.LooseBoundaries is true;
        MimeEntity root = Begin(parent, index, start, end, open, reading);
        root.IsAlternative = reading is not null;
        MimeEntity current = root;
        long at = root.BodyStart;
        while (open.Count > 0)
        {
            _cancellation.ThrowIfCancellationRequested();
            Delimiter found = Next(open, current, at, end, loose);
            if (found.Owner is null) break;
            CloseAt(current, open, found.Owner, found.Start);
            MimeEntity owner = found.Owner;
            if (found.IsEnd)
            {
                // A second final boundary ends nothing more (gateways double it).
                if (owner.CloseStart < 0)
                {
                    owner.CloseStart = found.Start;
                    owner.EpilogueStart = found.LineEnd;
                }

                current = owner;
                at = found.LineEnd;
                continue;
            }

            if (_entities >= _limits.Parts)
            {
                Limit(WalkFindings.OverParts);
                break;
            }

            string number = (owner.Children.Count + 1).ToString(CultureInfo.InvariantCulture);
            bool afterEnd = owner.CloseStart >= 0;
            if (afterEnd) owner.Find(MimeFindings.Boundary, "used again behind its end");
            MimeEntity child = Begin(owner, owner.Index + "." + number, found.LineEnd, end, open, null);
            child.DelimiterStart = found.Start;
            child.IsAlternative = afterEnd || owner.IsAlternative;
            owner.Children.Add(child);
            current = child;
            at = child.BodyStart;
        }

        CloseAt(current, open, null, end);
        return root;
    }

    // Ends the current entity, and every multipart inside the owner of the boundary that was met; with no owner, all.
    private void CloseAt(MimeEntity current, List<MimeEntity> open, MimeEntity? owner, long lineStart)
    {
        long before = BeforeLineEnd(lineStart, owner is not null);
        if (!current.IsMultipart)
        {
            End(current, before, lineStart);
        }
        else if (current.PreambleEnd < 0)
        {
            current.PreambleEnd = Math.Max(current.BodyStart, before);
        }

        while (open.Count > 0 && open[^1] != owner)
        {
            MimeEntity multipart = open[^1];
            open.RemoveAt(open.Count - 1);
            if (multipart.PreambleEnd < 0) multipart.PreambleEnd = Math.Max(multipart.BodyStart, before);
            if (multipart.CloseStart < 0) multipart.Find(MimeFindings.Unclosed, multipart.Children.Count == 0 ? "no part at all" : "");
            End(multipart, before, lineStart);
        }
    }

    private static void End(MimeEntity entity, long before, long lineStart)
    {
        entity.BodyEnd = Math.Max(entity.BodyStart, before);
        entity.End = Math.Max(entity.BodyStart, lineStart);
    }

    private long BeforeLineEnd(long lineStart, bool isDelimiter)
    {
        if (!isDelimiter || lineStart == 0) return lineStart;
        if (_window.At(lineStart - 1, 1) is not [(byte)'\n']) return lineStart - 1;
        return lineStart >= 2 && _window.At(lineStart - 2, 1) is [(byte)'\r'] ? lineStart - 2 : lineStart - 1;
    }

    private MimeEntity Begin(MimeEntity? parent, string index, long start, long end, List<MimeEntity> open, MimeReading? reading)
    {
        _entities++;
        MimeEntity entity = new(parent, index, start);
        entity.Header = Header(start, end, open, reading);
        entity.BodyStart = start + entity.Header.BodyOffset;
        MimeFields.Read(entity, _window, _limits, reading);
        if (!entity.Type.StartsWith("multipart/", StringComparison.Ordinal)) return entity;
        byte[]? boundary = reading?.GuessBoundary is true ? Guess(entity.BodyStart, end) : BoundaryOf(entity);
        if (boundary is null)
        {
            if (reading is null)
            {
                entity.Find(MimeFindings.BoundaryMissing, entity.Type);
                entity.OtherReadings.Add(new MimeReading("guess") { GuessBoundary = true });
            }

            return entity;
        }

        if (open.Count >= _limits.MimeDepth)
        {
            Limit(WalkFindings.OverDepth);
            return entity;
        }

        entity.Boundary = boundary;
        if (entity.Encoding is not MimeEncoding.Identity)
        {
            entity.Find(MimeFindings.EncodingOnMultipart, entity.Encoding.ToString());
        }

        string text = Encoding.Latin1.GetString(boundary);
        if (open.Any(outer => outer.Boundary.AsSpan().SequenceEqual(boundary))) entity.Find(MimeFindings.Boundary, "the same as one around it");
        bool confusable = _declared.Contains(text + "--") || (text.EndsWith("--", StringComparison.Ordinal) && _declared.Contains(text[..^2]));
        if (confusable) entity.Find(MimeFindings.Boundary, "the end of one is the beginning of another");
        _declared.Add(text);
        open.Add(entity);
        return entity;
    }

    // Most header blocks are small: a little first, more only where the block goes on. Else ten thousand parts without an empty line cost 256 KB each.
    private HeaderBlock Header(long start, long end, List<MimeEntity> open, MimeReading? reading)
    {
        long most = Math.Min(end - start, _limits.HeaderBytes + 1L);
        for (int size = 4 * 1024; ; size *= 4)
        {
            ReadOnlyMemory<byte> head = _window.Keep(start, (int)Math.Min(size, most));
            HeaderBlock block = HeaderBlock.Read(head, _limits, line => Match(open, line.Span) is not null, reading?.SkipJunk is true, reading?.EndAtBlankLine is true);
            bool certain = block.End is HeaderEnd.EmptyLine or HeaderEnd.Limit
                || (block.End is HeaderEnd.NotAField or HeaderEnd.Boundary && head.Span[block.BodyOffset..].Contains((byte)'\n'));
            if (certain || size >= most) return block;
        }
    }

    private static byte[]? BoundaryOf(MimeEntity entity)
    {
        if (entity.ContentType is not { } type) return null;
        byte[]? found = null;
        foreach (FieldParameter parameter in type.Parameters)
        {
            if (parameter is not { Name: "boundary", Section: null, IsExtended: false }) continue;
            found = parameter.Value.ToArray();
            break;
        }

        // RFC 2231 pieces of a boundary: legal, hardly ever seen, and not read by every reader.
        if (found is null && type.Get("boundary") is { } extended)
        {
            found = Encoding.Latin1.GetBytes(extended);
            entity.Find(MimeFindings.Boundary, "in RFC 2231 pieces");
        }

        if (found is null) return null;
        int length = found.AsSpan().TrimEnd(" \t"u8).Length;
        if (length == 0 || length > 1_000) return null;
        if (length != found.Length) entity.Find(MimeFindings.Boundary, "ends in a blank");
        return found[..length];
    }

    private byte[]? Guess(long from, long end)
    {
        long at = _window.FindHyphens(from, end, out _);
        if (at >= end) return null;
        ReadOnlySpan<byte> line = Line(at, end);
        ReadOnlySpan<byte> boundary = line[2..].TrimEnd(" \t\r\n"u8);
        return boundary.IsEmpty ? null : boundary.ToArray();
    }

    private ReadOnlySpan<byte> Line(long at, long end)
    {
        ReadOnlySpan<byte> window = _window.At(at, (int)Math.Min(LongestBoundaryLine, end - at), need: LongestBoundaryLine);
        int newline = window.IndexOf((byte)'\n');
        return newline < 0 ? window : window[..(newline + 1)];
    }

    private readonly record struct Delimiter(MimeEntity? Owner, bool IsEnd, long Start, long LineEnd);

    private Delimiter Next(List<MimeEntity> open, MimeEntity current, long from, long end, bool loose)
    {
        long at = from;
        while (true)
        {
            at = _window.FindHyphens(at, end, out bool behindBareCr);
            if (at >= end) return default;
            ReadOnlySpan<byte> line = Line(at, end);
            if (loose)
            {
                int bare = line.IndexOf((byte)'\r');
                bool several = bare >= 0 && line[bare..].IndexOfAnyExcept("\r\n"u8) < 0;
                if (bare >= 0 && !several) line = line[..(bare + 1)];
            }

            (MimeEntity Owner, bool IsEnd)? match = Match(open, line);
            if (match is null && loose) match = LooseMatch(open, line);
            if (match is not null && (!behindBareCr || loose))
            {
                long lineEnd = loose ? at + line.Length : _window.LineEnd(at, end);
                return new Delimiter(match.Value.Owner, match.Value.IsEnd, at, lineEnd);
            }

            // Not for us: would another reader take it?
            match ??= LooseMatch(open, line);
            if (match is null && !behindBareCr) Stale(open, current, line, at);
            if (match is not null && !loose) Doubt(match.Value.Owner, behindBareCr ? "a line behind a bare CR" : "a line that begins with it");
            at += 2;
            if (at < end && _window.At(at, 1) is [(byte)'-']) at = SkipHyphens(at, end);
        }
    }

    // A boundary of a multipart that has ended, as a line of some later part: readers that still know it would split there.
    private void Stale(List<MimeEntity> open, MimeEntity current, ReadOnlySpan<byte> line, long at)
    {
        if (current.IsMultipart || current.StaleStart >= 0 || line.Length < 3) return;
        byte[] text = Text(line).ToArray();
        if (!_declared.Contains(Encoding.Latin1.GetString(text))) return;
        open[^1].Find(MimeFindings.Boundary, "a boundary outside its multipart");
        current.StaleStart = at;
        current.StaleBoundary = text;
    }

    private long SkipHyphens(long at, long end)
    {
        while (at < end)
        {
            ReadOnlySpan<byte> window = _window.At(at, (int)Math.Min(64 * 1024, end - at));
            int run = window.IndexOfAnyExcept((byte)'-');
            if (run >= 0) return at + run;
            at += window.Length;
        }

        return end;
    }

    private void Doubt(MimeEntity owner, string detail)
    {
        owner.Find(MimeFindings.Boundary, detail);
        if (!owner.IsAlternative && !owner.OtherReadings.Any(reading => reading.LooseBoundaries)) owner.OtherReadings.Add(new MimeReading("loose") { LooseBoundaries = true });
    }

    // Innermost first. The line is without its hyphens exactly a boundary, or a boundary and two hyphens, with blanks behind (RFC 2046 5.1.1).
    private static (MimeEntity Owner, bool IsEnd)? Match(List<MimeEntity> open, ReadOnlySpan<byte> line)
    {
        ReadOnlySpan<byte> text = Text(line);
        for (int index = open.Count - 1; index >= 0; index--)
        {
            byte[] boundary = open[index].Boundary!;
            if (!text.StartsWith(boundary)) continue;
            if (text.Length == boundary.Length) return (open[index], false);
            if (text.Length == boundary.Length + 2 && text.EndsWith("--"u8)) return (open[index], true);
        }

        return null;
    }

    // One line end only: a boundary behind which two CRs stand is none to some readers.
    private static ReadOnlySpan<byte> Text(ReadOnlySpan<byte> line)
    {
        ReadOnlySpan<byte> text = line[2..];
        if (text is [.., (byte)'\n']) text = text[..^1];
        if (text is [.., (byte)'\r']) text = text[..^1];
        return text.TrimEnd(" \t"u8);
    }

    // A line that only begins with a boundary. Boundaries of one message often begin alike (…_Part_1, …_Part_12): a line that is exactly a declared one is none of these.
    private (MimeEntity Owner, bool IsEnd)? LooseMatch(List<MimeEntity> open, ReadOnlySpan<byte> line)
    {
        if (line.Length < 3) return null;
        ReadOnlySpan<byte> text = Text(line);
        for (int index = open.Count - 1; index >= 0; index--)
        {
            byte[] boundary = open[index].Boundary!;
            if (!text.StartsWith(boundary)) continue;
            string exact = Encoding.Latin1.GetString(text);
            if (_declared.Contains(exact) || (exact.EndsWith("--", StringComparison.Ordinal) && _declared.Contains(exact[..^2]))) return null;
            return (open[index], text[boundary.Length..].StartsWith("--"u8));
        }

        return null;
    }
}

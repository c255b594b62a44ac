using System.Globalization;
using System.IO.Hashing;
using System.Text;

namespace MailSanitizer.Content.Unpacking.Encodings;

/// <summary>yEnc 1.3: any number of files in a text; the parts of a multipart file that follow each other are joined.</summary>
public sealed class YencHandler : EncodedTextHandler
{
    /// <inheritdoc/>
    public override IReadOnlyCollection<string> Formats { get; } = ["yenc"];

    /// <inheritdoc/>
    internal override IEnumerable<EncodedFile> Find(ArchiveReading reading)
    {
        Open? open = null;
        foreach (TextLine line in TextLines.From(reading.Bytes, 0))
        {
            reading.Cancellation.ThrowIfCancellationRequested();
            if (line.Text.AsSpan().StartsWith("=ybegin "u8))
            {
                if (open is not null && Continues(open, line.Text))
                {
                    open.ContentStart = line.End;
                    continue;
                }

                if (open is not null) yield return Close(open, reading.Bytes, "no end line");
                open = new Open(line);
            }
            else if (open is not null && line.Text.AsSpan().StartsWith("=ypart "u8))
            {
                open.ContentStart = line.End;
            }
            else if (open is not null && open.ContentStart >= 0 && line.Text.AsSpan().StartsWith("=yend"u8))
            {
                open.Ranges.Add((open.ContentStart, line.Offset));
                open.ContentStart = -1;
                open.End = line.End;
                open.Parts++;
                open.LastLine = line.Text;
                if (open.Parts < open.Total) continue;
                yield return Close(open, reading.Bytes, null);
                open = null;
            }
        }

        if (open is null) yield break;
        if (open.ContentStart >= 0)
        {
            open.Ranges.Add((open.ContentStart, reading.Bytes.Length));
            open.End = reading.Bytes.Length;
            yield return Close(open, reading.Bytes, "no end line");
        }
        else
        {
            yield return Close(open, reading.Bytes, null);
        }
    }

    /// <inheritdoc/>
    internal override void Write(EncodedFile file, ChildDecision decision, IPartOutput output)
    {
        PartBytes content = decision.Content!;
        byte[] name = decision.Name is { } renamed ? Encoding.UTF8.GetBytes(renamed) : file.Names.Count > 0 ? file.Names[0].Raw.ToArray() : [];
        output.Write(Encoding.ASCII.GetBytes($"=ybegin line=128 size={content.Length} name="));
        output.Write(name);
        output.Write(file.NewLine);
        Crc32 crc = new();
        using Stream source = content.OpenRead();
        byte[] row = new byte[128];
        for (int got; (got = source.ReadAtLeast(row, row.Length, throwOnEndOfStream: false)) > 0;)
        {
            crc.Append(row.AsSpan(0, got));
            output.Write(Row(row.AsSpan(0, got)));
            output.Write(file.NewLine);
        }

        output.Write(Encoding.ASCII.GetBytes($"=yend size={content.Length} crc32={crc.GetCurrentHashAsUInt32():x8}"));
        output.Write(file.NewLine);
    }

    private static byte[] Row(ReadOnlySpan<byte> bytes)
    {
        List<byte> row = new(bytes.Length + 8);
        foreach (byte value in bytes)
        {
            byte coded = (byte)(value + 42);
            if (coded is 0 or (byte)'\n' or (byte)'\r' or (byte)'=' || (coded == '.' && row.Count == 0))
            {
                row.Add((byte)'=');
                coded += 64;
            }

            row.Add(coded);
        }

        return [.. row];
    }

    private static byte[] Decode(byte[] line)
    {
        byte[] decoded = new byte[line.Length];
        int count = 0;
        for (int at = 0; at < line.Length; at++)
        {
            byte value = line[at];
            if (value == '=' && at + 1 < line.Length) value = (byte)(line[++at] - 64);
            decoded[count++] = (byte)(value - 42);
        }

        return decoded[..count];
    }

    // The next part of the same file: same name and total, and the part's number follows.
    private static bool Continues(Open open, byte[] line) =>
        open.ContentStart < 0 && Value(line, "part") == open.Parts + 1 && Name(line).AsSpan().SequenceEqual(open.Name);

    private static EncodedFile Close(Open open, PartBytes bytes, string? broken)
    {
        (FindingKind, string)? problem = broken is not null ? (ArchiveFindings.DamagedArchive, broken)
            : open.Parts < open.Total || open.FirstPart > 1 ? (ArchiveFindings.SplitArchive, $"part {open.FirstPart} of {open.Total}")
            : null;
        bool whole = problem is null;
        List<(long, long)> ranges = open.Ranges;
        return new EncodedFile(open.Start, open.End, [ArchiveNames.Decode("member", open.Name)], () => new YencStream(bytes, ranges, Decode))
        {
            FirstLine = open.FirstLine,
            NewLine = open.NewLine,
            Size = whole && open.Size >= 0 ? open.Size : null,
            Crc = whole && Hex(open.LastLine, open.Total > 1 ? " crc32" : "crc32") is { } crc ? crc : null,
            Problem = problem,
        };
    }

    private static byte[] Name(byte[] line)
    {
        int at = line.AsSpan().IndexOf(" name="u8);
        return at < 0 ? [] : line.AsSpan(at + 6).Trim(" \t\""u8).ToArray();
    }

    private static long Value(byte[] line, string key)
    {
        string text = Encoding.Latin1.GetString(line);
        int name = text.IndexOf(" name=", StringComparison.Ordinal);
        if (name >= 0) text = text[..name];
        int at = text.IndexOf($" {key}=", StringComparison.Ordinal);
        if (at < 0) return -1;
        string digits = new([.. text[(at + key.Length + 2)..].TakeWhile(char.IsAsciiDigit)]);
        return long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out long value) ? value : -1;
    }

    private static uint? Hex(byte[] line, string key)
    {
        string text = Encoding.Latin1.GetString(line);
        int at = text.IndexOf($"{key}=", StringComparison.Ordinal);
        if (at < 0 || (at > 0 && text[at - 1] == 'p')) return null;
        string digits = new([.. text[(at + key.Length + 1)..].TakeWhile(char.IsAsciiHexDigit).Take(8)]);
        return uint.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint value) ? value : null;
    }

    private sealed class Open
    {
        public Open(TextLine line)
        {
            (Start, End, FirstLine) = (line.Offset, line.End, line.Text);
            NewLine = line.End - line.Offset > line.Text.Length + 1 ? "\r\n"u8.ToArray() : "\n"u8.ToArray();
            Name = YencHandler.Name(line.Text);
            Size = Value(line.Text, "size");
            Total = (int)Math.Clamp(Value(line.Text, "total"), 1, 10_000);
            FirstPart = (int)Math.Clamp(Value(line.Text, "part"), 1, 10_000);
            Parts = FirstPart - 1;
            ContentStart = line.End;
        }

        public long Start { get; }

        public long End { get; set; }

        public byte[] FirstLine { get; }

        public byte[] LastLine { get; set; } = [];

        public byte[] NewLine { get; }

        public byte[] Name { get; }

        public long Size { get; }

        public int Total { get; }

        public int FirstPart { get; }

        public int Parts { get; set; }

        public long ContentStart { get; set; }

        public List<(long Start, long End)> Ranges { get; } = [];
    }

    private sealed class YencStream(PartBytes bytes, List<(long Start, long End)> ranges, Func<byte[], byte[]> decode) : ForwardStream
    {
        private int _range;
        private LinesStream? _lines;

        public override int Read(Span<byte> buffer)
        {
            while (_range < ranges.Count)
            {
                _lines ??= new LinesStream(bytes, ranges[_range].Start, ranges[_range].End, decode);
                int got = _lines.Read(buffer);
                if (got > 0 || buffer.IsEmpty) return got;
                _lines.Dispose();
                _lines = null;
                _range++;
            }

            return 0;
        }
    }
}

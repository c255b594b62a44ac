using System.Text;

namespace MailSanitizer.Content.Unpacking.Encodings;

/// <summary>uuencode, xxencode and the base64 kind of POSIX: any number of files in a text.</summary>
public sealed class UuHandler : EncodedTextHandler
{
    private const string Xx = "+-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    private static readonly sbyte[] UuValues = [.. Enumerable.Range(0, 256).Select(value => value is >= 32 and <= 96 ? (sbyte)((value - 32) & 63) : (sbyte)-1)];
    private static readonly sbyte[] XxValues = [.. Enumerable.Range(0, 256).Select(value => (sbyte)Xx.IndexOf((char)value, StringComparison.Ordinal))];

    /// <inheritdoc/>
    public override IReadOnlyCollection<string> Formats { get; } = ["uue", "xxe"];

    /// <inheritdoc/>
    internal override IEnumerable<EncodedFile> Find(ArchiveReading reading)
    {
        bool xx = reading.Part.Format == "xxe" || reading.Part.Name.EndsWith(".xxe", StringComparison.OrdinalIgnoreCase);
        EncodedFile? open = null;
        long content = 0;
        bool base64 = false;
        foreach (TextLine line in TextLines.From(reading.Bytes, 0))
        {
            reading.Cancellation.ThrowIfCancellationRequested();
            if (open is null)
            {
                if (Begin(line.Text) is not { } begin) continue;
                base64 = begin.Base64;
                content = line.End;
                open = new EncodedFile(line.Offset, 0, [ArchiveNames.Decode("member", begin.Name)], () => Stream.Null) { FirstLine = line.Text, NewLine = line.End - line.Offset > line.Text.Length + 1 ? "\r\n"u8.ToArray() : "\n"u8.ToArray() };
                continue;
            }

            bool ends = base64 ? line.Text.AsSpan().SequenceEqual("===="u8) : line.Text.AsSpan().TrimEnd((byte)' ').SequenceEqual("end"u8);
            if (!ends) continue;
            yield return Close(open, content, line.Offset, line.End, base64, xx, reading.Bytes);
            open = null;
        }

        if (open is not null) yield return Close(open, content, reading.Bytes.Length, reading.Bytes.Length, base64, xx, reading.Bytes) with { Problem = (ArchiveFindings.DamagedArchive, "no end line") };
    }

    /// <inheritdoc/>
    internal override void Write(EncodedFile file, ChildDecision decision, IPartOutput output)
    {
        bool base64 = file.FirstLine.AsSpan().StartsWith("begin-base64"u8);
        byte[] first = file.FirstLine;
        if (decision.Name is { } name) first = [.. first[..(Array.IndexOf(first, (byte)' ', base64 ? 13 : 6) + 1)], .. Encoding.UTF8.GetBytes(name)];
        Line(output, first, file.NewLine);
        using Stream content = decision.Content!.OpenRead();
        byte[] row = new byte[45];
        for (int got; (got = content.ReadAtLeast(row, row.Length, throwOnEndOfStream: false)) > 0;) Line(output, base64 ? Encoding.ASCII.GetBytes(Convert.ToBase64String(row, 0, got)) : Row(row.AsSpan(0, got)), file.NewLine);
        if (!base64) Line(output, "`"u8, file.NewLine);
        Line(output, base64 ? "===="u8 : "end"u8, file.NewLine);
    }

    private static EncodedFile Close(EncodedFile open, long content, long end, long behind, bool base64, bool xx, PartBytes bytes) =>
        open with { End = behind, Open = () => base64 ? new LinesStream(bytes, content, end, static line => Base64Line(line)) : new LinesStream(bytes, content, end, line => Decode(line, xx ? XxValues : UuValues)) };

    private static (byte[] Name, bool Base64)? Begin(byte[] line)
    {
        bool base64 = line.AsSpan().StartsWith("begin-base64 "u8);
        if (!base64 && !line.AsSpan().StartsWith("begin "u8)) return null;
        ReadOnlySpan<byte> rest = line.AsSpan(base64 ? 13 : 6);
        int digits = 0;
        while (digits < rest.Length && rest[digits] is >= (byte)'0' and <= (byte)'7') digits++;
        if (digits is < 3 or > 5 || digits >= rest.Length || rest[digits] != ' ') return null;
        return (rest[(digits + 1)..].Trim(" \t\""u8).ToArray(), base64);
    }

    // Blanks at the end of a line may be lost on the way: what is missing is zero.
    private static byte[] Decode(byte[] line, sbyte[] values)
    {
        if (line.Length == 0 || values[line[0]] <= 0) return [];
        int length = values[line[0]];
        byte[] decoded = new byte[length];
        for (int at = 0; at < length; at++)
        {
            int first = 1 + (at / 3 * 4) + (at % 3);
            int high = Value(line, first, values), low = Value(line, first + 1, values);
            decoded[at] = (byte)((at % 3) switch { 0 => (high << 2) | (low >> 4), 1 => (high << 4) | (low >> 2), _ => (high << 6) | low });
        }

        return decoded;
    }

    private static int Value(byte[] line, int at, sbyte[] values) => at < line.Length && values[line[at]] >= 0 ? values[line[at]] : 0;

    private static byte[] Base64Line(byte[] line)
    {
        StringBuilder clean = new(line.Length);
        foreach (byte value in line)
        {
            if (char.IsAsciiLetterOrDigit((char)value) || value is (byte)'+' or (byte)'/') clean.Append((char)value);
        }

        while (clean.Length % 4 != 0) clean.Append(clean.Length % 4 == 1 ? 'A' : '=');
        return Convert.FromBase64String(clean.ToString());
    }

    private static byte[] Row(ReadOnlySpan<byte> bytes)
    {
        byte[] row = new byte[1 + ((bytes.Length + 2) / 3 * 4)];
        row[0] = Character(bytes.Length);
        for (int at = 0, to = 1; at < bytes.Length; at += 3)
        {
            int group = (bytes[at] << 16) | ((at + 1 < bytes.Length ? bytes[at + 1] : 0) << 8) | (at + 2 < bytes.Length ? bytes[at + 2] : 0);
            for (int shift = 18; shift >= 0; shift -= 6) row[to++] = Character((group >> shift) & 63);
        }

        return row;
    }

    private static byte Character(int value) => value == 0 ? (byte)'`' : (byte)(value + 32);

    private static void Line(IPartOutput output, ReadOnlySpan<byte> line, byte[] newLine)
    {
        output.Write(line);
        output.Write(newLine);
    }
}

/// <summary>Content that is decoded line by line.</summary>
internal sealed class LinesStream(PartBytes bytes, long start, long end, Func<byte[], byte[]> decode) : ForwardStream
{
    private readonly IEnumerator<TextLine> _lines = TextLines.From(bytes, start).GetEnumerator();
    private byte[] _decoded = [];
    private int _at;

    public override int Read(Span<byte> buffer)
    {
        while (_at == _decoded.Length)
        {
            if (!_lines.MoveNext() || _lines.Current.Offset >= end) return 0;
            _decoded = decode(_lines.Current.Text);
            _at = 0;
        }

        int count = Math.Min(buffer.Length, _decoded.Length - _at);
        _decoded.AsSpan(_at, count).CopyTo(buffer);
        _at += count;
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) _lines.Dispose();
        base.Dispose(disposing);
    }
}

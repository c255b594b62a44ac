using System.Buffers.Binary;
using System.Text;

namespace MailSanitizer.Content.Formats.Rtf;

/// <summary>An object as OLE 1 writes it (MS-OLEDS 2.2): what stands in <c>\objdata</c>.</summary>
/// <param name="IsLink">True for a link, whose <paramref name="Topic"/> is the file.</param>
/// <param name="ClassName">The program's name for it.</param>
/// <param name="Topic">File of a link.</param>
/// <param name="Native">The program's own bytes: a compound file, a package, a picture. Empty for a link.</param>
public sealed record OleStream(bool IsLink, string ClassName, string Topic, ReadOnlyMemory<byte> Native)
{
    /// <summary>Reads an object; null when the bytes are none. Lengths that lie are cut to what is there.</summary>
    public static OleStream? Read(ReadOnlyMemory<byte> bytes)
    {
        // MS-OLEDS 2.2.4: version (any value), format 1 for a link, 2 for an embedded object.
        if (bytes.Length < 12) return null;
        int format = BinaryPrimitives.ReadInt32LittleEndian(bytes.Span[4..]);
        if (format is not (1 or 2)) return null;
        ReadOnlyMemory<byte> rest = bytes[8..];
        if (Word(ref rest) is not { } className || Word(ref rest) is not { } topic || Word(ref rest) is null) return null;
        if (format == 1) return new OleStream(true, className, topic, default);
        if (rest.Length < 4) return null;
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(rest.Span);
        rest = rest[4..];
        return new OleStream(false, className, topic, rest[..(int)Math.Min(length, (uint)rest.Length)]);
    }

    private static string? Word(ref ReadOnlyMemory<byte> rest)
    {
        if (rest.Length < 4) return null;
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(rest.Span);
        if (length > 4_096 || length > rest.Length - 4) return null;
        string word = Encoding.Latin1.GetString(rest.Span.Slice(4, (int)length));
        rest = rest[(4 + (int)length)..];
        int end = word.IndexOf('\0', StringComparison.Ordinal);
        return end < 0 ? word : word[..end];
    }
}

/// <summary>A file that the object packager packed (<c>Package</c> in OLE 1, <c>\x01Ole10Native</c> in OLE 2).</summary>
/// <param name="Names">Label, file name and path, as they stood, those that differ.</param>
/// <param name="Content">The file; empty for a link.</param>
public sealed record PackagedFile(IReadOnlyList<string> Names, ReadOnlyMemory<byte> Content)
{
    /// <summary>Reads a package; null when the bytes are none. <paramref name="prefixed"/>: four bytes of length stand in front, as in the OLE 2 stream.</summary>
    public static PackagedFile? Read(ReadOnlyMemory<byte> bytes, bool prefixed)
    {
        if (prefixed)
        {
            if (bytes.Length < 4) return null;
            uint whole = BinaryPrimitives.ReadUInt32LittleEndian(bytes.Span);
            bytes = bytes[4..];
            if (whole < bytes.Length) bytes = bytes[..(int)whole];
        }

        // Two bytes of type, label, file name, two flags of two bytes, length and path, length and content.
        if (bytes.Length < 8) return null;
        ReadOnlyMemory<byte> rest = bytes[2..];
        if (Text(ref rest) is not { } label || Text(ref rest) is not { } file || rest.Length < 8) return null;
        rest = rest[4..];
        uint pathLength = BinaryPrimitives.ReadUInt32LittleEndian(rest.Span);
        rest = rest[4..];
        if (pathLength > rest.Length) return null;
        string path = Cut(rest.Span[..(int)pathLength]);
        rest = rest[(int)pathLength..];
        if (rest.Length < 4) return null;
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(rest.Span);
        rest = rest[4..];
        string[] names = [.. new[] { label, file, path }.Select(NameOf).Where(name => name.Length > 0).Distinct(StringComparer.Ordinal)];
        return new PackagedFile(names, rest[..(int)Math.Min(length, (uint)rest.Length)]);
    }

    private static string? Text(ref ReadOnlyMemory<byte> rest)
    {
        int end = rest.Span[..Math.Min(rest.Length, 4_096)].IndexOf((byte)0);
        if (end < 0) return null;
        string text = Charset(rest.Span[..end]);
        rest = rest[(end + 1)..];
        return text;
    }

    private static string Cut(ReadOnlySpan<byte> bytes) => Charset(bytes.IndexOf((byte)0) is >= 0 and var end ? bytes[..end] : bytes);

    private static string Charset(ReadOnlySpan<byte> bytes) => Charsets.NameCharset.Decode(bytes);

    private static string NameOf(string path) => path[(path.AsSpan().LastIndexOfAny("/\\:") + 1)..];
}

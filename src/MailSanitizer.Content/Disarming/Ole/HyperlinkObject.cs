using System.Buffers.Binary;
using System.Text;
using MailSanitizer.Content.Formats.Links;

namespace MailSanitizer.Content.Disarming.Ole;

/// <summary>A hyperlink in its binary form (MS-OSHARED 2.3.7.1), as workbooks, drawings and Word's data stream have it: a class id, a version, flags, monikers of a URL or a file.</summary>
internal static class HyperlinkObject
{
    private const int MostBytes = 64 * 1024;
    private static readonly byte[] Class = new Guid("79EAC9D0-BAF9-11CE-8C82-00AA004BA90B").ToByteArray();
    private static readonly byte[] UrlMoniker = new Guid("79EAC9E0-BAF9-11CE-8C82-00AA004BA90B").ToByteArray();
    private static readonly byte[] FileMoniker = new Guid("00000303-0000-0000-C000-000000000046").ToByteArray();

    /// <summary>Adds the link, which begins with its class id, when its target acts. <paramref name="patch"/> gives the same bytes to be changed.</summary>
    public static void Judge(OleReading reading, ReadOnlySpan<byte> link, string place, Func<OleEdits, Span<byte>> patch)
    {
        if (Target(link, out _, out _) is not { } target || UrlJudge.Judge(target).Kind is not UrlKind.Acts) return;
        string shown = target.Length > 200 ? target[..200] : target;

        // The whole link becomes one without a target: version 2, no flags.
        reading.Add(OfficeFindings.UnsafeHyperlink, place, shown, edits =>
        {
            patch(edits)[20..].Clear();
        });
    }

    /// <summary>Every link in a stream, wherever it stands.</summary>
    public static void Find(OleReading reading, OlePieces pieces)
    {
        byte[] bytes = pieces.Whole;
        for (int at = 0; at < bytes.Length && bytes.AsSpan(at).IndexOf(Class) is var found and >= 0; at += 16)
        {
            reading.Cancellation.ThrowIfCancellationRequested();
            at += found;
            int start = at, length = Math.Min(bytes.Length - at, MostBytes);
            if (length < 32 || BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + 16)) != 2) continue;
            if (bytes.AsSpan(at + 16, length - 16).IndexOf(Class) is var next and >= 0) length = next + 16;
            if (Target(bytes.AsSpan(at, length), out int from, out int count) is not { } target || UrlJudge.Judge(target).Kind is not UrlKind.Acts) continue;
            reading.Add(OfficeFindings.UnsafeHyperlink, pieces.Place(at), target.Length > 200 ? target[..200] : target, edits =>
            {
                pieces.Clear(edits, start + 20, 4);
                pieces.Clear(edits, start + from, count);
            });
        }
    }

    // The text of either moniker is looked for, whatever stands around it.
    private static string? Target(ReadOnlySpan<byte> link, out int from, out int length)
    {
        (from, length) = (0, 0);
        if (link.Length < 24) return null;
        int file = link.IndexOf(FileMoniker), url = link.IndexOf(UrlMoniker);
        uint flags = BinaryPrimitives.ReadUInt32LittleEndian(link[20..]);
        if (url >= 0 && url + 20 <= link.Length)
        {
            (from, length) = (url + 20, (int)Math.Min(link.Length - url - 20, BinaryPrimitives.ReadUInt32LittleEndian(link[(url + 16)..])));
            return Encoding.Unicode.GetString(link.Slice(from, length & ~1)).Split('\0')[0];
        }

        if (file >= 0 && file + 22 <= link.Length)
        {
            (from, length) = (file + 22, (int)Math.Min(link.Length - file - 22, BinaryPrimitives.ReadUInt32LittleEndian(link[(file + 18)..])));
            string target = Encoding.Latin1.GetString(link.Slice(from, length)).TrimEnd('\0');
            ReadOnlySpan<byte> wide = link[(from + length)..];

            // Behind it the same path in wide letters: 24 bytes, then its size.
            if (wide.Length >= 28 && BinaryPrimitives.ReadUInt32LittleEndian(wide[24..]) is > 6 and <= MostBytes and var more) length += 28 + (int)Math.Min(more, wide.Length - 28);
            string spelled = Encoding.Unicode.GetString(wide[..Math.Min(wide.Length & ~1, 2_048)]);
            if (target.Length > 0 && BinaryPrimitives.ReadUInt16LittleEndian(link[(file + 16)..]) > 0) return "file:" + target;
            return spelled.Contains(":\\", StringComparison.Ordinal) || spelled.Contains("\\\\", StringComparison.Ordinal) ? "file:" + (target.Length > 0 ? target : spelled.Trim('\0')) : target;
        }

        if ((flags & 0x100) == 0 || link.Length <= 28) return null;

        // A moniker saved as text.
        (from, length) = (28, link.Length - 28);
        return Encoding.Unicode.GetString(link.Slice(28, (link.Length - 28) & ~1)).Split('\0')[0];
    }
}

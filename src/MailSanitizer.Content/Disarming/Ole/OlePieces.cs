using MailSanitizer.Content.Formats.Cfb;

namespace MailSanitizer.Content.Disarming.Ole;

/// <summary>Ranges of a stream, read as one: what one reader writes in a row and another cuts into records.</summary>
internal sealed class OlePieces
{
    private readonly CfbEntry _stream;
    private readonly List<(int Offset, int Length)> _ranges;

    /// <summary>Some ranges of a stream.</summary>
    public OlePieces(CfbEntry stream, byte[] bytes, List<(int Offset, int Length)> ranges)
    {
        (_stream, _ranges) = (stream, ranges);
        Whole = new byte[ranges.Sum(static range => range.Length)];
        int at = 0;
        foreach ((int offset, int length) in ranges)
        {
            bytes.AsSpan(offset, length).CopyTo(Whole.AsSpan(at));
            at += length;
        }
    }

    /// <summary>A whole stream.</summary>
    public OlePieces(CfbEntry stream, byte[] bytes) => (_stream, _ranges, Whole) = (stream, [(0, bytes.Length)], bytes);

    /// <summary>The ranges, one behind the other. Not to be changed.</summary>
    public byte[] Whole { get; }

    /// <summary>Where a byte of the whole stands, for the report.</summary>
    public string Place(int at)
    {
        foreach ((int offset, int length) in _ranges)
        {
            if (at < length) return $"{_stream.Name} offset {offset + at}";
            at -= length;
        }

        return _stream.Name;
    }

    /// <summary>Overwrites with zeros.</summary>
    public void Clear(OleEdits edits, int from, int count)
    {
        byte[] patched = edits.Patch(_stream);
        foreach ((int offset, int length) in _ranges)
        {
            int start = Math.Max(from, 0), end = Math.Min(from + count, length);
            if (start < end) patched.AsSpan(offset + start, end - start).Clear();
            from -= length;
        }
    }

    /// <summary>Overwrites with other bytes.</summary>
    public void Write(OleEdits edits, int from, ReadOnlySpan<byte> with)
    {
        byte[] patched = edits.Patch(_stream);
        foreach ((int offset, int length) in _ranges)
        {
            int start = Math.Max(from, 0), end = Math.Min(from + with.Length, length);
            if (start < end) with[(start - from)..(end - from)].CopyTo(patched.AsSpan(offset + start));
            from -= length;
        }
    }
}

using System.Buffers.Binary;

namespace MailSanitizer.Content.Disarming.Images;

/// <summary>An image's bytes through a window, so that a large one in a scratch file costs no memory. Reads beyond the end give 0 and are told by <see cref="Has"/>.</summary>
internal sealed class ImageBytes
{
    private const int Window = 64 * 1024;

    private readonly PartBytes _bytes;
    private readonly CancellationToken _cancellation;
    private readonly byte[] _window;
    private ReadOnlyMemory<byte> _now;
    private long _start;

    public ImageBytes(PartBytes bytes, CancellationToken cancellation)
    {
        _bytes = bytes;
        _cancellation = cancellation;
        _window = bytes.TryGetMemory(out _now) ? [] : new byte[Window];
    }

    public long Length => _bytes.Length;

    /// <summary>True when all of these bytes are there.</summary>
    public bool Has(long at, long count) => at >= 0 && count >= 0 && at <= Length - count;

    /// <summary>At most so many bytes; fewer only at the end. Valid until the next call.</summary>
    public ReadOnlySpan<byte> At(long at, int count)
    {
        if (at < 0 || at >= Length || count <= 0) return [];
        count = (int)Math.Min(count, Length - at);
        if (at < _start || at + count > _start + _now.Length)
        {
            _cancellation.ThrowIfCancellationRequested();
            _start = at;
            _now = _window.AsMemory(0, _bytes.Read(at, _window));
            count = Math.Min(count, _now.Length);
        }

        return _now.Span.Slice((int)(at - _start), count);
    }

    public byte Byte(long at) => At(at, 1) is [byte value] ? value : (byte)0;

    public ushort Big16(long at) => At(at, 2) is { Length: 2 } two ? BinaryPrimitives.ReadUInt16BigEndian(two) : (ushort)0;

    public uint Big32(long at) => At(at, 4) is { Length: 4 } four ? BinaryPrimitives.ReadUInt32BigEndian(four) : 0;

    public ulong Big64(long at) => ((ulong)Big32(at) << 32) | Big32(at + 4);

    public ushort Little16(long at) => At(at, 2) is { Length: 2 } two ? BinaryPrimitives.ReadUInt16LittleEndian(two) : (ushort)0;

    public uint Little32(long at) => At(at, 4) is { Length: 4 } four ? BinaryPrimitives.ReadUInt32LittleEndian(four) : 0;

    public ulong Little64(long at) => Little32(at) | ((ulong)Little32(at + 4) << 32);

    public bool Starts(long at, ReadOnlySpan<byte> word) => At(at, word.Length).SequenceEqual(word);

    /// <summary>The next place of a byte in a range, or -1.</summary>
    public long Find(byte value, long from, long to)
    {
        to = Math.Min(to, Length);
        while (from < to)
        {
            ReadOnlySpan<byte> now = At(from, (int)Math.Min(Window, to - from));
            if (now.IsEmpty) return -1;
            int at = now.IndexOf(value);
            if (at >= 0) return from + at;
            from += now.Length;
        }

        return -1;
    }

    /// <summary>Looks through a range piece by piece, each overlapping the one before; the first hit of <paramref name="search"/> (an index, or -1) as a place in the image, or -1.</summary>
    public long Search(long from, long to, int overlap, Func<ReadOnlyMemory<byte>, int> search)
    {
        to = Math.Min(to, Length);
        byte[]? copy = null;
        while (from < to)
        {
            _cancellation.ThrowIfCancellationRequested();
            int count = (int)Math.Min(Window, to - from);
            ReadOnlyMemory<byte> piece;
            if (_window.Length == 0)
            {
                piece = _now.Slice((int)from, count);
            }
            else
            {
                copy ??= new byte[Window];
                count = _bytes.Read(from, copy.AsSpan(0, count));
                if (count == 0) return -1;
                piece = copy.AsMemory(0, count);
            }

            int at = search(piece);
            if (at >= 0) return from + at;
            if (from + count >= to) return -1;
            from += Math.Max(1, count - overlap);
        }

        return -1;
    }

    /// <summary>A range as one array, when it is not longer than <paramref name="most"/>; else empty.</summary>
    public byte[] ToArray(long from, long to, int most)
    {
        if (to <= from || to - from > most || !Has(from, to - from)) return [];
        byte[] all = new byte[to - from];
        return _bytes.Read(from, all) == all.Length ? all : [];
    }
}

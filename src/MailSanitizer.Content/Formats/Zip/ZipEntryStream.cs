using System.IO.Compression;
using System.IO.Hashing;
using MailSanitizer.Content.Formats.Compression;

namespace MailSanitizer.Content.Formats.Zip;

/// <summary>What kind of problem stopped or spoiled a member.</summary>
public enum ZipProblem
{
    /// <summary>None.</summary>
    None,

    /// <summary>A method nobody here decodes.</summary>
    Unsupported,

    /// <summary>Encrypted, and not opened.</summary>
    Locked,

    /// <summary>The decoder would take more memory than <see cref="Limits.DictionaryBytes"/>.</summary>
    OverMemory,

    /// <summary>The packed data is broken.</summary>
    Damaged,

    /// <summary>The content is longer or shorter than stated.</summary>
    SizeDiffers,

    /// <summary>The content has another CRC-32 than stated.</summary>
    CrcDiffers,

    /// <summary>Packed bytes are left behind the end of the compressed data: a reader that goes by the data sees the next header elsewhere.</summary>
    InputLeft,
}

/// <summary>
/// A member's content, read once. Never throws for what the member holds: a broken one ends early, and after the end <see cref="Problem"/> tells whether
/// what was read is what the headers promise. So broken members are still scanned as far as they go.
/// </summary>
public sealed class ZipEntryStream : ForwardStream
{
    private Stream _decoder;
    private bool _again;
    private readonly Stream? _input;
    private readonly ZipEntry _entry;
    private readonly Crc32 _crc = new();
    private readonly CancellationToken _cancellation;
    private long _count;
    private string? _failure;
    private ZipProblem _failureKind;
    private bool _ended;

    internal ZipEntryStream(Stream decoder, Stream input, ZipEntry entry, CancellationToken cancellation) =>
        (_decoder, _input, _entry, _cancellation) = (decoder, input, entry, cancellation);

    private ZipEntryStream(string failure, ZipProblem kind, ZipEntry entry, Stream? input)
    {
        (_decoder, _input, _entry, _failure, _failureKind, _ended) = (Null, input, entry, failure, kind, true);
    }

    /// <summary>True when the content was read to its end (or to where it breaks).</summary>
    public bool Ended => _ended;

    /// <summary>Bytes read so far.</summary>
    public long Count => _count;

    /// <summary>What is wrong, judged when the end was reached; null when nothing is, or while it is still read.</summary>
    public string? Problem => Judge().Detail;

    /// <summary>The kind of <see cref="Problem"/>.</summary>
    public ZipProblem ProblemKind => Judge().Kind;

    /// <inheritdoc/>
    public override long Position
    {
        get => _count;
        set => throw new NotSupportedException();
    }

    /// <summary>A stream without content that says why.</summary>
    public static ZipEntryStream Failed(string why, ZipEntry entry, ZipProblem kind = ZipProblem.Unsupported, Stream? input = null) => new(why, kind, entry, input);

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        if (_ended || buffer.IsEmpty) return 0;
        _cancellation.ThrowIfCancellationRequested();
        int got;
        try
        {
            got = _decoder.Read(buffer);
        }
        catch (Exception failure) when (failure is not (OperationCanceledException or LimitReachedException or OutOfMemoryException))
        {
            // Decoders of other people throw whatever they stumble over on broken data; to us it is all one: the member is damaged.
            if (!_again && DecodeAgain()) return Read(buffer);
            (_failure, _failureKind, got) = (failure.Message, ZipProblem.Damaged, 0);
        }

        if (got <= 0)
        {
            _ended = true;
            return 0;
        }

        _crc.Append(buffer[..got]);
        _count += got;
        return got;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _decoder.Dispose();
            _input?.Dispose();
        }

        base.Dispose(disposing);
    }

    // The platform's inflater is fast and drops what it decoded before a fault. A broken member is decoded once more by our own, which does not, up to where we are.
    private bool DecodeAgain()
    {
        _again = true;
        if (_decoder is not DeflateStream || _input is not ZipInput input || !input.Restart()) return false;
        _decoder.Dispose();
        _decoder = new InflateStream(input);
        byte[] skipped = new byte[16 * 1024];
        try
        {
            for (long left = _count; left > 0;)
            {
                _cancellation.ThrowIfCancellationRequested();
                int got = _decoder.Read(skipped.AsSpan(0, (int)Math.Min(left, skipped.Length)));
                if (got <= 0) return false;
                left -= got;
            }
        }
        catch (InvalidDataException)
        {
            return false;
        }

        return true;
    }

    private (ZipProblem Kind, string? Detail) Judge()
    {
        if (_failure is not null) return (_failureKind, _failure);
        if (!_ended) return (ZipProblem.None, null);
        if (_entry.SizesKnown)
        {
            if (_count != _entry.Size) return (ZipProblem.SizeDiffers, $"{_entry.Size} bytes stated, {_count} found");

            // AE-2 writes 0 for the CRC on purpose; its HMAC is checked by whoever decrypts.
            bool unstated = _entry.Aes is { Version: 2 } && _entry.Crc == 0;
            uint crc = _crc.GetCurrentHashAsUInt32();
            if (!unstated && crc != _entry.Crc) return (ZipProblem.CrcDiffers, $"CRC {_entry.Crc:x8} stated, {crc:x8} found");
            if (_entry.CompressionMethod == ZipMethods.Deflate && _input is ZipInput { AtEnd: false }) return (ZipProblem.InputLeft, "packed bytes are left behind the compressed data");
        }

        return (ZipProblem.None, null);
    }
}

/// <summary>
/// The packed bytes as decoders read them. The very last byte comes alone: decoders read ahead, and only so can be told afterwards whether the compressed data ended before it.
/// </summary>
internal sealed class ZipInput(Stream inner, long length) : ForwardStream
{
    private readonly byte[] _ahead = new byte[64];
    private int _aheadLength;
    private int _aheadAt;
    private long _position;

    public bool AtEnd => _position >= length;

    public override long Length => length;

    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException();
    }

    /// <summary>The first bytes, which stay to be read. Only before anything was read.</summary>
    public int Peek(Span<byte> buffer)
    {
        _aheadLength = inner.ReadAtLeast(_ahead, (int)Math.Min(_ahead.Length, length), throwOnEndOfStream: false);
        int got = Math.Min(_aheadLength, buffer.Length);
        _ahead.AsSpan(0, got).CopyTo(buffer);
        return got;
    }

    /// <summary>Goes back to the beginning; false when the packed bytes cannot be read twice.</summary>
    public bool Restart()
    {
        if (!inner.CanSeek) return false;
        inner.Position = 0;
        (_position, _aheadAt, _aheadLength) = (0, 0, 0);
        return true;
    }

    public override int Read(Span<byte> buffer)
    {
        long left = length - _position;
        if (left <= 0 || buffer.IsEmpty) return 0;
        int want = (int)Math.Min(buffer.Length, left > 1 ? left - 1 : 1);
        int got;
        if (_aheadAt < _aheadLength)
        {
            got = Math.Min(want, _aheadLength - _aheadAt);
            _ahead.AsSpan(_aheadAt, got).CopyTo(buffer);
            _aheadAt += got;
        }
        else
        {
            got = inner.Read(buffer[..want]);
        }

        _position += got;
        return got;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) inner.Dispose();
        base.Dispose(disposing);
    }
}

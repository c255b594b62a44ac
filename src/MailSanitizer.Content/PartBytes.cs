using System.Security.Cryptography;

namespace MailSanitizer.Content;

/// <summary>
/// The bytes of one part, readable at any offset and never changed. Whoever created it disposes of it; who is handed one may read it until its call returns.
/// </summary>
public abstract class PartBytes : IDisposable
{
    private string? _sha256;

    /// <summary>Length in bytes.</summary>
    public abstract long Length { get; }

    /// <summary>Reads at most <paramref name="buffer"/> bytes at <paramref name="offset"/>; 0 at or behind the end. A short read happens only at the end.</summary>
    public abstract int Read(long offset, Span<byte> buffer);

    /// <summary>The whole content when it lies in memory; false for a scratch file (then use <see cref="OpenRead()"/>).</summary>
    public virtual bool TryGetMemory(out ReadOnlyMemory<byte> memory)
    {
        memory = default;
        return false;
    }

    /// <summary>SHA-256 of the content, lower-case hex; computed once.</summary>
    public string Sha256
    {
        get
        {
            if (_sha256 is null)
            {
                if (TryGetMemory(out ReadOnlyMemory<byte> memory))
                {
                    _sha256 = Convert.ToHexStringLower(SHA256.HashData(memory.Span));
                }
                else
                {
                    using Stream stream = OpenRead();
                    _sha256 = Convert.ToHexStringLower(SHA256.HashData(stream));
                }
            }

            return _sha256;
        }

        protected init => _sha256 = value;
    }

    /// <summary>A seekable stream over all of it.</summary>
    public Stream OpenRead() => OpenRead(0, Length);

    /// <summary>A seekable stream over a range, clipped to the content.</summary>
    public Stream OpenRead(long offset, long length)
    {
        long start = Math.Clamp(offset, 0, Length);
        return new PartStream(this, start, Math.Clamp(length, 0, Length - start));
    }

    /// <summary>
    /// The rest of a stream that <see cref="OpenRead(long, long)"/> made, as a range of the bytes it stands on: lets the walker take a stored child without copying it.
    /// </summary>
    internal static bool TryGetRange(Stream stream, out PartBytes source, out long offset, out long length)
    {
        if (stream is PartStream range)
        {
            (source, offset, length) = range.Rest;
            return true;
        }

        (source, offset, length) = (null!, 0, 0);
        return false;
    }

    /// <summary>The whole content as one array. For small parts only: <paramref name="max"/> is the caller's limit, and null is returned above it.</summary>
    public byte[]? ToArray(long max)
    {
        if (Length > max || Length > Array.MaxLength) return null;
        byte[] all = new byte[Length];
        _ = Read(0, all);
        return all;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Gives back what the content stands on.</summary>
    protected virtual void Dispose(bool disposing)
    {
    }

    private sealed class PartStream(PartBytes bytes, long start, long length) : Stream
    {
        private long _position;

        public (PartBytes Source, long Offset, long Length) Rest => (bytes, start + _position, Math.Max(0, length - _position));

        public override bool CanRead => true;

        public override bool CanSeek => true;

        public override bool CanWrite => false;

        public override long Length => length;

        public override long Position
        {
            get => _position;
            set => _position = value >= 0 ? value : throw new ArgumentOutOfRangeException(nameof(value));
        }

        public override int Read(Span<byte> buffer)
        {
            long left = length - _position;
            if (left <= 0) return 0;
            int got = bytes.Read(start + _position, buffer[..(int)Math.Min(left, buffer.Length)]);
            _position += got;
            return got;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override long Seek(long offset, SeekOrigin origin) => Position = origin switch
        {
            SeekOrigin.Begin => offset,
            SeekOrigin.Current => _position + offset,
            _ => length + offset,
        };

        public override void Flush()
        {
        }

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}

/// <summary>Part bytes in memory. Does not copy: the memory must not change while this lives.</summary>
public sealed class MemoryPartBytes(ReadOnlyMemory<byte> content) : PartBytes
{
    /// <inheritdoc/>
    public override long Length => content.Length;

    /// <inheritdoc/>
    public override int Read(long offset, Span<byte> buffer)
    {
        if (offset < 0 || offset >= content.Length) return 0;
        ReadOnlySpan<byte> rest = content.Span[(int)offset..];
        int count = Math.Min(rest.Length, buffer.Length);
        rest[..count].CopyTo(buffer);
        return count;
    }

    /// <inheritdoc/>
    public override bool TryGetMemory(out ReadOnlyMemory<byte> memory)
    {
        memory = content;
        return true;
    }
}

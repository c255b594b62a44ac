using System.Buffers;
using System.Security.Cryptography;

namespace MailSanitizer.Mail;

/// <summary>Message bytes in memory that nobody pools: notices, rebuilt headers, tests. Disposing does nothing.</summary>
public sealed class MemoryMailBytes(ReadOnlyMemory<byte> bytes) : IMailBytes
{
    private string? _sha256;

    /// <inheritdoc/>
    public long Length => bytes.Length;

    /// <inheritdoc/>
    public string Sha256 => _sha256 ??= Convert.ToHexStringLower(SHA256.HashData(bytes.Span));

    /// <inheritdoc/>
    public Stream OpenRead() => new MailBytesStream(bytes.Length, (offset, into) => Copy(bytes.Span, offset, into));

    /// <inheritdoc/>
    public bool TryGetMemory(out ReadOnlyMemory<byte> memory)
    {
        memory = bytes;
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    internal static int Copy(ReadOnlySpan<byte> from, long offset, Span<byte> into)
    {
        int count = (int)Math.Min(into.Length, from.Length - offset);
        from.Slice((int)offset, count).CopyTo(into);
        return count;
    }
}

/// <summary>A message in a pooled array. Whoever reads after the owner disposed gets an exception, never another message's bytes, unless it kept the raw memory.</summary>
internal sealed class PooledMailBytes(byte[] array, int length, string sha256) : IMailBytes
{
    private byte[]? _array = array;

    public long Length => length;

    public string Sha256 => sha256;

    public Stream OpenRead()
    {
        ObjectDisposedException.ThrowIf(_array is null, this);
        return new MailBytesStream(length, (offset, into) => MemoryMailBytes.Copy((_array ?? throw new ObjectDisposedException(nameof(PooledMailBytes))).AsSpan(0, length), offset, into));
    }

    public bool TryGetMemory(out ReadOnlyMemory<byte> memory)
    {
        ObjectDisposedException.ThrowIf(_array is null, this);
        memory = _array.AsMemory(0, length);
        return true;
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _array, null) is { } mine) ArrayPool<byte>.Shared.Return(mine);
    }
}

/// <summary>A message in an unlinked file; closing the file frees its blocks.</summary>
internal sealed class FileMailBytes(FileStream file, long length, string sha256) : IMailBytes
{
    public long Length => length;

    public string Sha256 => sha256;

    public Stream OpenRead() => new MailBytesStream(length, (offset, into) => RandomAccess.Read(file.SafeFileHandle, into[..(int)Math.Min(into.Length, length - offset)], offset));

    public bool TryGetMemory(out ReadOnlyMemory<byte> memory)
    {
        memory = default;
        return false;
    }

    public void Dispose() => file.Dispose();
}

/// <summary>A reader with its own position, so that several may read one message at once.</summary>
internal sealed class MailBytesStream(long length, MailBytesStream.ReadAt read) : Stream
{
    private long _position;

    internal delegate int ReadAt(long offset, Span<byte> into);

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => length;

    public override long Position
    {
        get => _position;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            _position = value;
        }
    }

    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty || _position >= length) return 0;
        int count = read(_position, buffer);
        // A short file would otherwise end a message early and look complete.
        if (count == 0) throw new EndOfStreamException("the spool file is shorter than what was written");
        _position += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    // The page cache has it or the disk gives it at once: a thread hop would cost more than the read.
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        cancellationToken.IsCancellationRequested ? ValueTask.FromCanceled<int>(cancellationToken) : ValueTask.FromResult(Read(buffer.Span));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

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

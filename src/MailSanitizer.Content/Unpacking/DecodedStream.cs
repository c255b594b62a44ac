namespace MailSanitizer.Content.Unpacking;

/// <summary>A forward stream of our own decoders: one method to furnish.</summary>
public abstract class DecodedStream : Stream
{
    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public abstract override int Read(Span<byte> buffer);

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Flush()
    {
    }
}

/// <summary>
/// A library's decoder made safe: its exceptions become <see cref="InvalidDataException"/>, and what it decoded before a fault is not lost
/// (it fills our buffer or throws, so after a fault it is run again and read byte by byte up to the place).
/// </summary>
public sealed class SalvagingStream(Func<Stream> open) : DecodedStream
{
    private Stream? _inner;
    private long _position;
    private bool _salvaging;

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        if (_salvaging) return ReadSingly(buffer);
        try
        {
            _inner ??= open();
            int got = _inner.Read(buffer);
            _position += got;
            return got;
        }
        catch (Exception failure) when (LibraryFault.Is(failure))
        {
            _salvaging = true;
            Reopen();
            return ReadSingly(buffer);
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) CloseInner();
        base.Dispose(disposing);
    }

    private void Reopen()
    {
        CloseInner();
        try
        {
            _inner = open();
            byte[] skipped = new byte[4096];
            for (long left = _position; left > 0;)
            {
                int got = _inner.Read(skipped, 0, (int)Math.Min(left, skipped.Length));
                if (got == 0) throw new InvalidDataException("a decoder that yields less the second time");
                left -= got;
            }
        }
        catch (Exception failure) when (LibraryFault.Is(failure))
        {
            throw new InvalidDataException(failure.Message, failure);
        }
    }

    private int ReadSingly(Span<byte> buffer)
    {
        int count = 0;
        try
        {
            while (count < buffer.Length && _inner!.Read(buffer.Slice(count, 1)) == 1) count++;
            return count;
        }
        catch (Exception failure) when (LibraryFault.Is(failure))
        {
            if (count > 0) return count;
            throw new InvalidDataException(failure.Message, failure);
        }
    }

    // A decoder that is closed in the middle may complain about that; the fault that counts was taken already.
    private void CloseInner()
    {
        try
        {
            _inner?.Dispose();
        }
        catch (Exception failure) when (LibraryFault.Is(failure))
        {
            _inner = null;
        }
    }
}

/// <summary>
/// Which exceptions of a library mean that its input is broken: any that is not a fault of ours (disk, memory) and not the walker's own stop.
/// The libraries promise no set of exceptions, and hostile input brings out index and null faults in them.
/// </summary>
internal static class LibraryFault
{
    public static bool Is(Exception failure) => failure switch
    {
        LimitReachedException or OperationCanceledException or OutOfMemoryException => false,
        EndOfStreamException => true,
        IOException => false,
        _ => true,
    };
}

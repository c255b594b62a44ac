namespace MailSanitizer.Content.Unpacking;

/// <summary>
/// A library's decoder made safe: its exceptions become <see cref="InvalidDataException"/>, and what it decoded before a fault is not lost
/// (it fills our buffer or throws, so after a fault it is run again and read byte by byte up to the place).
/// </summary>
public sealed class SalvagingStream(Func<Stream> open) : ForwardStream
{
    // What is at most read in single bytes after a fault.
    private const int Piece = 16 * 1024;

    private Stream? _inner;
    private long _position;
    private string? _fault;
    private bool _spent;

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        if (buffer.Length > Piece) buffer = buffer[..Piece];
        if (_fault is not null) return ReadSingly(buffer);
        try
        {
            _inner ??= open();
            int got = _inner.Read(buffer);
            _position += got;
            return got;
        }
        catch (Exception failure) when (LibraryFault.Is(failure))
        {
            _fault = failure.Message;
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
        // A decoder that has failed yields whatever is in its buffers, without end.
        if (_spent) throw new InvalidDataException(_fault);
        int count = 0;
        try
        {
            byte[] one = new byte[1];
            while (count < buffer.Length && _inner!.Read(one, 0, 1) == 1) buffer[count++] = one[0];

            // Read in single bytes it may end without a word: the fault stands all the same.
            if (count > 0 || buffer.IsEmpty) return count;
            throw new InvalidDataException(_fault);
        }
        catch (Exception failure) when (LibraryFault.Is(failure))
        {
            _spent = true;
            if (count > 0) return count;
            throw new InvalidDataException(_fault, failure);
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

/// <summary>A decoder's input that fails when it is read at its end again and again: some decoders make content out of nothing there, without end.</summary>
internal sealed class EndingStream(Stream inner) : ForwardStream
{
    private const int Patience = 16;

    private int _atEnd;

    public override long Length => inner.Length;

    public override long Position
    {
        get => inner.Position;
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer)
    {
        int got = inner.Read(buffer);
        if (got == 0 && !buffer.IsEmpty && ++_atEnd > Patience) throw new EndOfStreamException("ends in the middle");
        return got;
    }

    public override int ReadByte()
    {
        Span<byte> one = stackalloc byte[1];
        return Read(one) == 1 ? one[0] : -1;
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

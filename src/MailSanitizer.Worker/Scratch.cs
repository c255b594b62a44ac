using MailSanitizer.Content;
using MailSanitizer.Worker.Cage;
using Microsoft.Win32.SafeHandles;

namespace MailSanitizer.Worker;

/// <summary>The host cannot give what a job needs (disk, descriptors): told as a fault, never as a finding.</summary>
public sealed class HostFaultException(string message) : IOException(message);

/// <summary>Scratch files in the worker's own folder, without a name from the beginning.</summary>
public sealed class Scratch(string folder) : IScratch
{
    /// <summary>
    /// The first fault of the host since the last <see cref="TakeFault"/>. Kept beside the exception, for a reader on the way may catch that and call it
    /// a broken file: a full disk must never become a finding.
    /// </summary>
    private string? _fault;

    /// <inheritdoc/>
    public FileStream CreateUnlinked()
    {
        try
        {
            return new ScratchFile(this, UnlinkedFile.Create(folder));
        }
        catch (IOException failure)
        {
            throw Fault(failure);
        }
    }

    /// <summary>The fault of this job, or null; forgets it.</summary>
    public string? TakeFault() => Interlocked.Exchange(ref _fault, null);

    private HostFaultException Fault(IOException failure)
    {
        string text = $"scratch file in {folder}: {failure.Message} (errno {failure.HResult}); free space there, or raise the limit of open files";
        _ = Interlocked.CompareExchange(ref _fault, text, null);
        return new HostFaultException(text);
    }

    // Unbuffered: callers write in large blocks, and a second buffer a file is memory that the cap counts.
    private sealed class ScratchFile(Scratch owner, SafeFileHandle handle) : FileStream(handle, FileAccess.ReadWrite, bufferSize: 0)
    {
        // RLIMIT_FSIZE: the content's doing, not the host's.
        private const int TooBig = 27;
        private readonly SafeFileHandle _handle = handle;

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void WriteByte(byte value) => Write([value]);

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            try
            {
                // Not base.Write: for a derived stream that comes back to the array overload, and here without end.
                long position = Position;
                RandomAccess.Write(_handle, buffer, position);
                Position = position + buffer.Length;
            }
            catch (IOException failure) when (failure.HResult != TooBig)
            {
                throw owner.Fault(failure);
            }
        }

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
        {
            Write(buffer.AsSpan(offset, count));
            return Task.CompletedTask;
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Write(buffer.Span);
            return ValueTask.CompletedTask;
        }
    }
}

/// <summary>The message of a job: in memory, or in a scratch file when it is larger than <see cref="Limits.PartMemory"/>.</summary>
internal sealed class ScratchBytes : PartBytes
{
    private readonly FileStream _file;

    private ScratchBytes(FileStream file, long length, string sha256)
    {
        _file = file;
        Length = length;
        Sha256 = sha256;
    }

    public override long Length { get; }

    public override int Read(long offset, Span<byte> buffer)
    {
        int done = 0;
        while (done < buffer.Length && offset + done < Length)
        {
            int got = RandomAccess.Read(_file.SafeFileHandle, buffer[done..(int)Math.Min(buffer.Length, Length - offset)], offset + done);
            if (got == 0) break;
            done += got;
        }

        return done;
    }

    /// <summary>Takes the message from the daemon, whose SHA-256 is believed: it is the trusted side.</summary>
    public static PartBytes Receive(JobChannel channel, JobStart start, IScratch scratch)
    {
        if (start.Length < 0) throw new WorkerProtocolException("negative length");
        if (start.Length <= start.Limits.PartMemory)
        {
            byte[] all = new byte[start.Length];
            int at = 0;
            foreach (ReadOnlyMemory<byte> piece in Pieces(channel, start.Length))
            {
                piece.Span.CopyTo(all.AsSpan(at));
                at += piece.Length;
            }

            return new MemoryPartBytes(all);
        }

        FileStream file = scratch.CreateUnlinked();
        try
        {
            foreach (ReadOnlyMemory<byte> piece in Pieces(channel, start.Length)) file.Write(piece.Span);
        }
        catch
        {
            file.Dispose();
            throw;
        }

        return new ScratchBytes(file, start.Length, start.Sha256);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) _file.Dispose();
        base.Dispose(disposing);
    }

    private static IEnumerable<ReadOnlyMemory<byte>> Pieces(JobChannel channel, long length)
    {
        long left = length;
        while (true)
        {
            WorkerFrame frame = channel.Receive();
            if (frame.Type == WorkerFrameType.MessageEnd) break;
            if (frame.Type != WorkerFrameType.MessageBytes || frame.Payload.Length > left) throw new WorkerProtocolException("message bytes");
            left -= frame.Payload.Length;
            yield return frame.Payload;
        }

        if (left != 0) throw new WorkerProtocolException("message shorter than announced");
    }
}

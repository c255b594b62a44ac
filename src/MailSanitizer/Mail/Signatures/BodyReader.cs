using System.Buffers;

namespace MailSanitizer.Mail.Signatures;

/// <summary>Feeds a body to whoever hashes it, once for all of them.</summary>
public static class BodyReader
{
    /// <summary>Takes the next bytes.</summary>
    public delegate void Sink(ReadOnlySpan<byte> bytes);

    /// <summary>Reads from <paramref name="offset"/> to the end, in pieces.</summary>
    public static void Read(IMailBytes message, long offset, Sink sink, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(message);
        ArgumentNullException.ThrowIfNull(sink);
        if (message.TryGetMemory(out ReadOnlyMemory<byte> memory))
        {
            sink(memory.Span[(int)Math.Min(offset, memory.Length)..]);
            return;
        }

        using Stream stream = message.OpenRead();
        stream.Seek(offset, SeekOrigin.Begin);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(64 * 1024);
        try
        {
            for (int got; (got = stream.Read(buffer)) > 0;)
            {
                cancellation.ThrowIfCancellationRequested();
                sink(buffer.AsSpan(0, got));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}

using System.Buffers;

namespace MailSanitizer.Mail;

/// <summary>Copies in the spool of what lies elsewhere.</summary>
public static class SpoolCopies
{
    private const int Room = 64 * 1024;

    /// <summary>All that a stream still gives; the caller disposes of the copy. Throws <see cref="IOException"/> when the disk is full.</summary>
    public static IMailBytes Copy(this ISpool spool, Stream content)
    {
        using ISpoolWriter writer = spool.Create();
        Append(writer, content);
        return writer.Complete();
    }

    /// <summary>One piece of bytes of prepended fields and content, for the outbox and for <c>clean -o</c>; the caller disposes of it.</summary>
    public static IMailBytes Copy(this ISpool spool, OutgoingMessage message)
    {
        using ISpoolWriter writer = spool.Create();
        writer.Write(message.Prepended.Span);
        using Stream content = message.Content.OpenRead();
        Append(writer, content);
        return writer.Complete();
    }

    private static void Append(ISpoolWriter writer, Stream content)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(Room);
        try
        {
            for (int got; (got = content.Read(buffer)) > 0;) writer.Write(buffer.AsSpan(0, got));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}

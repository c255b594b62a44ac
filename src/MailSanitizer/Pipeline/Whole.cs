using System.Buffers;
using MailSanitizer.Mail;

namespace MailSanitizer.Pipeline;

/// <summary>Makes one piece of bytes of prepended fields and content, for the outbox and for <c>clean -o</c>.</summary>
public static class Whole
{
    /// <summary>A copy in the spool; the caller disposes of it.</summary>
    public static IMailBytes Of(OutgoingMessage message, ISpool spool)
    {
        using ISpoolWriter writer = spool.Create();
        writer.Write(message.Prepended.Span);
        using Stream content = message.Content.OpenRead();
        byte[] buffer = ArrayPool<byte>.Shared.Rent(64 * 1024);
        try
        {
            for (int got; (got = content.Read(buffer)) > 0;) writer.Write(buffer.AsSpan(0, got));
            return writer.Complete();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}

using System.Buffers;
using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace MailSanitizer.Scanning;

/// <summary>
/// One command on one connection to clamd (clamd(8)). The reply is read while the stream is sent, since over StreamMaxLength clamd answers early
/// and stops reading; cancelling closes the socket, and clamd drops what it had. A connection is used once: measured as fast as a session.
/// </summary>
public static class ClamdConnection
{
    // A reply is one line: a path ("stream"), a signature's name, FOUND. Longer ones are no clamd.
    private const int ReplyLimit = 4096;
    private const int ChunkSize = 64 * 1024;

    /// <summary>Sends a command without a body (<c>VERSION</c>, <c>PING</c>) and returns the reply without its NUL.</summary>
    public static async Task<string> CommandAsync(ClamdAddress address, string command, CancellationToken cancellation)
    {
        using Socket socket = await address.ConnectAsync(cancellation);
        await socket.SendAsync(Encoding.ASCII.GetBytes($"z{command}\0"), cancellation);
        return await ReadReplyAsync(socket, cancellation);
    }

    /// <summary>Sends content with INSTREAM and returns the reply (<c>stream: OK</c>, <c>stream: NAME FOUND</c>, <c>… ERROR</c>).</summary>
    public static async Task<string> InstreamAsync(ClamdAddress address, Stream content, CancellationToken cancellation)
    {
        using Socket socket = await address.ConnectAsync(cancellation);
        Task<string> reply = ReadReplyAsync(socket, cancellation);
        Exception? sendFailure = null;
        try
        {
            await SendAsync(socket, content, reply, cancellation);
        }
        catch (SocketException failure)
        {
            // clamd closed its side: the reason stands in the reply, when there is one.
            sendFailure = failure;
        }

        string text = await reply;
        if (text.Length == 0 && sendFailure is not null) throw sendFailure;
        return text;
    }

    private static async Task SendAsync(Socket socket, Stream content, Task reply, CancellationToken cancellation)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(4 + ChunkSize);
        try
        {
            "zINSTREAM\0"u8.CopyTo(buffer);
            int prefix = "zINSTREAM\0"u8.Length;
            while (!reply.IsCompleted)
            {
                int got = await content.ReadAtLeastAsync(buffer.AsMemory(prefix + 4, ChunkSize - prefix), ChunkSize - prefix, throwOnEndOfStream: false, cancellation);
                BinaryPrimitives.WriteInt32BigEndian(buffer.AsSpan(prefix), got);
                int length = prefix + 4 + got;
                bool last = got < ChunkSize - prefix;
                // The closing chunk of length 0 goes with the last bytes: one packet for small content.
                if (last && got > 0 && length + 4 <= buffer.Length)
                {
                    BinaryPrimitives.WriteInt32BigEndian(buffer.AsSpan(length), 0);
                    length += 4;
                    got = 0;
                }

                for (int sent = 0; sent < length;) sent += await socket.SendAsync(buffer.AsMemory(sent, length - sent), cancellation);
                if (got == 0) return;
                prefix = 0;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static async Task<string> ReadReplyAsync(Socket socket, CancellationToken cancellation)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(ReplyLimit);
        try
        {
            int length = 0;
            while (length < ReplyLimit)
            {
                int got = await socket.ReceiveAsync(buffer.AsMemory(length, ReplyLimit - length), cancellation);
                if (got == 0) break;
                int end = buffer.AsSpan(length, got).IndexOf((byte)0);
                if (end >= 0) return Encoding.UTF8.GetString(buffer, 0, length + end);
                length += got;
            }

            // No NUL: an answer cut short is no answer.
            return "";
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}

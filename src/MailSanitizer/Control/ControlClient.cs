using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using MailSanitizer.Mail;

namespace MailSanitizer.Control;

/// <summary>The command line's side: asks the daemon, or does it itself when none runs.</summary>
public static class ControlClient
{
    private const int MaxReply = 64 * 1024 * 1024;

    /// <summary>
    /// Runs a verb through the daemon when one owns the state folder, else locally under the lock with the verbs that <paramref name="openLocal"/> makes.
    /// An export's bytes go to <paramref name="content"/>.
    /// </summary>
    public static async Task<VerbReply> RunAsync(string stateFolder, ControlRequest request, Func<Task<LocalVerbs>> openLocal, Stream? content, CancellationToken cancellation)
    {
        // The socket first: a daemon that is just starting holds the lock before it listens, so both are looked at until one of them says yes.
        for (int attempt = 0; attempt < 50; attempt++)
        {
            if (await TryAskAsync(stateFolder, request, content, cancellation) is { } answered) return answered;
            using StateLock? own = StateLock.TryTake(stateFolder);
            if (own is not null)
            {
                await using LocalVerbs local = await openLocal();
                VerbReply reply = await local.Verbs.RunAsync(request, userId: uint.MaxValue, cancellation);
                using IMailBytes? bytes = reply.Content;
                if (bytes is not null && content is not null)
                {
                    await using Stream source = bytes.OpenRead();
                    await source.CopyToAsync(content, cancellation);
                }

                return reply with { Content = null };
            }

            await Task.Delay(100, cancellation);
        }

        return VerbReply.Refused(75, "another process owns the state folder and does not answer on its control socket");
    }

    /// <summary>Asks the daemon; null when none listens.</summary>
    public static async Task<VerbReply?> TryAskAsync(string stateFolder, ControlRequest request, Stream? content, CancellationToken cancellation)
    {
        using Socket? socket = await ConnectAsync(Path.Combine(stateFolder, ControlSocket.FileName), cancellation);
        if (socket is null) return null;
        await using NetworkStream stream = new(socket);
        await stream.WriteAsync(request.ToLine(), cancellation);
        using ReplyReader reader = new(stream);
        byte[]? line = await reader.LineAsync(MaxReply, cancellation);
        if (line is null || Read(line) is not { } read) return VerbReply.Refused(75, "the daemon closed the connection without an answer");
        if (read.Bytes > 0 && content is not null) await reader.CopyAsync(content, read.Bytes, cancellation);
        return read.Reply;
    }

    private static async Task<Socket?> ConnectAsync(string path, CancellationToken cancellation)
    {
        while (true)
        {
            Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellation);
                return socket;
            }
            // A full queue of connections is a busy daemon, not none.
            catch (SocketException busy) when (busy.SocketErrorCode is SocketError.WouldBlock or SocketError.TryAgain)
            {
                socket.Dispose();
                await Task.Delay(20, cancellation);
            }
            catch (SocketException)
            {
                socket.Dispose();
                return null;
            }
        }
    }

    private static (VerbReply Reply, long Bytes)? Read(byte[] line)
    {
        try
        {
            if (JsonNode.Parse(line) is not JsonObject answer) return null;
            VerbReply reply = new()
            {
                Ok = (bool?)answer["ok"] ?? false,
                ExitCode = (int?)answer["exit"] ?? 75,
                Error = (string?)answer["error"],
                Result = answer["result"] as JsonObject is { } result ? (JsonObject)result.DeepClone() : [],
            };
            return (reply, (long?)answer["content_bytes"] ?? 0);
        }
        catch (Exception broken) when (broken is JsonException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    // Line first, then bytes: what was read beyond the line belongs to the bytes.
    private sealed class ReplyReader(Stream stream) : IDisposable
    {
        private readonly MemoryStream _read = new();

        public async Task<byte[]?> LineAsync(int max, CancellationToken cancellation)
        {
            byte[] buffer = new byte[64 * 1024];
            while (_read.Length <= max)
            {
                int got = await stream.ReadAsync(buffer, cancellation);
                if (got == 0) return null;
                int end = buffer.AsSpan(0, got).IndexOf((byte)'\n');
                if (end < 0)
                {
                    _read.Write(buffer, 0, got);
                    continue;
                }

                _read.Write(buffer, 0, end);
                byte[] line = _read.ToArray();
                _read.SetLength(0);
                _read.Write(buffer, end + 1, got - end - 1);
                return line;
            }

            return null;
        }

        public async Task CopyAsync(Stream target, long count, CancellationToken cancellation)
        {
            long left = count - _read.Length;
            await target.WriteAsync(_read.GetBuffer().AsMemory(0, (int)Math.Min(_read.Length, count)), cancellation);
            byte[] buffer = new byte[64 * 1024];
            while (left > 0)
            {
                int got = await stream.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, left)), cancellation);
                if (got == 0) throw new IOException("the daemon closed the connection in the middle of the bytes");
                await target.WriteAsync(buffer.AsMemory(0, got), cancellation);
                left -= got;
            }
        }

        public void Dispose() => _read.Dispose();
    }
}

/// <summary>Verbs of a process that owns the state folder itself, with what has to be closed behind them.</summary>
public sealed class LocalVerbs(ControlVerbs verbs, Func<ValueTask> close) : IAsyncDisposable
{
    /// <summary>The verbs.</summary>
    public ControlVerbs Verbs => verbs;

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => close();
}

using System.Net.Sockets;
using System.Text;

namespace MailSanitizer.Benchmarks;

/// <summary>A small SMTP and LMTP client: MAIL, RCPT and DATA in one write, TCP_NODELAY, one recipient a message.</summary>
public sealed class MailClient : IDisposable
{
    private const int WriteSize = 4096;

    private readonly Socket _socket;
    private readonly byte[] _buffer = new byte[8192];
    private int _start;
    private int _end;

    private MailClient(Socket socket) => _socket = socket;

    /// <summary>Connects and says hello.</summary>
    public static async Task<MailClient> ConnectAsync(int port, string hello)
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync("127.0.0.1", port);
        MailClient client = new(socket);
        await client.ExpectAsync('2');
        await client.WriteAsync(Encoding.ASCII.GetBytes($"{hello} demo.example\r\n"));
        await client.ExpectAsync('2');
        return client;
    }

    /// <summary>Sends one message; the reply after the final dot, or the first one that refused it.</summary>
    /// <param name="envelope">The MAIL and RCPT commands, each with its CRLF.</param>
    /// <param name="content">The message, dot-stuffed, with its final dot.</param>
    public async Task<string> SendAsync(string envelope, ReadOnlyMemory<byte> content)
    {
        await WriteAsync(Encoding.UTF8.GetBytes(envelope + "DATA\r\n"));
        string mail = await ReplyAsync();
        string recipient = await ReplyAsync();
        string data = await ReplyAsync();
        if (mail[0] != '2') return mail;
        if (recipient[0] != '2') return recipient;
        if (data[0] != '3') return data;
        await WriteAsync(content);
        return await ReplyAsync();
    }

    /// <summary>Content as it goes over the wire (RFC 5321 4.5.2).</summary>
    public static byte[] Stuff(byte[] content)
    {
        using MemoryStream wire = new(content.Length + 64);
        bool lineStart = true;
        foreach (byte one in content)
        {
            if (lineStart && one == '.') wire.WriteByte((byte)'.');
            wire.WriteByte(one);
            lineStart = one == '\n';
        }

        wire.Write(".\r\n"u8);
        return wire.ToArray();
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    private async Task WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        // Small writes: a single large one meets delayed acknowledgements on the loopback's 64 KB segments.
        while (bytes.Length > 0) bytes = bytes[await _socket.SendAsync(bytes[..Math.Min(bytes.Length, WriteSize)])..];
    }

    private async Task ExpectAsync(char code)
    {
        string reply = await ReplyAsync();
        if (reply[0] != code) throw new IOException(reply);
    }

    private async Task<string> ReplyAsync()
    {
        while (true)
        {
            string line = await LineAsync();
            if (line.Length < 4) throw new IOException($"no reply: '{line}'");
            if (line[3] != '-') return line;
        }
    }

    private async Task<string> LineAsync()
    {
        List<byte> line = [];
        while (true)
        {
            if (_start == _end)
            {
                _start = 0;
                _end = await _socket.ReceiveAsync(_buffer);
                if (_end == 0) throw new IOException("the server closed");
            }

            byte next = _buffer[_start++];
            if (next == '\n') return Encoding.UTF8.GetString([.. line]).TrimEnd('\r');
            line.Add(next);
        }
    }
}

using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace MailSanitizer.Tests.Servers;

/// <summary>How a scripted client lets its bytes go.</summary>
public enum WireMode
{
    /// <summary>What is sent at once goes in one write.</summary>
    Whole,

    /// <summary>One write for each line.</summary>
    Lines,

    /// <summary>One write for each byte.</summary>
    Bytes,
}

/// <summary>A client for scripts against SMTP and LMTP servers: it sends exactly what it is told and reads replies. Text is Latin-1, so that any byte can be written.</summary>
public sealed class WireClient(Stream stream, WireMode mode) : IAsyncDisposable
{
    /// <summary>How long it waits for a server.</summary>
    public TimeSpan Patience { get; set; } = TimeSpan.FromSeconds(30);

    private readonly byte[] _buffer = new byte[16384];
    private Stream _stream = stream;
    private int _start;
    private int _end;

    /// <summary>Every mode, for theories.</summary>
    public static TheoryData<WireMode> Modes => [WireMode.Whole, WireMode.Lines, WireMode.Bytes];

    /// <summary>Connects to a port of the loopback; the greeting is not read.</summary>
    public static async Task<WireClient> ConnectAsync(int port, WireMode mode = WireMode.Whole)
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync("127.0.0.1", port);
        return new WireClient(new NetworkStream(socket, ownsSocket: true), mode);
    }

    /// <summary>Connects to a Unix socket; the greeting is not read.</summary>
    public static async Task<WireClient> ConnectUnixAsync(string path, WireMode mode = WireMode.Whole)
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path));
        return new WireClient(new NetworkStream(socket, ownsSocket: true), mode);
    }

    /// <summary>Sends bytes in the client's mode.</summary>
    public async Task SendAsync(byte[] bytes)
    {
        for (int at = 0; at < bytes.Length;)
        {
            int end = mode switch
            {
                WireMode.Whole => bytes.Length,
                WireMode.Lines => Array.IndexOf(bytes, (byte)'\n', at) is int feed and >= 0 ? feed + 1 : bytes.Length,
                _ => at + 1,
            };
            await _stream.WriteAsync(bytes.AsMemory(at, end - at)).AsTask().WaitAsync(Patience);
            await _stream.FlushAsync().WaitAsync(Patience);
            at = end;
        }
    }

    /// <summary>Sends Latin-1 text in the client's mode.</summary>
    public Task SendAsync(string text) => SendAsync(Encoding.Latin1.GetBytes(text));

    /// <summary>Sends UTF-8 text in the client's mode.</summary>
    public Task SendUtf8Async(string text) => SendAsync(Encoding.UTF8.GetBytes(text));

    /// <summary>Reads one whole reply; its lines are joined by LF. Throws when the server closes.</summary>
    public async Task<string> ReplyAsync()
    {
        List<string> lines = [];
        while (true)
        {
            string line = await LineAsync() ?? throw new IOException($"closed; so far: {string.Join(" / ", lines)}");
            lines.Add(line);
            if (line.Length < 4 || line[3] != '-') return string.Join('\n', lines);
        }
    }

    /// <summary>Reads one reply and fails when its code is another.</summary>
    public async Task<string> ExpectAsync(int code)
    {
        string reply = await ReplyAsync();
        Assert.StartsWith(code.ToString(CultureInfo.InvariantCulture), reply);
        return reply;
    }

    /// <summary>Sends one command line (CRLF is added) and reads its reply.</summary>
    public async Task<string> CommandAsync(string line)
    {
        await SendUtf8Async(line + "\r\n");
        return await ReplyAsync();
    }

    /// <summary>Sends one command line, reads its reply and fails when the code is another.</summary>
    public async Task<string> CommandAsync(string line, int code)
    {
        await SendUtf8Async(line + "\r\n");
        return await ExpectAsync(code);
    }

    /// <summary>Reads until the server closes; the text that came.</summary>
    public async Task<string> ToEndAsync()
    {
        StringBuilder text = new();
        while (await LineAsync() is { } line) text.Append(line).Append('\n');
        return text.ToString();
    }

    /// <summary>Takes up TLS after a 220 to STARTTLS; any certificate will do.</summary>
    public async Task StartTlsAsync()
    {
#pragma warning disable CA5359 // The servers under test have certificates of their own making.
        SslStream tls = new(_stream, leaveInnerStreamOpen: false, (_, _, _, _) => true);
#pragma warning restore CA5359
        await tls.AuthenticateAsClientAsync("localhost").WaitAsync(Patience);
        _stream = tls;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _stream.DisposeAsync();

    private async Task<string?> LineAsync()
    {
        List<byte> line = [];
        while (true)
        {
            if (_start == _end)
            {
                _start = 0;
                try
                {
                    _end = await _stream.ReadAsync(_buffer).AsTask().WaitAsync(Patience);
                }
                catch (IOException)
                {
                    _end = 0;
                }

                if (_end == 0) return line.Count == 0 ? null : Encoding.UTF8.GetString([.. line]);
            }

            byte next = _buffer[_start++];
            if (next != '\n')
            {
                line.Add(next);
                continue;
            }

            // Replies end with CRLF and nothing else (RFC 5321 2.3.8).
            Assert.True(line.Count > 0 && line[^1] == '\r', "a reply line without CRLF");
            return Encoding.UTF8.GetString([.. line[..^1]]);
        }
    }
}
